import type { Comparison } from '../../src/compare/index.ts'
import type { Fact, Origin, RunFacts } from '../../src/facts/index.ts'
import { judged as judgeSource } from './judged.ts'
import { memorySource, type Files } from './memory-source.ts'

const POLICY = `version: 1
configs:
  - path: runs/**/*.yaml
    profile: h100
profiles:
  h100: { accelerator: H100-80GB-SXM, accelerators: 8, usd_per_accelerator_hour: 2, price_date: 2026-11-01 }
`

/** Judges the change from one tree to one with some files replaced (undefined: removed). */
async function judged(base: Files, replaced: Readonly<Record<string, string | undefined>>) {
  const before: Files = { '.github/traincost.yml': POLICY, ...base }
  const after = Object.fromEntries(
    Object.entries({ ...before, ...replaced }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  const { report } = await judgeSource(memorySource(before, after))
  return report
}
async function comparisons(base: Files, replaced: Readonly<Record<string, string | undefined>>) {
  return (await judged(base, replaced)).comparisons
}
function headFact(comparison: Comparison | undefined, name: keyof RunFacts): Fact<unknown> | undefined {
  return comparison?.head?.facts[name]
}
function placesOf(fact: Fact<unknown> | undefined): readonly Pick<Origin, 'path' | 'line'>[] {
  return (fact?.known === true ? fact.origins : []).flatMap(({ path, line }) =>
    path === undefined || line === undefined ? [] : [{ path, line }],
  )
}
const deltaOf = (comparison: Comparison | undefined): number =>
  comparison?.delta.usd.known === true ? comparison.delta.usd.value : Number.NaN

const OLMO = 'global_train_batch_size: 8\nmax_duration: 100\n'
const SMALL = 'd_model: 1024\nn_heads: 8\nn_layers: 8\nmax_sequence_length: 1024\nvocab_size: 50304\n'

describe('a changed file that a config includes', () => {
  const hydra: Files = {
    'runs/a.yaml': `defaults:\n  - model: small\n  - _self_\n${OLMO}`,
    'runs/b.yaml': `defaults:\n  - model: small\n  - _self_\n${OLMO}run_name: b\n`,
    'runs/c.yaml': `${OLMO}model: { d_model: 1024, n_heads: 8, n_layers: 8, max_sequence_length: 1024 }\n`,
    'runs/model/small.yaml': SMALL,
  }
  it('prices every config anew that reaches it, and no other (Hydra group)', async () => {
    const changed = await comparisons(hydra, { 'runs/model/small.yaml': SMALL.replace('n_layers: 8', 'n_layers: 16') })
    expect(changed.map(c => c.path).filter(path => !path.includes('/model/'))).toEqual(['runs/a.yaml', 'runs/b.yaml'])
    for (const comparison of changed.filter(c => c.path.length === 'runs/a.yaml'.length)) {
      expect(comparison.status).toBe('changed')
      expect(deltaOf(comparison)).toBeGreaterThan(0)
      expect(placesOf(headFact(comparison, 'numLayers'))).toEqual([{ path: 'runs/model/small.yaml', line: 3 }])
      expect(comparison.attribution[0]).toMatchObject({
        fact: 'num_layers',
        from: '8',
        to: '16',
        at: { path: 'runs/model/small.yaml', line: 3 },
      })
    }
  })
  it('leaves a config alone that sets the value itself', async () => {
    const own = { ...hydra, 'runs/a.yaml': `${hydra['runs/a.yaml']}model: { n_layers: 4 }\n` }
    const changed = await comparisons(own, { 'runs/model/small.yaml': SMALL.replace('n_layers: 8', 'n_layers: 16') })
    const a = changed.find(c => c.path === 'runs/a.yaml')
    expect(deltaOf(a)).toBe(0)
    expect(placesOf(headFact(a, 'numLayers'))).toEqual([{ path: 'runs/a.yaml', line: 6 }])
  })
  it('follows the choice of another group', async () => {
    const base = { ...hydra, 'runs/model/large.yaml': SMALL.replace('n_layers: 8', 'n_layers: 24') }
    const [a] = await comparisons(base, { 'runs/a.yaml': hydra['runs/a.yaml']!.replace('small', 'large') })
    expect(headFact(a, 'numLayers')).toMatchObject({ value: 24 })
    expect(placesOf(headFact(a, 'numLayers'))).toEqual([{ path: 'runs/model/large.yaml', line: 3 }])
  })
  it('is found behind another included file', async () => {
    const base = {
      'runs/a.yaml': `_base_: ../shared/one.yaml\n${OLMO}`,
      'shared/one.yaml': '_base_: two.yaml\nmodel: { n_heads: 8 }\n',
      'shared/two.yaml': `model:\n${SMALL.replace(/^/gm, '  ').trimEnd()}\n`,
    }
    const [a, ...others] = await comparisons(base, {
      'shared/two.yaml': base['shared/two.yaml'].replace('d_model: 1024', 'd_model: 2048'),
    })
    expect(others).toEqual([])
    expect(deltaOf(a)).toBeGreaterThan(0)
    expect(placesOf(headFact(a, 'hiddenSize'))).toEqual([{ path: 'shared/two.yaml', line: 2 }])
    expect(placesOf(headFact(a, 'numHeads'))).toEqual([{ path: 'shared/one.yaml', line: 2 }])
  })
  it('replaces a whole section with _delete_', async () => {
    const base = {
      'runs/a.yaml': `_base_: ../shared/base.yaml\n${OLMO}`,
      'shared/base.yaml': `model: { d_model: 1024, n_heads: 8, n_layers: 8, n_kv_heads: 2, max_sequence_length: 1024, vocab_size: 50304 }\n`,
    }
    const own = 'model: { _delete_: true, d_model: 1024, n_heads: 8, n_layers: 8, max_sequence_length: 1024 }\n'
    const [a] = await comparisons(base, { 'runs/a.yaml': `_base_: ../shared/base.yaml\n${OLMO}${own}` })
    expect(a?.base?.facts.numKvHeads).toMatchObject({ value: 2 })
    expect(headFact(a, 'numKvHeads')).toMatchObject({ value: 8 })
    expect(headFact(a, 'vocabSize')?.known).not.toBe(true)
  })
  it('is the model that MaxText names, and the base that it lies over', async () => {
    const base = {
      'runs/a.yaml': 'base_config: ../shared/base.yml\nmodel_name: tiny\nsteps: 1000\n',
      'shared/base.yml':
        'per_device_batch_size: 4\nmax_target_length: 1024\nvocab_size: 32000\nbase_num_query_heads: 8\nbase_num_kv_heads: 8\nhead_dim: 128\nmlp_activations: [silu, linear]\nlogits_via_embedding: false\n',
      'runs/models/tiny.yml': 'base_emb_dim: 1024\nbase_mlp_dim: 4096\nbase_num_decoder_layers: 8\n',
    }
    const [first] = await comparisons(base, {
      'runs/models/tiny.yml': base['runs/models/tiny.yml'].replace('layers: 8', 'layers: 12'),
    })
    expect(deltaOf(first)).toBeGreaterThan(0)
    expect(placesOf(headFact(first, 'numLayers'))).toEqual([{ path: 'runs/models/tiny.yml', line: 3 }])
    const [second] = await comparisons(base, {
      'shared/base.yml': base['shared/base.yml'].replace('length: 1024', 'length: 2048'),
    })
    expect(deltaOf(second)).toBeGreaterThan(0)
    expect(placesOf(headFact(second, 'seqLen'))).toEqual([{ path: 'shared/base.yml', line: 2 }])
  })
  it('is the config.json of a model folder in the repository', async () => {
    const model = (layers: number): string =>
      JSON.stringify(
        {
          model_type: 'llama',
          hidden_size: 1024,
          intermediate_size: 4096,
          num_attention_heads: 8,
          num_hidden_layers: layers,
          vocab_size: 32000,
        },
        null,
        2,
      )
    const base = {
      'runs/a.yaml':
        'model_name_or_path: models/own\nlearning_rate: 1e-4\nmax_steps: 100\nmax_length: 1024\npacking: true\ngradient_checkpointing: true\n',
      'models/own/config.json': model(8),
    }
    const [a] = await comparisons(base, { 'models/own/config.json': model(16) })
    expect(a?.path).toBe('runs/a.yaml')
    expect(deltaOf(a)).toBeGreaterThan(0)
    expect(placesOf(headFact(a, 'numLayers'))).toEqual([{ path: 'models/own/config.json', line: 6 }])
  })
  it.each([
    ['axolotl', 'base_model: meta-llama/Llama-3.1-8B\nmicro_batch_size: 1\nsequence_len: 1024\nmax_steps: 10\n'],
    ['trl', 'model_name_or_path: meta-llama/Llama-3.1-8B\nlearning_rate: 1e-4\nmax_length: 1024\nmax_steps: 10\n'],
    [
      'llama_factory',
      'model_name_or_path: meta-llama/Llama-3.1-8B\nstage: sft\nfinetuning_type: full\nmax_steps: 10\n',
    ],
  ])('is the DeepSpeed file that a config names (%s)', async (framework, text) => {
    const zero = (stage: number): string => `{\n  "zero_optimization": {\n    "stage": ${stage}\n  }\n}\n`
    const base = { 'runs/a.yaml': `${text}deepspeed: ds/zero.json\n`, 'ds/zero.json': zero(2) }
    const [a] = await comparisons(base, { 'ds/zero.json': zero(3) })
    expect(a).toMatchObject({ path: 'runs/a.yaml', framework })
    expect(a?.base?.facts.zeroStage).toMatchObject({ value: 2 })
    expect(headFact(a, 'zeroStage')).toMatchObject({ value: 3 })
    expect(placesOf(headFact(a, 'zeroStage'))).toEqual([{ path: 'ds/zero.json', line: 3 }])
  })
  it('is what a tag includes: the config is looked at again, its value stays unknown', async () => {
    const base = {
      'runs/a.yaml': `${OLMO}model: !include ../shared/model.yaml\n`,
      'runs/b.yaml': `${OLMO}model: { d_model: !include width.yaml, n_heads: 8, n_layers: 8 }\n`,
      'runs/width.yaml': '1024\n',
    }
    const changed = await comparisons(base, { 'runs/width.yaml': '4096\n' })
    const b = changed.find(c => c.path === 'runs/b.yaml')
    expect(headFact(b, 'hiddenSize')).toMatchObject({ known: false, missing: [{ absent: false }] })
  })
})

describe('an included file that goes missing or breaks', () => {
  const base: Files = {
    'runs/a.yaml': `_base_: ../shared/base.yaml\n${OLMO}`,
    'shared/base.yaml': `model:\n${SMALL.replace(/^/gm, '  ').trimEnd()}\n`,
  }
  it('makes the head unknown, never cheaper', async () => {
    const report = await judged(base, { 'shared/base.yaml': undefined })
    const a = report.comparisons.find(c => c.path === 'runs/a.yaml')
    expect(a?.delta.usd).toMatchObject({ known: false })
  })
  it('is an error at its own place when it does not parse', async () => {
    const report = await judged(base, { 'shared/base.yaml': 'model:\n  d_model: [1024\n' })
    expect(report.verdict.conclusion).toBe('error')
    const a = report.comparisons.find(c => c.path === 'runs/a.yaml')
    expect(a?.status).toBe('error')
    expect(a?.problems.some(p => p.severity === 'error' && p.at?.path === 'shared/base.yaml')).toBe(true)
  })
})
