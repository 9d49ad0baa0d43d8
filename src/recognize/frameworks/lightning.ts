import { absent, firstGiven, orDefault, type Fact, type RunFacts } from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'
import { mapped, precisionOf, product, understood, whereLeftOut } from '../meanings.ts'
import { genericSequence, genericShape } from './generic.ts'
import { onlyUsesModel } from './nemo.ts'

const TRAINER = 'Lightning-AI/pytorch-lightning:src/lightning/pytorch/trainer/trainer.py@d2bf065f'

/** Where programs keep the sizes of their network. */
const MODEL = [
  'model',
  'model.init_args',
  'model.net',
  'model.network',
  'model.config',
  'model.cfg',
  'model.model',
  'model.backbone',
  'model.transformer',
] as const
const DATA = ['data', 'data.init_args', 'datamodule', 'datamodule.init_args', 'dataloader', 'model'] as const

/**
 * Lightning's trainer beside a program's own model: LightningCLI, and Hydra configs in that manner.
 *
 * What a `_target_` or `class_path` builds is not looked into: the sizes count where width, layers and heads stand together.
 */
export const lightning: Framework = {
  name: 'lightning',
  recognizes: keys =>
    keys.hasAny('trainer.max_steps', 'trainer.max_epochs') &&
    keys.hasSection('model') &&
    // A mandatory checkpoint, or data for tests alone, is what an evaluation asks for.
    keys.peek('ckpt_path') !== '???' &&
    keys.peek('mode') !== 'test' &&
    !(keys.has('model.restore_from_path') && onlyUsesModel(keys)) &&
    (!keys.hasSection('model.test_ds') || keys.hasAny('model.train_ds', 'model.optim')),
  facts: keys => {
    const trainer = keys.under('trainer')
    const sections = DATA.map(name => keys.under(name))
    return {
      ...shapeOf(keys),
      seqLen: firstGiven(genericSequence(keys.under('model')), ...sections.map(genericSequence)),
      microBatch: firstGiven(absent('micro_batch'), ...sections.map(section => section.integer('batch_size'))),
      gradAccum: whereLeftOut(trainer.integer('accumulate_grad_batches'), 1, `${TRAINER} accumulate_grad_batches`),
      steps: trainer.integer('max_steps'),
      epochs: trainer.number('max_epochs'),
      precision: orDefault(precisionOf(trainer.word('precision')), 'fp32', `${TRAINER} precision`),
      zeroStage: strategyOf(trainer),
      accelerators: devicesOf(trainer),
    }
  },
}

function shapeOf(keys: Keys): RunFacts {
  for (const name of MODEL) {
    const shape = genericShape(keys.under(name))
    if (shape !== undefined) return shape
  }
  return {}
}

/** `devices: 8`, or a list of them; `auto` is not said. */
function devicesOf(trainer: Keys): Fact<number> {
  const listed = trainer.items('devices')
  const devices =
    listed.length > 0 ? mapped(trainer.numbers('devices'), list => list.length) : trainer.integer('devices')
  return devices.known
    ? product(devices, orDefault(trainer.integer('num_nodes'), 1, `${TRAINER} num_nodes`))
    : absent('accelerators')
}

function strategyOf(trainer: Keys): Fact<number> {
  if (typeof trainer.peek('strategy') !== 'string') return absent('zero_stage')
  return understood(trainer.word('strategy'), 'zero_stage', word => {
    const [, stage] = /deepspeed_stage_([123])/.exec(word) ?? []
    if (stage !== undefined) return Number(stage)
    if (word.startsWith('fsdp')) return 3
    return /^(ddp|auto|dp|single_device)/.test(word) ? 0 : undefined
  })
}
