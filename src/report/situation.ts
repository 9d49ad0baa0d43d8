/** Headline and opening of a report: the verdict and its number first, because that is all that a mail preview shows. */
import type { Comparison } from '../compare/index.ts'
import type { Missing } from '../facts/index.ts'
import type { RuleOutcome } from '../judge/index.ts'
import { breachPhrase } from './limits.ts'
import { amount, daysBetween, distinct, percent, signed } from './numbers.ts'
import { OLD_PRICE_DAYS, pricesOf } from './prices.ts'
import { missingOf, quantityOf, totalsOf, type Quantity } from './quantity.ts'
import { bold, capital, fig, named, plural, type Sentence } from './span.ts'
import type { Report } from './types.ts'

export type Mark = 'pass' | 'warn' | 'fail'

export function markOf(report: Report): Mark {
  switch (report.verdict.conclusion) {
    case 'pass':
      // Nothing is over a budget, but nobody should take a run that would not start for a good one, or take what no rule
      // has judged and nobody can price for cheap.
      return memory(report).length > 0 || (!isJudged(report) && lacking(report).length > 0) ? 'warn' : 'pass'
    case 'no-change':
      return 'pass'
    case 'warn':
    case 'overridden':
      return 'warn'
    case 'fail':
    case 'error':
      return 'fail'
  }
}

/** `Training cost +$98,300 (+34 %): over the budget of +25 %`, without the mark. */
export function headlineSentence(report: Report): Sentence {
  const quantity = quantityOf(report)
  return [
    `Training ${quantity.noun} `,
    bold(changeFigure(report)),
    ': ',
    ...reason(report),
    ...memory(report),
    ...flippingPrice(report),
  ]
}

/** `+$98,300 (+34 %)`, `unchanged`, `unknown`, `+$98,300 and one config unknown`. */
function changeFigure(report: Report): string {
  const { verdict } = report
  if (verdict.conclusion === 'no-change') return 'unchanged'
  if (judgedNothing(report)) return 'unknown'
  const quantity = quantityOf(report)
  const { delta, percent: share } = totalsOf(report, quantity)
  if (moving(report).some(c => c.status === 'error')) return 'unknown'
  if (!delta.known) return knownIncrease(report, quantity)
  if (delta.value === 0) return 'unchanged'
  const change = signed(quantity.printWithUnit)(delta.value, 4)
  const only = moving(report).every(c => c.status === 'added' || c.status === 'removed')
  return share === undefined || only ? change : `${change} (${signed(percent)(share, 4)})`
}

/** What is known to be dearer is said beside what is dark. A saving is not: the dark config may take it back. */
function knownIncrease(report: Report, quantity: Quantity): string {
  const configs = moving(report)
  const known = configs.map(c => quantity.delta(c)).filter(delta => delta.known)
  const sum = sumOf(known)
  if (known.length === configs.length || sum <= 0) return 'unknown'
  return `${signed(quantity.printWithUnit)(sum, 4)} and ${plural(configs.length - known.length, 'config')} unknown`
}

function reason(report: Report): Sentence {
  const { conclusion, outcomes, overriddenBy } = report.verdict
  const failed = outcomes.filter(o => o.result === 'fail')
  const breaches = failed.filter(o => !o.byUnknown)
  switch (conclusion) {
    case 'no-change':
      return ['no training config changed']
    case 'error':
      return errorReason(report)
    case 'fail':
      return breaches.length > 0 ? breachReason(breaches, report) : unknownReason(report, failed)
    case 'overridden':
      return [
        ...(breaches.length > 0 ? breachReason(breaches, report) : ['over the budget']),
        ...(overriddenBy === undefined ? [', overridden'] : [', allowed by label ', named(overriddenBy.label)]),
      ]
    case 'warn': {
      const warned = outcomes.filter(o => o.result === 'warn' && !o.byUnknown)
      if (warned.length > 0) return breachReason(warned, report)
      if (lacking(report).length > 0) return unknownReason(report, outcomes)
      return [...passReason(report), ', with warnings']
    }
    case 'pass':
      return passReason(report)
  }
}

function breachReason(breaches: readonly RuleOutcome[], report: Report): Sentence {
  const phrases = [...new Set(breaches.map(o => breachPhrase(o, report.currency)))]
  const configs = new Set(breaches.flatMap(o => o.configs)).size
  const [first = 'over the budget'] = phrases
  const more = phrases.length > 1 ? ` and ${plural(phrases.length - 1, 'more limit')}` : ''
  return [fig(`${first}${more}`), configs > 1 ? `, ${configs} configs` : '']
}

function unknownReason(report: Report, outcomes: readonly RuleOutcome[]): Sentence {
  const missing = [...outcomes.flatMap(o => o.missing), ...lacking(report)]
  const [first] = missing
  if (first === undefined) return ['a number is missing']
  const facts = new Set(missing.map(m => m.fact))
  return [named(first.fact), facts.size > 1 ? ` and ${plural(facts.size - 1, 'more fact')} missing` : ' is missing']
}

function errorReason(report: Report): Sentence {
  const config = report.comparisons.find(c => c.status === 'error')
  if (config !== undefined) return [named(config.path), ' cannot be read']
  const problem = [...report.problems, ...report.verdict.problems].find(p => p.severity === 'error')
  return problem?.at === undefined ? ['the budget could not be judged'] : ['an error in ', named(problem.at.path)]
}

function passReason(report: Report): Sentence {
  const configs = moving(report)
  const { delta } = totalsOf(report, quantityOf(report))
  const budget = isJudged(report) ? 'within the budget' : 'no budget rule applies'
  if (configs.length > 0 && configs.every(c => c.status === 'added'))
    return [plural(configs.length, 'new config'), `, ${budget}`]
  if (configs.length > 0 && configs.every(c => c.status === 'removed'))
    return [plural(configs.length, 'config'), ' removed']
  return delta.known && delta.value < 0 ? ['a saving'] : [budget]
}

const isJudged = (report: Report): boolean => report.verdict.outcomes.some(o => o.result === 'pass')

/** A run that does not start is worth a word even where its price is fine. */
function memory(report: Report): Sentence {
  const out = moving(report).some(c => c.head?.memory.known === true && c.head.memory.value.verdict === 'out-of-memory')
  return out ? [', but out of memory'] : []
}

/** A percentage of a cost is the same at any price. */
function movesWithPrice(o: RuleOutcome): o is RuleOutcome & { readonly limit: number; readonly actual: number } {
  const { rule, limitKind, limit, actual } = o
  return rule.metric === 'cost' && limitKind !== 'max_increase_percent' && limit !== null && actual !== null
}

/** The price date belongs in the headline only where it is old and prices 25 % off would turn the verdict. */
function flippingPrice(report: Report): Sentence {
  const dates = [...pricesOf(report).values()].map(price => price.date).sort()
  const oldest = dates.find(date => (daysBetween(date, report.today) ?? 0) > OLD_PRICE_DAYS)
  if (oldest === undefined) return []
  const { conclusion, outcomes } = report.verdict
  const breaches = outcomes.filter(o => o.result === 'fail')
  const flips =
    conclusion === 'fail'
      ? breaches.every(o => movesWithPrice(o) && o.actual * 0.75 <= o.limit)
      : conclusion !== 'error' &&
        outcomes.some(o => movesWithPrice(o) && o.actual <= o.limit && o.actual * 1.25 > o.limit)
  return flips ? [' (at prices of ', fig(oldest), ')'] : []
}

/** True where an error kept us from comparing anything: then nothing is known of the change, not even that there is none. */
export const judgedNothing = (report: Report): boolean =>
  report.verdict.conclusion === 'error' && report.comparisons.length === 0

export const moving = (report: Report): readonly Comparison[] =>
  report.comparisons.filter(c => c.status !== 'unchanged')

/** What stands between the report and its number: the facts that a moving config lacks. */
export function lacking(report: Report): readonly Missing[] {
  const quantity = quantityOf(report)
  return missingOf(moving(report).filter(c => !quantity.delta(c).known))
}

/** The sentences under the headline. */
export function opening(report: Report): readonly Sentence[] {
  const configs = moving(report)
  const { conclusion, overriddenBy } = report.verdict
  const sentences: Sentence[] = []
  if (judgedNothing(report)) sentences.push(['Nothing was compared: what is in the way is named below.'])
  else if (configs.length === 0) sentences.push(['No training config differs between base and head.'])
  else if (conclusion !== 'error' || configs.some(c => c.status !== 'error')) sentences.push(costSentence(report))
  if (overriddenBy !== undefined)
    sentences.push([
      'The label ',
      named(overriddenBy.label),
      ' of ',
      named(overriddenBy.by),
      ' allows up to ',
      bold(amount(overriddenBy.upTo, report.currency)),
      '.',
    ])
  return sentences
}

function costSentence(report: Report): Sentence {
  const quantity = quantityOf(report)
  const configs = moving(report)
  const totals = totalsOf(report, quantity)
  const known = configs.filter(c => quantity.delta(c).known)
  const verb = quantity.unit === 'usd' ? 'cost' : 'take'
  const subject = subjectOf(configs)
  if (!totals.delta.known || known.length < configs.length) {
    const dark = configs.length - known.length
    const rest: Sentence =
      known.length === 0
        ? []
        : [
            ' The other ',
            known.length === 1 ? 'one' : `${known.length} together`,
            ': ',
            bold(signed(quantity.printWithUnit)(sumOf(known.map(c => quantity.delta(c))), 4)),
            '.',
          ]
    return [`What ${dark === 1 ? 'one config' : `${dark} configs`} would ${verb} is unknown.`, ...rest]
  }
  const { base, head } = totals
  if (head === null && base !== null)
    return [
      `${subject} no longer ${verb}${configs.length === 1 ? 's' : ''} `,
      bold(quantity.printWithUnit(base.expected, 4)),
      '.',
    ]
  if (head === null) return [`${subject} changed.`]
  const print = quantity.printWithUnit
  if (base === null)
    return [`${subject} would ${verb} `, bold(print(head.expected, 4)), ...band(head, quantity.print, []), '.']
  const [headText = '', baseText = ''] = distinct([head.expected, base.expected], print)
  const same = head.expected === base.expected
  return [
    `${subject} would ${verb} `,
    bold(headText),
    ...(same ? [', as before'] : [' instead of ', fig(baseText)]),
    ...band(head, quantity.print, certainty(configs)),
    '.',
  ]
}

function sumOf(facts: readonly ReturnType<ReturnType<typeof quantityOf>['delta']>[]): number {
  let sum = 0
  for (const fact of facts) if (fact.known) sum += fact.value
  return sum
}

function subjectOf(configs: readonly Comparison[]): string {
  const kinds = new Set(configs.map(c => c.status))
  const [only] = kinds
  if (kinds.size > 1 || only === undefined) return capital(plural(configs.length, 'config'))
  return capital(plural(configs.length, `${only === 'added' ? 'new' : only} config`))
}

/** ` ($272,000 – $546,000; …)`: the band stands next to its number, or nowhere where the number is exact. */
function band(range: { low: number; high: number }, print: (value: number, digits: number) => string, more: Sentence) {
  if (range.low === range.high) return []
  const [low = '', high = ''] = distinct([range.low, range.high], print, 3)
  return [' (', fig(`${low} – ${high}`), ...more, ')'] satisfies Sentence
}

/** Of one changed config: how sure the ratio is, in contrast to the totals. */
function certainty(configs: readonly Comparison[]): Sentence {
  const [only] = configs
  if (configs.length !== 1 || only === undefined || !only.delta.usdPercentBand.known) return []
  const { low, high } = only.delta.usdPercentBand.value
  if (low === 0 && high === 0) return []
  const [from, to] = [low, high].map(share => signed(percent)(share, 4))
  if (from === to) return ['; the difference is surer than the totals']
  return ['; the difference is surer than the totals: ', fig(`${from} to ${to}`)]
}
