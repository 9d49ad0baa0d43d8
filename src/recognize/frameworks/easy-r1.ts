import { absent, combine, firstGiven, orDefault, type Fact, type Method, type RunFacts } from '../../facts/index.ts'
import type { Keys } from '../keys.ts'
import { anyOf, mapped, notUnderstood, product, recomputeOfSwitch, understood, whereLeftOut } from '../meanings.ts'

const EASY = 'hiyouga/EasyR1:verl/workers/actor/config.py and verl/trainer/config.py@b44b311b'

/** verl as EasyR1 lays it out: `worker` holds actor, rollout and reference. */
export function isEasyR1(keys: Keys): boolean {
  return (
    keys.has('worker.actor.model.model_path') &&
    keys.hasSection('worker.rollout') &&
    keys.has('data.rollout_batch_size') &&
    keys.peek('trainer.val_only') !== true
  )
}

/** Its actor's batch counts prompts too, each with `rollout.n` answers; several such batches fit into one rollout batch. */
export function easyR1(keys: Keys): RunFacts {
  const actor = keys.under('worker.actor')
  const generations = whereLeftOut(keys.integer('worker.rollout.n'), 1, `${EASY} rollout.n`)
  const completionTokens = whereLeftOut(keys.integer('data.max_response_length'), 512, `${EASY} max_response_length`)
  const promptTokens = whereLeftOut(keys.integer('data.max_prompt_length'), 512, `${EASY} max_prompt_length`)
  const prompts = keys.integer('data.rollout_batch_size')
  const batch = whereLeftOut(actor.integer('global_batch_size'), 256, `${EASY} global_batch_size`)
  const rank = orDefault(actor.integer('model.lora.rank'), 0, `${EASY} lora.rank`)
  const perNode = keys.integer('trainer.n_gpus_per_node')
  return {
    baseModel: actor.text('model.model_path'),
    method: methodOf(keys),
    trainable: mapped(rank, r => (r === 0 ? 'full' : 'lora')),
    loraRank: rank.known && rank.value === 0 ? absent('lora.rank') : rank,
    loraTargets:
      rank.known && rank.value === 0
        ? absent('lora.targets')
        : orDefault(actor.texts('model.lora.target_modules'), ['all-linear'], `${EASY} target_modules`),
    seqLen: combine({ promptTokens, completionTokens }, v => v.promptTokens + v.completionTokens),
    microBatch: whereLeftOut(actor.integer('micro_batch_size_per_device_for_update'), 4, `${EASY} micro_batch_size`),
    globalBatch: product(batch, generations),
    steps: combine({ steps: keys.integer('trainer.max_steps'), prompts, batch }, v =>
      Math.round(v.steps * Math.max(1, v.prompts / v.batch)),
    ),
    epochs: whereLeftOut(keys.integer('trainer.total_epochs'), 15, `${EASY} total_epochs`),
    generations,
    completionTokens,
    iterations: whereLeftOut(actor.integer('ppo_epochs'), 1, `${EASY} ppo_epochs`),
    referenceModel: mapped(orDefault(keys.boolean('algorithm.disable_kl'), false, `${EASY} disable_kl`), off => !off),
    recompute: orDefault(
      recomputeOfSwitch(actor, 'model.enable_gradient_checkpointing'),
      'full',
      `${EASY} enable_gradient_checkpointing`,
    ),
    precision: orDefault(absent('precision'), 'bf16', `${EASY} fsdp.torch_dtype`),
    zeroStage: mapped(orDefault(actor.boolean('fsdp.enable_full_shard'), true, `${EASY} enable_full_shard`), full =>
      full ? 3 : 2,
    ),
    offload: anyOf(actor, 'offload.offload_optimizer', 'offload.offload_params', 'fsdp.enable_cpu_offload'),
    cp: orDefault(firstGiven(actor.integer('ulysses_size'), actor.integer('ulysses_sequence_parallel_size')), 1, EASY),
    dataset: keys.labels('data.train_files'),
    accelerators: perNode.known
      ? product(perNode, orDefault(keys.integer('trainer.nnodes'), 1, `${EASY} nnodes`))
      : perNode,
  }
}

function methodOf(keys: Keys): Fact<Method> {
  const estimator = keys.word('algorithm.adv_estimator')
  if (!estimator.known) return notUnderstood('method', 'algorithm.adv_estimator is not given')
  return understood(estimator, 'method', name =>
    name === 'gae' ? 'ppo' : /^(grpo|rloo|reinforce_plus_plus|remax)/.test(name) ? 'grpo' : undefined,
  )
}
