import {
  absent,
  combine,
  firstGiven,
  isAbsent,
  known,
  orDefault,
  type Fact,
  type Method,
  type RunFacts,
  type Trainable,
} from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'
import {
  listed,
  mapped,
  methodNamed,
  precisionOfFlags,
  product,
  recomputeOfSwitch,
  saidBy,
  understood,
  whereLeftOut,
  zeroStageOf,
  zeroStageOfFsdp,
} from '../meanings.ts'
import { modelFolder, modelFolderFiles } from './hf-model.ts'
import { overriddenShape } from './hf-overrides.ts'

const SCHEMAS = 'axolotl-ai-cloud/axolotl:src/axolotl/utils/schemas@067b021c8'

/** Keys: src/axolotl/utils/schemas and utils/config in axolotl-ai-cloud/axolotl@067b021c8. */
export const axolotl: Framework = {
  name: 'axolotl',
  recognizes: keys =>
    keys.has('base_model') &&
    keys.hasAny('micro_batch_size', 'num_epochs', 'sequence_len', 'adapter', 'datasets', 'pretraining_dataset'),
  includes: keys => modelFolderFiles(keys, 'base_model'),
  facts: keys => {
    const adapter = adapterOf(keys)
    const usesAdapter = adapter.known && (adapter.value === 'lora' || adapter.value === 'qlora')
    const method = methodOf(keys)
    const microBatch = whereLeftOut(keys.integer('micro_batch_size'), 1, `${SCHEMAS} micro_batch_size`)
    return {
      ...modelFolder(keys, 'base_model'),
      ...overriddenShape(keys.under('overrides_of_model_config')),
      baseModel: keys.text('base_model'),
      method,
      trainable: adapter,
      loraRank: usesAdapter ? keys.integer('lora_r') : absent('lora.rank'),
      loraTargets: usesAdapter ? targetsOf(keys) : absent('lora.targets'),
      loraModulesToSave: usesAdapter ? listed(keys.texts('lora_modules_to_save')) : absent('lora.modules_to_save'),
      seqLen: whereLeftOut(keys.integer('sequence_len'), 512, `${SCHEMAS} sequence_len`),
      microBatch,
      gradAccum: accumulation(keys, microBatch),
      // Steps win over epochs: utils/schemas/config.py.
      steps: keys.integer('max_steps'),
      epochs: whereLeftOut(keys.number('num_epochs'), 1, `${SCHEMAS} num_epochs`),
      packing: orDefault(keys.boolean('sample_packing'), false, `${SCHEMAS} sample_packing`),
      dataset: datasets(keys),
      precision: orDefault(
        precisionOfFlags(
          keys,
          undefined,
          ['fp8', 'fp8'],
          ['bf16', 'bf16'],
          ['bfloat16', 'bf16'],
          ['fp16', 'fp16'],
          ['float16', 'fp16'],
        ),
        'bf16',
        `${SCHEMAS} bf16: auto takes bf16 where the accelerator has it`,
        'assumed',
      ),
      recompute: recomputeOf(keys),
      optimizer: orDefault(keys.text('optimizer'), 'adamw_torch_fused', `${SCHEMAS} optimizer`),
      fusedCrossEntropy: fusedCrossEntropy(keys),
      tp: keys.integer('tensor_parallel_size'),
      cp: firstGiven(keys.integer('context_parallel_size'), keys.integer('sequence_parallel_degree')),
      dp: dataParallel(keys),
      ...sharding(keys),
      ...(method.known && method.value === 'grpo' ? grpo(keys) : {}),
    }
  },
}

function adapterOf(keys: Keys): Fact<Trainable> {
  const adapter = keys.word('adapter')
  if (!adapter.known || adapter.value === 'none') {
    if (keys.items('unfrozen_parameters').length > 0 || keys.texts('unfrozen_parameters').known)
      return saidBy(keys, 'unfrozen_parameters', 'freeze')
    return orDefault(absent('trainable'), 'full', `${SCHEMAS} adapter: none trains everything`)
  }
  return understood(adapter, 'adapter', word => {
    switch (word.toLowerCase()) {
      case 'qlora':
        return 'qlora'
      case 'lora':
        return keys.peek('load_in_4bit') === true ? 'qlora' : 'lora'
      default:
        return undefined
    }
  })
}

function targetsOf(keys: Keys): Fact<readonly string[]> {
  return keys.peek('lora_target_linear') === true
    ? saidBy(keys, 'lora_target_linear', ['all-linear'])
    : listed(keys.texts('lora_target_modules'))
}

/** `batch_size` is per rank and excludes `gradient_accumulation_steps`. */
function accumulation(keys: Keys, microBatch: Fact<number>): Fact<number> {
  const steps = keys.integer('gradient_accumulation_steps')
  const perRank = keys.integer('batch_size')
  // Only nothing at all is computed from `batch_size`: −1 is a count there.
  const computed = isAbsent(steps) && typeof (keys.peek('gradient_accumulation_steps') ?? undefined) !== 'number'
  if (!computed || !perRank.known) return whereLeftOut(steps, 1, `${SCHEMAS} gradient_accumulation_steps`)
  return combine({ perRank, microBatch }, values => Math.max(1, Math.floor(values.perRank / values.microBatch)))
}

function methodOf(keys: Keys): Fact<Method> {
  const rl = keys.word('rl')
  if (rl.known && !['none', 'false'].includes(rl.value))
    return understood(rl, 'rl', word => (word === 'gdpo' ? 'grpo' : methodNamed(word)))
  if (keys.peek('reward_model') === true) return saidBy(keys, 'reward_model', 'reward')
  if (keys.has('pretraining_dataset') && keys.peek('pretraining_dataset') !== null)
    return saidBy(keys, 'pretraining_dataset', 'pretrain')
  return orDefault(absent('method'), 'sft', `${SCHEMAS} rl: none is supervised fine-tuning`)
}

function datasets(keys: Keys): Fact<readonly string[]> {
  const from = (key: string): Fact<readonly string[]> => {
    const items = keys.items(key)
    if (items.length === 0)
      return keys.hasSection(key) ? mapped(keys.text(`${key}.path`), path => [path]) : keys.labels(key)
    return items.reduce<Fact<readonly string[]>>(
      (all, item) => combine({ all, path: item.text('path') }, values => [...values.all, values.path]),
      known([]),
    )
  }
  return firstGiven(keys.has('pretraining_dataset') ? from('pretraining_dataset') : absent('dataset'), from('datasets'))
}

function recomputeOf(keys: Keys): RunFacts['recompute'] & object {
  if (keys.peek('selective_checkpointing') === true) return saidBy(keys, 'selective_checkpointing', 'selective')
  const fsdp = ['activation_checkpointing', 'fsdp_activation_checkpointing'].map(key => `fsdp_config.${key}`)
  for (const key of fsdp) if (keys.peek(key) === true) return saidBy(keys, key, 'full')
  return orDefault(recomputeOfSwitch(keys, 'gradient_checkpointing'), 'none', `${SCHEMAS} gradient_checkpointing`)
}

/** Liger's fused linear cross-entropy, and the cut cross-entropy plugin. */
function fusedCrossEntropy(keys: Keys): Fact<boolean> {
  const plugins = keys.texts('plugins')
  if (plugins.known && plugins.value.some(plugin => plugin.includes('CutCrossEntropy')))
    return { ...plugins, value: true }
  return firstGiven(keys.boolean('liger_fused_linear_cross_entropy'), keys.boolean('cut_cross_entropy'))
}

function dataParallel(keys: Keys): Fact<number> {
  const shard = keys.integer('dp_shard_size')
  const replicate = keys.integer('dp_replicate_size')
  if (!shard.known && !replicate.known) return shard
  return product(
    orDefault(shard, 1, `${SCHEMAS} dp_shard_size`),
    orDefault(replicate, 1, `${SCHEMAS} dp_replicate_size`),
  )
}

function sharding(keys: Keys): RunFacts {
  const deepspeed = zeroStageOf(keys, 'deepspeed')
  if (deepspeed !== undefined) return deepspeed
  const fsdp = keys.texts('fsdp')
  const config = keys.under('fsdp_config')
  if (!fsdp.known && config.names().length === 0) return {}
  const strategy = firstGiven(
    config.word('fsdp_sharding_strategy'),
    config.word('sharding_strategy'),
    mapped(fsdp, words => words.join(' ')),
  )
  const resharding = firstGiven(config.boolean('reshard_after_forward'), config.boolean('fsdp_reshard_after_forward'))
  const offload = firstGiven(config.boolean('offload_params'), config.boolean('fsdp_offload_params'))
  return {
    zeroStage: resharding.known
      ? mapped(resharding, full => (full ? 3 : 2))
      : orDefault(
          zeroStageOfFsdp(strategy),
          3,
          'FSDP shards parameters, gradients and optimizer unless told otherwise',
        ),
    offload: fsdp.known && fsdp.value.some(word => word.includes('offload')) ? { ...fsdp, value: true } : offload,
  }
}

function grpo(keys: Keys): RunFacts {
  const trl = keys.under('trl')
  return {
    generations: trl.integer('num_generations'),
    completionTokens: trl.integer('max_completion_length'),
    iterations: whereLeftOut(trl.integer('num_iterations'), 1, `${SCHEMAS} trl.num_iterations`),
    referenceModel: mapped(trl.number('beta'), beta => beta > 0),
  }
}
