import type { Estimate, Workings } from '../estimate/index.ts'
import { CORE_SHAPE, type FactName } from '../facts/index.ts'
import { derivation, factLine, inNumbers, originsOf } from './fact-lines.ts'
import { grouped, whole, withNumbers } from './figures.ts'
import { GIB, plain } from './numbers.ts'
import { band, unknownSection, type Section } from './section.ts'
import { fig, named, type Sentence } from './span.ts'

export function flopsSection(e: Estimate, { symbols }: Workings): Section {
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
  ...CORE_SHAPE,
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

export function tokensSection(e: Estimate, { tokens }: Workings): Section {
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

export function parametersSection({ parameters }: Workings): Section {
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

export function memorySection(e: Estimate): Section {
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
