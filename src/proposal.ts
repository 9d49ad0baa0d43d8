import { comparisonOf } from './comparison.ts'
import type { Problem } from './facts/index.ts'
import { judge } from './judge/index.ts'
import type { JudgeInput, Verdict } from './judge/index.ts'
import { readPairs } from './pairs.ts'
import type { PairsRequest } from './pairs.ts'
import { withFormerReading } from './rereading.ts'
import { effectiveModes, inputRules, readInputs } from './resolve/index.ts'
import type { Effective, Policy } from './resolve/index.ts'

/**
 * What the edited rates and rules would say of the same change once they are merged. One line of the report: the verdict is
 * that of the base branch's policy, whatever stands here.
 *
 * @returns nothing where the change edits neither
 */
export async function proposedOutcome(
  request: PairsRequest,
  rawInputs: ReadonlyMap<string, string>,
  judged: Pick<JudgeInput, 'today' | 'labels'>,
): Promise<readonly Problem[]> {
  const { halves } = request.policies
  const { proposed } = halves
  if (proposed === undefined) return []
  const line = (message: string): readonly Problem[] => [
    { code: 'policy-proposed', severity: 'warning', message, at: { path: halves.headRun.path } },
  ]
  if (proposed.path === '') return line('without the policy, which this change deletes, no limit of it would hold')
  const merged: Effective = { ...halves, cost: proposed, globs: globsOf(proposed), addedGlobs: [] }
  const reading = await readPairs({ ...request, policies: { ...request.policies, halves: merged } })
  if (reading.is === 'failed') return line(`what the edited policy would say is not known: ${reading.problem.message}`)
  const { uncovered, removedGated, problems } = reading.value
  const rereading = await withFormerReading(request, reading.value.pairs)
  const pairs = rereading.is === 'failed' ? reading.value.pairs : rereading.value
  const { inputs } = readInputs(rawInputs, proposed.inputs)
  const modes = effectiveModes(inputs, proposed)
  const verdict = judge({
    ...judged,
    comparisons: pairs.map(pair => comparisonOf(pair, { attribute: false, curves: false, alternativesOf: () => [] })),
    policy: proposed,
    enforced: true,
    inputRules: inputRules(inputs),
    failOn: modes.failOn,
    unknownMode: modes.onUnknown,
    uncovered,
    removedGated,
    problems,
  })
  return line(`the edited policy would say: ${inWords(verdict)}`)
}

function globsOf(policy: Policy): readonly string[] {
  return [...new Set(policy.configs.map(entry => entry.path))]
}

function inWords({ conclusion, outcomes }: Verdict): string {
  const worst = outcomes.find(o => o.result === 'fail') ?? outcomes.find(o => o.result === 'warn')
  if (worst === undefined || conclusion === 'pass' || conclusion === 'no-change') return conclusion
  const [path] = worst.configs
  return `${conclusion} (rule ${worst.rule.name}${path === undefined ? '' : `, ${path}`}: ${worst.why})`
}
