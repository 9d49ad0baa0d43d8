import { combine, known, orDefault, unknown, type Fact, type Missing, type Range } from '../facts/index.ts'
import type { Run } from '../resolve/index.ts'
import { combineChecked, mapFact, need, valueOf } from './architecture.ts'
import { calibrationOf, efficiencyOf, weightedFlops } from './calibration.ts'
import { ownEfficiency, peakOf } from './efficiency.ts'
import { energyKwhOf } from './energy.ts'
import type { FlopsPerToken } from './flops.ts'
import { memoryFact } from './memory-fact.ts'
import { prepared, shownFacts, type Prepared } from './prepared.ts'
import { acceleratorSecondsOf, generationSeconds, startUpSeconds, sum, times, usdOf } from './time-and-cost.ts'
import type { Calibration, Estimate, Term } from './types.ts'

/** The work that runs at training speed: without the forward pass that generates, which waits for memory instead. */
function trainingFlops(flops: FlopsPerToken, terms: readonly Term[], generated: number): FlopsPerToken {
  if (generated === 0) return flops
  let { linear, core } = flops
  for (const { kind, forwardFlopsPerToken } of terms)
    if (kind === 'linear') linear -= generated * forwardFlopsPerToken
    else core -= generated * forwardFlopsPerToken
  return { ...flops, linear, core }
}

/** Accelerator-seconds of one run spent on generating; zero where nothing is generated. */
function generationOf(run: Run, { facts, training, parameters, tokens }: Prepared): Fact<Range> {
  if (!training.known || training.value.passes.generated === 0) return known({ low: 0, expected: 0, high: 0 })
  return combineChecked(
    {
      parameters,
      tokens,
      accelerator: run.hardware.accelerator,
      accelerators: need(facts, 'accelerators'),
      globalBatch: need(facts, 'globalBatch'),
      seqLen: need(facts, 'seqLen'),
      completionTokens: need(facts, 'completionTokens', 'nothing says how many tokens a completion has'),
    },
    v => {
      if (v.accelerator.memoryBytesPerSecond === null)
        return unknown({
          fact: 'accelerator',
          why: `the memory bandwidth of ${v.accelerator.name}, which generation waits for, is not published`,
          remedy: 'choose an accelerator with a known memory bandwidth',
          absent: false,
        })
      const group = (valueOf(facts, 'tp') ?? 1) * (valueOf(facts, 'pp') ?? 1)
      const steps = v.tokens / (v.globalBatch * v.seqLen)
      const seconds = generationSeconds(
        steps,
        v.completionTokens,
        2 * v.parameters.total,
        group * v.accelerator.memoryBytesPerSecond,
      )
      return known(times(seconds, v.accelerators))
    },
  )
}

interface Timing {
  readonly u: Range
  readonly peak: number
  /** Accelerator-seconds of one run. */
  readonly acceleratorSeconds: Range
}

function timingOf(run: Run, ready: Prepared, calibration: Calibration): Fact<Timing> {
  if (calibration.refused !== undefined) return unknown(calibration.refused)
  const { price, accelerator } = run.hardware
  const pricing = price.known ? price.value.pricing : undefined
  return combineChecked(
    {
      accelerator,
      work: ready.work,
      training: ready.training,
      tokens: ready.tokens,
      workload: ready.workload,
      generation: generationOf(run, ready),
    },
    v => {
      const peak = peakOf(v.accelerator, v.workload.precision)
      if (typeof peak !== 'number') return unknown(peak)
      const own = ownEfficiency(v.accelerator, v.workload)
      const { u, goodput } = efficiencyOf(v.workload, own, calibration)
      const flops = trainingFlops(v.work.flops, v.work.terms, v.training.passes.generated)
      const weighted = weightedFlops(flops, own.attention) * v.tokens * ready.padding
      const learning = acceleratorSecondsOf(weighted, peak, u, goodput, pricing)
      const start = v.workload.accelerators
      const startUp =
        start === undefined
          ? 0
          : start *
            startUpSeconds(
              start,
              price.known ? price.value.acceleratorsPerInstance : 8,
              v.accelerator.id.startsWith('TPU'),
            )
      const total = sum(learning, v.generation)
      return known({ u, peak, acceleratorSeconds: { ...total, high: total.high + startUp } })
    },
  )
}

/** Everything that lacks for a price, each fact once. */
function missingOf(facts: readonly Fact<unknown>[]): readonly Missing[] {
  const all: Missing[] = []
  for (const fact of facts)
    if (!fact.known) for (const lack of fact.missing) if (!all.some(m => m.fact === lack.fact)) all.push(lack)
  return all
}

/** 6·N·D counts the embedding table unless it is the head as well: of the two only a head multiplies. */
const SIX = 6

/**
 * Parameters, FLOPs, memory, time, cost and energy of one run.
 *
 * @param calibration of the comparison that the run is a side of; its own where it stands alone
 * @see docs/estimator.md
 */
export function estimate(run: Run, calibration: Calibration = calibrationOf(run)): Estimate {
  const ready = prepared(run)
  const { facts, parameters, work, tokens, padding } = ready
  const { hardware } = run
  const runs = orDefault(run.runs, 1, 'not given: one run', 'assumed')
  const timing = timingOf(run, ready, calibration)
  const accelerators = need(facts, 'accelerators', 'nothing says how many accelerators the run uses')
  const perRun = mapFact(timing, v => v.acceleratorSeconds)
  const wallClockSeconds = combine({ perRun, accelerators }, v => times(v.perRun, 1 / v.accelerators))
  const acceleratorSeconds = combine({ perRun, runs }, v => times(v.perRun, v.runs))
  const usd = combine({ wallClockSeconds, accelerators, price: hardware.price, runs }, v =>
    usdOf(v.wallClockSeconds, v.accelerators, v.price, v.runs),
  )
  const energyKwh = combineChecked({ acceleratorSeconds, accelerator: hardware.accelerator, pue: hardware.pue }, v =>
    v.accelerator.tdpWatts === null
      ? unknown({
          fact: 'accelerator',
          why: `the power of ${v.accelerator.name} is not published`,
          remedy: 'choose an accelerator with a known power',
          absent: false,
        })
      : known(energyKwhOf(v.acceleratorSeconds, v.accelerator.id, v.accelerator.tdpWatts, v.pue)),
  )
  const flopsOf = mapFact(work, ({ flops: { linear, core, recomputedLinear, recomputedCore } }) => {
    return { model: linear + core, hardware: linear + core + recomputedLinear + recomputedCore }
  })
  const allTokens = combine({ tokens, runs }, v => v.tokens * v.runs)
  const perToken = mapFact(flopsOf, v => v.model)
  return {
    run,
    facts: shownFacts(run.facts, facts, tokens),
    parameters: {
      total: mapFact(parameters, v => v.total),
      active: mapFact(parameters, v => v.active),
      trainable: ready.trainable,
    },
    tokens: allTokens,
    flops: {
      perToken,
      model: combine({ perToken, allTokens }, v => v.perToken * v.allTokens),
      hardware: combine({ flopsOf, allTokens }, v => v.flopsOf.hardware * v.allTokens * padding),
      terms: mapFact(work, v => v.terms),
    },
    matrixEfficiency: mapFact(timing, v => v.u),
    peakFlops: mapFact(timing, v => v.peak),
    acceleratorSeconds,
    wallClockSeconds,
    usd,
    energyKwh,
    co2Kg: combine({ energyKwh, carbon: hardware.carbonKgPerKwh }, v => times(v.energyKwh, v.carbon)),
    memory: memoryFact(run, ready),
    sixNdRatio: combine({ parameters, perToken }, v => (SIX * v.parameters.active) / v.perToken),
    unknown: missingOf([parameters, perToken, tokens, acceleratorSeconds, wallClockSeconds, usd]),
  }
}
