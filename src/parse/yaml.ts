import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Scalar,
} from 'yaml'
import type { Problem } from '../facts/index.ts'
import { duplicateKey, exactNumber, MAX_PROBLEMS, syntaxError, tooDeep } from './places.ts'
import type { Entry, Limits, Node, ParsedFile, Position } from './tree.ts'

/** Values that a file may come to when each alias is written out. Real configs repeat a few blocks a few times. */
const MAX_EXPANDED_VALUES = 2_000_000
/** Entries that merge keys may copy in one file: unlike aliases, they cost memory. */
const MAX_MERGED_ENTRIES = 200_000

const CORE_TAGS: ReadonlySet<string> = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map(name => `tag:yaml.org,2002:${name}`),
)

/**
 * YAML 1.2 core schema, with anchors, aliases and merge keys. Aliases share their node, so a bomb costs nothing here;
 * it is refused all the same, by the size it would have written out. What YAML 1.1 reads differently (`1_000`, `on`) stays text.
 */
export function parseYaml(path: string, text: string, limits: Limits): ParsedFile {
  const lines = new LineCounter()
  const problems: Problem[] = []
  const warnings: Problem[] = []
  const finish = (documents: readonly Node[]): ParsedFile => ({
    path,
    syntax: 'yaml',
    documents: problems.length > 0 ? [] : documents,
    problems: [...problems, ...warnings].slice(0, MAX_PROBLEMS),
  })
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }

  const bracket = bracketTooDeep(text, limits.depth)
  if (bracket !== undefined) {
    problems.push(tooDeep(path, limits.depth, bracket))
    return finish([])
  }
  let parsed: readonly Document.Parsed[]
  try {
    // The library checks unique keys in quadratic time; the check below is linear.
    const result = parseAllDocuments(text, {
      uniqueKeys: false,
      lineCounter: lines,
      schema: 'core',
      prettyErrors: false,
      logLevel: 'silent',
    })
    parsed = Array.isArray(result) ? result : []
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    problems.push(tooDeep(path, limits.depth, { line: 1, column: 1 }))
    return finish([])
  }
  for (const document of parsed)
    for (const error of document.errors.slice(0, MAX_PROBLEMS))
      problems.push(syntaxError(path, 'yaml-syntax', error.message, at(error.pos[0])))
  if (problems.length > 0) return finish([])

  const documents: Node[] = []
  const budget = { aliases: limits.aliases, merged: MAX_MERGED_ENTRIES }
  for (const document of parsed) {
    if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) continue
    const reader: Reader = { path, at, limits, problems, warnings, anchors: new Map(), budget }
    documents.push(convert(reader, document.contents, 1).node)
    if (problems.length > 0) break
  }
  return finish(documents)
}

interface Reader {
  readonly path: string
  readonly at: (offset: number) => Position
  readonly limits: Limits
  /** Errors: the first one ends the reading. */
  readonly problems: Problem[]
  readonly warnings: Problem[]
  readonly anchors: Map<string, Built>
  readonly budget: { aliases: number; merged: number }
}

/** A node with what it would come to written out. */
interface Built {
  readonly node: Node
  readonly values: number
  readonly height: number
}

function convert(reader: Reader, yaml: unknown, level: number): Built {
  const place = placeOf(reader, yaml)
  if (reader.problems.length > 0) return leaf(place)
  if (level > reader.limits.depth) return fail(reader, tooDeep(reader.path, reader.limits.depth, place), place)
  if (isAlias(yaml)) return aliased(reader, yaml.source, place, level)
  const built = convertPlain(reader, yaml, place, level)
  const anchor = isScalar(yaml) || isMap(yaml) || isSeq(yaml) ? yaml.anchor : undefined
  if (anchor !== undefined) reader.anchors.set(anchor, built)
  return built
}

function convertPlain(reader: Reader, yaml: unknown, at: Position, level: number): Built {
  if (!isScalar(yaml) && !isMap(yaml) && !isSeq(yaml)) return leaf(at)
  if (yaml.tag !== undefined && !CORE_TAGS.has(yaml.tag)) return tagged(yaml.tag, isScalar(yaml) ? yaml : undefined, at)
  if (isScalar(yaml)) return { node: { is: 'scalar', value: scalarValue(yaml), at }, values: 1, height: 1 }
  if (isMap(yaml)) return convertMap(reader, yaml.items, at, level)
  const items: Node[] = []
  let values = 1
  let height = 0
  for (const item of yaml.items) {
    // A list holds a pair where an explicit key stands in brackets: `[a: 1]` is a list of one map.
    const built = isPair(item) ? convertMap(reader, [item], at, level + 1) : convert(reader, item, level + 1)
    items.push(built.node)
    values += built.values
    height = Math.max(height, built.height)
  }
  return checked(reader, { node: { is: 'list', items, at }, values, height: height + 1 })
}

function convertMap(reader: Reader, pairs: readonly unknown[], at: Position, level: number): Built {
  const entries = new Map<string, Entry>()
  const merges: Built[] = []
  let values = 1
  let height = 0
  for (const pair of pairs) {
    if (!isPair(pair)) continue
    const keyAt = placeOf(reader, pair.key)
    const merge = isScalar(pair.key) && isMergeKey(pair.key)
    const key = merge ? '<<' : keyText(reader, pair.key, level)
    if (key === undefined)
      return fail(reader, syntaxError(reader.path, 'yaml-key', 'a key must be one plain value', keyAt), at)
    const built = convert(reader, pair.value, level + 1)
    values += built.values
    height = Math.max(height, built.height)
    if (merge) {
      merges.push(built)
      continue
    }
    const first = entries.get(key)
    if (first !== undefined) {
      const problem = duplicateKey(reader.path, key, first.keyAt, keyAt, reader.limits.duplicates)
      if (problem.severity === 'error') return fail(reader, problem, at)
      if (reader.warnings.length < MAX_PROBLEMS) reader.warnings.push(problem)
    }
    entries.set(key, { keyAt, value: built.node })
  }
  const whole = checked(reader, { node: { is: 'map', entries, at }, values, height: height + 1 })
  // Own keys win over merged ones; in a list earlier maps over later ones, and of two `<<` the later one, as in PyYAML.
  // The size was checked before anything is copied.
  for (const merge of reader.problems.length > 0 ? [] : merges.reverse()) {
    const sources = merge.node.is === 'list' ? merge.node.items : [merge.node]
    for (const source of sources) {
      if (source.is !== 'map')
        return fail(
          reader,
          syntaxError(reader.path, 'yaml-merge', '<< takes a map or a list of maps', merge.node.at),
          at,
        )
      reader.budget.merged -= source.entries.size
      if (reader.budget.merged < 0) {
        const message = `merge keys copy more than ${MAX_MERGED_ENTRIES} entries`
        return fail(reader, syntaxError(reader.path, 'alias-bomb', message, at), at)
      }
      for (const [key, entry] of source.entries) if (!entries.has(key)) entries.set(key, entry)
    }
  }
  return whole
}

/** A plain `<<`, or whatever key is tagged as one: PyYAML goes by the tag alone. */
function isMergeKey({ type, source, tag }: Scalar): boolean {
  if (tag === 'tag:yaml.org,2002:merge') return true
  return type === 'PLAIN' && source === '<<' && tag !== 'tag:yaml.org,2002:str'
}

function aliased(reader: Reader, name: string, at: Position, level: number): Built {
  reader.budget.aliases -= 1
  if (reader.budget.aliases < 0) {
    const message = `more than ${reader.limits.aliases} aliases`
    return fail(reader, syntaxError(reader.path, 'too-many-aliases', message, at), at)
  }
  const target = reader.anchors.get(name)
  if (target === undefined) {
    const message = `*${name.slice(0, 80)} names no anchor that stands before it`
    return fail(reader, syntaxError(reader.path, 'unresolved-alias', message, at), at)
  }
  if (level + target.height - 1 > reader.limits.depth)
    return fail(reader, tooDeep(reader.path, reader.limits.depth, at), at)
  return target
}

function checked(reader: Reader, built: Built): Built {
  if (built.values <= MAX_EXPANDED_VALUES || reader.problems.length > 0) return built
  const message = `aliases written out come to more than ${MAX_EXPANDED_VALUES} values`
  return fail(reader, syntaxError(reader.path, 'alias-bomb', message, built.node.at), built.node.at)
}

function fail(reader: Reader, problem: Problem, at: Position): Built {
  reader.problems.push(problem)
  return leaf(at)
}

function leaf(at: Position): Built {
  return { node: { is: 'scalar', value: null, at }, values: 1, height: 1 }
}

function tagged(tag: string, scalar: Scalar | undefined, at: Position): Built {
  const name = tag.replace(/^tag:yaml\.org,2002:/, '!!').slice(0, 200)
  const node: Node = {
    is: 'unsupported',
    why: `the tag ${name} is not constructed`,
    at,
    tag: name,
    ...(scalar === undefined ? {} : { text: scalar.source ?? String(scalar.value) }),
  }
  return { node, values: 1, height: 1 }
}

function scalarValue(scalar: Scalar): string | number | boolean | null {
  const { value } = scalar
  if (typeof value === 'number') return exactNumber(value, scalar.source ?? String(value))
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
  return scalar.source ?? ''
}

/** Keys are texts as they stand: `1` and `true` are the keys "1" and "true". */
function keyText(reader: Reader, key: unknown, level: number): string | undefined {
  if (isAlias(key)) {
    const { node } = aliased(reader, key.source, placeOf(reader, key), level)
    return node.is === 'scalar' ? String(node.value) : undefined
  }
  if (!isScalar(key)) return undefined
  if (key.anchor !== undefined) convert(reader, key, level + 1)
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value))
}

function placeOf(reader: Reader, yaml: unknown): Position {
  const range = isScalar(yaml) || isMap(yaml) || isSeq(yaml) || isAlias(yaml) ? yaml.range : undefined
  return reader.at(range?.[0] ?? 0)
}

/**
 * The first bracket that could open a flow collection deeper than the cap: the library recurses on them, slowly.
 * Only runs of brackets count, closed ones are not subtracted across lines of text, and quotes are skipped.
 */
function bracketTooDeep(text: string, depth: number): Position | undefined {
  let level = 0
  let line = 1
  let start = 0
  let quote = ''
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charAt(i)
    if (c === '\n') {
      line += 1
      start = i + 1
    }
    if (quote !== '') {
      if (c === '\\' && quote === '"') i += 1
      else if (c === quote) quote = ''
    } else if (c === '#' && (i === 0 || /\s/.test(text.charAt(i - 1)))) {
      const end = text.indexOf('\n', i)
      i = (end < 0 ? text.length : end) - 1
    } else if ((c === '"' || c === "'") && level > 0) quote = c
    else if (c === '[' || c === '{') {
      level += 1
      // Plain texts hold unclosed brackets now and then; a real nest of this size is beyond any config.
      if (level > depth * 10) return { line, column: i - start + 1 }
    } else if ((c === ']' || c === '}') && level > 0) level -= 1
  }
  return undefined
}
