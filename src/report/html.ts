/** The report as a page of its own: the comment's sentences, and charts of what a table says less well. */
import type { Comparison, Curve } from '../compare/index.ts'
import { budgetLines, heldSentence, waySentences, wayTitle } from './budget.ts'
import { bandsChart, curveChart, figureOf, partsChart, waterfallChart, type Bar } from './charts.ts'
import { foundationGrid } from './foundations.ts'
import { hardwareGrid } from './hardware.ts'
import { escaped, html, htmlOf, NOTHING, runLink, tableHtml, textOf, together, type SafeHtml } from './hypertext.ts'
import { footerParts } from './markdown.ts'
import { adviceOf, alertsOf, notesOf, remedies } from './notes.ts'
import { GIB, count, plain, signed } from './numbers.ts'
import { pageOf } from './page.ts'
import { gridOf, rowsOf, type Row } from './rows.ts'
import { headlineSentence, markOf, moving, opening } from './situation.ts'
import { capital, fig, plainly, plural, type Sentence } from './span.ts'
import type { Report } from './types.ts'
import type { Quantity } from './quantity.ts'
import { settingWords, whyOf } from './why.ts'

const MOST_ROWS = 2000
const MOST_BANDS = 10
const MOST_NOTES = 200
/** Configs with charts and facts of their own. */
const MOST_CONFIGS = 20
const MOST_PARTS = 6
const [HOUR, DAY] = [3600, 86_400] as const

export function renderHtml(report: Report): string {
  const rows = rowsOf(report)
  const shown = rows.rows.filter(row => row.comparison.status !== 'unchanged' && row.comparison.status !== 'error')
  const sections = [
    moving(report).length === 0
      ? NOTHING
      : section('Configs', tableHtml(gridOf(rows, rows.rows.slice(0, MOST_ROWS)), 'Cost of each config', report.links)),
    listSection('Missing facts', remedies(report, 20), report),
    budgetSection(report),
    overviewChart(shown, rows.quantity),
    ...shown.slice(0, MOST_CONFIGS).map(row => configSection(row, rows.quantity, report)),
    listSection('What could be had for less', adviceOf(report, rows.quantity), report),
    notesSection(report),
  ]
  const mark = { pass: '✅', warn: '⚠️', fail: '❌' }[markOf(report)]
  const body = html`<header>
      <h1>${htmlOf([fig(mark), ' ', ...headlineSentence(report)], report.links)}</h1>
      ${together(opening(report).map(sentence => html`<p>${htmlOf(sentence, report.links)}</p>`))}
    </header>
    <main id="main">${together(sections, '\n')}</main>
    <footer>${footer(report)}</footer>`
  return pageOf(plainly(headlineSentence(report)), body)
}

function section(title: string, content: SafeHtml): SafeHtml {
  return html`<section>
    <h2>${escaped(title)}</h2>
    ${content}
  </section>`
}

function list(items: readonly SafeHtml[]): SafeHtml {
  return html`<ul>
    ${together(
      items.map(item => html`<li>${item}</li>`),
      '\n',
    )}
  </ul>`
}

function listSection(title: string, sentences: readonly Sentence[], report: Report): SafeHtml {
  return sentences.length === 0
    ? NOTHING
    : section(title, list(sentences.map(sentence => htmlOf(sentence, report.links))))
}

function budgetSection(report: Report): SafeHtml {
  const lines = budgetLines(report).map(({ mark, sentence, message }) => {
    const found = htmlOf([mark, ' ', ...sentence], report.links)
    return message === undefined ? found : html`${found} <em>${escaped(message)}</em>`
  })
  const held = heldSentence(report)
  if (held !== undefined) lines.push(htmlOf(held, report.links))
  const ways = waySentences(report).map(way => htmlOf(way, report.links))
  if (ways.length > 0) lines.push(html`<strong>${escaped(wayTitle(report))}:</strong> ${join(ways, html`; `)}.`)
  return lines.length === 0 ? NOTHING : section('Budget', list(lines))
}

function join(parts: readonly SafeHtml[], separator: SafeHtml): SafeHtml {
  return together(parts.map((part, i) => (i === 0 ? part : html`${separator}${part}`)))
}

function notesSection(report: Report): SafeHtml {
  const alerts = alertsOf(report).map((alert): Sentence => [
    fig(alert.level === 'caution' ? '❌' : '⚠️'),
    ` ${alert.title} `,
    ...alert.sentence,
  ])
  const all = [...alerts, ...notesOf(report)]
  const rest: Sentence[] = all.length > MOST_NOTES ? [[`and ${plural(all.length - MOST_NOTES, 'more note')}`]] : []
  return listSection('Notes', [...all.slice(0, MOST_NOTES), ...rest], report)
}

/** Both sides of the configs that move most: how sure the totals are is seen better than read. */
function overviewChart(rows: readonly Row[], quantity: Quantity): SafeHtml {
  const bars = rows.slice(0, MOST_BANDS).flatMap(({ comparison: c }) => sideBars(c, quantity, `${c.path}, `))
  if (rows.length < 2 || bars.length === 0) return NOTHING
  const caption = html`Base (gray) and head (blue). The whisker is the band, the bar ends at the expected value.`
  const label = `${capital(quantity.noun)} of ${plural(Math.min(rows.length, MOST_BANDS), 'config')}, base and head`
  return section('Side by side', figureOf(caption, bandsChart(label, bars, show(quantity))))
}

const show =
  (quantity: Quantity) =>
  (value: number): string =>
    quantity.print(value, 4)

function sideBars(c: Comparison, quantity: Quantity, prefix: string): readonly Bar[] {
  return (['base', 'head'] as const).flatMap(side => {
    const estimate = c[side]
    const range = estimate === null ? undefined : quantity.of(estimate)
    const kind = side === 'base' ? 'before' : 'main'
    return range?.known === true ? [{ label: `${prefix}${side}`, range: range.value, kind } as const] : []
  })
}

function configSection(row: Row, quantity: Quantity, report: Report): SafeHtml {
  const c = row.comparison
  const why = whyOf(c, quantity, 12)
  const charts = [
    bandsFigure(c, quantity),
    waterfallFigure(c, quantity),
    memoryFigure(c),
    ...(c.curves ?? []).flatMap(curve => curveFigures(curve, quantity)),
    hardwareFigure(c, quantity),
  ].filter(chart => chart !== NOTHING)
  const hardware = hardwareGrid(c, quantity)
  const facts = foundationGrid(c, report, report.details === 'changed')
  const tables = [
    why?.grid === undefined ? NOTHING : tableHtml(why.grid, textOf(why.title), report.links),
    hardware === undefined
      ? NOTHING
      : folded('The same run on other hardware', tableHtml(hardware, 'The same run, cheapest first', report.links)),
    facts === undefined || report.details === 'none'
      ? NOTHING
      : folded('What the numbers stand on', tableHtml(facts, 'Every fact with its origin', report.links)),
  ]
  const title = htmlOf([row.cells[0]?.[0] ?? ''], report.links)
  const lead = why !== undefined && why.grid === undefined ? html`<p>${htmlOf(why.title, report.links)}</p>` : NOTHING
  return html`<section>
    <h2>${title}</h2>
    ${lead}
    <div class="charts">${together(charts, '\n')}</div>
    ${together(tables, '\n')}
  </section>`
}

function folded(title: string, content: SafeHtml): SafeHtml {
  return html`<details>
    <summary>${escaped(title)}</summary>
    ${content}
  </details>`
}

function bandsFigure(c: Comparison, quantity: Quantity): SafeHtml {
  const bars = sideBars(c, quantity, '')
  if (bars.length === 0) return NOTHING
  const caption = html`${escaped(capital(quantity.noun))}, expected, with its band`
  return figureOf(caption, bandsChart(`${capital(quantity.noun)} of ${c.path} at base and head`, bars, show(quantity)))
}

function waterfallFigure(c: Comparison, quantity: Quantity): SafeHtml {
  const delta = quantity.delta(c)
  const shares = c.attribution.flatMap(a => {
    const share = quantity.share(a)
    return share === null ? [] : [{ label: `${a.fact} ${settingWords(a)}`, share }]
  })
  if (!delta.known || shares.length < 2 || shares.length < c.attribution.length) return NOTHING
  const print = (value: number): string => signed(quantity.print)(value, 4)
  return figureOf(
    html`Why: what each changed setting brings`,
    waterfallChart(
      `What each changed setting of ${c.path} brings, adding up to ${print(delta.value)}`,
      shares,
      delta.value,
      print,
    ),
  )
}

function memoryFigure(c: Comparison): SafeHtml {
  const memory = c.head?.memory
  if (memory?.known !== true || memory.value.parts.length === 0) return NOTHING
  const { parts, capacityBytes, verdict } = memory.value
  const most = parts.length > MOST_PARTS ? MOST_PARTS - 1 : MOST_PARTS
  const rest = parts.slice(most).reduce((sum, part) => sum + part.bytes, 0)
  const shown = [
    ...parts.slice(0, most).map(part => ({ name: part.name, size: part.bytes / GIB })),
    ...(rest > 0 ? [{ name: 'the rest', size: rest / GIB }] : []),
  ]
  const gib = (value: number): string => `${plain(value, 3)} GiB`
  const capacity = gib(capacityBytes / GIB)
  return figureOf(
    html`Memory of one accelerator, by part: ${escaped(verdict.replaceAll('-', ' '))}`,
    partsChart(
      `Memory of one accelerator by part, of ${capacity}`,
      shown,
      capacityBytes / GIB,
      `${capacity} there`,
      gib,
    ),
  )
}

/** Cost against the setting; against the number of accelerators, the time too, which is what they are added for. */
function curveFigures(curve: Curve, quantity: Quantity): readonly SafeHtml[] {
  const money = (value: number): string => (quantity.unit === 'usd' ? quantity.print(value, 3) : `$${plain(value, 3)}`)
  const axes = { x: count, xLabel: curve.fact, log: true }
  const points = (of: 'usd' | 'wallClockSeconds') =>
    curve.points.map(point => ({
      x: point.value,
      range: point[of],
      filled: point.value === curve.here,
      out: point.memory === 'out-of-memory',
    }))
  const [first, last] = [curve.points[0], curve.points.at(-1)]
  const isFlat = new Set(curve.points.map(point => point.usd.expected)).size === 1
  const cost = isFlat
    ? []
    : [
        figureOf(
          html`Cost against <code>${escaped(curve.fact)}</code>, all else as it is; this run filled`,
          curveChart(
            `Cost against ${curve.fact}: ${money(first?.usd.expected ?? 0)} at ${count(first?.value ?? 0)}, ${money(last?.usd.expected ?? 0)} at ${count(last?.value ?? 0)}`,
            points('usd'),
            { ...axes, y: money },
          ),
        ),
      ]
  if (curve.fact !== 'accelerators') return cost
  const longest = Math.max(...curve.points.map(point => point.wallClockSeconds.high))
  const [unit, unitName] = longest >= 2 * DAY ? [DAY, 'days'] : [HOUR, 'hours']
  const times = points('wallClockSeconds').map(({ range: { low, expected, high }, ...point }) => ({
    ...point,
    range: { low: low / unit, expected: expected / unit, high: high / unit },
  }))
  return [
    ...cost,
    figureOf(
      html`Wall-clock against <code>accelerators</code>`,
      curveChart('Wall-clock against the number of accelerators', times, {
        ...axes,
        y: value => `${plain(value, 3)} ${unitName}`,
      }),
    ),
  ]
}

function hardwareFigure(c: Comparison, quantity: Quantity): SafeHtml {
  const { head } = c
  if (head === null || c.alternatives.length === 0) return NOTHING
  const bars = [head, ...c.alternatives].flatMap((e): readonly Bar[] => {
    const { accelerator, name } = e.run.hardware
    const label = accelerator.known ? accelerator.value.id : name
    return e.usd.known ? [{ label, range: e.usd.value, kind: e === head ? 'main' : 'before' }] : []
  })
  if (bars.length < 2) return NOTHING
  const money = (value: number): string => (quantity.unit === 'usd' ? quantity.print(value, 4) : `$${plain(value, 4)}`)
  return figureOf(html`The same run on other hardware`, bandsChart(`Cost of ${c.path} on other hardware`, bars, money))
}

function footer(report: Report): SafeHtml {
  const parts = footerParts(report).map(part => htmlOf(part, report.links))
  const run = runLink(report.links)
  return together(run === NOTHING ? parts : [...parts, run], ' · ')
}
