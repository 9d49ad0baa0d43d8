import {
  absent,
  combine,
  derived,
  firstGiven,
  isAbsent,
  orDefault,
  type Fact,
  type Method,
  type RunFacts,
} from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'
import { easyR1, isEasyR1 } from './easy-r1.ts'
import {
  anyOf,
  firstNumber,
  mapped,
  notUnderstood,
  product,
  recomputeOfSwitch,
  understood,
  whereLeftOut,
} from '../meanings.ts'

const PPO = 'volcengine/verl:verl/trainer/config/_generated_ppo_trainer.yaml@035682ed'
const BEFORE = 'volcengine/verl:verl/trainer/ppo/ray_trainer.py@v0.2'
const SFT = 'volcengine/verl:verl/trainer/config/sft_trainer.yaml@005a83db'
const WORKERS = 'volcengine/verl:verl/workers/fsdp_workers.py@b38119fa'

/** Keys: verl/trainer/config in volcengine/verl: ppo_trainer.yaml (every reinforcement method) and sft_trainer.yaml. */
export const verl: Framework = {
  name: 'verl',
  recognizes: keys =>
    (keys.hasSection('actor_rollout_ref') &&
      keys.hasAny('data', 'algorithm', 'trainer') &&
      keys.peek('trainer.val_only') !== true &&
      // Models behind an API are asked, not trained.
      !(keys.has('model_config.model_name') && keys.hasSection('model_info'))) ||
    (keys.has('model.partial_pretrain') && keys.has('data.train_batch_size')) ||
    isEasyR1(keys),
  facts: keys =>
    isEasyR1(keys) ? easyR1(keys) : keys.hasSection('actor_rollout_ref') ? reinforced(keys) : fineTuned(keys),
}

/** A default holds where a key is left out; one that is set to null is filled by the program, in a way that the file does not say. */
function unlessNull<T>(keys: Keys, key: string, fact: Fact<T>, value: T, source: string): Fact<T> {
  return keys.has(key) && keys.peek(key) === null
    ? notUnderstood(key, `${key} is null, and the program sets it`, keys.origin(key))
    : orDefault(fact, value, source)
}

/**
 * One step of the trainer samples `train_batch_size` prompts, n answers to each, and learns from them in mini-batches, which
 * count prompts too. `ppo_epochs` goes over the same answers again.
 */
function reinforced(keys: Keys): RunFacts {
  const actor = keys.under('actor_rollout_ref.actor')
  const model = keys.under('actor_rollout_ref.model')
  const generations = whereLeftOut(keys.integer('actor_rollout_ref.rollout.n'), 1, `${PPO} rollout.n`)
  const filled = (key: string, value: number): Fact<number> =>
    unlessNull(keys, key, keys.integer(key), value, `${PPO} ${key}`)
  const completionTokens = filled('data.max_response_length', 512)
  const promptTokens = filled('data.max_prompt_length', 512)
  const prompts = filled('data.train_batch_size', 1024)
  const miniBatch = whereLeftOut(actor.integer('ppo_mini_batch_size'), 256, `${PPO} ppo_mini_batch_size`)
  return {
    ...shared(keys, PPO, 30),
    ...adapterOf(model, PPO),
    baseModel: model.text('path'),
    method: methodOf(keys),
    seqLen: combine({ promptTokens, completionTokens }, v => v.promptTokens + v.completionTokens),
    microBatch:
      actor.peek('use_dynamic_bsz') === true
        ? notUnderstood('micro_batch', 'use_dynamic_bsz fills it by length', actor.origin('use_dynamic_bsz'))
        : firstGiven(actor.integer('ppo_micro_batch_size_per_gpu'), sharedMicroBatch(keys, actor)),
    globalBatch: product(miniBatch, generations),
    steps: derived(
      combine({ steps: keys.integer('trainer.total_training_steps'), prompts, miniBatch }, v =>
        Math.round(v.steps * Math.max(1, v.prompts / v.miniBatch)),
      ),
      'total_training_steps × train_batch_size ÷ ppo_mini_batch_size',
    ),
    generations,
    completionTokens,
    iterations: whereLeftOut(actor.integer('ppo_epochs'), 1, `${PPO} ppo_epochs`),
    referenceModel: combine(
      {
        inLoss: orDefault(actor.boolean('use_kl_loss'), false, `${PPO} use_kl_loss`),
        inReward: klInReward(keys),
      },
      v => v.inLoss || v.inReward,
    ),
    recompute: orDefault(
      recomputeOfSwitch(model, 'enable_gradient_checkpointing'),
      'full',
      `${PPO} enable_gradient_checkpointing`,
    ),
    ...shardingOf(keys, actor),
  }
}

/**
 * Whole configs of before the switch existed: then the reward was always held to the reference, unless the loss was.
 * One that is laid over another's `defaults` leaves the switch to that.
 */
function klInReward(keys: Keys): Fact<boolean> {
  const given = keys.boolean('algorithm.use_kl_in_reward')
  return !keys.has('algorithm.use_kl_in_reward') && keys.has('algorithm.kl_ctrl') && !keys.has('defaults')
    ? orDefault(given, true, `${BEFORE}: apply_kl_penalty`)
    : orDefault(given, false, `${PPO} use_kl_in_reward`)
}

/** The older key counts for all devices together; with several answers to a prompt its meaning changed between versions. */
function sharedMicroBatch(keys: Keys, actor: Keys): Fact<number> {
  const total = actor.integer('ppo_micro_batch_size')
  const several = keys.integer('actor_rollout_ref.rollout.n')
  if (usesMegatron(keys, actor) || (several.known && several.value > 1)) return absent('micro_batch')
  return perDevice(keys, total)
}

function perDevice(keys: Keys, total: Fact<number>): Fact<number> {
  const world = shared(keys, PPO, 30).accelerators ?? absent('accelerators')
  return total.known
    ? combine(
        {
          total,
          world: isAbsent(world) ? notUnderstood('accelerators', 'trainer.n_gpus_per_node is not given') : world,
        },
        v => Math.max(1, Math.floor(v.total / v.world)),
      )
    : total
}

/** Without a critic, the estimators differ in arithmetic that costs nothing: all are priced as GRPO. */
function methodOf(keys: Keys): Fact<Method> {
  const estimator = orDefault(keys.word('algorithm.adv_estimator'), 'gae', `${PPO} adv_estimator`)
  return understood(estimator, 'method', name => {
    if (name === 'gae') return 'ppo'
    return ['grpo', 'grpo_passk', 'rloo', 'opo', 'reinforce_plus_plus', 'reinforce_plus_plus_baseline'].includes(name)
      ? 'grpo'
      : undefined
  })
}

function fineTuned(keys: Keys): RunFacts {
  const model = keys.under('model')
  return {
    ...shared(keys, SFT, 4),
    ...adapterOf(model, SFT),
    baseModel: model.text('partial_pretrain'),
    method: orDefault(absent('method'), 'sft', SFT),
    seqLen: whereLeftOut(keys.integer('data.max_length'), 1024, `${SFT} max_length`),
    microBatch: whereLeftOut(
      firstNumber(
        keys.integer('data.micro_batch_size_per_gpu'),
        // The older key counts for all devices together.
        perDevice(keys, keys.integer('data.micro_batch_size')),
      ),
      4,
      `${SFT} micro_batch_size_per_gpu`,
    ),
    globalBatch: keys.integer('data.train_batch_size'),
    steps: keys.integer('trainer.total_training_steps'),
    recompute: orDefault(
      recomputeOfSwitch(model, 'enable_gradient_checkpointing'),
      'none',
      `${SFT} enable_gradient_checkpointing`,
    ),
    zeroStage: orDefault(absent('zero_stage'), 3, `${WORKERS} full shard`),
    offload: anyOf(model.under('fsdp_config'), 'offload_params', 'cpu_offload'),
    cp: orDefault(keys.integer('ulysses_sequence_parallel_size'), 1, `${SFT} ulysses_sequence_parallel_size`),
  }
}

function shared(keys: Keys, source: string, epochs: number): RunFacts {
  const perNode = keys.integer('trainer.n_gpus_per_node')
  return {
    epochs: whereLeftOut(keys.integer('trainer.total_epochs'), epochs, `${source} total_epochs`),
    dataset: keys.labels('data.train_files'),
    accelerators: perNode.known
      ? product(perNode, orDefault(keys.integer('trainer.nnodes'), 1, `${source} nnodes`))
      : perNode,
    precision: orDefault(absent('precision'), 'bf16', `${WORKERS} param_dtype`),
    optimizer: orDefault(absent('optimizer'), 'adamw', WORKERS),
  }
}

function adapterOf(model: Keys, source: string): RunFacts {
  const rank = orDefault(model.integer('lora_rank'), 0, `${source} lora_rank`)
  if (rank.known && rank.value === 0) return { trainable: mapped(rank, () => 'full') }
  return {
    trainable: mapped(rank, () => 'lora'),
    loraRank: rank,
    loraTargets: orDefault(model.texts('target_modules'), ['all-linear'], `${source} target_modules`),
  }
}

/** Said by the strategy, or by the base that the config is laid over. */
function usesMegatron(keys: Keys, actor: Keys): boolean {
  const strategy = actor.peek('strategy')
  const bases = keys.labels('defaults')
  return (
    strategy === 'megatron' ||
    (strategy === undefined && bases.known && bases.value.some(base => /megatron/.test(base)))
  )
}

/** FSDP, unless the strategy says Megatron, which has sizes of its own and shards the optimizer. */
function shardingOf(keys: Keys, actor: Keys): RunFacts {
  if (usesMegatron(keys, actor)) {
    const sizes = actor.under('megatron')
    return {
      tp: sizes.integer('tensor_model_parallel_size'),
      pp: sizes.integer('pipeline_model_parallel_size'),
      cp: sizes.integer('context_parallel_size'),
      ep: sizes.integer('expert_model_parallel_size'),
      zeroStage: mapped(sizes.boolean('use_distributed_optimizer'), on => (on ? 1 : 0)),
    }
  }
  return {
    cp: orDefault(actor.integer('ulysses_sequence_parallel_size'), 1, `${PPO} ulysses_sequence_parallel_size`),
    zeroStage: orDefault(absent('zero_stage'), 3, `${WORKERS} full shard`),
    offload: anyOf(actor.under('fsdp_config'), 'optimizer_offload', 'param_offload', 'offload_policy'),
  }
}
