import { absent, known, type RunFacts } from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import { precisionOf, product, recomputeOfSwitch } from '../meanings.ts'

const EXAMPLES = 'NVIDIA-NeMo/RL:examples/configs'

/** Keys: examples/configs of NVIDIA's NeMo-RL; `defaults` names the file that a recipe is laid over. */
export const nemoRl: Framework = {
  name: 'nemo_rl',
  recognizes: keys => keys.has('policy.model_name') && keys.hasAny('grpo', 'sft', 'dpo'),
  facts: keys => {
    const policy = keys.under('policy')
    const method = keys.hasSection('grpo') ? 'grpo' : keys.hasSection('dpo') ? 'dpo' : 'sft'
    const run = keys.under(method)
    const rollouts: RunFacts =
      method === 'grpo'
        ? {
            generations: run.integer('num_generations_per_prompt'),
            completionTokens: policy.integer('generation.max_new_tokens'),
          }
        : {}
    return {
      baseModel: policy.text('model_name'),
      method: known(method, { kind: 'config', path: keys.path, ...placed(keys.origin(method)) }),
      trainable: known('full', { kind: 'default', source: EXAMPLES }),
      seqLen: policy.integer('max_total_sequence_length'),
      microBatch: policy.number('train_micro_batch_size'),
      globalBatch: policy.integer('train_global_batch_size'),
      steps: run.integer('max_num_steps'),
      epochs: run.number('max_num_epochs'),
      precision: precisionOf(policy.word('precision')),
      optimizer: policy.text('optimizer.name'),
      recompute:
        policy.hasSection('dtensor_cfg') && policy.has('dtensor_cfg.activation_checkpointing')
          ? recomputeOfSwitch(policy, 'dtensor_cfg.activation_checkpointing')
          : recomputeOfSwitch(policy, 'activation_checkpointing_enabled'),
      tp: policy.integer('dtensor_cfg.tensor_parallel_size'),
      cp: policy.integer('dtensor_cfg.context_parallel_size'),
      accelerators: keys.hasSection('cluster')
        ? product(keys.integer('cluster.gpus_per_node'), keys.integer('cluster.num_nodes'))
        : absent('accelerators'),
      ...rollouts,
    }
  },
}

function placed(at: { readonly line?: number; readonly column?: number } | undefined) {
  return at?.line === undefined || at.column === undefined ? {} : { line: at.line, column: at.column }
}
