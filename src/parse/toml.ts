import { parseTOML, ParseError, type AST } from 'toml-eslint-parser'
import type { Problem } from '../facts/index.ts'
import { exactNumber, syntaxError, tooDeep } from './places.ts'
import type { Limits, Node, ParsedFile, Position } from './tree.ts'

/** A table or list that later headers may still add to; it is a finished node for everyone else. */
interface Table {
  readonly is: 'map'
  readonly entries: Map<string, { readonly keyAt: Position; readonly value: Growing }>
  readonly at: Position
}
interface Tables {
  readonly is: 'list'
  readonly items: Growing[]
  readonly at: Position
}
type Growing = Table | Tables | Node

/** TOML 1.0. The library refuses a key that is defined twice. Dates and numbers that would lose digits stay texts. */
export function parseToml(path: string, text: string, limits: Limits): ParsedFile {
  const refused = (...problems: readonly Problem[]): ParsedFile => ({ path, syntax: 'toml', documents: [], problems })
  let program: AST.TOMLProgram
  try {
    program = parseTOML(text)
  } catch (error) {
    if (error instanceof ParseError) {
      const at = { line: Math.max(1, error.lineNumber), column: Math.max(0, error.column) + 1 }
      return refused(syntaxError(path, 'toml-syntax', error.message, at))
    }
    if (error instanceof RangeError) return refused(tooDeep(path, limits.depth, { line: 1, column: 1 }))
    throw error
  }
  const root: Table = { is: 'map', entries: new Map(), at: { line: 1, column: 1 } }
  const body = program.body[0].body
  for (const part of body) {
    const problem =
      part.type === 'TOMLTable' ? addTable(path, root, part, limits.depth) : addKeyValue(path, root, part, limits.depth)
    if (problem !== undefined) return refused(problem)
  }
  return { path, syntax: 'toml', documents: [root], problems: [] }
}

/** Columns of the library count from 0. */
function placeOf(node: { readonly loc: AST.SourceLocation }): Position {
  return { line: node.loc.start.line, column: node.loc.start.column + 1 }
}

function keyNames(key: AST.TOMLKey): readonly { readonly name: string; readonly at: Position }[] {
  return key.keys.map(part => ({ name: part.type === 'TOMLBare' ? part.name : part.value, at: placeOf(part) }))
}

function addTable(path: string, root: Table, part: AST.TOMLTable, depth: number): Problem | undefined {
  const names = keyNames(part.key)
  if (names.length >= depth) return tooDeep(path, depth, placeOf(part))
  let table: Table = root
  for (const [i, { name, at }] of names.entries()) {
    const last = i === names.length - 1
    const next = part.kind === 'array' && last ? appended(table, name, at) : child(table, name, at)
    if (next === undefined) return syntaxError(path, 'toml-syntax', `${name} is not a table`, at)
    table = next
  }
  for (const pair of part.body) {
    const problem = addKeyValue(path, table, pair, depth - names.length)
    if (problem !== undefined) return problem
  }
  return undefined
}

function addKeyValue(path: string, into: Table, pair: AST.TOMLKeyValue, depth: number): Problem | undefined {
  const names = keyNames(pair.key)
  const last = names.at(-1)
  if (last === undefined || names.length >= depth) return tooDeep(path, depth, placeOf(pair))
  let table: Table = into
  for (const { name, at } of names.slice(0, -1)) {
    const next = child(table, name, at)
    if (next === undefined) return syntaxError(path, 'toml-syntax', `${name} is not a table`, at)
    table = next
  }
  const value = valueOf(path, pair.value, depth - names.length)
  if ('code' in value) return value
  if (table.entries.has(last.name))
    return syntaxError(path, 'duplicate-key', `${last.name} is given twice; keep one`, last.at)
  table.entries.set(last.name, { keyAt: last.at, value })
  return undefined
}

/** The table of that name, made on first mention; the newest one of a list of tables; undefined for any other value. */
function child(table: Table, name: string, at: Position): Table | undefined {
  const held = table.entries.get(name)?.value
  if (held === undefined) {
    const made: Table = { is: 'map', entries: new Map(), at }
    table.entries.set(name, { keyAt: at, value: made })
    return made
  }
  const newest = held.is === 'list' ? held.items.at(-1) : held
  // Every map in the tree under construction was made here, so it may still grow.
  return newest?.is === 'map' ? (newest as Table) : undefined
}

function appended(table: Table, name: string, at: Position): Table | undefined {
  const held = table.entries.get(name)?.value
  const made: Table = { is: 'map', entries: new Map(), at }
  if (held === undefined) table.entries.set(name, { keyAt: at, value: { is: 'list', items: [made], at } })
  // As above: every list here was made here.
  else if (held.is === 'list') (held as Tables).items.push(made)
  else return undefined
  return made
}

function valueOf(path: string, value: AST.TOMLContentNode, depth: number): Growing | Problem {
  const at = placeOf(value)
  if (depth <= 0) return tooDeep(path, depth, at)
  switch (value.type) {
    case 'TOMLArray': {
      const items: Growing[] = []
      for (const element of value.elements) {
        const item = valueOf(path, element, depth - 1)
        if ('code' in item) return item
        items.push(item)
      }
      return { is: 'list', items, at }
    }
    case 'TOMLInlineTable': {
      const table: Table = { is: 'map', entries: new Map(), at }
      for (const pair of value.body) {
        const problem = addKeyValue(path, table, pair, depth - 1)
        if (problem !== undefined) return problem
      }
      return table
    }
    case 'TOMLValue':
      switch (value.kind) {
        case 'string':
        case 'boolean':
          return { is: 'scalar', value: value.value, at }
        case 'integer':
        case 'float':
          return { is: 'scalar', value: exactNumber(value.value, value.number), at }
        case 'offset-date-time':
        case 'local-date-time':
        case 'local-date':
        case 'local-time':
          return { is: 'scalar', value: value.datetime, at }
        default:
          return value satisfies never
      }
    default:
      return value satisfies never
  }
}
