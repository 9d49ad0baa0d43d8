import { absent, combine, known, type Fact, type Range } from '../facts/index.ts'
import type { MeasuredOn, Run } from '../resolve/index.ts'
import { mapFact, need } from './architecture.ts'
import { calibrationOf } from './calibration.ts'
import { estimate } from './estimate.ts'
import { prepared } from './prepared.ts'
import type { Calibration } from './types.ts'
import { tokensPerStepOf } from './volume.ts'

/** A rate is the same however long the run is: any length does. */
const TOKENS = 1e9

function ofAnyLength(run: Run): Run {
  const facts = { ...run.facts }
  for (const name of ['steps', 'epochs', 'trainSamples', 'datasetTokens', 'trainedTokens'] as const)
    Reflect.deleteProperty(facts, name)
  const totalTokens = known(TOKENS, { kind: 'assumed', source: 'a rate does not depend on the length of the run' })
  return { ...run, fragment: false, facts: { ...facts, totalTokens }, runs: known(1) }
}

/** Real tokens of one optimizer step, and of one sequence of it; what turns steps and samples per second into tokens. */
export function stepTokens(run: Run): Fact<{ readonly perStep: number; readonly perSample: number }> {
  const { facts } = prepared(run)
  return combine({ perStep: tokensPerStepOf(facts), globalBatch: need(facts, 'globalBatch') }, v => ({
    perStep: v.perStep,
    perSample: v.perStep / v.globalBatch,
  }))
}

/** Tokens per second of the whole job, as the estimate has them. */
export function tokensPerSecondOf(run: Run, calibration: Calibration = calibrationOf(run)): Fact<Range> {
  return mapFact(estimate(ofAnyLength(run), calibration).wallClockSeconds, ({ low, expected, high }) => ({
    low: TOKENS / high,
    expected: TOKENS / expected,
    high: TOKENS / low,
  }))
}

/**
 * The run with a measured rate of a whole job in its profile.
 *
 * @param measuredOn the run that had this rate, where it is another one
 */
export function withRate(run: Run, tokensPerSecond: number, source: string, measuredOn?: MeasuredOn): Run {
  return {
    ...run,
    hardware: {
      ...run.hardware,
      tokensPerSecond: known(tokensPerSecond, { kind: 'profile', source }),
      measuredOn: measuredOn === undefined ? absent('measured_on') : known(measuredOn),
    },
  }
}

/** Model FLOPs ÷ (time · dense peak), of a rate of the whole job. */
export function utilizationOf(run: Run, tokensPerSecond: number): Fact<number> {
  const { flops, peakFlops } = estimate(ofAnyLength(run))
  const { facts } = prepared(run)
  return combine(
    { perToken: flops.perToken, peak: peakFlops, accelerators: need(facts, 'accelerators') },
    v => (v.perToken * tokensPerSecond) / (v.peak * v.accelerators),
  )
}
