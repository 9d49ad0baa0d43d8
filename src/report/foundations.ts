/** What the numbers stand on: every fact with its origin. */
import type { Comparison } from '../compare/index.ts'
import type { Estimate } from '../estimate/index.ts'
import { combine, FACTS, FACT_NAMES, type Fact, type FactName, type Origin } from '../facts/index.ts'
import { publishedValue } from './published.ts'
import { count, distinct, plain, scaled, scientific, type Print } from './numbers.ts'
import { fig, named, placeOf, spanText, type Grid, type Place, type Sentence, type Span } from './span.ts'
import { sixNdOf } from './thumb.ts'
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

interface FactRow extends Row {
  /** What rows of one kind of source are called together. */
  readonly source: string
}

interface Row {
  readonly name: Sentence
  readonly value: Sentence
  readonly from: Sentence
  readonly changed: boolean
  /** Rows that the registry brings with a model share one line, whatever stands between them. */
  readonly fromRegistry: boolean
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

/** What a fact's source is called where it stands for several. */
function sourceName(fact: Fact<unknown> | undefined, name: FactName, path: string): string {
  const origin = fact?.known === true ? fact.origins[0] : undefined
  if (origin === undefined) return name
  switch (origin.kind) {
    case 'config':
      return origin.path === path ? 'the config' : 'included files'
    case 'registry':
      return 'the model'
    case 'policy':
      return 'the policy'
    case 'profile':
      return 'the profile'
    case 'script':
      return 'the launch script'
    case 'default':
      return 'defaults'
    case 'assumed':
      return 'assumptions'
    case 'derived':
      return 'computed'
    default:
      return origin.kind satisfies never
  }
}

const labeled = (row: Row): Sentence => (row.name === SHAPE ? row.value : [...row.name, ' ', ...row.value])

/**
 * What the reader of a comment can do without: what only the parameter count needs, what goes without saying of a decoder, an
 * epoch count that steps overrule, and the tokens, which stand among the computed numbers.
 */
function goesWithoutSaying(name: FactName, fact: Fact<unknown> | undefined, e: Estimate | null): boolean {
  const kind = fact?.known === true ? fact.origins[0]?.kind : undefined
  if (name === 'bidirectional') return kind === 'assumed'
  if (name === 'epochs') return kind === 'default' && e?.facts.steps?.known === true
  return name === 'extras'
}

/** The tokens of the only run are said by what was computed; those of several runs are not. */
function isSaidBelow(name: FactName, c: Comparison): boolean {
  const sides = [c.base, c.head].filter(e => e !== null)
  const once = (e: Estimate): boolean => e.tokens.known && (!e.run.runs.known || e.run.runs.value === 1)
  return name === 'totalTokens' && sides.every(once)
}

function factRows(c: Comparison, everything: boolean): FactRow[] {
  return FACT_NAMES.flatMap((name): FactRow[] => {
    const [base, head] = [factOf(c.base, name), factOf(c.head, name)]
    if (base === undefined && head === undefined) return []
    const [from, to] = [base && factText(name, base), head && factText(name, head)]
    const changed = c.base !== null && c.head !== null && from !== to
    const shown = head ?? base
    if (isSaidBelow(name, c) || (!everything && !changed && goesWithoutSaying(name, shown, c.head ?? c.base))) return []
    return [
      {
        name: [named(FACTS[name].name)],
        value: changed ? [...side(from, name), ' → ', ...side(to, name)] : side(to ?? from, name),
        from: origins(shown, head === undefined ? 'base' : 'head', c.path),
        changed,
        fromRegistry: shown?.known === true && shown.origins[0]?.kind === 'registry',
        source: sourceName(shown, name, c.path),
      },
    ]
  })
}

function factOf(e: Estimate | null, name: FactName): Fact<unknown> | undefined {
  const fact: Fact<unknown> | undefined = e?.facts[name]
  // What nobody mentioned and nothing needed is no row; what is needed and missing is listed with the remedies.
  return fact === undefined || (!fact.known && fact.missing.every(m => m.absent)) ? undefined : fact
}

function factText(name: FactName, fact: Fact<unknown>): string {
  if (!fact.known) return 'unknown'
  const { value } = fact
  if (typeof value === 'number') {
    const tokens =
      name === 'datasetTokens' || name === 'totalTokens' || name === 'trainedTokens' || name === 'trainSamples'
    return tokens && scaledExactly(value) ? scaled(value) : Number.isInteger(value) ? count(value) : plain(value, 6)
  }
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value.join(', ')
  return JSON.stringify(publishedValue(name, value))
}

const scaledExactly = (value: number) => value >= 1e6 && Number(value.toPrecision(3)) === value

function side(text: string | undefined, name: FactName): Sentence {
  if (text === undefined) return ['not given']
  if (text === 'unknown') return ['unknown']
  const plainName = name === 'family' || name === 'baseModel' || name === 'dataset' || name === 'optimizer'
  return [!plainName && /^(?:[\d,.]+(?: [MBT])?|yes|no|[a-z][a-z0-9]+)$/.test(text) ? fig(text) : named(text)]
}

/** The first origins, most telling first; files as links. */
function origins(fact: Fact<unknown> | undefined, at: Place['side'], path: string): Sentence {
  if (fact === undefined) return []
  if (!fact.known) return fact.missing[0] === undefined ? [] : [fact.missing[0].why]
  const spans: Span[] = []
  for (const origin of fact.origins.slice(0, 3)) {
    if (spans.length > 0) spans.push(', ')
    spans.push(...originSpans(origin, at, path))
  }
  if (fact.origins.length > 3) spans.push(` and ${fact.origins.length - 3} more`)
  return spans
}

function originSpans(origin: Origin, side: Place['side'], path: string): Sentence {
  const at = placeOf(origin, side)
  const source: Sentence = origin.source === undefined ? [] : [' ', named(origin.source)]
  if (at === undefined) return [origin.kind, ...source]
  const label = `${at.path}${at.line === undefined ? '' : ` line ${at.line}`}`
  const place: Span = at.path === path && at.line !== undefined ? { figure: `line ${at.line}`, at } : named(label, at)
  // The config is what the reader thinks of anyway; everything else is named.
  return origin.kind === 'config' ? [place] : [`${origin.kind} `, place]
}

function computedRows(c: Comparison, report: Pick<Report, 'currency'>): Row[] {
  const rows: Row[] = []
  const add = (name: string, of: (e: Estimate) => Fact<number>, print: Print, from: (e: Estimate) => Sentence) => {
    const sides = [c.base, c.head].filter(e => e !== null).map(of)
    if (!sides.some(fact => fact.known)) return
    const values = sides.flatMap(fact => (fact.known ? [fact.value] : []))
    const texts = distinct(values, print, 3)
    const shown = sides.map((fact): Sentence => [fact.known ? fig(texts[values.indexOf(fact.value)] ?? '') : 'unknown'])
    const differ = new Set(values).size > 1 || values.length < sides.length
    const last = c.head ?? c.base
    rows.push({
      name: [name],
      value: differ ? [...(shown[0] ?? []), ' → ', ...(shown[1] ?? [])] : (shown[0] ?? []),
      from: last === null ? [] : from(last),
      changed: differ,
      fromRegistry: false,
    })
  }
  const differsFromTotal = (count: 'active' | 'trainable'): boolean =>
    [c.base, c.head].some(e => {
      const [all, part] = [e?.parameters.total, e?.parameters[count]]
      return all?.known !== true || part?.known !== true || all.value !== part.value
    })
  add(
    'tokens',
    e => e.tokens,
    scaled,
    e => tokensSource(e, c),
  )
  add(
    'parameters',
    e => e.parameters.total,
    scaled,
    () => ['counted from the shape'],
  )
  if (differsFromTotal('active'))
    add(
      'active parameters',
      e => e.parameters.active,
      scaled,
      () => ['used for each token'],
    )
  if (differsFromTotal('trainable'))
    add(
      'trainable parameters',
      e => e.parameters.trainable,
      scaled,
      () => ['that the optimizer updates'],
    )
  add('FLOPs per token', e => e.flops.perToken, scientific, thumb)
  const recomputes = [c.base, c.head].some(e => e?.flops.hardware.known === true && !sameFlops(e))
  add(
    'model FLOPs',
    e => e.flops.model,
    scientific,
    () => [recomputes ? 'without recomputation' : 'nothing is computed twice'],
  )
  if (recomputes)
    add(
      'hardware FLOPs',
      e => e.flops.hardware,
      scientific,
      () => ['with recomputation and padding'],
    )
  add('efficiency', expectedEfficiency, plain, efficiencySource)
  add(
    'price per accelerator-hour',
    rate,
    (value, digits) => dollars(value, digits),
    e => priceSource(e, report),
  )
  return rows
}

function sameFlops({ flops: { model, hardware } }: Estimate): boolean {
  return model.known && hardware.known && model.value === hardware.value
}

const dollars = (value: number, digits: number) => `$${value.toFixed(Math.max(2, digits - 1))}`

/** The formula and where its parts stand; of several runs, that there are several. */
function tokensSource(e: Estimate, c: Comparison): Sentence {
  if (!isSaidBelow('totalTokens', c)) return ['trained in all runs']
  const given = e.facts.totalTokens
  const from = origins(given?.known === true ? given : e.tokens, c.head === null ? 'base' : 'head', c.path)
  return from.length === 0 ? ['trained in all runs'] : from
}

function thumb(e: Estimate): Sentence {
  const ratio = sixNdOf(e)
  if (ratio === undefined) return ['model FLOPs, forward and backward']
  const off = (ratio - 1) * 100
  return [
    'model FLOPs, forward and backward; ',
    fig('6ND'),
    ' is ',
    fig(`${plain(Math.abs(off), 2)} % ${off < 0 ? 'lower' : 'higher'}`),
  ]
}

function expectedEfficiency(e: Estimate): Fact<number> {
  const u = e.matrixEfficiency
  return u.known ? { ...u, value: u.value.expected } : u
}

/** Model FLOPs utilization, as PaLM (arXiv 2204.02311, appendix B) counts it: a fraction of the dense peak. */
function utilizationOf(e: Estimate): Fact<number> {
  const { acceleratorSeconds: seconds, peakFlops: peak } = e
  return combine({ flops: e.flops.model, seconds, peak }, v => v.flops / (v.seconds.expected * v.peak))
}

function efficiencySource(e: Estimate): Sentence {
  const u = e.matrixEfficiency
  if (!u.known) return []
  const band = u.value.low === u.value.high ? '' : `${plain(u.value.low, 2)} – ${plain(u.value.high, 2)}`
  const peak = e.peakFlops.known ? `of ${plain(e.peakFlops.value / 1e12, 4)} TFLOP/s` : ''
  const source = u.origins.find(o => o.source !== undefined)?.source
  const mfu = utilizationOf(e)
  const texts = [band === '' ? '' : `band ${band}`, peak, mfu.known ? `MFU ${plain(mfu.value, 3)}` : ''].filter(
    text => text !== '',
  )
  return [fig(texts.join(', ')), ...(source === undefined ? [] : (['; ', source] satisfies Sentence))]
}

function rate(e: Estimate): Fact<number> {
  const { price } = e.run.hardware
  return price.known ? { ...price, value: price.value.usdPerInstanceHour / price.value.acceleratorsPerInstance } : price
}

function priceSource(e: Estimate, report: Pick<Report, 'currency'>): Sentence {
  const { price } = e.run.hardware
  if (!price.known) return []
  const { instance, region, pricing, date, source, provider } = price.value
  const what = [instance ?? provider, pricing === 'own' ? 'own rate' : pricing, region].filter(
    text => text !== undefined,
  )
  const at = placeOf(price.origins[0], 'tip')
  const rateOf =
    report.currency.code === 'USD' ? [] : [`; 1 USD is ${plain(report.currency.perUsd)} `, named(report.currency.code)]
  return [
    named(what.join(', ')),
    ', ',
    fig(date),
    ...(source === '' ? [] : ['; ', source]),
    ...(at === undefined ? [] : ['; ', named(`${at.path}${at.line === undefined ? '' : ` line ${at.line}`}`, at)]),
    ...rateOf,
  ]
}
