import { known, type Fact, type FactName, type FactTypes, type Origin } from '../facts/index.ts'
import { valueOf } from './architecture.ts'
import { calibrationOf } from './calibration.ts'
import { estimate } from './estimate.ts'
import type { Calibration, Estimate } from './types.ts'
import { workingsOf } from './workings.ts'

export type AdviceCode =
  | 'does-not-fit'
  | 'recomputation-not-needed'
  | 'padding'
  | 'repeated-data'
  | 'tokens-per-parameter'
  | 'attention-dominates'
  | 'traffic'
  | 'idle-ranks'
  | 'pipeline-idle'

/** Something that the estimate proves about a run, and what it is worth. */
export interface Advice {
  readonly code: AdviceCode
  /** One sentence of our own words and numbers: no text of the config. */
  readonly message: string
  /** Expected dollars at stake: what following it saves, or what the run spends on it; null where the price is unknown. */
  readonly usd: number | null
  /** The setting that it is about. */
  readonly fact: FactName
  readonly at?: Origin
}

const GIB = 2 ** 30
/** Tokens per parameter of compute-optimal training: arXiv 2203.15556. */
const OPTIMAL = 20
const FAR = 8
/** Repetitions up to here are about as good as new data: arXiv 2305.16264. */
const MOST_EPOCHS = 4
const LEAST_PADDING = 1.1
const DOMINATES = 0.5
const MOST_TRAFFIC = 0.3
const MOST_BUBBLE = 0.2

/** Network of one instance, Gbit/s: the providers' pages (recalled). */
const NETWORK: readonly (readonly [instance: RegExp, gigabits: number])[] = [
  [/^p3\.16xlarge$/, 25],
  [/^p3dn\./, 100],
  [/^p4de?\./, 400],
  [/^(p5|p5e|p5en|p6-b200)\./, 3200],
  [/^p6-b300\./, 6400],
  [/^trn1\./, 800],
  [/^(trn1n|trn2)\./, 1600],
  [/^a2-/, 100],
  [/^a3-highgpu/, 800],
  [/^a3-megagpu/, 1600],
  [/^(a3-ultragpu|a4-)/, 3200],
  [/^Standard_ND40rs_v2$/i, 100],
  [/^Standard_ND\d+\w*_A100/i, 1600],
  [/^Standard_ND\d+\w*_H[12]00/i, 3200],
  [/^BM\.GPU4\.8$/, 1600],
  [/^BM\.GPU\.(A100-v2|H100|H200)/, 3200],
]

function plain(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US')
}
const percent = (share: number) => `${plain(100 * share)} %`

/** What can be proved about a run, most dollars first. */
export function adviceOn(e: Estimate, calibration: Calibration = calibrationOf(e.run)): readonly Advice[] {
  const found = [
    doesNotFit(e, calibration),
    recomputationNotNeeded(e, calibration),
    padding(e, calibration),
    repeatedData(e),
    tokensPerParameter(e),
    attentionDominates(e, calibration),
    traffic(e),
    idleRanks(e),
    pipelineIdle(e),
  ].filter(advice => advice !== undefined)
  return found.toSorted((a, b) => (b.usd ?? 0) - (a.usd ?? 0))
}

function usdOf({ usd }: Estimate): number | null {
  return usd.known ? usd.value.expected : null
}

function share(e: Estimate, part: number): number | null {
  const usd = usdOf(e)
  return usd === null ? null : usd * part
}

function place(e: Estimate, fact: FactName): Pick<Advice, 'fact' | 'at'> {
  const given: Fact<unknown> | undefined = e.run.facts[fact]
  const at = given?.known === true ? given.origins.find(origin => origin.path !== undefined) : undefined
  return at === undefined ? { fact } : { fact, at }
}

/** The same run with one fact changed, priced with the same calibration. */
function instead<K extends FactName>(e: Estimate, calibration: Calibration, name: K, value: FactTypes[K]): Estimate {
  const facts = { ...e.run.facts, [name]: known(value, { kind: 'assumed', source: 'to compare with' }) }
  return estimate({ ...e.run, facts }, calibration)
}

function difference(a: Estimate, b: Estimate): number | null {
  const [from, to] = [usdOf(a), usdOf(b)]
  return from === null || to === null ? null : from - to
}

const fits = ({ memory }: Estimate) => memory.known && memory.value.verdict === 'fits'

function doesNotFit(e: Estimate, calibration: Calibration): Advice | undefined {
  if (!e.memory.known || e.memory.value.verdict !== 'out-of-memory') return undefined
  const { bytesPerAccelerator, capacityBytes, parts } = e.memory.value
  const largest = parts[0]?.name ?? 'state'
  const need = `it needs ${plain(bytesPerAccelerator.expected / GIB)} GiB of ${plain(capacityBytes / GIB)} GiB, most of it ${largest}`
  const recomputing =
    valueOf(e.facts, 'recompute') === 'full' ? undefined : instead(e, calibration, 'recompute', 'full')
  const [whole, cost] = [usdOf(e), recomputing === undefined ? null : difference(recomputing, e)]
  const more = whole === null || cost === null ? '' : `, for ${percent(cost / whole)} more`
  const way = recomputing === undefined || !fits(recomputing) ? '' : `; with full recomputation it fits${more}`
  return {
    code: 'does-not-fit',
    message: `The run does not fit: ${need}${way}.`,
    usd: whole,
    ...place(e, 'microBatch'),
  }
}

function recomputationNotNeeded(e: Estimate, calibration: Calibration): Advice | undefined {
  const recompute = valueOf(e.facts, 'recompute')
  if (recompute === undefined || recompute === 'none') return undefined
  const less = (recompute === 'full' ? (['none', 'selective'] as const) : (['none'] as const))
    .map(name => ({ name, e: instead(e, calibration, 'recompute', name) }))
    .find(other => fits(other.e))
  if (less === undefined) return undefined
  const usd = difference(e, less.e)
  return {
    code: 'recomputation-not-needed',
    message: `Recomputation is not needed: with recompute ${less.name} the run still fits.`,
    usd,
    ...place(e, 'recompute'),
  }
}

function padding(e: Estimate, calibration: Calibration): Advice | undefined {
  const [mean, seqLen] = [valueOf(e.facts, 'meanSampleTokens'), valueOf(e.facts, 'seqLen')]
  if (valueOf(e.facts, 'packing') !== false || mean === undefined || seqLen === undefined) return undefined
  if (seqLen / mean < LEAST_PADDING) return undefined
  return {
    code: 'padding',
    message: `Of each sequence ${percent(1 - mean / seqLen)} is padding: packing the samples would not compute it.`,
    usd: difference(e, packed(e, calibration)),
    ...place(e, 'packing'),
  }
}

/** Packed, with the real tokens of the unpacked run: fewer sequences, the same data. */
function packed(e: Estimate, calibration: Calibration): Estimate {
  const runs = e.run.runs.known ? e.run.runs.value : 1
  const alike = e.tokens.known ? instead(e, calibration, 'totalTokens', e.tokens.value / runs).run : e.run
  const { steps, trainedTokens, ...facts } = alike.facts
  if (steps === undefined && trainedTokens === undefined)
    return instead({ ...e, run: alike }, calibration, 'packing', true)
  return instead({ ...e, run: { ...alike, facts } }, calibration, 'packing', true)
}

function repeatedData(e: Estimate): Advice | undefined {
  const [epochs, dataset] = [valueOf(e.facts, 'epochs'), valueOf(e.facts, 'datasetTokens')]
  const runs = e.run.runs.known ? e.run.runs.value : 1
  // Where steps say how long the run is, epochs only say what they were meant to be.
  const passes = dataset !== undefined && e.tokens.known ? e.tokens.value / runs / dataset : epochs
  if (passes === undefined || passes <= MOST_EPOCHS) return undefined
  return {
    code: 'repeated-data',
    message: `The data is passed ${plain(passes)} times; beyond four passes repeated tokens teach less and less.`,
    usd: share(e, 1 - MOST_EPOCHS / passes),
    ...place(e, epochs === undefined ? 'datasetTokens' : 'epochs'),
  }
}

function tokensPerParameter(e: Estimate): Advice | undefined {
  if (valueOf(e.facts, 'method') !== 'pretrain' || !e.tokens.known || !e.parameters.active.known) return undefined
  const runs = e.run.runs.known ? e.run.runs.value : 1
  const ratio = e.tokens.value / runs / e.parameters.active.value
  if (ratio > OPTIMAL / FAR && ratio < OPTIMAL * FAR) return undefined
  const optimal = OPTIMAL * e.parameters.active.value
  const usd = share(e, OPTIMAL / ratio)
  const total = usdOf(e)
  const cost = usd === null || total === null ? '' : `, at ${plain(usd / total)} times the cost`
  return {
    code: 'tokens-per-parameter',
    message:
      ratio < OPTIMAL
        ? `${plain(ratio)} tokens per parameter: at this compute a smaller model on more tokens learns more; 20 per parameter are ${plain(optimal / 1e9)} billion tokens${cost}.`
        : `${plain(ratio)} tokens per parameter: a larger model on fewer tokens learns more for this compute (intended where inference counts); 20 per parameter are ${plain(optimal / 1e9)} billion tokens${cost}.`,
    usd: usd === null || total === null ? null : Math.abs(total - usd),
    ...place(e, 'totalTokens'),
  }
}

function attentionDominates(e: Estimate, calibration: Calibration): Advice | undefined {
  const { timing } = workingsOf(e.run, calibration)
  if (!timing.known) return undefined
  const { linear, core, attention } = timing.value
  const part = core / attention / (linear + core / attention)
  if (part <= DOMINATES) return undefined
  return {
    code: 'attention-dominates',
    message: `${percent(part)} of the time goes into attention at this length: windows in some layers, or a shorter length for most of the run, would save a part of it.`,
    usd: share(e, part),
    ...place(e, 'seqLen'),
  }
}

/** Seconds that one optimizer step computes. */
function stepSeconds(e: Estimate): number | undefined {
  const { globalBatch, seqLen } = { globalBatch: valueOf(e.facts, 'globalBatch'), seqLen: valueOf(e.facts, 'seqLen') }
  const runs = e.run.runs.known ? e.run.runs.value : 1
  if (globalBatch === undefined || seqLen === undefined || !e.tokens.known || !e.wallClockSeconds.known)
    return undefined
  return (e.wallClockSeconds.value.expected * globalBatch * seqLen) / (e.tokens.value / runs)
}

/** Each node sends and receives all gradients once a step, in two bytes each, if nothing hides it. */
function traffic(e: Estimate): Advice | undefined {
  const { price } = e.run.hardware
  const [accelerators, dp] = [valueOf(e.facts, 'accelerators'), valueOf(e.facts, 'dp')]
  const seconds = stepSeconds(e)
  if (!price.known || accelerators === undefined || dp === undefined || dp < 2 || seconds === undefined)
    return undefined
  const { instance, acceleratorsPerInstance } = price.value
  const network = NETWORK.find(([pattern]) => instance !== undefined && pattern.test(instance))?.[1]
  if (network === undefined || accelerators <= acceleratorsPerInstance || !e.parameters.trainable.known)
    return undefined
  const bytes = (2 * 2 * e.parameters.trainable.value) / (valueOf(e.facts, 'pp') ?? 1)
  const part = bytes / ((network / 8) * 1e9) / seconds
  if (part <= MOST_TRAFFIC) return undefined
  return {
    code: 'traffic',
    message: `The gradients of one step take ${percent(part)} of its computing time on ${plain(network)} Gbit/s a node: a larger batch sends them less often.`,
    usd: share(e, Math.min(1, part)),
    ...place(e, 'globalBatch'),
  }
}

function idleRanks(e: Estimate): Advice | undefined {
  const [globalBatch, dp] = [valueOf(e.facts, 'globalBatch'), valueOf(e.facts, 'dp')]
  if (globalBatch === undefined || dp === undefined || globalBatch >= dp) return undefined
  return {
    code: 'idle-ranks',
    message: `A batch of ${plain(globalBatch)} sequences leaves ${plain(dp - globalBatch)} of ${plain(dp)} data-parallel ranks without one: the run would take ${plain(dp / globalBatch)} times the estimate.`,
    usd: share(e, dp / globalBatch - 1),
    ...place(e, 'globalBatch'),
  }
}

/** One-forward-one-backward: of m + p − 1 slots p − 1 are empty. */
function pipelineIdle(e: Estimate): Advice | undefined {
  const [globalBatch, dp] = [valueOf(e.facts, 'globalBatch'), valueOf(e.facts, 'dp')]
  const [pp, microBatch] = [valueOf(e.facts, 'pp'), valueOf(e.facts, 'microBatch')]
  if (globalBatch === undefined || dp === undefined || pp === undefined || microBatch === undefined || pp < 2)
    return undefined
  const micro = Math.max(1, globalBatch / (dp * microBatch))
  const idle = (pp - 1) / (micro + pp - 1)
  if (idle <= MOST_BUBBLE) return undefined
  return {
    code: 'pipeline-idle',
    message: `${plain(micro)} micro batches in a pipeline of ${plain(pp)} stages leave them idle for ${percent(idle)} of a step, unless they are interleaved.`,
    usd: share(e, idle),
    ...place(e, 'globalBatch'),
  }
}
