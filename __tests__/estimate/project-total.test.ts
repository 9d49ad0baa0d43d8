import { estimate, projectTotal } from '../../src/estimate/index.ts'
import { H100, lacks, LLAMA3_8B, PRICE, run, value, type Plain } from './runs.ts'

const one = (plain: Plain, runs = 1) =>
  estimate(
    run(
      { ...LLAMA3_8B, seqLen: 4096, totalTokens: 1e9, accelerators: 8, ...plain },
      { accelerator: H100, price: PRICE },
      runs,
    ),
  )

describe('the total of a project', () => {
  it('adds up dollars, accelerator-hours, tokens and FLOPs, each config with its runs', () => {
    const [single, double] = [one({}), one({}, 2)]
    const total = projectTotal([single, double])
    expect(value(total.tokens)).toBe(3e9)
    expect(value(total.modelFlops)).toBeCloseTo(3 * value(single.flops.model), -15)
    for (const end of ['low', 'expected', 'high'] as const) {
      expect(value(total.usd)[end]).toBeCloseTo(3 * value(single.usd)[end], 6)
      expect(value(total.acceleratorSeconds)[end]).toBeCloseTo(3 * value(single.acceleratorSeconds)[end], 3)
    }
  })

  it('is unknown as soon as one config is, and names what lacks there', () => {
    const total = projectTotal([one({}), one({ totalTokens: undefined })])
    expect(lacks(total.usd)).toContain('steps')
    expect(lacks(total.tokens)).toContain('steps')
  })
})
