import type { Precision, Range } from '../facts/index.ts'
import type { Architecture } from './architecture.ts'
import { layersBetween } from './layers.ts'
import { ssmConvWidth, ssmInputWidth } from './state-space.ts'
import type { Training } from './training.ts'
import type { Memory, MemoryPart } from './types.ts'

const GIB = 2 ** 30

/** What memory depends on, in plain numbers. Batches in sequences, lengths in tokens. */
export interface MemoryInputs {
  readonly architecture: Architecture
  readonly training: Training
  readonly totalParameters: number
  /** Embedding tables and the head: no matrix of a layer, so that quantization leaves them in 16 bits. */
  readonly looseParameters: number
  /** Prediction heads included, adapters included. */
  readonly trainableParameters: number
  readonly precision: Precision
  readonly optimizer: Optimizer
  readonly microBatch: number
  readonly seqLen: number
  readonly decoderSeqLen: number
  readonly dp: number
  readonly tp: number
  readonly pp: number
  readonly cp: number
  readonly ep: number
  readonly zeroStage: number
  readonly offload: boolean
  readonly fusedCrossEntropy: boolean
  readonly reference: boolean
  readonly capacityBytes: number
}

/** Bytes of state per trainable parameter, the fp32 master copy of mixed precision not included. */
export interface Optimizer {
  readonly stateBytes: number
}

const OPTIMIZERS: readonly (readonly [pattern: RegExp, stateBytes: number])[] = [
  // Paged state leaves for the host where the accelerator is short of memory (bitsandbytes; arXiv 2305.14314, §3).
  [/paged/, 0],
  [/8bit|8_bit|bnb/, 2],
  [/adafactor/, 0.1],
  [/adagrad|rmsprop|lion|muon|sgd|momentum|nesterov/, 4],
  [/adam|lamb|ademamix|sophia|novograd|stableadamw|soap/, 8],
]

/** Recognizes an optimizer by its name; undefined for one whose state is not known. */
export function optimizerNamed(name: string): Optimizer | undefined {
  const plain = name.toLowerCase()
  const found = OPTIMIZERS.find(([pattern]) => pattern.test(plain))
  return found === undefined ? undefined : { stateBytes: found[1] }
}

/** Bytes of one weight as the forward pass reads it. Frozen QLoRA weights are 4-bit with their quantization constants. */
function weightBytes(precision: Precision): number {
  return precision === 'fp32' ? 4 : 2
}
const NF4_BYTES = 0.55

/** Weights, gradients and optimizer state, after sharding. */
function stateParts(inputs: MemoryInputs): readonly MemoryPart[] {
  const { training, precision, dp, cp, zeroStage, offload, trainableParameters, totalParameters, optimizer } = inputs
  const shards = inputs.tp * inputs.pp * expertShare(inputs)
  const replicas = dp * cp
  const over = (stage: number) => (zeroStage >= stage ? replicas : 1)
  const adapters = training.lora !== null
  const frozen = (adapters ? totalParameters : Math.max(0, totalParameters - trainableParameters)) / shards
  const trained = trainableParameters / shards
  const quantized = training.trainable === 'qlora' ? frozen - inputs.looseParameters / shards : 0
  const frozenBytes = (frozen - quantized) * weightBytes(precision) + quantized * NF4_BYTES
  const master = precision === 'fp32' ? 0 : 4
  const reference = inputs.reference && !adapters ? (totalParameters / shards) * weightBytes(precision) : 0
  return [
    { name: 'weights', bytes: (trained * weightBytes(precision) + frozenBytes) / over(3) },
    { name: 'gradients', bytes: (trained * 4) / over(2) },
    { name: 'optimizer', bytes: offload ? 0 : (trained * (master + optimizer.stateBytes)) / over(1) },
    { name: 'reference model', bytes: reference / over(3) },
  ]
}

/** Expert parallelism divides the experts, which are nearly all of a mixture's weights. */
function expertShare({ architecture, ep }: MemoryInputs): number {
  return architecture.moe === null ? 1 : Math.min(ep, architecture.moe.experts)
}

/** Bytes that one token keeps for the backward pass in all layers, flash attention, bf16 (docs/estimator.md §6). */
function activationBytesPerToken({ architecture, training, precision }: MemoryInputs): number {
  const {
    hiddenSize: d,
    numLayers,
    numHeads,
    headDim,
    numKvHeads,
    mla,
    moe,
    ffnSize,
    gated,
    ssm,
    encoder,
  } = architecture
  const counts = layersBetween(architecture, 0, numLayers)
  const q = mla === null ? numHeads * headDim : numHeads * (mla.nope + mla.rope)
  const kv = mla === null ? numKvHeads * headDim : (numHeads * (mla.nope + mla.rope + mla.v)) / 2
  // In fp8 and fp4 the inputs of matrix products are kept in one byte: both norms' outputs, attention's, the activation's.
  const narrow = precision === 'fp8' || precision === 'fp4'
  const attention = 2 * (4 * d + 2 * q + 2 * kv) + 4 * numHeads - (narrow ? 2 * d + q : 0)
  const wide = (gated ? 4 : 2) - (narrow ? 0.5 : 0)
  const dense = 2 * ffnSize * wide
  const mixture = moe === null ? 0 : 2 * wide * (moe.expertsPerToken * moe.expertFfnSize + moe.sharedFfnSize)
  const scan = ssm === null ? 0 : 2 * (2 * d + ssmInputWidth(ssm) + ssmConvWidth(ssm) + ssm.innerSize)
  const encoderBytes = encoder === null ? 0 : encoder.numLayers * (attention + 2 * encoder.ffnSize * wide)
  const all =
    counts.attentionTotal * attention +
    counts.dense * dense +
    counts.moe * mixture +
    counts.ssm * scan +
    encoderBytes +
    (encoder === null ? 0 : numLayers * attention)
  const layers = numLayers + (encoder?.numLayers ?? 0)
  switch (training.recompute) {
    case 'none':
      return all
    case 'selective':
      return all / 2
    case 'full':
      return 2 * d * layers + all / layers
  }
}

const LOGIT_BYTES = 10
/** Context, kernels' workspaces, fragments: 130 runs of llm-foundry that filled their memory leave room for no more. */
const OVERHEAD_BYTES = GIB
const OVERHEAD_SHARE = 0.05
const TIGHT = 0.85

function bytesWith(inputs: MemoryInputs): readonly MemoryPart[] {
  const tokens = (inputs.microBatch * Math.max(inputs.seqLen, inputs.decoderSeqLen)) / inputs.cp
  // One-forward-one-backward: the first stage keeps one micro batch per stage, of 1/pp of the layers each.
  const activations = (tokens * activationBytesPerToken(inputs)) / inputs.tp
  const headTokens =
    inputs.architecture.encoder === null ? tokens : (inputs.microBatch * inputs.decoderSeqLen) / inputs.cp
  const hasLogits = !inputs.fusedCrossEntropy && inputs.training.method !== 'reward'
  const share = inputs.architecture.bidirectional && inputs.architecture.encoder === null ? 0.15 : 1
  const parts: readonly MemoryPart[] = [
    ...stateParts(inputs),
    { name: 'activations', bytes: activations },
    {
      name: 'logits',
      bytes: hasLogits ? (share * headTokens * inputs.architecture.vocabSize * LOGIT_BYTES) / inputs.tp : 0,
    },
  ]
  const sum = parts.reduce((total, part) => total + part.bytes, 0)
  return [...parts, { name: 'overhead', bytes: OVERHEAD_BYTES + OVERHEAD_SHARE * sum }]
}

/**
 * Memory of the fullest accelerator and whether it fits: docs/estimator.md §6.
 *
 * Low: gradients in 2 bytes, activations three quarters. High: activations and overhead a quarter more.
 */
export function memoryOf(inputs: MemoryInputs): Memory {
  const parts = bytesWith(inputs)
    .filter(part => part.bytes > 0)
    .toSorted((a, b) => b.bytes - a.bytes)
  const of = (name: string) => parts.find(part => part.name === name)?.bytes ?? 0
  const expected = parts.reduce((sum, part) => sum + part.bytes, 0)
  const moving = of('activations') + of('logits')
  const bytesPerAccelerator: Range = {
    low: expected - of('gradients') / 2 - moving / 4 - of('overhead') / 4,
    expected,
    high: expected + moving / 4 + of('overhead') / 2,
  }
  const share = expected / inputs.capacityBytes
  return {
    bytesPerAccelerator,
    verdict: share > 1 ? 'out-of-memory' : share > TIGHT ? 'tight' : 'fits',
    parts,
    capacityBytes: inputs.capacityBytes,
  }
}
