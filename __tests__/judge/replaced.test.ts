import { known } from '../../src/facts/index.ts'
import { judge } from '../../src/judge/index.ts'
import type { JudgeInput } from '../../src/judge/index.ts'
import type { Comparison } from '../../src/compare/index.ts'
import type { Rule } from '../../src/resolve/index.ts'
import { budgetOf, caseOf, change, labelOf, overrideOf, ruleOf } from './estimates.ts'

const verdictOf = (
  comparisons: readonly Comparison[],
  rules: Partial<Rule> | readonly Rule[],
  over: Partial<JudgeInput> = {},
) => {
  const policy = budgetOf(...(Array.isArray(rules) ? (rules as readonly Rule[]) : [ruleOf(rules as Partial<Rule>)]))
  return judge(caseOf({ comparisons, policy, ...over }))
}
const rowsOf = (...args: Parameters<typeof verdictOf>) =>
  verdictOf(...args).outcomes.map(o => `${o.limitKind}: ${o.result} ${o.actual ?? '–'} of ${o.limit ?? '–'}`)

const went = (usd: number | null, path = 'configs/old.yaml') => change(path, usd, 'none')
const came = (usd: number | null, path = 'configs/new.yaml') => change(path, 'none', usd)

describe('a config that is deleted while another is added', () => {
  it('is judged as one change in percent, though git sees no rename', () => {
    // 1000 → 1250 is +25 %, 1000 → 1300 is +30 %.
    expect(rowsOf([went(1000), came(1250)], { maxIncreasePercent: 25 })).toEqual([
      'max_increase_percent: pass 25 of 25',
    ])
    expect(rowsOf([went(1000), came(1300)], { maxIncreasePercent: 25 })).toEqual([
      'max_increase_percent: fail 30 of 25',
    ])
    expect(verdictOf([went(1000), came(1300)], { maxIncreasePercent: 25 }).conclusion).toBe('fail')
  })

  it('is judged by the sums of what came and what went: splitting it in two hides nothing', () => {
    // 600 + 700 = 1300 against 1000: each of the two says +30 %.
    const two = [went(1000), came(600, 'a.yaml'), came(700, 'b.yaml')]
    expect(rowsOf(two, { maxIncreasePercent: 25 })).toEqual([
      'max_increase_percent: fail 30 of 25',
      'max_increase_percent: fail 30 of 25',
    ])
    // 400 + 600 = 1000 went, 1250 came.
    const merged = [went(400, 'a.yaml'), went(600, 'b.yaml'), came(1250)]
    expect(rowsOf(merged, { maxIncreasePercent: 25 })).toEqual(['max_increase_percent: pass 25 of 25'])
  })

  it('brings in dollars what it costs less what went', () => {
    // 80,000 − 76,000 = 4,000 and 82,000 − 76,000 = 6,000.
    expect(rowsOf([went(76_000), came(80_000)], { maxIncrease: 5000 })).toEqual(['max_increase: pass 4000 of 5000'])
    expect(rowsOf([went(76_000), came(82_000)], { maxIncrease: 5000 })).toEqual(['max_increase: fail 6000 of 5000'])
  })

  it('cannot use one deletion twice', () => {
    // 80,000 + 80,000 − 80,000 = 80,000 more, not twice nothing; never more than a config costs by itself.
    const twice = [went(80_000), came(80_000, 'a.yaml'), came(80_000, 'b.yaml')]
    expect(rowsOf(twice, { maxIncrease: 5000 })).toEqual([
      'max_increase: fail 80000 of 5000',
      'max_increase: fail 80000 of 5000',
    ])
  })

  it('is no reason to fail what would have passed without the deletion', () => {
    const small = [went(10), came(3000, 'a.yaml'), came(3000, 'b.yaml')]
    expect(rowsOf(small, { maxIncrease: 5000 })).toEqual([
      'max_increase: pass 3000 of 5000',
      'max_increase: pass 3000 of 5000',
    ])
  })

  it('is still held by max and by new_config, which stands in for the limits on increases', () => {
    const both = [went(1000), came(9000)]
    expect(rowsOf(both, { maxIncreasePercent: 25, newConfig: { max: 10_000 } })).toEqual([
      'new_config.max: pass 9000 of 10000',
    ])
    expect(rowsOf(both, { maxIncreasePercent: 1000, max: 8000 })).toEqual([
      'max: fail 9000 of 8000',
      'max_increase_percent: pass 800 of 1000',
    ])
  })

  it('needs every limit broken where the rule says so', () => {
    // +30 % and +300.
    const both = { maxIncreasePercent: 25, maxIncrease: 5000, combine: 'all' } as const
    expect(verdictOf([went(1000), came(1300)], both).conclusion).toBe('pass')
    // 100,000 → 130,000: +30 % and +30,000.
    expect(verdictOf([went(100_000), came(130_000)], both).conclusion).toBe('fail')
  })

  it('is measured in percent against what other rules lost, and in dollars never', () => {
    const rules = [
      ruleOf({ name: 'old', match: ['a/*'], maxIncreasePercent: 25 }),
      ruleOf({ name: 'new', match: ['b/*'], maxIncreasePercent: 25, maxIncrease: 5000 }),
    ]
    const moved = [went(100_000, 'a/x.yaml'), came(130_000, 'b/x.yaml')]
    expect(rowsOf(moved, rules)).toEqual(['max_increase: fail 130000 of 5000', 'max_increase_percent: fail 30 of 25'])
    expect(rowsOf(moved, [rules[0]!, ruleOf({ match: ['b/*'], scope: 'total', maxIncreasePercent: 25 })])).toEqual([
      'max_increase_percent: fail 30 of 25',
    ])
  })

  it('says in words what it was measured against', () => {
    const two = [went(400, 'a.yaml'), went(600, 'b.yaml'), came(1300)]
    expect(verdictOf(two, { maxIncreasePercent: 25 }).outcomes[0]?.why).toBe(
      'a change of +30 %, over +25 %, beside the removal of a.yaml and 1 other config',
    )
    expect(verdictOf([went(1000), came(9000)], { maxIncrease: 5000 }).outcomes[0]?.why).toBe(
      'a change of +8,000 USD, over +5,000 USD, beside the removal of configs/old.yaml',
    )
  })

  it('can be accepted by a label up to what the added config costs', () => {
    const over = { ...caseOf(), labels: known([labelOf()]) }
    const policy = { ...budgetOf(ruleOf({ maxIncreasePercent: 25 })), overrides: [overrideOf({ upTo: 1300 })] }
    expect(judge({ ...over, comparisons: [went(1000), came(1300)], policy }).conclusion).toBe('overridden')
    expect(judge({ ...over, comparisons: [went(1000), came(1301)], policy }).conclusion).toBe('fail')
  })
})

describe('what cannot be priced', () => {
  it('saves nothing when it goes', () => {
    expect(rowsOf([went(null), came(8000)], { maxIncrease: 5000 })).toEqual(['max_increase: fail 8000 of 5000'])
    // 1000 is known to be gone; 1300 came.
    expect(rowsOf([went(null, 'a.yaml'), went(1000), came(1300)], { maxIncreasePercent: 25 })).toEqual([
      'max_increase_percent: fail 30 of 25',
    ])
  })

  it('gives no percentage where nothing else went: that warns, as an unknown base does', () => {
    const verdict = verdictOf([went(null), came(8000)], { maxIncreasePercent: 25 })
    expect(verdict.outcomes.map(o => [o.limitKind, o.result, o.byUnknown])).toEqual([['unknown', 'warn', true]])
    expect(verdict.outcomes[0]?.missing.map(m => m.fact)).toEqual(['price'])
    expect(verdict.outcomes[0]?.configs).toEqual(['configs/new.yaml', 'configs/old.yaml'])
  })

  it('closes the gate when it comes, whatever went', () => {
    const verdict = verdictOf([went(1_000_000), came(null)], { maxIncreasePercent: 25 })
    expect([verdict.conclusion, verdict.onlyUnknown]).toEqual(['fail', true])
  })
})

describe('a purely new config', () => {
  it('under percentages alone warns that no limit covers it', () => {
    const verdict = verdictOf([came(80_000)], { maxIncreasePercent: 25 })
    expect([verdict.conclusion, verdict.outcomes[0]?.why]).toEqual([
      'warn',
      'no limit covers this new config: a percentage means nothing without a base; give the rule new_config or max',
    ])
  })

  it('is not measured against a config that is only changed, or that no rule gates', () => {
    const rule = { match: ['configs/*'], maxIncreasePercent: 25 }
    expect(verdictOf([came(80_000), change('configs/b.yaml', 100, 100.5)], rule).conclusion).toBe('warn')
    expect(verdictOf([came(80_000), went(10, 'scratch/x.yaml')], rule).conclusion).toBe('warn')
  })
})
