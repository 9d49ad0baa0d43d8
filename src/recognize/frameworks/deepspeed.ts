import type { Framework } from '../framework.ts'
import { offloadOf, precisionOfFlags } from '../meanings.ts'

/** Keys: docs/_pages/config-json.md in deepspeedai/DeepSpeed@edaa7221. A section of a run that another file describes. */
export const deepspeed: Framework = {
  name: 'deepspeed',
  fragment: true,
  recognizes: keys =>
    keys.hasAny('zero_optimization', 'train_micro_batch_size_per_gpu', 'train_batch_size') &&
    !keys.hasAny('num_layers', 'num-layers', 'model', 'trainer', 'max_steps', 'learning_rate', 'epochs', 'num_epochs'),
  facts: keys => ({
    globalBatch: keys.integer('train_batch_size'),
    microBatch: keys.integer('train_micro_batch_size_per_gpu'),
    gradAccum: keys.integer('gradient_accumulation_steps'),
    zeroStage: keys.integer('zero_optimization.stage'),
    offload: offloadOf(keys),
    precision: precisionOfFlags(
      keys,
      undefined,
      ['bf16.enabled', 'bf16'],
      ['bfloat16.enabled', 'bf16'],
      ['fp16.enabled', 'fp16'],
    ),
    optimizer: keys.text('optimizer.type'),
  }),
}
