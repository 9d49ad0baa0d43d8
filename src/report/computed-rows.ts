/** What was computed from the facts, as rows: counts, FLOPs, efficiency and rate, with where each is from. */
import type { Comparison } from '../compare/index.ts'
import type { Estimate } from '../estimate/index.ts'
import { combine, type Fact } from '../facts/index.ts'
import { isSaidBelow, origins, type Row } from './fact-rows.ts'
import { distinct, plain, scaled, scientific, type Print } from './numbers.ts'
import { fig, named, placeOf, type Sentence } from './span.ts'
import { sixNdOf } from './thumb.ts'
import type { Report } from './types.ts'

export function computedRows(c: Comparison, report: Pick<Report, 'currency'>): Row[] {
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
