/** The comment and the job summary: the same sections, as many of them as fit. */
import type { Comparison } from '../compare/index.ts'
import { adviceOf, alertsOf, notesOf, remedies, type Alert } from './notes.ts'
import { budgetLines, heldSentence, waySentences, wayTitle } from './budget.ts'
import {
  commentMarker,
  figure,
  hiddenState,
  joined,
  linkedRun,
  gfm,
  prose,
  strong,
  table,
  type SafeMarkdown,
} from './escape.ts'
import { sourceGrid } from './foundations.ts'
import { hardwareGrid } from './hardware.ts'
import { priceDates } from './prices.ts'
import { gridOf, rowsOf, type Rows } from './rows.ts'
import { headlineSentence, markOf, moving, opening } from './situation.ts'
import { fig, markdownOf, named, paragraph, plural, type Grid, type Sentence } from './span.ts'
import type { Report } from './types.ts'
import { whyOf } from './why.ts'

/** GitHub refuses comments over 65,536 characters; what is quoted in mails and links still needs room. */
const COMMENT_CHARACTERS = 60_000
const COMMENT_BYTES = 200_000
/** Of a comment on one changed config: more than a screen is not read. */
const COMMENT_LINES = 40
/** GitHub refuses step summaries over 1 MiB. */
const SUMMARY_BYTES = 900 * 1024

const LONG_TABLE = 12

/** How much of each section is shown. */
interface Extent {
  readonly rows: number
  readonly unchanged: boolean
  /** Explanations in the open, and in `<details>`. */
  readonly whys: number
  readonly moreWhys: number
  readonly budget: number
  readonly notes: number
  readonly moreNotes: number
  /** Configs whose facts are listed, with advice. */
  readonly foundations: number
  /** Hardware and facts, or the more telling of them. */
  readonly folds: 1 | 2
}

const FULL: Extent = {
  rows: 60,
  unchanged: true,
  whys: 3,
  moreWhys: 12,
  budget: 12,
  notes: 5,
  moreNotes: 60,
  foundations: 6,
  folds: 2,
}
const CHANGED: Extent = { ...FULL, rows: 100, unchanged: false, whys: 2, moreWhys: 0, moreNotes: 0, foundations: 0 }
const BRIEF: Extent = { ...CHANGED, rows: 40, whys: 0, budget: 8, notes: 3 }
const SUMMARY: Extent = {
  rows: 5000,
  unchanged: true,
  whys: 10,
  moreWhys: 200,
  budget: 200,
  notes: 20,
  moreNotes: 500,
  foundations: 50,
  folds: 2,
}

/** Each rung as it is, then with fewer and fewer rows: the last always fits, being a headline and a few lines. */
function ladder(rungs: readonly Extent[]): readonly Extent[] {
  const last = rungs.at(-1) ?? BRIEF
  const shrinking: Extent[] = []
  for (let rows = Math.floor(last.rows / 2); ; rows = Math.floor(rows / 2)) {
    shrinking.push({ ...BRIEF, rows, budget: Math.min(BRIEF.budget, Math.max(1, rows)), notes: Math.min(3, rows) })
    if (rows === 0) return [...rungs, ...shrinking]
  }
}

/** The comment on the pull request: marker, state, headline, and what fits of the rest. */
export function renderMarkdown(report: Report): string {
  const head = report.head === null ? null : report.head.slice(0, 12)
  const opening = joined(
    [commentMarker(report.reportId), hiddenState({ v: 1, head, conclusion: report.verdict.conclusion })],
    '\n',
  )
  const extents: readonly Extent[] = [FULL, { ...FULL, folds: 1 }, CHANGED, BRIEF]
  const rungs = extents.map(extent => limitedTo(report, extent))
  const room = {
    characters: COMMENT_CHARACTERS,
    bytes: COMMENT_BYTES,
    lines: moving(report).length > 1 ? Infinity : COMMENT_LINES,
  }
  return firstFitting(report, ladder(rungs), room, body => gfm`${opening}\n${body}\n`)
}

/** The job summary: every row, as far as GitHub takes it. */
export function renderSummary(report: Report): string {
  const rungs = [SUMMARY, { ...SUMMARY, moreWhys: 0, foundations: 0 }, FULL, CHANGED, BRIEF]
  const room = { characters: SUMMARY_BYTES, bytes: SUMMARY_BYTES, lines: Infinity }
  return firstFitting(report, ladder(rungs), room, body => gfm`${body}\n`)
}

function limitedTo(report: Report, extent: Extent): Extent {
  switch (report.details) {
    case 'full':
      return extent
    case 'changed':
      return { ...extent, unchanged: false }
    case 'none':
      return { ...extent, unchanged: false, moreWhys: 0, moreNotes: 0, foundations: 0 }
  }
}

function firstFitting(
  report: Report,
  extents: readonly Extent[],
  room: { readonly characters: number; readonly bytes: number; readonly lines: number },
  dress: (body: SafeMarkdown) => SafeMarkdown,
): string {
  const rows = rowsOf(report)
  let text = dress(gfm``)
  for (const extent of extents) {
    text = dress(bodyOf(report, rows, extent))
    const fits = text.length <= room.characters && utf8Bytes(text) <= room.bytes
    if (fits && text.split('\n').length <= room.lines + 1) return text
  }
  return text
}

function utf8Bytes(text: string): number {
  let bytes = 0
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return bytes
}

function bodyOf(report: Report, rows: Rows, extent: Extent): SafeMarkdown {
  const mark = figure({ pass: '✅', warn: '⚠️', fail: '❌' }[markOf(report)])
  // Nobody scrolls past a long table to learn what is broken.
  const long = rows.rows.length > LONG_TABLE
  const sections = [
    gfm`### ${mark} ${markdownOf(headlineSentence(report), report.links)}`,
    paragraph(opening(report), report.links),
    ...(long
      ? [...budgetSection(report, extent), configTable(report, rows, extent)]
      : [configTable(report, rows, extent)]),
    ...remedySection(report, extent),
    ...(long ? [] : budgetSection(report, extent)),
    ...whySections(report, rows, extent),
    ...alertsOf(report)
      .slice(0, 2)
      .map(alert => alertBlock(alert, report)),
    ...noteSections(report, extent),
    ...detailSections(report, rows, extent),
    footer(report),
  ]
  return joined(
    sections.filter(section => section !== ''),
    '\n\n',
  )
}

function tableOf(grid: Grid, report: Report): SafeMarkdown {
  const cells = (row: readonly Sentence[]) => row.map(cell => markdownOf(cell, report.links))
  return table(cells(grid.heading), grid.align, grid.rows.map(cells))
}

function configTable(report: Report, rows: Rows, extent: Extent): SafeMarkdown {
  if (moving(report).length === 0) return gfm``
  const eligible = rows.rows.filter(row => extent.unchanged || row.comparison.status !== 'unchanged')
  // Leaving out a single row would take a line to say so.
  const shown = eligible.length <= extent.rows + 1 ? eligible : eligible.slice(0, extent.rows)
  return tableOf(gridOf(rows, shown), report)
}

function bullets(items: readonly SafeMarkdown[]): SafeMarkdown {
  return joined(
    items.map(item => gfm`- ${item}`),
    '\n',
  )
}

/** One item stands behind its title, several below it. */
function titled(title: string, items: readonly SafeMarkdown[]): SafeMarkdown {
  const [only] = items
  const heading = strong(figure(title))
  return items.length === 1 && only !== undefined ? gfm`${heading} ${only}` : gfm`${heading}\n\n${bullets(items)}`
}

function remedySection(report: Report, extent: Extent): SafeMarkdown[] {
  const items = remedies(report, Math.max(1, Math.min(extent.budget, 5)))
  if (items.length === 0) return []
  return [
    titled(
      items.length === 1 ? 'Missing fact' : 'Missing facts',
      items.map(item => markdownOf(item, report.links)),
    ),
  ]
}

function budgetSection(report: Report, extent: Extent): SafeMarkdown[] {
  const lines = budgetLines(report)
  const shown = lines.slice(0, extent.budget)
  const items = shown.map(line => {
    const found = gfm`${figure(line.mark.figure)} ${markdownOf(line.sentence, report.links)}`
    return line.message === undefined ? found : gfm`${found} _${prose(line.message)}_`
  })
  if (shown.length < lines.length)
    items.push(markdownOf([`and ${plural(lines.length - shown.length, 'more limit')}.`], report.links))
  const held = heldSentence(report)
  if (held !== undefined) items.push(markdownOf(held, report.links))
  const ways = waySentences(report).map(way => markdownOf(way, report.links))
  if (ways.length > 0) items.push(gfm`${strong(figure(wayTitle(report)))}: ${joined(ways, '; ')}.`)
  if (items.length === 0) return []
  return [titled('Budget', items)]
}

function whySections(report: Report, rows: Rows, extent: Extent): SafeMarkdown[] {
  const whys = rows.rows.flatMap(row => whyOf(row.comparison, rows.quantity, mostSettings(report)) ?? [])
  const blocks = whys.map(({ title, grid }) => {
    const heading = markdownOf(title, report.links)
    return grid === undefined ? heading : gfm`${heading}\n\n${tableOf(grid, report)}`
  })
  const open = blocks.slice(0, extent.whys)
  const more = blocks.slice(open.length, open.length + extent.moreWhys)
  if (more.length === 0) return open
  const of = more.length + open.length < blocks.length ? ` (${more.length} of ${blocks.length - open.length})` : ''
  return [...open, details([`Why, for ${plural(more.length, 'more config')}${of}`], joined(more, '\n\n'), report)]
}

const mostSettings = (report: Report): number => (moving(report).length === 1 ? 8 : 5)

function alertBlock(alert: Alert, report: Report): SafeMarkdown {
  const kind = figure(alert.level === 'caution' ? 'CAUTION' : 'WARNING')
  return gfm`> [!${kind}]\n> ${strong(prose(alert.title))} ${markdownOf(alert.sentence, report.links)}`
}

function noteSections(report: Report, extent: Extent): SafeMarkdown[] {
  const alerts = alertsOf(report)
    .slice(2)
    .map((alert): Sentence => [fig(alert.level === 'caution' ? '❌' : '⚠️'), ` ${alert.title} `, ...alert.sentence])
  const notes = [...alerts, ...notesOf(report)].map(note => markdownOf(note, report.links))
  if (notes.length === 0) return []
  const open = notes.slice(0, extent.notes)
  const more = notes.slice(open.length, open.length + extent.moreNotes)
  const hidden = notes.length - open.length - more.length
  const tail = hidden > 0 ? [prose(`and ${plural(hidden, 'more note')}`)] : []
  if (more.length === 0) return [bullets([...open, ...tail])]
  return [bullets(open), details([plural(more.length + hidden, 'more note')], bullets([...more, ...tail]), report)]
}

function details(summary: Sentence, body: SafeMarkdown, report: Report): SafeMarkdown {
  return gfm`<details><summary>${markdownOf(summary, report.links)}</summary>\n\n${body}\n\n</details>`
}

function detailSections(report: Report, rows: Rows, extent: Extent): SafeMarkdown[] {
  const configs = rows.rows.map(row => row.comparison).filter(c => c.status !== 'unchanged' && c.status !== 'error')
  const shown = configs.slice(0, extent.foundations)
  const single = configs.length === 1
  const gathered = (title: string, gridOf: (c: Comparison) => Grid | undefined, more: readonly Sentence[]) => {
    const parts = shown.flatMap(c => {
      const grid = gridOf(c)
      if (grid === undefined) return []
      const found = tableOf(grid, report)
      return [single ? found : gfm`${markdownOf([named(c.path)], report.links)}\n\n${found}`]
    })
    if (parts.length === 0) return []
    const of = single || configs.length === parts.length ? '' : `, ${parts.length} of ${configs.length} configs`
    const list = more.length === 0 ? [] : [bullets(more.map(sentence => markdownOf(sentence, report.links)))]
    return [details([`${title}${of}`], joined([...parts, ...list], '\n\n'), report)]
  }
  const hardware = gathered('The same run on other hardware', c => hardwareGrid(c, rows.quantity), [])
  const onlyChanged = report.details === 'changed'
  const saidOf = (c: Comparison) => (onlyChanged ? [] : (whyOf(c, rows.quantity, mostSettings(report))?.said ?? []))
  const advice = adviceOf(report, rows.quantity)
  const title = `What the numbers stand on${advice.length === 0 ? '' : ', and what could be had for less'}`
  const facts = gathered(title, c => sourceGrid(c, report, onlyChanged, saidOf(c)), advice)
  if (extent.folds > 1) return [...hardware, ...facts]
  // Without a price, what other hardware would take is the answer that people came for.
  return rows.quantity.unit === 'usd' || hardware.length === 0 ? facts : hardware
}

/** Which revisions, which run, which prices; the date of the prices is always said. */
export function footerParts(report: Report): readonly Sentence[] {
  const sides = [report.base, report.head].filter(sha => sha !== null).map(sha => sha.slice(0, 7))
  return [
    ...(sides.length === 0 ? [] : [[named(sides.join('…'))]]),
    [fig(`traincost ${report.version}`)],
    priceDates(report),
    ['compute only, an estimate and not a quote'],
  ]
}

function footer(report: Report): SafeMarkdown {
  const parts = footerParts(report).map(part => markdownOf(part, report.links))
  const run = report.links?.run
  if (run !== undefined && report.links !== null)
    parts.splice(1, 0, linkedRun(figure('run'), report.links.server ?? 'https://github.com', run))
  return gfm`<sub>${joined(parts, ' · ')}</sub>`
}
