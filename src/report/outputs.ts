/** The action's outputs: small scalars, numbers plain, `unknown` where nobody knows (never 0, never empty). */
import type { Comparison } from '../compare/index.ts'
import type { Estimate } from '../estimate/index.ts'
import type { Fact } from '../facts/index.ts'
import { quantityOf, totalsOf } from './quantity.ts'
import { judgedNothing, moving } from './situation.ts'
import type { Report } from './types.ts'

const UNKNOWN = 'unknown'
const BREACHES_BYTES = 4096

/** Those that the comparison decides; the publisher adds addresses, the entry adds file names. Money is in the policy's currency. */
export function outputs(report: Report): ReadonlyMap<string, string> {
  const { verdict, currency } = report
  const usd = quantityOf({ comparisons: [], currency })
  const { base, head, delta, percent } = totalsOf(report, usd)
  const configs = moving(report)
  const money = (amount: number | undefined) => (amount === undefined ? UNKNOWN : String(amount * currency.perUsd))
  const expectedHours = (e: Estimate): Fact<number> =>
    e.acceleratorSeconds.known
      ? { ...e.acceleratorSeconds, value: e.acceleratorSeconds.value.expected / 3600 }
      : e.acceleratorSeconds
  const flops = (e: Estimate) => e.flops.model
  // Where nothing was compared, a sum of nothing would be $0 for what nobody knows.
  const nothing = judgedNothing(report)
  const told = (text: string) => (nothing ? UNKNOWN : text)
  return new Map([
    ['conclusion', verdict.conclusion],
    ['base-sha', report.base ?? ''],
    ['head-sha', report.head ?? ''],
    ['cost-base', told(money(sideOr0(base?.expected, configs, 'base')))],
    ['cost-head', told(money(sideOr0(head?.expected, configs, 'head')))],
    ['cost-delta', told(money(delta.known ? delta.value : undefined))],
    ['cost-delta-percent', percent === undefined ? UNKNOWN : String(percent)],
    ['accelerator-hours-base', told(sum(configs, 'base', expectedHours))],
    ['accelerator-hours-head', told(sum(configs, 'head', expectedHours))],
    ['accelerator-hours-delta', told(sumOfDeltas(configs))],
    ['flops-base', told(sum(configs, 'base', flops))],
    ['flops-head', told(sum(configs, 'head', flops))],
    ['currency', currency.code],
    ['changed-count', told(String(configs.length))],
    ['unknown-count', told(String(verdict.totals.unknown))],
    ['breached-rules', breachedRules(report)],
    ['overridden-by', verdict.overriddenBy?.by ?? ''],
  ])
}

/** A side that no moving config has costs nothing: only added configs at the base, only removed ones at the head. */
function sideOr0(value: number | undefined, configs: readonly Comparison[], side: 'base' | 'head'): number | undefined {
  const nobody = side === 'base' ? 'added' : 'removed'
  return configs.every(c => c.status === nobody) ? 0 : value
}

function sum(configs: readonly Comparison[], side: 'base' | 'head', of: (e: Estimate) => Fact<number>): string {
  let total = 0
  for (const c of configs) {
    if (c.status === 'error') return UNKNOWN
    const estimate = c[side]
    if (estimate === null) continue
    const value = of(estimate)
    if (!value.known) return UNKNOWN
    total += value.value
  }
  return String(total)
}

function sumOfDeltas(configs: readonly Comparison[]): string {
  let total = 0
  for (const c of configs) {
    if (!c.delta.acceleratorSeconds.known) return UNKNOWN
    total += c.delta.acceleratorSeconds.value / 3600
  }
  return String(total)
}

/** JSON of at most 4 KB: breaches in order, then how many were left out. */
function breachedRules(report: Report): string {
  const breaches = report.verdict.outcomes
    .filter(o => o.result === 'fail')
    .map(o => ({
      name: o.rule.name,
      metric: o.rule.metric,
      limit_kind: o.limitKind,
      limit: o.limit,
      actual: o.actual,
      configs: o.configs.slice(0, 5),
      ...(o.configs.length > 5 ? { more_configs: o.configs.length - 5 } : {}),
    }))
  for (let shown = breaches.length; shown > 0; shown--) {
    const left = breaches.length - shown
    const text = ascii(JSON.stringify([...breaches.slice(0, shown), ...(left > 0 ? [{ more: left }] : [])]))
    if (text.length <= BREACHES_BYTES) return text
  }
  return breaches.length === 0 ? '[]' : JSON.stringify([{ more: breaches.length }])
}

/** One byte a character, so that the length is the size: everything else as `\uXXXX`. */
function ascii(json: string): string {
  return json.replace(/[^\x20-\x7e]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
