/** The same run on other hardware. */
import type { Comparison } from '../compare/index.ts'
import type { Estimate } from '../estimate/index.ts'
import { GIB, count, duration, hours, plain } from './numbers.ts'
import type { Quantity } from './quantity.ts'
import { fig, named, type Grid, type Sentence, type Span } from './span.ts'

/** The head's run on this hardware and on others, cheapest first; undefined where none was asked for, or no time is known on any. */
export function hardwareGrid(c: Comparison, quantity: Quantity): Grid | undefined {
  const { head } = c
  if (head === null || c.alternatives.length === 0) return undefined
  // A run that names no hardware is none of those to choose from.
  const all = [...(head.run.hardware.accelerator.known ? [head] : []), ...c.alternatives]
  if (all.every(e => !e.acceleratorSeconds.known)) return undefined
  const order = (e: Estimate) => {
    const value = quantity.of(e)
    return value.known ? value.value.expected : Number.POSITIVE_INFINITY
  }
  const sorted = [...all].sort((a, b) => order(a) - order(b))
  const hoursOf = sorted.map(e => (e.acceleratorSeconds.known ? e.acceleratorSeconds.value.expected / 3600 : undefined))
  return {
    heading: [['The same run on'], ['Cost'], ['Accelerator-hours'], ['Wall-clock'], ['Memory']],
    align: ['left', 'right', 'right', 'right', 'left'],
    rows: sorted.map((e, i) => {
      const hoursHere = hoursOf[i]
      return [
        hardwareCell(e, e === head),
        e.usd.known ? [{ figure: moneyOf(quantity, e.usd.value.expected), strong: e === head }] : ['unknown'],
        hoursHere === undefined ? ['unknown'] : [fig(hours(hoursHere))],
        e.wallClockSeconds.known ? [fig(duration(e.wallClockSeconds.value.expected))] : ['unknown'],
        memoryCell(e),
      ]
    }),
  }
}

// Alternatives may have a price where the head has none, and then the report's unit is not money.
function moneyOf(quantity: Quantity, usd: number): string {
  return quantity.unit === 'usd' ? quantity.print(usd, 4) : `$${plain(usd, 4)}`
}

function hardwareCell(e: Estimate, here: boolean): Sentence {
  const { accelerator, price, name } = e.run.hardware
  const accelerators = e.facts.accelerators
  const spans: Span[] = []
  if (accelerators?.known === true) spans.push(`${count(accelerators.value)} × `)
  spans.push(named(accelerator.known ? accelerator.value.id : name))
  if (price.known) {
    const { instance, region, pricing } = price.value
    if (instance !== undefined) spans.push(', ', named(instance))
    if (region !== undefined) spans.push(', ', named(region))
    spans.push(', ', pricing === 'own' ? 'own rate' : named(pricing))
  }
  if (here) spans.push(' (this run)')
  return spans
}

/** `fits, 28.9 of 80 GiB` */
export function memoryCell(e: Estimate): Sentence {
  if (!e.memory.known) return ['unknown']
  const { bytesPerAccelerator, capacityBytes, verdict } = e.memory.value
  return [
    `${verdict.replaceAll('-', ' ')}, `,
    fig(`${plain(bytesPerAccelerator.expected / GIB, 3)} of ${plain(capacityBytes / GIB, 3)} GiB`),
  ]
}
