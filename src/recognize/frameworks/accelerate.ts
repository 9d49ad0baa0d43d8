import { absent, firstGiven, type Fact, type RunFacts } from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'
import { mapped, precisionOf, recomputeOfSwitch, zeroStageOf, zeroStageOfFsdp } from '../meanings.ts'

/** Keys: src/accelerate/commands/config/config_args.py in huggingface/accelerate@16cb6eb8. A launch file, without a run of its own. */
export const accelerate: Framework = {
  name: 'accelerate',
  fragment: true,
  recognizes: keys =>
    keys.has('distributed_type') && keys.hasAny('compute_environment', 'mixed_precision', 'num_processes'),
  facts: keys => {
    const fsdp = keys.under('fsdp_config')
    const inner = zeroStageOf(keys, 'deepspeed_config.deepspeed_config_file')
    // Both sections may stand there, one of them empty; the type says which is used.
    const sharding: RunFacts = isDeepSpeed(keys)
      ? {
          zeroStage: firstGiven(keys.integer('deepspeed_config.zero_stage'), ...(inner ? [inner.zeroStage] : [])),
          offload: inner?.offload ?? offloadTo(keys.under('deepspeed_config')),
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

function isDeepSpeed(keys: Keys): boolean {
  const type = String(keys.peek('distributed_type')).toUpperCase()
  return type === 'DEEPSPEED' || (type !== 'FSDP' && keys.under('deepspeed_config').names().length > 0)
}

/** The host's memory, for optimizer state or parameters; `none` says that neither is kept there. */
function offloadTo(config: Keys): Fact<boolean> {
  let kept: Fact<boolean> = absent('offload')
  for (const key of ['offload_optimizer_device', 'offload_param_device']) {
    const device = config.word(key)
    if (!device.known) continue
    const away = mapped(device, name => name !== 'none')
    if (away.known && away.value) return away
    kept = away
  }
  return kept
}
