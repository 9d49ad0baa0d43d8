import type { Missing, Problem, Range } from '../facts/index.ts'
import type { Rule } from '../resolve/index.ts'

export type Conclusion = 'pass' | 'warn' | 'fail' | 'error' | 'overridden' | 'no-change'

/** One limit of one rule on one config (or on the total), in the metric's published unit. */
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
  readonly totals: {
    readonly base: Range | null
    readonly head: Range | null
    readonly delta: number | null
    readonly unknown: number
  }
}
