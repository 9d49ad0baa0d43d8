/** The rules: what is allowed, what was found, and what to do next. */
import type { Comparison } from '../compare/index.ts'
import type { RuleOutcome } from '../judge/index.ts'
import { limitScope, limitText, metricPrint } from './limits.ts'
import { amount } from './numbers.ts'
import { mark, type MarkSpan } from './rows.ts'
import { bold, capital, fig, named, placeOf, plural, type Sentence, type Span } from './span.ts'
import type { Report } from './types.ts'

export interface BudgetLine {
  readonly mark: MarkSpan
  readonly result: RuleOutcome['result']
  readonly sentence: Sentence
  /** What the team wrote for this case. */
  readonly message?: string
}

const ORDER = ['fail', 'unknown', 'warn', 'pass'] as const

/** One line for each limit with something to say; configs in the same breach share one. */
export function budgetLines(report: Report): readonly BudgetLine[] {
  const groups = new Map<string, RuleOutcome[]>()
  for (const outcome of report.verdict.outcomes) {
    if (outcome.result === 'pass') continue
    const key = JSON.stringify([outcome.rule.name, outcome.limitKind, outcome.result, outcome.limit, outcome.byUnknown])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [outcome])
    else group.push(outcome)
  }
  return [...groups.values()]
    .sort((a, b) => order(a) - order(b))
    .map(group => lineOf(group, report))
    .filter(line => line !== undefined)
}

const order = (group: readonly RuleOutcome[]) => {
  const [first] = group
  return first === undefined ? ORDER.length : ORDER.indexOf(first.result) * 2 + (first.byUnknown ? 1 : 0)
}

/** How many limits hold, for the line after those that do not. */
export function heldSentence(report: Report): Sentence | undefined {
  const held = report.verdict.outcomes.filter(o => o.result === 'pass')
  const [first] = held
  if (first === undefined) return undefined
  const text = limitText(first, report.currency)
  if (held.length > 1 || text === undefined)
    return [mark('pass'), ` ${capital(plural(held.length, 'limit'))} hold${held.length === 1 ? 's' : ''}.`]
  return [
    mark('pass'),
    ' ',
    ...ruleName(first),
    ': at most ',
    fig(text.limit),
    ' ',
    limitScope(first),
    ' · this is ',
    fig(text.actual),
    '.',
  ]
}

function ruleName(outcome: RuleOutcome): Sentence {
  const at = placeOf(outcome.rule.origin, 'tip')
  return [at === undefined ? named(outcome.rule.name) : { name: outcome.rule.name, at }]
}

function lineOf(group: readonly RuleOutcome[], report: Report): BudgetLine | undefined {
  const worst = [...group].sort((a, b) => (b.actual ?? 0) - (a.actual ?? 0))[0]
  if (worst === undefined) return undefined
  const overridden = report.verdict.conclusion === 'overridden'
  const line = {
    mark: mark(worst.result === 'fail' && !overridden ? 'fail' : 'warn'),
    result: worst.result,
    sentence: [...ruleName(worst), ': ', ...found(worst, group, report)],
  }
  return worst.rule.message === undefined || worst.result === 'pass' ? line : { ...line, message: worst.rule.message }
}

function found(worst: RuleOutcome, group: readonly RuleOutcome[], report: Report): Sentence {
  const text = limitText(worst, report.currency)
  const configs = [...new Set(group.flatMap(o => o.configs))]
  if (text === undefined || worst.byUnknown || worst.result === 'unknown') {
    const first = worst.missing[0]
    return [
      ...(text === undefined
        ? []
        : ['at most ', fig(text.limit), ' ', limitScope(worst), ' · this is ', bold('unknown'), ' · ']),
      ...(worst.why === '' ? [] : [ended(worst.why)]),
      ...(first === undefined || first.remedy === '' ? [] : [' Next: ', ended(first.remedy)]),
      ...whose(configs, worst, false),
    ]
  }
  const basis = worst.rule.basis === 'expected' ? '' : ` (the ${worst.rule.basis} end of the band)`
  return [
    'at most ',
    fig(text.limit),
    ` ${limitScope(worst)} · this is `,
    bold(text.actual),
    basis,
    ...endsAt(worst, report),
    ...whose(configs, worst, configs.length > 1),
    ...excess(worst, configs.length, report),
  ]
}

/** Which configs: nothing where the report has only one, the worst by name where there are many. */
function whose(configs: readonly string[], worst: RuleOutcome, many: boolean): Sentence {
  const [first] = worst.configs
  if (worst.rule.scope === 'total' || first === undefined) return []
  return many ? [` · broken by ${configs.length} configs, most by `, named(first)] : [' · ', named(first)]
}

/** A percentage in dollars, where it is judged on one config's expected cost. */
function endsAt(outcome: RuleOutcome, report: Report): Sentence {
  const allowed = allowedDelta(outcome, report)
  return allowed === undefined ? [] : [' · ends at ', fig(`+${amount(allowed, report.currency)}`)]
}

function comparisonOf(outcome: RuleOutcome, report: Report): Comparison | undefined {
  const [path] = outcome.configs
  return outcome.configs.length === 1 ? report.comparisons.find(c => c.path === path) : undefined
}

/** In the policy's currency; undefined where the limit is no percentage of a known cost. */
function allowedDelta(outcome: RuleOutcome, report: Report): number | undefined {
  const base = comparisonOf(outcome, report)?.base
  const { rule, limit } = outcome
  if (outcome.limitKind !== 'max_increase_percent' || rule.metric !== 'cost' || limit === null) return undefined
  if (base?.usd.known !== true || rule.basis !== 'expected') return undefined
  return (base.usd.value.expected * report.currency.perUsd * limit) / 100
}

/** The next step in numbers: how much has to go. */
function excess(outcome: RuleOutcome, configs: number, report: Report): Sentence {
  const { limit, actual } = outcome
  if (configs > 1 || limit === null || actual === null || actual <= limit || outcome.result !== 'fail') return []
  const base = comparisonOf(outcome, report)?.base
  const print = metricPrint(outcome, report.currency)
  if (outcome.limitKind !== 'max_increase_percent')
    return [' · to pass, save ', bold(print(actual - limit, 4).replace(/^\+/, ''))]
  if (allowedDelta(outcome, report) === undefined || base?.usd.known !== true) return []
  const over = ((actual - limit) / 100) * base.usd.value.expected * report.currency.perUsd
  return [' · to pass, save ', bold(amount(over, report.currency))]
}

const ended = (sentence: string): Span => (/[.!?]$/.test(sentence) ? sentence : `${sentence}.`)
