/** What the numbers stand on: every fact with its origin. */
import type { Comparison } from '../compare/index.ts'
import type { Estimate } from '../estimate/index.ts'
import { computedRows } from './computed-rows.ts'
import { factRows, type FactRow, type Row } from './fact-rows.ts'
import { spanText, type Grid, type Sentence } from './span.ts'
import type { Report } from './types.ts'

/** Facts, then what was computed from them; base → head where they differ. With `onlyChanged`, those that differ. */
export function foundationGrid(
  c: Comparison,
  report: Pick<Report, 'currency'>,
  onlyChanged: boolean,
): Grid | undefined {
  return gridOf(c, report, onlyChanged, false)
}

/**
 * The same by source, for a comment: what differs each on a line, everything else on one line for each place it is from.
 *
 * @param said the facts whose change the reasons already tell, with both values and the line
 */
export function sourceGrid(
  c: Comparison,
  report: Pick<Report, 'currency'>,
  onlyChanged: boolean,
  said: readonly string[],
): Grid | undefined {
  const facts = factRows(c, false).filter(({ name: [name] }) => name === undefined || !said.includes(spanText(name)))
  const rows: readonly Row[] = [...bySource(facts), ...computedRows(c, report)].filter(
    row => !onlyChanged || row.changed,
  )
  return rows.length === 0 ? undefined : gridFrom(rows.map(row => [row.name, row.value, row.from]))
}

const gridFrom = (rows: Grid['rows']): Grid => ({
  heading: [['Fact'], ['Value'], ['From']],
  align: ['left', 'left', 'left'],
  rows,
})

function gridOf(
  c: Comparison,
  report: Pick<Report, 'currency'>,
  onlyChanged: boolean,
  everything: boolean,
): Grid | undefined {
  const rows = [...factRows(c, everything), ...computedRows(c, report)].filter(row => !onlyChanged || row.changed)
  if (rows.length === 0) return undefined
  return gridFrom(merged(rows))
}

/** The same of a single estimate, with every fact. */
export function factGrid(e: Estimate, currency: Report['currency']): Grid | undefined {
  const delta = { known: false, missing: [] } as const
  const alone: Comparison = {
    path: e.run.path,
    framework: e.run.framework,
    status: 'added',
    base: null,
    head: e,
    delta: { usd: delta, usdPercent: delta, usdPercentBand: delta, acceleratorSeconds: delta, modelFlops: delta },
    attribution: [],
    alternatives: [],
    problems: [],
  }
  return gridOf(alone, { currency }, false, true)
}

/** What one registry entry says of a model is one row; other neighbors from one origin share a line. */
function merged(rows: readonly Row[]): Sentence[][] {
  const out: Row[] = []
  const sameOrigin = (a: Row, b: Row): boolean =>
    !a.changed && !b.changed && b.from.length > 0 && JSON.stringify(a.from) === JSON.stringify(b.from)
  for (const row of rows) {
    const i = out.findIndex(
      (earlier, at) =>
        (row.fromRegistry || at === out.length - 1) && sameOrigin(earlier, row) && earlier.name.length < 8,
    )
    const earlier = out[i]
    if (earlier === undefined) out.push(row)
    else if (row.fromRegistry)
      out[i] = { ...earlier, value: [...labeled(earlier), ' · ', ...row.name, ' ', ...row.value], name: SHAPE }
    else
      out[i] = {
        ...earlier,
        name: [...earlier.name, ', ', ...row.name],
        value: [...earlier.value, ' · ', ...row.value],
      }
  }
  return out.map(row => [row.name, row.value, row.from])
}

const SHAPE: Sentence = ['the model']

const MOST_CHANGED = 6
const MOST_SOURCES = 8

/** Rows that share a kind of source, and changed ones beyond the first few, as one. */
function bySource(rows: readonly FactRow[]): readonly FactRow[] {
  const groups = new Map<string, FactRow[]>()
  let changed = 0
  for (const row of rows) {
    const key = !row.changed ? row.source : ++changed > MOST_CHANGED ? 'also changed' : `changed ${changed}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return [...groups].flatMap(([key, group]): FactRow[] => {
    const [first] = group
    if (first === undefined || group.length === 1) return group
    const from = [...new Map(group.map(row => [JSON.stringify(row.from), row.from])).values()]
    const shown = from.slice(0, MOST_SOURCES).flatMap((each, i): Sentence => (i === 0 ? each : [', ', ...each]))
    const row = {
      ...first,
      name: [key],
      value: group.flatMap((each, i): Sentence => [...(i === 0 ? [] : [' · ']), ...each.name, ' ', ...each.value]),
      from: from.length > MOST_SOURCES ? [...shown, ` and ${from.length - MOST_SOURCES} more`] : shown,
    }
    return [row]
  })
}

const labeled = (row: Row): Sentence => (row.name === SHAPE ? row.value : [...row.name, ' ', ...row.value])
