import { estimate } from '../../src/estimate/index.ts'
import { lacks, LLAMA3_8B, run, value, type Plain } from './runs.ts'

function tokens(plain: Plain) {
  return estimate(run({ ...LLAMA3_8B, seqLen: 1000, ...plain })).tokens
}

describe('tokens of a run', () => {
  it('steps × sequences per step × tokens per sequence', () => {
    expect(value(tokens({ steps: 100, globalBatch: 32 }))).toBe(3_200_000)
  })

  it('a global batch is micro batch × accumulation × data-parallel ranks; model-parallel ranks add none', () => {
    const plain = { steps: 100, microBatch: 2, gradAccum: 4, accelerators: 64, tp: 4, pp: 2 }
    expect(value(tokens(plain))).toBe(100 * 2 * 4 * 8 * 1000)
    const { facts } = estimate(run({ ...LLAMA3_8B, seqLen: 1000, ...plain }))
    expect(facts.globalBatch).toMatchObject({ known: true, value: 64 })
    expect(facts.dp).toMatchObject({ known: true, value: 8 })
    expect(facts.dp?.known === true && facts.dp.origins[0]).toEqual({
      kind: 'derived',
      source: 'accelerators ÷ (tp · pp · cp)',
    })
  })

  it('a global batch that is given is not multiplied by the ranks again', () => {
    expect(value(tokens({ steps: 100, globalBatch: 32, microBatch: 2, gradAccum: 4, accelerators: 64 }))).toBe(
      3_200_000,
    )
  })

  it('epochs × data set tokens, one pass where no epochs are given', () => {
    expect(value(tokens({ epochs: 3, datasetTokens: 5e6 }))).toBe(15e6)
    expect(value(tokens({ datasetTokens: 5e6 }))).toBe(5e6)
  })

  it('steps win over tokens, tokens over samples, samples over epochs', () => {
    const all = { steps: 10, globalBatch: 1, totalTokens: 7e5, trainSamples: 300, epochs: 2, datasetTokens: 1e6 }
    expect(value(tokens(all))).toBe(10_000)
    expect(value(tokens({ ...all, steps: undefined }))).toBe(7e5)
    expect(value(tokens({ ...all, steps: undefined, totalTokens: undefined }))).toBe(300_000)
    expect(value(tokens({ epochs: 2, datasetTokens: 1e6 }))).toBe(2e6)
  })

  it('what a resumed run has trained costs nothing again; more than the whole run is an error', () => {
    expect(value(tokens({ totalTokens: 1e9, trainedTokens: 4e8 }))).toBe(6e8)
    expect(lacks(tokens({ totalTokens: 1e9, trainedTokens: 1e9 }))).toEqual(['trained_tokens'])
  })

  it('preference pairs bring two sequences each', () => {
    for (const method of ['dpo', 'orpo', 'simpo', 'reward'] as const)
      expect(value(tokens({ method, steps: 100, globalBatch: 32 }))).toBe(6_400_000)
    expect(value(tokens({ method: 'kto', steps: 100, globalBatch: 32 }))).toBe(3_200_000)
  })

  it('padded samples: real tokens are counted, their padding is computed', () => {
    const padded = { method: 'sft', packing: false, meanSampleTokens: 250, steps: 100, globalBatch: 32 } as const
    const { tokens: real, flops } = estimate(run({ ...LLAMA3_8B, seqLen: 1000, ...padded }))
    expect(value(real)).toBe(800_000)
    expect(value(flops.hardware) / value(flops.model)).toBeCloseTo(4, 10)
  })

  it('packed samples pad nothing and see only themselves', () => {
    const packed = { method: 'sft', packing: true, meanSampleTokens: 250, steps: 100, globalBatch: 32 } as const
    const { tokens: real, flops } = estimate(run({ ...LLAMA3_8B, seqLen: 1000, ...packed }))
    expect(value(real)).toBe(3_200_000)
    expect(value(flops.hardware)).toBe(value(flops.model))
    expect(value(flops.perToken)).toBe(
      value(estimate(run({ ...LLAMA3_8B, method: 'sft', seqLen: 250 })).flops.perToken),
    )
  })

  it.each([
    ['no length at all', {}, ['steps']],
    ['steps without a batch', { steps: 10 }, ['micro_batch', 'accelerators']],
    ['epochs of an unknown data set', { epochs: 3 }, ['dataset_tokens']],
    [
      'accelerators that the parallel groups do not divide',
      { steps: 10, microBatch: 1, accelerators: 10, tp: 4 },
      ['dp'],
    ],
    ['prompts that are not the tokens', { method: 'grpo', epochs: 1, datasetTokens: 1e6 }, ['steps']],
  ] as const)('unknown, naming what lacks: %s', (_name, plain, missing) => {
    expect(lacks(tokens(plain))).toEqual(missing)
  })

  it('a malformed length is not replaced by the next source', () => {
    const malformed = {
      known: false,
      missing: [{ fact: 'steps', why: 'steps is "many"', remedy: 'write a number', absent: false }],
    } as const
    const base = run({ ...LLAMA3_8B, seqLen: 1000, globalBatch: 32, epochs: 1, datasetTokens: 1e6 })
    expect(lacks(estimate({ ...base, facts: { ...base.facts, steps: malformed } }).tokens)).toEqual(['steps'])
  })

  it('a model file alone has parameters and FLOPs per token, and no length', () => {
    const fragment = estimate({ ...run({ ...LLAMA3_8B, seqLen: 1000 }), fragment: true })
    expect(fragment.parameters.total.known && fragment.flops.perToken.known).toBe(true)
    expect(lacks(fragment.tokens)).toEqual(['steps'])
    expect(fragment.usd.known).toBe(false)
  })
})
