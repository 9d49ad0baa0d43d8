import type { Fact, Origin, Problem, Range } from '../facts/index.ts'
import type { Estimate } from '../estimate/index.ts'

/** Dollars of the difference that one changed setting brings. All of a comparison's add up to its delta. */
export interface Attribution {
  /** Published fact name, or `profile`, `accelerator`, `price`, `runs`, `base_model`. */
  readonly fact: string
  /** As people write it; undefined where that side does not have it. */
  readonly from?: string
  readonly to?: string
  readonly at?: Origin
  readonly usd: number
  /** The same share in other units, for rules that are not about money and for runs without a price. */
  readonly acceleratorSeconds: number
  readonly modelFlops: number
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
  /** Empty where a side is unknown; largest first. */
  readonly attribution: readonly Attribution[]
  /** The head's run on other hardware of the catalog, priced; for the report only, empty where it was not asked for. */
  readonly alternatives: readonly Estimate[]
  readonly problems: readonly Problem[]
}
