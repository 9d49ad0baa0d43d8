/** What each committed version of a config would cost, and which commit moved it. */
import type { ChangedFact } from '../compare/index.ts'
import type { Estimate } from '../estimate/index.ts'
import { FACTS, type Fact, type FactName } from '../facts/index.ts'
import { curveChart, figureOf } from './charts.ts'
import { gfm, joined, table } from './escape.ts'
import { escaped, html, htmlOf, NOTHING, tableHtml, together } from './hypertext.ts'
import { band, missingJson, valueOf } from './json.ts'
import { count, percent, plain, signed } from './numbers.ts'
import { pageOf } from './page.ts'
import { publishedValue } from './published.ts'
import { quantityOf, type Quantity } from './quantity.ts'
import { bold, capital, fig, markdownOf, named, plural, type Grid, type Sentence } from './span.ts'
import { gridText, linesText, type TextOptions } from './text.ts'
import type { Report } from './types.ts'

export interface HistoryVersion {
  readonly commit: string
  /** ISO day. */
  readonly date: string
  readonly subject: string
  /** The file's path at that commit. */
  readonly path: string
  /** Null where this version is no config that can be read. */
  readonly numbers: HistoryNumbers | null
  /** Why there are no numbers. */
  readonly why?: string
  /** What differs from the version before; empty for the first, and beside one without numbers. */
  readonly changed: readonly ChangedFact[]
}

/** Of an estimate, what a history tells. */
export type HistoryNumbers = Pick<Estimate, 'usd' | 'acceleratorSeconds' | 'unknown'> & {
  readonly flops: Pick<Estimate['flops'], 'model'>
}

export interface History {
  readonly path: string
  /** Oldest first. */
  readonly versions: readonly HistoryVersion[]
  /** The newest version that is a config: the one that will be run, whose unit the history is told in. */
  readonly newest: Estimate | null
  /** True where older versions were not read. */
  readonly isCut: boolean
}

export type HistoryFormat = 'markdown' | 'text' | 'json' | 'html'
export interface HistoryOptions extends TextOptions {
  readonly currency: Report['currency']
}

export function renderHistory(histories: readonly History[], format: HistoryFormat, options: HistoryOptions): string {
  const told = histories.map(history => toldOf(history, options))
  switch (format) {
    case 'json':
      return json(histories)
    case 'markdown':
      return `${joined(
        told.flatMap(({ title, lines, grid }) => [
          gfm`### ${markdownOf(title, null)}`,
          ...lines.map(line => markdownOf(line, null)),
          table(
            grid.heading.map(cell => markdownOf(cell, null)),
            grid.align,
            grid.rows.map(row => row.map(cell => markdownOf(cell, null))),
          ),
        ]),
        '\n\n',
      )}\n`
    case 'text':
      return told
        .map(
          ({ title, lines, grid }) =>
            `${[title, ...lines].map(line => linesText(line, options.columns, '  ')).join('\n')}\n\n${gridText(grid, options)}\n`,
        )
        .join('\n')
    case 'html':
      return pageOf(
        'Training cost over time',
        html`<header><h1>Training cost over time</h1></header>
          <main id="main">
            ${together(
              told.map(
                ({ title, lines, grid, history, quantity }) =>
                  html`<section>
                    <h2>${htmlOf(title, null)}</h2>
                    ${together(lines.map(line => html`<p>${htmlOf(line, null)}</p>`))}${chartOf(history, quantity)}${tableHtml(grid, 'Commits that moved the cost', null)}
                  </section>`,
              ),
            )}
          </main>
          <footer>compute only, an estimate and not a quote · every version at today’s policy and prices</footer>`,
      )
    default:
      return format satisfies never
  }
}

interface Told {
  readonly history: History
  readonly quantity: Quantity
  readonly title: Sentence
  readonly lines: readonly Sentence[]
  readonly grid: Grid
}

/** Undefined where a version has no number in the report's unit. */
function costOf({ numbers }: HistoryVersion, quantity: Quantity): number | undefined {
  const range = numbers === null ? undefined : quantity.of(numbers)
  return range?.known === true ? range.value.expected : undefined
}

interface Move {
  readonly version: HistoryVersion
  readonly before: HistoryVersion | undefined
  readonly cost: number | undefined
  /** Undefined for the first version, and where a side is unknown. */
  readonly delta: number | undefined
  readonly from: number | undefined
}

/** The first version, and every one whose number differs from that of the version before. */
function movesOf({ versions }: History, quantity: Quantity): readonly Move[] {
  return versions.flatMap((version, i): Move[] => {
    const before = versions[i - 1]
    const cost = costOf(version, quantity)
    const from = before === undefined ? undefined : costOf(before, quantity)
    if (before !== undefined && cost === from && (version.numbers === null) === (before.numbers === null)) return []
    const delta = cost === undefined || from === undefined ? undefined : cost - from
    return [{ version, before, cost, delta, from }]
  })
}

const MOST_ROWS = 200

function toldOf(history: History, options: HistoryOptions): Told {
  const quantity = quantityIn(history.newest, options.currency)
  const moves = movesOf(history, quantity)
  const shown = moves.slice(-MOST_ROWS)
  const lines: Sentence[] = [
    [
      plural(history.versions.length, 'version'),
      history.isCut ? ' (older ones were not read)' : '',
      `, ${plural(moves.length - 1, 'change')} of the ${quantity.noun}; all at the policy and prices of today.`,
    ],
  ]
  const largest = moves.reduce<Move | undefined>(
    (most, move) => (Math.abs(move.delta ?? 0) > Math.abs(most?.delta ?? 0) ? move : most),
    undefined,
  )
  if (largest !== undefined)
    lines.push([
      'The largest move: ',
      ...deltaCell(largest, quantity),
      ', ',
      ...what(largest),
      ', by ',
      ...commit(largest.version),
      '.',
    ])
  if (shown.length < moves.length) lines.push([`The last ${shown.length} of them:`])
  return {
    history,
    quantity,
    title: [named(history.path)],
    lines,
    grid: {
      heading: [
        ['Date'],
        ['Commit'],
        [fig(capital(quantity.column))],
        [fig(`Δ ${quantity.column}`)],
        ['What changed'],
        ['Subject'],
      ],
      align: ['left', 'left', 'right', 'right', 'left', 'left'],
      rows: shown.map(move => [
        [fig(move.version.date)],
        [named(move.version.commit.slice(0, 7))],
        move.cost === undefined ? ['unknown'] : [fig(quantity.print(move.cost, 4))],
        deltaCell(move, quantity),
        what(move),
        [named(move.version.subject)],
      ]),
    },
  }
}

function quantityIn(newest: Estimate | null, currency: Report['currency']): Quantity {
  const comparisons = (newest === null ? [] : [newest]).map(head => ({
    path: head.run.path,
    framework: head.run.framework,
    status: 'added' as const,
    base: null,
    head,
    delta: { usd: NONE, usdPercent: NONE, usdPercentBand: NONE, acceleratorSeconds: NONE, modelFlops: NONE },
    attribution: [],
    alternatives: [],
    problems: [],
  }))
  return quantityOf({ comparisons, currency })
}
const NONE = { known: false, missing: [] } as const

function commit({ commit: id, date, subject }: HistoryVersion): Sentence {
  return [named(id.slice(0, 7)), ' of ', fig(date), ' (', named(subject), ')']
}

function deltaCell({ before, delta, from }: Move, quantity: Quantity): Sentence {
  if (before === undefined) return ['first']
  if (delta === undefined) return ['unknown']
  const share: Sentence =
    from === undefined || from <= 0 ? [] : [' (', fig(signed(percent)((100 * delta) / from, 4)), ')']
  return [bold(signed(quantity.print)(delta, 4)), ...share]
}

const MOST_SETTINGS = 4

function what({ version, before }: Move): Sentence {
  if (version.numbers === null) return [version.why ?? 'unknown']
  if (before === undefined) return []
  if (before.numbers === null) return [`before: ${before.why ?? 'unknown'}`]
  const changed = version.changed.map(({ name, from, to }): Sentence => [
    named(FACTS[name].name),
    ` ${words(from)} → ${words(to)}`,
  ])
  const listed = changed.slice(0, MOST_SETTINGS).flatMap((item, i): Sentence => (i === 0 ? item : [', ', ...item]))
  const rest = changed.length - MOST_SETTINGS
  return [...listed, rest > 0 ? `, and ${plural(rest, 'more setting')}` : '']
}

function words(fact: Fact<unknown> | undefined): string {
  if (fact?.known !== true) return '–'
  const { value } = fact
  if (typeof value === 'number') return Number.isInteger(value) ? count(value) : plain(value, 6)
  return typeof value === 'string' ? value.slice(0, 80) : JSON.stringify(value).slice(0, 80)
}

const MOST_POINTS = 400

function chartOf(history: History, quantity: Quantity): ReturnType<typeof figureOf> {
  const known = history.versions.flatMap((version, i) => {
    const range = version.numbers === null ? undefined : quantity.of(version.numbers)
    return range?.known === true ? [{ x: i + 1, range: range.value, filled: false, out: false, version }] : []
  })
  if (known.length < 2) return NOTHING
  // Every version that moves, and so many of the others as can still be told apart.
  const moved = new Set(movesOf(history, quantity).map(move => move.version))
  const every = Math.ceil(known.length / MOST_POINTS)
  const points = known.filter(
    (point, i) =>
      i % every === 0 || i === known.length - 1 || (known.length < 4 * MOST_POINTS && moved.has(point.version)),
  )
  const last = points.length - 1
  const axes = {
    x: (value: number) => history.versions[value - 1]?.date ?? '',
    y: (value: number) => quantity.print(value, 3),
    xLabel: 'commits, oldest first, by date',
    log: false,
    steps: true,
  }
  const caption = html`${escaped(capital(quantity.noun))} of each version, with its band; the newest filled`
  const label = `${capital(quantity.noun)} of ${history.path} over ${plural(history.versions.length, 'version')}`
  return figureOf(
    caption,
    curveChart(
      label,
      points.map((point, i) => ({ ...point, filled: i === last })),
      axes,
    ),
  )
}

function json(histories: readonly History[]): string {
  const out = {
    version: 1,
    histories: histories.map(({ path, versions, isCut }) => ({
      path,
      cut: isCut,
      versions: versions.map(({ numbers, why, changed, ...version }) => ({
        ...version,
        usd: numbers === null ? null : band(numbers.usd, 1),
        acceleratorHours: numbers === null ? null : band(numbers.acceleratorSeconds, 1 / 3600),
        modelFlops: numbers === null ? null : valueOf(numbers.flops.model),
        changed: changed.map(({ name, from, to }) => ({
          fact: FACTS[name].name,
          from: published(name, from),
          to: published(name, to),
        })),
        unknown:
          numbers === null
            ? [{ fact: 'config', why: why ?? 'unknown', remedy: null }]
            : numbers.unknown.map(missingJson),
      })),
    })),
  }
  return `${JSON.stringify(out, null, 2)}\n`
}

function published(name: FactName, fact: Fact<unknown> | undefined): unknown {
  return fact?.known === true ? publishedValue(name, fact.value) : null
}
