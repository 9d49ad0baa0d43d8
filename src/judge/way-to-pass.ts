import { compareRuns } from '../compare/index.ts'
import type { Comparison } from '../compare/index.ts'
import { FACTS, known } from '../facts/index.ts'
import type { FactName, Origin, RunFacts } from '../facts/index.ts'
import type { Run } from '../resolve/index.ts'
import { judge } from './judge.ts'
import type { JudgeInput, RuleOutcome, SettingToChange, Verdict, WaysToPass } from './types.ts'

/** Configs in breach that get a suggestion, the dearest first; and suggestions for each. */
const MOST_CONFIGS = 3
const MOST_SETTINGS = 2
/** Less than this share of a setting's value is another run, and no way to pass. */
const LEAST_SHARE = 1 / 8

/** Whole numbers of a config that a run's work follows, in the order in which people would rather cut. */
const CUTTABLE = [
  'steps',
  'totalTokens',
  'trainSamples',
  'epochs',
  'globalBatch',
  'gradAccum',
  'seqLen',
  'generations',
  'numLayers',
] as const satisfies readonly FactName[]
type Cuttable = (typeof CUTTABLE)[number]

const AS_GRANTED = { by: 'a person', permission: 'admin', isAuthor: false, isBot: false } as const

/**
 * What would open a gate that numbers closed: for each config in breach, the smallest cut of one setting that brings it
 * within all its limits, and the label that would allow it as it is. Every answer was estimated and judged the way the next
 * run would; where none is found, none is given.
 */
export function waysToPass(input: JudgeInput, verdict: Verdict): WaysToPass {
  if (verdict.conclusion !== 'fail') return { settings: [] }
  const targets = targetsOf(input.comparisons, verdict.outcomes).slice(0, MOST_CONFIGS)
  const settings = targets.flatMap(target => settingsFor(target, input))
  const label = labelFor(input)
  return label === undefined ? { settings } : { settings, label }
}

/** The configs to cut: the one in breach, or, for a total, the one that adds most to it. Dearest first. */
function targetsOf(comparisons: readonly Comparison[], outcomes: readonly RuleOutcome[]): readonly Comparison[] {
  const byPath = new Map(comparisons.map(c => [c.path, c]))
  const targets = new Set<Comparison>()
  for (const outcome of outcomes.filter(isBreach)) {
    const members = outcome.configs.flatMap(path => byPath.get(path) ?? []).filter(c => c.head !== null)
    const [most] = members.filter(c => c.status === 'changed' || c.status === 'added').sort(byDelta)
    if (most !== undefined) targets.add(most)
  }
  return [...targets].sort(byDelta)
}

const isBreach = (o: RuleOutcome): boolean =>
  o.result === 'fail' && !o.byUnknown && o.limitKind !== 'lock' && o.limitKind !== 'coverage'

function byDelta(a: Comparison, b: Comparison): number {
  const size = ({ delta }: Comparison): number => (delta.usd.known ? delta.usd.value : 0)
  return size(b) - size(a) || (a.path < b.path ? -1 : 1)
}

function settingsFor(target: Comparison, input: JudgeInput): readonly SettingToChange[] {
  const run = target.head?.run
  if (run === undefined) return []
  const beside = needed(target, input)
  const found: SettingToChange[] = []
  for (const name of candidatesOf(target, run)) {
    const fact = run.facts[name]
    const at = fact?.known === true ? editable(name, run.facts) : undefined
    if (fact?.known !== true || at === undefined) continue
    const passes = (value: number, among: JudgeInput): boolean => isOpen(target, withValue(run, name, value), among)
    const to = largestPassing(fact.value, sensibleStep(name, run.facts), value => passes(value, beside))
    if (to === undefined || !passes(to, input)) continue
    found.push({ path: target.path, fact: FACTS[name].name, from: fact.value, to, at })
    if (found.length === MOST_SETTINGS) break
  }
  return found
}

/** Settings of this change first: taking back a part of them is the least surprise. */
function candidatesOf({ attribution }: Comparison, run: Run): readonly Cuttable[] {
  const raised = new Set(attribution.filter(a => (a.usd ?? a.modelFlops ?? 0) > 0).flatMap(a => a.fact.split(', ')))
  const isRaised = (name: Cuttable): boolean => raised.has(FACTS[name].name)
  const usual = CUTTABLE.filter(name => name !== 'numLayers')
  return [...CUTTABLE.filter(isRaised), ...usual.filter(name => !isRaised(name))].filter(
    name => run.facts[name]?.known === true,
  )
}

/**
 * Where a reader can change the number: one line of a config or launch script. None for a number that was derived, and none
 * where another fact was derived from that line: it would not follow in this arithmetic, though it would in the framework's.
 */
function editable(name: Cuttable, facts: RunFacts): Origin | undefined {
  const fact = facts[name]
  const [at, ...others] = fact?.known === true ? fact.origins : []
  if (at?.path === undefined || at.line === undefined || others.length > 0) return undefined
  if (at.kind !== 'config' && at.kind !== 'script') return undefined
  const follows = Object.entries(facts).some(
    ([other, { known: isKnown, ...rest }]) =>
      other !== name &&
      isKnown &&
      'origins' in rest &&
      rest.origins.length > 1 &&
      rest.origins.some(origin => origin.path === at.path && origin.line === at.line),
  )
  return follows ? undefined : at
}

function withValue(run: Run, name: Cuttable, value: number): Run {
  const fact = run.facts[name]
  return { ...run, facts: { ...run.facts, [name]: known(value, ...(fact?.known === true ? fact.origins : [])) } }
}

/** The comparisons that the target's rules look at: itself, what came and went beside it, all where a rule sums. */
function needed(target: Comparison, input: JudgeInput): JudgeInput {
  const rules = [...(input.policy?.rules ?? []), ...input.inputRules]
  if (target.status === 'added' || rules.some(rule => rule.scope === 'total')) return input
  return { ...input, comparisons: [target] }
}

/** Whether no rule would close the gate on the target if its head were this run. */
function isOpen(target: Comparison, head: Run, input: JudgeInput): boolean {
  const changed = compareRuns({
    base: target.base?.run ?? null,
    head,
    ...(target.basePath === undefined ? {} : { basePath: target.basePath }),
    attribute: false,
    alternatives: [],
  })
  const comparisons = input.comparisons.map(c => (c.path === target.path ? changed : c))
  return !judge({ ...input, comparisons }).outcomes.some(o => o.result === 'fail' && o.configs.includes(target.path))
}

/**
 * The largest multiple of `step` below the value that passes; undefined where not even an eighth does.
 * Cost never falls when one of these settings rises, so halving the interval finds it.
 */
function largestPassing(value: number, step: number, passes: (value: number) => boolean): number | undefined {
  if (!Number.isInteger(value)) return undefined
  let low = Math.max(1, Math.ceil((value * LEAST_SHARE) / step))
  let high = Math.ceil(value / step) - 1
  if (low > high || !passes(low * step)) return undefined
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (passes(middle * step)) low = middle
    else high = middle - 1
  }
  return low * step
}

/** Steps and tokens to three digits; a batch that the devices divide; a length that kernels like. */
function sensibleStep(name: Cuttable, facts: RunFacts): number {
  const fact = facts[name]
  const value = fact?.known === true ? fact.value : 1
  switch (name) {
    case 'steps':
    case 'totalTokens':
    case 'trainSamples':
      return Math.max(1, 10 ** (Math.floor(Math.log10(value)) - 2))
    case 'globalBatch': {
      const micro = facts.microBatch?.known === true ? facts.microBatch.value : 1
      const devices =
        facts.dp?.known === true ? facts.dp.value : facts.accelerators?.known === true ? facts.accelerators.value : 1
      return [micro * devices, micro, 8].find(step => Number.isInteger(step) && step < value && value % step === 0) ?? 1
    }
    case 'seqLen':
      return [256, 64, 8].find(step => value >= 8 * step && value % step === 0) ?? 1
    case 'epochs':
    case 'gradAccum':
    case 'generations':
    case 'numLayers':
      return 1
    default:
      return name satisfies never
  }
}

/** The first label of the policy that would open the gate, if someone other than the author put it there now. */
function labelFor(input: JudgeInput): WaysToPass['label'] {
  return input.policy?.overrides.find(({ label }) => {
    const labels = known([{ name: label, ...AS_GRANTED }])
    return judge({ ...input, labels }).conclusion === 'overridden'
  })
}
