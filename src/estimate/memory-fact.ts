import { combine, isAbsent, known, unknown, type Fact } from '../facts/index.ts'
import type { Run } from '../resolve/index.ts'
import { assume, combineChecked, maybe, need, valueOf } from './architecture.ts'
import { memoryOf, optimizerNamed, type MemoryInputs, type Optimizer } from './memory.ts'
import type { Prepared } from './prepared.ts'
import type { Memory } from './types.ts'

/** Sequences that one accelerator holds at a time: given, or what the global batch leaves where accumulation is given too. */
function microBatchOf(run: Run, { facts }: Prepared): Fact<number> {
  const given = need(facts, 'microBatch', 'nothing says how many sequences an accelerator holds at a time')
  if (!isAbsent(given) || run.facts.gradAccum === undefined || isAbsent(run.facts.gradAccum)) return given
  return combine(
    { globalBatch: need(facts, 'globalBatch'), gradAccum: run.facts.gradAccum, dp: need(facts, 'dp') },
    v => v.globalBatch / (v.gradAccum * v.dp),
  )
}

function optimizerOf({ facts }: Prepared): Fact<Optimizer> {
  return combineChecked({ name: assume(facts, 'optimizer', 'adamw', 'not given: AdamW') }, v => {
    const optimizer = optimizerNamed(v.name)
    return optimizer === undefined
      ? unknown({
          fact: 'optimizer',
          why: `traincost does not know how much state ${v.name} keeps`,
          remedy: 'check memory by hand; cost does not depend on it',
          absent: false,
        })
      : known(optimizer)
  })
}

/**
 * Memory of the fullest accelerator, or what lacks for it.
 *
 * How the state is sharded decides much: where nothing says it, the verdict is given only if it is the same without
 * any sharding and with all of it.
 */
export function memoryFact(run: Run, ready: Prepared): Fact<Memory> {
  const { facts, architecture, training, parameters, trainable } = ready
  const encodes = architecture.known && architecture.value.encoder !== null
  const stage = maybe(facts, 'zeroStage')
  return combineChecked(
    {
      architecture,
      training,
      parameters,
      trainable,
      precision: need(facts, 'precision'),
      optimizer: optimizerOf(ready),
      microBatch: microBatchOf(run, ready),
      seqLen: need(facts, 'seqLen'),
      decoderSeqLen: encodes ? need(facts, 'decoderSeqLen') : known(0),
      dp: need(facts, 'dp'),
      accelerator: run.hardware.accelerator,
      stage,
    },
    v => {
      if (v.accelerator.memoryBytes === null)
        return unknown({
          fact: 'accelerator',
          why: `the memory of ${v.accelerator.name} is not published`,
          remedy: 'choose an accelerator with a known memory size',
          absent: false,
        })
      const pairs = ['dpo', 'orpo', 'simpo', 'reward'].includes(v.training.method) ? 2 : 1
      const inputs: MemoryInputs = {
        architecture: v.architecture,
        training: v.training,
        totalParameters: v.parameters.total,
        looseParameters: v.parameters.embedding + v.parameters.head,
        trainableParameters: v.trainable,
        precision: v.precision,
        optimizer: v.optimizer,
        microBatch: v.microBatch * pairs,
        seqLen: v.seqLen,
        decoderSeqLen: v.decoderSeqLen,
        dp: v.dp,
        tp: valueOf(facts, 'tp') ?? 1,
        pp: valueOf(facts, 'pp') ?? 1,
        cp: valueOf(facts, 'cp') ?? 1,
        ep: valueOf(facts, 'ep') ?? 1,
        zeroStage: v.stage ?? 0,
        offload: valueOf(facts, 'offload') ?? false,
        fusedCrossEntropy: valueOf(facts, 'fusedCrossEntropy') ?? false,
        reference: valueOf(facts, 'referenceModel') === true && v.training.passes.forwards > 0,
        capacityBytes: v.accelerator.memoryBytes,
      }
      const memory = memoryOf(inputs)
      if (v.stage !== null || v.dp === 1) return known(memory)
      const sharded = memoryOf({ ...inputs, zeroStage: 3 })
      return sharded.verdict === memory.verdict
        ? known({
            ...memory,
            bytesPerAccelerator: { ...memory.bytesPerAccelerator, low: sharded.bytesPerAccelerator.low },
          })
        : unknown({
            fact: 'zero_stage',
            why: `whether it fits depends on how weights and optimizer state are sharded over ${v.dp} ranks`,
            remedy: 'add zero_stage (0 none, 1 optimizer, 2 gradients, 3 or FSDP weights)',
            absent: true,
          })
    },
  )
}
