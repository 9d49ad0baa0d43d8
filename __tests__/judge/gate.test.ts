import { known } from '../../src/facts/index.ts'
import type { RunFacts } from '../../src/facts/index.ts'
import { judge } from '../../src/judge/index.ts'
import type { JudgeInput } from '../../src/judge/index.ts'
import { budgetOf, caseOf, change, estimateOf, exceptionOf, ruleOf } from './estimates.ts'

const verdictOf = (over: Partial<JudgeInput>) => judge(caseOf(over))
const conclusionOf = (over: Partial<JudgeInput>) => verdictOf(over).conclusion
const rowsOf = (over: Partial<JudgeInput>) =>
  verdictOf(over).outcomes.map(o => `${o.limitKind}: ${o.result} ${o.actual ?? '–'} of ${o.limit ?? '–'}`)

const OURS = { match: [], metric: 'cost', combine: 'any', basis: 'expected', action: 'fail' }
const NO_NUMBERS = { limit: null, actual: null, result: 'fail', byUnknown: false, missing: [] }

describe('a lock', () => {
  const policy = { ...budgetOf(), lock: ['datasetTokens' as const] }
  const from = (line: number): RunFacts => ({
    datasetTokens: known(line * 1e6, { kind: 'policy', path: 'p.yml', line }),
  })
  const pair = (base: RunFacts, head: RunFacts) =>
    change('a.yaml', 100, 10, { base: estimateOf(100, 'a.yaml', base), head: estimateOf(10, 'a.yaml', head) })

  it('is a rule of its own in the report, and says which line altered what', () => {
    expect(verdictOf({ comparisons: [pair(from(8), from(9))], policy }).outcomes).toEqual([
      {
        rule: { ...OURS, name: 'lock', scope: 'each', origin: { kind: 'policy', source: 'lock in the policy' } },
        limitKind: 'lock',
        configs: ['a.yaml'],
        ...NO_NUMBERS,
        why: 'dataset_tokens is locked by the policy and this change alters it (p.yml:9); take it out of lock on the base branch first',
      },
    ])
  })

  it('names no line where there is none, and the first that there is', () => {
    const whyOf = (head: RunFacts) => verdictOf({ comparisons: [pair(from(8), head)], policy }).outcomes[0]?.why
    expect(whyOf({})).toBe(
      'dataset_tokens is locked by the policy and this change alters it; take it out of lock on the base branch first',
    )
    const lineless = { kind: 'config' as const, path: 'c.yaml' }
    const placed = { kind: 'policy' as const, path: 'p.yml', line: 3 }
    expect(whyOf({ datasetTokens: known(5, lineless, placed) })).toContain('(p.yml:3)')
  })

  it('says nothing of a config that is new, or gone', () => {
    const head = estimateOf(10, 'a.yaml', from(9))
    expect(conclusionOf({ comparisons: [change('a.yaml', 'none', 10, { head })], policy })).toBe('pass')
    expect(conclusionOf({ comparisons: [change('a.yaml', 10, 'none', { base: head })], policy })).toBe('pass')
  })
})

describe('what left the globs', () => {
  const rule = {
    ...OURS,
    name: 'coverage',
    scope: 'total',
    origin: { kind: 'policy', source: 'the globs under configs' },
  }
  const gone = [change('a.yaml', 1, 'none'), change('b.yaml', 1, 'none')]

  it('is counted in words, and is a rule of its own in the report', () => {
    const uncovered = ['x.yaml', 'y.yaml']
    const lost = { comparisons: gone, uncovered, policy: budgetOf(ruleOf({ max: 1e9 })), removedGated: ['a.yaml'] }
    expect(verdictOf(lost).outcomes.filter(o => o.limitKind === 'coverage')).toEqual([
      {
        rule,
        limitKind: 'coverage',
        configs: ['x.yaml', 'y.yaml', 'a.yaml', 'b.yaml'],
        ...NO_NUMBERS,
        why: "2 configs left the policy's globs while 2 training configs outside them changed; add the new path to configs, or split the pull request",
      },
    ])
  })

  it('closes no gate where nobody set one up, and every one that somebody did', () => {
    const lost = { comparisons: gone, uncovered: ['x.yaml'] }
    expect(conclusionOf({ ...lost, policy: budgetOf() })).toBe('pass')
    expect(conclusionOf({ ...lost, policy: null })).toBe('pass')
    expect(conclusionOf({ ...lost, policy: { ...budgetOf(), lock: ['steps'] }, removedGated: ['a.yaml'] })).toBe('fail')
    const inputRules = [ruleOf({ maxIncreasePercent: 20 })]
    expect(conclusionOf({ ...lost, policy: null, enforced: false, inputRules })).toBe('fail')
  })

  it('is only what a rule matched', () => {
    const policy = budgetOf(ruleOf({ match: ['other/*'], max: 1 }), ruleOf({ match: ['none/*'], max: 1 }))
    expect(conclusionOf({ comparisons: gone, uncovered: ['x.yaml'], policy })).toBe('pass')
    const one = budgetOf(ruleOf({ match: ['other/*'], max: 1 }), ruleOf({ match: ['a.yaml'], max: 1 }))
    expect(conclusionOf({ comparisons: gone, uncovered: ['x.yaml'], policy: one })).toBe('fail')
    const kept = [change('a.yaml', 1, 1)]
    expect(conclusionOf({ comparisons: kept, uncovered: ['x.yaml'], policy: one })).toBe('pass')
  })
})

describe('an unmerged policy', () => {
  it('shows what it would say, and closes nothing, even where warnings fail', () => {
    const policy = budgetOf(ruleOf({ max: 1000, maxIncreasePercent: 20 }))
    const unmerged = { policy, enforced: false, failOn: 'warn' } as const
    expect(rowsOf({ ...unmerged, comparisons: [change('a.yaml', 100, 110)] })).toEqual([
      'max: pass 110 of 1000',
      'max_increase_percent: pass 10 of 20',
    ])
    const percent = budgetOf(ruleOf({ maxIncreasePercent: 20 }))
    expect(conclusionOf({ ...unmerged, policy: percent, comparisons: [change('a.yaml', 'none', 110)] })).toBe('warn')
  })
})

describe('fail-on: warn', () => {
  it('passes where every limit holds', () => {
    const policy = budgetOf(ruleOf({ max: 1000 }))
    const verdict = verdictOf({ comparisons: [change('a.yaml', 100, 110)], policy, failOn: 'warn' })
    expect(verdict.conclusion).toBe('pass')
    expect(Object.keys(verdict)).not.toContain('overriddenBy')
  })
})

describe('a total', () => {
  const same = (path: string, usd: number | null) => change(path, usd, usd, { status: 'unchanged' })
  const percent = budgetOf(ruleOf({ scope: 'total', match: ['a*', 'b*'], maxIncreasePercent: 5 }))

  it('says nothing where none of its configs changed', () => {
    const comparisons = [same('a.yaml', 100), same('b.yaml', 100), change('c.yaml', 1, 100)]
    expect(rowsOf({ comparisons, policy: percent })).toEqual([])
  })

  it('counts its unchanged configs, save those that nobody knows', () => {
    // 500 on 10,000.
    const comparisons = [same('a.yaml', 9000), change('b.yaml', 1000, 1500)]
    expect(rowsOf({ comparisons, policy: percent })).toEqual(['max_increase_percent: pass 5 of 5'])
    const dark = [same('a.yaml', null), change('b.yaml', 1000, 1500)]
    expect(rowsOf({ comparisons: dark, policy: percent })).toEqual(['max_increase_percent: fail 50 of 5'])
    const half = [change('a.yaml', 100, null, { status: 'unchanged' }), change('b.yaml', 1000, 1500)]
    expect(rowsOf({ comparisons: half, policy: percent })).toEqual(['max_increase_percent: fail 50 of 5'])
  })

  it('does not add up one side of a config whose other side is unknown', () => {
    const policy = budgetOf(ruleOf({ scope: 'total', maxIncrease: 5000 }))
    const comparisons = [change('a.yaml', 1000, null), change('b.yaml', 1000, 7000)]
    expect(rowsOf({ comparisons, policy })).toEqual(['max_increase: fail 6000 of 5000', 'unknown: fail – of –'])
  })

  it('takes what other rules lost for the base of new configs alone', () => {
    const policy = budgetOf(
      ruleOf({ name: 'old', match: ['old/*'], max: 1e9 }),
      ruleOf({ scope: 'total', match: ['b/*'], maxIncreasePercent: 50 }),
    )
    const comparisons = [
      change('old/x.yaml', 100_000, 'none'),
      change('b/x.yaml', 'none', 100_000),
      change('b/y.yaml', 1000, 1000),
    ]
    // 100,000 more on 1,000, though 100,000 went elsewhere.
    expect(rowsOf({ comparisons, policy })).toEqual(['max_increase_percent: fail 10000 of 50'])
  })

  it('of a new config that cannot be read lacks its head, and not a base that never was', () => {
    const policy = budgetOf(ruleOf({ scope: 'total', max: 100 }))
    const broken = change('a.yaml', 'none', 'none', { status: 'error' })
    const [outcome] = verdictOf({ comparisons: [broken], policy }).outcomes
    expect(outcome?.result).toBe('fail')
    expect(outcome?.missing.map(({ fact }) => fact)).toEqual(['head'])
  })
})

describe('an exception', () => {
  const comparisons = [change('a.yaml', 1, 150)]
  const withExceptions = (...exceptions: readonly Parameters<typeof exceptionOf>[0][]) => ({
    ...budgetOf(ruleOf({ max: 100 })),
    exceptions: exceptions.map(exceptionOf),
  })

  it('is about the cost alone', () => {
    const policy = { ...budgetOf(ruleOf({ metric: 'energy_kwh', max: 10 })), exceptions: [exceptionOf({ max: 1e9 })] }
    expect(rowsOf({ comparisons: [change('a.yaml', 1, 100)], policy })).toEqual(['max: fail 35 of 10'])
  })

  it('of one file that is named in two ways is the stricter one', () => {
    const policy = withExceptions({ config: './a.yaml', max: 500 }, { config: 'a.yaml', max: 120 })
    expect(rowsOf({ comparisons, policy })).toEqual(['exception: fail 150 of 120'])
  })

  it('may begin with ./, which nothing else in a path stands for', () => {
    expect(rowsOf({ comparisons, policy: withExceptions({ config: './a.yaml', max: 500 }) })).toEqual([
      'exception: pass 150 of 500',
    ])
    const odd = [change('dir./a.yaml', 1, 150)]
    expect(rowsOf({ comparisons: odd, policy: withExceptions({ config: 'dir./a.yaml', max: 500 }) })).toEqual([
      'exception: pass 150 of 500',
    ])
  })

  it('holds to the end of its last day', () => {
    const policy = withExceptions({ max: 500 })
    expect(conclusionOf({ comparisons, policy, today: '2027-03-31T23:59:59Z' })).toBe('pass')
    expect(conclusionOf({ comparisons, policy, today: '2027-04-01T00:00:00Z' })).toBe('fail')
  })

  it('that has expired is said where its config is judged, and nowhere else', () => {
    const today = '2027-04-01'
    const policy = withExceptions({ max: 500 }, { config: 'b.yaml' }, { config: 'c.yaml', expires: '2028-01-01' })
    const others = [change('b.yaml', 1, 1, { status: 'unchanged' }), change('c.yaml', 1, 2), change('d.yaml', 1, 2)]
    expect(verdictOf({ comparisons: [...comparisons, ...others], policy, today }).problems).toEqual([
      {
        code: 'expired-exception',
        severity: 'warning',
        message: 'the exception for a.yaml expired on 2027-03-31 and is ignored; renew it or take it out',
        at: exceptionOf().at,
      },
    ])
    expect(verdictOf({ comparisons: others, policy, today }).problems).toEqual([])
  })
})

describe('a config that stayed where it was', () => {
  it('is not measured against what went beside it', () => {
    const policy = budgetOf(ruleOf({ maxIncreasePercent: 25, maxIncrease: 1e9 }))
    const comparisons = [change('a.yaml', 1000, 1300), change('b.yaml', 1e6, 'none'), change('c.yaml', 'none', 1000)]
    expect(rowsOf({ comparisons, policy }).slice(0, 2)).toEqual([
      'max_increase: pass 300 of 1000000000',
      'max_increase_percent: fail 30 of 25',
    ])
  })
})

describe('a new config', () => {
  it('that no rule matches is judged by none', () => {
    const policy = budgetOf(ruleOf({ match: ['b.yaml'], maxIncreasePercent: 25 }))
    expect(verdictOf({ comparisons: [change('a.yaml', 'none', 1e6)], policy }).outcomes).toEqual([])
  })

  it('that no limit covers is said with its rule', () => {
    const rule = ruleOf({ maxIncreasePercent: 25 })
    expect(verdictOf({ comparisons: [change('a.yaml', 'none', 1e6)], policy: budgetOf(rule) }).outcomes).toEqual([
      {
        rule,
        limitKind: 'max_increase_percent',
        configs: ['a.yaml'],
        limit: 25,
        actual: null,
        result: 'warn',
        byUnknown: false,
        missing: [],
        why: 'no limit covers this new config: a percentage means nothing without a base; give the rule new_config or max',
      },
    ])
  })
})

describe('totals', () => {
  it('of what changed do not ask for the price of what did not', () => {
    const comparisons = [change('a.yaml', 100, 150), change('b.yaml', null, null, { status: 'unchanged' })]
    expect(verdictOf({ comparisons }).totals).toMatchObject({ base: null, head: null, delta: 50, unknown: 0 })
  })
})
