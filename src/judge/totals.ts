import type { Comparison } from '../compare/index.ts'
import type { Range } from '../facts/index.ts'
import type { Estimate } from '../estimate/index.ts'
import { USD, measuresIn } from './metrics.ts'
import type { Verdict } from './types.ts'

const usd = measuresIn(USD).cost

type Side = 'base' | 'head'

/** A side that the config does not have: an added one cost nothing at the base, and a removed one costs nothing now. */
function isAbsent({ status }: Comparison, side: Side): boolean {
  return status === (side === 'base' ? 'added' : 'removed')
}

function rangeOf(estimate: Estimate | null): Range | null {
  if (estimate === null) return null
  const cost = usd.of(estimate)
  return cost.known ? cost.value : null
}

function sumOf(comparisons: readonly Comparison[], side: Side): Range | null {
  let sum: Range = { low: 0, expected: 0, high: 0 }
  for (const comparison of comparisons) {
    if (isAbsent(comparison, side)) continue
    const range = rangeOf(comparison[side])
    if (range === null) return null
    sum = { low: sum.low + range.low, expected: sum.expected + range.expected, high: sum.high + range.high }
  }
  return sum
}

export function totalsOf(comparisons: readonly Comparison[]): Verdict['totals'] {
  const changed = comparisons.filter(c => c.status !== 'unchanged')
  const [before, after] = [sumOf(changed, 'base'), sumOf(changed, 'head')]
  const isUnknown = (c: Comparison): boolean =>
    (['base', 'head'] as const).some(side => !isAbsent(c, side) && rangeOf(c[side]) === null)
  return {
    base: sumOf(comparisons, 'base'),
    head: sumOf(comparisons, 'head'),
    delta: before === null || after === null ? null : after.expected - before.expected,
    unknown: changed.filter(isUnknown).length,
  }
}
