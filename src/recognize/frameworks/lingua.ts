import {
  combine,
  derived,
  known,
  orDefault,
  firstGiven,
  isAbsent,
  type Fact,
  type RunFacts,
} from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'
import { mapped, notUnderstood, precisionOf, product, whereLeftOut } from '../meanings.ts'

const LINGUA = 'facebookresearch/lingua:lingua@437d680'

/** Keys: lingua/ and apps/main in facebookresearch/lingua@437d680. */
export const lingua: Framework = {
  name: 'lingua',
  recognizes: keys => keys.has('model.dim') && keys.hasAny('data.seq_len', 'data.batch_size') && keys.has('steps'),
  facts: keys => {
    const model = keys.under('model')
    const hiddenSize = model.integer('dim')
    const shard = keys.integer('distributed.dp_shard')
    const replicate = keys.integer('distributed.dp_replicate')
    const tp = keys.integer('distributed.tp_size')
    return {
      hiddenSize,
      numLayers: model.integer('n_layers'),
      vocabSize: model.integer('vocab_size'),
      tiedEmbeddings: orDefault(model.boolean('weight_tying'), false, `${LINGUA} weight_tying`),
      ...layersOf(keys, model, hiddenSize),
      method: known('pretrain', { kind: 'default', source: LINGUA }),
      trainable: known('full', { kind: 'default', source: LINGUA }),
      packing: known(true, { kind: 'default', source: `${LINGUA}/data.py` }),
      seqLen: whereLeftOut(keys.integer('data.seq_len'), 2048, `${LINGUA} data.seq_len`),
      microBatch: whereLeftOut(keys.integer('data.batch_size'), 2, `${LINGUA} data.batch_size`),
      gradAccum: whereLeftOut(keys.integer('grad_acc_steps'), 1, `${LINGUA} grad_acc_steps`),
      steps: whereLeftOut(keys.integer('steps'), 1000, `${LINGUA} steps`),
      precision: precisionOf(keys.word('distributed.model_dtype')),
      recompute: mapped(
        orDefault(
          keys.boolean('distributed.selective_activation_checkpointing'),
          false,
          `${LINGUA} selective_activation_checkpointing`,
        ),
        on => (on ? ('selective' as const) : ('none' as const)),
      ),
      zeroStage: mapped(orDefault(keys.word('distributed.fsdp_type'), 'no_shard', `${LINGUA} fsdp_type`), word =>
        word === 'full_shard' ? 3 : 0,
      ),
      tp,
      dp: shard.known && replicate.known ? product(shard, replicate) : shard.known ? shard : replicate,
    }
  },
}

/** Keys of models that are no plain transformer: Mamba, recurrent and byte models, and layers with a memory of their own. */
const OTHER_LAYERS = ['ssm', 'state_dim', 'conv_size', 'lru_dim_multiplier', 'patch_size', 'sdm_at'] as const

function layersOf(keys: Keys, model: Keys, hiddenSize: Fact<number>): RunFacts {
  const memory = model.peek('productkey_args.is_enabled') === true ? 'productkey_args' : undefined
  const mark = OTHER_LAYERS.find(key => model.has(key)) ?? memory
  const numHeads = model.integer('n_heads')
  if (mark !== undefined || keys.path.includes('mamba'))
    return {
      numHeads,
      ssm: notUnderstood(
        'ssm',
        'the sizes of its layers that are not attention or feed-forward are not read',
        keys.origin(mark === undefined ? 'model' : `model.${mark}`),
      ),
    }
  const kv = model.integer('n_kv_heads')
  return {
    numHeads,
    numKvHeads: isAbsent(kv) ? derived(numHeads, `${LINGUA} n_kv_heads: as many as heads`) : kv,
    headDim: firstGiven(
      model.integer('head_dim'),
      combine({ hiddenSize, numHeads }, v => v.hiddenSize / v.numHeads),
    ),
    ffnSize: ffn(model, hiddenSize),
    gated: known(true, { kind: 'default', source: `${LINGUA}/transformer.py` }),
  }
}

/** f = round_up(multiplier × int(8d/3), multiple_of). */
function ffn(model: Keys, hiddenSize: Fact<number>): Fact<number> {
  const multiplier = orDefault(model.number('ffn_dim_multiplier'), 1, `${LINGUA} ffn_dim_multiplier`)
  const multiple = orDefault(model.integer('multiple_of'), 256, `${LINGUA} multiple_of`)
  const width = combine({ hiddenSize, multiplier, multiple }, v => {
    const plain = Math.floor(v.multiplier * Math.floor((8 * v.hiddenSize) / 3))
    return Math.ceil(plain / v.multiple) * v.multiple
  })
  return derived(width, `${LINGUA}/transformer.py: the width of a gated layer`)
}
