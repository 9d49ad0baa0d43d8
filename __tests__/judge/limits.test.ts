import fc from 'fast-check'
import { judgeMax, judgeMaxIncrease, judgeMaxIncreasePercent, judgeNewConfig } from '../../src/judge/limits.ts'
import type { Amounts, Finding } from '../../src/judge/limits.ts'

const from = (base: number, head: number, complete = true): Amounts => ({ base, head, complete })

const KINDS = [
  ['max', judgeMax],
  ['max_increase', judgeMaxIncrease],
  ['max_increase_percent', judgeMaxIncreasePercent],
  ['new_config.max', judgeNewConfig],
] as const

describe('max', () => {
  it.each([
    ['below the limit', 90, 99, 'within'],
    ['exactly at the limit', 90, 100, 'within'],
    ['a cent over the limit', 90, 100.01, 'breach'],
    ['a base above the limit, and no higher head', 130, 130, 'within'],
    ['a base above the limit, and a cheaper head that is still above', 130, 120, 'within'],
    ['a base above the limit, and a head higher still', 130, 130.01, 'breach'],
  ])('is a ratchet whose equality passes: %s', (_, base, head, expected) => {
    expect(judgeMax(100, from(base, head)).is).toBe(expected)
  })

  it('names the ceiling that held: the base where it was above the limit', () => {
    expect(judgeMax(100, from(130, 140))).toEqual({ is: 'breach', limit: 130, actual: 140 })
  })
})

describe('max_increase', () => {
  it.each([
    [1000, 6000, 'within'],
    [1000, 6000.01, 'breach'],
    [1000, 200, 'within'],
    [0, 80_000, 'breach'],
  ])('holds head − base to 5,000: %d to %d', (base, head, expected) => {
    expect(judgeMaxIncrease(5000, from(base, head)).is).toBe(expected)
  })
})

describe('max_increase_percent', () => {
  // 110 / 100 − 1 is 0.10000000000000009 in binary: equality must pass all the same.
  it.each([
    [10, 100, 110, 'within'],
    [10, 100, 110.0001, 'breach'],
    [20, 250, 300, 'within'],
    [25, 287_000, 385_300, 'breach'],
    [0, 100, 100, 'within'],
    [25, 0, 0, 'within'],
    [25, 0, 0.01, 'breach'],
  ])('+%d %% from %d to %d', (limit, base, head, expected) => {
    expect(judgeMaxIncreasePercent(limit, from(base, head)).is).toBe(expected)
  })

  it.each([
    ['+50 % of 200', 200, 300, { is: 'breach', limit: 25, actual: 50 }],
    ['−50 % of 200', 200, 100, { is: 'within', limit: 25, actual: -50 }],
    ['nothing of nothing is no change', 0, 0, { is: 'within', limit: 25, actual: 0 }],
    ['anything from nothing is beyond every percentage', 0, 0.01, { is: 'breach', limit: 25, actual: Infinity }],
  ])('tells the percentage: %s', (_, base, head, expected) => {
    expect(judgeMaxIncreasePercent(25, from(base, head))).toEqual(expected)
  })
})

describe('what is not known', () => {
  it.each(KINDS)('makes a limit unknown that the known part does not break: %s', (_, judgeLimit) => {
    expect(judgeLimit(1000, from(10, 15, false)).is).toBe('unknown')
  })

  it.each(KINDS)('does not hide a limit that the known part breaks: %s', (_, judgeLimit) => {
    expect(judgeLimit(1000, from(10, 15_000, false)).is).toBe('breach')
  })

  it.each(KINDS)('never lets a number through that is none: %s', (_, judgeLimit) => {
    expect(judgeLimit(1000, from(10, NaN)).is).toBe('breach')
    expect(judgeLimit(NaN, from(10, 11)).is).toBe('breach')
  })
})

describe('any limit', () => {
  const cost = fc.double({ min: 0, max: 1e12, noNaN: true })
  const limit = fc.double({ min: 0, max: 1e12, noNaN: true })
  const amounts = fc.record({ base: cost, head: cost, complete: fc.boolean() })
  const isBreach = (finding: Finding): boolean => finding.is === 'breach'

  it.each(KINDS)('is never mended by a dearer head: %s', (_, judgeLimit) => {
    fc.assert(
      fc.property(limit, amounts, cost, (max, given, more) => {
        fc.pre(isBreach(judgeLimit(max, given)))
        expect(isBreach(judgeLimit(max, { ...given, head: given.head + more }))).toBe(true)
      }),
    )
  })

  it.each(KINDS)('lets no more pass when it is stricter: %s', (_, judgeLimit) => {
    fc.assert(
      fc.property(limit, amounts, fc.double({ min: 0, max: 1, noNaN: true }), (max, given, share) => {
        fc.pre(isBreach(judgeLimit(max, given)))
        expect(isBreach(judgeLimit(max * share, given))).toBe(true)
      }),
    )
  })
})
