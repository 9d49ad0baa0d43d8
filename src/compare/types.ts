import type { Fact, Origin, Problem, Range } from '../facts/index.ts'
import type { Advice, Estimate } from '../estimate/index.ts'

/**
 * What one changed setting brings. All of a comparison's add up to its delta, in each unit.
 * A setting is what one place says: two facts of one line, or two that only make sense together, are one.
 */
export interface Attribution {
  /** Published fact name, or `profile`, `runs`, `base_model`; a setting of several facts has them joined by `, `. */
  readonly fact: string
  /** As people write it; undefined where that side does not have it. */
  readonly from?: string
  readonly to?: string
  readonly at?: Origin
  /** Null where the difference in dollars is unknown: a run without a price has its shares in the other units. */
  readonly usd: number | null
  /** The same share in other units, for rules that are not about money and for runs without a price. */
  readonly acceleratorSeconds: number | null
  readonly modelFlops: number | null
}

/** One run with another value of one setting: what it would cost, how long it would take, whether it would fit. */
export interface CurvePoint {
  readonly value: number
  readonly usd: Range
  readonly wallClockSeconds: Range
  readonly memory: 'fits' | 'tight' | 'out-of-memory' | 'unknown'
}

/** A run's cost against one of its settings, all else as it is. Points in rising order. */
export interface Curve {
  /** Published fact name. */
  readonly fact: string
  /** The value that the run has; one of the points'. */
  readonly here: number
  readonly points: readonly CurvePoint[]
}

export type Status = 'changed' | 'added' | 'removed' | 'unchanged' | 'error'

/** One config on both sides. */
export interface Comparison {
  readonly path: string
  /** The path at the base where the file was renamed. */
  readonly basePath?: string
  readonly framework: string
  readonly status: Status
  readonly base: Estimate | null
  readonly head: Estimate | null
  /** head − base of the expected values; unknown where a side is. An added config counts from 0, a removed one to 0. */
  readonly delta: {
    readonly usd: Fact<number>
    /** Percent of the base; unknown on added configs (a percentage means nothing there). */
    readonly usdPercent: Fact<number>
    /** The same percentage at the ends of the band: the ratio is surer than the totals. */
    readonly usdPercentBand: Fact<Range>
    readonly acceleratorSeconds: Fact<number>
    readonly modelFlops: Fact<number>
  }
  /** Empty where a side has no numbers at all, and on added, removed and unchanged configs; largest first. */
  readonly attribution: readonly Attribution[]
  /** What the change brings that could be had for less, dearest first; for the report only, left out where nobody asked. */
  readonly advice?: readonly Advice[]
  /** The head's run on other hardware of the catalog, priced; for the report only, empty where it was not asked for. */
  readonly alternatives: readonly Estimate[]
  /** The head's cost against single settings; for the report only, left out where it was not asked for. */
  readonly curves?: readonly Curve[]
  readonly problems: readonly Problem[]
}
