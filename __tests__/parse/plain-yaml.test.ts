import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { DEFAULT_LIMITS, parse } from '../../src/parse/index.ts'
import { readPlainYaml } from '../../src/parse/plain-yaml.ts'
import { parseAnyYaml } from '../../src/parse/yaml.ts'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..')

const filesUnder = (folder: string): readonly string[] =>
  readdirSync(folder).flatMap(name => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesUnder(path) : /\.ya?ml$/.test(name) ? [path] : []
  })
const texts = ['__tests__/fixtures', 'examples', '.github']
  .flatMap(folder => filesUnder(join(ROOT, folder)))
  .map(path => readFileSync(path, 'utf8'))

const byLibrary = (text: string) => parseAnyYaml('c.yaml', text, DEFAULT_LIMITS)
const asTree = (text: string) => ({ path: 'c.yaml', syntax: 'yaml', documents: [readPlainYaml(text)], problems: [] })

it('reads most configs, and each as the YAML library does, places and all', () => {
  const plain = texts.filter(text => readPlainYaml(text) !== undefined)
  expect(texts.length).toBeGreaterThan(30)
  expect(plain.length / texts.length).toBeGreaterThan(0.8)
  for (const text of plain) expect(asTree(text)).toEqual(byLibrary(text))
})

/** Pieces that change what YAML means, to be put into real configs. */
const PIECES = [
  ...[' ', '  ', '\n', '\n  ', ':', ': ', '- ', '-', '#', ' #', '"', "'", '[', ']', '{', '}', ',', '\\', '\\n', '\t'],
  ...['&a ', '*a', '!x ', '|', '>', '%', '@', '`', '?', '? ', '~', '---\n', '...\n', '<<: ', '\u00a0', 'é', '\u2028'],
  ...['null', '0x1', '0o7', '1e5', '.inf', '.5', '1.', '-0', '+1', '1_0', '01', 'on', '9007199254740993', '""', "''"],
  ...['[a, b]', '{a: 1}', 'a: b: c', '[a, b,]', '{"a":1}'],
]

it('reads a config that was cut and changed anywhere as the YAML library does, or leaves it to the library', () => {
  let plain = 0
  const cut = fc.record({
    text: fc.constantFrom(...texts),
    from: fc.nat(2000),
    length: fc.integer({ min: 10, max: 400 }),
    edits: fc.array(fc.record({ at: fc.nat(400), drop: fc.nat(2), piece: fc.constantFrom('', ...PIECES) }), {
      maxLength: 4,
    }),
  })
  fc.assert(
    fc.property(cut, ({ text, from, length, edits }) => {
      const start = text.lastIndexOf('\n', from % text.length) + 1
      const changed = edits.reduce(
        (all, { at, drop, piece }) => all.slice(0, at) + piece + all.slice(at + drop),
        text.slice(start, start + length),
      )
      if (readPlainYaml(changed) === undefined) return
      plain += 1
      expect(asTree(changed)).toEqual(byLibrary(changed))
    }),
    { numRuns: 3000 },
  )
  expect(plain).toBeGreaterThan(300)
})

it.each([
  ['an anchor', 'a: &x 1\nb: *x'],
  ['a tag', 'a: !!str 1'],
  ['a block text', 'a: |\n  text'],
  ['a text of two lines', 'a: one\n  two'],
  ['a merge', 'a: {}\n<<: {b: 1}\nb: *x'],
  ['two documents', 'a: 1\n---\nb: 2'],
  ['a directive', '%YAML 1.2\n---\na: 1'],
  ['a key given twice', 'a: 1\na: 2'],
  ['a tab', 'a:\t1'],
  ['a rare escape', 'a: "\\x41"'],
  ['a key of a later column', 'a: 1\n  b: 2'],
  ['a bracket that is not closed', 'a: [1, 2'],
  ['a nest of more levels than any config has', `${'['.repeat(41)}${']'.repeat(41)}`],
  ['nothing', ''],
])('leaves %s to the library', (_, text) => {
  expect(readPlainYaml(text)).toBeUndefined()
  expect(parse('c.yaml', text)).toEqual(byLibrary(text))
})

it('knows where every key and value stands', () => {
  const [document] = parse('c.yaml', 'a:\n  - b: 1e-4 # rate\n    c: [x, "y"]\n').documents
  expect(document).toEqual({
    is: 'map',
    at: { line: 1, column: 1 },
    entries: new Map([
      [
        'a',
        {
          keyAt: { line: 1, column: 1 },
          value: {
            is: 'list',
            at: { line: 2, column: 3 },
            items: [
              {
                is: 'map',
                at: { line: 2, column: 5 },
                entries: new Map([
                  [
                    'b',
                    {
                      keyAt: { line: 2, column: 5 },
                      value: { is: 'scalar', value: 0.0001, at: { line: 2, column: 8 } },
                    },
                  ],
                  [
                    'c',
                    {
                      keyAt: { line: 3, column: 5 },
                      value: {
                        is: 'list',
                        at: { line: 3, column: 8 },
                        items: [
                          { is: 'scalar', value: 'x', at: { line: 3, column: 9 } },
                          { is: 'scalar', value: 'y', at: { line: 3, column: 12 } },
                        ],
                      },
                    },
                  ],
                ]),
              },
            ],
          },
        },
      ],
    ]),
  })
})
