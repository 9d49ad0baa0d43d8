import type { Architecture } from './architecture.ts'
import type { LayerCounts } from './layers.ts'
import { attentionMatrices, denseMatrices, moeMatrices, ssmMatrices, type Matrix, type Module } from './matrices.ts'

/**
 * The matrices that one target name stands for. More than one module: the framework fuses them into one matrix,
 * which takes one adapter of rank r between their common input and all their outputs together.
 */
const TARGETS: Readonly<Record<string, readonly Module[]>> = {
  q_proj: ['q'],
  k_proj: ['k'],
  v_proj: ['v'],
  o_proj: ['o'],
  query: ['q'],
  key: ['k'],
  value: ['v'],
  q: ['q'],
  k: ['k'],
  v: ['v'],
  o: ['o'],
  wq: ['q'],
  wk: ['k'],
  wv: ['v'],
  out_proj: ['o'],
  output_proj: ['o'],
  q_lin: ['q'],
  k_lin: ['k'],
  v_lin: ['v'],
  out_lin: ['o'],
  q_a_proj: ['q_a'],
  q_b_proj: ['q_b'],
  kv_a_proj_with_mqa: ['kv_a'],
  kv_b_proj: ['kv_b'],
  gate_proj: ['gate'],
  up_proj: ['up'],
  down_proj: ['down'],
  w1: ['gate'],
  w2: ['down'],
  w3: ['up'],
  fc1: ['up'],
  fc2: ['down'],
  wi: ['up'],
  wi_0: ['gate'],
  wi_1: ['up'],
  c_fc: ['up'],
  dense_h_to_4h: ['up'],
  dense_4h_to_h: ['down'],
  query_key_value: ['q', 'k', 'v'],
  qkv_proj: ['q', 'k', 'v'],
  wqkv: ['q', 'k', 'v'],
  c_attn: ['q', 'k', 'v'],
  qkv: ['q', 'k', 'v'],
  gate_up_proj: ['gate', 'up'],
  router: ['router'],
  in_proj: ['ssm_in'],
  x_proj: ['ssm_x'],
  dt_proj: ['ssm_dt'],
}

/** Names that mean another matrix in one family, or more than one matrix. Each inner list is one adapter. */
const BY_FAMILY: Readonly<Record<string, Readonly<Record<string, readonly (readonly Module[])[]>>>> = {
  t5: { wo: [['down']] },
  mt5: { wo: [['down']] },
  gpt2: { c_proj: [['o'], ['down']] },
  gpt_bigcode: { c_proj: [['o'], ['down']] },
  starcoder2: { c_proj: [['down']] },
  gpt_neox: { dense: [['o']] },
  bloom: { dense: [['o']] },
  falcon: { dense: [['o']] },
  phi: { dense: [['o']] },
  mamba: { out_proj: [['ssm_out']] },
  mamba2: { out_proj: [['ssm_out']] },
}

const ATTENTION: readonly (readonly Module[])[] = [['q'], ['k'], ['v'], ['o'], ['q_a'], ['q_b'], ['kv_a'], ['kv_b']]
const FEED_FORWARD: readonly (readonly Module[])[] = [['gate'], ['up'], ['down']]
const STATE_SPACE: readonly (readonly Module[])[] = [['ssm_in'], ['ssm_x'], ['ssm_dt'], ['ssm_out']]
const ALL_LINEAR = [...ATTENTION, ...FEED_FORWARD, ['router'], ['shared_gate'], ...STATE_SPACE] as const

const HEAD = new Set(['lm_head', 'output', 'embed_out', 'score'])
const EMBEDDING = new Set(['embed_tokens', 'wte', 'tok_embeddings', 'embed_in', 'word_embeddings'])

/** What LoRA adds to: adapters of fused or single matrices, and adapters of the head and the embedding. */
export interface LoraTargets {
  readonly adapters: readonly (readonly Module[])[]
  readonly head: boolean
  readonly embedding: boolean
}

/**
 * The target modules that PEFT takes when a config names none, by family
 * (huggingface/peft: src/peft/utils/constants.py@v0.21.0).
 */
export function defaultLoraTargets(family: string): readonly string[] | undefined {
  switch (family) {
    case 'llama':
    case 'mistral':
    case 'mixtral':
    case 'gemma':
    case 'gemma2':
    case 'gemma3_text':
    case 'qwen2':
    case 'qwen3':
    case 'opt':
    case 'stablelm':
      return ['q_proj', 'v_proj']
    case 'phi':
      return ['q_proj', 'v_proj', 'fc1', 'fc2']
    case 'gpt2':
      return ['c_attn']
    case 'gpt_neox':
    case 'bloom':
    case 'falcon':
      return ['query_key_value']
    case 'mpt':
      return ['Wqkv']
    case 'bert':
      return ['query', 'value']
    case 't5':
      return ['q', 'v']
    default:
      return undefined
  }
}

/** Reads the names of `lora.targets`; or the first name that stands for no matrix known here. */
export function loraTargetsFrom(names: readonly string[], family: string): LoraTargets | { readonly unknown: string } {
  const adapters: (readonly Module[])[] = []
  let head = false
  let embedding = false
  for (const name of names) {
    const last = name.split('.').at(-1)?.toLowerCase() ?? ''
    const inFamily = BY_FAMILY[family]
    if (['all-linear', 'all_linear', 'all'].includes(last)) adapters.push(...ALL_LINEAR)
    else if (HEAD.has(last)) head = true
    else if (EMBEDDING.has(last)) embedding = true
    else if (inFamily !== undefined && Object.hasOwn(inFamily, last)) adapters.push(...(inFamily[last] ?? []))
    else if (Object.hasOwn(TARGETS, last)) adapters.push(TARGETS[last] ?? [])
    else return { unknown: name }
  }
  return { adapters, head, embedding }
}

/** True where `modules_to_save` trains this part in full. */
export function savesHead(modules: readonly string[]): boolean {
  return modules.some(name => HEAD.has(name.split('.').at(-1) ?? ''))
}
export function savesEmbedding(modules: readonly string[]): boolean {
  return modules.some(name => EMBEDDING.has(name.split('.').at(-1) ?? ''))
}

interface AdapterSize {
  /** Weights stored, all experts included. */
  readonly stored: number
  /** Weights that one token passes. */
  readonly used: number
}

function adaptersOn(matrices: readonly Matrix[], { adapters }: LoraTargets, rank: number): AdapterSize {
  let stored = 0
  let used = 0
  const done = new Set<string>()
  for (const modules of adapters) {
    // A name that is listed twice, or in "all-linear" and by itself, is one adapter.
    const key = modules.join('+')
    if (done.has(key)) continue
    done.add(key)
    // Experts and shared experts have the same modules: one adapter for each group of copies.
    for (const part of new Set(matrices.map(matrix => matrix.part))) {
      const fused = matrices.filter(matrix => matrix.part === part && modules.includes(matrix.module))
      const first = fused[0]
      if (first === undefined) continue
      const size = rank * (first.input + fused.reduce((sum, matrix) => sum + matrix.output, 0))
      stored += size * first.stored
      used += size * first.used
    }
  }
  return { stored, used }
}

/** Adapter weights of the layers counted, r·(in + out) for each target: arXiv 2106.09685. Head and embedding not included. */
export function adapterWeights(
  architecture: Architecture,
  counts: LayerCounts,
  targets: LoraTargets,
  rank: number,
): AdapterSize {
  const { hiddenSize, ssm, encoder, numLayers } = architecture
  const groups: readonly (readonly [number, readonly Matrix[]])[] = [
    [counts.attentionTotal, attentionMatrices(architecture)],
    [counts.dense, denseMatrices(architecture)],
    [counts.moe, moeMatrices(architecture)],
    ...(ssm === null ? [] : [[counts.ssm, ssmMatrices(hiddenSize, ssm)] as const]),
    ...(encoder === null
      ? []
      : [
          [encoder.numLayers, attentionMatrices(architecture, encoder.numHeads)] as const,
          [encoder.numLayers, denseMatrices(architecture, encoder.ffnSize)] as const,
          [numLayers, attentionMatrices(architecture)] as const,
        ]),
  ]
  let stored = 0
  let used = 0
  for (const [count, matrices] of groups) {
    if (count === 0) continue
    const size = adaptersOn(matrices, targets, rank)
    stored += count * size.stored
    used += count * size.used
  }
  return { stored, used }
}
