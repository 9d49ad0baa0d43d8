import { combine, unknown, type Fact, type Ssm } from '../facts/index.ts'

/** A state-space layer in plain numbers, complete. */
export interface StateSpace {
  readonly version: 1 | 2
  readonly innerSize: number
  readonly state: number
  readonly conv: number
  /** Version 1: rank of the time-step projection. */
  readonly dtRank: number
  /** Version 2: groups of B and C, heads, and the chunk of the block decomposition. */
  readonly groups: number
  readonly heads: number
  readonly chunk: number
  /** Every n-th layer attends, counted from `attentionOffset`; 0 = none. */
  readonly attentionEvery: number
  readonly attentionOffset: number
}

/**
 * Fills what a state-space config leaves to its published definition: one group and chunks of 256 in version 2
 * (state-spaces/mamba: mamba_ssm/modules/mamba2.py), heads = inner width ÷ head width. A time-step rank is never guessed.
 */
export function resolvedSsm(ssm: Fact<Ssm | null>): Fact<StateSpace | null> {
  if (!ssm.known || ssm.value === null) return combine({ ssm }, () => null)
  const { value } = ssm
  const heads = value.heads ?? (value.headDim === undefined ? undefined : value.innerSize / value.headDim)
  const lacks =
    value.version === 1 && value.dtRank === undefined
      ? 'dt_rank'
      : value.version === 2 && (heads === undefined || !Number.isInteger(heads))
        ? 'heads (or a head_dim that divides d_inner)'
        : undefined
  if (lacks !== undefined)
    return unknown({
      fact: 'ssm',
      why: `a version ${value.version} state-space layer needs ${lacks}`,
      remedy: `add ${lacks} to ssm`,
      absent: false,
    })
  const every = value.attentionEvery ?? 0
  return combine({ ssm }, () => ({
    version: value.version,
    innerSize: value.innerSize,
    state: value.state,
    conv: value.conv,
    dtRank: value.dtRank ?? 0,
    groups: value.groups ?? 1,
    heads: heads ?? 0,
    chunk: value.chunk ?? 256,
    attentionEvery: every,
    attentionOffset: every > 0 ? (value.attentionOffset ?? 0) % every : 0,
  }))
}

/** Channels that the first projection of a state-space layer writes: 2D, and in version 2 also B, C and the time steps. */
export function ssmInputWidth(ssm: StateSpace): number {
  return ssm.version === 1 ? 2 * ssm.innerSize : 2 * ssm.innerSize + 2 * ssm.groups * ssm.state + ssm.heads
}

/** Channels that the short convolution runs over. */
export function ssmConvWidth(ssm: StateSpace): number {
  return ssm.version === 1 ? ssm.innerSize : ssm.innerSize + 2 * ssm.groups * ssm.state
}

/**
 * Forward FLOPs per token of the scan of one layer.
 *
 * Version 2: 2QGN + 2QD + 4ND, the block decomposition of arXiv 2405.21060 with chunks of Q.
 * Version 1: 9DN, the authors' own count of the associative scan (state-spaces/mamba issue 110).
 */
export function scanFlops(ssm: StateSpace, seqLen: number): number {
  if (ssm.version === 1) return 9 * ssm.innerSize * ssm.state
  const chunk = Math.min(ssm.chunk, seqLen)
  return 2 * chunk * ssm.groups * ssm.state + 2 * chunk * ssm.innerSize + 4 * ssm.state * ssm.innerSize
}

/** Parameters beside the two big projections: convolution, time steps, decay and skip, the inner norms. */
export function ssmSmallParameters(ssm: StateSpace, innerNorms: boolean): number {
  const conv = ssmConvWidth(ssm) * (ssm.conv + 1)
  if (ssm.version === 2) return conv + 3 * ssm.heads + ssm.innerSize
  const timeStepBias = ssm.innerSize
  const decayAndSkip = ssm.innerSize * ssm.state + ssm.innerSize
  return conv + timeStepBias + decayAndSkip + (innerNorms ? ssm.dtRank + 2 * ssm.state : 0)
}
