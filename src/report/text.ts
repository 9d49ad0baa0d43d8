/** The report for a terminal: the same sentences, aligned; color only where it was asked for. */
import { budgetLines, heldSentence, waySentences, wayTitle } from './budget.ts'
import { plainText } from './escape.ts'
import { hardwareGrid } from './hardware.ts'
import { adviceOf, alertsOf, notesOf, remedies } from './notes.ts'
import { gridOf, rowsOf } from './rows.ts'
import { headlineSentence, markOf, moving, opening } from './situation.ts'
import { footerParts } from './markdown.ts'
import { plainly, type Grid, type Sentence, type Span } from './span.ts'
import type { Report } from './types.ts'
import { whyOf } from './why.ts'

export interface TextOptions {
  /** Width of the terminal, in columns. */
  readonly columns: number
  readonly color: boolean
}

const MOST_ROWS = 40
const MOST_WHYS = 10
/** A terminal shows the end first: what is beside the point must not push the verdict out of sight. */
const MOST_HARDWARE = 1
const STYLES = { pass: '32', warn: '33', fail: '31', strong: '1', quiet: '2' } as const
type Style = keyof typeof STYLES

/** The marks of Markdown as words: a terminal's fonts have no say in how wide they are. */
const MARKS: ReadonlyMap<string, { readonly text: string; readonly style: Style }> = new Map([
  ['✅', { text: 'pass', style: 'pass' }],
  ['⚠️', { text: 'warn', style: 'warn' }],
  ['❌', { text: 'FAIL', style: 'fail' }],
  ['ℹ️', { text: 'note', style: 'quiet' }],
])

export function renderText(report: Report, options: TextOptions): string {
  const { columns } = options
  const styled = styler(options.color)
  const rows = rowsOf(report)
  const mark = { pass: 'PASS', warn: 'WARN', fail: 'FAIL' }[markOf(report)]
  const blocks: string[] = [
    wrapped(`${mark}  ${plainly(headlineSentence(report))}`, columns, '      ', styled, markOf(report)),
    ...opening(report).map(sentence => wrapped(lineText(sentence), columns, '', styled)),
  ]
  if (moving(report).length > 0) blocks.push(gridText(gridOf(rows, rows.rows.slice(0, MOST_ROWS)), options))
  blocks.push(
    ...section('Missing facts', remedies(report, 10).map(lineText), options),
    ...section('Budget', budgetText(report), options),
  )
  for (const row of rows.rows.slice(0, MOST_WHYS)) {
    const why = whyOf(row.comparison, rows.quantity, 8)
    if (why !== undefined) {
      const title = wrapped(lineText(why.title), columns, '  ', styled, 'strong')
      blocks.push(why.grid === undefined ? title : `${title}\n${gridText(why.grid, options)}`)
    }
  }
  const alerts = alertsOf(report).map(
    alert => `${alert.level === 'caution' ? 'FAIL' : 'warn'} ${alert.title} ${lineText(alert.sentence)}`,
  )
  blocks.push(...section('Notes', [...alerts, ...notesOf(report).map(lineText)], options))
  blocks.push(...section('What could be had for less', adviceOf(report, rows.quantity).map(lineText), options))
  for (const row of rows.rows.slice(0, MOST_HARDWARE)) {
    const grid = hardwareGrid(row.comparison, rows.quantity)
    if (grid !== undefined)
      blocks.push(
        `${wrapped(`${plainText(row.comparison.path)} on other hardware`, columns, '  ', styled, 'strong')}\n${gridText(grid, options)}`,
      )
  }
  blocks.push(wrapped(footerParts(report).map(plainly).join(' · '), columns, '', styled, 'quiet'))
  return `${blocks.join('\n\n')}\n`
}

function budgetText(report: Report): string[] {
  const lines = budgetLines(report).map(line => {
    const found = lineText([line.mark, ' ', ...line.sentence])
    return line.message === undefined ? found : `${found} ${plainText(line.message)}`
  })
  const held = heldSentence(report)
  const all = waySentences(report).map(lineText)
  const ways = all.length === 0 ? [] : [`${wayTitle(report)}: ${all.join('; ')}.`]
  return [...lines, ...(held === undefined ? [] : [lineText(held)]), ...ways]
}

function section(title: string, lines: readonly string[], options: TextOptions): string[] {
  if (lines.length === 0) return []
  const styled = styler(options.color)
  return [
    [
      styled(title, 'strong'),
      ...lines.map(line => `  ${marked(wrapped(line, options.columns - 2, '    ', styled), styled)}`),
    ].join('\n'),
  ]
}

/** The mark that a line starts with, in its color. */
function marked(line: string, styled: ReturnType<typeof styler>): string {
  const mark = [...MARKS.values()].find(({ text }) => line.startsWith(`${text} `))
  return mark === undefined ? line : styled(mark.text, mark.style) + line.slice(mark.text.length)
}

/** A sentence in lines of at most this width, those after the first set in. */
export function linesText(sentence: Sentence, columns: number, indent: string): string {
  return wrapped(lineText(sentence), columns, indent, styler(false))
}

/** A sentence as a line, its marks as words. */
export function lineText(sentence: Sentence): string {
  return sentence.map(spanWords).join('')
}

function spanWords(span: Span): string {
  const text = plainly([span])
  return typeof span === 'object' && 'figure' in span ? (MARKS.get(text)?.text ?? text) : text
}

function styler(color: boolean) {
  return (text: string, style: Style) => (color && text !== '' ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text)
}

/** A number keeps its percent sign. */
const BREAK = / (?!%)/

/** Breaks at spaces; words that are longer than the line stay whole, so that paths can be copied. */
function wrapped(
  text: string,
  columns: number,
  indent: string,
  styled: ReturnType<typeof styler>,
  style?: Style,
): string {
  const width = Math.max(20, columns)
  const lines: string[] = []
  let line = ''
  for (const word of text.split(BREAK)) {
    if (line !== '' && columnsOf(line) + 1 + columnsOf(word) > width) {
      lines.push(line)
      line = indent + word
    } else line = line === '' ? word : `${line} ${word}`
  }
  lines.push(line)
  return lines.map(each => (style === undefined ? each : styled(each, style))).join('\n')
}

/** Columns of a text without controls: wide scripts and emoji take two, combining marks none. */
export function columnsOf(text: string): number {
  let columns = 0
  for (const character of text) {
    if (/\p{Mn}|\p{Me}|\ufe0f/u.test(character)) continue
    columns +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1
  }
  return columns
}

/** Rows of a table whose long paths go on over several lines; in a longer one their middle goes, to keep it short. */
const SHORT_GRID = 12
/** Room that a column of words keeps on the narrowest terminal. */
const LEAST_COLUMN = 12

/**
 * Columns side by side, numbers to the right. Where the terminal is narrow, columns of words give way, the widest first, and
 * their cells go on over several lines; numbers never do. Where that is not enough, each row stands as a list.
 */
export function gridText(grid: Grid, options: TextOptions): string {
  const rows = [grid.heading, ...grid.rows]
  const cells = rows.map(row => grid.align.map((_, i) => lineText(row[i] ?? [])))
  const widths = fitted(
    grid.align.map((_, i) => Math.max(...cells.map(row => columnsOf(row[i] ?? '')))),
    grid.align,
    options.columns,
  )
  const styled = styler(options.color)
  if (rowWidth(widths) > options.columns) return listed(rows, cells, options.columns, styled)
  const isShort = grid.rows.length <= SHORT_GRID
  const lines = cells.flatMap((row, r) => {
    const parts = row.map((text, i) => brokenAt(text, widths[i] ?? 0, isShort))
    const height = Math.max(1, ...parts.map(part => part.length))
    return Array.from({ length: height }, (_, l) =>
      parts
        .map((part, i) => {
          const text = part[l] ?? ''
          const space = ' '.repeat(Math.max(0, (widths[i] ?? 0) - columnsOf(text)))
          const style = r === 0 ? 'quiet' : styleOf(rows[r]?.[i] ?? [])
          const shown = style === undefined ? text : styled(text, style)
          if (grid.align[i] === 'right') return space + shown
          return i === row.length - 1 ? shown : shown + space
        })
        .join('  ')
        .trimEnd(),
    )
  })
  return lines.join('\n')
}

const GAP = 2

const rowWidth = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width + GAP, -GAP)

/** The first cell of a row as its title, the others below it, each behind the heading of its column. */
function listed(
  rows: readonly (readonly Sentence[])[],
  cells: readonly (readonly string[])[],
  columns: number,
  styled: ReturnType<typeof styler>,
): string {
  const [headings = [], ...texts] = cells
  const label = Math.max(...headings.slice(1).map(columnsOf))
  const room = Math.max(LEAST_COLUMN, columns - label - 2 * GAP)
  const record = (row: readonly string[], r: number): string[] =>
    row.flatMap((text, i) => {
      const style = styleOf(rows[r + 1]?.[i] ?? []) ?? (i === 0 ? 'strong' : undefined)
      const shown = (part: string) => (style === undefined ? part : styled(part, style))
      if (i === 0) return brokenAt(text, columns).map(shown)
      const heading = headings[i] ?? ''
      return brokenAt(text, room).flatMap((part, l) => {
        const name = l === 0 ? styled(heading, 'quiet') + ' '.repeat(label - columnsOf(heading)) : ' '.repeat(label)
        return part === '' ? [] : [`${' '.repeat(GAP)}${name}${' '.repeat(GAP)}${shown(part)}`]
      })
    })
  return texts.map((row, r) => record(row, r).join('\n')).join('\n')
}

/** Takes columns from the widest column of words until the row fits, or none can give any more. */
function fitted(widths: readonly number[], align: Grid['align'], columns: number): readonly number[] {
  const fit = [...widths]
  for (let over = rowWidth(fit) - columns; over > 0; over--) {
    const most = Math.max(...fit.filter((_, i) => align[i] === 'left'))
    const widest = fit.findIndex((width, i) => align[i] === 'left' && width === most)
    if (widest < 0 || most <= LEAST_COLUMN) break
    fit[widest] = most - 1
  }
  return fit
}

/**
 * A cell in lines of at most this width: broken at spaces, a longer path behind a slash where `breaksPaths`, a longer word in
 * its middle left out.
 */
function brokenAt(text: string, width: number, breaksPaths = true): readonly string[] {
  if (columnsOf(text) <= width) return [text]
  const lines: string[] = []
  for (const word of text
    .split(BREAK)
    .flatMap(each => (breaksPaths ? partsOf(each, width) : [shortened(each, width)]))) {
    const last = lines.at(-1)
    if (last === undefined || columnsOf(last) + 1 + columnsOf(word) > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

/** A path that is too long as the folders and the name that fit side by side; any other word as it is. */
function partsOf(word: string, width: number): readonly string[] {
  if (columnsOf(word) <= width) return [word]
  const parts: string[] = []
  for (const part of word.split(/(?<=\/)/)) {
    const last = parts.at(-1)
    if (last === undefined || columnsOf(last + part) > width) parts.push(part)
    else parts[parts.length - 1] = last + part
  }
  return parts.map(part => shortened(part, width))
}

function styleOf(cell: Sentence): Style | undefined {
  const [first] = cell
  if (typeof first !== 'object' || !('figure' in first)) return undefined
  return MARKS.get(first.figure)?.style ?? (first.strong === true ? 'strong' : undefined)
}

/** The end of a path tells configs apart, and so does its start: the middle goes. */
function shortened(text: string, width: number): string {
  if (columnsOf(text) <= width) return text
  const points = Array.from(text)
  let [left, right] = [Math.floor((width - 1) / 3), Math.ceil(((width - 1) * 2) / 3)]
  const cut = () => `${points.slice(0, left).join('')}…${right === 0 ? '' : points.slice(-right).join('')}`
  while (left + right > 2 && columnsOf(cut()) > width) {
    if (right > left) right--
    else left--
  }
  return cut()
}
