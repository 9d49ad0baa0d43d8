import type { Range } from '../facts/index.ts'

/**
 * Electrical power of an accelerator with its share of the host, before PUE, as a multiple of its TDP.
 *
 * 1.2 (0.9–1.45) in general. H100: 76 % of a 10.2 kW node rating, 8 accelerators of 700 W (arXiv 2412.08602,
 * 2506.14551). V100 and TPU v3: measured by Patterson et al., arXiv 2104.10350 (recalled).
 */
const POWER: Range = { low: 0.9, expected: 1.2, high: 1.45 }
const MEASURED: readonly (readonly [prefix: string, factor: number])[] = [
  ['H100-SXM', 1.38],
  ['V100-SXM2', 1.1],
  ['TPU-v3', 0.69],
]

function powerFactor(acceleratorId: string): Range {
  const measured = MEASURED.find(([prefix]) => acceleratorId.startsWith(prefix))?.[1]
  if (measured === undefined) return POWER
  return {
    low: Math.min(POWER.low, measured * 0.9),
    expected: measured,
    high: Math.max(measured * 1.1, Math.min(POWER.high, measured * 1.25)),
  }
}

/**
 * Energy at the meter.
 *
 * @param acceleratorSeconds of all runs
 * @param tdpWatts of one accelerator
 * @param pue power usage effectiveness of the data center, ≥ 1
 * @returns kWh
 * @see docs/estimator.md §9
 */
export function energyKwhOf(acceleratorSeconds: Range, acceleratorId: string, tdpWatts: number, pue: number): Range {
  const factor = powerFactor(acceleratorId)
  const kwh = (seconds: number, share: number) => (seconds / 3600) * ((tdpWatts * share) / 1000) * pue
  return {
    low: kwh(acceleratorSeconds.low, factor.low),
    expected: kwh(acceleratorSeconds.expected, factor.expected),
    high: kwh(acceleratorSeconds.high, factor.high),
  }
}
