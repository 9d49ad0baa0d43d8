import { combine, known, type Fact, type Range } from '../facts/index.ts'
import { sum } from './time-and-cost.ts'
import type { Estimate } from './types.ts'

/** What several trainings cost together, each with its `runs`. Wall-clock time and memory have no sum. */
export interface ProjectTotal {
  readonly tokens: Fact<number>
  readonly modelFlops: Fact<number>
  readonly acceleratorSeconds: Fact<Range>
  readonly usd: Fact<Range>
  readonly energyKwh: Fact<Range>
  readonly co2Kg: Fact<Range>
}

/** One of them unknown makes the sum unknown, and says what lacks. The low end is all low ends, the high end all high ones. */
export function projectTotal(estimates: readonly Estimate[]): ProjectTotal {
  const numbers = (of: (e: Estimate) => Fact<number>) =>
    estimates.map(of).reduce((all, one) => combine({ all, one }, v => v.all + v.one), known(0))
  const ranges = (of: (e: Estimate) => Fact<Range>) =>
    estimates
      .map(of)
      .reduce((all, one) => combine({ all, one }, v => sum(v.all, v.one)), known({ low: 0, expected: 0, high: 0 }))
  return {
    tokens: numbers(e => e.tokens),
    modelFlops: numbers(e => e.flops.model),
    acceleratorSeconds: ranges(e => e.acceleratorSeconds),
    usd: ranges(e => e.usd),
    energyKwh: ranges(e => e.energyKwh),
    co2Kg: ranges(e => e.co2Kg),
  }
}
