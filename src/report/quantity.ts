/** What a report counts in: money where there is a price, else accelerator-hours, else FLOPs. One unit a report. */
import type { Attribution, Comparison } from '../compare/index.ts'
import type { Estimate } from '../estimate/index.ts'
import { known, unknown, type Fact, type Range } from '../facts/index.ts'
import { hours as hoursText, money, scientific, type Print } from './numbers.ts'
import type { Report } from './types.ts'

/** What a report can count in. */
type Numbers = Pick<Estimate, 'usd' | 'acceleratorSeconds'> & { readonly flops: Pick<Estimate['flops'], 'model'> }

export interface Quantity {
  readonly unit: 'usd' | 'hours' | 'flops'
  /** Completes "Training …": the subject of the headline. */
  readonly noun: string
  /** Completes "Δ …". */
  readonly column: string
  readonly print: Print
  /** As `print`, with the unit behind the number where the number does not carry it. */
  readonly printWithUnit: Print
  /** The band of one side; of FLOPs, which have none, the value three times. */
  readonly of: (numbers: Numbers) => Fact<Range>
  readonly delta: (comparison: Comparison) => Fact<number>
  /** Null where the difference in this unit is unknown. */
  readonly share: (attribution: Attribution) => number | null
}

const hours = (range: Fact<Range>): Fact<Range> => mapped(range, scaledBy(1 / 3600))

function mapped<A, B>(fact: Fact<A>, f: (value: A) => B): Fact<B> {
  return fact.known ? { ...fact, value: f(fact.value) } : fact
}

function scaledBy(factor: number): (range: Range) => Range {
  return range => ({ low: range.low * factor, expected: range.expected * factor, high: range.high * factor })
}

export function quantityOf(report: Pick<Report, 'comparisons' | 'currency'>): Quantity {
  const sides = report.comparisons.flatMap(c => [c.base, c.head]).filter(side => side !== null)
  const unit = kindOf(sides)
  switch (unit) {
    case 'usd':
      return {
        unit,
        noun: 'cost',
        column: 'cost',
        print: (value, digits) => money(value, report.currency, digits),
        printWithUnit: (value, digits) => money(value, report.currency, digits),
        of: estimate => estimate.usd,
        delta: comparison => comparison.delta.usd,
        share: attribution => attribution.usd,
      }
    case 'hours': {
      const name = hoursName(sides)
      return {
        unit,
        noun: 'time',
        column: name,
        print: hoursText,
        printWithUnit: (value, digits) => `${hoursText(value, digits)} ${name}`,
        of: estimate => hours(estimate.acceleratorSeconds),
        delta: comparison => mapped(comparison.delta.acceleratorSeconds, seconds => seconds / 3600),
        share: ({ acceleratorSeconds }) => (acceleratorSeconds === null ? null : acceleratorSeconds / 3600),
      }
    }
    case 'flops':
      return {
        unit,
        noun: 'compute',
        column: 'FLOPs',
        print: (value, digits) => scientific(value, digits - 1),
        printWithUnit: (value, digits) => `${scientific(value, digits - 1)} FLOPs`,
        of: estimate => mapped(estimate.flops.model, value => ({ low: value, expected: value, high: value })),
        delta: comparison => comparison.delta.modelFlops,
        share: attribution => attribution.modelFlops,
      }
  }
}

function kindOf(sides: readonly Estimate[]): Quantity['unit'] {
  if (sides.some(side => side.usd.known)) return 'usd'
  if (sides.some(side => side.acceleratorSeconds.known)) return 'hours'
  if (sides.some(side => side.flops.model.known)) return 'flops'
  // Nothing is known at all: what people came for is the cost.
  return 'usd'
}

/** `H100-hours` where every known accelerator is of that kind, else `accelerator-hours`. */
export function hoursName(sides: readonly Estimate[]): string {
  const kinds = new Set(sides.map(side => acceleratorName(side)).filter(name => name !== undefined))
  const [only] = kinds
  return kinds.size === 1 && only !== undefined ? `${only}-hours` : 'accelerator-hours'
}

/** `H100` for `H100-SXM`, `A100` for `A100-SXM4-80GB`: the kind without its form and memory. */
export function acceleratorName(estimate: Estimate): string | undefined {
  const { accelerator } = estimate.run.hardware
  return accelerator.known ? accelerator.value.id.replace(/-(?:SXM\d?|PCIE|NVL|\d+GB)\b.*$/i, '') : undefined
}

export interface Totals {
  readonly base: Range | null
  readonly head: Range | null
  readonly delta: Fact<number>
  /** Of the base; undefined where there is none to compare with. */
  readonly percent: number | undefined
}

/** Sums over the configs that move, in the report's unit. The difference in money is the verdict's own: report and gate cannot differ. */
export function totalsOf(report: Report, quantity: Quantity): Totals {
  const moving = report.comparisons.filter(c => c.status !== 'unchanged')
  const base = summed(moving, 'base', quantity)
  const head = summed(moving, 'head', quantity)
  const delta = quantity.unit === 'usd' ? report.verdict.totals.delta : sumOfDeltas(moving, quantity)
  const fact: Fact<number> = delta === null ? unknown(...missingOf(moving)) : known(delta)
  return { base, head, delta: fact, percent: percentOf(fact, base) }
}

function sumOfDeltas(moving: readonly Comparison[], quantity: Quantity): number | null {
  let sum = 0
  for (const comparison of moving) {
    const delta = quantity.delta(comparison)
    if (!delta.known) return null
    sum += delta.value
  }
  return sum
}

function percentOf(delta: Fact<number>, base: Range | null): number | undefined {
  return delta.known && base !== null && base.expected > 0 ? (100 * delta.value) / base.expected : undefined
}

/** Null where no config has that side, or one that should does not say. */
function summed(moving: readonly Comparison[], side: 'base' | 'head', quantity: Quantity): Range | null {
  const absent = side === 'base' ? 'added' : 'removed'
  const present = moving.filter(c => c.status !== absent)
  let sum: Range = { low: 0, expected: 0, high: 0 }
  for (const c of present) {
    const estimate = c[side]
    const range = estimate === null ? undefined : quantity.of(estimate)
    if (range?.known !== true) return null
    const { low, expected, high } = range.value
    sum = { low: sum.low + low, expected: sum.expected + expected, high: sum.high + high }
  }
  return present.length === 0 ? null : sum
}

/** What the sides of these comparisons lack, head first, once each. */
export function missingOf(comparisons: readonly Comparison[]) {
  const all = comparisons.flatMap(c => [...(c.head?.unknown ?? []), ...(c.base?.unknown ?? [])])
  return all.filter((m, i) => all.findIndex(other => other.fact === m.fact && other.why === m.why) === i)
}
