import type { Comparison } from '../compare/index.ts'
import type { Origin, Problem } from '../facts/index.ts'
import type { Verdict, WaysToPass } from '../judge/index.ts'
import type { Currency } from '../resolve/index.ts'

/** Everything that a report of one comparison says. Strings are made from it, nothing is written. */
export interface Report {
  readonly reportId: string
  readonly version: string
  readonly base: string | null
  readonly head: string | null
  /** ISO date that prices are aged against; see Revisions.today. */
  readonly today: string
  readonly comparisons: readonly Comparison[]
  readonly verdict: Verdict
  /** Problems of the whole run: policy errors, globs that match nothing, files not covered, faults. */
  readonly problems: readonly Problem[]
  readonly currency: Currency
  readonly prices: { readonly date: string; readonly source: string } | null
  /** Links are made only where the report is shown on GitHub. */
  readonly links: {
    readonly repository: string
    readonly headSha: string
    readonly baseSha: string
    /** The base branch's tip, whose profiles and rules were used. Without it they are named, not linked. */
    readonly tipSha?: string
    /** `https://github.com` unless it is an enterprise server. */
    readonly server?: string
    readonly run?: string
  } | null
  /** What would bring the change within its budget; undefined where nothing was asked for. */
  readonly waysToPass?: WaysToPass
  readonly minDeltaUsd: number
  readonly details: 'full' | 'changed' | 'none'
}

/** A note on one line of the head, for the log and the check run. Plain text. */
export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice'
  readonly path: string
  readonly line: number
  readonly title: string
  readonly message: string
}

export type { Origin }
