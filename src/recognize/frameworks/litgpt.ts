import { absent, combine, firstGiven, known, orDefault, type Fact, type RunFacts } from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'
import { mapped, precisionOf, product, saidBy, whereLeftOut } from '../meanings.ts'

const ARGS = 'Lightning-AI/litgpt:litgpt/args.py@26857050'
const CONFIG = 'Lightning-AI/litgpt:litgpt/config.py@26857050'

/** Keys: litgpt/args.py, pretrain.py, finetune/*.py, config.py in Lightning-AI/litgpt@26857050. */
export const litgpt: Framework = {
  name: 'litgpt',
  recognizes: keys =>
    keys.hasAny('train.global_batch_size', 'train.micro_batch_size') &&
    // Programs on top of it build the model themselves; finetuning refuses max_tokens.
    (keys.hasAny('model_name', 'model_config', 'checkpoint_dir') ||
      (keys.has('train.global_batch_size') && keys.has('train.max_tokens'))),
  facts: keys => {
    const pretraining = !keys.has('checkpoint_dir') || keys.hasAny('model_name', 'model_config')
    const train = keys.under('train')
    const nodes = orDefault(keys.integer('num_nodes'), 1, `${ARGS} num_nodes`)
    const devices = pretraining ? keys.integer('devices') : orDefault(keys.integer('devices'), 1, `${ARGS} devices`)
    const shared: RunFacts = {
      seqLen: train.integer('max_seq_length'),
      precision: precisionOf(keys.word('precision')),
      optimizer: keys.text(keys.hasSection('optimizer') ? 'optimizer.class_path' : 'optimizer'),
      accelerators: devices.known ? product(devices, nodes) : devices,
      dataset: firstGiven(keys.labels('data.class_path'), keys.labels('data')),
      tiedEmbeddings: train.boolean('tie_embeddings'),
    }
    return pretraining ? { ...shared, ...pretrain(keys, train) } : { ...shared, ...finetune(keys, train) }
  },
}

/** `max_steps` is ignored and `epochs` refused by the program. */
function pretrain(keys: Keys, train: Keys): RunFacts {
  if (train.integer('max_steps').known)
    keys.warn('ignored-key', 'litgpt pretrain ignores max_steps; max_tokens decides the length', 'train.max_steps')
  return {
    baseModel: mapped(firstGiven(keys.text('model_name'), keys.text('model_config.name')), name => `litgpt:${name}`),
    ...(keys.hasAny('model_config.n_layer', 'model_config.n_embd') ? shape(keys.under('model_config')) : {}),
    method: known('pretrain', { kind: 'default', source: ARGS }),
    trainable: known('full', { kind: 'default', source: ARGS }),
    packing: known(true, { kind: 'default', source: `${ARGS}: text is packed` }),
    globalBatch: whereLeftOut(train.integer('global_batch_size'), 512, `${ARGS} pretrain global_batch_size`),
    microBatch: whereLeftOut(train.integer('micro_batch_size'), 4, `${ARGS} pretrain micro_batch_size`),
    totalTokens: whereLeftOut(train.count('max_tokens'), 3e12, `${ARGS} pretrain max_tokens`),
  }
}

function finetune(keys: Keys, train: Keys): RunFacts {
  const adapted = keys.has('lora_r')
  const quantize = keys.word('quantize')
  const fourBit = quantize.known && /nf4|fp4/.test(quantize.value)
  return {
    baseModel: mapped(keys.text('checkpoint_dir'), path =>
      path
        .split('/')
        .filter(part => part !== '')
        .slice(-2)
        .join('/'),
    ),
    method: known('sft', { kind: 'default', source: ARGS }),
    trainable: adapted
      ? saidBy(keys, 'lora_r', fourBit ? 'qlora' : 'lora')
      : orDefault(absent('trainable'), 'full', `${ARGS}: no lora_r`),
    loraRank: adapted ? orDefault(keys.integer('lora_r'), 8, `${ARGS} lora_r`) : absent('lora.rank'),
    loraTargets: adapted ? targets(keys) : absent('lora.targets'),
    globalBatch: whereLeftOut(train.integer('global_batch_size'), 16, `${ARGS} finetune global_batch_size`),
    microBatch: whereLeftOut(train.integer('micro_batch_size'), 1, `${ARGS} finetune micro_batch_size`),
    epochs: whereLeftOut(train.integer('epochs'), 5, `${ARGS} finetune epochs`),
    steps: train.integer('max_steps'),
  }
}

function targets(keys: Keys): Fact<readonly string[]> {
  const on = (key: string, value: boolean, ...names: readonly string[]): Fact<readonly string[]> =>
    mapped(orDefault(keys.boolean(key), value, `${ARGS} ${key}`), yes => (yes ? names : []))
  return combine(
    {
      query: on('lora_query', true, 'q_proj'),
      key: on('lora_key', false, 'k_proj'),
      value: on('lora_value', true, 'v_proj'),
      projection: on('lora_projection', false, 'o_proj'),
      mlp: on('lora_mlp', false, 'gate_proj', 'up_proj', 'down_proj'),
      head: on('lora_head', false, 'lm_head'),
    },
    v => [...v.query, ...v.key, ...v.value, ...v.projection, ...v.mlp, ...v.head],
  )
}

/** The class's defaults are no model: only what the file says counts. */
function shape(model: Keys): RunFacts {
  const hiddenSize = model.integer('n_embd')
  const numHeads = model.integer('n_head')
  const mlp = orDefault(model.word('mlp_class_name'), 'GptNeoxMLP', `${CONFIG} mlp_class_name`)
  const experts = model.integer('n_expert')
  return {
    hiddenSize,
    numLayers: model.integer('n_layer'),
    numHeads,
    numKvHeads: firstGiven(model.integer('n_query_groups'), numHeads),
    headDim: firstGiven(
      model.integer('head_size'),
      combine({ hiddenSize, numHeads }, v => v.hiddenSize / v.numHeads),
    ),
    ffnSize: firstGiven(
      model.integer('intermediate_size'),
      mapped(hiddenSize, width => 4 * width),
    ),
    gated: mapped(mlp, name => ['LLaMAMLP', 'GemmaMLP', 'LLaMAMoE'].includes(name)),
    vocabSize: firstGiven(model.integer('padded_vocab_size'), model.integer('vocab_size')),
    maxPositions: model.integer('block_size'),
    ...(experts.known && experts.value > 0 ? { experts, expertsPerToken: model.integer('n_expert_per_token') } : {}),
  }
}
