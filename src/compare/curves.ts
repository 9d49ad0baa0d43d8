import { estimate } from '../estimate/index.ts'
import type { Calibration } from '../estimate/index.ts'
import { FACTS, known } from '../facts/index.ts'
import type { Fact, Range } from '../facts/index.ts'
import type { Run } from '../resolve/index.ts'
import type { Curve, CurvePoint } from './types.ts'

/** From a quarter of a setting to four times it; whole steps of a doubling for devices, which come in powers of two. */
const FACTORS = {
  seqLen: [1 / 4, 3 / 8, 1 / 2, 3 / 4, 1, 3 / 2, 2, 3, 4],
  globalBatch: [1 / 4, 1 / 2, 1, 2, 4],
  gradAccum: [1 / 4, 1 / 2, 1, 2, 4],
  accelerators: [1 / 4, 1 / 2, 1, 2, 4],
} as const
type Varied = keyof typeof FACTORS

const LEAST_POINTS = 3

/**
 * What the run would cost with one setting smaller or larger and all else as it is, for the settings that people ask about:
 * sequence length, batch and number of accelerators. Left out where the setting is not a number of the run, where too few
 * points have a price, and where it changes nothing.
 *
 * @param calibration of the comparison that the run is a side of
 */
export function curvesOf(run: Run, calibration: Calibration): readonly Curve[] {
  const batch: Varied = run.facts.globalBatch?.known === true ? 'globalBatch' : 'gradAccum'
  return (['seqLen', batch, 'accelerators'] as const).flatMap(name => {
    const fact = run.facts[name]
    if (fact?.known !== true) return []
    const values = [...new Set(FACTORS[name].map(factor => Math.round(factor * fact.value)))].filter(
      value => value >= 1,
    )
    const points = values.flatMap(value => pointAt(run, name, value, calibration) ?? [])
    const costs = new Set(points.map(point => point.usd.expected))
    const times = new Set(points.map(point => point.wallClockSeconds.expected))
    return points.length < LEAST_POINTS || costs.size * times.size === 1
      ? []
      : [{ fact: FACTS[name].name, here: fact.value, points }]
  })
}

function pointAt(run: Run, name: Varied, value: number, calibration: Calibration): CurvePoint | undefined {
  const varied: Fact<number> = known(value, { kind: 'assumed', source: 'another value, for a chart' })
  const { usd, wallClockSeconds, memory } = estimate({ ...run, facts: { ...run.facts, [name]: varied } }, calibration)
  if (!usd.known || !wallClockSeconds.known || !isFinite(usd.value) || !isFinite(wallClockSeconds.value))
    return undefined
  return {
    value,
    usd: usd.value,
    wallClockSeconds: wallClockSeconds.value,
    memory: memory.known ? memory.value.verdict : 'unknown',
  }
}

const isFinite = ({ low, expected, high }: Range): boolean => [low, expected, high].every(Number.isFinite)
