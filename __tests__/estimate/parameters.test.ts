import { readFileSync } from 'node:fs'
import { FACTS, FACT_NAMES, known, type Fact, type RunFacts } from '../../src/facts/index.ts'
import { estimate, workingsOf } from '../../src/estimate/index.ts'
import { DEEPSEEK_V3, LLAMA3_8B, MIXTRAL, run, value, type Plain } from './runs.ts'

function total(plain: Plain): number {
  return value(estimate(run(plain)).parameters.total)
}

const LLAMA2_7B: Plain = { ...LLAMA3_8B, numKvHeads: 32, ffnSize: 11008, vocabSize: 32000, extras: { norm: 'rms' } }

/** Counts that the models were published with. */
const PUBLISHED: readonly (readonly [name: string, count: number, plain: Plain])[] = [
  [
    'GPT-2',
    124_439_808,
    {
      family: 'gpt2',
      hiddenSize: 768,
      numLayers: 12,
      numHeads: 12,
      ffnSize: 3072,
      gated: false,
      vocabSize: 50257,
      tiedEmbeddings: true,
      extras: { norm: 'ln', qkvBias: true, oBias: true, mlpBias: true, learnedPositions: 1024 },
    },
  ],
  ['Llama-2-7B', 6_738_415_616, LLAMA2_7B],
  [
    'Llama-2-70B',
    68_976_648_192,
    { ...LLAMA2_7B, hiddenSize: 8192, numLayers: 80, numHeads: 64, numKvHeads: 8, ffnSize: 28672 },
  ],
  ['Llama-3-8B', 8_030_261_248, LLAMA3_8B],
  [
    'Llama-3.1-405B',
    405_853_388_800,
    { ...LLAMA3_8B, hiddenSize: 16384, numLayers: 126, numHeads: 128, ffnSize: 53248 },
  ],
  ['Mixtral-8x7B', 46_702_792_704, MIXTRAL],
  [
    'Qwen2.5-7B',
    7_615_616_512,
    {
      family: 'qwen2',
      hiddenSize: 3584,
      numLayers: 28,
      numHeads: 28,
      numKvHeads: 4,
      headDim: 128,
      ffnSize: 18944,
      gated: true,
      vocabSize: 152064,
      tiedEmbeddings: false,
      extras: { norm: 'rms', qkvBias: true },
    },
  ],
  [
    'Gemma-2-9B',
    9_241_705_984,
    {
      family: 'gemma2',
      hiddenSize: 3584,
      numLayers: 42,
      numHeads: 16,
      numKvHeads: 8,
      headDim: 256,
      ffnSize: 14336,
      gated: true,
      vocabSize: 256000,
      tiedEmbeddings: true,
      extras: { norm: 'rms', normsPerLayer: 4 },
    },
  ],
  ['DeepSeek-V3', 671_026_404_352, DEEPSEEK_V3],
]

describe('parameters', () => {
  it.each(PUBLISHED)('%s has exactly its published %i parameters', (_name, count, plain) => {
    expect(total(plain)).toBe(count)
  })

  it('a token of Mixtral passes 12.88 billion of them, one of DeepSeek-V3 37.55 billion', () => {
    expect(value(estimate(run(MIXTRAL)).parameters.active)).toBe(12_879_925_248)
    expect(value(estimate(run(DEEPSEEK_V3)).parameters.active)).toBe(37_552_282_624)
  })

  it('a tied head is counted once: 128,256 × 4,096 fewer', () => {
    expect(total(LLAMA3_8B) - total({ ...LLAMA3_8B, tiedEmbeddings: true })).toBe(525_336_576)
  })

  it('twice the experts of Mixtral add 8 × 3 × 4,096 × 14,336 weights and 8 router columns in each of 32 layers', () => {
    expect(total({ ...MIXTRAL, experts: 16 }) - total(MIXTRAL)).toBe(45_097_156_608 + 1_048_576)
  })

  it('Jamba, whose published sizes are 52 billion and 12 billion active', () => {
    const jamba = estimate(
      run({
        family: 'jamba',
        hiddenSize: 4096,
        numLayers: 32,
        numHeads: 32,
        numKvHeads: 8,
        headDim: 128,
        ffnSize: 14336,
        gated: true,
        vocabSize: 65536,
        tiedEmbeddings: false,
        experts: 16,
        expertsPerToken: 2,
        expertFfnSize: 14336,
        moeEvery: 2,
        ssm: { version: 1, innerSize: 8192, state: 16, conv: 4, dtRank: 256, attentionEvery: 8, attentionOffset: 4 },
      }),
    )
    expect(value(jamba.parameters.total) / 1e9).toBeCloseTo(51.6, 1)
    expect(value(jamba.parameters.active) / 1e9).toBeCloseTo(12.1, 1)
  })
})

interface RegistryModel extends Readonly<Record<string, unknown>> {
  readonly id: string
  readonly params: number | null
  readonly params_active?: number
}

/** A registry entry as facts. DeepSeek-V2-Lite says "no query rank" as 0; Whisper's 1,500 positions belong to its family. */
function factsOf(model: RegistryModel): RunFacts {
  const out: Record<string, Fact<unknown>> = {}
  for (const name of FACT_NAMES) {
    let plain = model[FACTS[name].name]
    if (plain === undefined || plain === null) continue
    if (name === 'mla') plain = { ...plain, q_rank: (plain as { q_rank: number | null }).q_rank || null }
    if (name === 'encoder') plain = { num_layers: (plain as { num_layers: number }).num_layers }
    const read: unknown = FACTS[name].read(plain)
    if (read === undefined) throw new Error(`${model.id}: ${name} cannot be read`)
    out[name] = known(read, { kind: 'registry', source: model.id })
  }
  return out
}

const registry = (
  JSON.parse(readFileSync(new URL('../../data/models.json', import.meta.url), 'utf8')) as {
    models: readonly RegistryModel[]
  }
).models

describe('the model registry', () => {
  it.each(registry.filter(model => model.params !== null).map(model => [model.id, model] as const))(
    '%s has the parameters that its entry says',
    (_id, model) => {
      const whole = { ...run({}), facts: factsOf(model) }
      const { parameters } = estimate(whole)
      expect(value(parameters.total)).toBe(model.params)
      // Listed matrix by matrix it is the same count.
      const rows = value(workingsOf(whole).parameters)
      expect(rows.reduce((sum, row) => sum + row.each * row.times, 0)).toBe(model.params)
      if (model.params_active !== undefined) expect(value(parameters.active)).toBe(model.params_active)
    },
  )

  it('says unknown, with the reason, for the models with layers that have no formula', () => {
    const strange = registry.filter(model => 'linear_attention' in model)
    expect(strange.length).toBeGreaterThan(0)
    for (const model of strange) {
      const { parameters, flops } = estimate({ ...run({}), facts: factsOf(model) })
      for (const fact of [parameters.total, flops.perToken])
        expect(fact).toMatchObject({
          known: false,
          missing: expect.arrayContaining([expect.objectContaining({ fact: 'family' })]),
        })
    }
  })
})
