import { absent, known, orDefault, type Fact, type RunFacts } from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'
import { listed, mapped, saidBy, understood, whereLeftOut, zeroStageOf } from '../meanings.ts'
import { modelFolder, modelFolderFiles } from './hf-model.ts'

const ARGS = 'hiyouga/LLaMA-Factory:src/llamafactory/v1/config/training_args.py@ff6d4d12e'

/** Keys: src/llamafactory/v1/config in hiyouga/LLaMA-Factory@ff6d4d12e, the rewrite with sections for its plugins. */
export const llamaFactoryV1: Framework = {
  name: 'llama_factory_v1',
  recognizes: keys =>
    typeof keys.peek('model') === 'string' &&
    keys.has('train_dataset') &&
    keys.hasAny('cutoff_len', 'micro_batch_size', 'dist_config', 'peft_config', 'max_steps', 'num_train_epochs'),
  includes: keys => modelFolderFiles(keys, 'model'),
  facts: keys => {
    const sharding = zeroStageOf(keys, 'dist_config.config_file')
    return {
      ...modelFolder(keys, 'model'),
      baseModel: keys.text('model'),
      ...adapterOf(keys),
      seqLen: whereLeftOut(keys.integer('cutoff_len'), 2048, `${ARGS} cutoff_len`),
      microBatch: whereLeftOut(keys.integer('micro_batch_size'), 1, `${ARGS} micro_batch_size`),
      globalBatch: keys.integer('global_batch_size'),
      gradAccum: keys.has('global_batch_size')
        ? absent('grad_accum')
        : known(1, { kind: 'default', source: `${ARGS} global_batch_size: dp × micro_batch_size` }),
      steps: keys.integer('max_steps'),
      epochs: whereLeftOut(keys.number('num_train_epochs'), 3, `${ARGS} num_train_epochs`),
      packing: mapped(keys.word('batching_strategy'), word => /padding_free|packing/.test(word)),
      precision: mapped(orDefault(keys.boolean('bf16'), true, `${ARGS} bf16`), on => (on ? 'bf16' : 'fp32')),
      recompute: mapped(
        orDefault(keys.boolean('enable_activation_checkpointing'), true, `${ARGS} enable_activation_checkpointing`),
        on => (on ? 'full' : 'none'),
      ),
      optimizer: keys.text('optim_config.name'),
      dataset: keys.labels('train_dataset'),
      cp: orDefault(keys.integer('cp_size'), 1, `${ARGS} cp_size`),
      dp: keys.integer('dp_size'),
      ...(sharding ??
        (/^fsdp/.test(String(keys.peek('dist_config.name')))
          ? { zeroStage: saidBy(keys, 'dist_config.name', 3) }
          : {})),
    }
  },
}

function adapterOf(keys: Keys): RunFacts {
  const name: Fact<string> = orDefault(
    keys.word('peft_config.name'),
    'full',
    `${ARGS}: no peft_config trains everything`,
  )
  const trainable = understood(name, 'peft_config.name', word =>
    word === 'lora' || word === 'full' || word === 'freeze' ? word : undefined,
  )
  if (!trainable.known || trainable.value === 'full') return { trainable }
  if (trainable.value === 'freeze')
    return { trainable, trainableLayers: keys.signed('peft_config.freeze_trainable_layers') }
  return {
    trainable,
    loraRank: keys.integer('peft_config.r'),
    loraTargets: mapped(listed(keys.texts('peft_config.target_modules')), names =>
      names.map(target => (target === 'all' ? 'all-linear' : target)),
    ),
  }
}
