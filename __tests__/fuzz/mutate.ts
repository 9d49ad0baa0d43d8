import type { Random } from './random.ts'

/** Values that have upset readers of configs. */
const VALUES = [
  '0',
  '-1',
  '1',
  '2',
  '1e3',
  '1e309',
  '-1e309',
  '.inf',
  '-.inf',
  '.nan',
  'NaN',
  '0x10',
  '0o17',
  '1_000',
  '1,000',
  '9007199254740993',
  '4294967296',
  '0.1',
  '1e-320',
  '08',
  '12:30:45',
  '120M',
  '1.2T',
  '2e12T',
  '10ba',
  'auto',
  'null',
  '~',
  'true',
  'no',
  '""',
  "''",
  '[]',
  '{}',
  '[1, 2]',
  '{a: 1}',
  '*a',
  '&a 1',
  '!!int "3"',
  '!!python/object:x.Y {}',
  '|',
  '>-',
  '${oc.env:X}',
  '${a.b}',
  '${x',
  '{{x}}',
  '\u0000',
  '\u202e',
  '\u2028',
  '😀',
  '__proto__',
  'x'.repeat(300),
] as const

const LINES = [
  '__proto__: { polluted: 1 }',
  'constructor: { prototype: { a: 1 } }',
  '<<: *a',
  '<<: { num_epochs: 0.1 }',
  '---',
  '...',
  '%YAML 1.1',
  '? [a, b]',
  '- x',
  '\t x: 1',
  '# comment',
  '_base_: ../../../etc/passwd',
  '_base_: other.yaml',
  'defaults: [a, b, _self_]',
  'toString: 1',
  'hasOwnProperty: 1',
  'length: 9',
  'model: null',
  'model: {}',
  'model: []',
  'traincost: 1',
  '[model]',
  '[[model]]',
  'a.b.c = 1',
  '"num_epochs": 3,',
  '}',
  ']',
  '{',
  '[',
] as const

const NUMBER = /-?\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?/g

type Mutation = (lines: string[], random: Random, others: readonly string[]) => void

const at = (lines: readonly string[], random: Random): number => random.below(lines.length)
const line = (lines: readonly string[], i: number): string => lines[i] ?? ''

/** By the grammar of lines: values, keys, whole lines and their depth. */
const GENTLE: readonly Mutation[] = [
  // Another number in the place of one.
  (lines, random) => {
    const i = at(lines, random)
    lines[i] = line(lines, i).replace(NUMBER, found =>
      random.chance(0.7) ? String(random.pick([0.5, 2, 3, 10, 1000]) * Number(found.replaceAll('_', ''))) : found,
    )
  },
  (lines, random) => void lines.splice(at(lines, random), 1),
  (lines, random) => {
    const i = at(lines, random)
    lines.splice(at(lines, random), 0, line(lines, i))
  },
  (lines, random) => {
    const [i, j] = [at(lines, random), at(lines, random)]
    ;[lines[i], lines[j]] = [line(lines, j), line(lines, i)]
  },
  // A line of another config.
  (lines, random, others) => {
    const donor = random.pick(others).split('\n')
    lines.splice(at(lines, random), 0, random.pick(donor))
  },
]

const ROUGH: readonly Mutation[] = [
  (lines, random) => {
    const i = at(lines, random)
    lines[i] = line(lines, i).replace(/([:=]\s*).*$/, (_, start: string) => start + random.pick(VALUES))
  },
  (lines, random) => void lines.splice(at(lines, random), 0, random.pick(LINES)),
  (lines, random) => {
    const i = at(lines, random)
    lines[i] = ' '.repeat(random.below(9)) + line(lines, i).trimStart()
  },
  (lines, random) => {
    const i = at(lines, random)
    const text = line(lines, i)
    const cut = random.below(text.length + 1)
    lines[i] =
      text.slice(0, cut) +
      random.pick([...VALUES, '"', "'", ':', ',', '\r', '\u0007']) +
      text.slice(cut + random.below(3))
  },
  (lines, random) => void lines.splice(at(lines, random)),
  (lines, random) => {
    const i = at(lines, random)
    const depth = random.pick([3, 30, 150, 2000])
    lines[i] =
      `${line(lines, i).replace(/[:=].*$/, '')}: ${'['.repeat(depth)}1${random.chance(0.5) ? ']'.repeat(depth) : ''}`
  },
]

/** One to four mutations of a text, mostly gentle, so that many mutants are still configs. */
export function mutated(text: string, random: Random, others: readonly string[]): string {
  const lines = text.split('\n')
  const times = 1 + random.below(4)
  const isRough = random.chance(0.4)
  for (let i = 0; i < times && lines.length > 0; i++)
    random.pick(isRough && random.chance(0.6) ? ROUGH : GENTLE)(lines, random, others)
  return lines.join('\n')
}

/** The number that stands at a place, raised; undefined where there is none. Lines and columns count from 1. */
export function raisedAt(text: string, place: { readonly line: number }, factor: number): string | undefined {
  const lines = text.split('\n')
  const old = lines[place.line - 1]
  if (old === undefined) return undefined
  // After the key: its own digits (`d_model2`) are no value.
  const found = /^([^:=]*[:=]\s*["']?)(\d[\d_]*(?:\.\d+)?(?:[eE]\+?\d+)?)(?![\w.])(.*)$/.exec(old)
  if (found === null) return undefined
  const [, start = '', digits = '', end = ''] = found
  const value = Number(digits.replaceAll('_', ''))
  if (!Number.isFinite(value) || value <= 0) return undefined
  lines[place.line - 1] = `${start}${value * factor}${end}`
  return lines.join('\n')
}
