/** The report for machines: `schema/` publishes this shape, so a change here is a change of the contract. */
import type { Attribution, Comparison } from '../compare/index.ts'
import type { Advice, Estimate } from '../estimate/index.ts'
import { FACTS, FACT_NAMES, type Fact, type Missing, type Origin, type Problem, type Range } from '../facts/index.ts'
import type { RuleOutcome } from '../judge/index.ts'
import type { Currency } from '../resolve/index.ts'
import { GIB } from './numbers.ts'
import { publishedValue } from './published.ts'
import { runProblemsOf } from './notes.ts'
import type { Report } from './types.ts'

export function renderJson(report: Report): string {
  const { totals } = report.verdict
  const json = {
    version: 1,
    base: { sha: report.base },
    head: { sha: report.head },
    conclusion: report.verdict.conclusion,
    configs: report.comparisons.map(configJson),
    totals: {
      base: totals.base === null ? null : bandJson(totals.base, 1),
      head: totals.head === null ? null : bandJson(totals.head, 1),
      delta: totals.delta,
      unknown: totals.unknown,
    },
    rules: report.verdict.outcomes.map(outcome => ruleJson(outcome, report.currency)),
    prices: report.prices === null ? null : { date: report.prices.date, source: report.prices.source },
    problems: runProblemsOf(report).map(problemJson),
  }
  return `${JSON.stringify(json, null, 2)}\n`
}

export function estimatesJson(estimates: readonly Estimate[]): string {
  const json = {
    version: 1,
    estimates: estimates.map(e => ({ path: e.run.path, framework: e.run.framework, ...estimateJson(e) })),
  }
  return `${JSON.stringify(json, null, 2)}\n`
}

function configJson(c: Comparison) {
  const runProblems = [...(c.head?.run.problems ?? []), ...(c.base?.run.problems ?? [])]
  const problems = [...c.problems, ...runProblems].map(problemJson)
  return {
    path: c.path,
    framework: c.framework,
    status: c.status,
    base: c.base === null ? null : estimateJson(c.base),
    head: c.head === null ? null : estimateJson(c.head),
    delta: {
      usd: valueOf(c.delta.usd),
      usdPercent: valueOf(c.delta.usdPercent),
      acceleratorHours: scaledValue(c.delta.acceleratorSeconds, 1 / 3600),
      modelFlops: valueOf(c.delta.modelFlops),
    },
    attribution: c.attribution.map(attributionJson),
    advice: (c.advice ?? []).map(adviceJson),
    warnings: problems.filter((p, i) => problems.findIndex(other => JSON.stringify(other) === JSON.stringify(p)) === i),
  }
}

function attributionJson(a: Attribution) {
  return {
    fact: a.fact,
    from: a.from ?? null,
    to: a.to ?? null,
    path: a.at?.path ?? null,
    line: a.at?.line ?? null,
    usd: a.usd,
  }
}

function adviceJson({ code, message, usd, fact, at }: Advice) {
  return { code, message, fact: FACTS[fact].name, path: at?.path ?? null, line: at?.line ?? null, usd }
}

function problemJson(problem: Problem) {
  const { at } = problem
  return {
    code: problem.code,
    message: problem.message,
    path: at?.path ?? null,
    line: at !== undefined && 'line' in at ? at.line : null,
  }
}

/** Money is in USD here, whatever the policy's currency; a percentage is a percentage in both. */
function ruleJson(outcome: RuleOutcome, currency: Currency) {
  const inCurrency = outcome.rule.metric === 'cost' && outcome.limitKind !== 'max_increase_percent'
  const plain = (value: number | null) => (value === null ? null : inCurrency ? value / currency.perUsd : value)
  return {
    name: outcome.rule.name,
    metric: outcome.rule.metric,
    limit: plain(outcome.limit),
    actual: plain(outcome.actual),
    result: outcome.result,
    configs: outcome.configs,
  }
}

function estimateJson(e: Estimate) {
  return {
    facts: factsJson(e),
    parameters: {
      total: valueOf(e.parameters.total),
      active: valueOf(e.parameters.active),
      trainable: valueOf(e.parameters.trainable),
    },
    tokens: valueOf(e.tokens),
    flops: {
      perToken: valueOf(e.flops.perToken),
      model: valueOf(e.flops.model),
      hardware: valueOf(e.flops.hardware),
    },
    acceleratorHours: band(e.acceleratorSeconds, 1 / 3600),
    wallClockHours: band(e.wallClockSeconds, 1 / 3600),
    usd: band(e.usd, 1),
    energyKwh: band(e.energyKwh, 1),
    co2Kg: band(e.co2Kg, 1),
    memory: e.memory.known
      ? { gibPerAccelerator: bandJson(e.memory.value.bytesPerAccelerator, 1 / GIB), verdict: e.memory.value.verdict }
      : { gibPerAccelerator: null, verdict: 'unknown' },
    unknown: e.unknown.map(missingJson),
  }
}

export function missingJson({ fact, why, remedy }: Missing) {
  return { fact, why, remedy }
}

/** Facts that are known; those that lack are in `unknown`. */
function factsJson(e: Estimate) {
  const facts: [string, unknown][] = []
  for (const name of FACT_NAMES) {
    const fact: Fact<unknown> | undefined = e.facts[name]
    if (fact?.known === true)
      facts.push([FACTS[name].name, { value: publishedValue(name, fact.value), origins: fact.origins.map(originJson) }])
  }
  return Object.fromEntries(facts)
}

function originJson(origin: Origin) {
  return { kind: origin.kind, path: origin.path ?? null, line: origin.line ?? null, source: origin.source ?? null }
}

export function valueOf(fact: Fact<number>): number | null {
  return scaledValue(fact, 1)
}

function scaledValue(fact: Fact<number>, factor: number): number | null {
  return fact.known ? fact.value * factor : null
}

export function band(fact: Fact<Range>, factor: number) {
  return fact.known ? bandJson(fact.value, factor) : null
}

function bandJson(range: Range, factor: number) {
  return { low: range.low * factor, expected: range.expected * factor, high: range.high * factor }
}
