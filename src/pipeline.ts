import type { Fact } from './facts/index.ts'
import { judge, waysToPass } from './judge/index.ts'
import type { JudgeInput, LiveLabel } from './judge/index.ts'
import type { Source } from './read/index.ts'
import { effectiveModes, inputOverrides, inputRules, otherHardware, readInputs, snapshotOf } from './resolve/index.ts'
import type { PlainFacts, Run } from './resolve/index.ts'
import { comparisonOf } from './comparison.ts'
import { broken, reportOf, unjudged, withoutMercy } from './outcome.ts'
import type { Judged, LinksOf } from './outcome.ts'
import { readPairs } from './pairs.ts'
import { readPolicies } from './policies.ts'
import type { ReadRemote } from './policies.ts'
import { proposedOutcome } from './proposal.ts'
import { withFormerReading } from './rereading.ts'

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
  readonly linksOf: LinksOf
}

export type { Judged } from './outcome.ts'

/**
 * One change, judged: the rooms in order. Reads through the source it is handed, writes nothing.
 *
 * Whatever goes wrong outside is a problem of the report, with the conclusion `error`; only bugs throw.
 */
export async function judgeChange(request: ChangeRequest): Promise<Judged> {
  const { source, rawInputs, only, linksOf } = request
  const asWritten = readInputs(rawInputs)
  const [revisions, changes, policies] = await Promise.all([
    source.revisions(),
    source.changes(),
    readPolicies(source, asWritten.inputs.policyFile, request.policy, request.readRemote),
  ])
  if (revisions.is === 'failed') return broken(linksOf, null, asWritten.inputs, [revisions.problem])
  if (changes.is === 'failed') return broken(linksOf, revisions.value, asWritten.inputs, [changes.problem])
  if (policies.is === 'malformed')
    return broken(
      linksOf,
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
  if (reading.is === 'failed') return broken(linksOf, revisions.value, inputs, [reading.problem], modes)
  const { uncovered, removedGated, coverage } = reading.value
  const rereading = await withFormerReading(wanted, reading.value.pairs)
  if (rereading.is === 'failed') return broken(linksOf, revisions.value, inputs, [rereading.problem], modes)
  const pairs = rereading.value
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
    report: reportOf(linksOf, revisions.value, inputs, halves, {
      comparisons,
      verdict,
      waysToPass: waysToPass(input, verdict),
      problems: coverage,
    }),
    inputs,
    modes: withoutMercy(modes),
  }
}

/** Other hardware is shown where the report is about a few configs; for many it would only be long. */
const MOST_ALTERNATIVES = 3
