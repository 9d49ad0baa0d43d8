import { combine, known, orDefault, unknown, type Fact, type Missing } from '../facts/index.ts'
import type { Run } from '../resolve/index.ts'
import { combineChecked, mapFact, need } from './architecture.ts'
import { calibrationOf } from './calibration.ts'
import { energyKwhOf } from './energy.ts'
import { memoryFact } from './memory-fact.ts'
import { prepared, shownFacts } from './prepared.ts'
import { times, usdOf } from './time-and-cost.ts'
import { timingOf } from './timing.ts'
import type { Calibration, Estimate } from './types.ts'

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
