import {
  absent,
  combine,
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
import { mapped, notUnderstood, precisionOf, product, recomputeOfSwitch, saidBy, understood } from '../meanings.ts'
import { isNeuron, neuronFacts } from './nemo-neuron.ts'

const ALIGNER = 'NVIDIA/NeMo-Aligner:examples/nlp/gpt/conf'
const CONF = 'NVIDIA/NeMo:examples/nlp/language_modeling/conf/megatron_gpt_config.yaml@8cfedd72'

/** Keys: examples/nlp/language_modeling/conf in NVIDIA/NeMo@8cfedd72 (1.x). */
export const nemo: Framework = {
  name: 'nemo',
  recognizes: keys =>
    keys.hasSection('trainer') &&
    !onlyUsesModel(keys) &&
    // Pictures.
    !keys.hasAny('model.unet_config', 'model.first_stage_config') &&
    // Inference and evaluation take a model and a batch too, but neither an optimizer nor a length.
    (keys.has('model.optim') || keys.hasAny('trainer.max_steps', 'trainer.max_epochs')) &&
    keys.hasAny(
      'model.micro_batch_size',
      'model.global_batch_size',
      'model.encoder_seq_length',
      'model.restore_from_path',
    ),
  facts: keys => {
    const model = keys.under('model')
    const trainer = keys.under('trainer')
    return {
      ...shape(model, keys),
      baseModel: firstGiven(model.text('restore_from_path'), keys.text('restore_from_path')),
      ...alignment(keys),
      ...adapter(model),
      seqLen: firstGiven(
        model.integer('encoder_seq_length'),
        model.integer('seq_length'),
        model.integer('data.train_ds.max_seq_length'),
        model.integer('data.seq_length'),
      ),
      decoderSeqLen: model.integer('data.seq_length_dec'),
      microBatch: model.integer('micro_batch_size'),
      globalBatch: model.integer('global_batch_size'),
      steps: trainer.integer('max_steps'),
      epochs: trainer.number('max_epochs'),
      packing: model.boolean('data.train_ds.packed_sequence'),
      precision: precision(model, trainer),
      optimizer: model.text('optim.name'),
      recompute: orDefault(
        recomputeOfSwitch(model, 'activations_checkpoint_granularity'),
        'none',
        `${CONF} activations_checkpoint_granularity`,
      ),
      zeroStage: firstGiven(
        mapped(keys.boolean('model.fsdp'), on => (on ? 3 : 0)),
        absent('zero_stage'),
      ),
      tp: model.integer('tensor_model_parallel_size'),
      pp: model.integer('pipeline_model_parallel_size'),
      cp: model.integer('context_parallel_size'),
      ep: model.integer('expert_model_parallel_size'),
      accelerators: acceleratorsOf(trainer, model),
      ...(isNeuron(keys) ? neuronFacts(keys) : {}),
    }
  },
}

/** NeMo-Aligner names its algorithm by a section of the trainer; NeMo itself pretrains, or tunes where it has data of that kind. */
function alignment(keys: Keys): RunFacts {
  const trainer = keys.under('trainer')
  const names = ['rm', 'dpo', 'kto', 'sft', 'ppo', 'reinforce', 'spin', 'rs', 'knowledge_distillation']
  const name = names.find(algorithm => trainer.hasSection(algorithm))
  if (name === undefined)
    return {
      method: keys.hasAny('model.data.train_ds', 'model.peft')
        ? known('sft', { kind: 'default', source: `${CONF}: by model.data.train_ds` })
        : known('pretrain', { kind: 'default', source: CONF }),
    }
  const is = (method: Method): RunFacts => ({ method: saidBy(trainer, name, method) })
  switch (name) {
    case 'rm':
      return is('reward')
    case 'dpo':
    case 'kto':
      return { ...is(name), referenceModel: known(true, { kind: 'default', source: `${ALIGNER}: a frozen reference` }) }
    case 'sft':
      return is('sft')
    case 'knowledge_distillation':
      return is('distill')
    case 'reinforce':
      return { ...is('grpo'), generations: trainer.integer('reinforce.num_rollouts_per_prompt') }
    case 'ppo':
      return is('ppo')
    default:
      return {
        method: notUnderstood('method', `trainer.${name} is an algorithm that is not priced`, trainer.origin(name)),
      }
  }
}

/** One node unless the file says more; a model that is cut into more parts than it has devices runs on several, given elsewhere. */
function acceleratorsOf(trainer: Keys, model: Keys): Fact<number> {
  const devices = trainer.integer('devices')
  const nodes = trainer.integer('num_nodes')
  const parts = ['tensor', 'pipeline']
    .map(kind => model.integer(`${kind}_model_parallel_size`))
    .concat(model.integer('context_parallel_size'))
    .reduce((all, size) => all * (size.known ? size.value : 1), 1)
  if (isAbsent(nodes) && devices.known && parts > devices.value) return absent('accelerators')
  return product(devices, orDefault(nodes, 1, `${CONF} trainer.num_nodes`))
}

/** Generating, evaluating, quantizing and pruning take a model and a trainer too; none of them has data to train on. */
export function onlyUsesModel(keys: Keys): boolean {
  if (keys.hasAny('model.data.train_ds', 'model.optim')) return false
  // Scores of a teacher are computed ahead of a training by their best few: `top_k` beside an `output_path`.
  if (keys.has('top_k') && keys.has('output_path')) return true
  return keys.hasAny('model.data.test_ds', 'model.data.validation_ds', 'quantization', 'prune', 'inference')
}

function precision(model: Keys, trainer: Keys) {
  const fp8 = model.boolean('fp8')
  return fp8.known && fp8.value ? { ...fp8, value: 'fp8' as const } : precisionOf(trainer.word('precision'))
}

function adapter(model: Keys): RunFacts {
  const scheme = model.word('peft.peft_scheme')
  for (const key of ['virtual_prompt_style', 'adapter_tuning'])
    if (model.has(key) && !model.hasSection('peft'))
      return { trainable: notUnderstood('trainable', `${key} trains an adapter that is not read`, model.origin(key)) }
  if (model.peek('mm_cfg.llm.freeze') === true)
    return {
      trainable: notUnderstood(
        'trainable',
        'the language model is frozen, and what is trained beside it is not read',
        model.origin('mm_cfg.llm.freeze'),
      ),
    }
  if (!scheme.known || ['none', 'null'].includes(scheme.value))
    return { trainable: orDefault(absent('trainable'), 'full', `${CONF} peft.peft_scheme`) }
  const trainable = understood(scheme, 'peft_scheme', word =>
    word === 'lora' ? 'lora' : word === 'qlora' ? 'qlora' : undefined,
  )
  return trainable.known
    ? {
        trainable,
        loraRank: model.integer('peft.lora_tuning.adapter_dim'),
        loraTargets: mapped(model.texts('peft.lora_tuning.target_modules'), names => names.flatMap(megatronTargets)),
      }
    : { trainable }
}

function megatronTargets(name: string): readonly string[] {
  switch (name) {
    case 'attention_qkv':
      return ['q_proj', 'k_proj', 'v_proj']
    case 'attention_dense':
      return ['o_proj']
    case 'attention':
      return ['q_proj', 'k_proj', 'v_proj', 'o_proj']
    case 'mlp_fc1':
      return ['gate_proj', 'up_proj']
    case 'mlp_fc2':
      return ['down_proj']
    case 'all':
      return ['all-linear']
    default:
      return [name]
  }
}

function shape(model: Keys, keys: Keys): RunFacts {
  if (model.hasSection('encoder') && model.hasSection('decoder'))
    return {
      hiddenSize: notUnderstood(
        'hidden_size',
        'encoder and decoder have sections of their own, which are not read',
        keys.origin('model.encoder'),
      ),
    }
  const hiddenSize = model.integer('hidden_size')
  const numHeads = model.integer('num_attention_heads')
  const groups = model.integer('num_query_groups')
  const activation = model.word('activation')
  const gated: Fact<boolean> = mapped(activation, word => /glu/.test(word))
  const hybrid =
    model.has('hybrid_attention_ratio') || model.has('mamba_ssm_ngroups') || model.has('hybrid_override_pattern')
  return {
    hiddenSize,
    numLayers: model.integer('num_layers'),
    numHeads,
    numKvHeads: isAbsent(groups) ? absent('num_kv_heads') : groups,
    ...(isAbsent(groups) && numHeads.known
      ? {
          numKvHeads: known(
            numHeads.value,
            { kind: 'derived', source: `${CONF}: no query groups, so as many as heads` },
            ...numHeads.origins,
          ),
        }
      : {}),
    headDim: firstGiven(
      model.integer('kv_channels'),
      combine({ hiddenSize, numHeads }, v => v.hiddenSize / v.numHeads),
    ),
    ffnSize: model.integer('ffn_hidden_size'),
    gated,
    tiedEmbeddings: model.boolean('share_embeddings_and_output_weights'),
    maxPositions: model.integer('max_position_embeddings'),
    vocabSize: firstGiven(model.integer('vocab_size'), model.integer('tokenizer.vocab_size')),
    ...(hybrid
      ? {
          ssm: notUnderstood(
            'ssm',
            'the hybrid layers of Megatron are not read from this file',
            keys.origin('model.hybrid_override_pattern'),
          ),
        }
      : {}),
    ...(model.integer('num_moe_experts').known
      ? {
          experts: model.integer('num_moe_experts'),
          expertsPerToken: model.integer('moe_router_topk'),
          expertFfnSize: firstGiven(model.integer('moe_ffn_hidden_size'), model.integer('ffn_hidden_size')),
        }
      : {}),
  }
}
