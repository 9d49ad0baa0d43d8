import { compareRuns, failedComparison } from './compare/index.ts'
import type { Comparison } from './compare/index.ts'
import { calibrationOf, estimate } from './estimate/index.ts'
import { FACTS, isAbsent, unknown } from './facts/index.ts'
import type { FactName } from './facts/index.ts'
import type { PairReading } from './pairs.ts'
import type { RereadPair } from './rereading.ts'
import type { Run } from './resolve/index.ts'

interface Shown {
  /** Whether to say what each changed setting brings. */
  readonly attribute: boolean
  /** The head's run on other hardware, where the report shows it. */
  readonly alternativesOf: (head: Run) => readonly Run[]
  /** The head's cost against single settings, for charts. */
  readonly curves: boolean
}

/** Both sides of one config, priced. What could not be read is an error at the head, and a warning at the base. */
export function comparisonOf({ path, basePath, base, head, asBefore }: RereadPair, shown: Shown): Comparison {
  if (head.is === 'broken') return failedComparison({ path, base: runIn(base), problems: head.problems })
  const before = runIn(base)
  const run = withoutGuess(before, withoutDisguise(before, runIn(head), asBefore))
  return compareRuns({
    base: before !== null && run !== null && isNewRun(before, run) ? null : before,
    head: run,
    ...(basePath === path ? {} : { basePath }),
    ...(base.is === 'broken' ? { baseProblems: base.problems } : {}),
    attribute: shown.attribute,
    curves: shown.curves,
    alternatives: run === null ? [] : shown.alternativesOf(run),
  })
}

function runIn(side: PairReading['base']): Run | null {
  return side.is === 'run' ? side.run : null
}

/**
 * A part of a run (a launcher's section, a model's shape) that nobody could price was no run: the training in its place is
 * new. Otherwise such a file, put there first, would leave a dear one without a base and without a limit for new ones.
 */
function isNewRun(before: Run, after: Run): boolean {
  return before.fragment && !after.fragment && !estimate(before).flops.model.known
}

/** Less than this share of what it costs as its base is read, and another reading is more than another default here or there. */
const ANOTHER_RUN = 1 / 2

/**
 * A head that costs more when it is read as its base was is judged by that reading, and where it costs much more by neither:
 * nobody can say which of the two it is, and from then on its changes would be judged by the cheap one.
 */
function withoutDisguise(before: Run | null, run: Run | null, asBefore: Run | undefined): Run | null {
  if (before === null || run === null || asBefore === undefined) return run
  const share = shareOf(run, asBefore, before)
  if (share === undefined || share >= 1) return run
  if (share >= ANOTHER_RUN) return asBefore
  const framework = unknown({
    fact: 'framework',
    why: `it is read as ${run.framework} now, and would cost far more read as ${asBefore.framework}, like its base`,
    remedy: `take the keys of the other one out, or merge framework: ${run.framework} into the policy's configs first`,
    absent: false,
    at: { kind: 'config', path: run.path },
  })
  return { ...run, facts: { ...run.facts, hiddenSize: framework, numLayers: framework } }
}

/** Of the cost at one efficiency, else of the work; undefined where either is unknown. */
function shareOf(run: Run, other: Run, level: Run): number | undefined {
  const calibration = calibrationOf(level)
  const [a, b] = [estimate(run, calibration), estimate(other, calibration)]
  if (a.usd.known && b.usd.known) return a.usd.value.expected / b.usd.value.expected
  return a.flops.model.known && b.flops.model.known ? a.flops.model.value / b.flops.model.value : undefined
}

interface Guess {
  readonly what: string
  /** Facts of which one is enough. */
  readonly names: readonly FactName[]
  /** The one that an estimate assumes where none is given. */
  readonly assumed: 'epochs' | 'gradAccum'
}

const LENGTH: Guess = {
  what: 'how long it trains',
  names: ['steps', 'totalTokens', 'trainSamples', 'epochs'],
  assumed: 'epochs',
}
const BATCH: Guess = { what: 'how much a step takes', names: ['globalBatch', 'gradAccum'], assumed: 'gradAccum' }

/**
 * A head that does not say any more how long it trains, or how much a step takes, in a framework that has no default: one
 * pass over the data, or one micro batch, would look as if it had been cut. Whatever key says it now, we do not read it.
 */
function withoutGuess(before: Run | null, after: Run | null): Run | null {
  if (before === null || after === null || after.framework !== before.framework) return after
  const isSaid = ({ facts }: Run, name: FactName): boolean => {
    const fact = facts[name]
    return fact !== undefined && !isAbsent(fact)
  }
  const guesses = isSaid(after, 'steps') ? [LENGTH, BATCH] : [LENGTH]
  return guesses.reduce((run, { what, names, assumed }) => {
    const lost = names.find(name => isSaid(before, name))
    if (lost === undefined || names.some(name => isSaid(after, name))) return run
    const unsaid = unknown({
      fact: FACTS[assumed].name,
      why: `the base says ${what} (${FACTS[lost].name}), and the head does not`,
      remedy: `say it by ${FACTS[lost].name}, or by ${FACTS[assumed].name} under facts in the policy`,
      absent: false,
    })
    return { ...run, facts: { ...run.facts, [assumed]: unsaid } }
  }, after)
}
