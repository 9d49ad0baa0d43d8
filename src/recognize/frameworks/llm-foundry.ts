import {
  absent,
  combine,
  derived,
  firstGiven,
  isAbsent,
  known,
  orDefault,
  type Extras,
  type Fact,
  type RunFacts,
} from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'
import { listed, mapped, notUnderstood, precisionOf, recomputeOfSwitch, zeroStageOfFsdp } from '../meanings.ts'
import { durationOf } from './duration.ts'
import { overriddenShape } from './hf-overrides.ts'

const MPT = 'mosaicml/llm-foundry:llmfoundry/models/mpt/configuration_mpt.py@8c8dd48f7'
const TRAIN = 'mosaicml/llm-foundry:llmfoundry/utils/config_utils.py@8c8dd48f7'

/** Keys: llmfoundry/utils/config_utils.py and models/mpt/configuration_mpt.py in mosaicml/llm-foundry@8c8dd48f7. */
export const llmFoundry: Framework = {
  name: 'llm_foundry',
  recognizes: keys => keys.has('model.name') && keys.has('train_loader') && keys.has('max_duration'),
  facts: keys => {
    const model = keys.under('model')
    const own = model.peek('name') === 'mpt_causal_lm'
    const loader = keys.under('train_loader')
    const fineTuning = loader.peek('name') === 'finetuning'
    const peft = model.under('peft_config')
    const adapted = model.hasSection('peft_config')
    const fsdp = keys.under('fsdp_config')
    return {
      ...(own
        ? mpt(model)
        : {
            // The second is that of the BERT models that composer's examples and their descendants train.
            baseModel: firstGiven(model.text('pretrained_model_name_or_path'), model.text('pretrained_model_name')),
            ...overriddenShape(model.under('config_overrides')),
          }),
      method: known(fineTuning ? 'sft' : 'pretrain', { kind: 'default', source: `${TRAIN}: by train_loader.name` }),
      trainable: known(adapted ? 'lora' : 'full', { kind: 'default', source: `${TRAIN}: by model.peft_config` }),
      loraRank: peft.integer('r'),
      loraTargets: listed(peft.texts('target_modules')),
      seqLen: firstGiven(
        keys.integer('max_seq_len'),
        loader.integer('dataset.max_seq_len'),
        model.integer('max_seq_len'),
      ),
      packing: fineTuning
        ? mapped(loader.word('dataset.packing_ratio'), () => true)
        : known(true, { kind: 'default', source: `${TRAIN}: text is packed` }),
      globalBatch: keys.integer('global_train_batch_size'),
      microBatch: firstGiven(keys.number('device_train_microbatch_size'), keys.number('device_train_grad_accum')),
      ...durationOf(keys, 'max_duration', 'epochs'),
      precision: precisionOf(keys.word('precision')),
      recompute: keys.hasSection('fsdp_config')
        ? orDefault(recomputeOfSwitch(fsdp, 'activation_checkpointing'), 'none', `${TRAIN} fsdp_config`)
        : absent('recompute'),
      zeroStage: zeroStageOfFsdp(fsdp.word('sharding_strategy')),
      optimizer: keys.text('optimizer.name'),
      dataset: firstGiven(
        loader.labels('dataset.hf_name'),
        loader.labels('dataset.remote'),
        loader.labels('dataset.local'),
      ),
    }
  },
}

/** Biases unless `no_bias`, and positions that are learned unless ALiBi or rotary ones take their place. */
function extrasOf(model: Keys): Fact<Extras> {
  const bare = orDefault(model.boolean('no_bias'), false, `${MPT} no_bias`)
  const learned = orDefault(model.boolean('learned_pos_emb'), true, `${MPT} learned_pos_emb`)
  const positions = orDefault(model.integer('max_seq_len'), 2048, `${MPT} max_seq_len`)
  const elsewhere = model.peek('attn_config.alibi') === true || model.peek('attn_config.rope') === true
  return combine({ bare, learned, positions }, v => ({
    ...(v.bare ? { norm: 'ln_nobias' as const } : { norm: 'ln' as const, qkvBias: true, oBias: true, mlpBias: true }),
    ...(v.learned && !elsewhere ? { learnedPositions: v.positions } : {}),
  }))
}

function mpt(model: Keys): RunFacts {
  const filled = (key: string, value: number): Fact<number> => orDefault(model.integer(key), value, `${MPT} ${key}`)
  const hiddenSize = filled('d_model', 2048)
  const numHeads = filled('n_heads', 16)
  const kind = orDefault(model.word('ffn_config.ffn_type'), 'mptmlp', `${MPT} ffn_config.ffn_type`)
  const mixture = kind.known && /moe|mb_/.test(kind.value)
  const given = model.integer('ffn_config.ffn_hidden_size')
  const ratio = orDefault(model.number('expansion_ratio'), 4, `${MPT} expansion_ratio`)
  const ffnSize = isAbsent(given)
    ? derived(
        combine({ hiddenSize, ratio }, v => Math.floor(v.hiddenSize * v.ratio)),
        `${MPT} expansion_ratio × d_model`,
      )
    : given
  const window = model.integer('attn_config.sliding_window_size')
  const attention = model.word('attn_config.attn_type')
  const kv =
    attention.known && attention.value === 'multiquery_attention'
      ? mapped(attention, () => 1)
      : model.integer('attn_config.kv_n_heads')
  return {
    family: known('mpt', { kind: 'default', source: MPT }),
    hiddenSize: model.hasSection('block_overrides')
      ? notUnderstood('hidden_size', 'block_overrides makes layers that differ', model.origin('block_overrides'))
      : hiddenSize,
    numLayers: filled('n_layers', 24),
    numHeads,
    numKvHeads: isAbsent(kv) ? derived(numHeads, `${MPT}: as many as heads`) : kv,
    headDim: combine({ hiddenSize, numHeads }, v => v.hiddenSize / v.numHeads),
    ffnSize,
    gated: mapped(kind, word => /glu/.test(word)),
    vocabSize: filled('vocab_size', 50368),
    tiedEmbeddings: orDefault(model.boolean('tie_word_embeddings'), true, `${MPT} tie_word_embeddings`),
    maxPositions: filled('max_seq_len', 2048),
    ...(mixture
      ? {
          experts: model.integer('ffn_config.moe_num_experts'),
          expertsPerToken: model.integer('ffn_config.moe_top_k'),
          expertFfnSize: ffnSize,
        }
      : {}),
    ...(window.known
      ? {
          layerWindows: model.shaped(
            'layerWindows',
            mapped(window, size => ({ pattern: [size] })),
          ),
        }
      : {}),
    extras: extrasOf(model),
  }
}
