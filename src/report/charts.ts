/** Charts as SVG, drawn from numbers that were computed elsewhere. Each says in words what it shows. */
import { scaleLinear, scaleLog } from 'd3-scale'
import { area, curveLinear, curveStepAfter, line } from 'd3-shape'
import type { Range } from '../facts/index.ts'
import { escaped, html, NOTHING, pathData, together, type SafeHtml } from './hypertext.ts'

/** Units of the drawing; the page scales it to the width that there is. */
const WIDTH = 420
const MARGIN = 4

export type Show = (value: number) => string

function drawing(label: string, height: number, content: SafeHtml): SafeHtml {
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(label)}">${content}</svg>`
}

export function figureOf(caption: SafeHtml, chart: SafeHtml): SafeHtml {
  return html`<figure>
    <figcaption>${caption}</figcaption>
    ${chart}
  </figure>`
}

export interface Bar {
  readonly label: string
  readonly range: Range
  /** The side that is left behind is drawn quietly. */
  readonly kind: 'before' | 'main'
}

const ROW = 44

/** One line for each bar: its name and number above, the band below with a tick at the expected value. */
export function bandsChart(label: string, bars: readonly Bar[], show: Show): SafeHtml {
  const most = Math.max(...bars.map(bar => bar.range.high), Number.MIN_VALUE)
  const x = scaleLinear([0, most], [MARGIN, WIDTH - MARGIN])
  const rows = bars.map(({ label: name, range, kind }, i) => {
    const [top, from, to] = [i * ROW, x(range.low), x(range.high)]
    return html`<text x="${MARGIN}" y="${top + 14}">${escaped(shortened(name, 34))}</text>
      <text x="${WIDTH - MARGIN}" y="${top + 14}" text-anchor="end">${escaped(show(range.expected))}</text>
      <rect
        class="${BANDS[kind]}"
        x="${MARGIN}"
        y="${top + 20}"
        width="${Math.max(1, x(range.expected) - MARGIN)}"
        height="12"
        rx="2"
      />
      <line class="tick" x1="${from}" x2="${Math.max(from + 1, to)}" y1="${top + 26}" y2="${top + 26}" />
      <line class="tick" x1="${from}" x2="${from}" y1="${top + 22}" y2="${top + 30}" /><line
        class="tick"
        x1="${to}"
        x2="${to}"
        y1="${top + 22}"
        y2="${top + 30}"
      />`
  })
  return drawing(label, bars.length * ROW, together(rows, '\n'))
}

const BANDS = { before: html`before`, main: html`main` } as const

export interface Step {
  readonly label: string
  readonly share: number
}

/** Each setting's share, one after the other from zero, and where they end. */
export function waterfallChart(label: string, steps: readonly Step[], total: number, show: Show): SafeHtml {
  const levels = steps.reduce<readonly number[]>((ends, { share }) => [...ends, (ends.at(-1) ?? 0) + share], [0])
  const [least, most] = [Math.min(0, total, ...levels), Math.max(0, total, ...levels)]
  const x = scaleLinear([least, most === least ? least + 1 : most], [MARGIN, WIDTH - MARGIN])
  const bars = [
    ...steps.map((step, i) => ({ ...step, from: levels[i] ?? 0, to: levels[i + 1] ?? 0 })),
    { label: 'the whole difference', share: total, from: 0, to: total },
  ]
  const rows = bars.map(({ label: name, share, from, to }, i) => {
    const top = i * ROW
    const [start, end] = [x(Math.min(from, to)), x(Math.max(from, to))]
    const next =
      i < steps.length
        ? html`<line class="axis" x1="${x(to)}" x2="${x(to)}" y1="${top + 34}" y2="${top + 62}" />`
        : NOTHING
    return html`<text x="${MARGIN}" y="${top + 14}">${escaped(shortened(name, 40))}</text>
      <text x="${WIDTH - MARGIN}" y="${top + 14}" text-anchor="end">${escaped(show(share))}</text>
      <rect
        class="${share > 0 ? html`up` : html`down`}"
        x="${start}"
        y="${top + 20}"
        width="${Math.max(1.5, end - start)}"
        height="14"
        rx="2"
      />${next}`
  })
  const zero = bars.map(
    (_, i) => html`<line class="zero" x1="${x(0)}" x2="${x(0)}" y1="${i * ROW + 18}" y2="${i * ROW + 36}" />`,
  )
  return drawing(label, bars.length * ROW, together([...zero, ...rows], '\n'))
}

export interface Point {
  readonly x: number
  readonly range: Range
  /** This run. */
  readonly filled: boolean
  /** It would not fit in memory: drawn in the color of a breach. */
  readonly out: boolean
}

export interface Axes {
  readonly x: Show
  readonly y: Show
  readonly xLabel: string
  readonly log: boolean
  /** Values hold until the next one, as those of commits do. */
  readonly steps?: boolean
}

const PLOT = { top: 12, right: 28, bottom: 42, left: 84, height: 220 } as const

/** A line with its band over rising values; ticks stand at points, of which the ends and some between are named. */
export function curveChart(label: string, points: readonly Point[], axes: Axes): SafeHtml {
  const values = points.map(point => point.x)
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const span: [number, number] = [PLOT.left, WIDTH - PLOT.right]
  const x = axes.log
    ? scaleLog([least, most === least ? least * 2 : most], span)
    : scaleLinear([least, most === least ? least + 1 : most], span)
  const top = Math.max(...points.map(point => point.range.high), Number.MIN_VALUE)
  const y = scaleLinear([0, top], [PLOT.height - PLOT.bottom, PLOT.top]).nice(4)
  const grid = y
    .ticks(4)
    .map(
      tick =>
        html`<line class="axis" x1="${PLOT.left}" x2="${WIDTH - PLOT.right}" y1="${y(tick)}" y2="${y(tick)}" />
          <text class="quiet" x="${PLOT.left - 6}" y="${y(tick) + 4}" text-anchor="end"
            >${escaped(axes.y(tick))}</text
          >`,
    )
  const shape = axes.steps === true ? curveStepAfter : curveLinear
  const band = pathData(
    area<Point>(
      p => x(p.x),
      p => y(p.range.low),
      p => y(p.range.high),
    ).curve(shape)([...points]),
  )
  const path = pathData(
    line<Point>(
      p => x(p.x),
      p => y(p.range.expected),
    ).curve(shape)([...points]),
  )
  const dotted = points.length <= MOST_DOTS ? points : points.filter(point => point.filled)
  const dots = dotted.map(
    p =>
      html`<circle
        class="dot${p.filled ? html` here` : NOTHING}${p.out ? html` out` : NOTHING}"
        cx="${x(p.x)}"
        cy="${y(p.range.expected)}"
        r="${p.filled ? 5 : 3.5}"
        ><title>${escaped(`${axes.x(p.x)}: ${axes.y(p.range.expected)}`)}</title></circle
      >`,
  )
  const names = named(values.map(value => inside(x(value), axes.x(value)))).map(
    ({ at, text }) =>
      html`<text class="quiet" x="${at}" y="${PLOT.height - PLOT.bottom + 18}" text-anchor="middle"
        >${escaped(text)}</text
      >`,
  )
  const title = html`<text class="quiet" x="${(span[0] + span[1]) / 2}" y="${PLOT.height - 6}" text-anchor="middle"
    >${escaped(axes.xLabel)}</text
  >`
  return drawing(
    label,
    PLOT.height,
    together(
      [
        ...grid,
        html`<path class="band" d="${band}" />`,
        html`<path class="line" d="${path}" />`,
        ...dots,
        ...names,
        title,
      ],
      '\n',
    ),
  )
}

/** Dots beyond this number run into a line of their own. */
const MOST_DOTS = 60

const nameWidth = (text: string): number => text.length * 6.5 + 8

/** A name at its place, moved where it would reach over the edge. */
function inside(at: number, text: string): { readonly at: number; readonly text: string } {
  return { at: Math.min(at, WIDTH - nameWidth(text) / 2), text }
}

/** Names that do not run into each other, the last one always. */
function named<T extends { readonly at: number; readonly text: string }>(all: readonly T[]): readonly T[] {
  return [...all].reverse().reduce<readonly T[]>((kept, name) => {
    const right = kept.at(-1)
    const free = right === undefined || right.at - name.at >= (nameWidth(right.text) + nameWidth(name.text)) / 2
    return free ? [...kept, name] : kept
  }, [])
}

export interface Part {
  readonly name: string
  readonly size: number
}

const PARTS = [html`part1`, html`part2`, html`part3`, html`part4`, html`part5`, html`part6`] as const

/** Parts side by side in one bar, the limit as a dashed line, and below it what each part is. */
export function partsChart(
  label: string,
  parts: readonly Part[],
  limit: number,
  limitName: string,
  show: Show,
): SafeHtml {
  const total = parts.reduce((sum, part) => sum + part.size, 0)
  const x = scaleLinear([0, Math.max(total, limit, Number.MIN_VALUE)], [MARGIN, WIDTH - MARGIN])
  let from = 0
  const bars = parts.map((part, i) => {
    const [start, end] = [x(from), x(from + part.size)]
    from += part.size
    return html`<rect
      class="${PARTS[i % PARTS.length] ?? NOTHING}"
      x="${start}"
      y="24"
      width="${Math.max(0.5, end - start - 1.5)}"
      height="26"
    />`
  })
  const list = parts.map((part, i) => {
    const top = 76 + i * 22
    return html`<rect
        class="${PARTS[i % PARTS.length] ?? NOTHING}"
        x="${MARGIN}"
        y="${top - 10}"
        width="12"
        height="12"
        rx="2"
      />
      <text x="24" y="${top}">${escaped(shortened(part.name, 34))}</text
      ><text x="${WIDTH - MARGIN}" y="${top}" text-anchor="end">${escaped(show(part.size))}</text>`
  })
  const at = x(limit)
  const side = at > WIDTH / 2 ? html`end` : html`start`
  const mark = html`<line class="limit" x1="${at}" x2="${at}" y1="18" y2="56" /><text
      class="quiet"
      x="${at}"
      y="13"
      text-anchor="${side}"
      >${escaped(limitName)}</text
    >`
  return drawing(label, 70 + parts.length * 22, together([...bars, mark, ...list], '\n'))
}

/** The ends of a long name tell it apart. */
function shortened(text: string, most: number): string {
  const points = Array.from(text)
  if (points.length <= most) return text
  return `${points.slice(0, Math.floor(most / 3)).join('')}…${points.slice(-(most - Math.floor(most / 3) - 1)).join('')}`
}
