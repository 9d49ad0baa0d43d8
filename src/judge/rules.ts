import type { Rule, UnknownMode } from '../resolve/index.ts'
import { judgeMax, judgeMaxIncrease, judgeMaxIncreasePercent, judgeNewConfig } from './limits.ts'
import type { Finding } from './limits.ts'
import { differences, levels, missingOf, wentDark } from './members.ts'
import type { Member } from './members.ts'
import type { RuleOutcome } from './types.ts'
import { apart } from './words.ts'

type LimitKind = Exclude<RuleOutcome['limitKind'], 'unknown' | 'lock' | 'coverage'>

interface Judged {
  readonly kind: LimitKind
  readonly finding: Finding
}

/**
 * What one rule says of its members: one config under `scope: each`, all that it matches under `scope: total`.
 *
 * @param exception the limit that replaces `max` here
 * @param unit of the rule's metric
 */
export function judgeRule(
  rule: Rule,
  members: readonly Member[],
  exception: number | undefined,
  mode: UnknownMode,
  unit: string,
): readonly RuleOutcome[] {
  const judged = limitsOf(rule, members, exception)
  // `combine: all` joins the limits of a change; what a new config may cost stands alone.
  const joined = rule.combine === 'all' ? judged.filter(({ kind }) => kind !== 'new_config.max') : []
  const spared = joined.some(({ finding }) => finding.is === 'within')
  const open = joined.some(({ finding }) => finding.is !== 'breach')
  const outcomes = judged.flatMap(({ kind, finding }): RuleOutcome[] => {
    if (finding.is === 'unknown') return []
    const breach = finding.is === 'breach'
    const isJoined = kind !== 'new_config.max'
    const result = !breach || (spared && isJoined) ? 'pass' : open && isJoined ? 'unknown' : rule.action
    const allowed = breach && result === 'pass'
    return [
      {
        rule,
        limitKind: kind,
        configs: members.map(m => m.path),
        limit: finding.limit,
        actual: Number.isFinite(finding.actual) ? finding.actual : null,
        result,
        byUnknown: false,
        missing: [],
        why: sentence(kind, finding, unit) + (allowed ? '; this rule is broken only by all its limits together' : ''),
      },
    ]
  })
  const dark = members.some(wentDark)
  const unsure = judged.some(({ finding }) => finding.is === 'unknown') && !spared
  return dark || unsure ? [...outcomes, judgeUnknown(rule, members, mode)] : outcomes
}

/** The limits that say anything about these members. A percentage means nothing where nothing has a base. */
function limitsOf(rule: Rule, members: readonly Member[], exception: number | undefined): readonly Judged[] {
  const judged: Judged[] = []
  const added = members.filter(m => m.status === 'added')
  const max = rule.max === undefined ? undefined : (exception ?? rule.max)
  if (max !== undefined)
    judged.push({ kind: exception === undefined ? 'max' : 'exception', finding: judgeMax(max, levels(members)) })
  const newMax = rule.newConfig?.max
  if (newMax !== undefined && added.length > 0)
    judged.push({ kind: 'new_config.max', finding: judgeNewConfig(newMax, levels(added)) })
  // Where added configs have a limit of their own, increases are those of the others; else they count in full.
  const growing = newMax === undefined ? members : members.filter(m => m.status !== 'added')
  const amounts = differences(growing)
  if (rule.maxIncrease !== undefined && growing.length > 0)
    judged.push({ kind: 'max_increase', finding: judgeMaxIncrease(rule.maxIncrease, amounts) })
  if (rule.maxIncreasePercent !== undefined && growing.some(m => m.status !== 'added'))
    judged.push({ kind: 'max_increase_percent', finding: judgeMaxIncreasePercent(rule.maxIncreasePercent, amounts) })
  return judged
}

/**
 * Going dark is no way out. `auto`: a config known at the base and unknown at the head, or new and unknown, fails;
 * unknown on both sides, or only at the base, warns. `fail`, `warn` and `ignore` say so of every unknown.
 */
function judgeUnknown(rule: Rule, members: readonly Member[], mode: UnknownMode): RuleOutcome {
  const dark = members.filter(wentDark)
  const missing = missingOf(members)
  const wanted = mode === 'auto' ? (dark.length > 0 ? 'fail' : 'warn') : mode
  const result = wanted === 'ignore' ? 'unknown' : wanted === 'fail' ? rule.action : 'warn'
  const lacks = [...new Set(missing.map(m => m.fact))].join(', ')
  const why =
    dark.length === 0
      ? `${rule.metric} is unknown on both sides, or at the base alone, for want of ${lacks}`
      : dark.every(m => m.base === null)
        ? `${rule.metric} of a new config is unknown, for want of ${lacks}`
        : `${rule.metric} is known at the base and unknown at the head, for want of ${lacks}`
  return {
    rule,
    limitKind: 'unknown',
    configs: members.filter(m => missingOf([m]).length > 0).map(m => m.path),
    limit: null,
    actual: null,
    result,
    byUnknown: true,
    missing,
    why,
  }
}

function sentence(kind: LimitKind, finding: Exclude<Finding, { is: 'unknown' }>, unit: string): string {
  const over = finding.is === 'breach' ? 'over' : 'within'
  if (kind === 'max_increase_percent') {
    if (!Number.isFinite(finding.actual)) return `an increase from a base of nothing, over +${finding.limit} %`
    const [actual, limit] = apart(finding.actual, finding.limit)
    return `a change of ${finding.actual < 0 ? '' : '+'}${actual} %, ${over} +${limit} %`
  }
  const [actual, limit] = apart(finding.actual, finding.limit)
  switch (kind) {
    case 'max':
      return `${actual} ${unit}, ${over} ${limit} ${unit}`
    case 'exception':
      return `${actual} ${unit}, ${over} ${limit} ${unit} of the exception`
    case 'new_config.max':
      return `a new config of ${actual} ${unit}, ${over} ${limit} ${unit} for new ones`
    case 'max_increase':
      return `a change of ${finding.actual < 0 ? '' : '+'}${actual} ${unit}, ${over} +${limit} ${unit}`
    default:
      return kind satisfies never
  }
}
