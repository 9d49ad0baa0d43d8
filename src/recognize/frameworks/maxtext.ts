import {
  absent,
  combine,
  derived,
  firstGiven,
  isAbsent,
  known,
  orDefault,
  type Fact,
  type Method,
  type RunFacts,
} from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'
import { mapped, notUnderstood, product, saidBy, understood, whereLeftOut } from '../meanings.ts'

const BASE = 'AI-Hypercomputer/maxtext:src/maxtext/configs/base.yml@e591f30c'

const MARKS = [
  'base_config',
  'model_name',
  'base_emb_dim',
  'base_mlp_dim',
  'per_device_batch_size',
  'max_target_length',
  'remat_policy',
] as const

/** Keys: src/maxtext/configs/base.yml and configs/models in AI-Hypercomputer/maxtext@e591f30c. */
export const maxtext: Framework = {
  name: 'maxtext',
  recognizes: keys =>
    ![keys.path, String(keys.peek('base_config'))].some(path => /(^|[/_])inference[^/]*$/.test(path)) &&
    // MaxDiffusion shares the manner and makes pictures.
    !keys.hasAny('diffusion_scheduler_config', 'unet_checkpoint') &&
    (MARKS.filter(mark => keys.has(mark)).length >= 2 || /(^|\/)base\.yml$/.test(String(keys.peek('base_config')))),
  fragment: keys => keys.has('base_emb_dim') && !keys.hasAny('base_config', 'per_device_batch_size', 'steps'),
  includes: modelFiles,
  facts: keys => {
    const fragment = maxtextIsShape(keys)
    const model = modelFile(keys)
    const filled = <T>(fact: Fact<T>, value: T, key: string): Fact<T> =>
      fragment ? fact : whereLeftOut(fact, value, `${BASE} ${key}`)
    const name = keys.text('model_name')
    return {
      ...(name.known && name.value === 'default' ? {} : { baseModel: mapped(name, id => `maxtext:${id}`) }),
      ...shape(keys, model),
      ...(fragment
        ? {}
        : {
            method: methodOf(keys),
            trainable:
              keys.peek('lora.enable_lora') === true || keys.peek('enable_lora') === true
                ? known('lora' as const, { kind: 'config' as const, path: keys.path })
                : known('full' as const, { kind: 'default' as const, source: BASE }),
            loraRank: keys.peek('lora.enable_lora') === true ? keys.integer('lora.lora_rank') : absent('lora.rank'),
            ...(keys.peek('use_grpo') === true ? grpo(keys) : {}),
            ...parallel(keys),
          }),
      // May be a fraction of a sequence.
      microBatch: filled(keys.number('per_device_batch_size'), 12, 'per_device_batch_size'),
      gradAccum: filled(keys.integer('gradient_accumulation_steps'), 1, 'gradient_accumulation_steps'),
      seqLen: filled(keys.integer('max_target_length'), 2048, 'max_target_length'),
      steps: filled(keys.integer('steps'), 150_001, 'steps'),
      packing: filled(keys.boolean('packing'), true, 'packing'),
      dataset: firstGiven(keys.labels('hf_path'), keys.labels('dataset_name')),
      precision: filled(precision(keys), 'bf16', 'dtype'),
      optimizer: filled(keys.text('opt_type'), 'adamw', 'opt_type'),
      recompute: filled(recompute(keys), 'full', 'remat_policy'),
      accelerators: firstGiven(chipsOf(keys), meshOf(keys)),
    }
  },
}

function methodOf(keys: Keys): Fact<Method> {
  if (keys.peek('use_grpo') === true) return saidBy(keys, 'use_grpo', 'grpo')
  if (keys.peek('use_dpo') === true) return saidBy(keys, 'use_dpo', 'dpo')
  if (keys.peek('use_sft') === true) return saidBy(keys, 'use_sft', 'sft')
  return known('pretrain', { kind: 'default', source: BASE })
}

/** A prompt is cut to the prefill's length, its answers fill what is left of the target's. */
function grpo(keys: Keys): RunFacts {
  const prompt = keys.integer('max_prefill_predict_length')
  const whole = keys.integer('max_target_length')
  const beta = keys.number('grpo_beta')
  return {
    generations: keys.integer('num_generations'),
    completionTokens: combine({ whole, prompt }, v => v.whole - v.prompt),
    referenceModel: mapped(beta, value => value > 0),
  }
}

/** Sizes of the mesh, within a slice times between slices; −1 is what is left of the devices, and 1 where nothing is said. */
function parallel(keys: Keys): RunFacts {
  const along = (...axes: readonly string[]): Fact<number> => {
    const named = axes
      .flatMap(axis => [`ici_${axis}_parallelism`, `dcn_${axis}_parallelism`])
      .filter(axis => keys.has(axis))
    const sizes = named.map(axis => keys.integer(axis))
    return named.length === 0 || sizes.some(isAbsent) ? absent('size of the mesh') : product(...sizes)
  }
  return { tp: along('tensor'), pp: along('pipeline'), cp: along('context', 'sequence'), ep: along('expert') }
}

function maxtextIsShape(keys: Keys): boolean {
  return typeof maxtext.fragment === 'function' && maxtext.fragment(keys)
}

function modelFiles(keys: Keys): readonly string[] {
  const name = keys.peek('model_name')
  return typeof name === 'string' && name !== 'default'
    ? [`models/${name}.yml`, `../models/${name}.yml`, `../configs/models/${name}.yml`]
    : []
}

function modelFile(keys: Keys): Keys | undefined {
  for (const file of modelFiles(keys)) {
    const read = keys.file(file)
    if (read !== undefined) return read
  }
  return undefined
}

/** base.yml < the model's file < the config's own keys. */
function shape(keys: Keys, model: Keys | undefined): RunFacts {
  const pick = <T>(read: (from: Keys, key: string) => Fact<T>, key: string): Fact<T> => {
    const own = read(keys, key)
    const ownFile = own.known && own.origins[0]?.path === keys.path
    return ownFile || model === undefined ? own : firstGiven(read(model, key), own)
  }
  const integer = (key: string): Fact<number> => pick((from, name) => from.integer(name), key)
  const block = pick((from, name) => from.text(name), 'decoder_block')
  const scale = integer('global_parameter_scale')
  if (scale.known && scale.value > 1)
    return {
      hiddenSize: notUnderstood('hidden_size', 'global_parameter_scale above 1 changes every size', scale.origins[0]),
    }
  const blocks = integer('base_num_decoder_layers')
  const experts = integer('num_experts')
  const mixture = experts.known && experts.value > 1
  const activations = pick((from, name) => from.texts(name), 'mlp_activations')
  const mla = pick((from, name) => from.text(name), 'attention_type')
  const ffn = integer('base_mlp_dim')
  const window = integer('sliding_window_size')
  const pairs = block.known && block.value === 'gemma2'
  return {
    hiddenSize: integer('base_emb_dim'),
    // Gemma 2 counts pairs of a local and a global layer.
    numLayers: pairs ? combine({ blocks, block }, v => 2 * v.blocks) : blocks,
    numHeads: integer('base_num_query_heads'),
    numKvHeads: integer('base_num_kv_heads'),
    headDim: integer('head_dim'),
    ffnSize: ffn,
    gated: mapped(activations, list => list.length === 2),
    vocabSize: integer('vocab_size'),
    tiedEmbeddings: pick((from, name) => from.boolean(name), 'logits_via_embedding'),
    ...(mixture
      ? {
          experts,
          expertsPerToken: integer('num_experts_per_tok'),
          expertFfnSize: firstGiven(integer('base_moe_mlp_dim'), ffn),
          sharedExperts: integer('shared_experts'),
          firstDenseLayers: integer('first_num_dense_layers'),
          moeEvery: integer('interleave_moe_layer_step'),
        }
      : {}),
    ...(mla.known && mla.value === 'mla' ? { mla: latent(keys, integer) } : {}),
    ...(pairs && window.known
      ? {
          layerWindows: keys.shaped(
            'layerWindows',
            mapped(window, size => ({ pattern: [size, null] })),
          ),
        }
      : {}),
  }
}

function latent(keys: Keys, integer: (key: string) => Fact<number>) {
  const rank: Fact<number> = integer('q_lora_rank')
  return keys.shaped(
    'mla',
    combine(
      {
        rank: orDefault(rank, 0, `${BASE} q_lora_rank`),
        kv_rank: integer('kv_lora_rank'),
        nope: integer('qk_nope_head_dim'),
        rope: integer('qk_rope_head_dim'),
        v: integer('v_head_dim'),
      },
      ({ rank: r, ...v }) => ({ q_rank: r === 0 ? null : r, ...v }),
    ),
  )
}

/**
 * Chips of a TPU slice by its name, where a chip is one device to JAX: `v5e-256` and `v6e-256` count chips,
 * `v4-512` and `v5p-512` count cores, two a chip. Elsewhere a batch per device and a price per chip count differently.
 */
function chipsOf(keys: Keys): Fact<number> {
  const topology = keys.text('compile_topology')
  const slices = orDefault(keys.integer('compile_topology_num_slices'), 1, `${BASE} compile_topology_num_slices`)
  const chips = understood(topology, 'compile_topology', name => {
    const [, kind, size] = /^(v4|v5p|v5e|v6e)-(\d{1,5})$/.exec(name) ?? []
    if (kind === undefined) return undefined
    return kind === 'v4' || kind === 'v5p' ? Number(size) / 2 : Number(size)
  })
  if (!chips.known) return absent('accelerators')
  return combine({ chips, slices }, v => v.chips * v.slices)
}

/**
 * Devices of a mesh whose every axis is given. By default one axis of each kind is −1, what is left of the devices:
 * `dcn_data_parallelism` between slices and `ici_fsdp_parallelism` within one; all others are 1.
 */
function meshOf(keys: Keys): Fact<number> {
  const axes = keys.names().filter(name => /^(dcn|ici)_\w+_parallelism$/.test(name))
  const sizes = axes.map(axis => keys.signed(axis))
  const filled = ['dcn_data_parallelism', 'ici_fsdp_parallelism'].every(axis => keys.has(axis))
  if (!filled || !sizes.every(size => size.known && size.value > 0)) return absent('accelerators')
  return derived(product(...sizes), `${BASE}: the product of the mesh's axes`)
}

function precision(keys: Keys) {
  const quantized = keys.word('quantization')
  if (quantized.known && /fp8/.test(quantized.value)) return mapped(quantized, () => 'fp8' as const)
  return understood(keys.word('dtype'), 'dtype', word =>
    word === 'bfloat16' ? ('bf16' as const) : word === 'float32' ? ('fp32' as const) : undefined,
  )
}

function recompute(keys: Keys) {
  return understood(keys.word('remat_policy'), 'remat_policy', word =>
    word === 'full'
      ? 'full'
      : word === 'none'
        ? 'none'
        : /^(minimal|save|qkv|custom|offload)/.test(word)
          ? 'selective'
          : undefined,
  )
}
