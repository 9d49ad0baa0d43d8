import { adviceOn, estimate, type AdviceCode } from '../../src/estimate/index.ts'
import { A100, H100, LLAMA3_8B, PRICE, run, value, type Plain, type PlainHardware } from './runs.ts'

/** A run that nothing can be said about: it fits, 20 tokens per parameter, one pass. */
const SOUND: Plain = {
  ...LLAMA3_8B,
  method: 'pretrain',
  seqLen: 4096,
  totalTokens: 160e9,
  globalBatch: 1024,
  microBatch: 1,
  accelerators: 64,
  zeroStage: 3,
  recompute: 'none',
}
const HARDWARE: PlainHardware = { accelerator: H100, price: PRICE }

const advised = (plain: Plain, hardware = HARDWARE) => {
  const e = estimate(run({ ...SOUND, ...plain }, hardware))
  return { e, advice: adviceOn(e) }
}
const one = (code: AdviceCode, plain: Plain, hardware = HARDWARE) => {
  const { e, advice } = advised(plain, hardware)
  const found = advice.find(each => each.code === code)
  if (found === undefined) throw new Error(`no ${code} among ${advice.map(each => each.code).join(', ')}`)
  return { ...found, total: value(e.usd).expected }
}

describe('advice', () => {
  it('is silent about a sound run', () => {
    expect(advised({}).advice).toEqual([])
  })

  it('a run that does not fit puts all its dollars at stake, and learns that recomputation would make it fit', () => {
    const advice = one('does-not-fit', { microBatch: 4 })
    expect(advice.usd).toBe(advice.total)
    expect(advice.message).toMatch(
      /most of it activations; with full recomputation it fits, for 3[0-3](?:\.\d)? % more/,
    )
    expect(advice.at).toMatchObject({ path: 'train.yaml' })
  })

  it('recomputation that memory does not need costs what the forward pass costs: at most a third', () => {
    const { usd, total } = one('recomputation-not-needed', { recompute: 'full' })
    // Full training is three forward passes and recomputation a fourth, the head left out.
    expect(usd! / total).toBeGreaterThan(0.2)
    expect(usd! / total).toBeLessThan(0.25)
    expect(advised({ recompute: 'full', microBatch: 12 }).advice.map(a => a.code)).not.toContain(
      'recomputation-not-needed',
    )
  })

  it('padding of three quarters is three quarters of the bill', () => {
    const plain: Plain = { method: 'sft', packing: false, meanSampleTokens: 1024, steps: 100, totalTokens: undefined }
    const { usd, total, message } = one('padding', plain)
    expect(message).toContain('75 %')
    expect(usd! / total).toBeCloseTo(0.75, 2)
  })

  it('ten passes over the data spend six tenths on passes beyond the fourth', () => {
    const { usd, total } = one('repeated-data', { epochs: 10, datasetTokens: 16e9, totalTokens: undefined })
    expect(usd! / total).toBeCloseTo(0.6, 9)
    expect(advised({ epochs: 4, datasetTokens: 40e9, totalTokens: undefined }).advice).toEqual([])
  })

  it('steps that pass a small data set often count as well', () => {
    expect(one('repeated-data', { datasetTokens: 16e9 }).message).toContain('10 times')
  })

  it('one token per parameter is far from 20, and so are a thousand; adapters are not asked', () => {
    const little = one('tokens-per-parameter', { totalTokens: 8_030_261_248 })
    expect(little.message).toMatch(/^1 tokens per parameter: .*20 per parameter are 161 billion tokens/)
    expect(little.usd! / little.total).toBeCloseTo(19, 6)
    expect(one('tokens-per-parameter', { totalTokens: 8e12 }).message).toMatch(/^996 tokens per parameter/)
    const adapters: Plain = { method: 'sft', trainable: 'lora', loraRank: 8, totalTokens: 1e6 }
    expect(advised(adapters).advice.map(a => a.code)).not.toContain('tokens-per-parameter')
  })

  it('attention dominates at 128k tokens, not at 4k', () => {
    const { usd, total } = one('attention-dominates', { seqLen: 131_072, globalBatch: 32, cp: 8 })
    expect(usd! / total).toBeGreaterThan(0.5)
    expect(usd! / total).toBeLessThan(1)
  })

  it('gradients of 8 B weights every 64 sequences choke 25 Gbit/s', () => {
    const slow: PlainHardware = { accelerator: A100, price: { ...PRICE, instance: 'p3.16xlarge' } }
    const { message, usd, total } = one('traffic', { globalBatch: 64 }, slow)
    // 4 bytes × 8.03e9 ÷ 3.125e9 bytes a second are 10.3 s.
    expect(message).toContain('25 Gbit/s')
    expect(usd).toBeLessThanOrEqual(total)
    expect(advised({ globalBatch: 64, accelerators: 8 }, slow).advice.map(a => a.code)).not.toContain('traffic')
  })

  it('16 sequences on 64 ranks leave 48 idle: four times the bill', () => {
    const { usd, total, message } = one('idle-ranks', { globalBatch: 16 })
    expect(message).toContain('48 of 64')
    expect(usd! / total).toBeCloseTo(3, 9)
  })

  it('two micro batches in a pipeline of eight stages are idle for 7 of 9 slots', () => {
    const { usd, total } = one('pipeline-idle', { pp: 8, globalBatch: 16 })
    expect(usd! / total).toBeCloseTo(7 / 9, 9)
  })

  it('without a price it is said without dollars, never with $0', () => {
    const { advice } = advised({ globalBatch: 16 }, { accelerator: H100 })
    expect(advice.find(each => each.code === 'idle-ranks')).toMatchObject({ usd: null })
  })
})
