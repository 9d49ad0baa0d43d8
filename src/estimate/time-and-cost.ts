import type { Range } from '../facts/index.ts'
import type { Price } from '../resolve/index.ts'

/** Work repeated after interruptions of spot instances: 1 + λ(c/2 + r), λ 0.125 per hour, c 0.5 h, r 0.2 h. */
const SPOT_REWORK: Range = { low: 1.02, expected: 1.056, high: 1.35 }
const NO_REWORK: Range = { low: 1, expected: 1, high: 1 }

export function reworkOf(pricing: Price['pricing'] | undefined): Range {
  return pricing === 'spot' ? SPOT_REWORK : NO_REWORK
}

/** Minutes before the first step, billed but not training: in the high end only. One node 5, several 15, TPU slice 10. */
export function startUpSeconds(accelerators: number, perInstance: number, isTpu: boolean): number {
  return 60 * (isTpu ? 10 : accelerators > perInstance ? 15 : 5)
}

/**
 * Accelerator-seconds of one run: weighted FLOPs ÷ (peak · u) ÷ goodput, with the rework of `reworkOf`.
 *
 * @param weightedFlops of the whole run, attention weighted by 1 ÷ η
 * @see docs/estimator.md §7
 */
export function acceleratorSecondsOf(
  weightedFlops: number,
  peakFlops: number,
  u: Range,
  goodput: Range,
  rework: Range,
): Range {
  return {
    low: (weightedFlops / (peakFlops * u.high * goodput.high)) * rework.low,
    expected: (weightedFlops / (peakFlops * u.expected * goodput.expected)) * rework.expected,
    high: (weightedFlops / (peakFlops * u.low * goodput.low)) * rework.high,
  }
}

/**
 * Seconds that a run generates tokens before it learns from them: every decode step reads all weights once.
 *
 * @param steps optimizer steps
 * @param completionTokens decode steps of one optimizer step: all its completions are decoded side by side
 * @param weightBytes of the copy that one model-parallel group holds, all experts included
 * @param bytesPerSecond memory bandwidth of that group
 */
export function generationSeconds(
  steps: number,
  completionTokens: number,
  weightBytes: number,
  bytesPerSecond: number,
): Range {
  const seconds = (steps * completionTokens * weightBytes) / bytesPerSecond
  // Reaching the memory's full bandwidth is the best case; half of it, and completions in two waves, the worst.
  return { low: seconds, expected: seconds, high: 4 * seconds }
}

/**
 * What the accelerators cost: whole instances for as long as the run takes.
 *
 * @param wallClockSeconds of one run
 * @returns USD of all runs
 * @see docs/estimator.md §8
 */
export function usdOf(wallClockSeconds: Range, accelerators: number, price: Price, runs: number): Range {
  const instances = Math.ceil(accelerators / price.acceleratorsPerInstance)
  const usdPerHour = instances * price.usdPerInstanceHour * runs
  return times(wallClockSeconds, usdPerHour / 3600)
}

export function times({ low, expected, high }: Range, factor: number): Range {
  return { low: low * factor, expected: expected * factor, high: high * factor }
}

export function sum(a: Range, b: Range): Range {
  return { low: a.low + b.low, expected: a.expected + b.expected, high: a.high + b.high }
}
