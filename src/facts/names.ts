import {
  boolean,
  integer,
  isRecord,
  nullable,
  object,
  oneOf,
  positive,
  text,
  texts,
  windows,
  type Reader,
} from './readers.ts'
import type {
  EfficientAttention,
  Encoder,
  Extras,
  LayerWindows,
  Method,
  Mla,
  Precision,
  Recompute,
  Ssm,
  Trainable,
} from './values.ts'

/** The value of each fact. Lengths are in tokens, batches in sequences, widths in channels. */
export interface FactTypes {
  // What the model is
  family: string
  hiddenSize: number
  numLayers: number
  numHeads: number
  numKvHeads: number
  headDim: number
  ffnSize: number
  gated: boolean
  vocabSize: number
  tiedEmbeddings: boolean
  maxPositions: number
  embeddingSize: number
  bidirectional: boolean
  experts: number
  expertsPerToken: number
  sharedExperts: number
  expertFfnSize: number
  sharedExpertFfnSize: number
  firstDenseLayers: number
  moeEvery: number
  mla: Mla
  layerWindows: LayerWindows
  mtpLayers: number
  ssm: Ssm
  encoder: Encoder
  attention: EfficientAttention
  extras: Extras
  // What the run is
  baseModel: string
  method: Method
  trainable: Trainable
  loraRank: number
  loraTargets: readonly string[]
  loraModulesToSave: readonly string[]
  trainableLayers: number
  seqLen: number
  microBatch: number
  gradAccum: number
  globalBatch: number
  steps: number
  epochs: number
  totalTokens: number
  trainSamples: number
  dataset: readonly string[]
  packing: boolean
  precision: Precision
  optimizer: string
  recompute: Recompute
  fusedCrossEntropy: boolean
  referenceModel: boolean
  generations: number
  completionTokens: number
  iterations: number
  tp: number
  pp: number
  cp: number
  ep: number
  dp: number
  accelerators: number
  zeroStage: number
  offload: boolean
  // What only a policy or a facts file says
  datasetTokens: number
  decoderSeqLen: number
  meanSampleTokens: number
  trainedTokens: number
}

export type FactName = keyof FactTypes

export interface FactSpec<T> extends Reader<T> {
  /** The published name: the one of configs, policies and JSON. */
  readonly name: string
  readonly of: 'model' | 'run' | 'policy'
}

const width = integer(1, 1_000_000)
const layers = integer(1, 10_000)
const tokens = positive(1e18)

const lsh = object<{ rounds: number; chunk: number; buckets: number }>({
  rounds: ['rounds', integer(1, 1024)],
  chunk: ['chunk', integer(1, 1e7)],
  buckets: ['buckets', integer(1, 1e8)],
})
const linformer = object<{ projected: number }>({ projected: ['projected', integer(1, 1e7)] })
const performer = object<{ features: number }>({ features: ['features', integer(1, 1e6)] })
const longformer = object<{ window: number; globals: number }>({
  window: ['window', integer(1, 1e9)],
  globals: ['globals', integer(0, 1e9)],
})

/** The sizes read, with the kind that they belong to. */
function ofKind<K extends string, T>(kind: K, sizes: T | undefined): (T & { kind: K }) | undefined {
  return sizes === undefined ? undefined : { ...sizes, kind }
}

const efficientAttention: Reader<EfficientAttention> = {
  expects: 'an object with kind lsh, linformer, performer, linear or longformer and its sizes',
  read: plain => {
    if (!isRecord(plain)) return undefined
    const { kind, ...sizes } = plain
    switch (kind) {
      case 'lsh':
        return ofKind(kind, lsh.read(sizes))
      case 'linformer':
        return ofKind(kind, linformer.read(sizes))
      case 'performer':
        return ofKind(kind, performer.read(sizes))
      case 'longformer':
        return ofKind(kind, longformer.read(sizes))
      case 'linear':
        return Object.keys(sizes).length === 0 ? { kind } : undefined
      default:
        return undefined
    }
  },
}

const mla = object<Mla>({
  qRank: ['q_rank', nullable(width)],
  kvRank: ['kv_rank', width],
  nope: ['nope', width],
  rope: ['rope', width],
  v: ['v', width],
})
const layerWindows = object<LayerWindows>({
  pattern: ['pattern', windows],
  chunked: ['chunked', boolean, 'optional'],
  twoSided: ['two_sided', boolean, 'optional'],
})
const ssm = object<Ssm>({
  version: ['version', { expects: '1 or 2', read: plain => (plain === 1 || plain === 2 ? plain : undefined) }],
  innerSize: ['d_inner', width],
  state: ['state', width],
  conv: ['conv', width],
  dtRank: ['dt_rank', width, 'optional'],
  groups: ['groups', width, 'optional'],
  heads: ['heads', width, 'optional'],
  headDim: ['head_dim', width, 'optional'],
  chunk: ['chunk', width, 'optional'],
  attentionEvery: ['attention_every', layers, 'optional'],
  attentionOffset: ['attention_offset', integer(0, 10_000), 'optional'],
})
const encoder = object<Encoder>({
  numLayers: ['num_layers', layers],
  ffnSize: ['ffn_size', width, 'optional'],
  numHeads: ['num_heads', width, 'optional'],
})
const extras = object<Extras>({
  norm: ['norm', oneOf('rms', 'ln', 'ln_nobias', 'none'), 'optional'],
  normsPerLayer: ['norms_per_layer', integer(0, 16), 'optional'],
  qkNorm: ['qk_norm', oneOf('head', 'full'), 'optional'],
  qkvBias: ['qkv_bias', boolean, 'optional'],
  oBias: ['o_bias', boolean, 'optional'],
  mlpBias: ['mlp_bias', boolean, 'optional'],
  headBias: ['head_bias', boolean, 'optional'],
  learnedPositions: ['learned_positions', integer(0, 1e8), 'optional'],
})

/** Every fact that traincost knows, once: its published name, whose it is, and which plain values it takes. */
export const FACTS: { readonly [K in FactName]: FactSpec<FactTypes[K]> } = {
  family: { name: 'family', of: 'model', ...text },
  hiddenSize: { name: 'hidden_size', of: 'model', ...width },
  numLayers: { name: 'num_layers', of: 'model', ...layers },
  numHeads: { name: 'num_heads', of: 'model', ...width },
  numKvHeads: { name: 'num_kv_heads', of: 'model', ...width },
  headDim: { name: 'head_dim', of: 'model', ...width },
  ffnSize: { name: 'ffn_size', of: 'model', ...width },
  gated: { name: 'gated', of: 'model', ...boolean },
  vocabSize: { name: 'vocab_size', of: 'model', ...integer(1, 1e8) },
  tiedEmbeddings: { name: 'tied_embeddings', of: 'model', ...boolean },
  maxPositions: { name: 'max_positions', of: 'model', ...integer(1, 1e9) },
  embeddingSize: { name: 'embedding_size', of: 'model', ...width },
  bidirectional: { name: 'bidirectional', of: 'model', ...boolean },
  experts: { name: 'experts', of: 'model', ...integer(0, 100_000) },
  expertsPerToken: { name: 'experts_per_token', of: 'model', ...integer(1, 100_000) },
  sharedExperts: { name: 'shared_experts', of: 'model', ...integer(0, 10_000) },
  expertFfnSize: { name: 'expert_ffn_size', of: 'model', ...width },
  sharedExpertFfnSize: { name: 'shared_expert_ffn_size', of: 'model', ...width },
  firstDenseLayers: { name: 'first_dense_layers', of: 'model', ...integer(0, 10_000) },
  moeEvery: { name: 'moe_every', of: 'model', ...layers },
  mla: { name: 'mla', of: 'model', ...mla },
  layerWindows: { name: 'layer_windows', of: 'model', ...layerWindows },
  mtpLayers: { name: 'mtp_layers', of: 'model', ...integer(0, 1000) },
  ssm: { name: 'ssm', of: 'model', ...ssm },
  encoder: { name: 'encoder', of: 'model', ...encoder },
  attention: { name: 'attention', of: 'model', ...efficientAttention },
  extras: { name: 'extras', of: 'model', ...extras },
  baseModel: { name: 'base_model', of: 'run', ...text },
  method: {
    name: 'method',
    of: 'run',
    ...oneOf('pretrain', 'sft', 'dpo', 'kto', 'orpo', 'simpo', 'reward', 'distill', 'grpo', 'ppo'),
  },
  trainable: { name: 'trainable', of: 'run', ...oneOf('full', 'lora', 'qlora', 'freeze') },
  loraRank: { name: 'lora.rank', of: 'run', ...integer(1, 65_536) },
  loraTargets: { name: 'lora.targets', of: 'run', ...texts },
  loraModulesToSave: { name: 'lora.modules_to_save', of: 'run', ...texts },
  trainableLayers: { name: 'trainable_layers', of: 'run', ...integer(-10_000, 10_000) },
  seqLen: { name: 'seq_len', of: 'run', ...integer(1, 1e9) },
  microBatch: { name: 'micro_batch', of: 'run', ...positive(1e9) },
  gradAccum: { name: 'grad_accum', of: 'run', ...integer(1, 1e9) },
  globalBatch: { name: 'global_batch', of: 'run', ...positive(1e12) },
  steps: { name: 'steps', of: 'run', ...integer(1, 1e12) },
  epochs: { name: 'epochs', of: 'run', ...positive(1e6) },
  totalTokens: { name: 'total_tokens', of: 'run', ...tokens },
  trainSamples: { name: 'train_samples', of: 'run', ...tokens },
  dataset: { name: 'dataset', of: 'run', ...texts },
  packing: { name: 'packing', of: 'run', ...boolean },
  precision: { name: 'precision', of: 'run', ...oneOf('fp32', 'fp16', 'bf16', 'fp8', 'fp4') },
  optimizer: { name: 'optimizer', of: 'run', ...text },
  recompute: { name: 'recompute', of: 'run', ...oneOf('none', 'selective', 'full') },
  fusedCrossEntropy: { name: 'fused_cross_entropy', of: 'run', ...boolean },
  referenceModel: { name: 'reference_model', of: 'run', ...boolean },
  generations: { name: 'generations', of: 'run', ...integer(1, 1e6) },
  completionTokens: { name: 'completion_tokens', of: 'run', ...positive(1e9) },
  iterations: { name: 'iterations', of: 'run', ...integer(1, 1e6) },
  tp: { name: 'tp', of: 'run', ...integer(1, 1e6) },
  pp: { name: 'pp', of: 'run', ...integer(1, 1e6) },
  cp: { name: 'cp', of: 'run', ...integer(1, 1e6) },
  ep: { name: 'ep', of: 'run', ...integer(1, 1e6) },
  dp: { name: 'dp', of: 'run', ...integer(1, 1e7) },
  accelerators: { name: 'accelerators', of: 'run', ...integer(1, 1e7) },
  zeroStage: { name: 'zero_stage', of: 'run', ...integer(0, 3) },
  offload: { name: 'offload', of: 'run', ...boolean },
  datasetTokens: { name: 'dataset_tokens', of: 'policy', ...tokens },
  decoderSeqLen: { name: 'decoder_seq_len', of: 'policy', ...integer(1, 1e9) },
  meanSampleTokens: { name: 'mean_sample_tokens', of: 'policy', ...positive(1e9) },
  trainedTokens: { name: 'trained_tokens', of: 'policy', ...tokens },
}

// FACTS has exactly the keys of FactTypes.
export const FACT_NAMES = Object.keys(FACTS) as readonly FactName[]

const byPublishedName = new Map(FACT_NAMES.map(name => [FACTS[name].name, name]))

/** `num_kv_heads` → `numKvHeads`; undefined for a name that is no fact. `lora_rank` is taken for `lora.rank`. */
export function factNamed(published: string): FactName | undefined {
  return byPublishedName.get(published) ?? byPublishedName.get(published.replace(/^lora_/, 'lora.'))
}
