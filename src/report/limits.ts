/** One limit of a rule in words: what it allows, what was found, and what would pass. */
import type { RuleOutcome } from '../judge/index.ts'
import type { Currency } from '../resolve/index.ts'
import { amount, distinct, duration, hours, percent, plain, scientific, signed, type Print } from './numbers.ts'

/** A figure in the metric's published unit; percentages where the limit is one. */
export function metricPrint(outcome: RuleOutcome, currency: Currency): Print {
  if (outcome.limitKind === 'max_increase_percent') return signed(percent)
  const size = sizePrint(outcome, currency)
  return outcome.limitKind === 'max_increase' ? signed(size) : size
}

function sizePrint(outcome: RuleOutcome, currency: Currency): Print {
  switch (outcome.rule.metric) {
    case 'cost':
      return (value, digits) => amount(value, currency, digits)
    case 'accelerator_hours':
      return (value, digits) => `${hours(value, digits)} accelerator-hours`
    case 'wall_clock_hours':
      return (value, digits) => duration(value * 3600, digits)
    case 'model_flops':
      return (value, digits) => `${scientific(value, digits - 1)} FLOPs`
    case 'energy_kwh':
      return (value, digits) => `${plain(value, digits)} kWh`
    case 'co2_kg':
      return (value, digits) => `${plain(value, digits)} kg CO2`
  }
}

export interface LimitText {
  readonly limit: string
  readonly actual: string
}

/** Limit and actual, with enough digits to see which is higher; undefined where there is no number to show. */
export function limitText(outcome: RuleOutcome, currency: Currency): LimitText | undefined {
  const { limit, actual } = outcome
  if (limit === null) return undefined
  const print = metricPrint(outcome, currency)
  if (actual === null) return { limit: print(limit, 4), actual: 'unknown' }
  const [limitShown = '', actualShown = ''] = distinct([limit, actual], print)
  return { limit: limitShown, actual: actualShown }
}

/** Completes "at most $10,000 …". */
export function limitScope(outcome: RuleOutcome): string {
  const together = outcome.rule.scope === 'total'
  switch (outcome.limitKind) {
    case 'max':
      return together ? 'for all its configs together' : 'for one config'
    case 'max_increase':
    case 'max_increase_percent':
      return together ? 'for the whole change' : 'for one changed config'
    case 'new_config.max':
      return 'for a new config'
    case 'exception':
      return 'by exception'
    case 'unknown':
    case 'lock':
    case 'coverage':
      return ''
  }
}

/** The breach in a few words for headline and table: "over the budget of +25 %". */
export function breachPhrase(outcome: RuleOutcome, currency: Currency): string {
  const text = limitText(outcome, currency)
  switch (outcome.limitKind) {
    case 'max':
      return text === undefined ? 'over the limit' : `over the limit of ${text.limit}`
    case 'max_increase':
    case 'max_increase_percent':
      return text === undefined ? 'over the budget' : `over the budget of ${text.limit}`
    case 'new_config.max':
      return text === undefined ? 'over the limit for new configs' : `over ${text.limit} for a new config`
    case 'exception':
      return text === undefined ? 'over its exception' : `over its exception of ${text.limit}`
    case 'unknown':
      return 'unknown'
    case 'lock':
      return 'a locked fact changed'
    case 'coverage':
      return 'a config left the budget'
  }
}
