import fc from 'fast-check'
import { compareRuns } from '../../src/compare/index.ts'
import { estimate, type Estimate } from '../../src/estimate/index.ts'
import { H100, PRICE, run, value, type Plain } from './runs.ts'
import { shape } from './shapes.ts'

const VERDICTS = ['fits', 'tight', 'out-of-memory'] as const

/** Instances of eight: a part of one is paid in full. */
const instances = fc.integer({ min: 1, max: 600 })

describe('whatever the model, its memory', () => {
  const training = fc.record({
    trainable: fc.constantFrom<Plain>(
      { trainable: 'full' },
      { trainable: 'lora', method: 'sft', loraRank: 16, loraTargets: ['all-linear'] },
      { trainable: 'qlora', method: 'sft', loraRank: 16, loraTargets: ['all-linear'] },
    ),
    optimizer: fc.constantFrom('adamw', 'adamw_8bit', 'sgd', 'adafactor', 'muon'),
    microBatch: fc.integer({ min: 1, max: 16 }),
    ranks: fc.integer({ min: 1, max: 512 }),
    tp: fc.constantFrom(1, 2, 8),
    offload: fc.boolean(),
  })

  it('is never more with a higher stage of ZeRO, in no part and at no end of its band', () => {
    fc.assert(
      fc.property(shape, training, fc.integer({ min: 0, max: 2 }), (plain, { trainable, ranks, ...rest }, stage) => {
        const of = (zeroStage: number) =>
          value(
            estimate(
              run(
                { ...plain, ...trainable, ...rest, accelerators: ranks * rest.tp, zeroStage },
                { accelerator: H100, price: PRICE },
              ),
            ).memory,
          )
        const [less, more] = [of(stage), of(stage + 1)]
        for (const end of ['low', 'expected', 'high'] as const)
          expect(more.bytesPerAccelerator[end]).toBeLessThanOrEqual(less.bytesPerAccelerator[end])
        expect(VERDICTS.indexOf(more.verdict)).toBeLessThanOrEqual(VERDICTS.indexOf(less.verdict))
        const bytesOf = (parts: typeof more.parts, name: string) => parts.find(part => part.name === name)?.bytes ?? 0
        for (const { name, bytes } of more.parts) expect(bytes).toBeLessThanOrEqual(bytesOf(less.parts, name))
      }),
    )
  })
})

describe('whatever the model, more accelerators', () => {
  const bill = (result: Estimate) => [value(result.usd).expected, value(result.wallClockSeconds).expected] as const

  // A utilization above a quarter can mean more than the whole peak in matrix products, which is refused.
  it('cost the same dollars at the same utilization, and take less time', () => {
    fc.assert(
      fc.property(
        shape,
        instances,
        instances,
        fc.double({ min: 0.05, max: 0.25, noNaN: true }),
        (plain, few, more, mfu) => {
          const of = (accelerators: number) =>
            bill(estimate(run({ ...plain, accelerators, precision: 'bf16' }, { accelerator: H100, price: PRICE, mfu })))
          const [usd, seconds] = of(8 * few)
          const [usdOfMore, secondsOfMore] = of(8 * (few + more))
          expect(usdOfMore / usd).toBeCloseTo(1, 9)
          expect(secondsOfMore).toBeLessThan(seconds)
        },
      ),
    )
  })

  it('never cost fewer dollars by our own tables, and never take more time', () => {
    fc.assert(
      fc.property(shape, instances, instances, (plain, few, more) => {
        const of = (accelerators: number) =>
          bill(estimate(run({ ...plain, accelerators }, { accelerator: H100, price: PRICE })))
        const [usd, seconds] = of(8 * few)
        const [usdOfMore, secondsOfMore] = of(8 * (few + more))
        expect(usdOfMore).toBeGreaterThanOrEqual(usd * (1 - 1e-12))
        expect(secondsOfMore).toBeLessThan(seconds)
      }),
    )
  })

  it('that leave a part of an instance idle pay for it: 9 of two instances of 8 cost 16/9 of what 8 cost', () => {
    const of = (accelerators: number) =>
      bill(
        estimate(
          run(
            {
              hiddenSize: 1024,
              numLayers: 4,
              numHeads: 8,
              ffnSize: 4096,
              gated: true,
              vocabSize: 32_000,
              seqLen: 1024,
              totalTokens: 1e9,
              accelerators,
            },
            { accelerator: H100, price: PRICE, mfu: 0.4 },
          ),
        ),
      )
    expect(of(9)[0] / of(8)[0]).toBeCloseTo(16 / 9, 9)
  })
})

describe('a difference', () => {
  it('is head − base, of dollars, accelerator-hours and FLOPs, whatever the two sides are', () => {
    fc.assert(
      fc.property(shape, shape, fc.integer({ min: 1, max: 9 }), (base, head, runs) => {
        const hardware = { accelerator: H100, price: PRICE }
        const {
          base: a,
          head: b,
          delta,
        } = compareRuns({
          base: run(base, hardware),
          head: run(head, hardware, runs),
          attribute: false,
          alternatives: [],
        })
        if (a === null || b === null) throw new Error('a side is lost')
        expect(value(delta.usd)).toBe(value(b.usd).expected - value(a.usd).expected)
        expect(value(delta.acceleratorSeconds)).toBe(
          value(b.acceleratorSeconds).expected - value(a.acceleratorSeconds).expected,
        )
        expect(value(delta.modelFlops)).toBe(value(b.flops.model) - value(a.flops.model))
      }),
    )
  })

  it('counts from nothing where a config is added, and to nothing where it is removed', () => {
    fc.assert(
      fc.property(shape, plain => {
        const one = run(plain, { accelerator: H100, price: PRICE })
        const of = (base: typeof one | null, head: typeof one | null) =>
          compareRuns({ base, head, attribute: false, alternatives: [] })
        const [added, removed] = [of(null, one), of(one, null)]
        const usd = value(estimate(one).usd).expected
        expect(value(added.delta.usd)).toBe(usd)
        expect(value(removed.delta.usd)).toBe(-usd)
      }),
    )
  })
})
