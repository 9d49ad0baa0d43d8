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
import { mapped, notUnderstood, precisionOf, understood } from '../meanings.ts'
import { durationOf } from './duration.ts'

const CONFIG = 'allenai/OLMo:olmo/config.py@59a53e3f'
const MOE = 'allenai/OLMo:olmo/config.py, branch MoE'

/** Keys: olmo/config.py and model.py in allenai/OLMo@59a53e3f. */
export const olmo: Framework = {
  name: 'olmo',
  recognizes: keys => keys.has('model.d_model') && keys.has('global_train_batch_size') && !keys.has('train_loader'),
  facts: keys => {
    const model = keys.under('model')
    return {
      ...modelOf(model),
      method: known('pretrain', { kind: 'default', source: CONFIG }),
      trainable: known('full', { kind: 'default', source: CONFIG }),
      packing: known(true, { kind: 'default', source: `${CONFIG}: token files are cut to length` }),
      seqLen: model.integer('max_sequence_length'),
      globalBatch: keys.integer('global_train_batch_size'),
      microBatch: keys.integer('device_train_microbatch_size'),
      ...durationOf(keys, 'max_duration', 'steps'),
      precision: precisionOf(keys.word('precision')),
      recompute: orDefault(
        understood(keys.word('activation_checkpointing'), 'activation_checkpointing', word =>
          word === 'whole_layer'
            ? 'full'
            : /^(one_in|two_in|three_in|fine_grained)/.test(word)
              ? 'selective'
              : undefined,
        ),
        'none',
        `${CONFIG} activation_checkpointing`,
      ),
      zeroStage: keys.hasSection('fsdp')
        ? known(3, { kind: 'default', source: `${CONFIG} fsdp` })
        : absent('zero_stage'),
      optimizer: keys.text('optimizer.name'),
    }
  },
}

function modelOf(model: Keys): RunFacts {
  const hiddenSize = model.integer('d_model')
  const numHeads = model.integer('n_heads')
  const kv = model.integer('n_kv_heads')
  const single =
    model.peek('multi_query_attention') === true
      ? mapped(model.boolean('multi_query_attention'), () => 1)
      : absent('num_kv_heads')
  const activation = orDefault(model.word('activation_type'), 'swiglu', `${CONFIG} activation_type`)
  const gated = mapped(activation, word => word === 'swiglu')
  const ratio = orDefault(model.number('mlp_ratio'), 4, `${CONFIG} mlp_ratio`)
  const given = model.integer('mlp_hidden_size')
  const fused: Fact<number> = isAbsent(given)
    ? combine({ ratio, hiddenSize }, v => Math.floor(v.ratio * v.hiddenSize))
    : given
  // The key holds gate and up together.
  const ffnSize = derived(
    combine({ fused, gated }, v => (v.gated ? Math.floor(v.fused / 2) : v.fused)),
    `${CONFIG}: half of mlp_hidden_size with swiglu`,
  )
  return {
    hiddenSize,
    numLayers: model.integer('n_layers'),
    numHeads,
    numKvHeads: isAbsent(firstGiven(kv, single))
      ? derived(numHeads, `${CONFIG} n_kv_heads: as many as heads`)
      : firstGiven(kv, single),
    headDim: combine({ hiddenSize, numHeads }, v => v.hiddenSize / v.numHeads),
    ffnSize,
    gated,
    vocabSize: firstGiven(model.integer('embedding_size'), model.integer('vocab_size')),
    tiedEmbeddings: orDefault(model.boolean('weight_tying'), true, `${CONFIG} weight_tying`),
    ...(model.peek('block_type') === 'moe' ? mixture(model, ffnSize) : {}),
  }
}

/** Every layer is a mixture, each of its experts as wide as the dense layer would be; `moe_*` keys beside another block do nothing. */
function mixture(model: Keys, ffnSize: Fact<number>): RunFacts {
  const said = (key: string): Fact<number> => {
    const fact = model.integer(key)
    return isAbsent(fact)
      ? notUnderstood(key, `${key} is not given beside block_type: moe`, model.origin('block_type'))
      : fact
  }
  return {
    experts: said('moe_num_experts'),
    expertsPerToken: said('moe_top_k'),
    expertFfnSize: ffnSize,
    sharedExperts: mapped(orDefault(model.boolean('moe_shared_expert'), false, `${MOE} moe_shared_expert`), on =>
      on ? 1 : 0,
    ),
  }
}
