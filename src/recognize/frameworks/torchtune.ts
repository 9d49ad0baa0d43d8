import { absent, combine, firstGiven, known, orDefault, type Fact, type Method } from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'
import { listed, mapped, precisionOf, product, recomputeOfSwitch, saidBy, whereLeftOut } from '../meanings.ts'

const RECIPES = 'meta-pytorch/torchtune:recipes@bd2a0fc7c'
const GRPO = 'meta-pytorch/torchtune:recipes/dev/grpo_full_finetune_distributed.py@bd2a0fc7c'

/** Keys: recipes/ in meta-pytorch/torchtune@bd2a0fc7c. The model is a builder's name. */
export const torchtune: Framework = {
  name: 'torchtune',
  recognizes: keys =>
    // Recipes that generate, evaluate or quantize have a model too, but nothing that learns.
    keys.hasAny('optimizer', 'epochs', 'loss') &&
    ['model', 'policy_model', 'tokenizer'].some(section => {
      const component = keys.peek(`${section}._component_`)
      return typeof component === 'string' && component.startsWith('torchtune.')
    }),
  facts: keys => {
    const model = keys.hasSection('policy_model') ? keys.under('policy_model') : keys.under('model')
    const builder = mapped(model.text('_component_'), name => name.slice(name.lastIndexOf('.') + 1))
    const prefix = builder.known ? (/^(qlora|lora|dora)_/.exec(builder.value)?.[1] ?? '') : ''
    const adapted = prefix !== ''
    const tp = orDefault(keys.integer('tensor_parallel_dim'), 1, `${RECIPES} tensor_parallel_dim`)
    const cp = orDefault(keys.integer('context_parallel_dim'), 1, `${RECIPES} context_parallel_dim`)
    const shard = keys.integer('data_parallel_shard_dim')
    const dp = shard.known
      ? product(
          shard,
          orDefault(keys.integer('data_parallel_replicate_dim'), 1, `${RECIPES} data_parallel_replicate_dim`),
        )
      : shard
    const method = methodOf(keys)
    const grpo = method.known && method.value === 'grpo'
    const samples = firstGiven(keys.integer('grpo_samples'), keys.integer('grpo_size'))
    return {
      baseModel: mapped(builder, name => `torchtune:${name.replace(/^(qlora|lora|dora)_/, '')}`),
      method,
      trainable: mapped(builder, () =>
        adapted ? (prefix === 'qlora' || model.peek('quantize_base') === true ? 'qlora' : 'lora') : 'full',
      ),
      loraRank: adapted ? model.integer('lora_rank') : absent('lora.rank'),
      loraTargets: adapted ? targets(model) : absent('lora.targets'),
      microBatch: grpo ? product(keys.integer('batch_size'), samples) : keys.integer('batch_size'),
      gradAccum: whereLeftOut(keys.integer('gradient_accumulation_steps'), 1, `${RECIPES} gradient_accumulation_steps`),
      epochs: keys.integer('epochs'),
      steps: grpo ? keys.integer('num_steps') : stepsOf(keys),
      seqLen: grpo ? promptAndAnswer(keys) : keys.integer('tokenizer.max_seq_len'),
      packing: orDefault(keys.boolean('dataset.packed'), false, `${RECIPES} dataset.packed`),
      dataset: firstGiven(
        keys.labels('dataset.source'),
        mapped(keys.text('dataset._component_'), name => [name]),
      ),
      precision: precisionOf(keys.word('dtype')),
      optimizer: mapped(keys.text('optimizer._component_'), name => name.slice(name.lastIndexOf('.') + 1)),
      recompute: orDefault(
        recomputeOfSwitch(keys, 'enable_activation_checkpointing'),
        'none',
        `${RECIPES} enable_activation_checkpointing`,
      ),
      fusedCrossEntropy: mapped(keys.text('loss._component_'), name => /LinearCrossEntropy|ChunkedOutput/.test(name)),
      offload: keys.boolean('fsdp_cpu_offload'),
      tp,
      cp,
      dp,
      accelerators: dp.known ? product(dp, tp, cp) : dp,
      ...(grpo
        ? {
            generations: samples,
            completionTokens: keys.integer('max_generated_tokens'),
            iterations: whereLeftOut(keys.integer('ppo_epochs'), 1, `${GRPO} ppo_epochs`),
          }
        : {}),
    }
  },
}

/** A batch counts prompts, each answered `grpo_samples` times; a sequence is the prompt with its answer behind it. */
function promptAndAnswer(keys: Keys): Fact<number> {
  return combine(
    { prompt: keys.integer('tokenizer.max_seq_len'), answer: keys.integer('max_generated_tokens') },
    v => v.prompt + v.answer,
  )
}

/** `max_steps_per_epoch` caps optimizer steps; with it, epochs times the cap is an upper bound that datasets rarely undercut. */
function stepsOf(keys: Keys): Fact<number> {
  const cap = keys.integer('max_steps_per_epoch')
  if (!cap.known) return cap
  return combine({ cap, epochs: keys.integer('epochs') }, v => Math.ceil(v.cap * v.epochs))
}

function targets(model: Keys): Fact<readonly string[]> {
  const attention = listed(model.texts('lora_attn_modules'))
  const mlp = orDefault(model.boolean('apply_lora_to_mlp'), false, `${RECIPES} apply_lora_to_mlp`)
  const output = orDefault(model.boolean('apply_lora_to_output'), false, `${RECIPES} apply_lora_to_output`)
  return combine({ attention, mlp, output }, v => [
    ...v.attention.map(name => (name === 'output_proj' ? 'o_proj' : name)),
    ...(v.mlp ? ['gate_proj', 'up_proj', 'down_proj'] : []),
    ...(v.output ? ['lm_head'] : []),
  ])
}

function methodOf(keys: Keys): Fact<Method> {
  const loss = keys.peek('loss._component_')
  if (keys.has('teacher_model')) return saidBy(keys, 'teacher_model', 'distill')
  // It has PPO's epochs too.
  for (const key of ['grpo_samples', 'grpo_size']) if (keys.has(key)) return saidBy(keys, key, 'grpo')
  if (keys.hasAny('ppo_epochs', 'reward_and_value_model')) return saidBy(keys, 'ppo_epochs', 'ppo')
  if (typeof loss === 'string' && /DPO|RSO|IPO/.test(loss)) return saidBy(keys, 'loss._component_', 'dpo')
  return known('sft', { kind: 'default', source: `${RECIPES}: the other recipes fine-tune` })
}
