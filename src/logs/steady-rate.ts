import type { Sample } from './read-log.ts'

export interface SteadyRate {
  /** Median of what is left; in the unit of the samples. */
  readonly rate: number
  readonly samples: number
  /** The first ones: compilation, caches, the first batches. */
  readonly warmUp: number
  /** Later ones that are off by more than a quarter: checkpoints, evaluations, stragglers. They stay in the median. */
  readonly outliers: number
  /** Middle half of the samples that are left. */
  readonly quartiles: readonly [low: number, high: number]
}

const WARM_UP_SHARE = 0.1
const MOST_WARM_UP = 50
const OUTLIER = 0.25

function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share
  const [low = 0, high = low] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  return low + (at - Math.floor(at)) * (high - low)
}

/**
 * The rate at which a run goes once it goes: the median of all samples but the first tenth (at least one of several, at
 * most fifty).
 *
 * @param samples of one log in one unit, in their order; at least one
 * @returns undefined where there is none
 */
export function steadyRate(samples: readonly Sample[]): SteadyRate | undefined {
  if (samples.length === 0) return undefined
  const warmUp =
    samples.length === 1 ? 0 : Math.min(MOST_WARM_UP, Math.max(1, Math.floor(samples.length * WARM_UP_SHARE)))
  const sorted = samples
    .slice(warmUp)
    .map(sample => sample.rate)
    .sort((a, b) => a - b)
  const rate = quantile(sorted, 0.5)
  return {
    rate,
    samples: samples.length,
    warmUp,
    outliers: sorted.filter(each => Math.abs(each / rate - 1) > OUTLIER).length,
    quartiles: [quantile(sorted, 0.25), quantile(sorted, 0.75)],
  }
}
