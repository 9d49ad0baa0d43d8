import { compareRuns } from '../compare/index.ts'
import type { Comparison } from '../compare/index.ts'
import type { Estimate } from '../estimate/index.ts'
import { FACTS, known } from '../facts/index.ts'
import type { Fact, FactName, Origin, RunFacts } from '../facts/index.ts'
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

type Target = Comparison & { readonly head: Estimate }

/** The configs to cut: the one in breach, or, for a total, the one that adds most to it. Dearest first. */
function targetsOf(comparisons: readonly Comparison[], outcomes: readonly RuleOutcome[]): readonly Target[] {
  const byPath = new Map(comparisons.map(c => [c.path, c]))
  const targets = new Set<Target>()
  for (const outcome of outcomes.filter(o => o.result === 'fail')) {
    const members = outcome.configs.flatMap(path => byPath.get(path) ?? [])
    for (const most of members.filter(isTarget).sort(byDelta).slice(0, 1)) targets.add(most)
  }
  return [...targets].sort(byDelta)
}

function isTarget(comparison: Comparison): comparison is Target {
  return comparison.head !== null && comparison.status !== 'unchanged'
}

function byDelta(a: Comparison, b: Comparison): number {
  const size = ({ delta }: Comparison): number => (delta.usd.known ? delta.usd.value : 0)
  return size(b) - size(a)
}

function settingsFor(target: Target, input: JudgeInput): readonly SettingToChange[] {
  const { run } = target.head
  const beside = needed(target, input)
  const found: SettingToChange[] = []
  for (const name of candidatesOf(target)) {
    const setting = editable(name, run.facts)
    if (setting === undefined) continue
    const { value, at } = setting
    const passes = (to: number, among: JudgeInput): boolean =>
      isOpen(target, { ...run, facts: { ...run.facts, [name]: known(to) } }, among)
    const to = largestPassing(value, STEPS[name](value, run.facts), x => passes(x, beside))
    if (to === undefined || !passes(to, input)) continue
    found.push({ path: target.path, fact: FACTS[name].name, from: value, to, at })
    if (found.length === MOST_SETTINGS) break
  }
  return found
}

/** Settings of this change first: taking back a part of them is the least surprise. A model keeps its depth else. */
function candidatesOf({ attribution }: Comparison): readonly Cuttable[] {
  const raised = new Set(attribution.filter(a => (a.usd ?? a.modelFlops ?? 0) > 0).flatMap(a => a.fact.split(', ')))
  const isRaised = (name: Cuttable): boolean => raised.has(FACTS[name].name)
  return [...CUTTABLE.filter(isRaised), ...CUTTABLE.filter(name => !isRaised(name) && name !== 'numLayers')]
}

/**
 * The number, and where a reader can change it: one line of a config or launch script. None for a number that was derived,
 * and none where another fact was derived from that line: it would not follow in this arithmetic, though it would in the
 * framework's.
 */
function editable(name: Cuttable, facts: RunFacts): { readonly value: number; readonly at: Origin } | undefined {
  const fact = facts[name]
  if (fact?.known !== true) return undefined
  const { value, origins } = fact
  const [at] = origins
  if (at?.line === undefined || origins.length > 1 || (at.kind !== 'config' && at.kind !== 'script')) return undefined
  const isDerivedFrom = (origin: Origin): boolean => origin.path === at.path && origin.line === at.line
  const all: readonly Fact<unknown>[] = Object.values(facts)
  return all.some(other => other.known && other.origins.length > 1 && other.origins.some(isDerivedFrom))
    ? undefined
    : { value, at }
}

/** The comparisons that the target's rules look at: itself, what came and went beside it, all where a rule sums. */
function needed(target: Comparison, input: JudgeInput): JudgeInput {
  const rules = [...(input.policy?.rules ?? []), ...input.inputRules]
  // Stryker disable next-line all: with all comparisons every answer is the same, and takes longer
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
  // Stryker disable next-line ArithmeticOperator: nothing passes from the value on; a higher end is only searched longer
  let high = Math.ceil(value / step) - 1
  if (!passes(low * step)) return undefined
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (passes(middle * step)) low = middle
    else high = middle - 1
  }
  return low * step
}

type Step = (value: number, facts: RunFacts) => number

const threeDigits: Step = value => Math.max(1, 10 ** (Math.floor(Math.log10(value)) - 2))
const whole: Step = () => 1
const numberIn = (fact: Fact<number> | undefined): number | undefined => (fact?.known === true ? fact.value : undefined)

/** Steps and tokens to three digits; a batch that the devices divide; a length that kernels like. */
const STEPS: Readonly<Record<Cuttable, Step>> = {
  steps: threeDigits,
  totalTokens: threeDigits,
  trainSamples: threeDigits,
  epochs: whole,
  globalBatch: (value, { microBatch, dp, accelerators }) => {
    const micro = numberIn(microBatch) ?? 1
    const devices = numberIn(dp) ?? numberIn(accelerators) ?? 1
    return [micro * devices, micro, 8].find(step => step < value && value % step === 0) ?? 1
  },
  gradAccum: whole,
  seqLen: value => [256, 64, 8].find(step => value >= 8 * step && value % step === 0) ?? 1,
  generations: whole,
  numLayers: whole,
}

/** The first label of the policy that would open the gate, if someone other than the author put it there now. */
function labelFor(input: JudgeInput): WaysToPass['label'] {
  return input.policy?.overrides.find(({ label }) => {
    const labels = known([{ name: label, ...AS_GRANTED }])
    return judge({ ...input, labels }).conclusion === 'overridden'
  })
}
