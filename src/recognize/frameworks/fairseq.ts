import {
  absent,
  combine,
  derived,
  firstGiven,
  isAbsent,
  orDefault,
  type Fact,
  type RunFacts,
} from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'
import { mapped, notUnderstood, precisionOfFlags, product } from '../meanings.ts'

const CONFIGS = 'facebookresearch/fairseq:fairseq/dataclass/configs.py@3d262bb2'

/** Keys: fairseq/dataclass/configs.py in facebookresearch/fairseq@3d262bb2. */
export const fairseq: Framework = {
  name: 'fairseq',
  recognizes: keys => keys.has('task') && keys.hasSection('optimization'),
  facts: keys => {
    const seqLen = keys.integer('task.tokens_per_sample')
    const sentences = keys.integer('dataset.batch_size')
    const tokens = keys.integer('dataset.max_tokens')
    return {
      baseModel: mapped(firstGiven(keys.text('model._name'), keys.text('model.arch')), name => `fairseq:${name}`),
      ...shape(keys.under('model')),
      seqLen,
      // Sentences, else as many as fit in the tokens of one device.
      microBatch: isAbsent(sentences)
        ? derived(
            combine({ tokens, seqLen }, v => Math.max(1, Math.floor(v.tokens / v.seqLen))),
            `${CONFIGS}: max_tokens ÷ tokens_per_sample`,
          )
        : sentences,
      gradAccum: accumulation(keys),
      globalBatch: product(sentences, accumulation(keys), keys.integer('distributed_training.distributed_world_size')),
      steps: zeroIsNone(keys.integer('optimization.max_update')),
      epochs: zeroIsNone(keys.number('optimization.max_epoch')),
      precision: precisionOfFlags(keys, 'fp32', ['common.bf16', 'bf16'], ['common.fp16', 'fp16']),
      optimizer: keys.text('optimizer._name'),
      accelerators: keys.integer('distributed_training.distributed_world_size'),
      recompute: orDefault(
        mapped(firstGiven(keys.boolean('model.checkpoint_activations'), absent('recompute')), on =>
          on ? 'full' : 'none',
        ),
        'none',
        `${CONFIGS} checkpoint_activations`,
      ),
      dataset: keys.labels('task.data'),
    }
  },
}

function zeroIsNone(fact: Fact<number>): Fact<number> {
  return fact.known && fact.value === 0 ? absent('length') : fact
}

/** One number holds for the whole run; a list changes by epoch. */
function accumulation(keys: Keys): Fact<number> {
  const list = keys.numbers('optimization.update_freq')
  if (!list.known) return orDefault(list as Fact<never>, 1, `${CONFIGS} update_freq`)
  const [first] = list.value
  return list.value.length === 1 && first !== undefined && first !== null
    ? { ...list, value: first }
    : notUnderstood('grad_accum', 'update_freq changes by epoch', list.origins[0])
}

function shape(model: Keys): RunFacts {
  // A decoder on top of speech or video: the larger part of the model is in the checkpoint.
  if (model.has('w2v_path'))
    return {
      hiddenSize: notUnderstood('hidden_size', 'the encoder is that of a checkpoint', model.origin('w2v_path')),
    }
  const nested = model.hasSection('transformer.encoder') ? model.under('transformer.encoder') : model.under('decoder')
  const encoderKeys = model.has('encoder_layers') || model.has('encoder_embed_dim')
  const side = encoderKeys ? 'encoder' : 'decoder'
  return {
    hiddenSize: firstGiven(nested.integer('embed_dim'), model.integer('embed_dim'), model.integer(`${side}_embed_dim`)),
    numLayers: firstGiven(nested.integer('layers'), model.integer('depth'), model.integer(`${side}_layers`)),
    numHeads: firstGiven(
      nested.integer('attention_heads'),
      model.integer('num_heads'),
      model.integer(`${side}_attention_heads`),
    ),
    ffnSize: firstGiven(nested.integer('ffn_embed_dim'), model.integer(`${side}_ffn_embed_dim`)),
  }
}
