/** Reports made by hand for the tests: every number is written here, none is computed by the rooms before. */
import type { Attribution, Comparison, Status } from '../../src/compare/index.ts'
import type { Estimate, Memory } from '../../src/estimate/index.ts'
import {
  known,
  unknown,
  type Fact,
  type Missing,
  type Origin,
  type Problem,
  type Range,
  type RunFacts,
} from '../../src/facts/index.ts'
import type { Conclusion, RuleOutcome, Verdict } from '../../src/judge/index.ts'
import type { Report } from '../../src/report/index.ts'
import type { Accelerator, Price, Rule } from '../../src/resolve/index.ts'

export const GIB = 1024 ** 3
export const BASE_SHA = '9f31c02a5d6e7f8091a2b3c4d5e6f708192a3b4c'
export const HEAD_SHA = '4be77a1c2d3e4f5061728394a5b6c7d8e9f00112'
export const TIP_SHA = 'c0ffee0123456789abcdef0123456789abcdef01'

export const band = (low: number, expected: number, high: number): Range => ({ low, expected, high })
export const at = (path: string, line: number): Origin => ({ kind: 'config', path, line, column: 1 })

export function missing(fact: string, why: string, remedy: string, where?: Origin): Missing {
  return { fact, why, remedy, absent: true, ...(where === undefined ? {} : { at: where }) }
}

const H100: Accelerator = {
  id: 'H100-SXM',
  name: 'H100 SXM5 80 GB',
  vendor: 'nvidia',
  peakFlops: { bf16: 989e12 },
  memoryBytes: 80 * GIB,
  memoryBytesPerSecond: 3.35e12,
  tdpWatts: 700,
  source: 'NVIDIA H100 data sheet',
}
export const accelerator = (id: string): Accelerator => ({ ...H100, id, name: id })

export const ON_DEMAND: Price = {
  usdPerInstanceHour: 55.04,
  acceleratorsPerInstance: 8,
  provider: 'aws',
  instance: 'aws/p5.48xlarge',
  region: 'us-east-1',
  pricing: 'on-demand',
  date: '2026-11-01',
  source: 'AWS price list',
  status: 'verified',
}

export interface Side {
  readonly path: string
  readonly framework?: string
  readonly facts?: RunFacts
  readonly usd?: Range
  readonly hours?: Range
  readonly wallHours?: Range
  readonly tokens?: number
  readonly perToken?: number
  readonly modelFlops?: number
  readonly memory?: Memory
  readonly sixNd?: number
  readonly accelerator?: string
  readonly price?: Price | null
  readonly runs?: number
  readonly unknown?: readonly Missing[]
  readonly problems?: readonly Problem[]
}

/** One side of a comparison. What is not given is unknown, for the reasons in `unknown`. */
export function estimate(side: Side): Estimate {
  const lacks = side.unknown ?? []
  const fact = <T>(value: T | undefined): Fact<T> => (value === undefined ? unknown(...lacks) : known(value))
  const scaled = (range: Range | undefined, by: number) =>
    range === undefined ? undefined : band(range.low * by, range.expected * by, range.high * by)
  return {
    run: {
      path: side.path,
      framework: side.framework ?? 'axolotl',
      fragment: false,
      facts: side.facts ?? {},
      hardware: {
        name: 'h100-us-east',
        accelerator:
          side.accelerator === undefined ? fact<Accelerator>(undefined) : known(accelerator(side.accelerator)),
        price:
          side.price === null
            ? fact<Price>(undefined)
            : known(side.price ?? ON_DEMAND, { kind: 'profile', path: '.github/traincost.yml', line: 21 }),
        matrixEfficiency: unknown(),
        tokensPerSecond: unknown(),
        measuredOn: unknown(),
        carbonKgPerKwh: unknown(),
        pue: unknown(),
      },
      runs: known(side.runs ?? 1),
      problems: side.problems ?? [],
    },
    facts: side.facts ?? {},
    parameters: { total: fact<number>(undefined), active: fact<number>(undefined), trainable: fact<number>(undefined) },
    tokens:
      side.tokens === undefined
        ? fact<number>(undefined)
        : known(side.tokens, { kind: 'derived', source: 'steps × global_batch × seq_len' }),
    flops: {
      perToken: fact(side.perToken),
      model: fact(side.modelFlops),
      hardware: fact(side.modelFlops),
      terms: unknown(),
    },
    matrixEfficiency:
      side.hours === undefined
        ? fact<Range>(undefined)
        : known(band(0.22, 0.3, 0.42), { kind: 'assumed', source: 'pretraining on H100 in bf16; measure yours' }),
    peakFlops: side.accelerator === undefined ? fact<number>(undefined) : known(989e12),
    acceleratorSeconds: fact(scaled(side.hours, 3600)),
    wallClockSeconds: fact(scaled(side.wallHours, 3600)),
    usd: fact(side.usd),
    energyKwh: fact<Range>(undefined),
    co2Kg: fact<Range>(undefined),
    memory: fact(side.memory),
    sixNdRatio: fact(side.sixNd),
    unknown: lacks,
  }
}

export interface Change {
  readonly path: string
  readonly status?: Status
  readonly basePath?: string
  readonly base?: Omit<Side, 'path'>
  readonly head?: Omit<Side, 'path'>
  /** The differences, by hand: dollars, hours, FLOPs, percent, and the percentage's band. */
  readonly delta?: { usd?: number; hours?: number; flops?: number; percent?: number; percentBand?: Range }
  readonly attribution?: readonly Attribution[]
  readonly alternatives?: readonly Estimate[]
  readonly problems?: readonly Problem[]
}

export function comparison(change: Change): Comparison {
  const { path, delta = {} } = change
  const base = change.base === undefined ? null : estimate({ path, ...change.base })
  const head = change.head === undefined ? null : estimate({ path, ...change.head })
  const lacks = [...(head?.unknown ?? []), ...(base?.unknown ?? [])]
  const fact = <T>(value: T | undefined): Fact<T> => (value === undefined ? unknown(...lacks) : known(value))
  return {
    path,
    ...(change.basePath === undefined ? {} : { basePath: change.basePath }),
    framework: 'axolotl',
    status: change.status ?? (base === null ? 'added' : head === null ? 'removed' : 'changed'),
    base,
    head,
    delta: {
      usd: fact(delta.usd),
      usdPercent: fact(delta.percent),
      usdPercentBand: fact(delta.percentBand),
      acceleratorSeconds: fact(delta.hours === undefined ? undefined : delta.hours * 3600),
      modelFlops: fact(delta.flops),
    },
    attribution: change.attribution ?? [],
    alternatives: change.alternatives ?? [],
    problems: change.problems ?? [],
  }
}

export function share(
  fact: string,
  from: string | undefined,
  to: string | undefined,
  usd: number | null,
  where?: Origin,
): Attribution {
  return {
    fact,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(where === undefined ? {} : { at: where }),
    usd,
    acceleratorSeconds: usd === null ? null : (usd / 6.88) * 3600,
    modelFlops: usd === null ? null : usd * 1e15,
  }
}

export function rule(changes: Partial<Rule> = {}): Rule {
  return {
    name: 'pretrain',
    match: ['configs/pretrain/*'],
    scope: 'each',
    metric: 'cost',
    combine: 'any',
    basis: 'expected',
    action: 'fail',
    origin: { kind: 'policy', path: '.github/traincost.yml', line: 33 },
    ...changes,
  }
}

export function outcome(changes: Partial<RuleOutcome>): RuleOutcome {
  return {
    rule: rule(),
    limitKind: 'max_increase_percent',
    configs: [],
    limit: null,
    actual: null,
    result: 'pass',
    byUnknown: false,
    missing: [],
    why: '',
    ...changes,
  }
}

export function verdict(
  conclusion: Conclusion,
  totals: Partial<Verdict['totals']>,
  more: Partial<Verdict> = {},
): Verdict {
  return {
    conclusion,
    outcomes: [],
    onlyUnknown: false,
    problems: [],
    totals: { base: null, head: null, delta: null, unknown: 0, ...totals },
    ...more,
  }
}

export function report(changes: Partial<Report> & Pick<Report, 'verdict'>): Report {
  return {
    reportId: 'default',
    version: '1.0.0',
    base: BASE_SHA,
    head: HEAD_SHA,
    today: '2026-11-20',
    comparisons: [],
    problems: [],
    currency: { code: 'USD', perUsd: 1, date: '2026-11-01' },
    prices: { date: '2026-11-01', source: 'the shipped snapshot' },
    links: {
      repository: 'our-org/training',
      headSha: HEAD_SHA,
      baseSha: BASE_SHA,
      tipSha: TIP_SHA,
      run: 'https://github.com/our-org/training/actions/runs/1234567890',
    },
    minDeltaUsd: 1,
    details: 'full',
    ...changes,
  }
}
