import { readFileSync } from 'node:fs'
import { estimate } from '../../src/estimate/index.ts'
import { medianError, newReport, share, inBand, within, worsened } from './figures.ts'
import { flopsRow, hoursRow, rateRow, type Judged } from './judged.ts'
import { runsOf, type Row } from './rows.ts'

/** Published runs and rates that are part of the repository, so that they are held wherever the suite runs. */
const { seen, unseen } = JSON.parse(readFileSync(new URL('./more-runs.json', import.meta.url), 'utf8')) as {
  readonly seen: readonly Row[]
  readonly unseen: readonly Row[]
}
const { reachedOnMore } = JSON.parse(readFileSync(new URL('./reached.json', import.meta.url), 'utf8')) as {
  readonly reachedOnMore: Readonly<Record<string, number>>
}

const report = newReport()

const flops = (rows: readonly Row[]) => judged(rows, (row, estimates) => flopsRow(row, estimates))
const hours = (rows: readonly Row[]) => judged(rows, (row, estimates) => hoursRow(row, estimates))
const rates = (rows: readonly Row[]) => judged(rows, row => rateRow(row, true))

function judged(
  rows: readonly Row[],
  judge: (row: Row, estimates: readonly ReturnType<typeof estimate>[]) => Judged | undefined,
): readonly Judged[] {
  return rows.flatMap(
    row =>
      judge(
        row,
        runsOf(row).map(run => estimate(run)),
      ) ?? [],
  )
}

describe('more published runs', () => {
  it('every row is used: none is dropped in silence', () => {
    for (const row of [...seen, ...unseen])
      expect([row.id, flops([row]).length + hours([row]).length + rates([row]).length > 0]).toEqual([row.id, true])
  })

  it('total FLOPs: median error ≤ 3 %, nine of ten within 10 %', () => {
    const rows = report.add('flops', 'total FLOPs', 'FLOPs', flops(seen))
    expect(rows.length).toBeGreaterThanOrEqual(10)
    expect(medianError(rows)).toBeLessThanOrEqual(3)
    expect(within(rows, 0.1)).toBeGreaterThanOrEqual(0.9)
  })

  it('accelerator-hours: median error ≤ 18 %, six of ten within a quarter, eight of ten in their band', () => {
    const rows = report.add('hours', 'accelerator-hours', 'hours', hours(seen))
    expect(rows.length).toBeGreaterThanOrEqual(30)
    expect(medianError(rows)).toBeLessThanOrEqual(18)
    expect(within(rows, 0.25)).toBeGreaterThanOrEqual(0.6)
    expect(share(rows, inBand)).toBeGreaterThanOrEqual(0.8)
  })

  it('rates of frameworks and accelerators that no table was fitted on: the median is what was reached', () => {
    const rows = report.add('rates', 'tokens per second of one accelerator', 'tokens/s', rates(seen))
    expect(rows.length).toBeGreaterThanOrEqual(50)
  })

  it('runs that were collected after the last change: printed beside the others', () => {
    report.add('hours, unseen', 'accelerator-hours, not seen before', 'hours', hours(unseen))
    report.add('rates, unseen', 'tokens per second, not seen before', 'tokens/s', rates(unseen))
  })

  it('no median is worse by more than a point than what was reached', () => {
    expect(worsened(reachedOnMore, report.medians())).toEqual([])
  })

  afterAll(() => {
    console.log(report.text())
  })
})
