import { firstGiven, isAbsent, type Fact, type Precision } from '../../facts/index.ts'
import type { Keys } from '../keys.ts'
import { firstNumber, notUnderstood, precisionOf, precisionOfFlags, whereLeftOut } from '../meanings.ts'

export const TRAINER = 'huggingface/transformers:src/transformers/training_args.py@v4.57.6'

/** Batches that programs on top of the Trainer take and hand on, or divide, in a way of their own. */
const OWN_BATCHES = [
  'batch_size',
  'train_batch_size',
  'global_batch_size',
  'total_batch_size',
  'mini_batch_size',
  'train_micro_batch_size_per_gpu',
] as const

/**
 * A program that takes its batch in a way of its own builds the Trainer's arguments itself: which defaults it keeps, the file
 * does not say.
 */
export function ofTrainer<T>(keys: Keys, fact: Fact<T>, value: T, source: string): Fact<T> {
  return hasOwnBatch(keys) ? fact : whereLeftOut(fact, value, source)
}

function hasOwnBatch(keys: Keys): boolean {
  return !keys.has('per_device_train_batch_size') && keys.hasAny(...OWN_BATCHES, 'micro_batch_size')
}

/** The Trainer's default is a program's only where that has no batch of its own. */
export function microBatch(keys: Keys): Fact<number> {
  const [device, gpu] = [keys.integer('per_device_train_batch_size'), keys.integer('per_gpu_train_batch_size')]
  // Zero is none there: `per_gpu_train_batch_size or per_device_train_batch_size`.
  if (!isAbsent(gpu) && keys.peek('per_gpu_train_batch_size') !== 0) {
    if (isAbsent(device) || !gpu.known) return gpu
    return !device.known || device.value === gpu.value ? device : twoBatches(keys)
  }
  const given = firstNumber(device, keys.integer('per_device_batch_size'), keys.integer('micro_batch_size'))
  const own = OWN_BATCHES.find(key => keys.has(key))
  return own !== undefined && isAbsent(given)
    ? notUnderstood('micro_batch', `${own} is a key of the program's own, not the Trainer's`, keys.origin(own))
    : whereLeftOut(given, 8, `${TRAINER} per_device_train_batch_size`)
}

/** The old name wins in Transformers 4 and is none of version 5; a program that builds the arguments itself may hand on either. */
function twoBatches(keys: Keys): Fact<never> {
  return notUnderstood(
    'micro_batch',
    'per_gpu_train_batch_size and per_device_train_batch_size differ, and the version of the Trainer decides which counts',
    keys.origin('per_gpu_train_batch_size'),
  )
}

/** A program that says how many sequences a step of all devices has accumulates until it has them. */
export function globalBatch(keys: Keys): Fact<number> {
  return firstGiven(keys.integer('global_batch_size'), keys.integer('total_batch_size'))
}

export function gradAccum(keys: Keys): Fact<number> {
  const given = accumulation(keys)
  const own = [...OWN_BATCHES, 'micro_batch_size'].find(key => keys.has(key))
  return own !== undefined && isAbsent(given)
    ? notUnderstood('grad_accum', `the program may divide ${own} into micro batches`, keys.origin(own))
    : whereLeftOut(given, 1, `${TRAINER} gradient_accumulation_steps`)
}

/** The Trainer takes accelerate's own count too, and refuses it beside one of its own above 1 (trainer.py). */
function accumulation(keys: Keys): Fact<number> {
  const own = keys.integer('gradient_accumulation_steps')
  const name = keys.peek('accelerator_config')
  const config = typeof name === 'string' && name !== '' ? keys.file(name) : keys.under('accelerator_config')
  if (config === undefined)
    return notUnderstood(
      'grad_accum',
      'accelerator_config is no section and no file of the repository, and may hold gradient_accumulation_kwargs',
      keys.origin('accelerator_config'),
    )
  const kwargs = config.under('gradient_accumulation_kwargs')
  if (!kwargs.has('num_steps')) return own
  if (isAbsent(own) || (own.known && own.value === 1)) return kwargs.integer('num_steps')
  return notUnderstood(
    'grad_accum',
    'num_steps of accelerator_config stands beside gradient_accumulation_steps, and the Trainer refuses both',
    kwargs.origin('num_steps'),
  )
}

/** The Trainer's flags; a program's own word for it, where it has none of them. */
export function precision(keys: Keys): Fact<Precision> {
  const flags = precisionOfFlags(keys, 'fp32', ['bf16', 'bf16'], ['fp16', 'fp16'])
  const own = ['mixed_precision', 'precision'].find(key => keys.has(key) && keys.peek(key) !== null)
  if (!isAbsent(flags) || own === undefined) return flags
  return keys.peek(own) === undefined
    ? notUnderstood('precision', `${own} is a section of the program's own`, keys.origin(own))
    : precisionOf(keys.word(own))
}
