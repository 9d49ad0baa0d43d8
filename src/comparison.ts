import { compareRuns, failedComparison } from './compare/index.ts'
import type { Comparison } from './compare/index.ts'
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
  return compareRuns({
    base: runIn(base),
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
