import type { Comparison } from '../compare/index.ts'
import type { Fact, Missing, Origin, Problem, Range } from '../facts/index.ts'
import type { Override, Policy, Rule, UnknownMode } from '../resolve/index.ts'

export type Conclusion = 'pass' | 'warn' | 'fail' | 'error' | 'overridden' | 'no-change'

/**
 * One limit of one rule on one config (or on the total), in the metric's published unit.
 * `lock` and `coverage` are rules of ours, with the names of their kind.
 */
export interface RuleOutcome {
  readonly rule: Rule
  readonly limitKind:
    'max' | 'max_increase' | 'max_increase_percent' | 'new_config.max' | 'exception' | 'unknown' | 'lock' | 'coverage'
  /** Config paths: one for scope each, all members for total. */
  readonly configs: readonly string[]
  readonly limit: number | null
  readonly actual: number | null
  readonly result: 'pass' | 'warn' | 'fail' | 'unknown'
  /** True where the gate is closed only because something is unknown. */
  readonly byUnknown: boolean
  readonly missing: readonly Missing[]
  /** One sentence on what was found, plain text without markup. */
  readonly why: string
}

export interface Verdict {
  readonly conclusion: Conclusion
  readonly outcomes: readonly RuleOutcome[]
  /** Fails only by unknown: the command line's exit code 3. */
  readonly onlyUnknown: boolean
  readonly overriddenBy?: { readonly label: string; readonly by: string; readonly upTo: number }
  /** Policy edits that the base tip does not have yet, expired exceptions, ignored overrides. */
  readonly problems: readonly Problem[]
  /** Sums over all configs compared, in USD. Null where a config of that side is unknown; delta: where a changed one is. */
  readonly totals: {
    readonly base: Range | null
    readonly head: Range | null
    readonly delta: number | null
    /** Changed configs whose cost is unknown on a side that they have. */
    readonly unknown: number
  }
}

/** One number of a config that, changed alone, brings it within every limit that it breaks. */
export interface SettingToChange {
  readonly path: string
  /** Published fact name. */
  readonly fact: string
  readonly from: number
  readonly to: number
  readonly at: Origin
}

export interface WaysToPass {
  /** At most two for each config, the dearest config first. */
  readonly settings: readonly SettingToChange[]
  /** A label that would open the gate as things stand. */
  readonly label?: Pick<Override, 'label' | 'minPermission' | 'allowAuthor'>
}

/** An override label as it stands on the pull request now, read live and never from the event's payload. */
export interface LiveLabel {
  readonly name: string
  /** The login of the account that put it there last; null where GitHub does not say. */
  readonly by: string | null
  /** That account's permission on the repository; null where it could not be read, which opens nothing. */
  readonly permission: 'none' | 'read' | 'triage' | 'write' | 'maintain' | 'admin' | null
  /** True where that account wrote the pull request. */
  readonly isAuthor: boolean
  readonly isBot: boolean
}

/** The half of the policy that says what is allowed. A whole Policy is one. */
export type Budget = Pick<Policy, 'rules' | 'exceptions' | 'overrides' | 'lock' | 'currency'>

export interface JudgeInput {
  readonly comparisons: readonly Comparison[]
  /** Null where there is no policy file on the deciding revision (nor at the head). */
  readonly policy: Budget | null
  /** False where the policy exists only at the head: it reports and warns, and never fails. Input rules hold all the same. */
  readonly enforced: boolean
  /** Rules of the workflow's inputs. They add to the policy; no exception of the policy loosens them. */
  readonly inputRules: readonly Rule[]
  readonly failOn: 'fail' | 'warn' | 'none'
  /** The effective mode: the stricter of an enforced policy's and the workflow's. */
  readonly unknownMode: UnknownMode
  /** ISO date: the later committer date of tip and head. */
  readonly today: string
  /** Live labels; unknown where they could not be read; known and empty where there is no pull request. */
  readonly labels: Fact<readonly LiveLabel[]>
  /** Changed files that are recognized as training configs and lie outside every glob. */
  readonly uncovered: readonly string[]
  /** Paths of configs that the globs covered at the base and that the head removed or moved out of the globs. */
  readonly removedGated: readonly string[]
  /** Faults and policy errors. One with severity `error` makes the conclusion `error`. */
  readonly problems: readonly Problem[]
}
