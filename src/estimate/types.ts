import type { Fact, Missing, Range, RunFacts } from '../facts/index.ts'
import type { Run } from '../resolve/index.ts'

/** One term of the FLOP count, for the explanation: forward FLOPs per token, and how often training multiplies it. */
export interface Term {
  readonly name: string
  /** The formula in the symbols of docs/estimator.md. */
  readonly formula: string
  /** How often the model has what the formula counts: layers, prediction heads; times decoder ÷ encoder tokens. */
  readonly times: number
  /** Forward FLOPs per token, all layers: the formula, `times` times. */
  readonly forwardFlopsPerToken: number
  /**
   * 3 for a trained matrix, 2 where only its input needs gradients, 1 where nothing upstream is trainable; plus the
   * forward passes of reference models and generation.
   */
  readonly multiplier: number
  /** Extra forward passes by recomputation: 0, or one for each pass that is learned from. */
  readonly recomputed: number
  readonly kind: 'linear' | 'core'
}

export interface MemoryPart {
  readonly name: string
  readonly bytes: number
}

export interface Memory {
  readonly bytesPerAccelerator: Range
  readonly verdict: 'fits' | 'tight' | 'out-of-memory'
  /** Largest first; they add up to the expected bytes. */
  readonly parts: readonly MemoryPart[]
  readonly capacityBytes: number
}

/**
 * The part of the efficiency that both sides of a comparison share (docs/estimator.md §7), and a measured efficiency
 * where the team has one. Made from one run, used for both, so that a difference is always head − base.
 */
export interface Calibration {
  readonly common: Range
  readonly commonSource: string
  readonly measured?: {
    readonly matrixEfficiency: number
    /** The default of the run that it was measured on, for its kernel, precision and experts: a side that changes them is scaled by it. */
    readonly ownEfficiency: number
    /** Scale factor of the measured job; null for a stated utilization, which holds for whole runs as it is. */
    readonly scale: number | null
    readonly source: string
  }
  /** Why a rate that the profile states cannot be used. Then times are unknown: a default would hide the mistake. */
  readonly refused?: Missing
}

/** The numbers of one run. Multiplied by `runs`: tokens, FLOPs, acceleratorSeconds, usd, energy, co2. Not: wall-clock, memory. */
export interface Estimate {
  readonly run: Run
  /** The run's facts with the derived ones (global_batch, head_dim, …) and the defaults that the arithmetic used. */
  readonly facts: RunFacts
  readonly parameters: { readonly total: Fact<number>; readonly active: Fact<number>; readonly trainable: Fact<number> }
  readonly tokens: Fact<number>
  readonly flops: {
    /** Model FLOPs per real token: forward and backward, causal, no recomputation. */
    readonly perToken: Fact<number>
    readonly model: Fact<number>
    readonly hardware: Fact<number>
    readonly terms: Fact<readonly Term[]>
  }
  /** u: achieved share of the dense peak by matrix products, with its band. */
  readonly matrixEfficiency: Fact<Range>
  /** FLOP/s per accelerator, of the precision in use. */
  readonly peakFlops: Fact<number>
  readonly acceleratorSeconds: Fact<Range>
  readonly wallClockSeconds: Fact<Range>
  readonly usd: Fact<Range>
  readonly energyKwh: Fact<Range>
  readonly co2Kg: Fact<Range>
  readonly memory: Fact<Memory>
  /** 6·N_active·D ÷ model FLOPs. */
  readonly sixNdRatio: Fact<number>
  /** Everything that lacks for a price, once each. */
  readonly unknown: readonly Missing[]
}
