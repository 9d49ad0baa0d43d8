import { known } from '../../src/facts/index.ts'
import { calibrationOf, estimate } from '../../src/estimate/index.ts'
import type { Price } from '../../src/resolve/index.ts'
import { A100, H100, lacks, LLAMA3_8B, PRICE, run, V100, value, type Plain, type PlainHardware } from './runs.ts'

/** Equal to the cent-rounded or digit-rounded number of the calculation by hand. */
function expectNear(actual: number, byHand: number, relative = 0.001) {
  expect(Math.abs(actual / byHand - 1)).toBeLessThan(relative)
}

/** A million steps of 256 × 512 tokens, as in the cost ranges of arXiv 2004.08900. */
const bert = (numLayers: number, hiddenSize: number, numHeads: number): Plain => ({
  hiddenSize,
  numLayers,
  numHeads,
  ffnSize: 4 * hiddenSize,
  gated: false,
  vocabSize: 30522,
  bidirectional: true,
  seqLen: 512,
  steps: 1_000_000,
  globalBatch: 256,
  precision: 'fp16',
  accelerators: 8,
})
const P3: Price = { ...PRICE, usdPerInstanceHour: 24.48 } // 8 V100 at 3.06
const P3DN: Price = { ...PRICE, usdPerInstanceHour: 31.212 } // 8 V100 at 3.9015
const v100 = (price: Price, mfu: number): PlainHardware => ({ accelerator: V100, price, mfu })

describe('prices, by hand', () => {
  // 7.705e19 ÷ (125e12 · 0.20) = 3.082e6 s = 856 h; · 3.06.
  it.each([
    ['BERT 110M on p3 at 0.20', bert(12, 768, 12), v100(P3, 0.2), 856, 2620],
    ['BERT 340M on p3 at 0.20', bert(24, 1024, 16), v100(P3, 0.2), 2901, 8877],
    ['BERT 340M on p3dn at 0.20', bert(24, 1024, 16), v100(P3DN, 0.2), 2901, 11_319],
    ['1.5B on p3dn at 0.13', bert(48, 1600, 25), v100(P3DN, 0.13), 20_991, 81_898],
    ['1.5B on p3dn at 0.20', bert(48, 1600, 25), v100(P3DN, 0.2), 13_639, 53_214],
    ['1.5B on p3dn at 0.10', bert(48, 1600, 25), v100(P3DN, 0.1), 27_279, 106_429],
  ] as const)('%s', (_name, plain, hardware, hours, usd) => {
    const result = estimate(run(plain, hardware))
    expectNear(value(result.acceleratorSeconds).expected / 3600, hours)
    expectNear(value(result.usd).expected, usd)
  })

  it('twenty runs of BERT 110M: 20 × 2,620, in the same wall-clock time and memory', () => {
    const one = estimate(run(bert(12, 768, 12), v100(P3, 0.2)))
    const twenty = estimate(run(bert(12, 768, 12), v100(P3, 0.2), 20))
    expectNear(value(twenty.usd).expected, 52_400)
    expectNear(value(twenty.acceleratorSeconds).expected / 3600, 17_120)
    expect(value(twenty.tokens)).toBe(2.62144e12)
    expect(value(twenty.flops.model)).toBe(20 * value(one.flops.model))
    expect(value(twenty.wallClockSeconds)).toEqual(value(one.wallClockSeconds))
    expect(twenty.memory).toEqual(one.memory)
  })

  const oneBillion: Plain = { ...LLAMA3_8B, seqLen: 8192, totalTokens: 1e9 }

  it('Llama-3-8B at 8k, a billion tokens at 40 % of 64 H100: 2,033 s, 8 instances of 32 USD, 144.6 USD', () => {
    // 5.1471e10 · 1e9 ÷ (989e12 · 0.4 · 64) = 2,032.95 s; 8 · 32 · 2,032.95 ÷ 3,600.
    const result = estimate(run({ ...oneBillion, accelerators: 64 }, { accelerator: H100, price: PRICE, mfu: 0.4 }))
    expectNear(value(result.wallClockSeconds).expected, 2032.95)
    expectNear(value(result.usd).expected, 144.565)
  })

  it('9 accelerators on instances of 8 pay for 16', () => {
    // 5.1471e19 ÷ (989e12 · 0.4 · 9) = 14,456.6 s; 2 · 32 · 14,456.6 ÷ 3,600.
    const result = estimate(run({ ...oneBillion, accelerators: 9 }, { accelerator: H100, price: PRICE, mfu: 0.4 }))
    expectNear(value(result.wallClockSeconds).expected, 14_456.6)
    expectNear(value(result.usd).expected, 257.01)
  })

  it('a measured 100,000 tokens per second on 8 accelerators: 10,000 s, 10,526 s with 5 % lost, 93.57 USD', () => {
    const result = estimate(
      run({ ...oneBillion, accelerators: 8 }, { accelerator: H100, price: PRICE, tokensPerSecond: 100_000 }),
    )
    expectNear(value(result.wallClockSeconds).expected, 10_526.3)
    expectNear(value(result.usd).expected, 93.567)
  })

  it('spot instances repeat 5.6 % of the work, the band up to 35 %', () => {
    const price = (pricing: Price['pricing']) =>
      value(
        estimate(run({ ...oneBillion, accelerators: 8 }, { accelerator: H100, price: { ...PRICE, pricing }, mfu: 0.4 }))
          .usd,
      )
    expectNear(price('spot').expected / price('on-demand').expected, 1.056, 1e-9)
    expectNear(price('spot').low / price('on-demand').low, 1.02, 1e-9)
  })

  it('the default for a whole bf16 pretraining on H100, written out: 54,610 hours and 218,400 USD for 1e12 tokens', () => {
    // Matrix products 4.5028e10 FLOPs a token, attention 6.443e9 at 0.3 of their speed: 6.6505e10 weighted.
    // u = 0.46 (H100) · 0.73 (whole runs) · 1.0185 (8.03 B parameters) = 0.3420.
    // 6.6505e10 · 1e12 ÷ (989e12 · 0.3420) = 1.9662e8 s = 54,617 h; · 4 USD.
    const result = estimate(run({ ...LLAMA3_8B, seqLen: 8192, totalTokens: 1e12, accelerators: 64 }))
    expectNear(value(result.acceleratorSeconds).expected / 3600, 54_617)
    expectNear(value(result.usd).expected, 218_468)
  })

  it('the default for fp8 on H100 knows that attention stays in 16 bits', () => {
    // u = 0.38 of 1,979e12 · 1.0185; attention at 0.46 · 989e12 · 0.3 · 1.0185; practice of fp8 1.1, goodput 0.95.
    // 4.5028e10 ÷ 7.659e14 + 6.443e9 ÷ 1.3898e14 = 1.05151e-4 s a token; ÷ 1.1 ÷ 0.95; · 1e12 ÷ 3,600.
    const result = estimate(run({ ...LLAMA3_8B, seqLen: 8192, totalTokens: 1e12, accelerators: 64, precision: 'fp8' }))
    expectNear(value(result.acceleratorSeconds).expected / 3600, 27_951)
  })

  it('energy: 1,000 H100-hours of 700 W · 1.38 at a PUE of 1.1 are 1,062.6 kWh, at 0.4 kg/kWh 425 kg', () => {
    // 989e12 · 0.4 · 3.6e6 s = 1.42416e21 FLOPs = 2.76691e10 tokens of 5.1471188e10.
    const result = estimate(
      run(
        { ...LLAMA3_8B, seqLen: 8192, totalTokens: 2.76691e10, accelerators: 8 },
        { accelerator: H100, price: PRICE, mfu: 0.4, pue: 1.1, carbonKgPerKwh: 0.4 },
      ),
    )
    expectNear(value(result.energyKwh).expected, 1062.6)
    expectNear(value(result.co2Kg).expected, 425.04)
  })
})

describe('calibration', () => {
  const base = run(
    { ...LLAMA3_8B, seqLen: 8192, totalTokens: 1e9, accelerators: 8 },
    { accelerator: H100, price: PRICE, tokensPerSecond: 100_000 },
  )

  it('a rate is turned once into an efficiency: a wider model is dearer at the same rate in the profile', () => {
    const head = {
      ...base,
      facts: run({ ...LLAMA3_8B, ffnSize: 28672, seqLen: 8192, totalTokens: 1e9, accelerators: 8 }).facts,
    }
    const calibration = calibrationOf(base)
    const [before, after] = [value(estimate(base, calibration).usd), value(estimate(head, calibration).usd)]
    // The weighted FLOPs of a token: 6.6505e10, and 3 · 2 · 3 · 4,096 · 14,336 · 32 = 3.3823e10 more.
    expectNear(after.expected / before.expected, 1 + 3.3823 / 6.6505)
  })

  it('a stated utilization prices the run it belongs to at exactly that utilization', () => {
    const result = estimate(
      run(
        { ...LLAMA3_8B, seqLen: 8192, totalTokens: 1e9, accelerators: 8 },
        { accelerator: H100, price: PRICE, mfu: 0.38 },
      ),
    )
    const { model } = result.flops
    expectNear(value(model) / (value(result.acceleratorSeconds).expected * 989e12), 0.38, 1e-9)
  })

  it('a rate of another run is refused where that run was not read: its FLOPs are not these', () => {
    const elsewhere = { config: 'other.yaml', ref: 'v1' }
    const unread = { ...base, hardware: { ...base.hardware, measuredOn: known(elsewhere) } }
    expect(lacks(estimate(unread).usd)).toEqual(['tokens_per_second'])
    const read = { ...base, hardware: { ...base.hardware, measuredOn: known({ ...elsewhere, run: known(base) }) } }
    expect(value(estimate(read).usd)).toEqual(value(estimate(base).usd))
  })

  it('a rate beyond the peak is refused, not believed', () => {
    const impossible = estimate(
      run(
        { ...LLAMA3_8B, seqLen: 8192, totalTokens: 1e9, accelerators: 8 },
        { accelerator: H100, price: PRICE, tokensPerSecond: 1e7 },
      ),
    )
    expect(lacks(impossible.usd)).toEqual(['tokens_per_second'])
  })

  it('both sides share size, recomputation and practice: twice the tokens cost exactly twice', () => {
    const one = run({ ...LLAMA3_8B, seqLen: 8192, totalTokens: 1e9, accelerators: 8 })
    const two = run({ ...LLAMA3_8B, seqLen: 8192, totalTokens: 2e9, accelerators: 8 })
    const calibration = calibrationOf(one)
    expectNear(
      value(estimate(two, calibration).usd).expected / value(estimate(one, calibration).usd).expected,
      2,
      1e-12,
    )
  })

  it('recomputation is never a saving in a comparison', () => {
    const none = run({ ...LLAMA3_8B, seqLen: 8192, totalTokens: 1e9, accelerators: 8, recompute: 'none' })
    const full = run({ ...LLAMA3_8B, seqLen: 8192, totalTokens: 1e9, accelerators: 8, recompute: 'full' })
    for (const calibration of [calibrationOf(none), calibrationOf(full)])
      expect(value(estimate(full, calibration).usd).expected).toBeGreaterThan(
        value(estimate(none, calibration).usd).expected,
      )
  })
})

describe('unknown hardware', () => {
  const plain: Plain = { ...LLAMA3_8B, seqLen: 8192, totalTokens: 1e9, accelerators: 8 }

  it('FLOPs need none of it, a price names what lacks', () => {
    const result = estimate(run(plain, {}))
    expectNear(value(result.flops.model), 5.147e19)
    expect(result.unknown.map(lack => lack.fact)).toEqual(['accelerator', 'price'])
    expect(lacks(result.energyKwh)).toContain('accelerator')
  })

  it('an accelerator without the precision is unknown, not another precision', () => {
    expect(lacks(estimate(run({ ...plain, precision: 'fp8' }, { accelerator: A100, price: PRICE })).usd)).toEqual([
      'precision',
    ])
  })

  it('an unset precision is the best 16-bit one of the accelerator, and says so', () => {
    const { facts, peakFlops } = estimate(run(plain, { accelerator: V100, price: P3 }))
    expect(facts.precision).toMatchObject({ known: true, value: 'fp16', origins: [{ kind: 'assumed' }] })
    expect(value(peakFlops)).toBe(125e12)
  })

  it('energy is unknown where the power is, and the price is not', () => {
    const result = estimate(run(plain, { accelerator: { ...H100, tdpWatts: null }, price: PRICE, pue: 1.1 }))
    expect(result.energyKwh.known).toBe(false)
    expect(result.usd.known).toBe(true)
    expect(result.unknown).toEqual([])
  })
})
