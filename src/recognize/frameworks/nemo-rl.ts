import { absent, combine, derived, known, type Fact, type RunFacts } from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'
import { precisionOf, product, recomputeOfSwitch, saidBy } from '../meanings.ts'

const EXAMPLES = 'NVIDIA-NeMo/RL:examples/configs@b26cfeb3'

/** Sections that name the algorithm, and what the run is called here. */
const METHODS = [
  ['grpo', 'grpo'],
  ['dpo', 'dpo'],
  ['ppo', 'ppo'],
  ['distillation', 'distill'],
  ['rm', 'reward'],
  ['sft', 'sft'],
] as const

/** Keys: examples/configs in NVIDIA-NeMo/RL@b26cfeb3; `defaults` names the file that a recipe is laid over. */
export const nemoRl: Framework = {
  name: 'nemo_rl',
  recognizes: keys => keys.has('policy.model_name') && keys.hasAny(...METHODS.map(([section]) => section)),
  facts: keys => {
    const policy = keys.under('policy')
    const [section, method] = METHODS.find(([name]) => keys.hasSection(name)) ?? (['sft', 'sft'] as const)
    const run = keys.under(section)
    const samples = product(run.integer('num_prompts_per_step'), run.integer('num_generations_per_prompt'))
    const globalBatch = policy.integer('train_global_batch_size')
    const rollouts: RunFacts =
      method === 'grpo' || method === 'ppo'
        ? {
            generations: run.integer('num_generations_per_prompt'),
            completionTokens: policy.integer('generation.max_new_tokens'),
          }
        : {}
    return {
      baseModel: policy.text('model_name'),
      method: saidBy(keys, section, method),
      ...adapterOf(policy),
      seqLen: policy.integer('max_total_sequence_length'),
      microBatch: policy.integer('train_micro_batch_size'),
      globalBatch,
      steps: optimizerSteps(run.integer('max_num_steps'), samples, globalBatch),
      epochs: run.number('max_num_epochs'),
      precision: precisionOf(policy.word('precision')),
      optimizer: policy.text('optimizer.name'),
      ...parallelism(policy),
      accelerators: keys.hasSection('cluster')
        ? product(keys.integer('cluster.gpus_per_node'), keys.integer('cluster.num_nodes'))
        : absent('accelerators'),
      ...rollouts,
    }
  },
}

/** A step of the algorithm learns from all its samples: as many optimizer steps as batches fit into them. */
function optimizerSteps(steps: Fact<number>, samples: Fact<number>, globalBatch: Fact<number>): Fact<number> {
  if (!samples.known || !globalBatch.known || samples.value === globalBatch.value) return steps
  return derived(
    combine({ steps, samples, globalBatch }, v => v.steps * Math.max(1, Math.round(v.samples / v.globalBatch))),
    `${EXAMPLES}: steps × prompts × generations ÷ train_global_batch_size`,
  )
}

/** Two backends, each with sizes of its own; the one that is enabled counts. */
function parallelism(policy: Keys): RunFacts {
  if (policy.peek('megatron_cfg.enabled') === true) {
    const sizes = policy.under('megatron_cfg')
    return {
      recompute: recomputeOfSwitch(sizes, 'activation_checkpointing'),
      tp: sizes.integer('tensor_model_parallel_size'),
      pp: sizes.integer('pipeline_model_parallel_size'),
      cp: sizes.integer('context_parallel_size'),
      ep: sizes.integer('expert_model_parallel_size'),
    }
  }
  const sizes = policy.under(dtensor(policy))
  return {
    recompute: sizes.has('activation_checkpointing')
      ? recomputeOfSwitch(sizes, 'activation_checkpointing')
      : recomputeOfSwitch(policy, 'activation_checkpointing_enabled'),
    tp: sizes.integer('tensor_parallel_size'),
    cp: sizes.integer('context_parallel_size'),
    pp: sizes.integer('pipeline_parallel_size'),
    ep: sizes.integer('expert_parallel_size'),
  }
}

/** The second version of the backend may have a section of its own. */
function dtensor(policy: Keys): string {
  return policy.peek('dtensor_v2_cfg.enabled') === true ? 'dtensor_v2_cfg' : 'dtensor_cfg'
}

function adapterOf(policy: Keys): RunFacts {
  const backend = policy.peek('megatron_cfg.enabled') === true ? 'megatron_cfg.peft' : `${dtensor(policy)}.lora_cfg`
  if (policy.peek(`${backend}.enabled`) !== true)
    return { trainable: known('full', { kind: 'default', source: EXAMPLES }) }
  const lora = policy.under(backend)
  return {
    trainable: saidBy(policy, `${backend}.enabled`, 'lora'),
    loraRank: lora.integer('dim'),
    loraTargets:
      lora.peek('match_all_linear') === true
        ? saidBy(lora, 'match_all_linear', ['all-linear'])
        : lora.texts('target_modules'),
  }
}
