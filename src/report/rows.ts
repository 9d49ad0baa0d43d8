/**
 * The table of configs: what needs eyes first, then what changes most, then the rest. A phone shows the first three columns,
 * so the change and the verdict come before the two sides.
 */
import type { Comparison } from '../compare/index.ts'
import type { Estimate } from '../estimate/index.ts'
import type { Fact, Range } from '../facts/index.ts'
import type { RuleOutcome } from '../judge/index.ts'
import { breachPhrase, limitText } from './limits.ts'
import { distinct, hours as hoursText, percent, plain, scientific, signed } from './numbers.ts'
import { hoursName, quantityOf, type Quantity } from './quantity.ts'
import { bold, fig, named, plural, type Grid, type Sentence } from './span.ts'
import type { Report } from './types.ts'

export interface Row {
  readonly comparison: Comparison
  readonly rank: number
  readonly cells: readonly Sentence[]
  /** Of the report's unit; undefined where unknown. */
  readonly delta: number | undefined
}

export interface Rows {
  readonly heading: readonly Sentence[]
  readonly align: readonly ('left' | 'right')[]
  readonly rows: readonly Row[]
  readonly quantity: Quantity
}

const RANKS = {
  error: 0,
  fail: 1,
  unknown: 2,
  warn: 3,
  changed: 4,
  added: 5,
  removed: 6,
  still: 7,
  unchanged: 8,
} as const

export function rowsOf(report: Report): Rows {
  const quantity = quantityOf(report)
  const hours = hoursName(report.comparisons.flatMap(c => [c.base, c.head]).filter(side => side !== null))
  const second = quantity.unit === 'hours' ? 'FLOPs' : hours
  const outcomes = outcomesByConfig(report.verdict.outcomes)
  const rows = report.comparisons
    .map(comparison => rowOf(comparison, outcomes.get(comparison.path) ?? [], quantity, report))
    .sort((a, b) => a.rank - b.rank || Math.abs(b.delta ?? 0) - Math.abs(a.delta ?? 0))
  return {
    heading: [['Config'], [fig(`Δ ${quantity.column}`)], ['Status'], ['Base'], ['Head'], [fig(`Δ ${second}`)]],
    align: ['left', 'right', 'left', 'right', 'right', 'right'],
    rows,
    quantity,
  }
}

/** The first rows as a table, and a last line that keeps the sum of those left out. */
export function gridOf(rows: Rows, shown: readonly Row[]): Grid {
  const cells = shown.map(row => row.cells)
  const hidden = rows.rows.filter(row => !shown.includes(row))
  if (hidden.length === 0) return { heading: rows.heading, align: rows.align, rows: cells }
  const known = hidden.map(row => row.delta).filter(delta => delta !== undefined)
  const sum = known.reduce((total, delta) => total + delta, 0)
  const dark = hidden.length - known.length
  const rest: Sentence[] = [
    [`and ${plural(hidden.length, 'more config')}`],
    known.length === 0 ? ['unknown'] : [fig(signed(rows.quantity.print)(sum, 4))],
    dark > 0 ? [`${dark} unknown`] : [],
    [],
    [],
    [],
  ]
  return { heading: rows.heading, align: rows.align, rows: [...cells, rest] }
}

/** Outcomes that are about one config. A rule on the total says nothing about a single row. */
function outcomesByConfig(outcomes: readonly RuleOutcome[]): ReadonlyMap<string, readonly RuleOutcome[]> {
  const byConfig = new Map<string, RuleOutcome[]>()
  for (const outcome of outcomes) {
    if (outcome.rule.scope === 'total') continue
    for (const path of outcome.configs) {
      const list = byConfig.get(path)
      if (list === undefined) byConfig.set(path, [outcome])
      else list.push(outcome)
    }
  }
  return byConfig
}

function rowOf(c: Comparison, outcomes: readonly RuleOutcome[], quantity: Quantity, report: Report): Row {
  const [base, head] = sideFigures(c, quantity)
  const delta = quantity.delta(c)
  const moves = delta.known && delta.value !== 0
  const change: Sentence = delta.known
    ? [(moves ? bold : fig)(signed(quantity.print)(delta.value, 4)), ...changeNote(c)]
    : ['unknown']
  const rank = rankOf(c, outcomes, delta, report)
  return {
    comparison: c,
    rank,
    delta: delta.known ? delta.value : undefined,
    cells: [configCell(c), change, statusCell(c, outcomes, report), base, head, [secondFigure(c, quantity)]],
  }
}

function configCell(c: Comparison): Sentence {
  const side = c.head === null && c.base !== null ? 'base' : 'head'
  const cell: (Sentence[number] | undefined)[] = [{ name: c.path, at: { path: c.path, side }, breaks: true }]
  if (c.basePath !== undefined && c.basePath !== c.path) cell.push(' was ', { name: c.basePath, breaks: true })
  const [base, head] = [runsOf(c.base), runsOf(c.head)]
  if (base !== undefined && head !== undefined && base !== head) cell.push(` × ${plain(base)} → ${plain(head)} runs`)
  else if ((head ?? base ?? 1) !== 1) cell.push(` × ${plain(head ?? base ?? 1)} runs`)
  return cell.filter(span => span !== undefined)
}

function runsOf(side: Estimate | null): number | undefined {
  return side?.run.runs.known === true ? side.run.runs.value : undefined
}

/** Both sides with as many digits as it takes to tell them apart; `–` where a config does not exist, never for unknown. */
function sideFigures(c: Comparison, quantity: Quantity): readonly [Sentence, Sentence] {
  const value = (side: Estimate | null) => (side === null ? undefined : quantity.of(side))
  const [base, head] = [value(c.base), value(c.head)]
  const numbers = [base, head].flatMap(fact => (fact?.known === true ? [fact.value.expected] : []))
  const texts = distinct(numbers, quantity.print)
  const missing = c.status === 'error' ? 'unknown' : '–'
  const show = (fact: Fact<Range> | undefined, at: 'base' | 'head') => {
    if (fact === undefined)
      return [fig((at === 'base' ? c.status === 'added' : c.status === 'removed') ? '–' : missing)]
    return fact.known ? [fig(texts[numbers.indexOf(fact.value.expected)] ?? '')] : ['unknown']
  }
  return [show(base, 'base'), show(head, 'head')]
}

function changeNote(c: Comparison): Sentence {
  if (c.status === 'added') return [' new']
  if (c.status === 'removed') return [' removed']
  const share = c.delta.usdPercent
  return share.known && share.value !== 0 ? [' (', fig(signed(percent)(share.value, 4)), ')'] : []
}

function secondFigure(c: Comparison, quantity: Quantity) {
  if (quantity.unit === 'hours') {
    const flops = c.delta.modelFlops
    return flops.known ? fig(signed(scientific)(flops.value, 3)) : 'unknown'
  }
  const seconds = c.delta.acceleratorSeconds
  return seconds.known ? fig(signed(hoursText)(seconds.value / 3600, 4)) : 'unknown'
}

const WORST = ['fail', 'unknown', 'warn', 'pass'] as const

function worst(outcomes: readonly RuleOutcome[]): RuleOutcome | undefined {
  // A number over its limit says more than a number that is missing.
  const byWeight = [...outcomes].sort((a, b) => weight(a) - weight(b))
  return byWeight[0]
}
const weight = (o: RuleOutcome) => WORST.indexOf(o.result) * 2 + (o.byUnknown ? 1 : 0)

function rankOf(c: Comparison, outcomes: readonly RuleOutcome[], delta: Fact<number>, report: Report): number {
  if (c.status === 'error') return RANKS.error
  if (c.status === 'unchanged') return RANKS.unchanged
  const result = worst(outcomes)?.result
  if (result === 'fail') return RANKS.fail
  if (!delta.known) return RANKS.unknown
  if (result === 'warn') return RANKS.warn
  const still = c.status === 'changed' && c.delta.usd.known && Math.abs(c.delta.usd.value) < report.minDeltaUsd
  return still ? RANKS.still : RANKS[c.status]
}

function statusCell(c: Comparison, outcomes: readonly RuleOutcome[], report: Report): Sentence {
  if (c.status === 'error') return [mark('fail'), ' error']
  const outcome = worst(outcomes)
  const lacks = c.head?.unknown[0] ?? c.base?.unknown[0]
  const dark: Sentence = lacks === undefined ? ['unknown'] : ['needs ', named(lacks.fact)]
  if (outcome === undefined) return c.delta.usd.known || lacks === undefined ? [c.status] : dark
  const overridden = report.verdict.conclusion === 'overridden'
  if (outcome.byUnknown || outcome.result === 'unknown')
    return [mark(outcome.result === 'fail' ? 'fail' : 'warn'), ' ', ...dark]
  if (outcome.result === 'pass') {
    const text = limitText(outcome, report.currency)
    return [mark('pass'), ' ', fig(text === undefined ? 'within the budget' : `within ${text.limit}`)]
  }
  const phrase = fig(shortened(breachPhrase(outcome, report.currency)))
  return overridden
    ? [mark('warn'), ' ', phrase, ', allowed']
    : [mark(outcome.result === 'fail' ? 'fail' : 'warn'), ' ', phrase]
}

const shortened = (phrase: string) => phrase.replace(/^over (?:the budget|the limit|its exception) of /, 'over ')

export type MarkSpan = { readonly figure: string }
export function mark(kind: 'pass' | 'warn' | 'fail'): MarkSpan {
  return fig({ pass: '✅', warn: '⚠️', fail: '❌' }[kind]) as MarkSpan
}
