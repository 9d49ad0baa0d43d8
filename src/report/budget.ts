/** The rules: what is allowed, what was found, and what to do next. */
import type { Comparison } from '../compare/index.ts'
import type { RuleOutcome } from '../judge/index.ts'
import { limitScope, limitText, metricPrint } from './limits.ts'
import { amount, count } from './numbers.ts'
import { mark, type MarkSpan } from './rows.ts'
import { bold, capital, fig, named, placeOf, plural, type Sentence } from './span.ts'
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
  const [path] = first.configs
  return [
    mark('pass'),
    ' ',
    ...ruleName(first),
    ' allows at most ',
    fig(text.limit),
    ` ${limitScope(first)}; `,
    ...(first.rule.scope === 'total' || path === undefined ? ['this'] : [named(path)]),
    ' is at ',
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
    sentence: found(worst, group, report),
  }
  return worst.rule.message === undefined || worst.result === 'pass' ? line : { ...line, message: worst.rule.message }
}

function found(worst: RuleOutcome, group: readonly RuleOutcome[], report: Report): Sentence {
  const text = limitText(worst, report.currency)
  const configs = [...new Set(group.flatMap(o => o.configs))]
  if (text === undefined || worst.byUnknown || worst.result === 'unknown') {
    const remedy = worst.missing[0]?.remedy
    return [
      ...ruleName(worst),
      ...(text === undefined ? [': '] : [' allows at most ', fig(text.limit), ` ${limitScope(worst)}: `]),
      ...(worst.rule.scope === 'total' ? [] : whose(worst, ': ')),
      ended(worst.why === '' ? 'this is unknown' : worst.why),
      // The remedy stands once, under the missing facts, where the report lists them.
      ...(remedy === undefined || listsRemedies(report) ? [] : [` Next: ${ended(remedy)}`]),
    ]
  }
  const basis = worst.rule.basis === 'expected' ? '' : ` (the ${worst.rule.basis} end of the band)`
  const many = configs.length > 1 && worst.rule.scope === 'each'
  const subject: Sentence =
    worst.rule.scope === 'total'
      ? ['they are at ']
      : many
        ? [`${configs.length} configs are above, most of all `, ...whose(worst, ' at ')]
        : whose(worst, ' is at ')
  return [
    ...ruleName(worst),
    ' allows at most ',
    fig(text.limit),
    ` ${limitScope(worst)}; `,
    ...subject,
    bold(text.actual),
    basis,
    '.',
    ...(many ? [] : nextStep(worst, report)),
  ]
}

function listsRemedies(report: Report): boolean {
  return report.comparisons.some(
    c => c.status !== 'unchanged' && [c.head, c.base].some(e => (e?.unknown.length ?? 0) > 0),
  )
}

function whose(outcome: RuleOutcome, then: string): Sentence {
  const [path] = outcome.configs
  return path === undefined ? ['this', then] : [named(path), then]
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

/** In numbers: where a percentage ends, and how much has to go. The rest is in `waysToPass`. */
function nextStep(outcome: RuleOutcome, report: Report): Sentence {
  const { limit, actual } = outcome
  if (limit === null || actual === null || actual <= limit || outcome.result !== 'fail') return []
  if (outcome.limitKind !== 'max_increase_percent') {
    const print = metricPrint(outcome, report.currency)
    return [' It has to come down by ', bold(print(actual - limit, 4).replace(/^\+/, '')), ' to pass.']
  }
  const allowed = allowedDelta(outcome, report)
  const base = comparisonOf(outcome, report)?.base
  if (allowed === undefined || base?.usd.known !== true) return []
  const over = ((actual - limit) / 100) * base.usd.value.expected * report.currency.perUsd
  return [
    ' The budget ends at ',
    fig(`+${amount(allowed, report.currency)}`),
    '; it has to come down by ',
    bold(amount(over, report.currency)),
    ' to pass.',
  ]
}

/** What the ways are called: a gate that stays closed for another config, a lock or an unknown is not passed by them. */
export function wayTitle({ verdict, waysToPass }: Report): 'To pass' | 'To come closer' {
  const { settings = [], label } = waysToPass ?? {}
  const mended = new Set(settings.map(way => way.path))
  const closed = verdict.outcomes.filter(o => o.result === 'fail' && o.rule.scope === 'each').flatMap(o => o.configs)
  return label !== undefined || closed.every(path => mended.has(path)) ? 'To pass' : 'To come closer'
}

/** One sentence for each config that a smaller setting would bring within its budget, and one for the label. */
export function waySentences(report: Report): readonly Sentence[] {
  const { settings = [], label } = report.waysToPass ?? {}
  const paths = [...new Set(settings.map(way => way.path))]
  const cuts = paths.map((path): Sentence => {
    const choices = settings.filter(way => way.path === path)
    const listed = choices.flatMap((way, i): Sentence => {
      const at = placeOf(way.at, 'head')
      const where: Sentence =
        at?.line === undefined
          ? []
          : [' (', at.path === path ? { figure: `line ${at.line}`, at } : named(`${at.path}:${at.line}`, at), ')']
      return [
        ...(i === 0 ? [] : [', or ']),
        named(way.fact),
        ' ',
        fig(`${count(way.from)} → ${count(way.to)}`),
        ...where,
      ]
    })
    return ['in ', named(path), ', ', ...listed]
  })
  const allowed: Sentence[] =
    label === undefined
      ? []
      : [
          [
            `${cuts.length === 0 ? 'have' : 'or have'} someone ${label.allowAuthor ? '' : 'else '}with ${label.minPermission} access add the label `,
            named(label.label),
          ],
        ]
  return [...cuts, ...allowed]
}

const ended = (sentence: string): string => (/[.!?]$/.test(sentence) ? sentence : `${sentence}.`)
