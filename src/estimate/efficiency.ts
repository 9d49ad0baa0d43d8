import type { Missing, Precision, Range } from '../facts/index.ts'
import type { Accelerator } from '../resolve/index.ts'

/**
 * How much of the dense peak matrix products reach: docs/estimator.md §7, where every number has its source.
 *
 * u = own × common. Own: the accelerator's kernels in the precision in use, mixtures of experts, scale: of each side.
 * Common: size, recomputation, practice: taken from one side and used for both, so that no table moves a difference.
 */

/** Efficiency of the attention core relative to matrix products. Fitted on 209 rates: 0.3 on H100, 0.45–0.5 on A100. */
export const ATTENTION_EFFICIENCY = 0.5

export type Practice = 'pretrain' | 'packed' | 'unpacked'

/** What the efficiency depends on. */
export interface Workload {
  readonly precision: Precision
  readonly mixture: boolean
  readonly activeParameters: number
  readonly recomputesAll: boolean
  readonly practice: Practice
  /** undefined where the count is not known: then nothing is taken off for scale. */
  readonly accelerators: number | undefined
}

interface Kernel {
  readonly expected: number
  /** Relative ends of the band. */
  readonly low: number
  readonly high: number
}

const measured = (expected: number): Kernel => ({ expected, low: 0.92, high: 1.08 })
const guessed = (expected: number): Kernel => ({ expected, low: 0.7, high: 1.25 })

/**
 * bf16 and fp16 kernels, of the dense peak, attention counted causally. `measured`: ESTIMATOR regression on llm-foundry
 * and MaxText rows. `guessed`: priors of data/accelerators.json, raised by 1.08 from the non-causal convention.
 */
const KERNELS: readonly (readonly [prefix: string, kernel: Kernel])[] = [
  ['A100-SXM4-40GB', measured(0.56)],
  ['A100-SXM4-80GB', measured(0.6)],
  ['A800', measured(0.6)],
  ['A100-PCIE', guessed(0.43)],
  ['H100-PCIE', guessed(0.36)],
  ['H100-NVL', guessed(0.36)],
  ['H200-NVL', guessed(0.36)],
  ['H100', measured(0.42)],
  ['H800', measured(0.42)],
  ['H200', measured(0.42)],
  ['GH200', measured(0.42)],
  ['GB200', guessed(0.41)],
  ['GB300', guessed(0.41)],
  ['B200', guessed(0.41)],
  ['B300', guessed(0.41)],
  ['V100', guessed(0.25)],
  ['TPU-v4', measured(0.58)],
  ['TPU-v5p', measured(0.62)],
  ['TPU-v5e', guessed(0.6)],
  ['TPU-v6e', measured(0.45)],
  ['TPU-v7', guessed(0.45)],
  ['TPU-v3', guessed(0.37)],
  ['TPU-v2', guessed(0.32)],
  ['MI250', guessed(0.32)],
  ['MI300', guessed(0.3)],
  ['MI325', guessed(0.32)],
  ['MI355', guessed(0.36)],
  ['Gaudi2', guessed(0.41)],
  ['Gaudi3', guessed(0.36)],
  ['Trainium', guessed(0.32)],
  ['T4', guessed(0.3)],
  ['A10G', guessed(0.43)],
  ['A10', guessed(0.35)],
  ['L40', guessed(0.32)],
  ['L4', guessed(0.32)],
  ['RTX-4090', guessed(0.45)],
  ['RTX-3090', guessed(0.48)],
]
/** Any other accelerator; the range of the priors' fallback. */
const UNLISTED: Kernel = { expected: 0.32, low: 0.5, high: 1.5 }

/** fp8, of the fp8 peak: 100 Megatron-Bridge rows. */
const FP8_DENSE: readonly (readonly [string, number])[] = [
  ['GB300', 0.46],
  ['GB200', 0.37],
  ['B200', 0.37],
  ['B300', 0.37],
  ['H', 0.37],
  ['GH', 0.37],
]
const FP8_MIXTURE: readonly (readonly [string, number])[] = [
  ['GB300', 0.24],
  ['GB200', 0.21],
  ['B300', 0.23],
  ['B200', 0.145],
  ['H', 0.145],
  ['GH', 0.145],
]
/** NVFP4, of the fp4 peak: 4 rows. */
const FP4 = 0.27

const MIXTURE = 0.74
const MIXTURE_TPU = 0.8

/** Where an accelerator is not in a table of fp8: the same fall from its bf16 kernel as Hopper's, 0.37 of 0.42. */
const FP8_FALL = 0.88
const FP8_FALL_MIXTURE = 0.345

function kernelOf(id: string): Kernel {
  return KERNELS.find(([prefix]) => id.startsWith(prefix))?.[1] ?? UNLISTED
}

function fromTable(table: readonly (readonly [string, number])[], id: string, otherwise: number): Kernel {
  const found = table.find(([prefix]) => id.startsWith(prefix))
  return found === undefined ? guessed(otherwise) : { expected: found[1], low: 0.85, high: 1.15 }
}

/** Each side's own part: kernel and precision, mixture of experts, as a share of the dense peak of its precision. */
export function ownEfficiency(accelerator: Accelerator, workload: Workload): Range {
  const kernel = kernelOf(accelerator.id)
  const scaled = (k: Kernel, factor: number): Range => ({
    low: k.expected * k.low * factor,
    expected: k.expected * factor,
    high: Math.min(1, k.expected * k.high * factor),
  })
  switch (workload.precision) {
    case 'fp4':
      return scaled(guessed(FP4), 1)
    case 'fp8':
      return scaled(
        workload.mixture
          ? fromTable(FP8_MIXTURE, accelerator.id, kernel.expected * FP8_FALL_MIXTURE)
          : fromTable(FP8_DENSE, accelerator.id, kernel.expected * FP8_FALL),
        1,
      )
    case 'fp32':
    case 'fp16':
    case 'bf16':
      return scaled(kernel, workload.mixture ? (accelerator.id.startsWith('TPU') ? MIXTURE_TPU : MIXTURE) : 1)
  }
}

/** Straight lines between points in the logarithm of x, flat outside: no threshold anywhere. */
export function interpolateInLog(points: readonly (readonly [x: number, y: number])[], x: number): number {
  let before = points[0]
  for (const point of points) {
    if (x <= point[0]) {
      if (before === undefined || before === point) return point[1]
      const t = Math.log(x / before[0]) / Math.log(point[0] / before[0])
      return before[1] + t * (point[1] - before[1])
    }
    before = point
  }
  return before?.[1] ?? 1
}

/** Active parameters: small matrices fill an accelerator less. */
const SIZE = [
  [0.12e9, 0.8],
  [0.45e9, 0.93],
  [2e9, 1],
  [9e9, 1.03],
  [50e9, 1.05],
] as const

/** Runs that recompute everything have room for larger micro batches: in the level, not in a difference. */
const RECOMPUTES_ALL = 1.18

/** Whole runs against steady rates, by kind. */
const PRACTICE: Readonly<Record<Practice, Range>> = {
  pretrain: { low: 0.45, expected: 0.7, high: 0.95 },
  packed: { low: 0.6, expected: 0.88, high: 1.05 },
  unpacked: { low: 0.1, expected: 0.4, high: 0.9 },
}

/** fp8 and fp4 tables were fitted on whole published recipes: no factor for practice, only its band. */
const PRACTICE_FP8: Range = { low: 0.7, expected: 1, high: 1.15 }

function isNarrow(precision: Precision): boolean {
  return precision === 'fp8' || precision === 'fp4'
}

/** True where `practice` stands for everything that a whole run loses: then scale and goodput are in it. */
export function practiceApplies(workload: Workload): boolean {
  return !(isNarrow(workload.precision) && workload.practice === 'pretrain')
}

/** The part that both sides of a comparison share. */
export function commonEfficiency(workload: Workload): Range {
  const level = interpolateInLog(SIZE, workload.activeParameters) * (workload.recomputesAll ? RECOMPUTES_ALL : 1)
  const practice = practiceApplies(workload) ? PRACTICE[workload.practice] : PRACTICE_FP8
  return { low: level * practice.low, expected: level * practice.expected, high: level * practice.high }
}

/** Steady rates fall with the number of accelerators: 0.9 above 256, 0.8 above 4,096; between them a line in the logarithm. */
const SCALE = [
  [128, 1],
  [512, 0.9],
  [2048, 0.87],
  [8192, 0.8],
] as const

export function scaleEfficiency(accelerators: number | undefined): number {
  return accelerators === undefined ? 1 : interpolateInLog(SCALE, accelerators)
}

const GOODPUT = [
  [512, 0.95],
  [2048, 0.9],
] as const

/** Share of the wall-clock time that ends in kept steps, for steady rates (Llama 3: 0.90 at 16,384 accelerators). */
export function goodputOf(accelerators: number | undefined): Range {
  const expected = accelerators === undefined ? 0.95 : interpolateInLog(GOODPUT, accelerators)
  return { low: expected - 0.1, expected, high: expected + 0.04 + 0.6 * (0.95 - expected) }
}

/** Which dense peak a run is measured against; an accelerator without the precision is said, never replaced. */
export function peakOf(accelerator: Accelerator, precision: Precision): number | Missing {
  const peak = accelerator.peakFlops[precision]
  if (peak !== undefined && peak > 0) return peak
  return {
    fact: 'precision',
    why: `${accelerator.name} has no ${precision} peak in the catalog`,
    remedy: `choose a precision that it has (${Object.keys(accelerator.peakFlops).join(', ')}), or another accelerator`,
    absent: false,
  }
}
