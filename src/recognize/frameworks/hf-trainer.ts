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
} from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'
import {
  firstNumber,
  mapped,
  methodNamed,
  notUnderstood,
  recomputeOfSwitch,
  saidBy,
  whereLeftOut,
  zeroStageOf,
  zeroStageOfFsdp,
} from '../meanings.ts'
import { adapterFacts } from './hf-adapter.ts'
import { globalBatch, gradAccum, microBatch, ofTrainer, precision, TRAINER } from './hf-batch.ts'
import { modelFolder, modelFolderFiles } from './hf-model.ts'
import { overriddenShapeInText } from './hf-overrides.ts'

const TRL = 'huggingface/trl:trl/trainer@f2cd5771'

/** Keys that TRL's script and trainer arguments add to the Trainer's. */
const TRL_KEYS = [
  'packing',
  'padding_free',
  'max_length',
  'max_seq_length',
  'max_prompt_length',
  'max_completion_length',
  'num_generations',
  'reward_funcs',
  'beta',
  'loss_type',
  'precompute_ref_log_probs',
  'use_peft',
  'lora_r',
  'load_in_4bit',
  'attn_implementation',
  'dataset_name',
  'dataset_mixer',
  'dataset_mixture',
  'chat_template',
  'dataset_num_proc',
  'teacher_model_name_or_path',
] as const

/** Of those, the ones that transformers' own example scripts have as well; and keys that only the scripts have. */
const SHARED_KEYS: readonly string[] = ['dataset_name', 'attn_implementation', 'load_in_4bit', 'lora_r']
const SCRIPT_KEYS = [
  'block_size',
  'dataset_config_name',
  'validation_split_percentage',
  'overwrite_cache',
  'max_train_samples',
  'max_source_length',
] as const

/** The example scripts (run_clm.py and its like) have no length by default, TRL's trainers do. */
function isTrl(keys: Keys): boolean {
  return keys.hasAny(...TRL_KEYS.filter(key => !SHARED_KEYS.includes(key) || !keys.hasAny(...SCRIPT_KEYS)))
}

/** Programs that make pictures name their batch and epochs as the Trainer does. */
const PICTURES = ['diffusion_scheduler_config', 'unet_checkpoint', 'snr_gamma', 'noise_offset', 'train_text_encoder']

function isTrainer(keys: Keys): boolean {
  return (
    !keys.hasAny(...PICTURES) &&
    ((keys.hasAny('per_device_train_batch_size', 'num_train_epochs') &&
      keys.hasAny('model_name_or_path', 'config_name', 'output_dir', 'learning_rate')) ||
      (keys.has('model_name_or_path') && keys.has('learning_rate')))
  )
}

/** Arguments that Hydra builds an object of (`_target_: trl.SFTConfig`) are one group of a run, not the run. */
function isHydraGroup(keys: Keys): boolean {
  return keys.has('_target_')
}

/** Keys: docs of TRL's SFT, DPO, GRPO, … configs in huggingface/trl@f2cd5771, alignment-handbook@925acdf, open-r1@1416fa0. */
export const trl: Framework = {
  name: 'trl',
  folds: true,
  recognizes: keys => isTrainer(keys) && isTrl(keys),
  fragment: isHydraGroup,
  includes: trainerModelFiles,
  facts: keys => {
    const method = trlMethod(keys)
    const kind = method.known ? method.value : 'sft'
    const recompute = recomputeOfSwitch(keys, 'gradient_checkpointing')
    if (!keys.has('gradient_checkpointing'))
      keys.warn(
        'version-dependent-default',
        'gradient_checkpointing is not set: newer TRL turns it on, older TRL does not; set it',
        'per_device_train_batch_size',
      )
    return {
      ...trainerFacts(keys),
      method,
      seqLen: trlSeqLen(keys, kind),
      packing: orDefault(keys.boolean('packing'), false, `${TRL} packing`),
      ...adapterFacts(keys, orDefault(absent('trainable'), 'full', `${TRL} use_peft`)),
      precision: ofTrainer(keys, precision(keys), 'bf16', `${TRL} bf16`),
      recompute: ofTrainer(keys, recompute, 'full', `${TRL} gradient_checkpointing`),
      ...(kind === 'grpo' ? grpoFacts(keys) : {}),
      ...(kind === 'dpo' || kind === 'kto' ? { referenceModel: needsReference(keys) } : {}),
    }
  },
}

/** Keys: TrainingArguments of transformers@v4.57.6. */
export const hfTrainer: Framework = {
  name: 'hf_trainer',
  folds: true,
  recognizes: isTrainer,
  fragment: isHydraGroup,
  includes: trainerModelFiles,
  facts: keys => ({
    ...trainerFacts(keys),
    method:
      namedMethod(keys) ??
      (keys.text('model_name_or_path').known
        ? orDefault(absent('method'), 'sft', 'a model is named and no other method', 'assumed')
        : keys.text('config_name').known
          ? saidBy(keys, 'config_name', 'pretrain')
          : absent('method')),
    seqLen: firstGiven(
      keys.integer('block_size'),
      keys.integer('model_max_length'),
      keys.integer('max_source_length'),
      keys.integer('cutoff_len'),
      keys.integer('max_seq_len'),
    ),
    ...adapterFacts(keys, orDefault(absent('trainable'), 'full', 'no adapter is named', 'assumed')),
    precision: ofTrainer(keys, precision(keys), 'fp32', `${TRAINER} bf16, fp16`),
    recompute: ofTrainer(
      keys,
      recomputeOfSwitch(keys, 'gradient_checkpointing'),
      'none',
      `${TRAINER} gradient_checkpointing`,
    ),
  }),
}

/** What every program on the Trainer shares; LLaMA-Factory too. */
export function trainerFacts(keys: Keys): RunFacts {
  const deepspeed = zeroStageOf(keys, 'deepspeed')
  const fsdp = keys.texts('fsdp')
  const words = fsdp.known ? fsdp.value.join(' ') : ''
  const auto = keys.peek('auto_find_batch_size')
  const named = modelKey(keys)
  return {
    ...modelFolder(keys, named),
    ...overriddenShapeInText(keys, 'config_overrides'),
    baseModel: keys.text(named),
    microBatch:
      auto === true
        ? notUnderstood(
            'micro_batch',
            'auto_find_batch_size chooses it while running',
            keys.origin('auto_find_batch_size'),
          )
        : microBatch(keys),
    gradAccum: gradAccum(keys),
    globalBatch: globalBatch(keys),
    steps: keys.integer('max_steps'),
    epochs: ofTrainer(keys, keys.number('num_train_epochs'), 3, `${TRAINER} num_train_epochs`),
    optimizer: orDefault(
      firstGiven(
        keys.text('optim'),
        typeof keys.peek('optimizer') === 'string' ? keys.text('optimizer') : absent('optimizer'),
      ),
      'adamw',
      `${TRAINER} optim`,
    ),
    fusedCrossEntropy: keys.boolean('use_liger_kernel'),
    dataset: datasets(keys),
    ...(deepspeed ??
      (words === '' || words === 'false'
        ? {}
        : {
            zeroStage: zeroStageOfFsdp({ ...fsdp, value: words } as Fact<string>),
            offload: mapped(fsdp, list => list.some(item => item.includes('offload'))),
          })),
  }
}

/** A model to start from, or, trained from scratch, the one whose config.json it has. */
function modelKey(keys: Keys): string {
  return keys.text('model_name_or_path').known ? 'model_name_or_path' : 'config_name'
}

/** config.json of the model, where its name is a folder of the repository. */
export function trainerModelFiles(keys: Keys): readonly string[] {
  return modelFolderFiles(keys, modelKey(keys))
}

function datasets(keys: Keys): Fact<readonly string[]> {
  const mixed = keys.items('dataset_mixture.datasets').map(item => item.text('id'))
  if (mixed.length > 0)
    return mixed.reduce<Fact<readonly string[]>>(
      (all, id) => combine({ all, id }, values => [...values.all, values.id]),
      known([]),
    )
  const mixer = keys.under('dataset_mixer').names()
  if (mixer.length > 0) return saidBy(keys, 'dataset_mixer', mixer)
  return firstGiven(keys.labels('dataset_name'), keys.labels('train_file'))
}

/** Keys in which programs name the trainer that they choose. */
const TRAINER_NAMES = ['trainer_type', 'training_type', 'training_method'] as const

function namedMethod(keys: Keys): Fact<Method> | undefined {
  for (const key of TRAINER_NAMES) {
    const word = keys.peek(key)
    const method = typeof word === 'string' ? methodNamed(word) : undefined
    if (method !== undefined) return saidBy(keys, key, method)
  }
  return undefined
}

function trlMethod(keys: Keys): Fact<Method> {
  const named = namedMethod(keys)
  if (named !== undefined) return named
  for (const key of ['num_generations', 'reward_funcs', 'max_completion_length'])
    if (key !== 'max_completion_length' && keys.has(key)) return saidBy(keys, key, 'grpo')
  if (keys.has('teacher_model_name_or_path')) return saidBy(keys, 'teacher_model_name_or_path', 'distill')
  if (keys.hasAny('desirable_weight', 'undesirable_weight')) return saidBy(keys, 'desirable_weight', 'kto')
  for (const key of ['simpo_gamma', 'gamma_beta_ratio', 'cpo_alpha'])
    if (keys.has(key)) return saidBy(keys, key, 'simpo')
  for (const key of ['beta', 'precompute_ref_log_probs'])
    if (keys.has(key)) {
      // ORPO and KTO have DPO's keys; recipes keep them in folders of that name.
      const folder = keys.path
        .split('/')
        .map(methodNamed)
        .find(named => named === 'orpo' || named === 'kto' || named === 'simpo')
      return saidBy(keys, key, folder ?? 'dpo')
    }
  return orDefault(absent('method'), 'sft', 'no key of another TRL trainer is there', 'assumed')
}

function trlSeqLen(keys: Keys, method: Method): Fact<number> {
  if (method === 'grpo')
    return combine(
      {
        prompt: grpoInteger(keys, 'max_prompt_length'),
        completion: whereLeftOut(grpoInteger(keys, 'max_completion_length'), 512, `${TRL} max_completion_length`),
      },
      ({ prompt, completion }) => prompt + completion,
    )
  // Programs on top of TRL hand their tokenizer's limit on.
  const given = firstGiven(keys.integer('max_length'), keys.integer('max_seq_length'), keys.integer('model_max_length'))
  // `max_length: null` cuts nothing; the old `max_seq_length: null` took what is the default now.
  const cut = isAbsent(given) ? firstNumber(keys.integer('max_length'), keys.integer('model_max_length')) : given
  return whereLeftOut(cut, 1024, `${TRL} max_length`)
}

/** A program with several trainers keeps their keys apart by a prefix. */
function grpoInteger(keys: Keys, key: string): Fact<number> {
  return firstNumber(keys.integer(key), keys.integer(`grpo_${key}`))
}

function grpoFacts(keys: Keys): RunFacts {
  const beta = orDefault(keys.number('beta'), 0, `${TRL} GRPO beta`)
  return {
    generations: whereLeftOut(grpoInteger(keys, 'num_generations'), 8, `${TRL} num_generations`),
    completionTokens: whereLeftOut(grpoInteger(keys, 'max_completion_length'), 512, `${TRL} max_completion_length`),
    iterations: whereLeftOut(keys.integer('num_iterations'), 1, `${TRL} num_iterations`),
    referenceModel: mapped(beta, value => value > 0),
  }
}

/** A reference pass is needed unless its log-probabilities were computed before, or the loss does without. */
function needsReference(keys: Keys): Fact<boolean> {
  const precomputed = orDefault(keys.boolean('precompute_ref_log_probs'), false, `${TRL} precompute_ref_log_probs`)
  return mapped(precomputed, value => !value)
}
