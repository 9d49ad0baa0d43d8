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
import {
  mapped,
  notUnderstood,
  offloadOf,
  precisionOf,
  precisionOfFlags,
  recomputeOfSwitch,
  understood,
} from '../meanings.ts'

const ARGS = 'EleutherAI/gpt-neox:megatron/neox_arguments/neox_args.py@ea7aefd8'
const LAYERS = 'EleutherAI/gpt-neox:megatron/model/transformer.py@ea7aefd8'

/** The layer that LLaMA's models had before gates were activations. */
const NAMED = 'EleutherAI/gpt-neox:megatron/model/transformer.py@v2.0 LLaMAParallelMLP'
const MOE = 'EleutherAI/gpt-neox:megatron/model/moe_mlp.py@ea7aefd8'

const MARKS = [
  'pipe_parallel_size',
  'model_parallel_size',
  'pos_emb',
  'no_weight_tying',
  'train_iters',
  'gpt_j_residual',
  'num_layers',
] as const

/** Keys: megatron/neox_arguments/neox_args.py in EleutherAI/gpt-neox@ea7aefd8. One config may be spread over several files. */
export const gptNeox: Framework = {
  name: 'gpt_neox',
  folds: true,
  recognizes: keys =>
    MARKS.filter(mark => keys.has(mark)).length >= 3 || (keys.has('data_impl') && keys.has('checkpoint_activations')),
  facts: keys => {
    const pp = notBelowOne(keys.integer('pipe_parallel_size'))
    const tp = notBelowOne(keys.integer('model_parallel_size'))
    const world = keys.integer('global_num_gpus')
    const tied = orDefault(keys.boolean('no_weight_tying'), false, `${ARGS} no_weight_tying`)
    return {
      ...layersOf(keys),
      method: known('pretrain', { kind: 'default', source: ARGS }),
      trainable: known('full', { kind: 'default', source: ARGS }),
      packing: known(true, { kind: 'default', source: `${ARGS}: documents are packed to seq_length` }),
      hiddenSize: keys.integer('hidden_size'),
      numLayers: keys.integer('num_layers'),
      vocabSize: firstGiven(keys.integer('padded_vocab_size'), keys.integer('vocab_size')),
      // A file that holds only the training half says nothing of the model.
      tiedEmbeddings:
        keys.has('num_layers') || keys.has('no_weight_tying')
          ? mapped(tied, untied => !untied)
          : absent('tied_embeddings'),
      maxPositions: keys.integer('max_position_embeddings'),
      seqLen: keys.integer('seq_length'),
      microBatch: keys.integer('train_micro_batch_size_per_gpu'),
      gradAccum: firstGiven(keys.integer('gradient_accumulation_steps'), keys.integer('gas')),
      globalBatch: keys.integer('train_batch_size'),
      steps: keys.integer('train_iters'),
      epochs: keys.number('train_epochs'),
      precision: firstGiven(
        precisionOf(keys.word('precision')),
        precisionOfFlags(keys, undefined, ['bf16.enabled', 'bf16'], ['fp16.enabled', 'fp16']),
      ),
      recompute: recomputeOfSwitch(keys, 'checkpoint_activations'),
      zeroStage:
        keys.items('zero_optimization.stage').length > 0
          ? notUnderstood('zero_stage', 'an autotuner tries several stages', keys.origin('zero_optimization.stage'))
          : keys.integer('zero_optimization.stage'),
      offload: offloadOf(keys),
      optimizer: keys.text('optimizer.type'),
      tp,
      pp,
      accelerators: world,
      dp: world.known
        ? combine(
            {
              world,
              pp: orDefault(pp, 1, `${ARGS} pipe_parallel_size`),
              tp: orDefault(tp, 1, `${ARGS} model_parallel_size`),
            },
            v => Math.max(1, Math.floor(v.world / (v.pp * v.tp))),
          )
        : absent('dp'),
      dataset: keys.labels('train_data_paths'),
    }
  },
}

/** 0 pipeline stages is DeepSpeed's way to say: no pipeline engine. */
function notBelowOne(fact: Fact<number>): Fact<number> {
  return mapped(fact, size => (size === 0 ? 1 : size))
}

function layersOf(keys: Keys): RunFacts {
  const attention = keys.plain('attention_config')
  const other = attention.known ? (/mamba|rwkv|gmlp|amlp/.exec(JSON.stringify(attention.value))?.[0] ?? '') : ''
  if (other !== '')
    return {
      ssm: notUnderstood(
        'ssm',
        `the sizes of its ${other} layers are not keys of the file`,
        keys.origin('attention_config'),
      ),
    }
  const hiddenSize = keys.integer('hidden_size')
  const numHeads = keys.integer('num_attention_heads')
  const kv = keys.integer('num_kv_heads')
  const gated = gateOf(keys)
  const experts = keys.integer('moe_num_experts')
  const mixture = experts.known && experts.value > 1
  const ffnSize = mixture ? expertFfnOf(keys, hiddenSize, gated) : ffnOf(keys, hiddenSize, gated)
  const window = keys.integer('sliding_window_width')
  return {
    numHeads,
    numKvHeads: isAbsent(kv) ? derived(numHeads, `${ARGS} num_kv_heads: as many as heads`) : kv,
    headDim: combine({ hiddenSize, numHeads }, v => v.hiddenSize / v.numHeads),
    ffnSize,
    gated: keys.has('hidden_size') ? gated : absent('gated'),
    ...(mixture
      ? {
          experts,
          expertsPerToken: keys.integer('moe_top_k'),
          expertFfnSize: ffnSize,
          moeEvery: keys.integer('moe_expert_interval'),
        }
      : {}),
    ...(window.known
      ? {
          layerWindows: keys.shaped(
            'layerWindows',
            mapped(window, size => ({ pattern: [size] })),
          ),
        }
      : {}),
  }
}

/** By the activation; earlier versions and forks name the layer itself. */
function gateOf(keys: Keys): Fact<boolean> {
  const layer = keys.word('mlp_type')
  return isAbsent(layer)
    ? mapped(orDefault(keys.word('activation'), 'gelu', `${ARGS} activation`), word => /glu$/.test(word))
    : understood(layer, 'mlp_type', word => GATED_LAYERS.get(word))
}

/** An expert takes the key as it is; without one 4h, or int(8h/3) with a gate, rounded up to 256. */
function expertFfnOf(keys: Keys, hiddenSize: Fact<number>, gated: Fact<boolean>): Fact<number> {
  const given = keys.integer('intermediate_size')
  if (!isAbsent(given)) return given
  return derived(
    combine({ hiddenSize, gated }, v => {
      const plain = v.gated ? Math.floor((2 * v.hiddenSize * 4) / 3) : 4 * v.hiddenSize
      return Math.ceil(plain / 256) * 256
    }),
    MOE,
  )
}

/** `mlp_type`, until the activation took its place; `gated` is a fork's word. */
const GATED_LAYERS: ReadonlyMap<string, boolean> = new Map([
  ['regular', false],
  ['llama', true],
  ['gated', true],
])

/** What was named by `mlp_type` takes the key as it is; without one int(8h/3), rounded up to 256. */
function namedFfnOf(keys: Keys, hiddenSize: Fact<number>): Fact<number> {
  const given = keys.integer('intermediate_size')
  if (!isAbsent(given)) return given
  const multiple = orDefault(keys.integer('mlp_multiple_of'), 256, NAMED)
  return derived(
    combine({ hiddenSize, multiple }, v => Math.ceil(Math.floor((8 * v.hiddenSize) / 3) / v.multiple) * v.multiple),
    NAMED,
  )
}

/** A gated layer scales the key: f = round_up(int(2I/3)/2, mlp_multiple_of), so 32768 gives 11008. */
function ffnOf(keys: Keys, hiddenSize: Fact<number>, gated: Fact<boolean>): Fact<number> {
  if (keys.has('mlp_type') && gated.known && gated.value) return namedFfnOf(keys, hiddenSize)
  const given = keys.integer('intermediate_size')
  const size = isAbsent(given) ? mapped(hiddenSize, width => 4 * width) : given
  const multiple = orDefault(keys.integer('mlp_multiple_of'), 1, `${ARGS} mlp_multiple_of`)
  const width = combine({ size, gated, multiple }, v =>
    v.gated ? Math.ceil(Math.floor((2 * v.size) / 3) / 2 / v.multiple) * v.multiple : v.size,
  )
  return gated.known && (gated.value || isAbsent(given)) ? derived(width, LAYERS) : width
}
