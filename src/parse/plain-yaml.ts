import { exactNumber } from './places.ts'
import type { Entry, Node, Position } from './tree.ts'

/** Deeper nests, and longer keys, are left to the library and its checks. */
export const MAX_PLAIN_DEPTH = 40
const MAX_KEY_LENGTH = 500

/** Control characters other than the line feed, and the mark of byte order: the library knows what each may mean. */
const UNUSUAL = /[\u0000-\u0009\u000b-\u001f\u007f\ufeff]/

/** Numbers of the core schema as they are usually written, and words that look like others of its values. */
const NUMBER = /^[-+]?(?:[0-9]+|(?:\.[0-9]+|[0-9]+\.[0-9]*)|(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+)$/
const OTHER_NUMBER = /^(?:0o|0x|[-+]?\.(?:inf|nan)$)/i

/** A value does not begin with these: they open something that is not read here, or nothing that is allowed. */
const INDICATORS: ReadonlySet<string> = new Set(',[]{}#&*!|>\'"%@`')
const BRACKETS: ReadonlySet<string> = new Set(',[]{}')

/** A line that holds more than spaces and a comment. Offsets count UTF-16 units of the whole text. */
interface Line {
  readonly number: number
  readonly start: number
  readonly end: number
  /** Spaces before its first other character. */
  readonly indent: number
}

/** The lines, and the first of them that is not read yet. */
interface Reader {
  readonly text: string
  readonly lines: readonly Line[]
  next: number
}

/** A value, and the offset after it. */
interface Value {
  readonly node: Node
  readonly end: number
}

/**
 * The YAML that most configs are written in: maps and lists by indentation or in brackets, values of one line; no anchors,
 * tags, escapes or block texts, and nothing that is wrong. It is read many times as fast as by the library, which must be
 * ready for all that these files do not have. No fault is ever found here: what is not known in full is left to the library.
 *
 * @returns the document's tree as the library's would be, places and all; undefined for every other text
 */
export function readPlainYaml(text: string): Node | undefined {
  if (UNUSUAL.test(text)) return undefined
  const lines = contentLines(text)
  const [first] = lines ?? []
  if (lines === undefined || first === undefined) return undefined
  const reader: Reader = { text, lines, next: 0 }
  const isFlow = '[{'.includes(text.charAt(first.start + first.indent))
  const node = isFlow ? inlineValue(reader, first.start + first.indent, -1) : blockNode(reader, 1)
  return reader.next === lines.length ? node : undefined
}

/** Undefined where there is more than one document, or a directive. The `---` of the first document is left out. */
function contentLines(text: string): readonly Line[] | undefined {
  const lines: Line[] = []
  let isOpen = false
  for (let start = 0, number = 1; start < text.length; number += 1) {
    const feed = text.indexOf('\n', start)
    const end = feed < 0 ? text.length : feed
    let content = start
    while (content < end && text.charCodeAt(content) === SPACE) content += 1
    const c = text[content]
    if (content < end && c !== '#') {
      const isMark =
        content === start && (c === '-' || c === '.') && /^(?:---|\.\.\.)/.test(text.slice(start, start + 3))
      if (!isMark) lines.push({ number, start, end, indent: content - start })
      else if (c === '.' || end > start + 3 || isOpen || lines.length > 0) return undefined
      else isOpen = true
    }
    start = end + 1
  }
  return lines
}

const SPACE = 0x20

// ---- By indentation ----

/** A map or a list that begins with the next line. */
function blockNode(reader: Reader, depth: number): Node | undefined {
  const line = reader.lines[reader.next]
  if (line === undefined || depth > MAX_PLAIN_DEPTH) return undefined
  return isDash(reader.text, line.start + line.indent)
    ? blockList(reader, line.indent, depth)
    : blockMap(reader, line, line.indent, depth)
}

/** A map whose keys stand in one column. The first may stand behind the dash of a list. */
function blockMap(reader: Reader, first: Line, column: number, depth: number): Node | undefined {
  const entries = new Map<string, Entry>()
  let line: Line | undefined = first
  do {
    const key = keyAt(reader.text, line.start + column, line.end)
    if (key === undefined || entries.has(key.name)) return undefined
    const value = entryValue(reader, line, key.end, column, depth)
    if (value === undefined) return undefined
    entries.set(key.name, { keyAt: placeIn(line, line.start + column), value })
    line = reader.lines[reader.next]
    if (line !== undefined && line.indent > column) return undefined
  } while (line?.indent === column)
  return { is: 'map', entries, at: placeIn(first, first.start + column) }
}

/** What stands behind a key: a value, or a block below it, or nothing. */
function entryValue(reader: Reader, line: Line, from: number, column: number, depth: number): Node | undefined {
  const { text, lines } = reader
  const start = skipSpaces(text, from, line.end)
  if (start < line.end && text[start] !== '#') return inlineValue(reader, start, column)
  reader.next += 1
  const below = lines[reader.next]
  const isBelow =
    below !== undefined &&
    (below.indent > column || (below.indent === column && isDash(text, below.start + below.indent)))
  return isBelow ? blockNode(reader, depth + 1) : { is: 'scalar', value: null, at: placeIn(line, start) }
}

function blockList(reader: Reader, column: number, depth: number): Node | undefined {
  const { text, lines } = reader
  const items: Node[] = []
  const first = lines[reader.next]
  let line = first
  while (line?.indent === column && isDash(text, line.start + column)) {
    const start = skipSpaces(text, line.start + column + 1, line.end)
    if (start === line.end || text[start] === '#' || isDash(text, start)) return undefined
    const isMap = keyAt(text, start, line.end) !== undefined
    const item = isMap ? blockMap(reader, line, start - line.start, depth + 1) : inlineValue(reader, start, column)
    if (item === undefined || depth >= MAX_PLAIN_DEPTH) return undefined
    items.push(item)
    line = lines[reader.next]
    if (line !== undefined && line.indent > column) return undefined
  }
  return first === undefined ? undefined : { is: 'list', items, at: placeIn(first, first.start + column) }
}

/** A dash with nothing, or a space, behind it. */
function isDash(text: string, offset: number): boolean {
  if (text[offset] !== '-') return false
  const after = text[offset + 1]
  return after === undefined || after === ' ' || after === '\n'
}

/** A key of one line with its colon; the end is the offset after it. */
function keyAt(text: string, start: number, end: number): { readonly name: string; readonly end: number } | undefined {
  const quoted = quotedAt(text, start, end)
  if (quoted !== undefined)
    return isColon(text, quoted.end, end) ? { name: quoted.text, end: quoted.end + 1 } : undefined
  const first = text.charAt(start)
  if (INDICATORS.has(first) || first === '-' || first === '?' || first === ':') return undefined
  for (let at = start; at < end; at += 1) {
    const c = text[at]
    if (c === '#' && text[at - 1] === ' ') return undefined
    if (c !== ':' || !isColon(text, at, end)) continue
    const name = text.slice(start, at)
    const isPlain = name !== '<<' && !name.endsWith(' ') && name.length <= MAX_KEY_LENGTH
    return isPlain ? { name, end: at + 1 } : undefined
  }
  return undefined
}

function isColon(text: string, at: number, end: number): boolean {
  return at < end && text[at] === ':' && (at + 1 === end || text[at + 1] === ' ')
}

/** Escapes that JSON has too, with the same meaning. */
const ESCAPES = /\\["\\/bfnrt]/g

/** A text in quotes that ends in its line; undefined for anything else, and for rarer escapes. */
function quotedAt(
  text: string,
  start: number,
  end: number,
): { readonly text: string; readonly end: number } | undefined {
  const quote = text[start]
  if (quote !== '"' && quote !== "'") return undefined
  let close = start + 1
  while (close < end && text[close] !== quote) close += quote === '"' && text[close] === '\\' ? 2 : 1
  if (close >= end || (quote === "'" && text[close + 1] === "'")) return undefined
  const inside = text.slice(start + 1, close)
  if (quote === "'" || !inside.includes('\\')) return { text: inside, end: close + 1 }
  const isJson = !inside.replace(ESCAPES, '').includes('\\')
  return isJson ? { text: JSON.parse(`"${inside}"`) as string, end: close + 1 } : undefined
}

// ---- Values of one line, and brackets ----

/** The value that a line ends with, or brackets that may end on a later one. The next line must not continue it. */
function inlineValue(reader: Reader, start: number, column: number): Node | undefined {
  const { text, lines } = reader
  const line = lines[reader.next]
  if (line === undefined) return undefined
  const value = BRACKETS.has(text.charAt(start))
    ? bracketed(reader, start, column, 1)
    : scalarAt(text, line, start, endOfPlain(text, start, line.end))
  const last = lines[reader.next]
  if (value === undefined || last === undefined) return undefined
  const after = skipSpaces(text, value.end, last.end)
  if (after < last.end && (text[after] !== '#' || after === value.end)) return undefined
  reader.next += 1
  const below = lines[reader.next]
  return below !== undefined && below.indent > column ? undefined : value.node
}

/** A quoted text, or a plain one that ends at `plainEnd`; undefined there: a colon stands in it. */
function scalarAt(text: string, line: Line, start: number, plainEnd: number | undefined): Value | undefined {
  const at = placeIn(line, start)
  const quoted = quotedAt(text, start, line.end)
  if (quoted !== undefined) return { node: { is: 'scalar', value: quoted.text, at }, end: quoted.end }
  const first = text.charAt(start)
  if (plainEnd === undefined || INDICATORS.has(first)) return undefined
  const second = text[start + 1]
  if ((first === '-' || first === '?' || first === ':') && (plainEnd === start + 1 || second === ' ')) return undefined
  let end = plainEnd
  while (text.charCodeAt(end - 1) === SPACE) end -= 1
  const value = plainValue(text.slice(start, end))
  return value === undefined ? undefined : { node: { is: 'scalar', value, at }, end }
}

function endOfPlain(text: string, start: number, end: number): number | undefined {
  for (let at = start; at < end; at += 1) {
    const c = text[at]
    if (c === ':' && isColon(text, at, end)) return undefined
    if (c === '#' && text[at - 1] === ' ') return at
  }
  return end
}

/** The core schema. Undefined for what is rare: octal, hexadecimal and no numbers. */
function plainValue(plain: string): string | number | boolean | null | undefined {
  switch (plain) {
    case 'null':
    case 'Null':
    case 'NULL':
    case '~':
      return null
    case 'true':
    case 'True':
    case 'TRUE':
      return true
    case 'false':
    case 'False':
    case 'FALSE':
      return false
    default: {
      const c = plain.charCodeAt(0)
      // Digits, and + - . before them.
      if (c > 0x39 || c < 0x2b || c === 0x2c || c === 0x2f) return plain
      if (NUMBER.test(plain)) return exactNumber(Number(plain), plain)
      return OTHER_NUMBER.test(plain) ? undefined : plain
    }
  }
}

/** A map or a list in brackets. Every line of it is deeper than the column of the key or dash before it. */
function bracketed(reader: Reader, start: number, column: number, depth: number): Value | undefined {
  const { text } = reader
  const first = reader.lines[reader.next]
  if (first === undefined || depth > MAX_PLAIN_DEPTH) return undefined
  const isMap = text[start] === '{'
  if (!isMap && text[start] !== '[') return undefined
  const close = isMap ? '}' : ']'
  const outermost = depth === 1 ? close : undefined
  const entries = new Map<string, Entry>()
  const items: Node[] = []
  let at = skipLines(reader, start + 1, column, outermost)
  while (at !== undefined && text[at] !== close) {
    const line = reader.lines[reader.next]
    if (line === undefined) return undefined
    const key = isMap ? flowKey(text, at, line.end) : undefined
    if (isMap && (key === undefined || entries.has(key.name))) return undefined
    const value = flowValue(reader, key === undefined ? at : skipSpaces(text, key.end, line.end), column, depth)
    if (value === undefined) return undefined
    if (key === undefined) items.push(value.node)
    else entries.set(key.name, { keyAt: placeIn(line, at), value: value.node })
    at = skipLines(reader, value.end, column, outermost)
    if (at === undefined) return undefined
    if (text[at] === ',') at = skipLines(reader, at + 1, column, outermost)
    else if (text[at] !== close) return undefined
  }
  if (at === undefined) return undefined
  const place = placeIn(first, start)
  return { node: isMap ? { is: 'map', entries, at: place } : { is: 'list', items, at: place }, end: at + 1 }
}

function flowKey(
  text: string,
  start: number,
  end: number,
): { readonly name: string; readonly end: number } | undefined {
  const quoted = quotedAt(text, start, end)
  if (quoted !== undefined) return text[quoted.end] === ':' ? { name: quoted.text, end: quoted.end + 1 } : undefined
  const key = keyAt(text, start, end)
  return key !== undefined && !/[,[\]{}]/.test(key.name) ? key : undefined
}

function flowValue(reader: Reader, start: number, column: number, depth: number): Value | undefined {
  const { text } = reader
  const line = reader.lines[reader.next]
  if (line === undefined || start >= line.end) return undefined
  const c = text.charAt(start)
  if (c === '[' || c === '{') return bracketed(reader, start, column, depth + 1)
  let end = start
  while (end < line.end && !BRACKETS.has(text.charAt(end))) {
    // A colon or a comment inside is for the library; so is a value that goes on in the next line.
    if ((text[end] === ':' || text[end] === '#') && c !== '"' && c !== "'") return undefined
    end += 1
  }
  return scalarAt(text, line, start, end)
}

/**
 * The next character that is neither space nor comment, in this line or a later one; undefined at a shallow line and the end.
 *
 * @param close the bracket that may stand in the column itself, as the library lets it
 */
function skipLines(reader: Reader, from: number, column: number, close: string | undefined): number | undefined {
  const { text, lines } = reader
  let line = lines[reader.next]
  let at = line === undefined ? from : skipSpaces(text, from, line.end)
  while (line !== undefined && (at === line.end || text[at] === '#')) {
    if (at < line.end && text[at - 1] !== ' ') return undefined
    reader.next += 1
    line = lines[reader.next]
    if (line === undefined || line.indent < column) return undefined
    at = line.start + line.indent
    if (line.indent === column && text[at] !== close) return undefined
  }
  return line === undefined ? undefined : at
}

function skipSpaces(text: string, from: number, end: number): number {
  let at = from
  while (at < end && text.charCodeAt(at) === SPACE) at += 1
  return at
}

function placeIn(line: Line, offset: number): Position {
  return { line: line.number, column: offset - line.start + 1 }
}
