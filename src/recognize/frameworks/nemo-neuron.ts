import {
  absent,
  combine,
  firstGiven,
  known,
  orDefault,
  type Fact,
  type Method,
  type RunFacts,
} from '../../facts/index.ts'
import type { Keys } from '../keys.ts'
import { mapped, notUnderstood, saidBy, understood } from '../meanings.ts'

const NXDT = 'aws-neuron/neuronx-distributed-training:examples/conf'

/** NeMo's manner on AWS Trainium: parallel sizes and batches stand in sections of their own, and a device is a core. */
export function isNeuron(keys: Keys): boolean {
  return keys.hasSection('distributed_strategy') && keys.hasSection('data')
}

/** What such a file says in other places than NeMo does. Keys: examples/conf in aws-neuron/neuronx-distributed-training. */
export function neuronFacts(keys: Keys): RunFacts {
  const model = keys.under('model')
  const data = keys.under('data')
  const sizes = keys.under('distributed_strategy')
  const alignment = keys.under('model_alignment_strategy')
  const kv = model.integer('num_kv_heads')
  const experts = model.integer('moe.num_experts')
  return {
    ...(kv.known ? { numKvHeads: kv } : {}),
    ...(experts.known
      ? {
          experts,
          expertsPerToken: model.integer('moe.top_k'),
          expertFfnSize: model.integer('ffn_hidden_size'),
          moeEvery: model.integer('moe.frequency'),
        }
      : {}),
    method: methodOf(alignment),
    ...adapterOf(alignment),
    seqLen: firstGiven(data.integer('seq_length'), model.integer('encoder_seq_length')),
    microBatch: data.integer('micro_batch_size'),
    globalBatch: data.integer('global_batch_size'),
    packing: firstGiven(alignment.boolean('sft.packing'), absent('packing')),
    precision: understood(keys.word('precision.type'), 'precision.type', word =>
      word === 'fp32' ? 'fp32' : /^(mixed_precision|bf16SR|autocast)/.test(word) ? 'bf16' : undefined,
    ),
    tp: sizes.integer('tensor_model_parallel_size'),
    pp: sizes.integer('pipeline_model_parallel_size'),
    cp: sizes.integer('context_parallel_size'),
    ep: sizes.integer('expert_model_parallel_size'),
    zeroStage: mapped(sizes.boolean('zero1'), on => (on ? 1 : 0)),
    // Chips are what is priced: two cores each on trn1, eight on trn2, there joined by twos or not.
    accelerators: absent(
      'accelerators',
      'trainer.devices counts NeuronCores, and a chip has several',
      'give accelerators, in chips, in the profile or the policy',
    ),
  }
}

function methodOf(alignment: Keys): Fact<Method> {
  for (const method of ['dpo', 'kto', 'orpo', 'sft'] as const)
    if (alignment.has(method)) return saidBy(alignment, method, method)
  return known('pretrain', { kind: 'default', source: `${NXDT}: no model_alignment_strategy` })
}

function adapterOf(alignment: Keys): RunFacts {
  if (!alignment.hasSection('peft'))
    return { trainable: orDefault(absent('trainable'), 'full', `${NXDT}: no model_alignment_strategy.peft`) }
  const rank = alignment.integer('peft.lora_rank')
  return {
    trainable: rank.known
      ? combine({ rank }, () => 'lora' as const)
      : notUnderstood('trainable', 'the adapter has no lora_rank', alignment.origin('peft')),
    loraRank: rank,
    loraTargets: alignment.texts('peft.target_modules'),
  }
}
