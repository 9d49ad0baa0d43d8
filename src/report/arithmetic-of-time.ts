import type { Estimate, Timing, Workings } from '../estimate/index.ts'
import { originsOf } from './fact-lines.ts'
import { grouped } from './figures.ts'
import { plain } from './numbers.ts'
import { band, digits, HOUR, unknownSection, type Section } from './section.ts'
import { fig, named, type Sentence } from './span.ts'

export function timeSection(e: Estimate, { timing, tokens, efficiencySource }: Workings): Section {
  const title = 'Time'
  if (!timing.known) return unknownSection('time', title, timing)
  const t = timing.value
  const lines: Sentence[] = [
    ['Dense peak: ', named(`${digits(t.peak)} FLOP/s`), ...accelerator(e)],
    ['u, matrix products: ', fig(digits(t.u.expected)), ' (', fig(band(t.u)), '), ', named(efficiencySource)],
    ['η, attention core: ', fig(digits(t.attention)), ' of u'],
    ['Matrix products per token, recomputed ones included: ', fig(digits(t.linear))],
    ['Attention core per token, recomputed one included: ', fig(digits(t.core))],
  ]
  if (tokens.known) lines.push(learningLine(t, tokens.value))
  if (t.generation.expected > 0)
    lines.push(['Generating: ', fig(digits(t.generation.expected / HOUR)), ' accelerator-hours'])
  if (t.startUp > 0)
    lines.push(['Start-up, in the high end alone: ', fig(digits(t.startUp / HOUR)), ' accelerator-hours'])
  lines.push([
    'Accelerator-hours of one run: ',
    fig(digits(t.acceleratorSeconds.expected / HOUR)),
    ' (',
    fig(band(t.acceleratorSeconds, HOUR)),
    ')',
  ])
  const { accelerators } = e.facts
  if (accelerators?.known === true && e.wallClockSeconds.known)
    lines.push([
      'Hours: ',
      named(
        `${digits(t.acceleratorSeconds.expected / HOUR)} ÷ ${grouped(accelerators.value)} accelerators = ${digits(e.wallClockSeconds.value.expected / HOUR)}`,
      ),
      ', ',
      ...originsOf(accelerators.origins),
    ])
  return { name: 'time', title, lines }
}

function accelerator(e: Estimate): Sentence {
  const fact = e.run.hardware.accelerator
  return fact.known ? [', ', named(fact.value.name), ', ', named(fact.value.source)] : []
}

function learningLine(t: Timing, tokens: number): Sentence {
  const padding = t.padding === 1 ? '' : ` × ${digits(t.padding)} padding`
  const goodput = t.goodput.expected === 1 ? '' : ` × ${digits(t.goodput.expected)} goodput`
  const rework = t.rework.expected === 1 ? '' : ` × ${digits(t.rework.expected)} rework`
  const seconds = t.acceleratorSeconds.expected - t.generation.expected
  return [
    'Learning: ',
    named(
      `(${digits(t.linear)} + ${digits(t.core)} ÷ ${digits(t.attention)}) × ${grouped(tokens)} tokens${padding} ÷ (${digits(t.peak)} × ${digits(t.u.expected)}${goodput})${rework} = ${digits(seconds)} s`,
    ),
    ' on one accelerator',
  ]
}

export function costSection(e: Estimate): Section {
  const title = 'Cost'
  const { price } = e.run.hardware
  const { accelerators } = e.facts
  if (!e.usd.known || !price.known || accelerators?.known !== true || !e.wallClockSeconds.known)
    return unknownSection('cost', title, e.usd.known ? price : e.usd)
  const { acceleratorsPerInstance, usdPerInstanceHour, date, pricing } = price.value
  const instances = Math.ceil(accelerators.value / acceleratorsPerInstance)
  const hours = e.wallClockSeconds.value.expected / HOUR
  const runs = e.run.runs.known ? e.run.runs.value : 1
  return {
    name: 'cost',
    title,
    lines: [
      [
        'Instances: ',
        named(`⌈${grouped(accelerators.value)} ÷ ${grouped(acceleratorsPerInstance)}⌉ = ${grouped(instances)}`),
      ],
      [
        'Price of an instance-hour: ',
        named(`$${usdPerInstanceHour}`),
        ', ',
        named(`${pricing}, ${date}`),
        ', ',
        ...originsOf(price.origins),
      ],
      [
        'Cost: ',
        named(
          `${grouped(instances)} × $${usdPerInstanceHour} × ${digits(hours)} hours × ${grouped(runs)} runs = $${digits(e.usd.value.expected)}`,
        ),
        ' (',
        named(`$${digits(e.usd.value.low)} – $${digits(e.usd.value.high)}`),
        ')',
      ],
    ],
  }
}

export function energySection(e: Estimate): Section {
  const title = 'Energy'
  if (!e.energyKwh.known || !e.acceleratorSeconds.known) return unknownSection('energy', title, e.energyKwh)
  const { pue, carbonKgPerKwh, accelerator: part } = e.run.hardware
  const hours = e.acceleratorSeconds.value.expected / HOUR
  const watts = part.known ? part.value.tdpWatts : null
  const overhead = pue.known ? pue.value : 1
  const factor = watts === null ? 1 : (e.energyKwh.value.expected * 1000) / (hours * watts * overhead)
  return {
    name: 'energy',
    title,
    lines: [
      [
        'Energy: ',
        named(
          `${digits(hours)} accelerator-hours × ${watts ?? '?'} W × ${plain(factor, 3)} × ${plain(overhead, 3)} PUE ÷ 1000 = ${digits(e.energyKwh.value.expected)} kWh`,
        ),
        ' (',
        fig(band(e.energyKwh.value)),
        ')',
      ],
      ...(e.co2Kg.known && carbonKgPerKwh.known
        ? [
            [
              'CO2: ',
              named(
                `${digits(e.energyKwh.value.expected)} kWh × ${plain(carbonKgPerKwh.value, 3)} kg = ${digits(e.co2Kg.value.expected)} kg`,
              ),
            ] satisfies Sentence,
          ]
        : []),
    ],
  }
}
