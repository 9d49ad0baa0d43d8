import fc from 'fast-check'
import { DEFAULT_LIMITS, parse, type Node } from '../../src/parse/index.ts'

const KIB = 1024
const NAMES = ['c.yaml', 'c.json', 'c.toml'] as const

/** Parses within a bound that leaves room for a slow shared machine; quadratic behavior exceeds it by far. */
function parsedWithin(seconds: number, path: string, text: string) {
  const start = performance.now()
  const parsed = parse(path, text)
  expect((performance.now() - start) / 1000).toBeLessThan(seconds)
  return parsed
}
const codes = (path: string, text: string) => parse(path, text).problems.map(p => p.code)

function levels(node: Node): number {
  if (node.is === 'map') return 1 + Math.max(0, ...[...node.entries.values()].map(e => levels(e.value)))
  if (node.is === 'list') return 1 + Math.max(0, ...node.items.map(levels))
  return 1
}

describe('hostile files end fast, with a problem and without documents', () => {
  it('refuses a billion laughs', () => {
    const lines = ['a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]']
    for (let i = 1; i < 30; i += 1)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      )
    const parsed = parsedWithin(1, 'c.yaml', lines.join('\n'))
    expect(parsed.problems.map(p => p.code)).toEqual(['alias-bomb'])
    expect(parsed.documents).toEqual([])
  })
  it('refuses a bomb of merge keys', () => {
    const lines = [`m0: &m0 {${Array.from({ length: 3000 }, (_, i) => `k${i}: 1`).join(', ')}}`]
    for (let i = 1; i < 900; i += 1) lines.push(`m${i}:\n  <<: *m0\n  x: 1`)
    // 200,000 copied entries are 66 of these merges: the reading ends there, long before the last one.
    expect(parsedWithin(10, 'c.yaml', lines.join('\n')).problems).toMatchObject([
      { code: 'alias-bomb', at: { line: 201 } },
    ])
  })
  it('caps aliases', () => {
    expect(codes('c.yaml', `a: &a 1\nb: [${Array(1001).fill('*a').join(', ')}]`)).toEqual(['too-many-aliases'])
    expect(codes('c.yaml', `a: &a 1\nb: [${Array(1000).fill('*a').join(', ')}]`)).toEqual([])
  })
  it('refuses an alias of itself', () => {
    expect(codes('c.yaml', 'a: &a [*a]')).toEqual(['unresolved-alias'])
    expect(codes('c.yaml', 'a: *nowhere')).toEqual(['unresolved-alias'])
  })
  it.each([
    ['c.yaml', '['.repeat(100_000)],
    ['c.yaml', '{a: '.repeat(50_000)],
    ['c.yaml', '- '.repeat(50_000)],
    ['c.yaml', '? '.repeat(50_000)],
    ['c.yaml', Array.from({ length: 400 }, (_, i) => `${' '.repeat(i)}k:`).join('\n')],
    ['c.yaml', `${'['.repeat(200)}${']'.repeat(200)}`],
    ['c.json', '['.repeat(500_000)],
    ['c.json', '{"a":'.repeat(100_000)],
    ['c.toml', `a = ${'['.repeat(100_000)}`],
    ['c.toml', `a = ${'{a='.repeat(50_000)}`],
    ['c.toml', `[${Array(2000).fill('a').join('.')}]`],
  ])('refuses what is nested too deep: %s %#', (path, text) => {
    const parsed = parsedWithin(6, path, text)
    expect(parsed.problems.length).toBeGreaterThan(0)
    expect(parsed.documents).toEqual([])
  })
  it('reads 500 KiB of flat keys and checks duplicates in linear time', () => {
    const lines = Array.from({ length: 40_000 }, (_, i) => `key_${i}: ${i}`)
    const yaml = parsedWithin(8, 'c.yaml', lines.join('\n'))
    expect(yaml.documents).toHaveLength(1)
    const json = parsedWithin(4, 'c.json', `{${lines.map(l => `"${l.replace(': ', '": ')}`).join(',')}}`)
    expect(json.documents).toHaveLength(1)
    expect(parsedWithin(8, 'c.yaml', [...lines, 'key_7: 1'].join('\n')).problems).toMatchObject([
      { code: 'duplicate-key', severity: 'warning', at: { line: 40_001, column: 1 } },
    ])
  })
  it.each([
    ['c.yaml', 'a: 1\nb: 2\na: 3'],
    ['c.json', '{"a": 1,\n"b": 2,\n"a": 3}'],
  ])('takes the last of two values of one key, as Python does, and names both lines: %s', (path, text) => {
    const { documents, problems } = parse(path, text)
    const entries = documents[0]?.is === 'map' ? documents[0].entries : new Map()
    expect(entries.get('a')).toMatchObject({ keyAt: { line: 3 }, value: { value: 3 } })
    expect(problems).toMatchObject([{ code: 'duplicate-key', severity: 'warning', at: { line: 3 } }])
    expect(problems[0]?.message).toMatch(/line 3 counts, line 1 does not/)
  })
  it.each(['a: 1\nb: 2\na: 3', '{"a": 1,\n"b": 2,\n"a": 3}'])(
    'refuses two values of one key where the reader is strict',
    text => {
      const path = text.startsWith('{') ? 'c.json' : 'c.yaml'
      const { documents, problems } = parse(path, text, { ...DEFAULT_LIMITS, duplicates: 'refuse' })
      expect(documents).toEqual([])
      expect(problems).toMatchObject([{ code: 'duplicate-key', severity: 'error', at: { line: 3 } }])
    },
  )
  it('refuses two values of one key in TOML, as every TOML reader does', () => {
    expect(parse('c.toml', 'a = 1\na = 2')).toMatchObject({ documents: [], problems: [{ severity: 'error' }] })
  })
  it.each(NAMES.slice(0, 2))('shows an error among hundreds of warnings: %s', path => {
    const twice = Array.from({ length: 400 }, () => (path === 'c.json' ? '"a": 1' : 'a: 1'))
    const text = path === 'c.json' ? `{${twice.join(',\n')}, "b": [1 2]}` : `${twice.join('\n')}\nb: *nowhere`
    const { documents, problems } = parse(path, text)
    expect(documents).toEqual([])
    expect(problems.some(problem => problem.severity === 'error')).toBe(true)
    expect(problems.length).toBeLessThanOrEqual(20)
  })
  it.each(['\r', '\u0085', '\u2028', '\u2029'])(
    'refuses a character that ends a line for Python and not for others, where it could hide a setting: %j',
    end => {
      expect(parse('c.yaml', `a: 1\nb: 1 # one${end}b: 100\n`)).toMatchObject({
        documents: [],
        problems: [{ code: 'yaml-line-end', severity: 'error', at: { line: 2, column: 11 } }],
      })
    },
  )
  it('takes the line ends of Windows for what they are', () => {
    expect(codes('c.yaml', 'a: 1\r\nb: 2\r\n')).toEqual([])
  })
  // What yaml.safe_load of PyYAML 6 gives for these texts.
  it.each([
    ['of two merge keys the later one', '<<: { n: 1 }\n<<: { n: 100 }\n', 100],
    ['of merged maps in a list the earlier one', '<<: [{ n: 1 }, { n: 100 }]\n', 1],
    ['a key of its own, whatever is merged', '<<: { n: 1 }\nn: 100\n', 100],
    ['a text for no merge key', '!!str <<: { n: 1 }\nx: 1\n', undefined],
    ['a tag for a merge key, whatever it says', '!!merge x: { n: 100 }\n', 100],
    ['a quoted text with that tag too', '!!merge "x": { n: 100 }\nm: 1\n', 100],
  ])('reads as Python does %s', (_, text, expected) => {
    const [root] = parse('c.yaml', text).documents
    const found = root?.is === 'map' ? root.entries.get('n')?.value : undefined
    expect(found?.is === 'scalar' ? found.value : undefined).toBe(expected)
  })
  it('refuses a file above the cap before it is parsed', () => {
    expect(codes('c.yaml', 'x'.repeat(DEFAULT_LIMITS.bytes + 1))).toEqual(['too-large'])
    expect(codes('c.json', `"${'é'.repeat(600 * KIB)}"`)).toEqual(['too-large'])
    expect(parse('c.yaml', '# abc\na: 1', { ...DEFAULT_LIMITS, bytes: 10 }).problems).toHaveLength(0)
    expect(parse('c.yaml', '# abcd\na: 1', { ...DEFAULT_LIMITS, bytes: 10 }).problems).toHaveLength(1)
  })
  it('constructs nothing: tags are unsupported values', () => {
    const [document] = parse(
      'c.yaml',
      'a: !!python/object/apply:os.system ["id"]\nb: !include data/x.yaml\nc: !!str 5',
    ).documents
    const entries = document?.is === 'map' ? document.entries : new Map()
    expect(entries.get('a').value).toMatchObject({ is: 'unsupported', tag: '!!python/object/apply:os.system' })
    expect(entries.get('b').value).toMatchObject({ is: 'unsupported', tag: '!include', text: 'data/x.yaml' })
    expect(entries.get('c').value).toMatchObject({ is: 'scalar', value: '5' })
  })
  it.each(NAMES)('reads __proto__ as a key like any other: %s', path => {
    const text = path.endsWith('toml') ? '__proto__ = 1\nconstructor = 2' : '{"__proto__": 1, "constructor": 2}'
    const [document] = parse(path, text).documents
    expect(document?.is === 'map' && [...document.entries.keys()]).toEqual(['__proto__', 'constructor'])
  })
})

describe('any text', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ':',
    ': ',
    ',',
    '- ',
    '? ',
    '&a ',
    '*a',
    '<<: ',
    '!!int ',
    '!x ',
    '"',
    "'",
    '\n',
    '  ',
    '\t',
    '|\n',
    '>\n',
    '#',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
    'a',
    'b',
    '1',
    '-1',
    '.inf',
    'NaN',
    '1e999',
    '= ',
    '[[a]]',
    '[a.b]',
    '"""',
    "'''",
    '\\',
    '\u0000',
    '\uFEFF',
    'é',
    '🦜',
    '\r\n',
    '@',
    '`',
    '//',
    '/*',
    'null',
    '${a}',
  )
  const hostile = fc.oneof(
    fc.array(pieces, { maxLength: 60 }).map(p => p.join('')),
    fc.string({ unit: 'binary', maxLength: 200 }),
  )
  it.each(NAMES)('never throws, and has places inside the file: %s', path => {
    fc.assert(
      fc.property(hostile, text => {
        const parsed = parse(path, text)
        const lines = text.split('\n').length
        for (const { at } of parsed.problems)
          if (at !== undefined && 'line' in at) {
            expect(at.line).toBeGreaterThanOrEqual(1)
            expect(at.line).toBeLessThanOrEqual(lines + 1)
            expect(at.column).toBeGreaterThanOrEqual(1)
          }
        if (parsed.problems.some(p => p.severity === 'error')) expect(parsed.documents).toEqual([])
        for (const document of parsed.documents) expect(levels(document)).toBeLessThanOrEqual(DEFAULT_LIMITS.depth)
      }),
      { numRuns: 1500 },
    )
  })
  it('reads any JSON as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), text => {
        const [document] = parse('c.json', text).documents
        expect(plain(document!)).toEqual(normal(JSON.parse(text)))
      }),
    )
  })
})

function plain(node: Node): unknown {
  switch (node.is) {
    case 'map':
      return new Map([...node.entries].map(([k, e]) => [k, plain(e.value)]))
    case 'list':
      return node.items.map(plain)
    case 'scalar':
      // Numbers that would lose digits are texts in the tree.
      return typeof node.value === 'string' && Number.isInteger(Number(node.value)) ? Number(node.value) : node.value
    case 'unsupported':
      return node.why
    default:
      return node satisfies never
  }
}
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal)
  if (typeof value === 'object' && value !== null) return new Map(Object.entries(value).map(([k, v]) => [k, normal(v)]))
  return typeof value === 'string' && Number.isInteger(Number(value)) ? Number(value) : value
}
