import type { Comparison } from '../compare/index.ts'
import type { Fact, Problem } from '../facts/index.ts'
import type { Currency, Override } from '../resolve/index.ts'
import { measuresIn } from './metrics.ts'
import type { LiveLabel, RuleOutcome, Verdict } from './types.ts'
import { apart } from './words.ts'

const RANK: Readonly<Record<NonNullable<LiveLabel['permission']>, number>> = {
  none: 0,
  read: 1,
  triage: 2,
  write: 3,
  maintain: 4,
  admin: 5,
}

interface Opening {
  readonly overriddenBy?: NonNullable<Verdict['overriddenBy']>
  /** Why each label that is there opens nothing. */
  readonly problems: readonly Problem[]
}

/**
 * A label opens a closed gate when a person with the permission, and not the author unless the policy says so, has put it
 * there, and when the configs in breach together cost at most `up_to` at the head. It opens nothing that an unknown, a lock
 * or a missing glob closed: there the number that it approves cannot be trusted.
 *
 * @param closing the outcomes that make the verdict fail
 */
export function openingOf(
  closing: readonly RuleOutcome[],
  overrides: readonly Override[],
  labels: Fact<readonly LiveLabel[]>,
  comparisons: readonly Comparison[],
  currency: Currency,
): Opening {
  const [first] = overrides
  if (closing.length === 0 || first === undefined) return { problems: [] }
  if (!labels.known) {
    const why = labels.missing.map(m => m.why).join('; ')
    return { problems: [ignored(first, 'labels-unknown', `no override label could be read: ${why}`)] }
  }
  const problems: Problem[] = []
  for (const override of overrides) {
    const label = labels.value.find(l => l.name.toLowerCase() === override.label.toLowerCase())
    if (label === undefined) continue
    const by = label.by ?? 'an unknown account'
    const objection =
      objectionToLabeller(label, override) ?? objectionToBreach(closing, override, comparisons, currency)
    if (objection === undefined) {
      return { overriddenBy: { label: override.label, by, upTo: override.upTo }, problems: [] }
    }
    problems.push(ignored(override, objection[0], `the label ${override.label} opens nothing: ${objection[1]}`))
  }
  return { problems }
}

type Objection = readonly [code: string, why: string]

function objectionToLabeller(label: LiveLabel, override: Override): Objection | undefined {
  if (label.by === null) return ['override-labeller-unknown', 'GitHub does not say who put it there']
  if (label.isBot) return ['override-by-bot', `${label.by} is a bot; a person has to put it there`]
  if (label.isAuthor && !override.allowAuthor)
    return ['override-by-author', `${label.by} wrote this pull request; someone else has to put it there`]
  if (label.permission === null) return ['override-permission-unknown', `the permission of ${label.by} is unknown`]
  if (RANK[label.permission] < RANK[override.minPermission])
    return ['override-permission', `${label.by} has ${label.permission} permission, it takes ${override.minPermission}`]
  return undefined
}

function objectionToBreach(
  closing: readonly RuleOutcome[],
  override: Override,
  comparisons: readonly Comparison[],
  currency: Currency,
): Objection | undefined {
  if (closing.some(outcome => outcome.byUnknown))
    return ['override-of-unknown', 'an unknown closed the gate; supply the missing fact']
  const fixed = closing.find(outcome => outcome.limitKind === 'lock' || outcome.limitKind === 'coverage')
  if (fixed !== undefined) return ['override-of-lock', `it does not reach ${fixed.limitKind}: ${fixed.why}`]
  const breaching = new Set(closing.flatMap(outcome => outcome.configs))
  const { cost } = measuresIn(currency)
  let sum = 0
  for (const { path, status, head } of comparisons) {
    if (!breaching.has(path) || status === 'removed') continue
    const price = head === null ? undefined : cost.of(head)
    if (price?.known !== true) return ['override-of-unknown', `the cost of ${path} is unknown`]
    sum += price.value.expected
  }
  if (sum <= override.upTo) return undefined
  const [actual, limit] = apart(sum, override.upTo)
  return ['override-too-small', `the configs in breach cost ${actual} ${currency.code}, it reaches up to ${limit}`]
}

function ignored({ at }: Override, code: string, message: string): Problem {
  return { code, severity: 'warning', message, at }
}
