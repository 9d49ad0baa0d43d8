import type { Problem } from '../facts/index.ts'
import { matchConfig, matchesAny } from './globs.ts'
import { emptyPolicy } from './policy.ts'
import type { ConfigEntry, Policy, PolicyReading } from './types.ts'

/** Which policy counts for what, by principle 3. */
export interface Effective {
  readonly is: 'effective'
  /** What the runs are, side by side. */
  readonly baseRun: Policy
  readonly headRun: Policy
  /** What they cost and what is allowed. */
  readonly cost: Policy
  /** False where only the head has a policy: its rules warn, none can fail. */
  readonly enforced: boolean
  /** False where no revision has a policy: every changed file that is recognized is a config. */
  readonly exists: boolean
  /** The tip's globs of gated configs; with none here and none among the inputs, every recognized file is gated. */
  readonly globs: readonly string[]
  /** Globs that only the head has. They add; they never narrow, not even "every recognized file". */
  readonly addedGlobs: readonly string[]
  /** True where the pull request changes rates, prices or rules; the tip's hold until it is merged. */
  readonly policyEdited: boolean
  /** What the head would have instead, for the line that says so. */
  readonly proposed?: Policy
  readonly problems: readonly Problem[]
}

export type Halves = Effective | { readonly is: 'malformed'; readonly problems: readonly Problem[] }

export interface Readings {
  /** At the merge base. */
  readonly base: PolicyReading
  readonly head: PolicyReading
  /** At the live end of the base branch, or a pinned policy. */
  readonly tip: PolicyReading
}

/**
 * Puts the halves of three revisions together.
 *
 * A malformed policy at the tip or at the head is an error: neither a gate nor a run can be read from it. One at the merge
 * base is a warning, and that side takes the tip's run half, like a side without a policy.
 */
export function effectivePolicies({ base, head, tip }: Readings): Halves {
  const broken = [tip, head].flatMap(reading => (reading.is === 'malformed' ? reading.problems : []))
  if (broken.length > 0) return { is: 'malformed', problems: distinct(broken) }
  const [atBase, atHead, atTip] = [policyIn(base), policyIn(head), policyIn(tip)]
  const problems: Problem[] = [tip, head].flatMap(reading => (reading.is === 'policy' ? reading.problems : []))
  if (base.is === 'malformed')
    problems.push({
      code: 'base-policy-malformed',
      severity: 'warning',
      message: `the policy at the merge base cannot be read (${base.problems.length} problems); the base takes the present one`,
      ...(base.problems[0]?.at === undefined ? {} : { at: base.problems[0].at }),
    })

  if (atTip === undefined && atHead !== undefined) {
    const message = 'the base branch has no policy yet: this one warns, and is enforced after merge'
    problems.push({ code: 'policy-not-enforced', severity: 'warning', message, at: { path: atHead.path } })
    return {
      is: 'effective',
      baseRun: atBase ?? atHead,
      headRun: atHead,
      cost: onlyWarning(atHead),
      enforced: false,
      exists: true,
      globs: [],
      addedGlobs: unique(atHead.configs.map(entry => entry.path)),
      policyEdited: false,
      problems: distinct(problems),
    }
  }
  const cost = atTip ?? emptyPolicy
  const edited = atTip !== undefined && isEdited(atBase, atHead, atTip, base, head)
  if (edited)
    problems.push({
      code: 'policy-edited',
      severity: 'warning',
      message: 'this change edits rates or rules of the policy; the base branch decides until it is merged',
      at: { path: atHead?.path ?? cost.path },
    })
  const globs = unique(cost.configs.map(entry => entry.path))
  return {
    is: 'effective',
    baseRun: atBase === undefined ? cost : completed(atBase, cost),
    headRun: atHead === undefined ? cost : completed(atHead, cost, atBase),
    cost,
    enforced: true,
    exists: atTip !== undefined,
    globs,
    addedGlobs: unique((atHead?.configs ?? []).map(entry => entry.path)).filter(glob => !globs.includes(glob)),
    policyEdited: edited,
    ...(edited ? { proposed: atHead ?? emptyPolicy } : {}),
    problems: distinct(problems),
  }
}

/**
 * A branch that was cut before the policy said how large a data set is, or what a model is like, would be unknown on both
 * sides, and unknown closes no gate there. What a side leaves unsaid, the tip says.
 *
 * @param before the base's, for a head: what that said and the head does not was taken out by it, and stays out
 */
function completed(side: Policy, tip: Policy, before?: Policy): Policy {
  return {
    ...side,
    datasets: filled(side.datasets, tip.datasets, before?.datasets),
    models: filled(side.models, tip.models, before?.models),
  }
}

function filled<K, V>(
  side: ReadonlyMap<K, V>,
  tip: ReadonlyMap<K, V>,
  before: ReadonlyMap<K, V> | undefined,
): ReadonlyMap<K, V> {
  const unsaid = [...tip].filter(([key]) => !side.has(key) && before?.has(key) !== true)
  return unsaid.length === 0 ? side : new Map([...side, ...unsaid])
}

/** The same for one entry of `configs`: its facts one by one, and its single keys. */
function completedEntry(side: ConfigEntry, tip: ConfigEntry, before: ConfigEntry | undefined): ConfigEntry {
  const lacks = (key: 'framework' | 'profile' | 'runs'): boolean =>
    side[key] === undefined && before?.[key] === undefined && tip[key] !== undefined
  return {
    ...side,
    ...(lacks('framework') && tip.framework !== undefined ? { framework: tip.framework } : {}),
    ...(lacks('profile') && tip.profile !== undefined ? { profile: tip.profile } : {}),
    ...(lacks('runs') && tip.runs !== undefined ? { runs: tip.runs } : {}),
    facts: filled(side.facts, tip.facts, before?.facts),
    lines: filled(side.lines, tip.lines, before?.lines),
  }
}

function policyIn(reading: PolicyReading): Policy | undefined {
  return reading.is === 'policy' ? reading.policy : undefined
}

/**
 * "Never fail by it", and never pass by it: limits of the workflow's inputs hold beside a policy that is not merged yet,
 * so nothing of it may cheapen or excuse a run. Its profiles are priced by the catalog alone, as any that only a head has.
 */
function onlyWarning(policy: Policy): Policy {
  return {
    ...emptyPolicy,
    path: policy.path,
    rules: policy.rules.map(rule => ({ ...rule, action: 'warn' })),
    unknown: policy.unknown === 'ignore' ? 'ignore' : 'warn',
    inputs: new Map([...policy.inputs].filter(([name]) => name !== 'fail-on' && name !== 'on-error')),
  }
}

/** Edited = the head differs from both: from the merge base by its own doing, from the tip in effect. */
function isEdited(
  atBase: Policy | undefined,
  atHead: Policy | undefined,
  atTip: Policy,
  base: PolicyReading,
  head: PolicyReading,
): boolean {
  // A branch cut before the policy existed has none on either side: it edits nothing.
  if (head.is === 'none' && base.is === 'none') return false
  const [now, before] = [costText(atHead ?? emptyPolicy), costText(atBase ?? atTip)]
  return now !== before && now !== costText(atTip)
}

/** The second half as one text, without the lines on which it stands. */
function costText(policy: Policy): string {
  const { profiles, rules, overrides, exceptions, unknown, lock, currency, prices, inputs } = policy
  const money = [...profiles.values()].map(({ accelerators: _count, at: _at, lines: _lines, ...rest }) => rest)
  return JSON.stringify([
    money,
    rules.map(({ origin: _origin, ...rest }) => rest),
    overrides.map(({ at: _at, ...rest }) => rest),
    exceptions.map(({ at: _at, ...rest }) => rest),
    unknown,
    lock,
    currency,
    prices,
    policy.extends,
    [...inputs],
  ])
}

/**
 * The policy entry of a config on one side: that side's first match, with what it leaves unsaid from the tip's; else the
 * tip's (its globs always count), else the other side's, so that both sides of a newly covered config are priced alike.
 */
export function entryFor(halves: Effective, side: 'base' | 'head', path: string): ConfigEntry | undefined {
  const [own, other] = side === 'base' ? [halves.baseRun, halves.headRun] : [halves.headRun, halves.baseRun]
  const [said, tip] = [matchConfig(own, path), matchConfig(halves.cost, path)]
  if (said === undefined || tip === undefined || said === tip) return said ?? tip ?? matchConfig(other, path)
  return completedEntry(said, tip, side === 'head' ? matchConfig(halves.baseRun, path) : undefined)
}

/** The framework that the base branch's policy names for a path; what only a head says of it holds once it is merged. */
export function pinnedFramework(halves: Effective, path: string): string | undefined {
  return matchConfig(halves.cost, path)?.framework
}

/** True where a recognized file is gated: by a glob of the policy or of the input `configs`, or because there is neither. */
export function isCovered(halves: Effective, inputGlobs: readonly string[], path: string): boolean {
  const globs = [...halves.globs, ...inputGlobs]
  return globs.length === 0 || matchesAny([...globs, ...halves.addedGlobs], path)
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)]
}

/** Tip and head often hold the same file: what is wrong with it is said once. */
function distinct(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>()
  return problems.filter(problem => {
    const key = JSON.stringify([problem.code, problem.message, problem.at])
    const first = !seen.has(key)
    seen.add(key)
    return first
  })
}
