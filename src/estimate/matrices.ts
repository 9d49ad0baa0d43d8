import type { Architecture } from './architecture.ts'
import { ssmInputWidth, type StateSpace } from './state-space.ts'

/** What a matrix is for, by the names that LoRA targets are mapped to (`lora.ts`). */
export type Module =
  | 'q'
  | 'k'
  | 'v'
  | 'o'
  | 'q_a'
  | 'q_b'
  | 'kv_a'
  | 'kv_b'
  | 'gate'
  | 'up'
  | 'down'
  | 'router'
  | 'shared_gate'
  | 'ssm_in'
  | 'ssm_x'
  | 'ssm_dt'
  | 'ssm_out'

/** One weight matrix of a layer: parameters = input·output·stored, forward FLOPs per token = 2·input·output·used. */
export interface Matrix {
  readonly module: Module
  readonly part: 'projections' | 'feed-forward' | 'router' | 'experts' | 'shared experts' | 'state space'
  readonly input: number
  readonly output: number
  /** Copies that the layer stores (the experts), and copies that one token passes (the chosen ones). */
  readonly stored: number
  readonly used: number
  readonly bias: boolean
}

export function weightsUsed(matrices: readonly Matrix[], part?: Matrix['part']): number {
  let sum = 0
  for (const matrix of matrices)
    if (part === undefined || matrix.part === part) sum += matrix.input * matrix.output * matrix.used
  return sum
}

export function weightsStored(matrices: readonly Matrix[]): number {
  let sum = 0
  for (const { input, output, stored, bias } of matrices) sum += (input * output + (bias ? output : 0)) * stored
  return sum
}

export function weightsActive(matrices: readonly Matrix[]): number {
  let sum = 0
  for (const { input, output, used, bias } of matrices) sum += (input * output + (bias ? output : 0)) * used
  return sum
}

const one = { stored: 1, used: 1 }

/** Query, key, value and output projections; with multi-head latent attention their low-rank factors. */
export function attentionMatrices(architecture: Architecture, numHeads = architecture.numHeads): readonly Matrix[] {
  const { hiddenSize: d, mla, extras } = architecture
  const part = 'projections'
  const bias = extras.qkvBias === true
  const oBias = extras.oBias === true
  if (mla !== null) {
    const n = numHeads
    const queryWidth = n * (mla.nope + mla.rope)
    const rank = mla.qRank ?? 0
    const queries: readonly Matrix[] =
      rank === 0
        ? [{ module: 'q', part, input: d, output: queryWidth, bias: false, ...one }]
        : [
            { module: 'q_a', part, input: d, output: rank, bias, ...one },
            { module: 'q_b', part, input: rank, output: queryWidth, bias: false, ...one },
          ]
    return [
      ...queries,
      { module: 'kv_a', part, input: d, output: mla.kvRank + mla.rope, bias, ...one },
      { module: 'kv_b', part, input: mla.kvRank, output: n * (mla.nope + mla.v), bias: false, ...one },
      { module: 'o', part, input: n * mla.v, output: d, bias: oBias, ...one },
    ]
  }
  const q = numHeads * architecture.headDim
  // An encoder with its own head count has as many key/value heads; the ratio of the decoder holds otherwise.
  const kv = numHeads === architecture.numHeads ? architecture.numKvHeads * architecture.headDim : q
  // Reformer hashes with shared queries and keys: the key projection falls away.
  const sharedQk = architecture.efficient?.kind === 'lsh'
  return [
    { module: 'q', part, input: d, output: q, bias, ...one },
    ...(sharedQk ? [] : [{ module: 'k', part, input: d, output: kv, bias, ...one } as const]),
    { module: 'v', part, input: d, output: kv, bias, ...one },
    { module: 'o', part, input: q, output: d, bias: oBias, ...one },
  ]
}

function feedForward(
  part: Matrix['part'],
  d: number,
  f: number,
  gated: boolean,
  bias: boolean,
  stored: number,
  used: number,
): readonly Matrix[] {
  const common = { part, bias, stored, used }
  return [
    ...(gated ? [{ module: 'gate', input: d, output: f, ...common } as const] : []),
    { module: 'up', input: d, output: f, ...common },
    { module: 'down', input: f, output: d, ...common },
  ]
}

export function denseMatrices(architecture: Architecture, ffnSize = architecture.ffnSize): readonly Matrix[] {
  const { hiddenSize, gated, extras } = architecture
  return ffnSize === 0 ? [] : feedForward('feed-forward', hiddenSize, ffnSize, gated, extras.mlpBias === true, 1, 1)
}

/** Families that gate their shared expert by one more column (transformers: modeling_qwen2_moe.py). */
const SHARED_GATE = new Set(['qwen2_moe'])

/** Router, routed experts, shared experts. */
export function moeMatrices(architecture: Architecture): readonly Matrix[] {
  const { hiddenSize: d, gated, moe, extras, family } = architecture
  if (moe === null) return []
  const bias = extras.mlpBias === true
  const router: Matrix = { module: 'router', part: 'router', input: d, output: moe.experts, bias, ...one }
  return [
    router,
    ...feedForward('experts', d, moe.expertFfnSize, gated, bias, moe.experts, moe.expertsPerToken),
    ...(moe.sharedFfnSize > 0 ? feedForward('shared experts', d, moe.sharedFfnSize, gated, bias, 1, 1) : []),
    ...(moe.sharedFfnSize > 0 && SHARED_GATE.has(family)
      ? [{ module: 'shared_gate', part: 'router', input: d, output: 1, bias: false, ...one } as const]
      : []),
  ]
}

export function ssmMatrices(d: number, ssm: StateSpace): readonly Matrix[] {
  const part = 'state space'
  const inner: readonly Matrix[] =
    ssm.version === 1
      ? [
          { module: 'ssm_x', part, input: ssm.innerSize, output: ssm.dtRank + 2 * ssm.state, bias: false, ...one },
          { module: 'ssm_dt', part, input: ssm.dtRank, output: ssm.innerSize, bias: false, ...one },
        ]
      : []
  return [
    { module: 'ssm_in', part, input: d, output: ssmInputWidth(ssm), bias: false, ...one },
    ...inner,
    { module: 'ssm_out', part, input: ssm.innerSize, output: d, bias: false, ...one },
  ]
}
