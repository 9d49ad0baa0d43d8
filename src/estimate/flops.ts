import type { Architecture } from './architecture.ts'
import {
  meanKeysAround,
  meanKeysCausal,
  meanKeysInChunks,
  meanKeysInWindow,
  meanKeysLongformer,
} from './keys-in-window.ts'
import { layersBetween, type LayerCounts } from './layers.ts'
import { adapterWeights } from './lora.ts'
import { attentionMatrices, denseMatrices, moeMatrices, ssmMatrices, weightsUsed } from './matrices.ts'
import { scanFlops, ssmConvWidth } from './state-space.ts'
import type { Training } from './training.ts'
import type { Term } from './types.ts'

/** The sequence that attention runs over. Lengths in tokens. */
export interface Sequence {
  /** Tokens that see each other: the sequence, or the document where packed or padded samples are apart. */
  readonly length: number
  /** Decoder tokens of an encoder–decoder; 0 otherwise. */
  readonly decoderLength: number
}

/** A part of the forward pass. `block`: recomputed by full recomputation; the head never is. */
interface Part {
  readonly name: string
  readonly formula: string
  readonly times: number
  readonly forward: number
  readonly kind: Term['kind']
  readonly block: boolean
}

/** Share of the tokens that a masked-language-model head predicts (arXiv 1810.04805). */
const MASKED_SHARE = 0.15

/** Mean keys that one query of a layer with this window sees. */
function meanKeys({ windows, bidirectional }: Architecture, window: number | null, length: number): number {
  if (window === null) return bidirectional ? length : meanKeysCausal(length)
  if (windows?.chunked === true) return bidirectional ? Math.min(window, length) : meanKeysInChunks(length, window)
  if (windows?.twoSided === true || bidirectional) return meanKeysAround(length, window)
  return meanKeysInWindow(length, window)
}

/** c, over the layers counted: they may have windows of different lengths. */
export function meanKeysOf(architecture: Architecture, counts: LayerCounts, length: number): number {
  const { efficient } = architecture
  if (efficient?.kind === 'longformer') return meanKeysLongformer(length, efficient.window, efficient.globals)
  let keys = 0
  for (const { window, count } of counts.attention) keys += count * meanKeys(architecture, window, length)
  return keys / counts.attentionTotal
}

/** Forward FLOPs per token of one layer's attention core. */
function coreFlops(architecture: Architecture, window: number | null, length: number): number {
  const { numHeads, numKvHeads, headDim, mla, efficient } = architecture
  if (mla !== null) return 2 * numHeads * (mla.nope + mla.rope + mla.v) * meanKeys(architecture, window, length)
  const q = numHeads * headDim
  if (efficient === null) return 4 * q * meanKeys(architecture, window, length)
  switch (efficient.kind) {
    case 'lsh':
      return 4 * efficient.rounds * q * Math.min(2 * efficient.chunk, length) + efficient.rounds * q * efficient.buckets
    case 'linformer':
      return 4 * q * efficient.projected + 4 * efficient.projected * numKvHeads * headDim
    case 'performer':
      return 8 * efficient.features * q
    case 'linear':
      return 8 * q * headDim
    case 'longformer':
      return 4 * q * meanKeysLongformer(length, efficient.window, efficient.globals)
  }
}

function projectionsFormula({ mla, efficient }: Architecture): string {
  if (mla === null) return efficient?.kind === 'lsh' ? '2d(q + kv) + 2qd' : '2d(q + 2kv) + 2qd'
  const queries = mla.qRank === null ? '2d·n(h_nope + h_rope)' : '2[d·r_q + r_q·n(h_nope + h_rope)]'
  return `${queries} + 2d(r_kv + h_rope) + 2r_kv·n(h_nope + h_v) + 2n·h_v·d`
}

function coreFormula({ mla, efficient }: Architecture): string {
  if (mla !== null) return '2n(h_nope + h_rope + h_v)·c'
  switch (efficient?.kind) {
    case undefined:
    case 'longformer':
      return '4q·c'
    case 'lsh':
      return '4·rounds·q·2·chunk + rounds·q·buckets'
    case 'linformer':
      return '4q·k_p + 4k_p·kv'
    case 'performer':
      return '8m·q'
    case 'linear':
      return '8q·h'
  }
}

/** Forward parts of the layers counted. `share` scales them to the token that the run counts (encoder–decoders). */
function layerParts(architecture: Architecture, counts: LayerCounts, length: number, share: number): readonly Part[] {
  const { hiddenSize: d, ssm, gated } = architecture
  const parts: Part[] = []
  const add = (name: string, formula: string, layers: number, forward: number, kind: Term['kind']) => {
    if (forward > 0) parts.push({ name, formula, times: layers * share, forward: forward * share, kind, block: true })
  }
  const { attentionTotal: attending } = counts
  if (attending > 0) {
    const projections = attending * 2 * weightsUsed(attentionMatrices(architecture))
    add('attention projections', projectionsFormula(architecture), attending, projections, 'linear')
    let core = 0
    for (const { window, count } of counts.attention) core += count * coreFlops(architecture, window, length)
    add('attention core', coreFormula(architecture), attending, core, 'core')
  }
  if (ssm !== null && counts.ssm > 0) {
    const n = counts.ssm
    const projections = n * 2 * weightsUsed(ssmMatrices(d, ssm))
    const formula = ssm.version === 1 ? '2d·2D + 2D(R + 2N) + 2R·D + 2Dd' : '2d(2D + 2GN + H) + 2Dd'
    add('state-space projections', formula, n, projections, 'linear')
    add('state-space convolution', '2·width·channels', n, n * 2 * ssm.conv * ssmConvWidth(ssm), 'linear')
    add('state-space scan', ssm.version === 1 ? '9DN' : '2QGN + 2QD + 4ND', n, n * scanFlops(ssm, length), 'core')
  }
  const g = gated ? 3 : 2
  if (counts.dense > 0) {
    const dense = counts.dense * 2 * weightsUsed(denseMatrices(architecture))
    add('feed-forward', `2·${g}·d·f`, counts.dense, dense, 'linear')
  }
  if (counts.moe > 0) {
    const n = counts.moe
    const matrices = moeMatrices(architecture)
    const gate = matrices.some(matrix => matrix.module === 'shared_gate')
    const routed = `k·2·${g}·d·f_e`
    add('router', gate ? '2d(E + 1)' : '2d·E', n, n * 2 * weightsUsed(matrices, 'router'), 'linear')
    add('experts', routed, n, n * 2 * weightsUsed(matrices, 'experts'), 'linear')
    add('shared experts', `2·${g}·d·f_s`, n, n * 2 * weightsUsed(matrices, 'shared experts'), 'linear')
  }
  return parts
}

/** The encoder's layers and the cross-attention, per encoder token. */
function encoderParts(architecture: Architecture, sequence: Sequence): readonly Part[] {
  const { encoder, numLayers } = architecture
  if (encoder === null) return []
  const r = sequence.decoderLength / sequence.length
  const projections = 2 * weightsUsed(attentionMatrices(architecture, encoder.numHeads))
  const feedForward = 2 * weightsUsed(denseMatrices(architecture, encoder.ffnSize))
  const core = 4 * encoder.numHeads * architecture.headDim * sequence.length
  let onDecoder = 0
  let onEncoder = 0
  for (const { module, input, output } of attentionMatrices(architecture))
    if (module === 'k' || module === 'v') onEncoder += 2 * input * output
    else onDecoder += 2 * input * output
  const crossCore = r * 4 * architecture.numHeads * architecture.headDim * sequence.length
  const n = encoder.numLayers
  const part = (name: string, formula: string, times: number, each: number, kind: Term['kind']): Part => ({
    name,
    formula,
    times,
    forward: times * each,
    kind,
    block: true,
  })
  const g = architecture.gated ? 3 : 2
  return [
    part('encoder projections', '2d(q_enc + 2kv_enc) + 2q_enc·d', n, projections, 'linear'),
    part('encoder attention core', '4q_enc·s_enc', n, core, 'core'),
    part('encoder feed-forward', `2·${g}·d·f_enc`, n, feedForward, 'linear'),
    part('cross-attention projections', 'r·4dq + 4d·kv', numLayers, r * onDecoder + onEncoder, 'linear'),
    part('cross-attention core', 'r·4q·s_enc', numLayers, crossCore, 'core'),
  ]
}

/** The output head: once, tied or not; the embedding look-up costs nothing. */
function headPart(architecture: Architecture, training: Training, sequence: Sequence): Part | null {
  const { hiddenSize: d, vocabSize: V, embeddingSize: e, bidirectional, encoder } = architecture
  // A reward model ends in one number.
  if (training.method === 'reward') return null
  if (bidirectional && encoder === null)
    return training.method === 'pretrain'
      ? part('masked-token head', e === d ? '0.15·2(d² + dV)' : '0.15·2(d² + eV)', MASKED_SHARE * 2 * (d * d + e * V))
      : null
  const r = encoder === null ? 1 : sequence.decoderLength / sequence.length
  const narrow = e === d ? 0 : 2 * d * e
  return part('output head', e === d ? '2dV' : '2eV + 2de', r * (2 * e * V + narrow), r)
  function part(name: string, formula: string, forward: number, times = 1): Part {
    return { name, formula, times, forward, kind: 'linear', block: false }
  }
}

function mtpParts(architecture: Architecture, length: number): readonly Part[] {
  const { mtpLayers: m, hiddenSize: d, vocabSize: V, numLayers } = architecture
  if (m === 0) return []
  const layer = layerParts(architecture, layersBetween(architecture, numLayers - 1, numLayers), length, m)
  return [
    ...layer.map(part => ({ ...part, name: `prediction heads: ${part.name}` })),
    {
      name: 'prediction heads: projection',
      formula: '4d²',
      times: m,
      forward: m * 4 * d * d,
      kind: 'linear',
      block: true,
    },
    {
      name: 'prediction heads: output',
      formula: '2dV',
      times: m,
      forward: m * 2 * d * V,
      kind: 'linear',
      block: false,
    },
  ]
}

/**
 * How often training multiplies a part's forward FLOPs: forward, and gradients by its input and its weights where they
 * are needed. `trained`: the weights learn. `upstream`: something before or in this part learns.
 */
function multiplierOf(kind: Term['kind'], trained: boolean, upstream: boolean): number {
  if (!upstream) return 1
  return kind === 'core' || trained ? 3 : 2
}

/** Every term of one token's FLOPs with its multiplier, adapters last. */
export function termsOf(architecture: Architecture, training: Training, sequence: Sequence): readonly Term[] {
  const { numLayers, encoder, hiddenSize: d, vocabSize: V } = architecture
  const { lora, passes, recompute } = training
  const terms: Term[] = []
  const add = (part: Part, trained: boolean, upstream: boolean, note = '') => {
    const again = recompute === 'full' ? part.block : recompute === 'selective' && part.kind === 'core'
    terms.push({
      name: part.name + note,
      formula: part.formula,
      times: part.times,
      forwardFlopsPerToken: part.forward,
      multiplier: passes.learned * multiplierOf(part.kind, trained, upstream) + passes.forwards + passes.generated,
      // Nothing is kept, and so nothing recomputed, where no gradient flows.
      recomputed: again && upstream ? passes.learned : 0,
      kind: part.kind,
    })
  }
  const full = training.trainable === 'full'
  const stackLength = encoder === null ? sequence.length : sequence.decoderLength
  const share = encoder === null ? 1 : sequence.decoderLength / sequence.length
  const n = Math.max(-numLayers, Math.min(numLayers, training.trainableLayers))
  if (training.trainable === 'freeze') {
    const split = n > 0 ? numLayers - n : -n
    const below = layerParts(architecture, layersBetween(architecture, 0, split), stackLength, share)
    const above = layerParts(architecture, layersBetween(architecture, split, numLayers), stackLength, share)
    for (const part of encoderParts(architecture, sequence)) add(part, false, false, ' (frozen)')
    for (const part of below) add(part, n < 0, n < 0, n < 0 ? ' (trained layers)' : ' (frozen layers)')
    for (const part of above) add(part, n > 0, true, n > 0 ? ' (trained layers)' : ' (frozen layers)')
  } else {
    for (const part of encoderParts(architecture, sequence)) add(part, full, true)
    for (const part of layerParts(architecture, layersBetween(architecture, 0, numLayers), stackLength, share))
      add(part, full, true)
  }
  for (const part of mtpParts(architecture, sequence.length)) add(part, full, true)
  const head = headPart(architecture, training, sequence)
  if (head !== null) add(head, full || lora?.savesHead === true, true)
  if (lora !== null) {
    const { used } = adapterWeights(architecture, layersBetween(architecture, 0, numLayers), lora.targets, lora.rank)
    const onHead = lora.targets.head ? lora.rank * (d + V) : 0
    const part: Part = {
      name: 'adapters',
      formula: '2·weights',
      times: 1,
      forward: 2 * used,
      kind: 'linear',
      block: true,
    }
    if (used > 0) add(part, true, true)
    if (onHead > 0)
      add(
        { ...part, name: 'adapter of the head', formula: '2·rank(d + V)', forward: 2 * onHead, block: false },
        true,
        true,
      )
  }
  return terms
}

/** Model FLOPs per token, and what recomputation adds, by the two kinds that have different efficiencies. */
export interface FlopsPerToken {
  readonly linear: number
  readonly core: number
  readonly recomputedLinear: number
  readonly recomputedCore: number
}

export function sumOf(terms: readonly Term[]): FlopsPerToken {
  let linear = 0
  let core = 0
  let recomputedLinear = 0
  let recomputedCore = 0
  for (const { forwardFlopsPerToken: forward, multiplier, recomputed, kind } of terms)
    if (kind === 'linear') {
      linear += forward * multiplier
      recomputedLinear += forward * recomputed
    } else {
      core += forward * multiplier
      recomputedCore += forward * recomputed
    }
  return { linear, core, recomputedLinear, recomputedCore }
}
