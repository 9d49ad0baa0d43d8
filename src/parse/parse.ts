import type { Problem } from '../facts/index.ts'
import { parseJson } from './json.ts'
import { positions, syntaxError } from './places.ts'
import { parseToml } from './toml.ts'
import { DEFAULT_LIMITS, type Limits, type ParsedFile, type Syntax } from './tree.ts'
import { parseYaml } from './yaml.ts'

const SYNTAXES: ReadonlyMap<string, Syntax> = new Map([
  ['yaml', 'yaml'],
  ['yml', 'yaml'],
  ['json', 'json'],
  ['jsonc', 'json'],
  ['toml', 'toml'],
])

/** The syntax that a file's name promises; undefined for a file that is not read as data. */
export function syntaxOf(path: string): Syntax | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  return dot < 0 ? undefined : SYNTAXES.get(name.slice(dot + 1).toLowerCase())
}

/**
 * Reads a text as a tree of values with their places. Nothing is constructed or run.
 *
 * @param path repository-relative; its extension decides the syntax
 * @param text decoded UTF-8, with or without a byte order mark
 * @returns no documents when there is an error among the problems
 * @throws never on any text: what a library throws becomes a problem with its place
 */
export function parse(path: string, text: string, limits: Limits = DEFAULT_LIMITS): ParsedFile {
  const syntax = syntaxOf(path)
  if (syntax === undefined)
    return refused(path, 'yaml', {
      code: 'unknown-syntax',
      severity: 'error',
      message: 'only .yaml, .yml, .json, .jsonc and .toml files are read as data; name one of these',
      at: { path },
    })
  if (exceeds(text, limits.bytes))
    return refused(path, syntax, {
      code: 'too-large',
      severity: 'error',
      message: `the file is larger than ${limits.bytes} bytes, the cap on a config`,
      at: { path },
    })
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text
  switch (syntax) {
    case 'yaml':
      return oddLineEnd(path, body) ?? parseYaml(path, body, limits)
    case 'json':
      return parseJson(path, body, limits)
    case 'toml':
      return parseToml(path, body, limits)
    default:
      return syntax satisfies never
  }
}

function refused(path: string, syntax: Syntax, problem: Problem): ParsedFile {
  return { path, syntax, documents: [], problems: [problem] }
}

/** A UTF-16 unit is at least one byte and at most three of UTF-8, so most texts need no encoding to be measured. */
function exceeds(text: string, bytes: number): boolean {
  if (text.length > bytes) return true
  return text.length * 3 > bytes && new TextEncoder().encode(text).length > bytes
}

/**
 * YAML 1.1, which Python's readers speak, ends lines where YAML 1.2 and most editors do not: after such a character behind
 * a `#`, we would read a comment and the training would read a setting. No config needs one.
 */
function oddLineEnd(path: string, text: string): ParsedFile | undefined {
  const found = /\r(?!\n)|[\u0085\u2028\u2029]/.exec(text)
  if (found === null) return undefined
  const code = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
  const message = `the character U+${code} ends a line for some programs and not for others; write a plain line end or take it out`
  return refused(path, 'yaml', syntaxError(path, 'yaml-line-end', message, positions(text)(found.index)))
}
