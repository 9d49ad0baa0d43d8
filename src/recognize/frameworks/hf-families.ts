import type { Extras } from '../../facts/index.ts'

/** Names of the dimensions in config.json, by dialect. The first that is given counts. */
export interface HfNames {
  readonly hiddenSize: string
  readonly numLayers: string
  readonly numHeads: string
  readonly ffnSize: string
  readonly maxPositions: string
}

const STANDARD: HfNames = {
  hiddenSize: 'hidden_size',
  numLayers: 'num_hidden_layers',
  numHeads: 'num_attention_heads',
  ffnSize: 'intermediate_size',
  maxPositions: 'max_position_embeddings',
}
const GPT2: HfNames = {
  hiddenSize: 'n_embd',
  numLayers: 'n_layer',
  numHeads: 'n_head',
  ffnSize: 'n_inner',
  maxPositions: 'n_positions',
}
const MPT: HfNames = {
  hiddenSize: 'd_model',
  numLayers: 'n_layers',
  numHeads: 'n_heads',
  ffnSize: 'ffn_hidden_size',
  maxPositions: 'max_seq_len',
}
const BART: HfNames = {
  hiddenSize: 'd_model',
  numLayers: 'decoder_layers',
  numHeads: 'decoder_attention_heads',
  ffnSize: 'decoder_ffn_dim',
  maxPositions: 'max_position_embeddings',
}
const T5: HfNames = {
  hiddenSize: 'd_model',
  numLayers: 'num_decoder_layers',
  numHeads: 'num_heads',
  ffnSize: 'd_ff',
  maxPositions: 'n_positions',
}

/**
 * Attention windows. `all`: every layer has `sliding_window`; `switched`: only with `use_sliding_window`, from `max_window_layers`;
 * a number n: every n-th layer sees everything; `neo` alternates from `attention_types`; `chunked`: Llama 4; `modernbert`; `longformer`.
 */
export type HfWindows = 'all' | 'switched' | 'neo' | 'chunked' | 'modernbert' | 'longformer' | number

/** Where the mixture's sizes stand: key of the experts, width of one, shared experts, dense layers. */
export type HfMixture = 'local' | 'olmoe' | 'qwen' | 'deepseek' | 'llama4' | 'jamba' | 'dbrx'

export interface HfFamily {
  readonly names: HfNames
  readonly gated: boolean | 't5'
  /** The class's default of `tie_word_embeddings`. */
  readonly tied: boolean
  /** Key/value heads: read from `num_key_value_heads`, always as many as heads, or by a rule of the family. */
  readonly kv: 'key' | 'heads' | 'falcon' | 'multi-query' | 'dbrx'
  /** Width of the feed-forward where its key is null or missing, as a multiple of the model's width. */
  readonly ffnRatio?: number
  readonly bidirectional?: boolean
  readonly encoder?: 't5' | 'bart'
  readonly windows?: HfWindows
  /** Default of `sliding_window` where the key is missing; null = none. */
  readonly window?: number | null
  readonly mixture?: HfMixture
  readonly mla?: boolean
  readonly ssm?: 'mamba' | 'mamba2' | 'jamba' | 'bamba'
  /** Layers that this product has no formula for, in words. */
  readonly unsupported?: string
  readonly extras?: Extras
  /** Boolean keys that put biases on, with the class's default. */
  readonly biases?: Readonly<Record<string, { readonly on: readonly (keyof Extras)[]; readonly default: boolean }>>
  /** Learned positions beyond the largest: padding rows, token types (they count as rows of the same width). */
  readonly learnedPositions?: number | 'token-types'
}

const rms: Extras = { norm: 'rms' }
const allBiases: Extras = { norm: 'ln', qkvBias: true, oBias: true, mlpBias: true }
const attentionBias = { attention_bias: { on: ['qkvBias', 'oBias'], default: false } } as const
const llamaBiases = { ...attentionBias, mlp_bias: { on: ['mlpBias'], default: false } } as const

const llama: HfFamily = { names: STANDARD, gated: true, tied: false, kv: 'key', extras: rms }
const gpt2: HfFamily = {
  names: GPT2,
  gated: false,
  tied: true,
  kv: 'heads',
  ffnRatio: 4,
  extras: allBiases,
  learnedPositions: 0,
}
const bert: HfFamily = {
  names: STANDARD,
  gated: false,
  tied: true,
  kv: 'heads',
  bidirectional: true,
  extras: allBiases,
  learnedPositions: 'token-types',
}
const { learnedPositions: _learned, ...rotaryGpt2 } = gpt2
const gptj: HfFamily = {
  ...rotaryGpt2,
  tied: false,
  extras: { norm: 'ln', normsPerLayer: 1, mlpBias: true, headBias: true },
}
const bart: HfFamily = {
  names: BART,
  gated: false,
  tied: true,
  kv: 'heads',
  encoder: 'bart',
  extras: { norm: 'ln' },
  learnedPositions: 2,
}
const { learnedPositions: _none, ...sinusoidalBart } = bart
const gemma: HfFamily = { ...llama, tied: true, biases: attentionBias }

/**
 * How each `model_type` reads its config.json.
 *
 * huggingface/transformers:src/transformers/models/<type>/{configuration,modeling}_<type>.py@v4.57.6
 */
export const hfFamilies: ReadonlyMap<string, HfFamily> = new Map<string, HfFamily>([
  ['llama', { ...llama, biases: llamaBiases }],
  ['mistral', { ...llama, windows: 'all', window: 4096 }],
  ['ministral3', { ...llama, windows: 'all', window: null }],
  ['mixtral', { ...llama, windows: 'all', window: null, mixture: 'local' }],
  ['qwen2', { ...llama, windows: 'switched', window: 4096, extras: { norm: 'rms', qkvBias: true } }],
  [
    'qwen3',
    { ...llama, windows: 'switched', window: 4096, extras: { norm: 'rms', qkNorm: 'head' }, biases: attentionBias },
  ],
  [
    'qwen2_moe',
    {
      ...llama,
      windows: 'switched',
      window: 4096,
      mixture: 'qwen',
      extras: rms,
      biases: { qkv_bias: { on: ['qkvBias'], default: true } },
    },
  ],
  [
    'qwen3_moe',
    {
      ...llama,
      windows: 'switched',
      window: 4096,
      mixture: 'qwen',
      extras: { norm: 'rms', qkNorm: 'head' },
      biases: attentionBias,
    },
  ],
  ['qwen3_5_text', { ...llama, unsupported: 'gated delta-net layers' }],
  ['qwen3_5_moe_text', { ...llama, mixture: 'qwen', unsupported: 'gated delta-net layers' }],
  ['qwen3_next', { ...llama, mixture: 'qwen', unsupported: 'gated delta-net layers' }],
  ['gemma', gemma],
  ['gemma2', { ...gemma, windows: 2, window: 4096, extras: { norm: 'rms', normsPerLayer: 4 } }],
  ['gemma3_text', { ...gemma, windows: 6, window: 4096, extras: { norm: 'rms', normsPerLayer: 4, qkNorm: 'head' } }],
  ['phi', { ...llama, gated: false, extras: { ...allBiases, normsPerLayer: 1, headBias: true } }],
  ['phi3', { ...llama, windows: 'all', window: null }],
  [
    'phimoe',
    {
      ...llama,
      windows: 'all',
      window: null,
      mixture: 'local',
      extras: { norm: 'ln' },
      biases: { ...attentionBias, lm_head_bias: { on: ['headBias'], default: false } },
    },
  ],
  ['deepseek_v2', { ...llama, mla: true, mixture: 'deepseek' }],
  ['deepseek_v3', { ...llama, mla: true, mixture: 'deepseek' }],
  // Moonshot's own class is DeepSeek-V3's.
  ['kimi_k2', { ...llama, mla: true, mixture: 'deepseek' }],
  ['olmo', { ...llama, extras: { norm: 'none' }, biases: attentionBias }],
  ['olmo2', { ...llama, extras: { norm: 'rms', qkNorm: 'full' }, biases: attentionBias }],
  ['olmo3', { ...llama, windows: 4, window: 4096, extras: { norm: 'rms', qkNorm: 'full' }, biases: attentionBias }],
  ['olmoe', { ...llama, mixture: 'olmoe', extras: { norm: 'rms', qkNorm: 'full' }, biases: attentionBias }],
  ['granite', { ...llama, biases: llamaBiases }],
  ['granitemoe', { ...llama, mixture: 'local', biases: attentionBias }],
  ['cohere', { ...llama, tied: true, extras: { norm: 'ln_nobias', normsPerLayer: 1 }, biases: attentionBias }],
  [
    'cohere2',
    {
      ...llama,
      tied: true,
      windows: 4,
      window: 4096,
      extras: { norm: 'ln_nobias', normsPerLayer: 1 },
      biases: attentionBias,
    },
  ],
  [
    'gpt_oss',
    {
      ...llama,
      windows: 2,
      window: 128,
      mixture: 'local',
      extras: { norm: 'rms', mlpBias: true },
      biases: { attention_bias: { on: ['qkvBias', 'oBias'], default: true } },
    },
  ],
  ['llama4_text', { ...llama, windows: 'chunked', mixture: 'llama4', biases: attentionBias }],
  ['glm', { ...llama, biases: { attention_bias: { on: ['qkvBias'], default: true } } }],
  [
    'glm4',
    {
      ...llama,
      extras: { norm: 'rms', normsPerLayer: 4 },
      biases: { attention_bias: { on: ['qkvBias'], default: true } },
    },
  ],
  ['glm4_moe', { ...llama, mixture: 'deepseek', biases: { attention_bias: { on: ['qkvBias'], default: false } } }],
  ['smollm3', { ...llama, tied: true, biases: llamaBiases }],
  ['stablelm', { ...llama, extras: { norm: 'ln' }, biases: { use_qkv_bias: { on: ['qkvBias'], default: false } } }],
  ['ernie4_5', { ...llama, tied: true }],
  ['helium', { ...llama, biases: llamaBiases }],
  ['seed_oss', { ...llama, biases: { attention_bias: { on: ['qkvBias'], default: true } } }],
  ['internlm', { ...llama, biases: { bias: { on: ['qkvBias', 'oBias'], default: true } } }],
  ['internlm2', llama],
  ['minicpm', { ...llama, tied: true }],
  ['baichuan', llama],
  ['jamba', { ...llama, mixture: 'jamba', ssm: 'jamba' }],
  ['bamba', { ...llama, ssm: 'bamba' }],
  ['dbrx', { names: MPT, gated: true, tied: false, kv: 'dbrx', mixture: 'dbrx', extras: { norm: 'ln_nobias' } }],
  [
    'modernbert',
    {
      ...llama,
      kv: 'heads',
      tied: true,
      bidirectional: true,
      windows: 'modernbert',
      extras: { norm: 'ln_nobias' },
      biases: llamaBiases,
    },
  ],
  ['gpt2', gpt2],
  ['gptj', gptj],
  ['codegen', gptj],
  ['gpt_bigcode', { ...gpt2, kv: 'multi-query' }],
  [
    'gpt_neo',
    {
      ...gpt2,
      names: { ...STANDARD, numLayers: 'num_layers', numHeads: 'num_heads' },
      windows: 'neo',
      extras: { norm: 'ln', oBias: true, mlpBias: true },
    },
  ],
  [
    'gpt_neox',
    {
      names: STANDARD,
      gated: false,
      tied: false,
      kv: 'heads',
      extras: { norm: 'ln', mlpBias: true },
      biases: { attention_bias: { on: ['qkvBias', 'oBias'], default: true } },
    },
  ],
  [
    'bloom',
    {
      names: { ...GPT2, hiddenSize: 'n_embed' },
      gated: false,
      tied: true,
      kv: 'heads',
      ffnRatio: 4,
      extras: allBiases,
    },
  ],
  ['opt', { ...bert, bidirectional: false, names: { ...STANDARD, ffnSize: 'ffn_dim' }, learnedPositions: 2 }],
  [
    'falcon',
    {
      names: { ...STANDARD, ffnSize: 'ffn_hidden_size' },
      gated: false,
      tied: true,
      kv: 'falcon',
      ffnRatio: 4,
      extras: { norm: 'ln' },
      biases: { bias: { on: ['qkvBias', 'oBias', 'mlpBias'], default: false } },
    },
  ],
  ['mpt', { names: MPT, gated: false, tied: true, kv: 'heads', ffnRatio: 4, extras: { norm: 'ln_nobias' } }],
  [
    'starcoder2',
    {
      ...llama,
      gated: false,
      tied: true,
      windows: 'all',
      window: null,
      extras: { norm: 'ln' },
      biases: { use_bias: { on: ['qkvBias', 'oBias', 'mlpBias'], default: true } },
    },
  ],
  ['nemotron', { ...llama, gated: false, extras: { norm: 'ln' }, biases: llamaBiases }],
  ['persimmon', { ...llama, kv: 'heads', gated: false, extras: allBiases }],
  ['bert', bert],
  ['roberta', bert],
  ['xlm-roberta', bert],
  ['electra', bert],
  [
    'distilbert',
    {
      ...bert,
      names: { ...STANDARD, hiddenSize: 'dim', numLayers: 'n_layers', numHeads: 'n_heads', ffnSize: 'hidden_dim' },
      learnedPositions: 0,
    },
  ],
  ['longformer', { ...bert, windows: 'longformer' }],
  ['vit', { names: STANDARD, gated: false, tied: true, kv: 'heads', bidirectional: true, extras: allBiases }],
  ['bart', bart],
  ['pegasus', sinusoidalBart],
  ['whisper', { ...sinusoidalBart, names: { ...BART, maxPositions: 'max_target_positions' } }],
  ['t5', { names: T5, gated: 't5', tied: true, kv: 'heads', encoder: 't5', extras: rms }],
  ['mt5', { names: T5, gated: 't5', tied: false, kv: 'heads', encoder: 't5', extras: rms }],
  ['umt5', { names: T5, gated: 't5', tied: true, kv: 'heads', encoder: 't5', extras: rms }],
  ['mamba', { names: STANDARD, gated: false, tied: true, kv: 'heads', ssm: 'mamba' }],
  ['mamba2', { names: STANDARD, gated: false, tied: false, kv: 'heads', ssm: 'mamba2' }],
])
