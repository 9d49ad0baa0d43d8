import type { Missing, Precision, Range } from '../facts/index.ts'
import type { Accelerator } from '../resolve/index.ts'

/**
 * How much of the dense peak matrix products reach: docs/estimator.md §7, where every number has its source.
 *
 * u = own × common. Own: the accelerator's kernels in the precision in use, mixtures of experts, scale: of each side.
 * Common: size, recomputation, practice: taken from one side and used for both, so that no table moves a difference.
 */

export type Practice = 'pretrain' | 'packed' | 'unpacked'

/** What the efficiency depends on. */
export interface Workload {
  readonly precision: Precision
  readonly mixture: boolean
  /** All attention is bidirectional: its kernels waste nothing on a causal mask. */
  readonly bidirectional: boolean
  readonly activeParameters: number
  readonly recomputesAll: boolean
  readonly practice: Practice
  /** undefined where the count is not known: then nothing is taken off for scale. */
  readonly accelerators: number | undefined
}

/** What one accelerator's kernels reach: shares of the dense bf16 (or fp16) peak. */
interface Kernel {
  /** u of matrix products. */
  readonly matrix: number
  /** η: how much slower the attention core runs than matrix products. */
  readonly attention: number
  /** Relative spread of the band: measured tables ± 8 %, priors and assumptions more. */
  readonly spread: number
}

const MEASURED = 0.08
const PRIOR = 0.25
const k = (matrix: number, attention: number, spread: number): Kernel => ({ matrix, attention, spread })

/**
 * bf16 and fp16 kernels by catalog id, longest prefix first. A100, Hopper: fitted on 130 llm-foundry, 5 FMS and 4
 * torchtitan rates, median error 2.7 %. TPU v4, v5p, v6e: MaxText. Others: the priors of data/accelerators.json, which
 * count attention in full, raised by 1.08 to the causal convention; TPU v2, v3: Patterson et al., whole runs.
 */
const KERNELS: readonly (readonly [prefix: string, kernel: Kernel])[] = [
  ['A100-SXM4-40GB', k(0.565, 0.46, MEASURED)],
  ['A100-SXM4-80GB', k(0.61, 0.46, MEASURED)],
  ['A800', k(0.61, 0.46, PRIOR)],
  ['A100-PCIE', k(0.44, 0.46, PRIOR)],
  ['H100-PCIE', k(0.38, 0.3, PRIOR)],
  ['H100-NVL', k(0.38, 0.3, PRIOR)],
  ['H200-NVL', k(0.38, 0.3, PRIOR)],
  ['H100', k(0.46, 0.3, MEASURED)],
  ['H800', k(0.46, 0.3, MEASURED)],
  ['H200', k(0.46, 0.3, MEASURED)],
  ['GH200', k(0.46, 0.3, PRIOR)],
  ['GB200', k(0.41, 0.7, PRIOR)],
  ['GB300', k(0.45, 0.7, PRIOR)],
  ['B200', k(0.41, 0.7, PRIOR)],
  ['B300', k(0.41, 0.7, PRIOR)],
  ['V100', k(0.25, 0.5, PRIOR)],
  ['TPU-v4', k(0.58, 0.5, MEASURED)],
  ['TPU-v5p', k(0.62, 0.5, MEASURED)],
  ['TPU-v5e', k(0.6, 0.5, PRIOR)],
  ['TPU-v6e', k(0.45, 0.5, MEASURED)],
  ['TPU-v7', k(0.45, 0.5, PRIOR)],
  ['TPU-v3', k(0.5, 0.5, PRIOR)],
  ['TPU-v2', k(0.2, 0.5, PRIOR)],
  ['MI250', k(0.32, 0.5, PRIOR)],
  ['MI300', k(0.3, 0.5, PRIOR)],
  ['MI325', k(0.32, 0.5, PRIOR)],
  ['MI355', k(0.36, 0.5, PRIOR)],
  ['Gaudi2', k(0.41, 0.5, PRIOR)],
  ['Gaudi3', k(0.36, 0.5, PRIOR)],
  ['Trainium', k(0.32, 0.5, PRIOR)],
  ['T4', k(0.3, 0.5, PRIOR)],
  ['A10G', k(0.43, 0.5, PRIOR)],
  ['A10', k(0.35, 0.5, PRIOR)],
  ['L40', k(0.32, 0.5, PRIOR)],
  ['L4', k(0.32, 0.5, PRIOR)],
  ['RTX-4090', k(0.45, 0.5, PRIOR)],
  ['RTX-3090', k(0.48, 0.5, PRIOR)],
]
/** Any other accelerator, in the middle of the priors' fallback 0.15–0.45. */
const UNLISTED = k(0.32, 0.5, 0.5)

/** Matrix products in fp8, of the fp8 peak, dense and mixture: 44 Megatron-Bridge, 13 torchtitan, 5 llm-foundry rates. */
const FP8: readonly (readonly [prefix: string, dense: number, mixture: number])[] = [
  ['GB300', 0.5, 0.23],
  ['GB200', 0.38, 0.2],
  ['B300', 0.42, 0.18],
  ['B200', 0.38, 0.14],
  ['H', 0.38, 0.135],
  ['GH', 0.38, 0.135],
]
/** Where no fp8 rate is known: the same fall from bf16 as Hopper's. */
const FP8_FALL = { dense: 0.8, mixture: 0.26 }
/** NVFP4, of the fp4 peak: 2 rates. */
const FP4 = 0.3

/** Mixtures of experts in bf16: 8 Megatron-Bridge rates on Blackwell and 9 rates on Hopper; MaxText on TPU. */
const MIXTURE = { gpu: 0.6, tpu: 0.75 }

function kernelOf(id: string): Kernel {
  return KERNELS.find(([prefix]) => id.startsWith(prefix))?.[1] ?? UNLISTED
}

function mixtureFactor(id: string): number {
  return id.startsWith('TPU') ? MIXTURE.tpu : MIXTURE.gpu
}

/** Each side's own part. */
export interface OwnEfficiency {
  /** u without the common factors, of the peak of the precision in use. */
  readonly matrix: Range
  /** η of the same peak: attention stays in 16 bits when the matrices go to fp8, so there it falls behind further. */
  readonly attention: number
}

function banded(expected: number, spread: number): Range {
  return { low: expected * (1 - spread), expected, high: expected * (1 + spread) }
}

export function ownEfficiency(accelerator: Accelerator, workload: Workload): OwnEfficiency {
  const { id, peakFlops } = accelerator
  const kernel = kernelOf(id)
  const { precision, mixture, bidirectional } = workload
  const attention = bidirectional ? Math.min(0.8, 2 * kernel.attention) : kernel.attention
  if (precision !== 'fp8' && precision !== 'fp4')
    return {
      matrix: banded(kernel.matrix * (mixture ? mixtureFactor(id) : 1), kernel.spread),
      attention,
    }
  const listed = FP8.find(([prefix]) => id.startsWith(prefix))
  const fp8 =
    listed === undefined
      ? kernel.matrix * (mixture ? FP8_FALL.mixture : FP8_FALL.dense)
      : mixture
        ? listed[2]
        : listed[1]
  const u = precision === 'fp4' ? (mixture ? fp8 / 2 : FP4) : fp8
  const half = peakFlops.bf16 ?? peakFlops.fp16
  const narrow = peakFlops[precision]
  const sixteen = half === undefined || narrow === undefined ? u : (kernel.matrix * half) / narrow
  return {
    matrix: banded(u, listed === undefined || precision === 'fp4' ? 0.35 : 0.2),
    attention: (attention * sixteen) / u,
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
  [0.12e9, 0.74],
  [0.45e9, 0.9],
  [2e9, 1],
  [9e9, 1.02],
  [50e9, 1.06],
] as const

/** Active parameters of a mixture: few mean small matrices per expert. 38 rates, and 4 whole runs of less than 3 B. */
const MIXTURE_SIZE = [
  [1e9, 0.65],
  [4e9, 0.9],
  [40e9, 1.1],
] as const

/** Runs that recompute everything have room for larger micro batches: in the level, not in a difference. */
const RECOMPUTES_ALL = 1.18

/** Whole runs against steady rates, by kind. */
const PRACTICE: Readonly<Record<Practice, Range>> = {
  pretrain: { low: 0.53, expected: 0.73, high: 0.95 },
  packed: { low: 0.6, expected: 0.88, high: 1.05 },
  unpacked: { low: 0.15, expected: 0.4, high: 0.75 },
}

/** Mixtures in 16 bits: 6 whole runs, which do as well as the steady rates that the mixture factor was fitted on. */
const PRACTICE_MIXTURE: Range = { low: 0.8, expected: 1.1, high: 1.43 }

/** fp8 and fp4: 11 whole runs, scale and goodput apart. Who trains in 8 bits tunes the rest as well. */
const PRACTICE_FP8: Range = { low: 0.88, expected: 1.1, high: 1.25 }

function isNarrow(precision: Precision): boolean {
  return precision === 'fp8' || precision === 'fp4'
}

/** True where `practice` stands for everything that a whole run loses: then scale and goodput are in it. */
export function practiceApplies(workload: Workload): boolean {
  return !(isNarrow(workload.precision) && workload.practice === 'pretrain')
}

/** Whole runs on A100-40GB and TPU v4 are mostly of 2021 and 2022, before fused kernels were common: 14 and 2 runs. */
const EARLY = 0.82

/**
 * A run on one node or two has no network to wait for and few parts that fail: 14 published pretrainings on 8 or 16
 * accelerators, against those on 32 and more.
 */
const FEW = [
  [8, 1.4],
  [64, 1],
] as const

/** Encoders before fused attention, on V100 and TPU v2: 5 runs of BERT, RoBERTa and ESM-2. */
const ENCODER_BEFORE_FUSED = 0.7

/** Everything that a whole pretraining in 16 bits loses, for what is known of it. */
function pretrainingRange({ mixture, bidirectional, accelerators }: Workload, acceleratorId: string): Range {
  const range = mixture ? PRACTICE_MIXTURE : PRACTICE.pretrain
  const early = !mixture && /^(A100-SXM4-40GB|TPU-v4)/.test(acceleratorId) ? EARLY : 1
  const unfused = bidirectional && /^(V100|TPU-v[23])/.test(acceleratorId) ? ENCODER_BEFORE_FUSED : 1
  const few = accelerators === undefined ? 1 : interpolateInLog(FEW, accelerators)
  const factor = early * unfused * few
  return { low: range.low * factor, expected: range.expected * factor, high: range.high * factor }
}

function practiceRange(workload: Workload, acceleratorId: string): Range {
  if (!practiceApplies(workload)) return PRACTICE_FP8
  return workload.practice === 'pretrain' ? pretrainingRange(workload, acceleratorId) : PRACTICE[workload.practice]
}

/** The common part of a steady rate: size and recomputation, nothing for practice. */
export function steadyEfficiency(workload: Workload): number {
  const size = interpolateInLog(workload.mixture ? MIXTURE_SIZE : SIZE, workload.activeParameters)
  return size * (workload.recomputesAll ? RECOMPUTES_ALL : 1)
}

/** The part that both sides of a comparison share. */
export function commonEfficiency(workload: Workload, acceleratorId: string): Range {
  const level = steadyEfficiency(workload)
  const practice = practiceRange(workload, acceleratorId)
  return { low: level * practice.low, expected: level * practice.expected, high: level * practice.high }
}

/** Steady rates fall with the number of accelerators: 0.96 fitted at 512, the rest assumed. */
const SCALE = [
  [128, 1],
  [512, 0.95],
  [4096, 0.88],
  [16384, 0.82],
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
