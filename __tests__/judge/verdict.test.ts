import fc from 'fast-check'
import { known } from '../../src/facts/index.ts'
import { judge } from '../../src/judge/index.ts'
import type { Conclusion, JudgeInput } from '../../src/judge/index.ts'
import { budgetOf, caseOf, change, estimateOf, exceptionOf, ruleOf } from './estimates.ts'

const conclusionOf = (over: Partial<JudgeInput>): Conclusion => judge(caseOf(over)).conclusion
const kindsOf = (over: Partial<JudgeInput>): string[] =>
  judge(caseOf(over)).outcomes.map(o => `${o.limitKind}: ${o.result}`)

describe('the conclusion', () => {
  it('is no-change where no config changed', () => {
    expect(conclusionOf({})).toBe('no-change')
    const same = change('a.yaml', 500_000, 500_000, { status: 'unchanged' })
    expect(conclusionOf({ comparisons: [same], policy: budgetOf(ruleOf({ max: 1 })) })).toBe('no-change')
  })

  it('is pass where every limit holds, and where no rule says anything', () => {
    const comparisons = [change('a.yaml', 100, 101)]
    expect(conclusionOf({ comparisons, policy: budgetOf(ruleOf({ max: 101 })) })).toBe('pass')
    expect(conclusionOf({ comparisons, policy: null })).toBe('pass')
  })

  it('is fail where a limit is broken, on the unrounded number', () => {
    const policy = budgetOf(ruleOf({ maxIncrease: 1 }))
    expect(conclusionOf({ comparisons: [change('a.yaml', 100, 101)], policy })).toBe('pass')
    expect(conclusionOf({ comparisons: [change('a.yaml', 100, 101.000001)], policy })).toBe('fail')
  })

  it('is warn where only a warning rule is broken', () => {
    const policy = budgetOf(ruleOf({ max: 50, action: 'warn' }))
    expect(conclusionOf({ comparisons: [change('a.yaml', 100, 101)], policy })).toBe('warn')
  })

  it('is error where a head could not be read, whatever the rules say', () => {
    const broken = change('a.yaml', 100, 'none', { status: 'error' })
    expect(conclusionOf({ comparisons: [broken] })).toBe('error')
    expect(conclusionOf({ comparisons: [broken], failOn: 'none' })).toBe('error')
  })

  it('is error where a fault kept us from judging, and says so before it says fail', () => {
    const comparisons = [change('a.yaml', 100, 200)]
    const policy = budgetOf(ruleOf({ max: 150 }))
    const fault = { code: 'list-incomplete', severity: 'error', message: 'the file list is incomplete' } as const
    expect(conclusionOf({ comparisons, policy, problems: [fault] })).toBe('error')
    expect(conclusionOf({ comparisons, policy, problems: [{ ...fault, severity: 'warning' }] })).toBe('fail')
  })

  it('follows fail-on: warn closes on warnings too, none never closes', () => {
    const comparisons = [change('a.yaml', 100, 200)]
    const warning = budgetOf(ruleOf({ max: 150, action: 'warn' }))
    expect(conclusionOf({ comparisons, policy: warning, failOn: 'warn' })).toBe('fail')
    expect(conclusionOf({ comparisons, policy: budgetOf(ruleOf({ max: 150 })), failOn: 'none' })).toBe('warn')
  })
})

describe('which configs a rule judges', () => {
  it('is said by its globs; without one it judges every config', () => {
    const comparisons = [change('configs/sft/a.yaml', 100, 900)]
    expect(conclusionOf({ comparisons, policy: budgetOf(ruleOf({ match: ['configs/pretrain/*'], max: 500 })) })).toBe(
      'pass',
    )
    expect(conclusionOf({ comparisons, policy: budgetOf(ruleOf({ match: ['configs/sft/*'], max: 500 })) })).toBe('fail')
    expect(conclusionOf({ comparisons, policy: budgetOf(ruleOf({ max: 500 })) })).toBe('fail')
  })

  it('follows a renamed config: moving it out of the glob does not lose the rule', () => {
    const policy = budgetOf(ruleOf({ match: ['configs/pretrain/*'], maxIncrease: 5000 }))
    const moved = change('configs/sft/a.yaml', 1000, 81_000, { basePath: 'configs/pretrain/a.yaml' })
    expect(conclusionOf({ comparisons: [moved], policy })).toBe('fail')
  })

  it('judges every matching rule: the laxer one excuses nothing', () => {
    const policy = budgetOf(ruleOf({ name: 'lax', max: 1e9 }), ruleOf({ name: 'strict', max: 150 }))
    const verdict = judge(caseOf({ comparisons: [change('a.yaml', 100, 200)], policy }))
    expect(verdict.outcomes.map(o => [o.rule.name, o.result])).toEqual([
      ['lax', 'pass'],
      ['strict', 'fail'],
    ])
  })

  it('never says that a removed config costs too much', () => {
    const policy = budgetOf(ruleOf({ max: 1, maxIncrease: 1, maxIncreasePercent: 1 }))
    expect(conclusionOf({ comparisons: [change('a.yaml', 500_000, 'none')], policy })).toBe('pass')
  })
})

describe('combine', () => {
  const both = { maxIncrease: 5000, maxIncreasePercent: 25 }

  it.each([
    ['+50 % but only +$500', 1000, 1500, 'fail', 'pass'],
    ['+$6,000 but only +6 %', 100_000, 106_000, 'fail', 'pass'],
    ['+50 % and +$50,000', 100_000, 150_000, 'fail', 'fail'],
    ['+1 %', 100_000, 101_000, 'pass', 'pass'],
  ])('any wants one limit broken, all wants both: %s', (_, base, head, any, all) => {
    const comparisons = [change('a.yaml', base, head)]
    expect(conclusionOf({ comparisons, policy: budgetOf(ruleOf({ ...both, combine: 'any' })) })).toBe(any)
    expect(conclusionOf({ comparisons, policy: budgetOf(ruleOf({ ...both, combine: 'all' })) })).toBe(all)
  })

  it('all does not let the limit for new configs be excused by another', () => {
    const rule = ruleOf({ max: 120_000, maxIncrease: 5000, combine: 'all', newConfig: { max: 10_000 } })
    expect(conclusionOf({ comparisons: [change('a.yaml', 'none', 80_000)], policy: budgetOf(rule) })).toBe('fail')
  })
})

describe('an added config', () => {
  const added = [change('new.yaml', 'none', 80_000)]

  it('is held by new_config, and by max', () => {
    expect(kindsOf({ comparisons: added, policy: budgetOf(ruleOf({ newConfig: { max: 10_000 } })) })).toEqual([
      'new_config.max: fail',
    ])
    expect(
      kindsOf({ comparisons: added, policy: budgetOf(ruleOf({ newConfig: { max: 80_000 }, max: 50_000 })) }),
    ).toEqual(['max: fail', 'new_config.max: pass'])
  })

  it('counts in full as an increase where the rule has no new_config', () => {
    expect(kindsOf({ comparisons: added, policy: budgetOf(ruleOf({ maxIncrease: 5000 })) })).toEqual([
      'max_increase: fail',
    ])
    const own = ruleOf({ maxIncrease: 5000, newConfig: { max: 90_000 } })
    expect(kindsOf({ comparisons: added, policy: budgetOf(own) })).toEqual(['new_config.max: pass'])
  })

  it('is said to be covered by no limit where a percentage is all there is', () => {
    expect(kindsOf({ comparisons: added, policy: budgetOf(ruleOf({ maxIncreasePercent: 20 })) })).toEqual([
      'max_increase_percent: warn',
    ])
  })

  it('is not said so where another rule has a limit for it', () => {
    const policy = budgetOf(ruleOf({ maxIncreasePercent: 20 }), ruleOf({ name: 'new', newConfig: { max: 90_000 } }))
    expect(kindsOf({ comparisons: added, policy })).toEqual(['new_config.max: pass'])
  })
})

describe('scope: total', () => {
  const total = ruleOf({ scope: 'total', maxIncrease: 5000 })

  it('adds up: two increases of 3,000 break a limit of 5,000 that each alone would hold', () => {
    const comparisons = [change('a.yaml', 1000, 4000), change('b.yaml', 1000, 4000)]
    expect(conclusionOf({ comparisons, policy: budgetOf(total) })).toBe('fail')
    expect(conclusionOf({ comparisons, policy: budgetOf({ ...total, scope: 'each' }) })).toBe('pass')
  })

  it('counts what was saved and removed elsewhere', () => {
    const comparisons = [change('a.yaml', 1000, 9000), change('b.yaml', 4000, 'none')]
    const { outcomes } = judge(caseOf({ comparisons, policy: budgetOf(total) }))
    // 9,000 − (1,000 + 4,000)
    expect(outcomes).toMatchObject([{ result: 'pass', actual: 4000, configs: ['a.yaml', 'b.yaml'] }])
  })

  it('takes its percentage of the summed base', () => {
    const comparisons = [change('a.yaml', 1000, 1500), change('b.yaml', 9000, 9000)]
    const policy = budgetOf(ruleOf({ scope: 'total', maxIncreasePercent: 5 }))
    expect(judge(caseOf({ comparisons, policy })).outcomes).toMatchObject([{ result: 'pass', actual: 5 }])
  })

  it('holds the sum of new configs, so that splitting one in two gains nothing', () => {
    const policy = budgetOf(ruleOf({ scope: 'total', newConfig: { max: 10_000 } }))
    const comparisons = [change('a.yaml', 'none', 6000), change('b.yaml', 'none', 6000)]
    expect(kindsOf({ comparisons, policy })).toEqual(['new_config.max: fail'])
  })

  it('is unknown where a changed member is, yet what is known breaks a limit by itself', () => {
    const dark = change('b.yaml', null, null)
    expect(kindsOf({ comparisons: [change('a.yaml', 1000, 2000), dark], policy: budgetOf(total) })).toEqual([
      'unknown: warn',
    ])
    expect(kindsOf({ comparisons: [change('a.yaml', 1000, 81_000), dark], policy: budgetOf(total) })).toEqual([
      'max_increase: fail',
    ])
  })
})

describe('an unknown', () => {
  const policy = budgetOf(ruleOf({ max: 1e6 }))

  it.each([
    ['known at the base, unknown at the head', change('a.yaml', 100, null), 'fail'],
    ['unknown on an added config', change('a.yaml', 'none', null), 'fail'],
    ['unknown on both sides', change('a.yaml', null, null), 'warn'],
  ] as const)('closes the gate when it is a way out: %s', (_, comparison, expected) => {
    const verdict = judge(caseOf({ comparisons: [comparison], policy }))
    expect(verdict.conclusion).toBe(expected)
    expect(verdict.onlyUnknown).toBe(expected === 'fail')
    expect(verdict.outcomes).toMatchObject([{ limitKind: 'unknown', byUnknown: true, missing: [{ fact: 'price' }] }])
  })

  it('fails a percentage rule on an added config too: it is matched, and nothing is known', () => {
    const percent = budgetOf(ruleOf({ maxIncreasePercent: 20 }))
    expect(conclusionOf({ comparisons: [change('a.yaml', 'none', null)], policy: percent })).toBe('fail')
  })

  it('does nothing to a config that no rule matches', () => {
    const other = budgetOf(ruleOf({ match: ['b.yaml'], max: 1 }))
    expect(conclusionOf({ comparisons: [change('a.yaml', 100, null)], policy: other })).toBe('pass')
  })

  it.each([
    ['fail', 'fail', 'fail'],
    ['warn', 'warn', 'warn'],
    ['ignore', 'pass', 'pass'],
  ] as const)('follows the mode %s', (unknownMode, dark, both) => {
    expect(conclusionOf({ comparisons: [change('a.yaml', 100, null)], policy, unknownMode })).toBe(dark)
    expect(conclusionOf({ comparisons: [change('a.yaml', null, null)], policy, unknownMode })).toBe(both)
  })

  it('is never worth more than its rule: a warning rule warns', () => {
    const warning = budgetOf(ruleOf({ max: 1, action: 'warn' }))
    expect(conclusionOf({ comparisons: [change('a.yaml', 100, null)], policy: warning })).toBe('warn')
  })

  it('at the base alone leaves the absolute limits, and warns of the others', () => {
    const rules = budgetOf(ruleOf({ max: 500, maxIncrease: 10 }))
    expect(kindsOf({ comparisons: [change('a.yaml', null, 400)], policy: rules })).toEqual([
      'max: pass',
      'unknown: warn',
    ])
    expect(kindsOf({ comparisons: [change('a.yaml', null, 501)], policy: rules })).toEqual([
      'max: fail',
      'unknown: warn',
    ])
  })

  it('is what an unreadable base is: the config is not new', () => {
    const rules = budgetOf(ruleOf({ max: 90_000, maxIncrease: 10, newConfig: { max: 10 } }))
    const mended = change('a.yaml', 'none', 80_000, { status: 'changed' })
    expect(kindsOf({ comparisons: [mended], policy: rules })).toEqual(['max: pass', 'unknown: warn'])
  })

  it('is what a number beyond all numbers is', () => {
    const huge = { low: 1, expected: Infinity, high: Infinity }
    expect(conclusionOf({ comparisons: [change('a.yaml', 100, huge)], policy, unknownMode: 'auto' })).toBe('fail')
  })

  it('does not make a failure look like one of unknowns only', () => {
    const comparisons = [change('a.yaml', 100, null), change('b.yaml', 100, 2e6)]
    expect(judge(caseOf({ comparisons, policy }))).toMatchObject({ conclusion: 'fail', onlyUnknown: false })
  })
})

describe('basis, metric and currency', () => {
  const comparisons = [change('a.yaml', 'none', { low: 80, expected: 100, high: 150 })]

  it.each([
    ['low', 80],
    ['expected', 100],
    ['high', 150],
  ] as const)('judges the %s end of the band', (basis, actual) => {
    expect(judge(caseOf({ comparisons, policy: budgetOf(ruleOf({ basis, max: 1 })) })).outcomes).toMatchObject([
      { actual },
    ])
  })

  it.each([
    ['accelerator_hours', 50],
    ['wall_clock_hours', 12.5],
    ['energy_kwh', 35],
    ['co2_kg', 10],
    ['model_flops', 1e17],
    ['cost', 100],
  ] as const)('limits %s in its published unit', (metric, actual) => {
    // $100 is 1,800 s of accelerator for each dollar: 180,000 s, 50 h; a quarter of it on the clock.
    const { outcomes } = judge(caseOf({ comparisons, policy: budgetOf(ruleOf({ metric, max: actual })) }))
    expect(outcomes[0]!.actual).toBeCloseTo(actual, 9)
    expect(outcomes[0]!.result).toBe('pass')
  })

  it("reads limits in the policy's currency", () => {
    const euro = { code: 'EUR', perUsd: 0.92, date: '2026-11-01' }
    const budget = { ...budgetOf(ruleOf({ max: 95 })), currency: euro }
    const { outcomes, totals } = judge(caseOf({ comparisons, policy: budget }))
    // $100 is 92 euros; the totals stay in dollars.
    expect(outcomes).toMatchObject([{ result: 'pass', actual: 92 }])
    expect(totals.head).toEqual({ low: 80, expected: 100, high: 150 })
  })
})

describe('an exception', () => {
  const comparisons = [change('a.yaml', 100_000, 150_000)]
  const rules = budgetOf(ruleOf({ max: 120_000 }))

  it('replaces max for its config, through its last day', () => {
    const policy = { ...rules, exceptions: [exceptionOf()] }
    expect(kindsOf({ comparisons, policy, today: '2027-03-31' })).toEqual(['exception: pass'])
    expect(kindsOf({ comparisons: [change('a.yaml', 100_000, 160_001)], policy })).toEqual(['exception: fail'])
    expect(kindsOf({ comparisons: [change('b.yaml', 100_000, 150_000)], policy })).toEqual(['max: fail'])
  })

  it('is ignored with a warning, at its line, once it has expired', () => {
    const policy = { ...rules, exceptions: [exceptionOf()] }
    const verdict = judge(caseOf({ comparisons, policy, today: '2027-04-01' }))
    expect(verdict.conclusion).toBe('fail')
    expect(verdict.problems).toMatchObject([{ code: 'expired-exception', severity: 'warning', at: { line: 30 } }])
  })

  it('leaves the limits on the increase alone, and the rules of the workflow', () => {
    const policy = { ...budgetOf(ruleOf({ max: 120_000, maxIncrease: 5000 })), exceptions: [exceptionOf()] }
    expect(kindsOf({ comparisons, policy })).toEqual(['exception: pass', 'max_increase: fail'])
    const inputRules = [ruleOf({ name: 'max-cost', max: 120_000 })]
    expect(kindsOf({ comparisons, policy: { ...rules, exceptions: [exceptionOf()] }, inputRules })).toEqual([
      'exception: pass',
      'max: fail',
    ])
  })
})

describe('a policy that only the head has', () => {
  const comparisons = [change('a.yaml', 100, 80_000)]

  it('reports and warns, and never fails', () => {
    const policy = { ...budgetOf(ruleOf({ max: 500 })), lock: ['datasetTokens' as const] }
    const unmerged = { comparisons, policy, enforced: false }
    expect(kindsOf(unmerged)).toEqual(['max: warn'])
    expect(conclusionOf(unmerged)).toBe('warn')
    expect(conclusionOf({ ...unmerged, failOn: 'warn' })).toBe('warn')
  })

  it('loosens no rule of the workflow: neither by exceptions nor by a currency of its own', () => {
    const worthless = { code: 'XXX', perUsd: 1e-9, date: '2026-11-01' }
    const policy = { ...budgetOf(), exceptions: [exceptionOf({ max: 1e9 })], currency: worthless }
    const inputRules = [ruleOf({ name: 'max-increase', maxIncrease: 5000 })]
    expect(conclusionOf({ comparisons, policy, inputRules, enforced: false })).toBe('fail')
  })
})

describe('inputs alone', () => {
  it('gate without any policy file', () => {
    const inputRules = [ruleOf({ name: 'max-increase-percent', maxIncreasePercent: 20 })]
    const comparisons = [change('a.yaml', 100, 121)]
    expect(conclusionOf({ comparisons, policy: null, enforced: false, inputRules })).toBe('fail')
  })
})

describe('lock', () => {
  const tokens = (value: number, line: number) => ({
    datasetTokens: known(value, { kind: 'policy', path: '.github/traincost.yml', line }),
  })
  const policy = { ...budgetOf(ruleOf({ max: 1e9 })), lock: ['datasetTokens' as const] }
  const pair = (base: object, head: object) =>
    change('a.yaml', 100, 10, { base: estimateOf(100, 'a.yaml', base), head: estimateOf(10, 'a.yaml', head) })

  it('fails a head that changes the fact, even to save money, and points at the line', () => {
    const verdict = judge(caseOf({ comparisons: [pair(tokens(120e6, 9), tokens(12e6, 9))], policy }))
    expect(verdict).toMatchObject({ conclusion: 'fail', onlyUnknown: false })
    const lock = verdict.outcomes.find(o => o.limitKind === 'lock')
    expect(lock).toMatchObject({ result: 'fail', configs: ['a.yaml'] })
    expect(lock!.why).toContain('dataset_tokens')
    expect(lock!.why).toContain('.github/traincost.yml:9')
  })

  it('fails a head that takes the fact away or brings it in', () => {
    expect(conclusionOf({ comparisons: [pair(tokens(120e6, 9), {})], policy })).toBe('fail')
    expect(conclusionOf({ comparisons: [pair({}, tokens(120e6, 9))], policy })).toBe('fail')
  })

  it('does not mind the same value from another line', () => {
    expect(conclusionOf({ comparisons: [pair(tokens(120e6, 9), tokens(120e6, 14))], policy })).toBe('pass')
  })
})

describe('coverage', () => {
  const policy = budgetOf(ruleOf({ max: 1e9 }))

  it('fails when a gated config goes and a training config outside the globs comes', () => {
    const verdict = judge(
      caseOf({ comparisons: [change('a.yaml', 80_000, 'none')], policy, uncovered: ['elsewhere/a.yaml'] }),
    )
    expect(verdict.conclusion).toBe('fail')
    expect(verdict.outcomes).toMatchObject([{ limitKind: 'coverage', configs: ['elsewhere/a.yaml', 'a.yaml'] }])
    expect(conclusionOf({ policy, uncovered: ['b.yaml'], removedGated: ['a.yaml'] })).toBe('fail')
  })

  it('does not fail one without the other', () => {
    expect(conclusionOf({ policy, uncovered: ['elsewhere/a.yaml'] })).toBe('no-change')
    expect(conclusionOf({ comparisons: [change('a.yaml', 80_000, 'none')], policy })).toBe('pass')
  })
})

describe('a config that leaves the paths of the rules', () => {
  const policy = budgetOf(ruleOf({ match: ['pretrain/*'], maxIncreasePercent: 25 }))
  const gone = change('pretrain/a.yaml', 20_000, 'none')
  const failing = (...others: Parameters<typeof change>[]) =>
    judge(caseOf({ comparisons: [gone, ...others.map(other => change(...other))], policy })).outcomes

  it.each([
    ['comes back under a path that no rule matches', 'none', 100_000],
    ['takes the place of a small one there', 10, 100_000],
    ['takes its place, and nobody knows the cost', 10, null],
  ] as const)('fails when one that %s', (_, base, head) => {
    expect(failing(['misc/a.yaml', base, head])).toMatchObject([
      { limitKind: 'coverage', result: 'fail', byUnknown: false, configs: ['misc/a.yaml', 'pretrain/a.yaml'] },
    ])
    expect(failing(['misc/a.yaml', base, head])[0]?.why).toBe(
      '1 config that a rule matches left while 1 config that no rule matches became dearer; add the path to a rule, or split the pull request',
    )
  })

  it('fails nothing where what no rule matches costs no more than before, or where nothing left', () => {
    expect(failing(['misc/a.yaml', 100, 100], ['misc/b.yaml', 100, 'none'])).toEqual([])
    expect(failing(['misc/a.yaml', null, null, { status: 'unchanged' }])).toEqual([])
    const alone = { comparisons: [change('misc/a.yaml', 'none', 100_000)], policy }
    expect(conclusionOf(alone)).toBe('pass')
    const others = [change('misc/b.yaml', 50, 'none'), change('misc/a.yaml', 'none', 100_000)]
    expect(conclusionOf({ comparisons: others, policy })).toBe('pass')
  })
})

describe('totals', () => {
  it('add up both sides in dollars, counting added and removed configs', () => {
    const comparisons = [change('a.yaml', 100, 150), change('b.yaml', 'none', 30), change('c.yaml', 20, 'none')]
    const { totals } = judge(caseOf({ comparisons }))
    expect(totals).toMatchObject({ base: { expected: 120 }, head: { expected: 180 }, delta: 60, unknown: 0 })
  })

  it('are unknown, not zero, where a member is', () => {
    const { totals } = judge(caseOf({ comparisons: [change('a.yaml', 100, 150), change('b.yaml', 70, null)] }))
    expect(totals).toMatchObject({ base: { expected: 170 }, head: null, delta: null, unknown: 1 })
  })
})

describe('whatever the rule', () => {
  const cost = fc.oneof(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.constant(null), fc.constant('none' as const))
  const configs = fc
    .array(fc.tuple(cost, cost), { minLength: 1, maxLength: 4 })
    .map(pairs => pairs.filter(([base, head]) => base !== 'none' || head !== 'none'))
  const limit = fc.option(fc.double({ min: 0, max: 1e9, noNaN: true }), { nil: undefined })
  const rule = fc
    .record({
      max: limit,
      maxIncrease: limit,
      maxIncreasePercent: limit,
      newMax: limit,
      scope: fc.constantFrom('each' as const, 'total' as const),
      combine: fc.constantFrom('any' as const, 'all' as const),
      basis: fc.constantFrom('low' as const, 'expected' as const, 'high' as const),
    })
    .map(({ max, maxIncrease, maxIncreasePercent, newMax, ...rest }) =>
      ruleOf({
        ...rest,
        ...(max === undefined ? {} : { max }),
        ...(maxIncrease === undefined ? {} : { maxIncrease }),
        ...(maxIncreasePercent === undefined ? {} : { maxIncreasePercent }),
        ...(newMax === undefined ? {} : { newConfig: { max: newMax } }),
      }),
    )
  type Pair = readonly [number | null | 'none', number | null | 'none']
  const compared = (pairs: readonly Pair[]) => pairs.map(([base, head], i) => change(`${i}.yaml`, base, head))

  it('a dearer head never turns a failure into a pass', () => {
    fc.assert(
      fc.property(rule, configs, fc.nat(), fc.double({ min: 0, max: 1e9, noNaN: true }), (budget, pairs, at, more) => {
        const policy = budgetOf(budget)
        fc.pre(pairs.length > 0 && conclusionOf({ comparisons: compared(pairs), policy }) === 'fail')
        const dearer = pairs.map(([base, head], i): Pair => [
          base,
          i === at % pairs.length && typeof head === 'number' ? head + more : head,
        ])
        expect(conclusionOf({ comparisons: compared(dearer), policy })).toBe('fail')
      }),
      { numRuns: 300 },
    )
  })

  it('no number that comes out is none', () => {
    fc.assert(
      fc.property(rule, configs, (budget, pairs) => {
        const { outcomes, totals } = judge(caseOf({ comparisons: compared(pairs), policy: budgetOf(budget) }))
        for (const { limit: l, actual, why } of outcomes) {
          expect([l, actual].every(n => n === null || Number.isFinite(n))).toBe(true)
          expect(why).not.toMatch(/NaN|undefined|Infinity/)
        }
        expect(JSON.stringify(totals)).not.toMatch(/NaN/)
      }),
      { numRuns: 300 },
    )
  })

  it('going dark never turns a failure into a pass', () => {
    fc.assert(
      fc.property(rule, configs, fc.nat(), (budget, pairs, at) => {
        const policy = budgetOf(budget)
        fc.pre(pairs.length > 0 && conclusionOf({ comparisons: compared(pairs), policy }) === 'fail')
        const darker = pairs.map(([base, head], i): Pair => [
          base,
          i === at % pairs.length && head !== 'none' ? null : head,
        ])
        fc.pre(darker.every(([base, head]) => base !== null || head !== null))
        expect(conclusionOf({ comparisons: compared(darker), policy })).toBe('fail')
      }),
      { numRuns: 300 },
    )
  })
})
