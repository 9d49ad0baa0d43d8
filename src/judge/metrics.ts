import type { Estimate } from '../estimate/index.ts'
import { combine, known, unknown } from '../facts/index.ts'
import type { Fact, Range } from '../facts/index.ts'
import type { Currency, Metric } from '../resolve/index.ts'

/** A quantity that a rule can limit. */
export interface Measure {
  /** The unit that limits are written in. */
  readonly unit: string
  readonly of: (estimate: Estimate) => Fact<Range>
}

export const USD: Currency = { code: 'USD', perUsd: 1, date: '' }

/** Divided and not multiplied by 1/3600, so that exactly ten hours are 10 and a limit of 10 holds them. */
const hours = (seconds: number): number => seconds / 3600

function each(fact: Fact<Range>, convert: (value: number) => number): Fact<Range> {
  return combine({ fact }, ({ fact: { low, expected, high } }) => ({
    low: convert(low),
    expected: convert(expected),
    high: convert(high),
  }))
}

/** A number without a band: all three ends are the same. */
function exact(fact: Fact<number>): Fact<Range> {
  return combine({ fact }, ({ fact: value }) => ({ low: value, expected: value, high: value }))
}

/** No comparison with a number that is none may open a gate: what is not finite is unknown. */
function finite(metric: Metric, fact: Fact<Range>): Fact<Range> {
  if (!fact.known) return fact
  const { low, expected, high } = fact.value
  if ([low, expected, high].every(Number.isFinite)) return known(fact.value, ...fact.origins)
  const why = 'the estimate is out of the range of numbers'
  return unknown({ fact: metric, why, remedy: 'correct the sizes in the config', absent: false })
}

/** The one table of rule metrics: estimates count in USD, seconds and FLOPs; rules in these units. */
export function measuresIn(currency: Currency): Readonly<Record<Metric, Measure>> {
  return {
    cost: {
      unit: currency.code,
      of: e =>
        finite(
          'cost',
          each(e.usd, usd => usd * currency.perUsd),
        ),
    },
    accelerator_hours: {
      unit: 'accelerator-hours',
      of: e => finite('accelerator_hours', each(e.acceleratorSeconds, hours)),
    },
    wall_clock_hours: {
      unit: 'hours',
      of: e => finite('wall_clock_hours', each(e.wallClockSeconds, hours)),
    },
    model_flops: { unit: 'FLOPs', of: e => finite('model_flops', exact(e.flops.model)) },
    energy_kwh: { unit: 'kWh', of: e => finite('energy_kwh', e.energyKwh) },
    co2_kg: { unit: 'kg CO2', of: e => finite('co2_kg', e.co2Kg) },
  }
}
