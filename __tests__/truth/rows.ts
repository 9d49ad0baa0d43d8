import type { LayerWindows, Method, Precision, Recompute, Trainable } from '../../src/facts/index.ts'
import { acceleratorNamed, type Accelerator, type Run } from '../../src/resolve/index.ts'
import { run, type Plain } from '../estimate/runs.ts'

interface Published {
  readonly value: number
  readonly source?: string
  readonly flops_kind?: 'hardware' | 'other'
}

/** A row of published runs or rates. Only the fields that are read here. */
export interface Row {
  readonly id: string
  readonly kind: string
  readonly class: string
  readonly family: string
  readonly arch: {
    readonly type?: 'encoder' | 'encdec' | 'vit'
    readonly hidden: number
    readonly layers: number
    readonly heads: number
    readonly kv_heads?: number
    readonly head_dim?: number
    readonly ffn?: number
    readonly gated?: boolean
    readonly vocab?: number
    readonly tied?: boolean
    readonly moe?: {
      readonly experts: number
      readonly top_k: number
      readonly expert_ffn: number
      readonly shared?: number
      readonly first_dense?: number
      readonly every?: number
      readonly dense_ffn?: number
      readonly residual_ffn?: number
    }
    readonly mla?: { q_rank: number | null; kv_rank: number; nope: number; rope: number; v: number }
    readonly mtp?: number
    readonly window?: number
    readonly global_every?: number
    readonly first_global?: boolean | number
    readonly chunk?: number
    readonly dec_layers?: number
    readonly mlm_share?: number
    readonly mixer?: string
    readonly mamba?: { readonly expand: number; readonly state: number }
  }
  readonly seq_len: number | null
  readonly tokens: number | null
  readonly phases?: readonly { readonly tokens: number; readonly seq_len: number }[]
  readonly accelerator: string | null
  readonly accelerator_count: number | null
  readonly precision: string
  readonly recompute?: Recompute
  readonly micro_batch?: number
  readonly sharding?: string
  readonly cpu_offload?: boolean
  readonly fsdp?: number | string
  readonly tp?: number
  readonly pp?: number
  readonly cp?: number
  readonly ep?: number
  readonly lora_rank?: number
  readonly lora_targets?: string
  readonly packed?: boolean
  readonly dec_ratio?: number
  readonly ref_passes?: number
  /** Of all published numbers, where they have none of their own. */
  readonly source?: string
  readonly exclude_from_stats?: boolean
  readonly exclude_hours?: boolean
  readonly published: Readonly<Record<string, Published>>
}

/** The accelerator of the shipped catalog that a row means; undefined for those that are in none (CS-2). */
export function acceleratorOf(name: string | null): Accelerator | undefined {
  const named = name === null ? undefined : acceleratorNamed(name.replace(/^TPUv/, 'tpu-v'))
  return named?.known === true ? named.value : undefined
}

const PRECISIONS: readonly Precision[] = ['fp32', 'fp16', 'bf16', 'fp8', 'fp4']

const LORA_TARGETS: Readonly<Record<string, readonly string[]>> = {
  attn: ['q_proj', 'k_proj', 'v_proj', 'o_proj'],
  qv: ['q_proj', 'v_proj'],
  all: ['all-linear'],
}

function windowsOf({ arch }: Row): LayerWindows | undefined {
  const window = arch.chunk ?? arch.window
  if (window === undefined) return undefined
  const every = arch.global_every ?? 0
  const locals: (number | null)[] = Array.from({ length: Math.max(1, every) }, () => window)
  if (every > 0) locals[arch.first_global === true || arch.first_global === 1 ? 0 : every - 1] = null
  return {
    pattern: locals,
    ...(arch.chunk === undefined ? {} : { chunked: true }),
    ...(arch.type === 'encoder' ? { twoSided: true } : {}),
  }
}

function methodOf(kind: string): { readonly method: Method; readonly trainable: Trainable } {
  switch (kind) {
    case 'pretrain':
      return { method: 'pretrain', trainable: 'full' }
    case 'finetune':
      return { method: 'sft', trainable: 'full' }
    case 'dpo':
      return { method: 'dpo', trainable: 'full' }
    case 'lora':
    case 'qlora':
      return { method: 'sft', trainable: kind }
    default:
      throw new Error(`unknown kind ${kind}`)
  }
}

/** Facts of the model; undefined where the row is of a kind that traincost does not take (vision, residual mixtures). */
export function modelFactsOf(row: Row): Plain | undefined {
  const { arch } = row
  if (arch.type === 'vit' || arch.moe?.residual_ffn !== undefined || arch.vocab === undefined) return undefined
  const { moe, mla, mamba } = arch
  return {
    hiddenSize: arch.hidden,
    numLayers: arch.type === 'encdec' ? arch.dec_layers : arch.layers,
    ...(mamba === undefined
      ? {
          numHeads: arch.heads,
          numKvHeads: arch.kv_heads,
          headDim: arch.head_dim,
          ffnSize: moe?.dense_ffn ?? arch.ffn,
          gated: arch.gated,
        }
      : {
          ssm: {
            version: 2,
            innerSize: mamba.expand * arch.hidden,
            state: mamba.state,
            conv: 4,
            headDim: 64,
            groups: 1,
            chunk: 256,
          },
        }),
    vocabSize: arch.vocab,
    tiedEmbeddings: arch.tied,
    bidirectional: arch.type === 'encoder' ? true : undefined,
    layerWindows: windowsOf(row),
    mtpLayers: arch.mtp,
    encoder: arch.type === 'encdec' ? { numLayers: arch.layers } : undefined,
    mla:
      mla === undefined
        ? undefined
        : { qRank: mla.q_rank, kvRank: mla.kv_rank, nope: mla.nope, rope: mla.rope, v: mla.v },
    experts: moe?.experts,
    expertsPerToken: moe?.top_k,
    expertFfnSize: moe?.expert_ffn,
    sharedExperts: moe?.shared,
    firstDenseLayers: moe?.first_dense,
    moeEvery: moe?.every,
  }
}

const STAGES: Readonly<Record<string, number>> = { FULL_SHARD: 3, SHARD_GRAD_OP: 2, NO_SHARD: 0 }

/** Megatron's recipes shard the optimizer over the ranks; those that say FSDP shard everything. */
function zeroStageOf({ sharding, fsdp, family, class: kind }: Row): number | undefined {
  if (sharding !== undefined) return STAGES[sharding]
  if (kind.startsWith('nvidia')) return fsdp === undefined || fsdp === 0 ? 1 : 3
  return family === 'titan' ? 3 : undefined
}

/** Each phase of a row as one run; empty where traincost does not take the kind of model or the precision (int8). */
export function runsOf(row: Row): readonly Run[] {
  const model = modelFactsOf(row)
  const precision = PRECISIONS.find(name => name === row.precision)
  if (model === undefined || precision === undefined) return []
  const accelerator = acceleratorOf(row.accelerator)
  const phases = row.phases ?? [{ tokens: row.tokens, seq_len: row.seq_len }]
  return phases.map(phase =>
    run(
      {
        ...model,
        ...methodOf(row.kind),
        seqLen: phase.seq_len ?? undefined,
        totalTokens: phase.tokens ?? undefined,
        decoderSeqLen:
          row.dec_ratio === undefined || phase.seq_len === null ? undefined : Math.round(row.dec_ratio * phase.seq_len),
        precision,
        recompute: row.recompute,
        packing: row.kind === 'pretrain' ? true : row.packed === true || row.class.startsWith('mlperf'),
        microBatch: row.micro_batch,
        loraRank: row.lora_rank,
        loraTargets: row.lora_targets === undefined ? undefined : LORA_TARGETS[row.lora_targets],
        tp: row.tp,
        pp: row.pp,
        cp: row.cp,
        ep: row.ep,
        accelerators: row.accelerator_count ?? undefined,
        zeroStage: zeroStageOf(row),
        // MPT's default loss is the fused cross-entropy of flash-attention (mosaicml/llm-foundry: loss_fn).
        fusedCrossEntropy: row.family === 'mpt' ? true : undefined,
        offload: row.cpu_offload,
      },
      { accelerator },
    ),
  )
}
