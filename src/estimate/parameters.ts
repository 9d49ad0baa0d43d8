import type { Architecture } from './architecture.ts'
import { layersBetween, type LayerCounts } from './layers.ts'
import {
  attentionMatrices,
  denseMatrices,
  moeMatrices,
  ssmMatrices,
  weightsActive,
  weightsStored,
  type Matrix,
} from './matrices.ts'
import { ssmSmallParameters } from './state-space.ts'

export interface Parameters {
  /** Every stored weight of the main model; multi-token-prediction heads are left out, as published counts do. */
  readonly total: number
  /** What one token passes: chosen experts, shared experts, router and all dense parts, embedding table included. */
  readonly active: number
  /** Embedding tables, learned positions and their norm or projections; frozen in most fine-tuning. */
  readonly embedding: number
  /** The output matrix where it is not the embedding table, with its bias. */
  readonly head: number
  /** Weights of the multi-token-prediction layers, on top of `total`. */
  readonly mtp: number
}

/** Learned parameters of one normalization over `width` channels. */
export function normParameters(width: number, { extras }: Architecture): number {
  if (extras.norm === 'none') return 0
  return extras.norm === 'ln' ? 2 * width : width
}

/** Families with a normalization after the embedding (transformers modeling_<family>.py). Post-norm encoders have no final one. */
const EMBEDDING_NORM = new Set(['bloom', 'modernbert'])
/** Encoders published with a pooler, d² + d (transformers modeling_bert.py, modeling_roberta.py). */
const POOLER = new Set(['bert', 'roberta', 'xlm-roberta', 'xlm_roberta'])

/** Normalizations beside the two per layer, biases of the router, attention sinks: small, but in published counts. */
export function attentionNorms(architecture: Architecture): number {
  const { extras, mla, family, numHeads, numKvHeads, headDim } = architecture
  const sinks = family === 'gpt_oss' ? numHeads : 0
  const lowRank = mla === null ? 0 : (mla.qRank ?? 0) + mla.kvRank
  const onHeads =
    extras.qkNorm === undefined ? 0 : extras.qkNorm === 'head' ? 2 * headDim : (numHeads + numKvHeads) * headDim
  return sinks + lowRank + onHeads
}

interface Stack {
  readonly total: number
  readonly active: number
}

function plus(a: Stack, count: number, b: Stack): Stack {
  return { total: a.total + count * b.total, active: a.active + count * b.active }
}

function weights(matrices: readonly Matrix[], rest = 0): Stack {
  return { total: weightsStored(matrices) + rest, active: weightsActive(matrices) + rest }
}

/** Weights of a number of layers of each kind, norms included. */
export function layerParameters(architecture: Architecture, counts: LayerCounts): Stack {
  const { hiddenSize: d, ssm, extras } = architecture
  const norm = normParameters(d, architecture)
  const feedsForward = architecture.ffnSize > 0 || architecture.moe !== null
  const perLayer = (extras.normsPerLayer ?? (feedsForward ? 2 : 1)) * norm
  let sum = plus(
    { total: 0, active: 0 },
    counts.attentionTotal,
    weights(attentionMatrices(architecture), attentionNorms(architecture) + perLayer),
  )
  if (ssm !== null && counts.ssm > 0)
    sum = plus(
      sum,
      counts.ssm,
      weights(ssmMatrices(d, ssm), ssmSmallParameters(ssm, architecture.family === 'jamba') + perLayer),
    )
  if (counts.dense > 0) sum = plus(sum, counts.dense, weights(denseMatrices(architecture)))
  if (counts.moe > 0) sum = plus(sum, counts.moe, weights(moeMatrices(architecture)))
  return sum
}

/** Buckets of T5's relative positions, one bias per head and bucket, in the first layer of each stack. */
const T5_BUCKETS = 32
const T5 = new Set(['t5', 'mt5', 'umt5'])
/** Encoder–decoders in BART's manner: normalization with bias after the embeddings of both stacks, biases everywhere. */
const BART = new Set(['bart', 'mbart', 'pegasus', 'whisper'])
/** Whisper's ears: 80 mel bands, two convolutions of width 3, 1,500 positions (openai/whisper: whisper/model.py). */
const WHISPER = { mels: 80, width: 3, positions: 1500 }

/** Encoder layers, cross-attention and stack-wide norms of an encoder–decoder, beyond the decoder's own layers. */
function encoderDecoderParameters(architecture: Architecture, encoder: NonNullable<Architecture['encoder']>): number {
  const { hiddenSize: d, numLayers, family } = architecture
  const norm = normParameters(d, architecture)
  const layer =
    weightsStored(attentionMatrices(architecture, encoder.numHeads)) +
    weightsStored(denseMatrices(architecture, encoder.ffnSize)) +
    2 * norm
  const cross = weightsStored(attentionMatrices(architecture)) + norm
  const base = encoder.numLayers * layer + numLayers * cross
  if (T5.has(family)) return base + norm + T5_BUCKETS * (encoder.numHeads + architecture.numHeads)
  if (family === 'whisper') {
    const ears = WHISPER.mels * WHISPER.width * d + d + WHISPER.width * d * d + d
    // Keys have no bias in Whisper, in all three kinds of attention.
    return base + norm + ears + WHISPER.positions * d - (encoder.numLayers + 2 * numLayers) * d
  }
  return base + (BART.has(family) ? norm + (architecture.extras.learnedPositions ?? 0) * d : norm)
}

/** The biases that a family always has, where the registry leaves them to the family's name. */
export function withFamilyBiases(architecture: Architecture): Architecture {
  if (!BART.has(architecture.family) || architecture.extras.qkvBias !== undefined) return architecture
  return { ...architecture, extras: { ...architecture.extras, qkvBias: true, oBias: true, mlpBias: true } }
}

/** Weights outside the layers; an encoder's stack and the cross-attention count as one. */
export interface Loose {
  readonly table: number
  readonly positions: number
  readonly projections: number
  readonly embeddingNorm: number
  readonly head: number
  readonly headBias: number
  readonly finalNorm: number
  readonly pooler: number
  /** Negative: a norm that the count of the layers has too much. */
  readonly firstNorm: number
  readonly encoder: number
}

/** @param architecture with its family's biases */
export function looseParameters(architecture: Architecture): Loose {
  const { hiddenSize: d, embeddingSize, vocabSize, extras, encoder, family, bidirectional } = architecture
  const norm = normParameters(d, architecture)
  const postNorm = bidirectional && (extras.learnedPositions ?? 0) > 0
  const bart = BART.has(family) && family !== 'whisper'
  return {
    table: vocabSize * embeddingSize,
    positions: (extras.learnedPositions ?? (family === 'whisper' ? 448 : 0)) * d,
    projections: embeddingSize === d ? 0 : 2 * embeddingSize * d,
    embeddingNorm: EMBEDDING_NORM.has(family) || postNorm || bart ? norm : 0,
    head: architecture.tied || bidirectional ? 0 : vocabSize * embeddingSize,
    headBias: extras.headBias === true ? vocabSize : 0,
    // OPT-350M normalizes after each block and has no final norm; ModernBERT's first layer has no norm before attention.
    finalNorm: postNorm || bart || (family === 'opt' && embeddingSize !== d) ? 0 : norm,
    pooler: POOLER.has(family) ? d * d + d : 0,
    firstNorm: family === 'modernbert' ? -norm : 0,
    encoder: encoder === null ? 0 : encoderDecoderParameters(architecture, encoder),
  }
}

/**
 * Counts parameters matrix by matrix: docs/estimator.md §5.
 *
 * A tied head is counted once. An encoder is counted without its pre-training head.
 */
export function parametersOf(given: Architecture): Parameters {
  const architecture = withFamilyBiases(given)
  const layers = layerParameters(architecture, layersBetween(architecture, 0, architecture.numLayers))
  const loose = looseParameters(architecture)
  const embedding = loose.table + loose.positions + loose.projections + loose.embeddingNorm
  const head = loose.head + loose.headBias
  const rest = embedding + head + loose.finalNorm + loose.pooler + loose.firstNorm + loose.encoder
  return {
    total: layers.total + rest,
    active: layers.active + rest,
    embedding,
    head,
    mtp: mtpParameters(architecture),
  }
}

/** Each extra head: a layer like the last one, a projection of 2d to d, and three norms (DeepSeek-V3 report, §2.2). */
function mtpParameters(architecture: Architecture): number {
  const { mtpLayers, numLayers, hiddenSize: d } = architecture
  if (mtpLayers === 0) return 0
  const last = layerParameters(architecture, layersBetween(architecture, numLayers - 1, numLayers))
  return mtpLayers * (last.total + 2 * d * d + 3 * normParameters(d, architecture))
}
