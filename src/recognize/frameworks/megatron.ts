import {
  absent,
  combine,
  derived,
  firstGiven,
  isAbsent,
  known,
  orDefault,
  type Fact,
  type RunFacts,
} from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'
import { mapped, notUnderstood, precisionOfFlags, recomputeOfSwitch, saidBy } from '../meanings.ts'

const ARGS = 'NVIDIA/Megatron-LM:megatron/training/arguments.py@d98e8a64dd'

/** The section that holds the program's flags as keys: `MODEL_ARGS: { --num-layers: 32 }`. */
const FLAGS = 'MODEL_ARGS'

function isFlags(keys: Keys): boolean {
  const flags = keys.under(FLAGS)
  return flags.hasAny('--num-layers') && flags.hasAny('--train-iters', '--train-samples')
}

/**
 * Megatron-LM in YAML: the flags of megatron/training/arguments.py as keys of `MODEL_ARGS`, or the sections of `--yaml-cfg`
 * (`language_model`, `model_parallel`, the rest at the top).
 */
export const megatron: Framework = {
  name: 'megatron',
  recognizes: keys => isFlags(keys) || (keys.has('language_model.num_layers') && keys.hasSection('model_parallel')),
  facts: keys => {
    const flags = isFlags(keys)
    const from = flags ? keys.under(FLAGS) : keys
    const at = (name: string): string =>
      flags
        ? `--${name.replaceAll('_', '-')}`
        : ([`language_model.${name}`, `model_parallel.${name}`].find(key => keys.has(key)) ?? name)
    return megatronFacts(from, at)
  },
}

type At = (name: string) => string

function megatronFacts(keys: Keys, at: At): RunFacts {
  const on = (name: string): boolean => keys.peek(at(name)) === true
  const size = (name: string): Fact<number> => orDefault(keys.integer(at(name)), 1, `${ARGS} ${name}`)
  const rampup = keys.has(at('rampup_batch_size')) && keys.peek(at('rampup_batch_size')) !== null
  const steps = keys.integer(at('train_iters'))
  const tp = size('tensor_model_parallel_size')
  return {
    ...shapeOf(keys, at, tp),
    method: known('pretrain', { kind: 'default', source: ARGS }),
    trainable: known('full', { kind: 'default', source: ARGS }),
    packing: known(true, { kind: 'default', source: `${ARGS}: documents are packed to seq_length` }),
    seqLen: keys.integer(at('seq_length')),
    microBatch: keys.integer(at('micro_batch_size')),
    globalBatch: keys.integer(at('global_batch_size')),
    steps:
      rampup && steps.known
        ? notUnderstood(
            'steps',
            'with rampup_batch_size the steps differ in size; give total_tokens',
            keys.origin(at('rampup_batch_size')),
          )
        : steps,
    trainSamples: keys.count(at('train_samples')),
    precision: keys.word(at('fp8_format')).known
      ? saidBy(keys, at('fp8_format'), 'fp8')
      : orDefault(
          precisionOfFlags(keys, 'fp32', [at('bf16'), 'bf16'], [at('fp16'), 'fp16']),
          'fp32',
          `${ARGS} bf16, fp16`,
        ),
    recompute: on('recompute_activations')
      ? saidBy(keys, at('recompute_activations'), 'selective')
      : orDefault(recomputeOfSwitch(keys, at('recompute_granularity')), 'none', `${ARGS} recompute_granularity`),
    zeroStage: on('use_distributed_optimizer')
      ? saidBy(keys, at('use_distributed_optimizer'), 1)
      : absent('zero_stage'),
    optimizer: orDefault(keys.text(at('optimizer')), 'adam', `${ARGS} optimizer`),
    tp,
    pp: size('pipeline_model_parallel_size'),
    cp: size('context_parallel_size'),
    ep: size('expert_model_parallel_size'),
  }
}

/** Layers of Megatron that are no attention, and attention other than softmax. */
const OTHER_LAYERS = ['hybrid_override_pattern', 'hybrid_layer_pattern', 'experimental_attention_variant'] as const

function shapeOf(keys: Keys, at: At, tp: Fact<number>): RunFacts {
  const other = OTHER_LAYERS.find(name => keys.word(at(name)).known)
  const hiddenSize = keys.integer(at('hidden_size'))
  if (other !== undefined)
    return {
      hiddenSize: notUnderstood(
        'hidden_size',
        `${other} puts in layers for which there is no formula here`,
        keys.origin(at(other)),
      ),
    }
  const numHeads = keys.integer(at('num_attention_heads'))
  const gated = gatedOf(keys, at)
  const ffnSize = ffnOf(keys, at, hiddenSize, gated)
  const groups = keys.integer(at('num_query_groups'))
  // The flag is needed beside the number; the YAML form has only the number.
  const grouped = groups.known && (keys.peek(at('group_query_attention')) === true || keys.hasSection('language_model'))
  const untied = orDefault(
    keys.boolean(at('untie_embeddings_and_output_weights')),
    false,
    `${ARGS} untie_embeddings_and_output_weights`,
  )
  return {
    hiddenSize,
    numLayers: keys.integer(at('num_layers')),
    numHeads,
    numKvHeads: grouped ? groups : derived(numHeads, `${ARGS}: as many as heads without group_query_attention`),
    headDim: firstGiven(
      keys.integer(at('kv_channels')),
      combine({ hiddenSize, numHeads }, v => v.hiddenSize / v.numHeads),
    ),
    ffnSize,
    gated,
    vocabSize: vocabOf(keys, at, tp),
    tiedEmbeddings: mapped(untied, value => !value),
    maxPositions: keys.integer(at('max_position_embeddings')),
    mtpLayers: keys.integer(at('mtp_num_layers')),
    ...mixtureOf(keys, at, ffnSize),
    ...(keys.peek(at('multi_latent_attention')) === true ? { mla: latentOf(keys, at) } : {}),
  }
}

function gatedOf(keys: Keys, at: At): Fact<boolean> {
  const activation = keys.word(at('activation_func'))
  if (activation.known) return mapped(activation, word => /glu/.test(word))
  return orDefault(keys.boolean(at('swiglu')), false, `${ARGS} swiglu`)
}

/** 4h; with a gate int(8h/3/64) × 64. */
function ffnOf(keys: Keys, at: At, hiddenSize: Fact<number>, gated: Fact<boolean>): Fact<number> {
  const given = keys.integer(at('ffn_hidden_size'))
  if (!isAbsent(given)) return given
  return derived(
    combine({ hiddenSize, gated }, v =>
      v.gated ? Math.floor((4 * v.hiddenSize * 2) / 3 / 64) * 64 : 4 * v.hiddenSize,
    ),
    `${ARGS}: 4h, or int(8h/3/64) × 64 with a gate`,
  )
}

/** The table is padded so that tensor-parallel ranks get equal, even parts. */
function vocabOf(keys: Keys, at: At, tp: Fact<number>): Fact<number> {
  const padded = keys.integer(at('padded_vocab_size'))
  const plain = keys.integer(at('vocab_size'))
  if (padded.known || !plain.known) return firstGiven(padded, plain)
  const divisor = orDefault(
    keys.integer(at('make_vocab_size_divisible_by')),
    128,
    `${ARGS} make_vocab_size_divisible_by`,
  )
  return derived(
    combine({ plain, divisor, tp }, v => Math.ceil(v.plain / (v.divisor * v.tp)) * v.divisor * v.tp),
    `${ARGS}: padded to make_vocab_size_divisible_by × tp`,
  )
}

function mixtureOf(keys: Keys, at: At, ffnSize: Fact<number>): RunFacts {
  const experts = firstGiven(keys.integer(at('num_experts')), keys.integer(at('num_moe_experts')))
  if (!experts.known) return {}
  const shared = keys.integer(at('moe_shared_expert_intermediate_size'))
  const frequency = keys.peek(at('moe_layer_freq'))
  return {
    experts,
    expertsPerToken: orDefault(keys.integer(at('moe_router_topk')), 2, `${ARGS} moe_router_topk`),
    expertFfnSize: firstGiven(keys.integer(at('moe_ffn_hidden_size')), ffnSize),
    ...(shared.known ? { sharedExperts: mapped(shared, () => 1), sharedExpertFfnSize: shared } : {}),
    ...layersOf(keys, at, frequency),
  }
}

/** A number n: every n-th layer, the first one included; a pattern such as `([0]*3+[1]*58)`: leading dense layers. */
function layersOf(keys: Keys, at: At, frequency: ReturnType<Keys['peek']>): RunFacts {
  if (frequency === undefined || frequency === null || frequency === 1) return {}
  const key = at('moe_layer_freq')
  const [, dense] = /^\(?\[0\]\*(\d{1,4})\+\[1\]\*\d{1,4}\)?$/.exec(String(frequency).replaceAll(' ', '')) ?? []
  if (dense !== undefined) return { firstDenseLayers: saidBy(keys, key, Number(dense)) }
  return { moeEvery: notUnderstood('moe_every', 'moe_layer_freq is not leading dense layers', keys.origin(key)) }
}

function latentOf(keys: Keys, at: At) {
  const width = (name: string, value: number): Fact<number> =>
    orDefault(keys.integer(at(name)), value, `${ARGS} ${name}`)
  const rank = keys.integer(at('q_lora_rank'))
  return keys.shaped(
    'mla',
    combine(
      {
        q_rank: orDefault<number | null>(rank, null, `${ARGS} q_lora_rank: none`),
        kv_rank: width('kv_lora_rank', 32),
        nope: width('qk_head_dim', 128),
        rope: width('qk_pos_emb_head_dim', 64),
        v: width('v_head_dim', 128),
      },
      v => ({ ...v }),
    ),
  )
}
