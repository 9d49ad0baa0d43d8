import { absent, combine, firstGiven, known, orDefault, type Fact, type Method } from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'
import { listed, mapped, notUnderstood, precisionOf, recomputeOfSwitch, understood, whereLeftOut } from '../meanings.ts'

const OUMI = 'oumi-ai/oumi:src/oumi/core/configs/params/training_params.py@19447d45'

/** Keys: src/oumi/core/configs in oumi-ai/oumi@19447d45 (params named after the Trainer's). */
export const oumi: Framework = {
  name: 'oumi',
  recognizes: keys =>
    keys.has('model.model_name') &&
    keys.hasSection('training') &&
    // Other programs have these two sections; these keys are Oumi's own.
    keys.hasAny('data.train', 'training.trainer_type', 'model.model_max_length', 'model.torch_dtype_str'),
  facts: keys => {
    const training = keys.under('training')
    const adapted = training.peek('use_peft') === true
    const peft = keys.under('peft')
    return {
      baseModel: keys.text('model.model_name'),
      method: methodOf(training),
      trainable: freezesText(keys)
        ? notUnderstood('trainable', 'layers of the language model are frozen', keys.origin('model.freeze_layers'))
        : mapped(orDefault(training.boolean('use_peft'), false, `${OUMI} use_peft`), on =>
            on ? (peft.peek('q_lora') === true ? 'qlora' : 'lora') : 'full',
          ),
      loraRank: adapted ? peft.integer('lora_r') : absent('lora.rank'),
      loraTargets: adapted ? listed(peft.texts('lora_target_modules')) : absent('lora.targets'),
      seqLen: keys.integer('model.model_max_length'),
      microBatch: whereLeftOut(
        training.integer('per_device_train_batch_size'),
        8,
        `${OUMI} per_device_train_batch_size`,
      ),
      gradAccum: whereLeftOut(
        training.integer('gradient_accumulation_steps'),
        1,
        `${OUMI} gradient_accumulation_steps`,
      ),
      steps: training.integer('max_steps'),
      epochs: whereLeftOut(training.number('num_train_epochs'), 3, `${OUMI} num_train_epochs`),
      packing: keys.boolean('data.train.pack'),
      precision: precisionOf(firstGiven(keys.word('model.torch_dtype_str'), training.word('mixed_precision_dtype'))),
      optimizer: training.text('optimizer'),
      recompute: orDefault(
        recomputeOfSwitch(training, 'enable_gradient_checkpointing'),
        'none',
        `${OUMI} enable_gradient_checkpointing`,
      ),
      fusedCrossEntropy: keys.boolean('model.enable_liger_kernel'),
      zeroStage:
        keys.peek('fsdp.enable_fsdp') === true
          ? known(3, { kind: 'default', source: `${OUMI} fsdp: FULL_SHARD` })
          : absent('zero_stage'),
      offload: keys.peek('fsdp.enable_fsdp') === true ? keys.boolean('fsdp.cpu_offload') : absent('offload'),
      dataset: datasets(keys),
    }
  },
}

/** Frozen layers that are named for sight or hearing are not of the text part, which is what is read. */
function freezesText(keys: Keys): boolean {
  const frozen = keys.texts('model.freeze_layers')
  return frozen.known && !frozen.value.every(layer => /vision|visual|image|audio/.test(layer))
}

function methodOf(training: Keys): Fact<Method> {
  return understood(orDefault(training.word('trainer_type'), 'HF', `${OUMI} trainer_type`), 'trainer_type', type => {
    const word = type.toUpperCase()
    if (word.includes('DPO')) return 'dpo'
    if (word.includes('KTO')) return 'kto'
    if (word.includes('GRPO')) return 'grpo'
    if (word.includes('GKD') || word.includes('GOLD')) return 'distill'
    return word.includes('SFT') || word === 'HF' || word === 'OUMI' ? 'sft' : undefined
  })
}

function datasets(keys: Keys): Fact<readonly string[]> {
  return keys
    .items('data.train.datasets')
    .map(item => item.text('dataset_name'))
    .reduce<Fact<readonly string[]>>(
      (all, name) => (all.known ? combine({ all, name }, v => [...v.all, v.name]) : mapped(name, first => [first])),
      absent('dataset'),
    )
}
