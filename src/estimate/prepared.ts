import { combine, known, type Fact, type FactName, type Precision, type RunFacts } from '../facts/index.ts'
import type { Accelerator, Run } from '../resolve/index.ts'
import { architectureOf, assume, mapFact, need, valueOf, addedShape, type Architecture } from './architecture.ts'
import type { Practice, Workload } from './efficiency.ts'
import { sumOf, termsOf, type FlopsPerToken } from './flops.ts'
import { layerParameters, parametersOf, type Parameters } from './parameters.ts'
import { adapterWeights } from './lora.ts'
import { layersBetween } from './layers.ts'
import { trainingOf, addedTraining, type Training } from './training.ts'
import type { Term } from './types.ts'
import { attendedLength, paddingOf, tokensOf, addedBatch } from './volume.ts'

/** Forward and backward work of one token. */
export interface Work {
  readonly terms: readonly Term[]
  readonly flops: FlopsPerToken
}

/** A run with its facts completed and its first stages computed; what a price and a calibration both start from. */
export interface Prepared {
  readonly facts: RunFacts
  readonly architecture: Fact<Architecture>
  readonly training: Fact<Training>
  readonly parameters: Fact<Parameters>
  readonly trainable: Fact<number>
  readonly work: Fact<Work>
  readonly tokens: Fact<number>
  readonly padding: number
  readonly workload: Fact<Workload>
}

/** The precision where none is given: the best 16-bit one that the accelerator has, else fp32. */
function assumedPrecision(accelerator: Fact<Accelerator>): { readonly precision: Precision; readonly why: string } {
  if (!accelerator.known) return { precision: 'bf16', why: 'not given: bf16 mixed precision' }
  const { peakFlops, name } = accelerator.value
  const precision = (['bf16', 'fp16'] as const).find(candidate => peakFlops[candidate] !== undefined) ?? 'fp32'
  return { precision, why: `not given: the common training precision of ${name}` }
}

/** Weights that learn. Prediction heads learn with the whole model. */
export function trainableParameters(architecture: Architecture, training: Training, all: Parameters): number {
  const { numLayers, hiddenSize: d, vocabSize, embeddingSize, tied } = architecture
  const { lora, trainableLayers: n } = training
  if (training.trainable === 'full') return all.total + all.mtp
  if (lora !== null) {
    const table = vocabSize * embeddingSize
    const { stored } = adapterWeights(architecture, layersBetween(architecture, 0, numLayers), lora.targets, lora.rank)
    const onTables = lora.rank * (d + vocabSize)
    const saved = (lora.savesEmbedding ? table : 0) + (lora.savesHead && !(tied && lora.savesEmbedding) ? table : 0)
    return stored + (lora.targets.head ? onTables : 0) + (lora.targets.embedding ? onTables : 0) + saved
  }
  const [from, to] = n > 0 ? [Math.max(0, numLayers - n), numLayers] : [0, Math.min(numLayers, -n)]
  return layerParameters(architecture, layersBetween(architecture, from, to)).total
}

function practiceOf(facts: RunFacts): Practice {
  if (valueOf(facts, 'method') === 'pretrain') return 'pretrain'
  // Padding that is counted as such is work done at the speed of full sequences.
  return valueOf(facts, 'packing') === true || paddingOf(facts) > 1 ? 'packed' : 'unpacked'
}

/** A comparison asks up to four times in a row for its base: most of the time of an estimate is spent here. */
let last: { readonly run: Run; readonly prepared: Prepared } | undefined

export function prepared(run: Run): Prepared {
  if (last?.run !== run) last = { run, prepared: prepare(run) }
  return last.prepared
}

/** Copied once, for most of an estimate's time would go into copies; each stage sees what those before it added. */
function completed(run: Run): RunFacts {
  const { precision, why } = assumedPrecision(run.hardware.accelerator)
  const facts: RunFacts = { ...run.facts, precision: assume(run.facts, 'precision', precision, why) }
  for (const added of [addedShape, addedTraining, addedBatch]) Object.assign(facts, added(facts))
  return facts
}

function prepare(run: Run): Prepared {
  const facts = completed(run)
  const architecture = architectureOf(facts)
  const training = trainingOf(facts)
  const parameters = mapFact(architecture, parametersOf)
  const decodes = architecture.known && architecture.value.encoder !== null
  const work = combine(
    {
      architecture,
      training,
      length: attendedLength(facts),
      decoderLength: decodes
        ? need(facts, 'decoderSeqLen', 'the decoder of an encoder–decoder has a length of its own, and nothing says it')
        : known(0),
    },
    v => {
      const terms = termsOf(v.architecture, v.training, { length: v.length, decoderLength: v.decoderLength })
      return { terms, flops: sumOf(terms) }
    },
  )
  return {
    facts,
    architecture,
    training,
    parameters,
    trainable: combine({ architecture, training, parameters }, v =>
      trainableParameters(v.architecture, v.training, v.parameters),
    ),
    work,
    tokens: tokensOf(facts, run.fragment),
    padding: paddingOf(facts),
    workload: combine({ precision: need(facts, 'precision'), architecture, training, parameters }, v => ({
      precision: v.precision,
      mixture: v.architecture.moe !== null,
      bidirectional: v.architecture.bidirectional,
      activeParameters: v.parameters.active,
      recomputesAll: v.training.recompute === 'full',
      practice: practiceOf(facts),
      accelerators: valueOf(facts, 'accelerators'),
    })),
  }
}

/** Additions that may fail; the others are assumptions, which are always known. */
const MAY_FAIL = ['headDim', 'dp', 'globalBatch'] as const satisfies readonly FactName[]

/** The completed facts; an addition that could not be made leaves what was given. */
export function shownFacts(given: RunFacts, completed: RunFacts, tokens: Fact<number>): RunFacts {
  const all: Record<string, unknown> = { ...completed }
  for (const name of MAY_FAIL) {
    if (completed[name]?.known !== false) continue
    if (given[name] === undefined) Reflect.deleteProperty(all, name)
    else all[name] = given[name]
  }
  if (tokens.known && given.totalTokens?.known !== true) all['totalTokens' satisfies FactName] = tokens
  return all
}
