import fc from 'fast-check'
import { parse, type ParsedFile } from '../../src/parse/index.ts'
import { frameworkNames, includesOf, recognize, type Recognized } from '../../src/recognize/index.ts'

function filesOf(texts: Readonly<Record<string, string>>): ReadonlyMap<string, ParsedFile> {
  return new Map(Object.entries(texts).map(([path, text]) => [path, parse(path, text)]))
}
function config(texts: Readonly<Record<string, string>>, path = Object.keys(texts)[0]!): Recognized {
  const recognition = recognize(path, filesOf(texts))
  if (recognition.is !== 'recognized') throw new Error(JSON.stringify(recognition))
  return recognition.config
}
const AXOLOTL =
  'base_model: meta-llama/Llama-3.1-8B\nmicro_batch_size: 2\ngradient_accumulation_steps: 4\nsequence_len: 8192\n'

describe('facts with their places', () => {
  it('points at the key of every value', () => {
    expect(config({ 'a.yaml': AXOLOTL }).facts.seqLen).toEqual({
      known: true,
      value: 8192,
      origins: [{ kind: 'config', path: 'a.yaml', line: 4, column: 1 }],
    })
  })
  it('cites the framework for a default', () => {
    const { epochs } = config({ 'a.yaml': AXOLOTL }).facts
    expect(epochs).toMatchObject({ known: true, value: 1, origins: [{ kind: 'default' }] })
  })
  it.each(['', 'null', '~', 'auto', '-1'])('takes "%s" as not set, never as zero', unset => {
    expect(config({ 'a.yaml': `${AXOLOTL}max_steps: ${unset}\n` }).facts.steps).toBeUndefined()
  })
  it('takes ??? as given on the command line: no default stands for it, and the profile says how many devices run', () => {
    const { facts } = config({ 'a.yaml': AXOLOTL.replace('micro_batch_size: 2', 'micro_batch_size: ???') })
    expect(facts.microBatch).toMatchObject({ known: false, missing: [{ fact: 'micro_batch', absent: false }] })
    const launched = 'distributed_type: FSDP\nmixed_precision: bf16\nnum_processes: ???\n'
    expect(config({ 'a.yaml': launched }).facts.accelerators).toBeUndefined()
  })
  it('reads 32_000 and 8.192e3 as the numbers that Python reads', () => {
    expect(config({ 'a.yaml': `${AXOLOTL}max_steps: 32_000\n` }).facts.steps).toMatchObject({ value: 32000 })
    expect(config({ 'a.yaml': `${AXOLOTL}max_steps: 8.192e3\n` }).facts.steps).toMatchObject({ value: 8192 })
  })
  it('makes a value of the wrong type an error at its place, and applies no default', () => {
    const { facts, problems } = config({ 'a.yaml': AXOLOTL.replace('micro_batch_size: 2', 'micro_batch_size: two') })
    expect(problems).toMatchObject([
      { code: 'malformed-value', severity: 'error', at: { path: 'a.yaml', line: 2, column: 1 } },
    ])
    expect(facts.microBatch).toMatchObject({ known: false, missing: [{ fact: 'micro_batch', absent: false }] })
  })
  it.each(['-5', '1e309', '.inf', '1.5', '0'])('refuses %s as a length, at its place', value => {
    const { facts, problems } = config({ 'a.yaml': AXOLOTL.replace('8192', value) })
    expect(facts.seqLen).toMatchObject({ known: false, missing: [{ fact: 'seq_len', absent: false }] })
    expect(problems.filter(p => p.severity === 'error')).toMatchObject([{ at: { line: 4, column: 1 } }])
  })
})

describe('interpolation', () => {
  const olmo = (model: string, rest = '') =>
    config({
      'o.yaml': `global_train_batch_size: 8\nmax_duration: 10\nwidth: 64\nmodel:\n  n_heads: 4\n  n_layers: 2\n  ${model}\n${rest}`,
    })
  it.each([
    ['absolute', 'd_model: ${width}', 64],
    ['relative', 'd_model: ${.n_heads}', 4],
    ['one level up', 'd_model: ${..width}', 64],
    ['a product', 'd_model: ${multiply:${width},2}', 128],
    ['a default of the environment', 'd_model: ${oc.env:WIDTH,256}', 256],
  ])('computes %s', (_name, line, value) => {
    expect(olmo(line).facts.hiddenSize).toMatchObject({ known: true, value })
  })
  it.each([
    ['an environment variable', 'd_model: ${oc.env:WIDTH}'],
    ['a cycle', 'd_model: ${model.d_model}'],
    ['another resolver', 'd_model: ${eval:1+1}'],
    ['a name that is not there', 'd_model: ${nowhere}'],
  ])('says unknown for %s, without a problem', (_name, line) => {
    const { facts, problems } = olmo(line)
    expect(facts.hiddenSize).toMatchObject({ known: false, missing: [{ absent: false }] })
    expect(problems).toEqual([])
  })
  it('does not hang on interpolations that double', () => {
    const lines = Array.from({ length: 40 }, (_, i) => `a${i}: \${a${i + 1}}\${a${i + 1}}`)
    const start = performance.now()
    expect(olmo('d_model: ${a0}', [...lines, 'a40: 1'].join('\n')).facts.hiddenSize).toMatchObject({ known: false })
    expect(performance.now() - start).toBeLessThan(2000)
  })
})

describe('included files', () => {
  const zero = '{"zero_optimization": {"stage": 3, "offload_optimizer": {"device": "cpu"}}}'
  it('are asked for, then read in place', () => {
    const text = `${AXOLOTL}deepspeed: ds/zero3.json\n`
    expect(includesOf(recognize('run/a.yaml', filesOf({ 'run/a.yaml': text })))).toEqual(
      expect.arrayContaining(['run/ds/zero3.json', 'ds/zero3.json']),
    )
    const read = config({ 'run/a.yaml': text, 'ds/zero3.json': zero })
    expect(read.facts.zeroStage).toMatchObject({ value: 3, origins: [{ path: 'ds/zero3.json', line: 1 }] })
    expect(read.facts.offload).toMatchObject({ value: true })
  })
  it.each(['https://x.org/a.json', '/etc/passwd', '../../../secret.json', '~/a.json', 'C:\\a.json', 'a\\b.json'])(
    'never leave the repository: %s',
    name => {
      const wanted = includesOf(recognize('run/a.yaml', filesOf({ 'run/a.yaml': `${AXOLOTL}deepspeed: '${name}'\n` })))
      expect(wanted.filter(path => !path.startsWith('meta-llama') && !path.startsWith('run/meta-llama'))).toEqual([])
    },
  )
  it('lay a config over its Hydra defaults, each value at its own file', () => {
    const read = config({
      'conf/run.yaml':
        'defaults:\n  - model: small\n  - _self_\nglobal_train_batch_size: 8\nmax_duration: 10\nmodel:\n  n_layers: 3\n',
      'conf/model/small.yaml': 'd_model: 64\nn_heads: 4\nn_layers: 2\n',
    })
    expect(read.facts.hiddenSize).toMatchObject({ value: 64, origins: [{ path: 'conf/model/small.yaml', line: 1 }] })
    expect(read.facts.numLayers).toMatchObject({ value: 3, origins: [{ path: 'conf/run.yaml', line: 7 }] })
  })
  it('end on a cycle of bases', () => {
    const files = { 'a.yaml': `_base_: b.yaml\n${AXOLOTL}`, 'b.yaml': '_base_: a.yaml\nmax_steps: 5\n' }
    expect(config(files).facts.steps).toMatchObject({ value: 5 })
  })
  it('make the config an error when they do not parse', () => {
    const { problems } = config({ 'a.yaml': `${AXOLOTL}deepspeed: z.json\n`, 'z.json': '{"zero_optimization":' })
    expect(problems.some(p => p.severity === 'error')).toBe(true)
  })
})

describe('Hugging Face models', () => {
  const model = (values: object) => config({ 'm/config.json': JSON.stringify(values) }).facts
  it('takes the defaults of the class for missing keys', () => {
    const facts = model({ model_type: 'mistral', hidden_size: 4096 })
    expect(facts.numKvHeads).toMatchObject({ value: 8, origins: [{ kind: 'default' }] })
    expect(facts.layerWindows).toMatchObject({ value: { pattern: [4096] } })
    expect(model({ model_type: 'mistral', hidden_size: 4096, sliding_window: null }).layerWindows).toBeUndefined()
  })
  it('says unknown for a model type that it does not know', () => {
    const facts = model({ model_type: 'brand_new', hidden_size: 4096, num_hidden_layers: 32 })
    expect(facts.hiddenSize).toMatchObject({ known: false, missing: [{ why: expect.stringContaining('brand_new') }] })
  })
  it('reads the text part of a model of several parts', () => {
    const facts = model({
      model_type: 'gemma3',
      text_config: { model_type: 'gemma3_text', hidden_size: 2560, num_hidden_layers: 34, sliding_window: 1024 },
    })
    expect(facts.hiddenSize).toMatchObject({ value: 2560 })
    expect(facts.layerWindows).toMatchObject({ value: { pattern: [1024, 1024, 1024, 1024, 1024, null] } })
    expect(facts.headDim).toMatchObject({ value: 256 })
  })
  it('reads latent attention and experts of DeepSeek-V3 from an almost empty file', () => {
    const facts = model({ model_type: 'deepseek_v3', hidden_size: 7168 })
    expect(facts.mla).toMatchObject({ value: { qRank: 1536, kvRank: 512, nope: 128, rope: 64, v: 128 } })
    expect(facts.experts).toMatchObject({ value: 256 })
    expect(facts.firstDenseLayers).toMatchObject({ value: 3 })
  })
  it('is a fragment', () => {
    expect(config({ 'c.json': '{"model_type": "gpt2", "n_embd": 768}' }).fragment).toBe(true)
  })
})

describe('facts files', () => {
  it('read published names, counts with suffixes and objects', () => {
    const { facts, framework } = config({
      'f.yaml':
        'traincost: 1\nhidden_size: 4096\ntotal_tokens: 1.2T\nlora: {rank: 16, targets: [q_proj]}\nmla: {q_rank: null, kv_rank: 512, nope: 128, rope: 64, v: 128}\n',
    })
    expect(framework).toBe('traincost')
    expect(facts.totalTokens).toMatchObject({ value: 1.2e12, origins: [{ line: 3 }] })
    expect(facts.loraRank).toMatchObject({ value: 16 })
    expect(facts.mla).toMatchObject({ value: { qRank: null, kvRank: 512 } })
  })
  it('refuse names that are no facts', () => {
    expect(config({ 'f.yaml': 'traincost: 1\nhiden_size: 4096\n' }).problems).toMatchObject([
      { code: 'unknown-fact', at: { path: 'f.yaml', line: 2, column: 1 } },
    ])
  })
})

it('names a framework that does not exist, with those that do', () => {
  expect(recognize('a.yaml', filesOf({ 'a.yaml': AXOLOTL }), 'nope')).toMatchObject({
    is: 'unrecognized',
    why: expect.stringContaining('axolotl'),
  })
  expect(new Set(frameworkNames).size).toBe(frameworkNames.length)
})

it('never throws, whatever the keys hold', () => {
  const keys = fc.constantFrom(
    'model_type',
    'hidden_size',
    'base_model',
    'micro_batch_size',
    'tokens',
    'parallelism',
    'model',
    'training',
    'trainer',
    'policy',
    'grpo',
    'defaults',
    '_base_',
    'base_config',
    'stage',
    'dataset',
    'layer_types',
    'traincost',
    'mla',
    '__proto__',
    'distributed_type',
    'num_processes',
    'num_layers',
    'train_iters',
    'pos_emb',
    'max_duration',
    'train_loader',
    'name',
    'd_model',
    'global_train_batch_size',
    'dim',
    'data',
    'seq_len',
    'steps',
    'task',
    'optimization',
  )
  const leaf = fc.oneof(
    fc.constantFrom(
      'llama',
      'gpt_neo',
      'jamba',
      'sft',
      '${a}',
      '${model.dim}',
      '-1',
      'auto',
      null,
      true,
      1,
      0,
      -3,
      1e18,
      'torchtune.x',
      'a.yaml',
    ),
    fc.double(),
    fc.string({ maxLength: 8 }),
  )
  const { tree } = fc.letrec<{ tree: unknown }>(tie => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(keys, tie('tree'), { maxKeys: 8 }),
    ),
  }))
  fc.assert(
    fc.property(fc.dictionary(keys, tree, { maxKeys: 14 }), value => {
      const files = filesOf({ 'a.json': JSON.stringify(value) })
      for (const format of [undefined, ...frameworkNames]) {
        const recognition = recognize('a.json', files, format)
        if (recognition.is === 'recognized')
          for (const fact of Object.values(recognition.config.facts))
            if (fact.known && typeof fact.value === 'number') expect(Number.isFinite(fact.value)).toBe(true)
      }
      includesOf(recognize('a.json', files))
    }),
    { numRuns: 150 },
  )
})
