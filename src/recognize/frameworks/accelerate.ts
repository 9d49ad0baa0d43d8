import { firstGiven, type RunFacts } from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import { precisionOf, recomputeOfSwitch, zeroStageOf, zeroStageOfFsdp } from '../meanings.ts'

/** Keys: src/accelerate/commands/config/config_args.py in huggingface/accelerate@16cb6eb8. A launch file, without a run of its own. */
export const accelerate: Framework = {
  name: 'accelerate',
  fragment: true,
  recognizes: keys =>
    keys.has('distributed_type') && keys.hasAny('compute_environment', 'mixed_precision', 'num_processes'),
  facts: keys => {
    const fsdp = keys.under('fsdp_config')
    const inner = zeroStageOf(keys, 'deepspeed_config.deepspeed_config_file')
    const sharding: RunFacts = keys.hasSection('deepspeed_config')
      ? {
          zeroStage: firstGiven(keys.integer('deepspeed_config.zero_stage'), ...(inner ? [inner.zeroStage] : [])),
          gradAccum: keys.integer('deepspeed_config.gradient_accumulation_steps'),
        }
      : {
          zeroStage: zeroStageOfFsdp(
            firstGiven(fsdp.word('fsdp_sharding_strategy'), fsdp.word('fsdp_reshard_after_forward')),
          ),
          offload: fsdp.boolean('fsdp_offload_params'),
          recompute: recomputeOfSwitch(fsdp, 'fsdp_activation_checkpointing'),
        }
    return {
      // The total over all machines.
      accelerators: keys.integer('num_processes'),
      precision: precisionOf(keys.word('mixed_precision')),
      ...sharding,
    }
  },
}
