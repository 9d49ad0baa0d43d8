import { compareRuns, failedComparison } from './compare/index.ts'
import type { Comparison } from './compare/index.ts'
import { estimate } from './estimate/index.ts'
import type { PairReading } from './pairs.ts'
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
export function comparisonOf({ path, basePath, base, head }: PairReading, shown: Shown): Comparison {
  if (head.is === 'broken') return failedComparison({ path, base: runIn(base), problems: head.problems })
  const run = runIn(head)
  const before = runIn(base)
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
