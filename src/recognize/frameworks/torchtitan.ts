import { combine, firstGiven, known, orDefault, type Fact, type Precision } from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'
import { firstNumber, mapped, notUnderstood, product, saidBy, understood, whereLeftOut } from '../meanings.ts'

const JOB = 'pytorch/torchtitan:torchtitan/config/job_config.py@238fa9953'

/** Keys: torchtitan/config/job_config.py in pytorch/torchtitan@238fa9953, before configs became Python. */
export const torchtitan: Framework = {
  name: 'torchtitan',
  recognizes: keys =>
    keys.hasSection('training') &&
    // fla-org/flame names its model by a config of transformers'.
    (keys.has('model.flavor') ||
      (keys.has('model.config') && keys.has('training.steps') && keys.has('training.seq_len'))),
  facts: keys => {
    // Before February 2025 the sizes stood with the batch, and those of pipeline and context among the experiments.
    const given = (name: string): Fact<number> =>
      firstGiven(
        keys.integer(`parallelism.${name}`),
        keys.integer(`training.${name}`),
        keys.integer(`experimental.${name}`),
      )
    const degree = (name: string): Fact<number> => orDefault(given(name), 1, `${JOB} ${name}`)
    const shard = given('data_parallel_shard_degree')
    const tp = degree('tensor_parallel_degree')
    const pp = degree('pipeline_parallel_degree')
    const cp = degree('context_parallel_degree')
    const dp = shard.known ? product(shard, degree('data_parallel_replicate_degree')) : shard
    const training = keys.under('training')
    return {
      baseModel: keys.has('model.flavor')
        ? combine(
            { name: keys.text('model.name'), flavor: keys.text('model.flavor') },
            v => `torchtitan:${v.name}/${v.flavor}`,
          )
        : keys.text('model.config'),
      gradAccum: training.integer('gradient_accumulation_steps'),
      method: known('pretrain', { kind: 'default', source: JOB }),
      trainable: known('full', { kind: 'default', source: JOB }),
      packing: known(true, { kind: 'default', source: `${JOB}: text is packed to seq_len` }),
      microBatch: whereLeftOut(
        firstNumber(training.integer('local_batch_size'), training.integer('batch_size')),
        8,
        `${JOB} local_batch_size`,
      ),
      globalBatch: training.integer('global_batch_size'),
      seqLen:
        keys.peek('model.name') === 'flux'
          ? notUnderstood('seq_len', 'pictures are trained on, whose size gives the length', keys.origin('model.name'))
          : whereLeftOut(training.integer('seq_len'), 2048, `${JOB} seq_len`),
      steps: whereLeftOut(training.integer('steps'), 10000, `${JOB} steps`),
      dataset: training.labels('dataset'),
      precision: precision(keys),
      optimizer: orDefault(keys.text('optimizer.name'), 'AdamW', `${JOB} optimizer.name`),
      recompute: orDefault(recompute(keys), 'selective', `${JOB} activation_checkpoint.mode`),
      zeroStage: known(3, { kind: 'default', source: `${JOB}: FSDP2` }),
      tp,
      pp,
      cp,
      ep: degree('expert_parallel_degree'),
      dp,
      accelerators: dp.known ? product(dp, tp, pp, cp) : dp,
    }
  },
}

function recompute(keys: Keys) {
  return understood(keys.word('activation_checkpoint.mode'), 'activation_checkpoint.mode', mode =>
    mode === 'none' || mode === 'selective' || mode === 'full'
      ? mode
      : mode === 'memory_budget'
        ? 'selective'
        : undefined,
  )
}

/** A converter switches fp8 on; a table of its settings alone does nothing. */
function precision(keys: Keys): Fact<Precision> {
  const converters = keys.texts('model.converters')
  if (converters.known && converters.value.some(name => /float8|^mx|quantize.*(float8|mx)/.test(name)))
    return mapped(converters, () => 'fp8')
  // Before there were converters.
  if (keys.peek('float8.enable_float8_linear') === true) return saidBy(keys, 'float8.enable_float8_linear', 'fp8')
  return understood(
    orDefault(keys.word('training.mixed_precision_param'), 'bfloat16', `${JOB} mixed_precision_param`),
    'precision',
    word => (word === 'bfloat16' ? 'bf16' : word === 'float32' ? 'fp32' : undefined),
  )
}
