/** The values of facts that are more than a number, a text or a list. */

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
