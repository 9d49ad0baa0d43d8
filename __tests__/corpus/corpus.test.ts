import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { score, type Row } from './score.ts'

/** Real configs with labels made by hand lie beside the project where they are at hand; they are not part of it. */
const CORPUS = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/corpus')
const present = existsSync(join(CORPUS, 'MANIFEST.json'))

const COLUMNS: readonly (readonly [title: string, column: keyof Row])[] = [
  ['files', 'files'],
  ['recognized', 'recognized'],
  ['right', 'right'],
  ['wrong', 'wrong'],
  ['missing', 'missing'],
  ['invented', 'invented'],
  ['runs', 'runs'],
  ['FLOPs/token', 'flopsKnown'],
  ['priced', 'priced'],
  ['read right', 'readRight'],
  ['warned', 'warned'],
]

;(present ? describe : describe.skip)('configs of other people, labelled by hand', () => {
  const { rows, notes } = present ? score(CORPUS) : { rows: new Map<string, Row>(), notes: [] }
  const sum = (column: keyof Row): number => [...rows.values()].reduce((total, row) => total + row[column], 0)
  const labels = sum('right') + sum('wrong') + sum('missing')

  beforeAll(() => {
    const line = (name: string, cells: readonly (string | number)[]): string =>
      name.padEnd(14) + cells.map((cell, i) => String(cell).padStart((COLUMNS[i]?.[0].length ?? 0) + 2)).join('')
    const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`
    const table = [
      line(
        'framework',
        COLUMNS.map(([title]) => title),
      ),
      ...[...rows].map(([name, row]) =>
        line(
          name,
          COLUMNS.map(([, column]) => row[column]),
        ),
      ),
      line(
        'all',
        COLUMNS.map(([, column]) => sum(column)),
      ),
      `recognized ${percent(sum('recognized'), sum('files'))} of the files; of ${labels} labels right ${percent(sum('right'), labels)}, wrong or invented ${percent(sum('wrong') + sum('invented'), labels)}`,
      `warned ${percent(sum('warned'), sum('readRight'))} of the files that are read right`,
      'priced: with no policy but a profile, each file alone; what is no run (a fragment) has no FLOPs of its own',
    ]
    process.stdout.write(`${[...table, ...notes].join('\n')}\n`)
  })

  it('are recognized, and their labels found', () => {
    expect(sum('recognized') / sum('files')).toBeGreaterThanOrEqual(0.99)
    expect(sum('right') / labels).toBeGreaterThanOrEqual(0.97)
    expect((sum('wrong') + sum('invented')) / labels).toBeLessThanOrEqual(0.005)
  })

  it('are warned of only where there is a reason', () => {
    expect(sum('readRight')).toBeGreaterThan(0)
    expect(sum('warned') / sum('readRight')).toBeLessThanOrEqual(0.1)
  })

  it('never have a price without FLOPs per token', () => {
    for (const row of rows.values()) expect(row.priced).toBeLessThanOrEqual(row.flopsKnown)
    expect(sum('priced')).toBeGreaterThan(0)
  })
})
if (!present) process.stdout.write('the corpus of labelled configs is not at hand: its suite is skipped\n')
