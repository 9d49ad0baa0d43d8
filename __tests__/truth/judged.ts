import { known, type Range } from '../../src/facts/index.ts'
import {
  goodputOf,
  ownEfficiency,
  practiceApplies,
  scaleEfficiency,
  steadyEfficiency,
} from '../../src/estimate/efficiency.ts'
import { estimate, withRate, type Estimate } from '../../src/estimate/index.ts'
import { prepared } from '../../src/estimate/prepared.ts'
import { startUpSeconds } from '../../src/estimate/time-and-cost.ts'
import type { Run } from '../../src/resolve/index.ts'
import { acceleratorOf, runsOf, type Row } from './rows.ts'

/** One published number beside what the estimator says of the same run. */
export interface Judged {
  readonly id: string
  /** What a split leaves out together: the sizes of one model family in one table. */
  readonly family: string
  /** Who published it: an article, a repository, a table. */
  readonly source: string
  readonly accelerator: string
  /** Rows that were measured in one place on one kind of hardware. */
  readonly table: string
  readonly published: number
  readonly estimated: Range
  readonly ratio: number
}

function judged(row: Row, key: string, published: number, estimated: Range, family = row.family): Judged {
  const { id, accelerator } = row
  const source = (row.published[key]?.source ?? row.source ?? row.class).split(/[@ ,;]/)[0] ?? ''
  const ratio = estimated.expected / published
  return { id, family, source, accelerator: accelerator ?? '', table: row.class, published, estimated, ratio }
}

const exactly = (value: number): Range => ({ low: value, expected: value, high: value })

function add(ranges: readonly Range[], unit: number): Range {
  const end = (name: keyof Range) => ranges.reduce((sum, range) => sum + range[name], 0) / unit
  return { low: end('low'), expected: end('expected'), high: end('high') }
}

/** Total FLOPs like with like: hardware FLOPs where the publication counts recomputation; other conventions are left out. */
export function flopsRow(row: Row, estimates: readonly Estimate[]): Judged | undefined {
  const published = row.published['flops']
  if (published === undefined || published.flops_kind === 'other') return undefined
  const totals = estimates.map(one => (published.flops_kind === 'hardware' ? one.flops.hardware : one.flops.model))
  const knowns = totals.flatMap(fact => (fact.known ? [exactly(fact.value)] : []))
  if (knowns.length === 0 || knowns.length < totals.length) return undefined
  return judged(row, 'flops', published.value, add(knowns, 1))
}

/**
 * A row that gives both TFLOP/s and tokens/s: FLOPs of a token × tokens/s, against the TFLOP/s. Both are of one
 * accelerator; the rows count model FLOPs.
 */
export function recipeRow(row: Row): Judged | undefined {
  const { tokens_per_second_per_accelerator: rate, model_tflops_per_accelerator: teraflops } = row.published
  const [run] = rate === undefined || teraflops === undefined ? [] : runsOf({ ...row, tokens: 1e9 })
  if (rate === undefined || teraflops === undefined || run === undefined) return undefined
  const { perToken } = estimate(run).flops
  if (!perToken.known) return undefined
  const estimated = exactly((perToken.value * rate.value) / 1e12)
  return judged(row, 'model_tflops_per_accelerator', teraflops.value, estimated, tableFamily(row))
}

/** MLPerf's clock starts with the first step: the start-up that our high end has is not in its hours. */
function uncountedStartUpHours({ class: kind, accelerator, accelerator_count: count }: Row): number {
  if (!kind.startsWith('mlperf') || count === null) return 0
  return (count * startUpSeconds(count, 8, accelerator?.startsWith('TPU') === true)) / 3600
}

export function hoursRow(row: Row, estimates: readonly Estimate[]): Judged | undefined {
  const { accelerator_hours: total, hours, days } = row.published
  const wall = hours?.value ?? (days === undefined ? undefined : 24 * days.value)
  const published =
    total?.value ?? (wall === undefined || row.accelerator_count === null ? undefined : wall * row.accelerator_count)
  const times = estimates.flatMap(one => (one.acceleratorSeconds.known ? [one.acceleratorSeconds.value] : []))
  if (published === undefined || row.exclude_hours === true || times.length === 0 || times.length < estimates.length)
    return undefined
  const range = add(times, 3600)
  const key = total !== undefined ? 'accelerator_hours' : hours !== undefined ? 'hours' : 'days'
  return judged(row, key, published, { ...range, high: range.high - uncountedStartUpHours(row) })
}

/** Sizes of one accelerator and table: what is left out together is a model that the table has not seen. */
function tableFamily(row: Row): string {
  return `${row.class} ${row.family} ${row.arch.layers} × ${row.arch.hidden}`
}

const TOKENS = 1e9

/** The run of a row that gives a rate: any length does. */
export function ratedRun(row: Row): Run | undefined {
  const runs = runsOf({ ...row, tokens: TOKENS })
  return row.published['tokens_per_second_per_accelerator'] === undefined ? undefined : runs[0]
}

/**
 * A measured rate of one accelerator. A steady one is priced without what whole runs lose, but with what scale takes,
 * in the band of the accelerator's own part (docs/estimator.md §7); others, of fine-tuning with its data, as whole runs.
 */
export function rateRow(row: Row, steady: boolean): Judged | undefined {
  const published = row.published['tokens_per_second_per_accelerator']
  const run = ratedRun(row)
  const accelerator = acceleratorOf(row.accelerator)
  const workload = run === undefined ? undefined : prepared(run).workload
  if (published === undefined || run === undefined || accelerator === undefined || workload?.known !== true)
    return undefined
  const judge = (rate: Range) =>
    judged(row, 'tokens_per_second_per_accelerator', published.value, rate, tableFamily(row))
  const level = exactly(steadyEfficiency(workload.value))
  const { acceleratorSeconds } = steady ? estimate(run, { common: level, commonSource: 'steady rate' }) : estimate(run)
  if (!acceleratorSeconds.known) return undefined
  const { low, expected, high } = acceleratorSeconds.value
  if (!steady) return judge({ low: TOKENS / high, expected: TOKENS / expected, high: TOKENS / low })
  const { accelerators } = workload.value
  const scaled = practiceApplies(workload.value) ? scaleEfficiency(accelerators) : 1 / goodputOf(accelerators).expected
  const rate = (TOKENS / expected) * scaled
  const { matrix } = ownEfficiency(accelerator, workload.value)
  return judge({
    low: (rate * matrix.low) / matrix.expected,
    expected: rate,
    high: (rate * matrix.high) / matrix.expected,
  })
}

/** Rows of one kind of hardware and precision, each predicted from the measured rate of one of them. */
export function calibratedRows(rows: readonly Row[]): readonly Judged[] {
  const groups = new Map<string, Row[]>()
  for (const row of rows.filter(each => ratedRun(each) !== undefined)) {
    const key = `${String(row.accelerator)} ${row.precision} ${row.arch.moe === undefined ? 'dense' : 'mixture'} ${row.class}`
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  const rateOf = (row: Row) => row.published['tokens_per_second_per_accelerator']!.value
  return [...groups.values()]
    .filter(group => group.length >= 4)
    .flatMap(group => {
      // The row in the middle by size: a team's usual run.
      const bySize = [...group].sort((a, b) => a.arch.layers * a.arch.hidden ** 2 - b.arch.layers * b.arch.hidden ** 2)
      const reference = bySize[bySize.length >> 1]!
      const measuredOn = ratedRun(reference)
      return group.flatMap(row => {
        const run = ratedRun(row)
        if (row === reference || run === undefined || measuredOn === undefined) return []
        const rated = withRate(run, rateOf(reference) * (reference.accelerator_count ?? 1), reference.id, {
          config: reference.id,
          ref: 'published',
          run: known(measuredOn),
        })
        const { acceleratorSeconds } = estimate(rated)
        if (!acceleratorSeconds.known) return []
        const goodput = goodputOf(row.accelerator_count ?? undefined).expected
        const { low, expected, high } = acceleratorSeconds.value
        const rate = {
          low: TOKENS / high / goodput,
          expected: TOKENS / expected / goodput,
          high: TOKENS / low / goodput,
        }
        return [judged(row, 'tokens_per_second_per_accelerator', rateOf(row), rate, tableFamily(row))]
      })
    })
}
