import fc from 'fast-check'
import type { FactName, Range } from '../../src/facts/index.ts'
import { calibrationOf, estimate, type Estimate } from '../../src/estimate/index.ts'
import type { Run } from '../../src/resolve/index.ts'
import { A100, H100, PRICE, run, V100, value, type Plain } from './runs.ts'
import { dense, mixture, shape } from './shapes.ts'

const hardware = { accelerator: H100, price: PRICE }
const priced = (plain: Plain) => estimate(run(plain, hardware))

/** Both priced as the two sides of one comparison. */
function compared(base: Plain, head: Plain): readonly [number, number] {
  const [a, b]: readonly [Run, Run] = [run(base, hardware), run(head, hardware)]
  const calibration = calibrationOf(a)
  return [value(estimate(a, calibration).usd).expected, value(estimate(b, calibration).usd).expected]
}

function ranges(result: Estimate): readonly Range[] {
  return [
    value(result.matrixEfficiency),
    value(result.acceleratorSeconds),
    value(result.wallClockSeconds),
    value(result.usd),
  ]
}

describe('whatever the model', () => {
  it('nothing is negative, infinite or NaN, and low ≤ expected ≤ high', () => {
    fc.assert(
      fc.property(shape, fc.constantFrom(H100, A100, V100), (plain, accelerator) => {
        const result = estimate(run({ ...plain, precision: undefined }, { accelerator, price: PRICE }))
        for (const { low, expected, high } of ranges(result)) {
          expect(low).toBeGreaterThan(0)
          expect(expected).toBeGreaterThanOrEqual(low)
          expect(high).toBeGreaterThanOrEqual(expected)
          expect(Number.isFinite(high)).toBe(true)
        }
        for (const term of value(result.flops.terms)) {
          expect(term.forwardFlopsPerToken).toBeGreaterThan(0)
          expect(term.multiplier).toBeGreaterThanOrEqual(1)
        }
        expect(value(result.parameters.active)).toBeLessThanOrEqual(value(result.parameters.total))
      }),
    )
  })

  it('more tokens are never cheaper', () => {
    fc.assert(
      fc.property(shape, fc.integer({ min: 1, max: 1e9 }), (plain, more) => {
        const [base, head] = compared(plain, { ...plain, totalTokens: (plain.totalTokens ?? 0) + more })
        expect(head).toBeGreaterThan(base)
      }),
    )
  })

  it('a window is never dearer than full attention', () => {
    fc.assert(
      fc.property(shape, fc.integer({ min: 1, max: 200_000 }), (plain, window) => {
        const full = { ...plain, layerWindows: undefined }
        const [base, head] = compared(full, { ...full, layerWindows: { pattern: [window] } })
        expect(head).toBeLessThanOrEqual(base)
      }),
    )
  })

  it('k experts per token are never cheaper than k − 1', () => {
    fc.assert(
      fc.property(mixture, plain => {
        const [base, head] = compared({ ...plain, expertsPerToken: (plain.expertsPerToken ?? 2) - 1 }, plain)
        expect(head).toBeGreaterThanOrEqual(base)
      }),
    )
  })

  it('tied and untied embeddings have the same FLOPs', () => {
    fc.assert(
      fc.property(shape, plain => {
        const of = (tiedEmbeddings: boolean) => value(priced({ ...plain, tiedEmbeddings }).flops.perToken)
        expect(of(true)).toBe(of(false))
      }),
    )
  })

  it('accumulation changes nothing per token', () => {
    fc.assert(
      fc.property(shape, fc.integer({ min: 1, max: 64 }), (plain, gradAccum) => {
        const stepped = {
          ...plain,
          totalTokens: undefined,
          steps: 10,
          microBatch: 2,
          seqLen: 512,
          precision: 'bf16',
        } as const
        const [base, head] = compared({ ...stepped, gradAccum: 1 }, { ...stepped, gradAccum })
        expect(head / base / gradAccum).toBeCloseTo(1, 9)
      }),
    )
  })

  it('wider or deeper is never cheaper, in a comparison', () => {
    const grown = fc.constantFrom('hiddenSize', 'ffnSize', 'numLayers', 'vocabSize', 'headDim', 'seqLen')
    fc.assert(
      fc.property(shape, grown, fc.integer({ min: 2, max: 4 }), (plain, fact, times) => {
        // A window repeats over the layers by their order, so that depth is compared without one.
        const base = { ...plain, layerWindows: undefined, moeEvery: 1, firstDenseLayers: 0 }
        const [before, after] = compared(base, { ...base, [fact]: (base[fact] ?? 1) * times })
        expect(after).toBeGreaterThanOrEqual(before * (1 - 1e-12))
      }),
    )
  })

  it('a width that grows a little costs a little more, also alone: no table has a step', () => {
    fc.assert(
      fc.property(shape, plain => {
        const wide = { ...plain, ffnSize: (plain.ffnSize ?? 0) + 5000 }
        const of = (p: Plain) => value(priced(p).acceleratorSeconds).expected
        expect(of({ ...wide, ffnSize: wide.ffnSize + 1 }) / of(wide)).toBeLessThan(1.01)
      }),
    )
  })

  it('recomputation adds hardware FLOPs and no model FLOPs', () => {
    fc.assert(
      fc.property(shape, plain => {
        const of = (recompute: 'none' | 'selective' | 'full') => priced({ ...plain, recompute }).flops
        const [none, selective, full] = [of('none'), of('selective'), of('full')]
        expect(value(full.model)).toBe(value(none.model))
        expect(value(selective.hardware)).toBeGreaterThan(value(none.hardware))
        expect(value(full.hardware)).toBeGreaterThan(value(selective.hardware))
      }),
    )
  })

  it('LoRA is cheaper than full training while its rank is small', () => {
    fc.assert(
      fc.property(dense, plain => {
        const lora = { ...plain, method: 'sft', trainable: 'lora', loraRank: 1, loraTargets: ['q_proj'] } as const
        const of = (p: Plain) => value(priced(p).flops.perToken)
        expect(of(lora)).toBeLessThan(of({ ...plain, method: 'sft' }))
      }),
    )
  })

  it('unknown in, unknown out: a price without one of its facts does not exist', () => {
    const needed = fc.constantFrom<FactName>(
      'hiddenSize',
      'numLayers',
      'numHeads',
      'ffnSize',
      'gated',
      'vocabSize',
      'seqLen',
      'totalTokens',
      'accelerators',
    )
    fc.assert(
      fc.property(dense, needed, (plain, fact) => {
        const result = priced({ ...plain, [fact]: undefined })
        expect(result.usd.known).toBe(false)
        expect(result.unknown.length).toBeGreaterThan(0)
        for (const lack of result.unknown) expect(lack.remedy.length).toBeGreaterThan(0)
      }),
    )
  })

  it('the same run has the same numbers, whatever was estimated in between', () => {
    fc.assert(
      fc.property(shape, shape, (plain, other) => {
        const before = priced(plain)
        priced(other)
        expect(priced(plain)).toEqual(before)
      }),
    )
  })

  it('the largest facts that can be written end in finite numbers or unknown', () => {
    const result = priced({
      hiddenSize: 1e6,
      numLayers: 10_000,
      numHeads: 1e6,
      numKvHeads: 1,
      headDim: 1e6,
      ffnSize: 1e6,
      gated: true,
      vocabSize: 1e8,
      seqLen: 1e9,
      totalTokens: 1e18,
      accelerators: 1e7,
      layerWindows: { pattern: Array.from({ length: 1024 }, (_, i) => i + 1) },
    })
    for (const range of ranges(result)) expect(Number.isFinite(range.high)).toBe(true)
  })
})
