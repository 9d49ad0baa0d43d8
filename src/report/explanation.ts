/** `traincost explain`: the arithmetic of one estimate, number by number, so that it can be checked by hand. */
import type { Estimate, Timing, Workings } from '../estimate/index.ts'
import { FACTS, FACT_NAMES, factNamed, type Fact, type FactName, type Origin, type Range } from '../facts/index.ts'
import { gfm, joined, plainText, table, type SafeMarkdown } from './escape.ts'
import { grouped, whole, withNumbers } from './figures.ts'
import { plain } from './numbers.ts'
import { publishedValue } from './published.ts'
import { fig, markdownOf, named, plainly, type Grid, type Sentence } from './span.ts'
import { gridText, lineText, type TextOptions } from './text.ts'

export interface Explanation {
  readonly estimate: Estimate
  readonly workings: Workings
}

/** A part of the page. `lines` stand below the grid. */
interface Section {
  readonly name: SectionName
  readonly title: string
  readonly grid?: Grid
  readonly lines: readonly Sentence[]
}

const SECTIONS = ['flops', 'tokens', 'time', 'cost', 'parameters', 'memory', 'energy'] as const
type SectionName = (typeof SECTIONS)[number] | 'facts'

/** What can be asked for by name: a fact, or a part of the page. Undefined for anything else. */
export function explainable(topic: string): FactName | SectionName | undefined {
  const section = [...SECTIONS, 'facts' as const].find(name => name === topic)
  return section ?? factNamed(topic)
}

export const EXPLAINABLE_SECTIONS: readonly string[] = SECTIONS

export function renderExplanation(
  explanation: Explanation,
  format: 'markdown' | 'text' | 'json',
  topic?: FactName | SectionName,
  options: TextOptions = { columns: 100, color: false },
): string {
  const all = sectionsOf(explanation)
  const isSection = topic !== undefined && all.some(section => section.name === topic)
  const sections =
    topic === undefined
      ? all
      : isSection
        ? all.filter(section => section.name === topic)
        : // What is not a section is a fact.
          [factSection(explanation, topic as FactName)]
  switch (format) {
    case 'json':
      return `${JSON.stringify(json(explanation, sections), null, 2)}\n`
    case 'markdown':
      return markdown(explanation.estimate.run.path, sections)
    case 'text':
      // A page of arithmetic is not cut: a row that is too long for the terminal wraps there.
      return `${sections.map(section => sectionText(section, { ...options, columns: 10_000 })).join('\n\n')}\n`
  }
}

/** The page as texts, and the summands of its three sums as numbers. */
function json({ estimate: e, workings }: Explanation, sections: readonly Section[]): unknown {
  return {
    version: 1,
    path: e.run.path,
    sections: sections.map(sectionJson),
    terms: e.flops.terms.known ? e.flops.terms.value : null,
    parameters: workings.parameters.known ? workings.parameters.value : null,
    memory: e.memory.known ? e.memory.value.parts : null,
  }
}

function sectionJson({ name, title, grid, lines }: Section): unknown {
  const texts = (row: readonly Sentence[]) => row.map(plainly)
  return {
    name,
    title,
    ...(grid === undefined ? {} : { columns: texts(grid.heading), rows: grid.rows.map(texts) }),
    lines: lines.map(plainly),
  }
}

function markdown(path: string, sections: readonly Section[]): string {
  const parts: SafeMarkdown[] = [gfm`## ${markdownOf([named(path)], null)}`]
  const cells = (row: readonly Sentence[]) => row.map(cell => markdownOf(cell, null))
  for (const { title, grid, lines } of sections) {
    parts.push(gfm`### ${markdownOf([title], null)}`)
    if (grid !== undefined) parts.push(table(cells(grid.heading), grid.align, grid.rows.map(cells)))
    if (lines.length > 0)
      parts.push(
        joined(
          lines.map(line => gfm`- ${markdownOf(line, null)}`),
          '\n',
        ),
      )
  }
  return `${joined(parts, '\n\n')}\n`
}

function sectionText({ title, grid, lines }: Section, options: TextOptions): string {
  return [
    plainText(title),
    ...(grid === undefined ? [] : [gridText(grid, options)]),
    ...lines.map(line => `  ${lineText(line)}`),
  ].join('\n')
}

function sectionsOf({ estimate, workings }: Explanation): readonly Section[] {
  return [
    flopsSection(estimate, workings),
    tokensSection(estimate, workings),
    timeSection(estimate, workings),
    costSection(estimate),
    parametersSection(workings),
    memorySection(estimate),
    energySection(estimate),
    factsSection(estimate),
  ]
}

function lacks(fact: Fact<unknown>): readonly Sentence[] {
  return fact.known
    ? []
    : fact.missing.map(m => [named(m.fact), ' is unknown: ', named(m.why), '. To supply it: ', named(m.remedy)])
}

const unknownSection = (name: SectionName, title: string, fact: Fact<unknown>): Section => ({
  name,
  title,
  lines: lacks(fact),
})

function flopsSection(e: Estimate, { symbols }: Workings): Section {
  const title = 'FLOPs of one token'
  const { terms, perToken } = e.flops
  if (!terms.known || !perToken.known) return unknownSection('flops', title, terms)
  const totals = whole(terms.value.map(t => t.forwardFlopsPerToken * t.multiplier))
  const again = whole(terms.value.map(t => t.forwardFlopsPerToken * t.recomputed))
  const share = (value: number) => `${(100 * (value / totals.sum)).toFixed(1)} %`
  const formulas = terms.value.map((term, i): Sentence => {
    const numbers = symbols.known ? withNumbers(term.formula, symbols.value) : undefined
    const times = term.times === 1 ? '' : `${grouped(term.times)} × `
    const sum = `${times}[${numbers ?? term.formula}]`
    return [
      named(term.name),
      ': ',
      named(`${term.formula} → ${sum} = ${grouped(term.forwardFlopsPerToken)}`),
      ' forward, ',
      fig(`× ${plain(term.multiplier)}`),
      ' = ',
      fig(totals.parts[i] ?? ''),
    ]
  })
  return {
    name: 'flops',
    title,
    grid: {
      heading: [['Term'], ['Forward'], ['Multiplier'], ['Forward and backward'], ['Share'], ['Recomputed']],
      align: ['left', 'right', 'right', 'right', 'right', 'right'],
      rows: [
        ...terms.value.map((term, i): Sentence[] => [
          [named(term.name)],
          [fig(grouped(term.forwardFlopsPerToken))],
          [fig(`× ${plain(term.multiplier)}`)],
          [fig(totals.parts[i] ?? '')],
          [fig(share(term.forwardFlopsPerToken * term.multiplier))],
          [fig(again.parts[i] ?? '')],
        ]),
        [
          ['Total'],
          [''],
          [''],
          [{ figure: totals.total, strong: true }],
          [fig('100 %')],
          [{ figure: again.total, strong: true }],
        ],
      ],
    },
    lines: [
      ...formulas,
      ...(symbols.known
        ? [
            [
              'Symbols: ',
              named(
                Object.entries(symbols.value)
                  .map(([symbol, value]) => `${symbol} = ${grouped(value)}`)
                  .join(', '),
              ),
            ] satisfies Sentence,
          ]
        : []),
      ...shapeLines(e),
    ],
  }
}

/** Facts that the symbols come from, with their lines. */
const SHAPE: readonly FactName[] = [
  'hiddenSize',
  'numLayers',
  'numHeads',
  'numKvHeads',
  'headDim',
  'ffnSize',
  'gated',
  'vocabSize',
  'experts',
  'expertsPerToken',
  'expertFfnSize',
  'sharedExperts',
  'firstDenseLayers',
  'moeEvery',
  'mla',
  'ssm',
  'layerWindows',
  'attention',
  'encoder',
  'mtpLayers',
  'bidirectional',
  'seqLen',
  'decoderSeqLen',
  'meanSampleTokens',
  'method',
  'trainable',
  'recompute',
  'loraRank',
  'loraTargets',
]

function shapeLines(e: Estimate): readonly Sentence[] {
  return SHAPE.flatMap((name): Sentence[] => {
    const fact = e.facts[name]
    return fact?.known === true ? [factLine(name, fact)] : []
  })
}

function factLine(name: FactName, fact: Fact<unknown>): Sentence {
  return fact.known
    ? [named(FACTS[name].name), ' = ', named(valueText(name, fact.value)), ' from ', ...originsOf(fact.origins)]
    : (lacks(fact)[0] ?? [named(FACTS[name].name), ' is unknown'])
}

function originsOf(origins: readonly Origin[]): Sentence {
  const texts = origins.map(origin => {
    const at = origin.path === undefined ? '' : ` ${origin.path}${origin.line === undefined ? '' : `:${origin.line}`}`
    return `${origin.kind}${at}${origin.source === undefined ? '' : ` (${origin.source})`}`
  })
  return texts.flatMap((text, i): Sentence => (i === 0 ? [named(text)] : [', ', named(text)]))
}

function valueText(name: FactName, value: unknown): string {
  if (typeof value === 'number') return grouped(value)
  return typeof value === 'string' ? value : JSON.stringify(publishedValue(name, value))
}

function tokensSection(e: Estimate, { tokens }: Workings): Section {
  const title = 'Tokens and FLOPs of the run'
  if (!tokens.known) return unknownSection('tokens', title, tokens)
  const formula = tokens.origins.find(origin => origin.kind === 'derived')?.source ?? 'total_tokens'
  const lines: Sentence[] = [
    ['Tokens of one run: ', named(`${formula} → ${inNumbers(formula, e)} = ${grouped(tokens.value)}`)],
    ...derivation(e, formula, new Set()),
  ]
  const { runs } = e.run
  const multiple = runs.known ? runs.value : 1
  if (runs.known) lines.push(['Runs: ', fig(grouped(multiple)), ', ', ...originsOf(runs.origins)])
  const { perToken, model, hardware } = e.flops
  if (perToken.known && model.known)
    lines.push([
      'Model FLOPs: ',
      named(
        `${grouped(Math.round(perToken.value))} × ${grouped(tokens.value)} × ${grouped(multiple)} = ${plain(model.value, 7)}`,
      ),
    ])
  if (hardware.known) lines.push(['With what is recomputed and padded: ', named(plain(hardware.value, 7))])
  if (e.sixNdRatio.known)
    lines.push(['Check: ', named('6·N_active·D'), ' is ', fig(plain(e.sixNdRatio.value, 3)), ' of it'])
  return { name: 'tokens', title, lines }
}

/** Degrees of parallelism that nobody gives are 1. */
const DEGREES: ReadonlySet<FactName> = new Set<FactName>(['tp', 'pp', 'cp', 'ep'])

function namesIn(formula: string): readonly FactName[] {
  return [...formula.matchAll(/[a-z][a-z_]*(?:\.[a-z_]+)?/g)].flatMap(([word]) => factNamed(word) ?? [])
}

function inNumbers(formula: string, { facts }: Estimate): string {
  return formula.replace(/[a-z][a-z_]*(?:\.[a-z_]+)?/g, word => {
    const name = factNamed(word)
    if (name === undefined) return word
    const fact: Fact<unknown> | undefined = facts[name]
    if (fact?.known === true && typeof fact.value === 'number') return grouped(fact.value)
    return DEGREES.has(name) ? '1' : word
  })
}

/** Where each input of a formula comes from; derived inputs with their own formula, down to what was given. */
function derivation(e: Estimate, formula: string, seen: Set<FactName>): readonly Sentence[] {
  return namesIn(formula).flatMap((name): readonly Sentence[] => {
    if (seen.has(name)) return []
    seen.add(name)
    const fact: Fact<unknown> | undefined = e.facts[name]
    if (fact === undefined) return DEGREES.has(name) ? [[named(FACTS[name].name), ' = ', fig('1'), ', not given']] : []
    if (!fact.known) return lacks(fact)
    const inner = fact.origins.find(origin => origin.kind === 'derived')?.source
    if (inner === undefined || namesIn(inner).length === 0) return [factLine(name, fact)]
    return [
      [named(FACTS[name].name), ' = ', named(`${inner} → ${inNumbers(inner, e)} = ${valueText(name, fact.value)}`)],
      ...derivation(e, inner, seen),
    ]
  })
}

/** One fact: its value, where it comes from, and what that was computed from. */
function factSection({ estimate: e }: Explanation, name: FactName): Section {
  const fact: Fact<unknown> | undefined = e.facts[name]
  const title = `The fact ${FACTS[name].name}`
  if (fact === undefined) return { name: 'facts', title, lines: [[named(FACTS[name].name), ' is not given anywhere']] }
  if (!fact.known) return unknownSection('facts', title, fact)
  const formula = fact.origins.find(origin => origin.kind === 'derived')?.source
  return {
    name: 'facts',
    title,
    lines: [
      factLine(name, fact),
      ...(formula === undefined || namesIn(formula).length === 0
        ? []
        : ([
            [named(`${formula} → ${inNumbers(formula, e)}`)],
            ...derivation(e, formula, new Set([name])),
          ] satisfies Sentence[])),
    ],
  }
}

function factsSection(e: Estimate): Section {
  return {
    name: 'facts',
    title: 'Facts',
    lines: FACT_NAMES.flatMap((name): Sentence[] => {
      const fact: Fact<unknown> | undefined = e.facts[name]
      return fact?.known === true ? [factLine(name, fact)] : []
    }),
  }
}

const SIX_DIGITS = 6
const digits = (value: number) => plain(value, SIX_DIGITS)
const band = ({ low, high }: Range, unit = 1) => `${digits(low / unit)} – ${digits(high / unit)}`
const HOUR = 3600

function timeSection(e: Estimate, { timing, tokens, efficiencySource }: Workings): Section {
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

function costSection(e: Estimate): Section {
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

function parametersSection({ parameters }: Workings): Section {
  const title = 'Parameters'
  if (!parameters.known) return unknownSection('parameters', title, parameters)
  const total = parameters.value.reduce((sum, row) => sum + row.each * row.times, 0)
  return {
    name: 'parameters',
    title,
    grid: {
      heading: [['Weights'], ['Shape'], ['Each'], ['Layers'], ['Parameters']],
      align: ['left', 'left', 'right', 'right', 'right'],
      rows: [
        ...parameters.value.map((row): Sentence[] => [
          [named(row.name)],
          row.shape === '' ? [''] : [named(row.shape)],
          [fig(grouped(row.each))],
          [fig(grouped(row.times))],
          [fig(grouped(row.each * row.times))],
        ]),
        [['Total'], [''], [''], [''], [{ figure: grouped(total), strong: true }]],
      ],
    },
    lines: [],
  }
}

const GIB = 1024 ** 3

function memorySection(e: Estimate): Section {
  const title = 'Memory of the fullest accelerator'
  if (!e.memory.known) return unknownSection('memory', title, e.memory)
  const { parts, bytesPerAccelerator, capacityBytes, verdict } = e.memory.value
  const bytes = whole(parts.map(part => part.bytes))
  return {
    name: 'memory',
    title,
    grid: {
      heading: [['Part'], ['Bytes'], ['GiB']],
      align: ['left', 'right', 'right'],
      rows: [
        ...parts.map((part, i): Sentence[] => [
          [part.name],
          [fig(bytes.parts[i] ?? '')],
          [fig(plain(part.bytes / GIB, 3))],
        ]),
        [['Total'], [{ figure: bytes.total, strong: true }], [fig(plain(bytesPerAccelerator.expected / GIB, 3))]],
      ],
    },
    lines: [
      [
        `${verdict.replaceAll('-', ' ')}: `,
        fig(`${plain(bytesPerAccelerator.expected / GIB, 3)} of ${plain(capacityBytes / GIB, 3)} GiB`),
        ', band ',
        fig(band(bytesPerAccelerator, GIB)),
      ],
    ],
  }
}

function energySection(e: Estimate): Section {
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
