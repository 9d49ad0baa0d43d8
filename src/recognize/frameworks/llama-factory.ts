import { absent, firstGiven, orDefault, type Fact, type RunFacts } from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'
import {
  listed,
  mapped,
  methodNamed,
  precisionOfFlags,
  recomputeOfSwitch,
  saidBy,
  understood,
  whereLeftOut,
} from '../meanings.ts'
import { modelFolderFiles } from './hf-model.ts'
import { trainerFacts } from './hf-trainer.ts'

const HPARAMS = 'hiyouga/LLaMA-Factory:src/llamafactory/hparams@ff6d4d12e'

const LEARNS = ['learning_rate', 'per_device_train_batch_size', 'num_train_epochs', 'max_steps'] as const

/** Keys: src/llamafactory/hparams in hiyouga/LLaMA-Factory@ff6d4d12e, on top of the Trainer's. */
export const llamaFactory: Framework = {
  name: 'llama_factory',
  folds: true,
  recognizes: keys => {
    const stage = keys.peek('stage')
    return (
      typeof stage === 'string' &&
      ['pt', 'sft', 'rm', 'ppo', 'dpo', 'kto'].includes(stage) &&
      keys.hasAny('finetuning_type', 'cutoff_len', 'template', 'dataset') &&
      keys.peek('do_train') !== false &&
      (keys.peek('do_predict') !== true || keys.peek('do_train') === true) &&
      !keys.has('export_dir') &&
      // Data that is only tokenized, for a run described elsewhere.
      !(keys.has('tokenized_path') && !keys.hasAny(...LEARNS))
    )
  },
  includes: keys => [...modelFolderFiles(keys), `${datasetFolder(keys)}/dataset_info.json`],
  facts: keys => {
    const trainable = trainableOf(keys)
    const adapted = trainable.known && (trainable.value === 'lora' || trainable.value === 'qlora')
    const loss = keys.peek('pref_loss')
    const noReference = loss === 'orpo' || loss === 'simpo'
    return {
      ...trainerFacts(keys),
      method: noReference ? saidBy(keys, 'pref_loss', loss) : understood(keys.word('stage'), 'stage', methodNamed),
      trainable,
      loraRank: adapted ? orDefault(keys.integer('lora_rank'), 8, `${HPARAMS} lora_rank`) : absent('lora.rank'),
      loraTargets: adapted ? targets(keys) : absent('lora.targets'),
      loraModulesToSave: adapted ? listed(keys.texts('additional_target')) : absent('lora.modules_to_save'),
      trainableLayers:
        trainable.known && trainable.value === 'freeze'
          ? orDefault(keys.signed('freeze_trainable_layers'), 2, `${HPARAMS} freeze_trainable_layers`)
          : absent('trainable_layers'),
      seqLen: whereLeftOut(keys.integer('cutoff_len'), 2048, `${HPARAMS} cutoff_len`),
      packing: packing(keys),
      dataset: listed(keys.labels('dataset')),
      precision: orDefault(
        precisionOfFlags(keys, 'fp32', ['pure_bf16', 'bf16'], ['bf16', 'bf16'], ['fp16', 'fp16'], ['fp8', 'fp8']),
        'fp32',
        `${HPARAMS} bf16, fp16`,
      ),
      recompute: recompute(keys),
      optimizer: optimizer(keys),
      fusedCrossEntropy: orDefault(keys.boolean('enable_liger_kernel'), false, `${HPARAMS} enable_liger_kernel`),
      accelerators: keys.integer('ray_num_workers'),
      tp: keys.integer('tensor_model_parallel_size'),
      pp: keys.integer('pipeline_model_parallel_size'),
      cp: keys.integer('context_parallel_size'),
      ep: keys.integer('expert_model_parallel_size'),
    }
  },
}

function datasetFolder(keys: Keys): string {
  const folder = keys.peek('dataset_dir')
  return typeof folder === 'string' ? folder : 'data'
}

/** Nothing said means LoRA. */
function trainableOf(keys: Keys) {
  const type = orDefault(keys.word('finetuning_type'), 'lora', `${HPARAMS} finetuning_type`)
  const bits = keys.integer('quantization_bit')
  return understood(type, 'finetuning_type', word => {
    switch (word) {
      case 'lora':
        return bits.known && bits.value <= 4 ? 'qlora' : 'lora'
      case 'full':
      case 'freeze':
        return word
      default:
        return undefined
    }
  })
}

function targets(keys: Keys): Fact<readonly string[]> {
  const given = orDefault(listed(keys.texts('lora_target')), ['all'], `${HPARAMS} lora_target`)
  return mapped(given, names => names.map(name => (name === 'all' ? 'all-linear' : name)))
}

function packing(keys: Keys): Fact<boolean> {
  const neat = keys.peek('neat_packing') === true
  if (neat) return saidBy(keys, 'neat_packing', true)
  const stage = keys.peek('stage')
  return orDefault(keys.boolean('packing'), stage === 'pt', `${HPARAMS} packing: on for pt alone`)
}

function recompute(keys: Keys): RunFacts['recompute'] & object {
  if (keys.has('recompute_granularity')) return recomputeOfSwitch(keys, 'recompute_granularity')
  return orDefault(
    mapped(keys.boolean('disable_gradient_checkpointing'), off => (off ? 'none' : 'full')),
    'full',
    `${HPARAMS} disable_gradient_checkpointing`,
  )
}

function optimizer(keys: Keys): Fact<string> {
  for (const name of ['galore', 'apollo', 'badam', 'muon', 'adam_mini'])
    if (keys.peek(`use_${name}`) === true) return saidBy(keys, `use_${name}`, name)
  return orDefault(firstGiven(keys.text('optim')), 'adamw_torch', `${HPARAMS} optim`)
}
