import { adviceOn, calibrationOf, estimate } from '../estimate/index.ts'
import type { Advice, Calibration, Estimate } from '../estimate/index.ts'
import { absent, combine, isAbsent, known, unknown } from '../facts/index.ts'
import type { Fact, Missing, Problem, Range } from '../facts/index.ts'
import type { Run } from '../resolve/index.ts'
import { attributionOf } from './attribution.ts'
import { curvesOf } from './curves.ts'
import { saysTheSame } from './same.ts'
import { changedParts } from './settings.ts'
import type { Part } from './settings.ts'
import type { Comparison, Status } from './types.ts'

export interface Sides {
  readonly base: Run | null
  readonly head: Run | null
  /** The path at the base where the file was renamed. */
  readonly basePath?: string
  /** Whether to say what each changed setting brings (one estimate for each combination of them), and what it leads to. */
  readonly attribute: boolean
  /** The head's run on other hardware, to be priced for the report. */
  readonly alternatives: readonly Run[]
  /** Whether to vary the head's settings one by one, for charts. */
  readonly curves?: boolean
  /**
   * Why a base that is there could not be read, with `base: null`. The config is then not new: only absolute limits can
   * judge it, and its difference is unknown.
   */
  readonly baseProblems?: readonly Problem[]
}

/** Both sides of one config, estimated with one calibration, so that every difference is head − base. */
export function compareRuns(sides: Sides): Comparison {
  const { base, head, basePath, baseProblems } = sides
  const run = head ?? base
  if (run === null)
    return failedComparison({ path: basePath ?? '', base: null, problems: [nothingToCompare(basePath)] })
  const level = levelOf(base, head) ?? run
  // A rate says how fast the base ran. Taken as the head's own, it would make every width of a new config cost the same.
  const rateHolds = level === base || !isAbsent(level.hardware.measuredOn)
  const calibration = calibrationOf(rateHolds ? level : withoutRate(level))
  const before = base === null ? null : estimate(base, calibration)
  const after = head === null ? null : estimate(head, calibration)
  const isUnreadable = base === null && baseProblems !== undefined
  const status = isUnreadable ? 'changed' : statusOf(base, head)
  return {
    path: run.path,
    ...(basePath === undefined || basePath === run.path ? {} : { basePath }),
    framework: run.framework,
    status,
    base: before,
    head: after,
    delta: deltaOf(before, after, isUnreadable ? unreadable(baseProblems) : undefined),
    attribution:
      sides.attribute && status === 'changed' && before !== null && after !== null
        ? attributionOf(before, after, calibration)
        : [],
    ...(sides.attribute && after !== null ? { advice: adviceOfChange(before, after, calibration) } : {}),
    alternatives: sides.alternatives.map(other => estimate(other, calibration)),
    ...(sides.curves === true && head !== null ? { curves: curvesOf(head, calibration) } : {}),
    problems: [
      ...run.problems,
      ...(baseProblems ?? []).map(p => ({ ...p, severity: 'warning' as const })),
      ...(rateHolds ? [] : rateUnused(level)),
      ...frameworkChanged(base, head),
      ...otherData(base, head),
    ],
  }
}

/**
 * What can be proved about the head that could not about the base, or that is about a setting which this change touches:
 * nobody asked for a review of the rest.
 */
function adviceOfChange(base: Estimate | null, head: Estimate, calibration: Calibration): readonly Advice[] {
  if (base === null) return adviceOn(head, calibration)
  const touched = new Set<Part>(changedParts(base.run, head.run))
  const found = touched.size === 0 ? [] : adviceOn(head, calibration)
  // Most advice is about a setting that was touched, and then the base need not be asked.
  if (found.every(({ fact }) => touched.has(fact))) return found
  const before = new Set(adviceOn(base, calibration).map(({ code }) => code))
  return found.filter(({ code, fact }) => touched.has(fact) || !before.has(code))
}

interface Failed {
  readonly path: string
  readonly framework?: string
  readonly base: Run | null
  readonly problems: readonly Problem[]
}

/** A config whose head cannot be read: what the base costs is known, the difference is not. */
export function failedComparison({ path, framework, base, problems }: Failed): Comparison {
  const before = base === null ? null : estimate(base)
  return {
    path,
    ...(base === null || base.path === path ? {} : { basePath: base.path }),
    framework: framework ?? base?.framework ?? 'unknown',
    status: 'error',
    base: before,
    head: null,
    delta: deltaOf(before, null, unreadable(problems)),
    attribution: [],
    alternatives: [],
    problems,
  }
}

/** Size and practice come from the base; from the head where there is none, or none that could be timed. */
function levelOf(base: Run | null, head: Run | null): Run | null {
  if (base === null || head === null) return base ?? head
  return estimate(base).acceleratorSeconds.known ? base : head
}

function withoutRate(run: Run): Run {
  return { ...run, hardware: { ...run.hardware, tokensPerSecond: absent('tokens_per_second') } }
}

function rateUnused({ path, hardware }: Run): readonly Problem[] {
  if (!hardware.tokensPerSecond.known) return []
  const message = `tokens_per_second of profile ${hardware.name} was not measured on this config: its efficiency is the default`
  return [{ code: 'rate-not-measured', severity: 'warning', message, at: { path } }]
}

/** Another reader means other keys and other defaults: a difference that may come from nothing else. */
function frameworkChanged(base: Run | null, head: Run | null): readonly Problem[] {
  if (base === null || head === null) return []
  const [before, after] = [base.framework, head.framework]
  if (before === after || [before, after].includes('unknown')) return []
  const message = `read as ${before} at the base and as ${after} at the head: name framework: in the policy's configs to pin it`
  return [{ code: 'framework-changed', severity: 'warning', message, at: { path: head.path } }]
}

/** The policy states how many tokens a data set has; a change to other data takes that number along, true or not. */
function otherData(base: Run | null, head: Run | null): readonly Problem[] {
  const [data, tokens] = [head?.facts.dataset, head?.facts.datasetTokens]
  if (base === null || head === null || data?.known !== true || tokens?.known !== true) return []
  const at = tokens.origins.find(origin => origin.kind === 'policy')
  const isStated = at !== undefined && saysTheSame(base.facts.datasetTokens, tokens)
  if (!isStated || saysTheSame(base.facts.dataset, data)) return []
  const message = `trains on other data, ${data.value.join(', ')}, while dataset_tokens stays what the policy says: see that it holds`
  return [
    {
      code: 'dataset-changed',
      severity: 'warning',
      message,
      ...(at.path === undefined ? {} : { at: { ...at, path: at.path } }),
    },
  ]
}

function statusOf(base: Run | null, head: Run | null): Status {
  if (base === null) return 'added'
  if (head === null) return 'removed'
  // A file that changed and is read on neither side: nobody can say that it costs the same.
  if (base.framework === 'unknown' && head.framework === 'unknown') return 'changed'
  return changedParts(base, head).length === 0 ? 'unchanged' : 'changed'
}

function nothingToCompare(path: string | undefined): Problem {
  return {
    code: 'nothing-to-compare',
    severity: 'error',
    message: 'the config exists on neither side',
    ...(path === undefined ? {} : { at: { path } }),
  }
}

function unreadable(problems: readonly Problem[]): Missing {
  return {
    fact: 'config',
    why: problems[0]?.message ?? 'the config could not be read',
    remedy: 'correct the errors listed for the config',
    absent: false,
  }
}

const ABSENT_SIDE: Range = { low: 0, expected: 0, high: 0 }

function deltaOf(base: Estimate | null, head: Estimate | null, lack: Missing | undefined): Comparison['delta'] {
  const difference = (of: (estimate: Estimate) => Fact<Range>): Fact<number> => {
    if (lack !== undefined) return unknown(lack)
    const [b, h] = [base === null ? known(ABSENT_SIDE) : of(base), head === null ? known(ABSENT_SIDE) : of(head)]
    return combine({ b, h }, v => v.h.expected - v.b.expected)
  }
  const modelFlops = (e: Estimate): Fact<Range> =>
    combine({ flops: e.flops.model }, ({ flops }) => ({ low: flops, expected: flops, high: flops }))
  const band = percentBand(base, head, lack)
  return {
    usd: difference(e => e.usd),
    usdPercent: combine({ band }, v => v.band.percent),
    usdPercentBand: combine({ band }, v => v.band.range),
    acceleratorSeconds: difference(e => e.acceleratorSeconds),
    modelFlops: difference(modelFlops),
  }
}

/**
 * The difference in percent of the base, at each end of the band: both sides share what is least sure (how fast this team's
 * runs are), so low is compared with low and high with high, and the ratio is far surer than either total.
 */
function percentBand(
  base: Estimate | null,
  head: Estimate | null,
  lack: Missing | undefined,
): Fact<{ readonly percent: number; readonly range: Range }> {
  if (lack !== undefined) return unknown(lack)
  if (base === null) return noPercentage('a percentage means nothing on a new config')
  const [b, h] = [base.usd, head === null ? known(ABSENT_SIDE) : head.usd]
  if (b.known && b.value.low <= 0) return noPercentage('the base costs nothing')
  return combine({ b, h }, v => {
    const percent = (end: keyof Range): number => ((v.h[end] - v.b[end]) * 100) / v.b[end]
    const ends = [percent('low'), percent('expected'), percent('high')]
    return {
      percent: percent('expected'),
      range: { low: Math.min(...ends), expected: percent('expected'), high: Math.max(...ends) },
    }
  })
}

function noPercentage(why: string): Fact<never> {
  return unknown({ fact: 'usd_percent', why, remedy: 'read the difference in dollars', absent: true })
}
