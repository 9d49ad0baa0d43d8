import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { goodputOf, practiceApplies, scaleEfficiency, steadyEfficiency } from '../../src/estimate/efficiency.ts'
import { calibrationOf, estimate, withRate, type Estimate } from '../../src/estimate/index.ts'
import { prepared } from '../../src/estimate/prepared.ts'
import { runsOf, type Row } from './rows.ts'

/**
 * Published runs and measured rates against the estimator. The rows are not part of the repository: the suite runs
 * where they lie beside it, and says so where they do not.
 */
const folder = join(process.cwd(), '..', 'shared', 'truth')
const present = existsSync(join(folder, 'runs.json'))

/** Medians that have been reached, in percent. One that gets worse by more than a point fails. */
const REACHED = { flops: 1.5, hours: 17.6, hoursLeftOut: 17.6, rates: 3.8, ratesLeftOut: 3.1, ratesCalibrated: 6.2 }

interface Judged {
  readonly id: string
  /** What a split leaves out together. */
  readonly family: string
  readonly published: number
  readonly estimated: number
  readonly ratio: number
  readonly inBand: boolean
}

function rowsOf(file: string): readonly Row[] {
  const read = JSON.parse(readFileSync(join(folder, file), 'utf8')) as
    readonly Row[] | { readonly rows: readonly Row[] }
  return 'rows' in read ? read.rows : read
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

const errorOf = (row: Judged) => Math.abs(row.ratio - 1)
const share = <T>(rows: readonly T[], holds: (row: T) => boolean) => rows.filter(holds).length / rows.length

function summary(kind: string, rows: readonly Judged[]): string {
  const digits = (n: number) => n.toPrecision(4)
  return [
    `${kind}: ${rows.length} rows, median error ${(100 * median(rows.map(errorOf))).toFixed(1)} %, median ratio ${median(rows.map(row => row.ratio)).toFixed(3)}, within 10 % ${(100 * share(rows, row => errorOf(row) <= 0.1)).toFixed(0)} %, in band ${(100 * share(rows, row => row.inBand)).toFixed(0)} %`,
    ...[...rows]
      .sort((a, b) => a.ratio - b.ratio)
      .map(
        row =>
          `  ${row.id.padEnd(42)} ${digits(row.published).padStart(10)} ${digits(row.estimated).padStart(10)} ${row.ratio.toFixed(2)}${row.inBand ? '' : ' outside'}`,
      ),
  ].join('\n')
}

function add(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0)
}

/** Total FLOPs like with like: hardware FLOPs where the publication counts recomputation; other conventions are left out. */
function flopsRow(row: Row, estimates: readonly Estimate[]): Judged | undefined {
  const published = row.published['flops']
  if (published === undefined || published.flops_kind === 'other') return undefined
  const totals = estimates.map(one => (published.flops_kind === 'hardware' ? one.flops.hardware : one.flops.model))
  const knowns = totals.flatMap(fact => (fact.known ? [fact.value] : []))
  if (knowns.length === 0 || knowns.length < totals.length) return undefined
  const ratio = add(knowns) / published.value
  const { id, family } = row
  return { id, family, published: published.value, estimated: add(knowns), ratio, inBand: Math.abs(ratio - 1) <= 0.1 }
}

function hoursRow(row: Row, estimates: readonly Estimate[]): Judged | undefined {
  const { accelerator_hours: total, hours, days } = row.published
  const wall = hours?.value ?? (days === undefined ? undefined : 24 * days.value)
  const published =
    total?.value ?? (wall === undefined || row.accelerator_count === null ? undefined : wall * row.accelerator_count)
  const times = estimates.flatMap(one => (one.acceleratorSeconds.known ? [one.acceleratorSeconds.value] : []))
  if (published === undefined || row.exclude_hours === true || times.length === 0 || times.length < estimates.length)
    return undefined
  const [low, expected, high] = (['low', 'expected', 'high'] as const).map(end => add(times.map(t => t[end])) / 3600)
  return {
    id: row.id,
    family: row.family,
    published,
    estimated: expected!,
    ratio: expected! / published,
    inBand: low! <= published && published <= high!,
  }
}

/** A measured rate is a steady one: priced without what whole runs lose, but with what scale takes (docs/estimator.md §7). */
function rateRow(row: Row): Judged | undefined {
  const published = row.published['tokens_per_second_per_accelerator']
  const [run] = runsOf({ ...row, tokens: 1e9 })
  if (published === undefined || run === undefined) return undefined
  const { workload } = prepared(run)
  if (!workload.known) return undefined
  const level = steadyEfficiency(workload.value)
  const steady = { low: level, expected: level, high: level }
  const { acceleratorSeconds } = estimate(run, { common: steady, commonSource: 'steady rate' })
  if (!acceleratorSeconds.known) return undefined
  const { accelerators } = workload.value
  const scaled = practiceApplies(workload.value) ? scaleEfficiency(accelerators) : 1 / goodputOf(accelerators).expected
  const estimated = (1e9 / acceleratorSeconds.value.expected) * scaled
  const ratio = estimated / published.value
  // Sizes of one accelerator and table: what is left out together is a model that the table has not seen.
  const family = `${row.class} ${row.family} ${row.arch.layers} × ${row.arch.hidden}`
  return { id: row.id, family, published: published.value, estimated, ratio, inBand: Math.abs(ratio - 1) <= 0.2 }
}

/**
 * Errors of rows whose family was left out when the level was fitted: the ratio of each row over the median ratio of all
 * other families in its group.
 */
function leftOut(rows: readonly Judged[], groupOf: (row: Judged) => string): readonly number[] {
  return rows.flatMap(row => {
    const others = rows.filter(other => other.family !== row.family && groupOf(other) === groupOf(row))
    return others.length < 3 ? [] : [Math.abs(row.ratio / median(others.map(other => other.ratio)) - 1)]
  })
}

const percentOf = (errors: readonly number[]) => 100 * median(errors)

/** Rows of one kind of hardware and precision, each predicted from the measured rate of one of them. */
function calibratedErrors(rows: readonly Row[]): readonly number[] {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const key = `${String(row.accelerator)} ${row.precision} ${row.arch.moe === undefined ? 'dense' : 'mixture'} ${row.class}`
    if (
      row.published['tokens_per_second_per_accelerator'] !== undefined &&
      runsOf({ ...row, tokens: 1e9 }).length === 1
    )
      groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return [...groups.values()]
    .filter(group => group.length >= 4)
    .flatMap(group => {
      // The row in the middle by size: a team's usual run.
      const bySize = [...group].sort((a, b) => a.arch.layers * a.arch.hidden ** 2 - b.arch.layers * b.arch.hidden ** 2)
      const reference = bySize[bySize.length >> 1]!
      const [measuredOn] = runsOf({ ...reference, tokens: 1e9 })
      const rateOf = (row: Row) => row.published['tokens_per_second_per_accelerator']!.value
      return group.flatMap(row => {
        const [run] = runsOf({ ...row, tokens: 1e9 })
        if (row === reference || run === undefined || measuredOn === undefined) return []
        const rated = withRate(run, rateOf(reference) * (reference.accelerator_count ?? 1), reference.id)
        const { acceleratorSeconds } = estimate(rated, calibrationOf(rated, measuredOn))
        if (!acceleratorSeconds.known) return []
        const goodput = goodputOf(row.accelerator_count ?? undefined).expected
        return [Math.abs(1e9 / acceleratorSeconds.value.expected / goodput / rateOf(row) - 1)]
      })
    })
}

const report: string[] = []

;(present ? describe : describe.skip)('published runs', () => {
  const estimated = present
    ? rowsOf('runs.json')
        .filter(row => row.exclude_from_stats !== true)
        .map(row => ({ row, estimates: runsOf(row).map(run => estimate(run)) }))
    : []

  it('total FLOPs: median error ≤ 3 %, nine of ten within 10 %', () => {
    const rows = estimated.flatMap(({ row, estimates }) => flopsRow(row, estimates) ?? [])
    report.push(summary('FLOPs', rows))
    expect(rows.length).toBeGreaterThanOrEqual(14)
    expect(median(rows.map(errorOf))).toBeLessThanOrEqual(0.03)
    expect(percentOf(rows.map(errorOf))).toBeLessThanOrEqual(REACHED.flops + 1)
    expect(share(rows, row => errorOf(row) <= 0.1)).toBeGreaterThanOrEqual(0.9)
  })

  it('accelerator-hours: median error no worse than reached, also of families left out; eight of ten in their band', () => {
    const rows = estimated.flatMap(({ row, estimates }) => hoursRow(row, estimates) ?? [])
    report.push(summary('accelerator-hours', rows))
    expect(rows.length).toBeGreaterThanOrEqual(70)
    expect(percentOf(rows.map(errorOf))).toBeLessThanOrEqual(REACHED.hours + 1)
    const errors = leftOut(rows, () => 'all')
    report.push(
      `accelerator-hours, level fitted without the family: median error ${percentOf(errors).toFixed(1)} % of ${errors.length}`,
    )
    expect(percentOf(errors)).toBeLessThanOrEqual(REACHED.hoursLeftOut + 1)
    expect(share(rows, row => row.inBand)).toBeGreaterThanOrEqual(0.8)
  })

  it('rates: median error no worse than reached, also of models left out', () => {
    const rows = rowsOf('throughput.json').flatMap(row => rateRow(row) ?? [])
    report.push(summary('tokens per second', rows))
    expect(rows.length).toBeGreaterThanOrEqual(200)
    expect(percentOf(rows.map(errorOf))).toBeLessThanOrEqual(REACHED.rates + 1)
    const errors = leftOut(rows, row => row.family.split(' ').slice(0, -4).join(' '))
    report.push(
      `rates, level of the table fitted without the model: median error ${percentOf(errors).toFixed(1)} % of ${errors.length}`,
    )
    expect(percentOf(errors)).toBeLessThanOrEqual(REACHED.ratesLeftOut + 1)
  })

  it('rates, calibrated on one row of each kind of hardware: median error of the others ≤ 10 %', () => {
    const errors = calibratedErrors(rowsOf('throughput.json'))
    report.push(
      `rates, calibrated on one row of each kind of hardware: median error ${percentOf(errors).toFixed(1)} % of ${errors.length} others`,
    )
    expect(errors.length).toBeGreaterThanOrEqual(100)
    expect(percentOf(errors)).toBeLessThanOrEqual(Math.min(10, REACHED.ratesCalibrated + 1))
  })

  it('memory: of the runs whose rates were measured, at most one in fifty would not have fitted', () => {
    const ran = rowsOf('throughput.json').filter(row => row.micro_batch !== undefined)
    const verdicts = ran.flatMap(row => runsOf({ ...row, tokens: 1e9 })).flatMap(run => estimate(run).memory)
    const known = verdicts.flatMap(memory => (memory.known ? [memory.value.verdict] : []))
    const count = (verdict: string) => known.filter(each => each === verdict).length
    report.push(
      `memory: ${known.length} runs that ran, ${count('fits')} fit, ${count('tight')} tight, ${count('out-of-memory')} out`,
    )
    expect(known.length).toBeGreaterThanOrEqual(180)
    expect(count('out-of-memory') / known.length).toBeLessThanOrEqual(0.02)
  })

  afterAll(() => {
    console.log(report.join('\n\n'))
  })
})

if (!present)
  it('the published runs are not beside this checkout: nothing to compare with', () => {
    expect(existsSync(join(folder, 'runs.json'))).toBe(false)
  })
