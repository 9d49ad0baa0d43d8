/** Notes on the lines that drive a breach, for the log and the check run. Plain text: the publisher escapes commands. */
import type { Comparison } from '../compare/index.ts'
import type { Origin } from '../facts/index.ts'
import type { RuleOutcome } from '../judge/index.ts'
import { plainText } from './escape.ts'
import { alertsOf, problemsOf } from './notes.ts'
import { breachPhrase, limitText } from './limits.ts'
import { signed } from './numbers.ts'
import { quantityOf } from './quantity.ts'
import { plainly } from './span.ts'
import type { Annotation, Report } from './types.ts'

/** GitHub shows no more of each level for one step. */
const MOST_PER_LEVEL = 10

export function annotations(report: Report): readonly Annotation[] {
  const all = [...breachNotes(report), ...problemAnnotations(report), ...memoryAnnotations(report)]
  const of = (level: Annotation['level']) => all.filter(note => note.level === level).slice(0, MOST_PER_LEVEL)
  return [...of('error'), ...of('warning')]
}

function breachNotes(report: Report): Annotation[] {
  const byPath = new Map(report.comparisons.map(c => [c.path, c]))
  const notes = report.verdict.outcomes.flatMap(outcome => {
    if (outcome.result === 'pass') return []
    const configs = outcome.configs.map(path => byPath.get(path)).filter(c => c !== undefined)
    // A total has many members: the one that rose most is where to look.
    const chosen =
      outcome.rule.scope === 'total' ? configs.sort((a, b) => rise(b, report) - rise(a, report)).slice(0, 1) : configs
    return chosen.map(c => breachNote(outcome, c, report))
  })
  return notes.sort((a, b) => (a.level === b.level ? 0 : a.level === 'error' ? -1 : 1))
}

function rise(c: Comparison, report: Report): number {
  const delta = quantityOf(report).delta(c)
  return delta.known ? delta.value : Number.NEGATIVE_INFINITY
}

function breachNote(outcome: RuleOutcome, c: Comparison, report: Report): Annotation {
  const overridden = report.verdict.conclusion === 'overridden'
  const quantity = quantityOf(report)
  const drivers = c.attribution.flatMap(a => {
    const share = quantity.share(a)
    return share === null || share <= 0 ? [] : [{ ...a, share }]
  })
  const [driver] = drivers.sort((a, b) => b.share - a.share)
  const missing = outcome.missing.find(m => m.at?.path !== undefined)?.at
  const place = headPlace(driver?.to === undefined ? undefined : driver.at) ??
    headPlace(missing) ?? { path: c.path, line: 1 }
  const text = limitText(outcome, report.currency)
  const share =
    driver === undefined ? '' : ` ${driver.fact} brings ${signed(quantity.printWithUnit)(driver.share, 4)} of it.`
  const remedy = outcome.missing[0]?.remedy
  const found = text === undefined ? outcome.why : `${c.path}: at most ${text.limit}, this is ${text.actual}.`
  const message =
    outcome.byUnknown || outcome.result === 'unknown'
      ? `${outcome.why}${remedy === undefined ? '' : ` Next: ${remedy}`}`
      : `${found}${share}`
  return {
    level: outcome.result === 'fail' && !overridden ? 'error' : 'warning',
    path: place.path,
    line: place.line,
    title: plainText(`Training cost: ${breachPhrase(outcome, report.currency)} (${outcome.rule.name})`, 200),
    message: plainText(`${message}${outcome.rule.message === undefined ? '' : ` ${outcome.rule.message}`}`),
  }
}

function headPlace(at: Origin | undefined): { path: string; line: number } | undefined {
  return at?.path === undefined ? undefined : { path: at.path, line: at.line ?? 1 }
}

function problemAnnotations(report: Report): Annotation[] {
  return problemsOf(report).flatMap(problem =>
    problem.at === undefined
      ? []
      : [
          {
            level: problem.severity,
            path: problem.at.path,
            line: 'line' in problem.at ? problem.at.line : 1,
            title: plainText(`traincost: ${problem.code}`, 200),
            message: plainText(problem.message),
          },
        ],
  )
}

function memoryAnnotations(report: Report): Annotation[] {
  return alertsOf(report).map(alert => ({
    level: 'warning',
    path: alert.path,
    line: alert.line,
    title: `traincost: ${alert.title.replace(/\.$/, '').toLowerCase()}`,
    message: plainly(alert.sentence),
  }))
}
