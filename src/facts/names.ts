import { booleanFromText, countFromText } from './numbers.ts'

/** Multi-head latent attention (DeepSeek-V2 and later). Ranks and head widths in channels; `qRank` null = no query rank. */
export interface Mla {
  readonly qRank: number | null
  readonly kvRank: number
  readonly nope: number
  readonly rope: number
  readonly v: number
}

/**
 * Which keys each layer's queries see. `pattern` repeats over the layers: a window in tokens, or null for full attention.
 * `chunked`: the window is a fixed block (Llama 4) and does not slide. `twoSided`: half the window lies on each side.
 */
export interface LayerWindows {
  readonly pattern: readonly (number | null)[]
  readonly chunked?: boolean
  readonly twoSided?: boolean
}

/** State-space layers. Widths in channels; `attentionEvery`/`attentionOffset` place the attention layers of a hybrid. */
export interface Ssm {
  readonly version: 1 | 2
  readonly innerSize: number
  readonly state: number
  readonly conv: number
  readonly dtRank?: number
  readonly groups?: number
  readonly heads?: number
  readonly headDim?: number
  readonly chunk?: number
  readonly attentionEvery?: number
  readonly attentionOffset?: number
}

/** The encoder of an encoder–decoder; the decoder is described by the flat facts. */
export interface Encoder {
  readonly numLayers: number
  readonly ffnSize?: number
  readonly numHeads?: number
}

/** What the parameter count needs beyond the shape; nothing here costs FLOPs by our convention. */
export interface Extras {
  readonly norm?: 'rms' | 'ln' | 'ln_nobias' | 'none'
  readonly normsPerLayer?: number
  readonly qkNorm?: 'head' | 'full'
  readonly qkvBias?: boolean
  readonly oBias?: boolean
  readonly mlpBias?: boolean
  readonly headBias?: boolean
  readonly learnedPositions?: number
}

/** An attention core other than softmax over all visible keys; the seed paper's efficient architectures. */
export type EfficientAttention =
  | { readonly kind: 'lsh'; readonly rounds: number; readonly chunk: number; readonly buckets: number }
  | { readonly kind: 'linformer'; readonly projected: number }
  | { readonly kind: 'performer'; readonly features: number }
  | { readonly kind: 'linear' }
  | { readonly kind: 'longformer'; readonly window: number; readonly globals: number }

export type Method = 'pretrain' | 'sft' | 'dpo' | 'kto' | 'orpo' | 'simpo' | 'reward' | 'distill' | 'grpo' | 'ppo'
export type Trainable = 'full' | 'lora' | 'qlora' | 'freeze'
export type Recompute = 'none' | 'selective' | 'full'
export type Precision = 'fp32' | 'fp16' | 'bf16' | 'fp8' | 'fp4'

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

export interface FactSpec<T> {
  /** The published name: the one of configs, policies and JSON. */
  readonly name: string
  readonly of: 'model' | 'run' | 'policy'
  /** Completes "… must be". */
  readonly expects: string
  /** A plain value (number, text, boolean, list, object) as the fact's value; undefined where it is not one, or out of range. */
  readonly read: (plain: unknown) => T | undefined
}

type Reader<T> = Pick<FactSpec<T>, 'expects' | 'read'>

/** Counts may be written `120M`; the range keeps numeric tricks (1e309, -5, .inf) out of the arithmetic. */
function integer(min: number, max: number): Reader<number> {
  return {
    expects: `a whole number from ${min.toLocaleString('en-US')} to ${max.toLocaleString('en-US')}`,
    read: plain => {
      const value = typeof plain === 'string' ? countFromText(plain) : plain
      return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : undefined
    },
  }
}

function positive(max: number): Reader<number> {
  return {
    expects: `a number above 0 and at most ${max.toLocaleString('en-US')}`,
    read: plain => {
      const value = typeof plain === 'string' ? countFromText(plain) : plain
      return typeof value === 'number' && value > 0 && value <= max ? value : undefined
    },
  }
}

const boolean: Reader<boolean> = {
  expects: 'true or false',
  read: plain => (typeof plain === 'boolean' ? plain : typeof plain === 'string' ? booleanFromText(plain) : undefined),
}

const text: Reader<string> = {
  expects: 'a text of 1 to 500 characters',
  read: plain => (typeof plain === 'string' && plain.length > 0 && plain.length <= 500 ? plain : undefined),
}

const texts: Reader<readonly string[]> = {
  expects: 'a text or a list of texts',
  read: plain => {
    const list: readonly unknown[] = Array.isArray(plain) ? plain : [plain]
    const read = list.map(item => text.read(item))
    return read.every(item => item !== undefined) && read.length > 0 && read.length <= 10_000 ? read : undefined
  },
}

function oneOf<const T extends string>(...values: readonly T[]): Reader<T> {
  return { expects: `one of ${values.join(', ')}`, read: plain => values.find(value => value === plain) }
}

function isRecord(plain: unknown): plain is Readonly<Record<string, unknown>> {
  return typeof plain === 'object' && plain !== null && !Array.isArray(plain)
}

type Field = readonly [external: string, reader: Reader<unknown>, optional?: 'optional']
type Shape<T> = { readonly [K in keyof T]-?: Field }

/** An object of facts, with snake_case keys outside and camelCase keys inside; a key that is not listed is refused. */
function object<T>(shape: Shape<T>): Reader<T> {
  const fields = Object.entries<Field>(shape)
  return {
    expects: `an object of ${fields.map(([, [external]]) => external).join(', ')}`,
    read: plain => {
      if (!isRecord(plain) || Object.keys(plain).some(key => !fields.some(([, [external]]) => external === key)))
        return undefined
      const out: Record<string, unknown> = {}
      for (const [name, [external, reader, optional]] of fields) {
        const given = Object.hasOwn(plain, external) ? plain[external] : undefined
        if (given === undefined) {
          if (optional === undefined) return undefined
          continue
        }
        const value = reader.read(given)
        if (value === undefined) return undefined
        out[name] = value
      }
      // Every required field was read by its own reader.
      return out as T
    },
  }
}

const nullable = (reader: Reader<number>): Reader<number | null> => ({
  expects: `${reader.expects} or null`,
  read: plain => (plain === null ? null : reader.read(plain)),
})

const windows: Reader<readonly (number | null)[]> = {
  expects: 'a list of window lengths in tokens, null for full attention',
  read: plain => {
    if (!Array.isArray(plain) || plain.length === 0 || plain.length > 1024) return undefined
    const read = plain.map(item => nullable(integer(1, 1e9)).read(item))
    return read.every(item => item !== undefined) ? read : undefined
  },
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
