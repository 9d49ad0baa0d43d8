import { isAbsent, known, unknown, type Fact, type Missing, type Range } from '../facts/index.ts'
import type { Run } from '../resolve/index.ts'
import { valueOf } from './architecture.ts'
import {
  commonEfficiency,
  goodputOf,
  ownEfficiency,
  peakOf,
  practiceApplies,
  scaleEfficiency,
  steadyEfficiency,
  type OwnEfficiency,
  type Workload,
} from './efficiency.ts'
import type { FlopsPerToken } from './flops.ts'
import { prepared } from './prepared.ts'
import type { Calibration } from './types.ts'

/**
 * FLOPs of one token weighted by how slowly they run: matrix products at u, attention at u·η, both with what is
 * recomputed. Accelerator-seconds per token = this ÷ (peak · u).
 */
export function weightedFlops(
  { linear, core, recomputedLinear, recomputedCore }: FlopsPerToken,
  attention: number,
): number {
  return linear + recomputedLinear + (core + recomputedCore) / attention
}

const NEUTRAL: Range = { low: 1, expected: 1, high: 1 }

function firstMissing(facts: readonly Fact<unknown>[]): Missing | undefined {
  for (const fact of facts) if (!fact.known) return fact.missing[0]
  return undefined
}

function refused(fact: string, why: string, remedy: string): { readonly refused: Missing } {
  return { refused: { fact, why, remedy, absent: false } }
}

/** The team's own efficiency: a measured rate, or a stated utilization, turned into u with the FLOPs of the run it belongs to. */
function measuredEfficiency(run: Run): Pick<Calibration, 'measured' | 'refused'> {
  const { tokensPerSecond, matrixEfficiency, accelerator } = run.hardware
  const rate = tokensPerSecond.known ? tokensPerSecond.value : undefined
  const utilization = matrixEfficiency.known ? matrixEfficiency.value : undefined
  if (rate === undefined && utilization === undefined) return {}
  const name = rate === undefined ? 'mfu' : 'tokens_per_second'
  const { work, workload, facts, padding } = prepared(run)
  const accelerators = valueOf(facts, 'accelerators')
  if (!accelerator.known || !work.known || !workload.known) {
    const lack = firstMissing([accelerator, work, workload])
    return refused(
      lack?.fact ?? name,
      `${name} cannot be turned into an efficiency: ${lack?.why ?? 'the run is unknown'}`,
      lack?.remedy ?? `remove ${name} from the profile`,
    )
  }
  if (rate !== undefined && accelerators === undefined)
    return refused(
      'accelerators',
      'tokens_per_second is the rate of a whole job whose size is not given',
      'add accelerators to the profile',
    )
  const peak = peakOf(accelerator.value, workload.value.precision)
  if (typeof peak !== 'number') return { refused: peak }
  const { flops } = work.value
  const own = ownEfficiency(accelerator.value, workload.value)
  const weighted = weightedFlops(flops, own.attention)
  // A rate counts real tokens; the padding beside them is work done as well.
  const u =
    rate !== undefined
      ? (rate * padding * weighted) / (peak * (accelerators ?? 1))
      : ((utilization ?? 0) * weighted) / (flops.linear + flops.core)
  if (!(u > 0 && u <= 1.2))
    return refused(
      name,
      `${name} would mean ${(u * 100).toPrecision(3)} % of the peak in matrix products`,
      `correct ${name}, the accelerator or the number of accelerators of the profile`,
    )
  return {
    measured: {
      matrixEfficiency: u,
      ownEfficiency: own.matrix.expected,
      scale: rate === undefined ? null : scaleEfficiency(accelerators),
      source: `${name} of profile ${run.hardware.name}, with the FLOPs per token of ${run.path}`,
    },
  }
}

/** The run that a profile's rate was measured on: the one that is priced, where the profile names none. */
function ratedRun(run: Run): Fact<Run> {
  const { measuredOn } = run.hardware
  if (!measuredOn.known) return isAbsent(measuredOn) ? known(run) : measuredOn
  const { config, ref } = measuredOn.value
  return (
    measuredOn.value.run ??
    unknown({
      fact: 'tokens_per_second',
      why: `it was measured on ${config} at ${ref}, which is not read here`,
      remedy: 'take measured_on out of the profile, or compare revisions of the repository',
      absent: false,
    })
  )
}

/** What the profile's own numbers say of a run, brought to its size and recomputation where they were measured on another. */
function measuredFor(run: Run): Pick<Calibration, 'measured' | 'refused'> {
  const rated = ratedRun(run)
  if (!rated.known) {
    const [missing] = rated.missing
    return missing === undefined ? {} : { refused: missing }
  }
  // A measured rate belongs to the profile; the run it was measured on is priced with the same hardware.
  const own = measuredEfficiency({ ...rated.value, hardware: run.hardware })
  if (own.measured === undefined || rated.value === run) return own
  const [here, there] = [prepared(run).workload, prepared(rated.value).workload]
  const level = here.known && there.known ? steadyEfficiency(here.value) / steadyEfficiency(there.value) : 1
  return { measured: { ...own.measured, matrixEfficiency: own.measured.matrixEfficiency * level } }
}

/**
 * What both sides of a comparison share.
 *
 * @param run the side that size, recomputation and practice are taken from: the base, or the head of an added config
 * @see docs/estimator.md §7
 */
export function calibrationOf(run: Run): Calibration {
  const { workload } = prepared(run)
  const { accelerator } = run.hardware
  return {
    common: workload.known ? commonEfficiency(workload.value, accelerator.known ? accelerator.value.id : '') : NEUTRAL,
    commonSource: workload.known
      ? `size, recomputation and practice of ${run.path}`
      : `size, recomputation and practice of ${run.path} are unknown`,
    ...measuredFor(run),
  }
}

/**
 * u of one side, with its band.
 *
 * @returns a share of the dense peak, and the goodput that goes with it
 */
export function efficiencyOf(
  workload: Workload,
  { matrix: own }: OwnEfficiency,
  calibration: Calibration,
): { readonly u: Range; readonly goodput: Range } {
  const { measured, common } = calibration
  if (measured !== undefined) {
    const scale = measured.scale === null ? 1 : scaleEfficiency(workload.accelerators) / measured.scale
    const u = (measured.matrixEfficiency * own.expected * scale) / measured.ownEfficiency
    // A utilization is stated for whole runs; a rate is a steady one.
    const goodput = measured.scale === null ? NEUTRAL : goodputOf(workload.accelerators)
    return { u: { low: u * 0.9, expected: u, high: u * 1.1 }, goodput }
  }
  const inPractice = practiceApplies(workload)
  const scale = inPractice ? 1 : scaleEfficiency(workload.accelerators)
  return {
    u: {
      low: own.low * common.low * scale,
      expected: own.expected * common.expected * scale,
      high: Math.min(1, Math.max(own.high * common.high, own.expected * common.expected) * scale),
    },
    goodput: inPractice ? NEUTRAL : goodputOf(workload.accelerators),
  }
}
