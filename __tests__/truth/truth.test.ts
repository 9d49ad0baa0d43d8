import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { estimate } from '../../src/estimate/index.ts'
import { inBand, medianError, newReport, refittedWithout, share, within, worsened } from './figures.ts'
import { calibratedRows, flopsRow, hoursRow, rateRow, recipeRow, type Judged } from './judged.ts'
import { runsOf, type Row } from './rows.ts'

/**
 * Published runs and measured rates against the estimator. The rows are not part of the repository: the suite runs
 * where they lie beside it, and says so where they do not. Runs that are part of it: more-runs.test.ts.
 */
const folder = process.env['TRAINCOST_TRUTH'] ?? join(process.cwd(), '..', 'shared', 'truth')
const present = existsSync(join(folder, 'runs.json'))

/** Median errors that have been reached, in percent. */
const { reached } = JSON.parse(readFileSync(new URL('./reached.json', import.meta.url), 'utf8')) as {
  readonly reached: Readonly<Record<string, number>>
}

function rowsOf(file: string): readonly Row[] {
  const read = JSON.parse(readFileSync(join(folder, file), 'utf8')) as
    readonly Row[] | { readonly rows: readonly Row[] }
  return 'rows' in read ? read.rows : read
}

const report = newReport()

;(present ? describe : describe.skip)('published runs', () => {
  const published = present ? rowsOf('runs.json').filter(row => row.exclude_from_stats !== true) : []
  const recipes = present ? rowsOf('throughput.json') : []
  const estimated = published.map(row => ({ row, estimates: runsOf(row).map(run => estimate(run)) }))

  it('total FLOPs: median error ≤ 3 %, nine of ten within 10 %', () => {
    const rows = estimated.flatMap(({ row, estimates }) => flopsRow(row, estimates) ?? [])
    report.add('flops', 'total FLOPs', 'FLOPs', rows)
    expect(rows.length).toBeGreaterThanOrEqual(14)
    expect(medianError(rows)).toBeLessThanOrEqual(3)
    expect(within(rows, 0.1)).toBeGreaterThanOrEqual(0.9)
  })

  it('recipes that give both TFLOP/s and tokens/s agree with our FLOPs of a token: median ≤ 1 %', () => {
    const rows = recipes.flatMap(row => recipeRow(row) ?? [])
    report.add(
      'recipes',
      'TFLOP/s of recipes: our FLOPs of a token × their tokens/s',
      'TFLOP/s of one accelerator',
      rows,
    )
    expect(rows.length).toBeGreaterThanOrEqual(50)
    expect(medianError(rows)).toBeLessThanOrEqual(1)
  })

  it('accelerator-hours: median error ≤ 18 %, six of ten within a quarter, eight of ten in their band', () => {
    const rows = estimated.flatMap(({ row, estimates }) => hoursRow(row, estimates) ?? [])
    report.add('hours', 'accelerator-hours', 'hours', rows)
    expect(rows.length).toBeGreaterThanOrEqual(70)
    expect(medianError(rows)).toBeLessThanOrEqual(18)
    expect(within(rows, 0.25)).toBeGreaterThanOrEqual(0.6)
    expect(share(rows, inBand)).toBeGreaterThanOrEqual(0.8)
  })

  it('accelerator-hours of what the level was not fitted on: a family, or all that one source published', () => {
    const rows = estimated.flatMap(({ row, estimates }) => hoursRow(row, estimates) ?? [])
    const one = () => 'all'
    for (const [name, kind, splitOf, groupOf] of [
      ['hours, family left out', 'hours, one level, fitted without the family', familyOf, one],
      ['hours, source left out', 'hours, one level, fitted without the source', sourceOf, one],
      [
        'hours, family left out of its accelerator',
        'hours, a level for each accelerator, fitted without the family',
        familyOf,
        acceleratorOf,
      ],
    ] as const)
      report.addAgain(name, kind, refittedWithout(rows, splitOf, groupOf))
  })

  it('rates: median error ≤ 8 %, also of models that their table has not seen', () => {
    const rows = [
      ...recipes.flatMap(row => rateRow(row, true) ?? []),
      ...published.flatMap(row => rateRow(row, row.kind === 'pretrain') ?? []),
    ]
    report.add('rates', 'tokens per second of one accelerator', 'tokens/s', rows)
    expect(rows.length).toBeGreaterThanOrEqual(200)
    expect(medianError(rows)).toBeLessThanOrEqual(8)
    const again = refittedWithout(rows, familyOf, row => row.table)
    report.addAgain('rates, model left out', 'rates, a level for each table, fitted without the model', again)
    expect(medianError(again)).toBeLessThanOrEqual(8)
  })

  it('rates, calibrated on one row of each kind of hardware: median error of the others ≤ 10 %', () => {
    const rows = calibratedRows(recipes)
    report.addAgain('rates, calibrated', 'rates, calibrated on one row of each kind of hardware', rows)
    expect(rows.length).toBeGreaterThanOrEqual(100)
    expect(medianError(rows)).toBeLessThanOrEqual(10)
  })

  it('memory: of the runs whose rates were measured, at most one in fifty would not have fitted', () => {
    const ran = recipes.filter(row => row.micro_batch !== undefined)
    const verdicts = ran.flatMap(row => runsOf({ ...row, tokens: 1e9 })).flatMap(run => estimate(run).memory)
    const known = verdicts.flatMap(memory => (memory.known ? [memory.value.verdict] : []))
    const count = (verdict: string) => known.filter(each => each === verdict).length
    report.say(
      `memory: ${known.length} runs that ran, ${count('fits')} fit, ${count('tight')} tight, ${count('out-of-memory')} out`,
    )
    expect(known.length).toBeGreaterThanOrEqual(180)
    expect(count('out-of-memory') / known.length).toBeLessThanOrEqual(0.02)
  })

  it('no median is worse by more than a point than what was reached', () => {
    expect(worsened(reached, report.medians())).toEqual([])
  })

  afterAll(() => {
    console.log(report.text())
  })
})

const familyOf = (row: Judged) => row.family
const sourceOf = (row: Judged) => row.source
const acceleratorOf = (row: Judged) => row.accelerator

if (!present)
  it('the published runs are not beside this checkout: nothing to compare with', () => {
    expect(existsSync(join(folder, 'runs.json'))).toBe(false)
  })
