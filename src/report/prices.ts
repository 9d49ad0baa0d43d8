/** The prices that stand behind the numbers of a report, and how old they are. */
import { fig, type Sentence } from './span.ts'
import type { Report } from './types.ts'

/** Older prices are warned of. */
export const OLD_PRICE_DAYS = 180

export interface UsedPrice {
  readonly date: string
  readonly status: string
}

/** The prices in use, once each, by what is priced. */
export function pricesOf(report: Report): ReadonlyMap<string, UsedPrice> {
  const prices = new Map<string, UsedPrice>()
  for (const c of report.comparisons)
    for (const side of c.status === 'unchanged' ? [] : [c.head, c.base])
      if (side?.usd.known === true && side.run.hardware.price.known) {
        const price = side.run.hardware.price.value
        const what =
          price.instance ??
          (side.run.hardware.accelerator.known ? side.run.hardware.accelerator.value.id : side.run.hardware.name)
        prices.set(what, price)
      }
  return prices
}

/** `prices of 2025-12`, of several dates the first and the last: the day of the price itself, not of the list that holds it. */
export function priceDates(report: Report): Sentence {
  const dates = [...new Set([...pricesOf(report).values()].map(price => price.date))].sort()
  const [first] = dates
  const last = dates.at(-1)
  if (first === undefined || last === undefined) return ['no prices used']
  return first === last ? ['prices of ', fig(first)] : ['prices of ', fig(first), ' to ', fig(last)]
}
