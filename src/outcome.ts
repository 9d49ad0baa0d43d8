import type { Problem } from './facts/index.ts'
import { judge } from './judge/index.ts'
import type { Revisions } from './read/index.ts'
import type { Report } from './report/index.ts'
import { SHIPPED_PRICES, effectiveModes, emptyPolicy, snapshotOf } from './resolve/index.ts'
import type { Effective, Inputs, Modes } from './resolve/index.ts'
import { version } from './version.ts'

export interface Judged {
  readonly report: Report
  readonly inputs: Inputs
  readonly modes: Modes
}

export type LinksOf = (revisions: Revisions) => Report['links']

/** `on-error: warn` forgives a fault of the outside. An error that the change itself brings would be a way out of the gate. */
export function withoutMercy(modes: Modes): Modes {
  return { ...modes, onError: 'fail' }
}

/** Without a policy to ask, the workflow alone says what a fault of the outside does. */
export function unjudged(inputs: Inputs, isFault: boolean | undefined): Modes {
  const modes = effectiveModes(inputs, undefined)
  return isFault === true ? modes : withoutMercy(modes)
}

/** A report of what kept us from judging. Never a pass. */
export function broken(
  linksOf: LinksOf,
  revisions: Revisions | null,
  inputs: Inputs,
  problems: readonly Problem[],
  modes = unjudged(inputs, true),
): Judged {
  const judged = judge({
    comparisons: [],
    policy: null,
    enforced: true,
    inputRules: [],
    failOn: modes.failOn,
    unknownMode: modes.onUnknown,
    today: revisions?.today ?? '',
    labels: { known: false, missing: [] },
    uncovered: [],
    removedGated: [],
    problems,
  })
  // A sum of nothing is 0, and nothing is known.
  const verdict = { ...judged, totals: { ...judged.totals, base: null, head: null, delta: null } }
  return {
    report: reportOf(linksOf, revisions, inputs, undefined, { comparisons: [], verdict, problems: [] }),
    inputs,
    modes,
  }
}

export function reportOf(
  linksOf: LinksOf,
  revisions: Revisions | null,
  inputs: Inputs,
  halves: Effective | undefined,
  judged: Pick<Report, 'comparisons' | 'verdict' | 'problems' | 'waysToPass'>,
): Report {
  const prices = halves === undefined ? SHIPPED_PRICES : snapshotOf(halves.cost)
  return {
    ...judged,
    reportId: inputs.reportId,
    version,
    base: revisions?.base ?? null,
    head: revisions?.head ?? null,
    today: revisions?.today ?? '',
    currency: (halves?.cost ?? emptyPolicy).currency,
    prices: { date: prices.date, source: prices.source },
    links: revisions === null ? null : linksOf(revisions),
    minDeltaUsd: inputs.minDelta,
    details: inputs.details,
  }
}
