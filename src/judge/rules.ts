import type { Rule, UnknownMode } from '../resolve/index.ts'
import { judgeMax, judgeMaxIncrease, judgeMaxIncreasePercent, judgeNewConfig } from './limits.ts'
import type { Finding } from './limits.ts'
import { differences, levels, missingOf, wentDark } from './members.ts'
import type { Member } from './members.ts'
import type { RuleOutcome } from './types.ts'
import { apart, count } from './words.ts'

type LimitKind = Exclude<RuleOutcome['limitKind'], 'unknown' | 'lock' | 'coverage'>

/**
 * What one change put in and took out: a config that is deleted while a dearer one is added under another path is a change
 * of its cost, though git sees no rename.
 */
export interface Replacement {
  /** Every added config that the rule matches. */
  readonly added: readonly Member[]
  /** Every removed config that the rule matches. */
  readonly removed: readonly Member[]
  /** Where the rule lost none itself: removed configs of other rules, as the base of a percentage and never as a saving. */
  readonly elsewhere: readonly Member[]
}

interface Judged {
  readonly kind: LimitKind
  readonly finding: Finding
}

/**
 * What one rule says of its members: one config under `scope: each`, all that it matches under `scope: total`.
 *
 * @param exception the limit that replaces `max` here
 * @param unit of the rule's metric
 * @param replacement what went and came beside an added config: together they are one change
 */
export function judgeRule(
  rule: Rule,
  members: readonly Member[],
  exception: number | undefined,
  mode: UnknownMode,
  unit: string,
  replacement?: Replacement,
): readonly RuleOutcome[] {
  const judged = limitsOf(rule, members, exception, replacement)
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
        why:
          sentence(kind, finding, unit) +
          besideWhat(kind, replacement) +
          (allowed ? '; this rule is broken only by all its limits together' : ''),
      },
    ]
  })
  const dark = members.some(wentDark)
  const unsure = judged.some(({ finding }) => finding.is === 'unknown') && !spared
  if (!dark && !unsure) return outcomes
  const beside =
    missingOf(members).length > 0 ? [] : [...(replacement?.removed ?? []), ...(replacement?.elsewhere ?? [])]
  const lack = judgeUnknown(rule, [...members, ...beside], mode)
  return [
    ...outcomes,
    beside.length === 0 ? lack : { ...lack, configs: [...members.map(m => m.path), ...lack.configs] },
  ]
}

/** The limits that say anything about these members. A percentage means nothing where nothing has a base. */
function limitsOf(
  rule: Rule,
  members: readonly Member[],
  exception: number | undefined,
  replacement: Replacement | undefined,
): readonly Judged[] {
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
  if (rule.maxIncrease !== undefined && growing.length > 0)
    judged.push({ kind: 'max_increase', finding: increaseOf(rule.maxIncrease, growing, replacement) })
  const compared = [...growing, ...(newMax === undefined ? percentBase(growing, replacement) : [])]
  if (rule.maxIncreasePercent !== undefined && compared.some(m => m.status !== 'added'))
    judged.push({ kind: 'max_increase_percent', finding: percentOf(rule.maxIncreasePercent, compared) })
  return judged
}

/** An added config is an increase of all that it costs; less what went with it, where that leaves less. */
function increaseOf(limit: number, members: readonly Member[], replacement: Replacement | undefined): Finding {
  const whole = judgeMaxIncrease(limit, differences(members))
  const gone = (replacement?.removed ?? []).filter(isPriced)
  if (whole.is !== 'breach' || replacement === undefined || gone.length === 0) return whole
  const net = judgeMaxIncrease(limit, differences([...replacement.added, ...gone]))
  return net.is !== 'unknown' && net.actual > whole.actual ? whole : net
}

/** What stands beside an added config in a percentage: everything that came with it, and what went. */
function percentBase(members: readonly Member[], replacement: Replacement | undefined): readonly Member[] {
  if (replacement === undefined) return []
  const gone = replacement.removed.length > 0 ? replacement.removed : replacement.elsewhere
  const priced = gone.filter(isPriced)
  const counted = priced.length > 0 ? priced : gone
  return counted.length === 0
    ? []
    : [...replacement.added.filter(({ path }) => !members.some(m => m.path === path)), ...counted]
}

/** What was removed and has no price saves nothing that anyone could count. */
function isPriced({ base }: Member): boolean {
  return base?.known === true
}

/** Without one known base there is no percentage, however much was added. */
function percentOf(limit: number, members: readonly Member[]): Finding {
  const amounts = differences(members)
  const hasBase = members.some(m => isPriced(m) && (m.head === null || m.head.known))
  return hasBase ? judgeMaxIncreasePercent(limit, amounts) : { is: 'unknown', limit }
}

/** Which removed configs a limit on an increase was measured against, in words. */
function besideWhat(kind: LimitKind, replacement: Replacement | undefined): string {
  if (replacement === undefined || (kind !== 'max_increase' && kind !== 'max_increase_percent')) return ''
  const { removed, elsewhere } = replacement
  const gone = kind === 'max_increase' || removed.length > 0 ? removed : elsewhere
  const [first] = gone
  if (first === undefined) return ''
  return `, beside the removal of ${first.path}${gone.length === 1 ? '' : ` and ${count(gone.length - 1, 'other config')}`}`
}

/** Where what nobody can price is unknown, if no head went dark. */
function whereOf(members: readonly Member[]): string {
  const heads = members.filter(m => missingOf([m]).length > 0).map(m => m.head?.known === false)
  if (!heads.includes(false)) return 'on both sides'
  return heads.includes(true) ? 'on both sides, or at the base alone' : 'at the base alone'
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
      ? `${rule.metric} is unknown ${whereOf(members)}, for want of ${lacks}`
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
