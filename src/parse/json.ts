import { createScanner, parseTree, printParseErrorCode, type Node as JsonNode, type ParseError } from 'jsonc-parser'
import type { Problem } from '../facts/index.ts'
import { duplicateKey, exactNumber, MAX_PROBLEMS, positions, syntaxError, tooDeep } from './places.ts'
import type { Entry, Limits, Node, ParsedFile, Position } from './tree.ts'

/** Token kinds of jsonc-parser, whose enum is ambient and cannot be imported (`SyntaxKind`, jsonc-parser 3.3.1 main.d.ts). */
const OPEN_BRACE = 1
const CLOSE_BRACE = 2
const OPEN_BRACKET = 3
const CLOSE_BRACKET = 4
const UNKNOWN = 16
const END = 17

/** JSON as frameworks read and write it: comments and trailing commas are taken; `NaN` and `Infinity`, which Python writes, are unsupported values. */
export function parseJson(path: string, text: string, limits: Limits): ParsedFile {
  const at = positions(text)
  const problems: Problem[] = []
  const finish = (documents: readonly Node[]): ParsedFile => ({
    path,
    syntax: 'json',
    documents: problems.some(p => p.severity === 'error') ? [] : documents,
    // Errors first: a flood of warnings must not push them out.
    problems: [...problems]
      .sort((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'))
      .slice(0, MAX_PROBLEMS),
  })

  const scanned = scan(text, limits.depth)
  if (scanned.deepAt !== undefined) {
    problems.push(tooDeep(path, limits.depth, at(scanned.deepAt)))
    return finish([])
  }
  const errors: ParseError[] = []
  const root = parseTree(scanned.text, errors, { allowTrailingComma: true, allowEmptyContent: true })
  for (const error of errors.slice(0, MAX_PROBLEMS)) {
    const why = printParseErrorCode(error.error)
    problems.push(syntaxError(path, 'json-syntax', `not JSON here: ${why}`, at(error.offset)))
  }
  if (root === undefined || errors.length > 0) return finish([])

  const convert = (json: JsonNode): Node => {
    const place = at(json.offset)
    const literal = scanned.notFinite.get(json.offset)
    if (literal !== undefined) {
      problems.push({
        code: 'json-not-finite',
        severity: 'warning',
        message: `${literal} is not a JSON number; the value counts as unreadable`,
        at: { path, ...place },
      })
      return { is: 'unsupported', why: `${literal} is not a finite number`, at: place }
    }
    switch (json.type) {
      case 'object':
        return { is: 'map', entries: entriesOf(json), at: place }
      case 'array':
        return { is: 'list', items: (json.children ?? []).map(convert), at: place }
      case 'number':
        return {
          is: 'scalar',
          value: exactNumber(Number(json.value), text.slice(json.offset, json.offset + json.length)),
          at: place,
        }
      case 'string':
      case 'boolean':
      case 'null':
      case 'property':
        return { is: 'scalar', value: scalarOf(json.value), at: place }
      default:
        return json.type satisfies never
    }
  }
  const entriesOf = (json: JsonNode): ReadonlyMap<string, Entry> => {
    const entries = new Map<string, Entry>()
    for (const property of json.children ?? []) {
      const [key, value] = property.children ?? []
      if (key === undefined || value === undefined) continue
      const name = String(key.value)
      const keyAt: Position = at(key.offset)
      const first = entries.get(name)
      if (first !== undefined && problems.length < MAX_PROBLEMS * 10)
        problems.push(duplicateKey(path, name, first.keyAt, keyAt, limits.duplicates))
      entries.set(name, { keyAt, value: convert(value) })
    }
    return entries
  }
  return finish([convert(root)])
}

function scalarOf(value: unknown): string | boolean | null {
  return typeof value === 'string' || typeof value === 'boolean' ? value : null
}

interface Scanned {
  /** The text with each non-finite number replaced by a text literal of the same length, so that offsets hold. */
  readonly text: string
  readonly notFinite: ReadonlyMap<number, string>
  /** Offset of the bracket that goes too deep. The tree parser recurses, so depth is measured before it. */
  readonly deepAt?: number
}

function scan(text: string, depth: number): Scanned {
  const scanner = createScanner(text, true)
  const notFinite = new Map<number, string>()
  const parts: string[] = []
  let copied = 0
  let level = 0
  let minus: number | undefined
  for (let kind: number = scanner.scan(); kind !== END; kind = scanner.scan()) {
    const offset = scanner.getTokenOffset()
    if (kind === OPEN_BRACE || kind === OPEN_BRACKET) {
      level += 1
      if (level > depth) return { text, notFinite, deepAt: offset }
    } else if (kind === CLOSE_BRACE || kind === CLOSE_BRACKET) level -= 1
    else if (kind === UNKNOWN) {
      const token = scanner.getTokenValue()
      const start = minus ?? offset
      const end = offset + scanner.getTokenLength()
      const literal = text.slice(start, end)
      if (['NaN', 'Infinity', '-Infinity'].includes(literal)) {
        notFinite.set(start, literal)
        parts.push(text.slice(copied, start), `"${'x'.repeat(literal.length - 2)}"`)
        copied = end
      }
      minus = token === '-' ? offset : undefined
      continue
    }
    minus = undefined
  }
  return { text: parts.length === 0 ? text : parts.join('') + text.slice(copied), notFinite }
}
