import { unknown } from '../../src/facts/index.ts'
import { judge } from '../../src/judge/index.ts'
import type { JudgeInput } from '../../src/judge/index.ts'
import type { Comparison } from '../../src/compare/index.ts'
import type { Rule } from '../../src/resolve/index.ts'
import { budgetOf, caseOf, change, estimateOf, exceptionOf, ruleOf } from './estimates.ts'

const outcomesOf = (comparisons: readonly Comparison[], rule: Partial<Rule>, over: Partial<JudgeInput> = {}) =>
  judge(caseOf({ comparisons, policy: budgetOf(ruleOf(rule)), ...over })).outcomes
const sentencesOf = (...args: Parameters<typeof outcomesOf>) => outcomesOf(...args).map(o => o.why)

describe('a limit says what was found, in its unit, with the digits that tell the two apart', () => {
  it.each([
    ['max', change('a.yaml', 1, 120_000.01), { max: 120_000 }, '120,000.01 USD, over 120,000 USD'],
    ['max that holds', change('a.yaml', 1, 90), { max: 100 }, '90 USD, within 100 USD'],
    ['a rise', change('a.yaml', 1000, 9000), { maxIncrease: 5000 }, 'a change of +8,000 USD, over +5,000 USD'],
    ['no rise', change('a.yaml', 1000, 1000), { maxIncrease: 5000 }, 'a change of +0 USD, within +5,000 USD'],
    ['a saving', change('a.yaml', 1000, 400), { maxIncrease: 5000 }, 'a change of -600 USD, within +5,000 USD'],
    ['percent', change('a.yaml', 200, 300), { maxIncreasePercent: 25 }, 'a change of +50 %, over +25 %'],
    ['no percent', change('a.yaml', 200, 200), { maxIncreasePercent: 25 }, 'a change of +0 %, within +25 %'],
    ['less', change('a.yaml', 200, 100), { maxIncreasePercent: 25 }, 'a change of -50 %, within +25 %'],
    [
      'from nothing',
      change('a.yaml', 0, 100),
      { maxIncreasePercent: 25 },
      'an increase from a base of nothing, over +25 %',
    ],
    [
      'new',
      change('a.yaml', 'none', 9000),
      { newConfig: { max: 500 } },
      'a new config of 9,000 USD, over 500 USD for new ones',
    ],
  ] as const)('%s', (_, comparison, rule, expected) => {
    expect(sentencesOf([comparison], rule)).toEqual([expected])
  })

  it('an exception by its name', () => {
    const policy = { ...budgetOf(ruleOf({ max: 100 })), exceptions: [exceptionOf({ max: 500 })] }
    expect(sentencesOf([change('a.yaml', 1, 900)], {}, { policy })).toEqual(['900 USD, over 500 USD of the exception'])
  })

  it.each([
    ['accelerator_hours', '50 accelerator-hours, over 1 accelerator-hours'],
    ['wall_clock_hours', '12.5 hours, over 1 hours'],
    ['model_flops', '100,000,000,000,000,000 FLOPs, over 1 FLOPs'],
    ['energy_kwh', '35 kWh, over 1 kWh'],
    ['co2_kg', '10 kg CO2, over 1 kg CO2'],
  ] as const)('%s', (metric, expected) => {
    // $100 is 50 accelerator-hours here, a quarter of it on the clock, 35 kWh, 10 kg and 1e17 FLOPs.
    expect(sentencesOf([change('a.yaml', 'none', 100)], { metric, max: 1 })).toEqual([expected])
  })

  it('a number from nothing as none, since no percentage is infinite', () => {
    expect(outcomesOf([change('a.yaml', 0, 100)], { maxIncreasePercent: 25 })).toMatchObject([
      { limit: 25, actual: null, result: 'fail' },
    ])
  })

  it('why a broken limit passes that is broken only together with others', () => {
    const both = { maxIncrease: 5000, maxIncreasePercent: 25, combine: 'all' } as const
    expect(sentencesOf([change('a.yaml', 1000, 1500)], both)).toEqual([
      'a change of +500 USD, within +5,000 USD',
      'a change of +50 %, over +25 %; this rule is broken only by all its limits together',
    ])
    // Both broken: nothing is excused, and nothing is said of it.
    expect(sentencesOf([change('a.yaml', 1000, 9000)], both)).toEqual([
      'a change of +8,000 USD, over +5,000 USD',
      'a change of +800 %, over +25 %',
    ])
  })
})

describe('an unknown says on which side it is, and what is wanting', () => {
  const of = (...facts: readonly string[]) => {
    const missing = facts.map(fact => ({ fact, why: `no ${fact}`, remedy: 'add it', absent: true }))
    return { ...estimateOf(null), usd: unknown(...missing) }
  }
  const dark = of('price', 'steps')

  it.each([
    [
      'at the head',
      change('a.yaml', 100, null, { head: dark }),
      'cost is known at the base and unknown at the head, for want of price, steps',
    ],
    [
      'new',
      change('a.yaml', 'none', null, { head: dark }),
      'cost of a new config is unknown, for want of price, steps',
    ],
    [
      'on both sides, each lack once',
      change('a.yaml', null, null, { base: of('steps', 'seq_len'), head: dark }),
      'cost is unknown on both sides, for want of price, steps, seq_len',
    ],
  ])('%s', (_, comparison, expected) => {
    expect(outcomesOf([comparison], { max: 1000 })).toMatchObject([
      { limitKind: 'unknown', limit: null, actual: null, why: expected },
    ])
  })

  it('at the base alone, and of several configs where each lacks it', () => {
    const atBase = change('a.yaml', null, 100, { base: dark })
    const onBoth = change('b.yaml', null, null, { base: dark, head: dark })
    const why = (...comparisons: Comparison[]) =>
      outcomesOf(comparisons, { scope: 'total', maxIncrease: 10 }).map(outcome => outcome.why)
    expect(why(atBase)).toEqual(['cost is unknown at the base alone, for want of price, steps'])
    expect(why(atBase, onBoth)).toEqual([
      'cost is unknown on both sides, or at the base alone, for want of price, steps',
    ])
  })

  it('names in a total only the configs that lack something', () => {
    const comparisons = [change('a.yaml', 100, 110), change('b.yaml', 100, null, { head: dark })]
    expect(outcomesOf(comparisons, { scope: 'total', max: 1000 })).toMatchObject([
      { limitKind: 'unknown', configs: ['b.yaml'], missing: [{ fact: 'price' }, { fact: 'steps' }] },
    ])
  })

  it('keeps two lacks of one fact apart that have different reasons', () => {
    const reasons = ['no price in eu', 'no price in us'].map(why => ({
      fact: 'price',
      why,
      remedy: 'add it',
      absent: true,
    }))
    const head = { ...estimateOf(null), usd: unknown(...reasons) }
    const [outcome] = outcomesOf([change('a.yaml', 100, null, { head })], { max: 1000 })
    expect(outcome?.missing).toEqual(reasons)
    expect(outcome?.why).toBe('cost is known at the base and unknown at the head, for want of price')
  })

  it('of an unreadable base or head says so, and what to do', () => {
    const rule = { max: 1e9, maxIncrease: 10 }
    const mended = outcomesOf([change('a.yaml', 'none', 100, { status: 'changed' })], rule)
    expect(mended[1]?.missing).toEqual([
      {
        fact: 'base',
        why: 'the config could not be read at the base, so there is nothing to compare with',
        remedy: 'give the rule a max: it needs no base',
        absent: false,
      },
    ])
    const broken = outcomesOf([change('a.yaml', 100, 'none', { status: 'changed' })], rule)
    expect(broken[0]?.missing).toEqual([
      {
        fact: 'head',
        why: 'the config could not be read at the head',
        remedy: 'correct the errors listed for it',
        absent: false,
      },
    ])
  })

  it('of a number beyond all numbers names the metric', () => {
    const huge = { low: 1, expected: 2, high: Infinity }
    expect(outcomesOf([change('a.yaml', 'none', huge)], { max: 1 })[0]?.missing).toEqual([
      {
        fact: 'cost',
        why: 'the estimate is out of the range of numbers',
        remedy: 'correct the sizes in the config',
        absent: false,
      },
    ])
  })

  it.each(['accelerator_hours', 'wall_clock_hours', 'model_flops', 'energy_kwh', 'co2_kg'] as const)(
    'of %s too',
    metric => {
      const huge = { low: 1, expected: 1e308, high: Infinity }
      const { usd: _, ...rest } = estimateOf(huge)
      const flops = { ...rest.flops, model: { known: true as const, value: Infinity, origins: [] } }
      const head = { ...estimateOf(1), ...rest, flops }
      expect(outcomesOf([change('a.yaml', 'none', 1, { head })], { metric, max: 1 })[0]?.missing).toMatchObject([
        { fact: metric },
      ])
    },
  )
})
