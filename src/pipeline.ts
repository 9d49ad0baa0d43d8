import type { Fact, Problem } from './facts/index.ts'
import { judge, waysToPass } from './judge/index.ts'
import type { JudgeInput, LiveLabel } from './judge/index.ts'
import type { Revisions, Source } from './read/index.ts'
import type { Report } from './report/index.ts'
import {
  SHIPPED_PRICES,
  effectiveModes,
  emptyPolicy,
  inputOverrides,
  inputRules,
  otherHardware,
  readInputs,
  snapshotOf,
} from './resolve/index.ts'
import type { Effective, Inputs, Modes, PlainFacts, Run } from './resolve/index.ts'
import { comparisonOf } from './comparison.ts'
import { coverage, readPairs } from './pairs.ts'
import { readPolicies } from './policies.ts'
import type { ReadRemote } from './policies.ts'
import { proposedOutcome } from './proposal.ts'
import { version } from './version.ts'

export interface ChangeRequest {
  readonly source: Source
  /** Inputs or flags as they were written, by kebab-case name; empty = unset. */
  readonly rawInputs: ReadonlyMap<string, string>
  /** Facts of `--set`. */
  readonly set: PlainFacts
  /** A policy file that stands for the base's. */
  readonly policy?: { readonly path: string; readonly text: string }
  /** Reads a policy of another repository; undefined where only this one can be read. */
  readonly readRemote?: ReadRemote
  /** Only these paths, where any are named. */
  readonly only: readonly string[]
  /** Live labels, asked for only where an override could use them. */
  readonly labelsOf: (names: readonly string[]) => Promise<Fact<readonly LiveLabel[]>>
  readonly linksOf: (revisions: Revisions) => Report['links']
}

export interface Judged {
  readonly report: Report
  readonly inputs: Inputs
  readonly modes: Modes
}

/**
 * One change, judged: the rooms in order. Reads through the source it is handed, writes nothing.
 *
 * Whatever goes wrong outside is a problem of the report, with the conclusion `error`; only bugs throw.
 */
export async function judgeChange(request: ChangeRequest): Promise<Judged> {
  const { source, rawInputs, only } = request
  const asWritten = readInputs(rawInputs)
  const [revisions, changes, policies] = await Promise.all([
    source.revisions(),
    source.changes(),
    readPolicies(source, asWritten.inputs.policyFile, request.policy, request.readRemote),
  ])
  if (revisions.is === 'failed') return broken(request, null, asWritten.inputs, [revisions.problem])
  if (changes.is === 'failed') return broken(request, revisions.value, asWritten.inputs, [changes.problem])
  if (policies.is === 'malformed')
    return broken(
      request,
      revisions.value,
      asWritten.inputs,
      policies.problems,
      unjudged(asWritten.inputs, policies.fault),
    )

  const { halves } = policies
  const deciding = halves.exists ? halves.cost : undefined
  const { inputs, problems: inputProblems } = readInputs(rawInputs, halves.cost.inputs)
  const modes = effectiveModes(inputs, deciding, halves.enforced)
  const overrides = [...halves.cost.overrides, ...inputOverrides(inputs, halves.enforced ? deciding : undefined)]
  const wanted = { source, changes: changes.value, policies, inputs, set: request.set, only }
  const [reading, labels] = await Promise.all([
    readPairs(wanted),
    request.labelsOf(overrides.map(override => override.label)),
  ])
  if (reading.is === 'failed') return broken(request, revisions.value, inputs, [reading.problem], modes)
  const { pairs, uncovered, removedGated } = reading.value
  const { today } = revisions.value

  const showsOther = pairs.length <= MOST_ALTERNATIVES
  const alternativesOf = (head: Run) => (showsOther ? otherHardware(head, snapshotOf(halves.cost)) : [])
  const comparisons = pairs.map(pair => comparisonOf(pair, { attribute: true, curves: showsOther, alternativesOf }))
  const problems = [
    ...revisions.value.notes,
    ...halves.problems,
    ...inputProblems,
    ...modes.problems,
    ...reading.value.problems,
    ...(await proposedOutcome(wanted, rawInputs, { today, labels })),
  ]
  const input: JudgeInput = {
    comparisons,
    policy: { ...halves.cost, overrides },
    enforced: halves.enforced,
    inputRules: inputRules(inputs),
    failOn: modes.failOn,
    unknownMode: modes.onUnknown,
    today,
    labels,
    uncovered,
    removedGated,
    problems,
  }
  const verdict = judge(input)
  return {
    report: reportOf(request, revisions.value, inputs, halves, {
      comparisons,
      verdict,
      waysToPass: waysToPass(input, verdict),
      problems: coverage(uncovered),
    }),
    inputs,
    modes: withoutMercy(modes),
  }
}

/** `on-error: warn` forgives a fault of the outside. An error that the change itself brings would be a way out of the gate. */
function withoutMercy(modes: Modes): Modes {
  return { ...modes, onError: 'fail' }
}

/** Other hardware is shown where the report is about a few configs; for many it would only be long. */
const MOST_ALTERNATIVES = 3

/** Without a policy to ask, the workflow alone says what a fault of the outside does. */
function unjudged(inputs: Inputs, isFault: boolean | undefined): Modes {
  const modes = effectiveModes(inputs, undefined)
  return isFault === true ? modes : withoutMercy(modes)
}

/** A report of what kept us from judging. Never a pass. */
function broken(
  request: ChangeRequest,
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
    report: reportOf(request, revisions, inputs, undefined, { comparisons: [], verdict, problems: [] }),
    inputs,
    modes,
  }
}

function reportOf(
  request: ChangeRequest,
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
    links: revisions === null ? null : request.linksOf(revisions),
    minDeltaUsd: inputs.minDelta,
    details: inputs.details,
  }
}
