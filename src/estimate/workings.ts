import { combine, type Fact, type RunFacts } from '../facts/index.ts'
import type { Run } from '../resolve/index.ts'
import { mapFact, type Architecture } from './architecture.ts'
import { calibrationOf } from './calibration.ts'
import { meanKeysOf } from './flops.ts'
import { layersBetween } from './layers.ts'
import { parameterRows, type ParameterRow } from './parameter-rows.ts'
import { prepared } from './prepared.ts'
import { ssmConvWidth } from './state-space.ts'
import { timingOf, type Timing } from './timing.ts'
import type { Training } from './training.ts'
import type { Calibration } from './types.ts'
import { attendedLength } from './volume.ts'

/** What an estimate leaves out of its result: the numbers between the facts and the totals, to be checked by hand. */
export interface Workings {
  /** Facts completed, before the shown ones are chosen. */
  readonly facts: RunFacts
  /** Symbols of the term formulas (docs/estimator.md §1) and their values in this run. */
  readonly symbols: Fact<Readonly<Record<string, number>>>
  readonly parameters: Fact<readonly ParameterRow[]>
  /** Real tokens of one run, with the formula as the first origin. */
  readonly tokens: Fact<number>
  readonly timing: Fact<Timing>
  readonly efficiencySource: string
}

/** The numbers behind `estimate(run, calibration)`. */
export function workingsOf(run: Run, calibration: Calibration = calibrationOf(run)): Workings {
  const ready = prepared(run)
  const decoderLength = ready.facts.decoderSeqLen
  return {
    facts: ready.facts,
    symbols: combine(
      { architecture: ready.architecture, training: ready.training, length: attendedLength(ready.facts) },
      v => symbolsOf(v.architecture, v.training, v.length, decoderLength?.known === true ? decoderLength.value : 0),
    ),
    parameters: mapFact(ready.architecture, parameterRows),
    tokens: ready.tokens,
    timing: timingOf(run, ready, calibration),
    efficiencySource: calibration.measured?.source ?? calibration.commonSource,
  }
}

function symbolsOf(
  architecture: Architecture,
  training: Training,
  length: number,
  decoderLength: number,
): Readonly<Record<string, number>> {
  const { hiddenSize: d, vocabSize: V, embeddingSize: e, numLayers, numHeads: n, headDim: h } = architecture
  const { mla, moe, ssm, efficient, encoder, numKvHeads } = architecture
  const attending = layersBetween(architecture, 0, numLayers)
  const stack = encoder === null ? length : decoderLength
  const symbols: Record<string, number> = { d, V }
  if (e !== d) symbols['e'] = e
  if (attending.attentionTotal > 0) {
    symbols['n'] = n
    if (efficient === null || efficient.kind === 'longformer') symbols['c'] = meanKeysOf(architecture, attending, stack)
    if (mla === null) Object.assign(symbols, { h, q: n * h, kv: numKvHeads * h })
    else
      Object.assign(symbols, { h_nope: mla.nope, h_rope: mla.rope, h_v: mla.v, r_q: mla.qRank ?? 0, r_kv: mla.kvRank })
  }
  if (attending.dense > 0 || encoder !== null) symbols['f'] = architecture.ffnSize
  if (moe !== null)
    Object.assign(symbols, { E: moe.experts, k: moe.expertsPerToken, f_e: moe.expertFfnSize, f_s: moe.sharedFfnSize })
  if (encoder !== null) {
    const own = encoder.numHeads !== n
    Object.assign(symbols, {
      q_enc: encoder.numHeads * h,
      kv_enc: own ? encoder.numHeads * h : numKvHeads * h,
      f_enc: encoder.ffnSize,
      s_enc: length,
      r: decoderLength / length,
    })
  }
  if (ssm !== null) {
    const { innerSize: D, state: N, groups: G, heads: H, dtRank: R, conv: width } = ssm
    const both = { D, N, width, channels: ssmConvWidth(ssm) }
    Object.assign(symbols, ssm.version === 1 ? { ...both, R } : { ...both, G, H, Q: Math.min(ssm.chunk, stack) })
  }
  if (efficient?.kind === 'lsh') {
    const { rounds, chunk, buckets } = efficient
    Object.assign(symbols, { rounds, chunk, buckets })
  }
  if (efficient?.kind === 'linformer') symbols['k_p'] = efficient.projected
  if (efficient?.kind === 'performer') symbols['m'] = efficient.features
  if (training.lora !== null) symbols['rank'] = training.lora.rank
  return symbols
}
