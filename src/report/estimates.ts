/** `traincost estimate`: one run each, nothing to compare with. */
import { adviceOn, projectTotal } from '../estimate/index.ts'
import type { Estimate } from '../estimate/index.ts'
import type { Range } from '../facts/index.ts'
import { joined, gfm, table, type SafeMarkdown } from './escape.ts'
import { factGrid } from './foundations.ts'
import { memoryCell } from './hardware.ts'
import { estimatesJson } from './json.ts'
import { distinct, duration, hours, plain, scaled, scientific, type Print } from './numbers.ts'
import { acceleratorName, hoursName, quantityOf } from './quantity.ts'
import { lackSentences } from './remedy.ts'
import { bold, capital, fig, markdownOf, named, type Grid, type Sentence } from './span.ts'
import { gridText, linesText, type TextOptions } from './text.ts'
import type { Report } from './types.ts'

export type EstimateFormat = 'markdown' | 'text' | 'json'

export interface EstimateOptions extends TextOptions {
  readonly currency: Report['currency']
}

const USD: EstimateOptions = { columns: 100, color: false, currency: { code: 'USD', perUsd: 1, date: '' } }

export function renderEstimates(estimates: readonly Estimate[], format: EstimateFormat, options = USD): string {
  switch (format) {
    case 'json':
      return estimatesJson(estimates)
    case 'markdown':
      return markdown(estimates, options)
    case 'text':
      return text(estimates, options)
  }
}

function overview(estimates: readonly Estimate[], options: EstimateOptions): Grid {
  const { print } = quantityOf({ comparisons: [], currency: options.currency })
  return {
    heading: [
      ['Config'],
      ['Cost'],
      [fig(capital(hoursName(estimates)))],
      ['Wall-clock'],
      ['Tokens'],
      ['Model FLOPs'],
      ['Memory'],
    ],
    align: ['left', 'right', 'right', 'right', 'right', 'right', 'left'],
    rows: [...estimates.map(rowOf), ...(estimates.length > 1 ? [totalRow()] : [])],
  }

  function rowOf(e: Estimate): readonly Sentence[] {
    return [
      [named(e.run.path), ...runs(e)],
      e.usd.known ? band(e.usd.value, print) : ['unknown'],
      e.acceleratorSeconds.known ? [fig(hours(e.acceleratorSeconds.value.expected / 3600))] : ['unknown'],
      e.wallClockSeconds.known ? [fig(duration(e.wallClockSeconds.value.expected))] : ['unknown'],
      e.tokens.known ? [fig(scaled(e.tokens.value))] : ['unknown'],
      e.flops.model.known ? [fig(scientific(e.flops.model.value))] : ['unknown'],
      memoryCell(e),
    ]
  }

  /** The configs as one project; one of them unknown makes it unknown. Hours and memory have no sum. */
  function totalRow(): readonly Sentence[] {
    const { usd, acceleratorSeconds, tokens, modelFlops } = projectTotal(estimates)
    return [
      [bold('Total')],
      usd.known ? band(usd.value, print) : ['unknown'],
      acceleratorSeconds.known ? [fig(hours(acceleratorSeconds.value.expected / 3600))] : ['unknown'],
      [''],
      tokens.known ? [fig(scaled(tokens.value))] : ['unknown'],
      modelFlops.known ? [fig(scientific(modelFlops.value))] : ['unknown'],
      [''],
    ]
  }
}

function runs(e: Estimate): Sentence {
  const { runs: multiplier } = e.run
  return multiplier.known && multiplier.value !== 1 ? [` × ${plain(multiplier.value)} runs`] : []
}

function band(range: Range, print: Print): Sentence {
  const [low = '', high = ''] = distinct([range.low, range.high], print, 3)
  return [bold(print(range.expected, 4)), ...(range.low === range.high ? [] : [' (', fig(`${low} – ${high}`), ')'])]
}

function problems(e: Estimate): readonly Sentence[] {
  return e.run.problems.map(p => [
    fig(p.severity === 'error' ? '❌' : '⚠️'),
    ' ',
    ...(p.at === undefined
      ? []
      : [named('line' in p.at ? `${p.at.path}:${p.at.line}:${p.at.column}` : p.at.path), ': ']),
    p.message,
  ])
}

/** What the estimator can prove about the run, with what it is worth. */
function advice(e: Estimate, options: EstimateOptions): readonly Sentence[] {
  const { print } = quantityOf({ comparisons: [], currency: options.currency })
  return adviceOn(e).map(({ code, message, usd }): Sentence => [
    fig(code === 'does-not-fit' ? '⚠️' : 'ℹ️'),
    ' ',
    message,
    ...(usd === null || code === 'does-not-fit' ? [] : [' At stake: ', fig(print(usd, 3)), '.']),
  ])
}

function title(e: Estimate): Sentence {
  const kind = acceleratorName(e)
  const { accelerators } = e.facts
  const on = kind === undefined || accelerators?.known !== true ? '' : ` on ${plain(accelerators.value)} × `
  return [named(e.run.path), ', ', named(e.run.framework), ...(on === '' ? [] : [on, fig(kind ?? '')])]
}

function markdown(estimates: readonly Estimate[], options: EstimateOptions): string {
  const cells = (row: readonly Sentence[]) => row.map(cell => markdownOf(cell, null))
  const tableOf = (grid: Grid) => table(cells(grid.heading), grid.align, grid.rows.map(cells))
  const list = (items: readonly Sentence[]) =>
    joined(
      items.map(item => gfm`- ${markdownOf(item, null)}`),
      '\n',
    )
  const sections: SafeMarkdown[] = [tableOf(overview(estimates, options))]
  for (const e of estimates) {
    const notes = [...lackSentences(e.unknown), ...problems(e), ...advice(e, options)]
    sections.push(gfm`### ${markdownOf(title(e), null)}`)
    if (notes.length > 0) sections.push(list(notes))
    const grid = factGrid(e, options.currency)
    if (grid !== undefined) sections.push(tableOf(grid))
  }
  return `${joined(sections, '\n\n')}\n`
}

function text(estimates: readonly Estimate[], options: EstimateOptions): string {
  const sections: string[] = [gridText(overview(estimates, options), options)]
  for (const e of estimates) {
    const notes = [...lackSentences(e.unknown), ...problems(e), ...advice(e, options)].map(
      note => `  ${linesText(note, options.columns - 2, '    ')}`,
    )
    const grid = factGrid(e, options.currency)
    sections.push(
      [linesText(title(e), options.columns, '  '), ...notes].join('\n'),
      ...(grid === undefined ? [] : [gridText(grid, options)]),
    )
  }
  return `${sections.join('\n\n')}\n`
}
