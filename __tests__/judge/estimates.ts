import type { Comparison, Status } from '../../src/compare/index.ts'
import type { Estimate } from '../../src/estimate/index.ts'
import { absent, known, unknown } from '../../src/facts/index.ts'
import type { Fact, Range, RunFacts } from '../../src/facts/index.ts'
import type { Budget, JudgeInput, LiveLabel } from '../../src/judge/index.ts'
import type { Override, Rule, RuleException } from '../../src/resolve/index.ts'

/** A band of −20 % … +50 % around the expected value. */
export const band = (expected: number): Range => ({ low: expected * 0.8, expected, high: expected * 1.5 })

export const lacking = unknown({ fact: 'price', why: 'no price', remedy: 'add a price', absent: true })

const none = (fact: string): Fact<never> => absent(fact)

/** An estimate of a given cost in USD; null for one whose cost is unknown. One accelerator-hour for each $2. */
export function estimateOf(usd: number | Range | null, path = 'a.yaml', facts: RunFacts = {}): Estimate {
  const range = usd === null ? null : typeof usd === 'number' ? band(usd) : usd
  const scaled = (factor: number): Fact<Range> =>
    range === null
      ? lacking
      : known({ low: range.low * factor, expected: range.expected * factor, high: range.high * factor })
  return {
    run: {
      path,
      framework: 'traincost',
      fragment: false,
      facts,
      hardware: {
        name: 'h100',
        accelerator: none('accelerator'),
        price: none('price'),
        matrixEfficiency: none('mfu'),
        tokensPerSecond: none('tokens_per_second'),
        measuredOn: none('measured_on'),
        carbonKgPerKwh: none('carbon'),
        pue: none('pue'),
      },
      runs: known(1),
      problems: [],
    },
    facts,
    parameters: { total: none('total'), active: none('active'), trainable: none('trainable') },
    tokens: none('tokens'),
    flops: {
      perToken: none('flops'),
      model: range === null ? lacking : known(range.expected * 1e15),
      hardware: none('flops'),
      terms: none('flops'),
    },
    matrixEfficiency: none('efficiency'),
    peakFlops: none('peak'),
    acceleratorSeconds: scaled(1800),
    wallClockSeconds: scaled(450),
    usd: scaled(1),
    energyKwh: scaled(0.35),
    co2Kg: scaled(0.1),
    memory: none('memory'),
    sixNdRatio: none('six_nd'),
    unknown: [],
  }
}

type Cost = number | Range | null | 'none'

/** A config of a given cost on each side; 'none' where that side does not have it, null where it is unknown. */
export function change(path: string, base: Cost, head: Cost, over: Partial<Comparison> = {}): Comparison {
  const status: Status = base === 'none' ? 'added' : head === 'none' ? 'removed' : 'changed'
  return {
    path,
    framework: 'traincost',
    status,
    base: base === 'none' ? null : estimateOf(base, path),
    head: head === 'none' ? null : estimateOf(head, path),
    // The judge reads the estimates: a delta that it trusted could be a rounded one.
    delta: {
      usd: lacking,
      usdPercent: lacking,
      usdPercentBand: lacking,
      acceleratorSeconds: lacking,
      modelFlops: lacking,
    },
    attribution: [],
    alternatives: [],
    problems: [],
    ...over,
  }
}

export function ruleOf(over: Partial<Rule> = {}): Rule {
  return {
    name: 'budget',
    match: [],
    scope: 'each',
    metric: 'cost',
    combine: 'any',
    basis: 'expected',
    action: 'fail',
    origin: { kind: 'policy', path: '.github/traincost.yml', line: 12 },
    ...over,
  }
}

const at = { path: '.github/traincost.yml', line: 30, column: 5 }

export const exceptionOf = (over: Partial<RuleException> = {}): RuleException => ({
  config: 'a.yaml',
  max: 160_000,
  reason: 'long-context run',
  expires: '2027-03-31',
  at,
  ...over,
})

export const overrideOf = (over: Partial<Override> = {}): Override => ({
  label: 'traincost-ok-150k',
  upTo: 150_000,
  minPermission: 'write',
  allowAuthor: false,
  at,
  ...over,
})

export const labelOf = (over: Partial<LiveLabel> = {}): LiveLabel => ({
  name: 'traincost-ok-150k',
  by: 'lead',
  permission: 'write',
  isAuthor: false,
  isBot: false,
  ...over,
})

export function budgetOf(...rules: readonly Rule[]): Budget {
  return { rules, exceptions: [], overrides: [], lock: [], currency: { code: 'USD', perUsd: 1, date: '2026-11-01' } }
}

export function caseOf(over: Partial<JudgeInput> = {}): JudgeInput {
  return {
    comparisons: [],
    policy: budgetOf(),
    enforced: true,
    inputRules: [],
    failOn: 'fail',
    unknownMode: 'auto',
    today: '2026-11-24',
    labels: known([]),
    uncovered: [],
    removedGated: [],
    problems: [],
    ...over,
  }
}
