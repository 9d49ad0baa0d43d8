import { absent, combine, firstGiven, isAbsent, known, orDefault, type RunFacts } from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'
import { mapped, notUnderstood, precisionOf, product, recomputeOfSwitch } from '../meanings.ts'

const CONFIG = 'huggingface/nanotron:src/nanotron/config@2411b022'

/** Keys: src/nanotron/config in huggingface/nanotron@2411b022. */
export const nanotron: Framework = {
  name: 'nanotron',
  recognizes: keys => keys.has('tokens.micro_batch_size') && keys.has('parallelism.dp'),
  facts: keys => {
    const sizes = keys.under('parallelism')
    const dp = sizes.integer('dp')
    const tp = sizes.integer('tp')
    const pp = sizes.integer('pp')
    const cp = orDefault(sizes.integer('context_parallel_size'), 1, `${CONFIG} context_parallel_size`)
    const ep = orDefault(sizes.integer('expert_parallel_size'), 1, `${CONFIG} expert_parallel_size`)
    const microBatch = keys.integer('tokens.micro_batch_size')
    const gradAccum = keys.integer('tokens.batch_accumulation_per_replica')
    return {
      ...(keys.hasSection('model.model_config')
        ? modelOf(keys.under('model.model_config'))
        : beforeModelConfig(keys.under('model'))),
      method: known('pretrain', { kind: 'default', source: CONFIG }),
      trainable: known('full', { kind: 'default', source: CONFIG }),
      packing: known(true, { kind: 'default', source: `${CONFIG} nanosets are packed` }),
      precision: precisionOf(keys.word('model.dtype')),
      seqLen: keys.integer('tokens.sequence_length'),
      steps: keys.integer('tokens.train_steps'),
      microBatch,
      gradAccum,
      globalBatch: product(microBatch, gradAccum, dp),
      recompute: orDefault(
        firstGiven(recomputeOfSwitch(sizes, 'recompute_layer'), recomputeOfSwitch(sizes, 'recompute_granularity')),
        'none',
        `${CONFIG} recompute_layer`,
      ),
      zeroStage: keys.integer('optimizer.zero_stage'),
      optimizer: keys.text('optimizer.optimizer_factory.name'),
      dp,
      tp,
      pp,
      cp,
      ep,
      // The program asserts dp·tp·pp·cp devices but lays expert parallelism out beside them.
      accelerators:
        ep.known && ep.value > 1
          ? notUnderstood(
              'accelerators',
              'with expert parallelism the parallel sizes do not say how many devices run',
              ep.origins[0],
            )
          : product(dp, tp, pp, cp),
      dataset: keys.items('data_stages').length === 1 ? datasets(keys) : absent('dataset'),
    }
  },
}

function datasets(keys: Keys): RunFacts['dataset'] & object {
  const [stage] = keys.items('data_stages')
  return stage === undefined
    ? absent('dataset')
    : firstGiven(stage.labels('data.dataset.hf_dataset_or_datasets'), stage.labels('data.dataset.dataset_folder'))
}

function modelOf(model: Keys): RunFacts {
  const mamba = model.peek('is_mamba_config') === true || model.has('ssm_cfg')
  const moe = model.under('moe_config')
  const hiddenSize = firstGiven(model.integer('hidden_size'), model.integer('d_model'))
  const numLayers = model.integer('num_hidden_layers')
  const vocabSize = model.integer('vocab_size')
  if (mamba)
    return {
      hiddenSize,
      numLayers,
      vocabSize,
      ssm: notUnderstood('ssm', 'the sizes of its Mamba layers are not keys of the file', model.origin('ssm_cfg')),
    }
  const numHeads = model.integer('num_attention_heads')
  if (model.peek('is_starcoder2_config') === true) return starcoder2(model)
  const kv = model.integer('num_key_value_heads')
  const shared = moe.peek('enable_shared_expert') === true ? moe.boolean('enable_shared_expert') : undefined
  const ffnSize = model.integer('intermediate_size')
  const experts = firstGiven(moe.integer('num_experts'), model.integer('moe_num_experts'))
  return {
    hiddenSize,
    numLayers,
    vocabSize,
    numHeads,
    numKvHeads: isAbsent(kv) ? numHeads : kv,
    headDim: combine({ hiddenSize, numHeads }, v => v.hiddenSize / v.numHeads),
    ffnSize,
    gated: known(true, { kind: 'default', source: `${CONFIG} Llama and Qwen2 layers` }),
    tiedEmbeddings: orDefault(model.boolean('tie_word_embeddings'), false, `${CONFIG} tie_word_embeddings`),
    maxPositions: model.integer('max_position_embeddings'),
    ...(experts.known
      ? {
          experts,
          expertsPerToken: firstGiven(moe.integer('top_k'), model.integer('num_experts_per_tok')),
          expertFfnSize: firstGiven(moe.integer('moe_intermediate_size'), ffnSize),
          ...(shared === undefined ? {} : { sharedExperts: mapped(shared, () => 1) }),
        }
      : {}),
    extras: known({ norm: 'rms' }, { kind: 'default', source: CONFIG }),
  }
}

/** Heads share one key and value unless `grouped_query` says how many do; the feed-forward is not gated. */
function starcoder2(model: Keys): RunFacts {
  const hiddenSize = model.integer('hidden_size')
  const numHeads = model.integer('num_attention_heads')
  const source = `${CONFIG}/models_config.py Starcoder2Config`
  return {
    hiddenSize,
    numLayers: model.integer('num_hidden_layers'),
    vocabSize: model.integer('vocab_size'),
    numHeads,
    numKvHeads:
      model.peek('grouped_query') === true
        ? model.integer('num_kv_heads')
        : orDefault(absent('num_kv_heads'), 1, `${source} multi_query`),
    headDim: combine({ hiddenSize, numHeads }, v => v.hiddenSize / v.numHeads),
    ffnSize: firstGiven(
      model.integer('intermediate_size'),
      mapped(hiddenSize, width => 4 * width),
    ),
    gated: known(false, { kind: 'default', source }),
    tiedEmbeddings: known(true, { kind: 'default', source: `${source}: embedding and head are one` }),
    maxPositions: model.integer('max_position_embeddings'),
  }
}

/** Before there was a model_config the sizes stood in `model`, under GPT-2's names; which layers they are of, nothing says. */
function beforeModelConfig(model: Keys): RunFacts {
  return {
    hiddenSize: firstGiven(model.integer('hidden_size'), model.integer('n_embd')),
    numLayers: firstGiven(model.integer('num_hidden_layers'), model.integer('n_layer')),
    numHeads: firstGiven(model.integer('num_attention_heads'), model.integer('n_head')),
    numKvHeads: model.integer('num_key_value_heads'),
    ffnSize: firstGiven(model.integer('intermediate_size'), model.integer('n_inner')),
    vocabSize: model.integer('vocab_size'),
    maxPositions: model.integer('max_position_embeddings'),
  }
}
