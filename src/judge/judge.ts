import type { Comparison } from '../compare/index.ts'
import { isAbsent } from '../facts/index.ts'
import type { Problem } from '../facts/index.ts'
import { matchesAny } from '../resolve/index.ts'
import type { Currency, Rule, RuleException } from '../resolve/index.ts'
import { judgeCoverage, judgeLock, judgeUnruled } from './builtin.ts'
import { memberOf } from './members.ts'
import type { Member } from './members.ts'
import { USD, measuresIn } from './metrics.ts'
import type { Measure } from './metrics.ts'
import { openingOf } from './override.ts'
import { judgeRule } from './rules.ts'
import type { Replacement } from './rules.ts'
import { totalsOf } from './totals.ts'
import type { Conclusion, JudgeInput, RuleOutcome, Verdict } from './types.ts'

/** An outcome, and whether it may close the gate: one of a policy that is not merged yet may not. */
interface Weighed {
  readonly outcome: RuleOutcome
  readonly enforced: boolean
}

const NO_BUDGET = { rules: [], exceptions: [], overrides: [], lock: [], currency: USD }

/**
 * The decision on one change. Every matching rule applies; an exception replaces `max` for its config; the override is judged
 * last. Pure: the same input gives the same verdict, and nothing that is published afterwards can alter it.
 */
export function judge(input: JudgeInput): Verdict {
  const { comparisons } = input
  const enforced = input.enforced || input.policy === null
  const budget = input.policy ?? NO_BUDGET
  const { current, problems: expired } = exceptionsOn(budget.exceptions, input.today, comparisons)
  const rules = [...budget.rules, ...input.inputRules]
  const isGated = rules.length > 0 || budget.lock.length > 0
  const judgeAll = (rule: Rule, exceptions: readonly RuleException[], currency: Currency): readonly RuleOutcome[] =>
    judgeOne(rule, rules, input, exceptions, currency)

  // A policy that only the head has neither fails nor loosens: its currency and exceptions do not reach the inputs' rules.
  const ofPolicy = [
    ...budget.rules.flatMap(rule => judgeAll(rule, current, budget.currency)),
    ...judgeLock(budget.lock, comparisons),
    ...(isGated ? judgeMoved(input, rules) : []),
  ]
  const ofInputs = input.inputRules.flatMap(rule => judgeAll(rule, [], enforced ? budget.currency : USD))
  const limitless = judgeLimitless(rules, comparisons, [...ofPolicy, ...ofInputs])
  const weighed: readonly Weighed[] = [
    ...ofPolicy.map(outcome => ({ outcome: enforced ? outcome : softened(outcome), enforced })),
    ...[...ofInputs, ...limitless].map(outcome => ({
      outcome,
      enforced: enforced || input.inputRules.includes(outcome.rule),
    })),
  ]

  const closing = weighed.filter(w => closes(w, input.failOn)).map(w => w.outcome)
  const opening = openingOf(
    closing,
    enforced ? budget.overrides : [],
    input.labels,
    comparisons,
    enforced ? budget.currency : USD,
  )
  const outcomes = weighed.map(w => w.outcome)
  const conclusion = conclude(input, outcomes, closing, opening.overriddenBy !== undefined)
  return {
    conclusion,
    outcomes,
    onlyUnknown: conclusion === 'fail' && closing.every(outcome => outcome.byUnknown),
    ...(opening.overriddenBy === undefined ? {} : { overriddenBy: opening.overriddenBy }),
    problems: [...input.problems, ...expired, ...opening.problems],
    totals: totalsOf(comparisons),
  }
}

/** error > fail > overridden > warn > pass > no-change. */
function conclude(
  input: JudgeInput,
  outcomes: readonly RuleOutcome[],
  closing: readonly RuleOutcome[],
  isOverridden: boolean,
): Conclusion {
  const isFaulty = input.problems.some(p => p.severity === 'error')
  if (isFaulty || input.comparisons.some(c => c.status === 'error')) return 'error'
  if (closing.length > 0) return isOverridden ? 'overridden' : 'fail'
  if (outcomes.some(({ result }) => result === 'warn' || result === 'fail')) return 'warn'
  return input.comparisons.some(c => c.status !== 'unchanged') ? 'pass' : 'no-change'
}

function closes({ outcome, enforced }: Weighed, failOn: JudgeInput['failOn']): boolean {
  if (!enforced || failOn === 'none') return false
  return outcome.result === 'fail' || (failOn === 'warn' && outcome.result === 'warn')
}

function softened(outcome: RuleOutcome): RuleOutcome {
  return outcome.result === 'fail' ? { ...outcome, result: 'warn' } : outcome
}

/** One rule over all configs that it matches, one by one or in sum. An unchanged config can break nothing by itself. */
function judgeOne(
  rule: Rule,
  all: readonly Rule[],
  { comparisons, unknownMode }: JudgeInput,
  exceptions: readonly RuleException[],
  currency: Currency,
): readonly RuleOutcome[] {
  const measure = measuresIn(currency)[rule.metric]
  const matched = comparisons.filter(c => matches(rule, c) && !isPart(c))
  const replacement = replacementOf(rule, all, comparisons, measure)
  if (rule.scope === 'total') {
    if (matched.every(c => c.status === 'unchanged')) return []
    const members = matched
      .map(c => memberOf(c, rule, measure))
      .filter(m => m.status !== 'unchanged' || (m.base?.known === true && m.head?.known === true))
    // A total sees its own removed configs anyway.
    const isNew = members.every(m => m.status === 'added')
    return judgeRule(rule, members, undefined, unknownMode, measure.unit, isNew ? replacement : undefined)
  }
  return matched
    .filter(c => c.status === 'changed' || c.status === 'added')
    .flatMap(c => {
      const limits = rule.metric === 'cost' ? exceptions.filter(e => isFor(e, c.path)).map(e => e.max) : []
      const exception = limits.length === 0 ? undefined : Math.min(...limits)
      const beside = c.status === 'added' ? replacement : undefined
      return judgeRule(rule, [memberOf(c, rule, measure)], exception, unknownMode, measure.unit, beside)
    })
}

/**
 * A part of a run on both sides, of which nobody says how long it trains: a model's shape, a launcher's section. It costs
 * nothing by itself, and what uses it is judged. One that could not be read, or that was priced once, is no such part.
 */
function isPart({ base, head }: Comparison): boolean {
  const sides = [base, head].filter(side => side !== null)
  return sides.length > 0 && sides.every(({ run, flops }) => run.fragment && isAbsent(flops.model))
}

function replacementOf(
  rule: Rule,
  all: readonly Rule[],
  comparisons: readonly Comparison[],
  measure: Measure,
): Replacement {
  const membersOf = (status: Comparison['status'], isMeant: (c: Comparison) => boolean): readonly Member[] =>
    comparisons.filter(c => c.status === status && isMeant(c)).map(c => memberOf(c, rule, measure))
  const isMatched = (c: Comparison): boolean => !isPart(c) && matches(rule, c)
  const added = membersOf('added', isMatched)
  const removed = membersOf('removed', isMatched)
  const isGated = (c: Comparison): boolean => !isPart(c) && all.some(r => matches(r, c))
  return { added, removed, elsewhere: removed.length > 0 ? [] : membersOf('removed', isGated) }
}

/** A percentage means nothing on a new config: where it is all that covers one, the verdict says that nothing does. */
function judgeLimitless(
  rules: readonly Rule[],
  comparisons: readonly Comparison[],
  outcomes: readonly RuleOutcome[],
): readonly RuleOutcome[] {
  const isLimited = (path: string): boolean => outcomes.some(o => o.configs.includes(path))
  const added = comparisons.filter(c => c.status === 'added' && !isPart(c) && !isLimited(c.path))
  return added.flatMap(c => {
    const rule = rules.find(r => matches(r, c))
    if (rule === undefined) return []
    return [
      {
        rule,
        limitKind: 'max_increase_percent',
        configs: [c.path],
        limit: rule.maxIncreasePercent ?? null,
        actual: null,
        result: 'warn',
        byUnknown: false,
        missing: [],
        why: 'no limit covers this new config: a percentage means nothing without a base; give the rule new_config or max',
      },
    ]
  })
}

/** A renamed config answers to the rules of both its paths: a rename is no way out of a rule. */
function matches(rule: Rule, { path, basePath }: Comparison): boolean {
  if (rule.match.length === 0) return true
  const paths = basePath === undefined ? [path] : [path, basePath]
  return paths.some(p => matchesAny(rule.match, p))
}

/** What left the globs, or the configs under rules, while something dearer came up elsewhere. */
function judgeMoved(
  { comparisons, uncovered, removedGated }: JudgeInput,
  rules: readonly Rule[],
): readonly RuleOutcome[] {
  const removed = removedOf(comparisons, rules)
  const parts = new Set(comparisons.filter(isPart).map(c => c.basePath ?? c.path))
  const left = removedGated.filter(path => !parts.has(path))
  return [
    ...judgeCoverage(uncovered, [...new Set([...left, ...removed])]),
    ...judgeUnruled(unruledOf(comparisons, rules), removed),
  ]
}

/** Configs beside all rules that cost more than before, as far as anybody knows. */
function unruledOf(comparisons: readonly Comparison[], rules: readonly Rule[]): readonly string[] {
  const { cost } = measuresIn(USD)
  const isDearer = ({ base, head, status }: Comparison): boolean => {
    if (head === null || status === 'unchanged') return false
    const [before, after] = [base === null ? undefined : cost.of(base), cost.of(head)]
    return before?.known !== true || !after.known || after.value.expected > before.value.expected
  }
  return comparisons.filter(c => !isPart(c) && !rules.some(rule => matches(rule, c)) && isDearer(c)).map(c => c.path)
}

/** Configs that were under a rule and are gone. */
function removedOf(comparisons: readonly Comparison[], rules: readonly Rule[]): readonly string[] {
  const isGone = (c: Comparison): boolean => c.status === 'removed' && !isPart(c)
  return comparisons.filter(c => isGone(c) && rules.some(rule => matches(rule, c))).map(c => c.path)
}

/** An exception names one path of the tree, not a glob: what it allows is never wider than it looks. */
function isFor({ config }: RuleException, path: string): boolean {
  return config.replace(/^\.\//, '') === path
}

/** Expired exceptions are ignored, with a warning where their config is being judged. The last day counts. */
function exceptionsOn(
  exceptions: readonly RuleException[],
  today: string,
  comparisons: readonly Comparison[],
): { readonly current: readonly RuleException[]; readonly problems: readonly Problem[] } {
  const isExpired = (e: RuleException): boolean => today.slice(0, 10) > e.expires
  const paths = comparisons.filter(c => c.status !== 'unchanged').map(c => c.path)
  return {
    current: exceptions.filter(e => !isExpired(e)),
    problems: exceptions
      .filter(e => isExpired(e) && paths.some(path => isFor(e, path)))
      .map(e => ({
        code: 'expired-exception',
        severity: 'warning',
        message: `the exception for ${e.config} expired on ${e.expires} and is ignored; renew it or take it out`,
        at: e.at,
      })),
  }
}
