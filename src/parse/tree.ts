import type { Problem } from '../facts/index.ts'

/** Lines and columns count from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/**
 * A parsed file as data with places, the same for every syntax. Keys are texts in Maps, so `__proto__` is a key like any other.
 * Numbers that would lose digits stay texts; custom tags are never constructed: they are `unsupported`.
 */
export type Node =
  | { readonly is: 'map'; readonly entries: ReadonlyMap<string, Entry>; readonly at: Position }
  | { readonly is: 'list'; readonly items: readonly Node[]; readonly at: Position }
  | { readonly is: 'scalar'; readonly value: string | number | boolean | null; readonly at: Position }
  | Unsupported

/** A value that is not read: a custom tag (`tag`, with the text that it was put on) or a number that JSON does not have. */
export interface Unsupported {
  readonly is: 'unsupported'
  readonly why: string
  readonly at: Position
  readonly tag?: string
  readonly text?: string
}

export interface Entry {
  /** Where the key stands: the line that people point at. */
  readonly keyAt: Position
  readonly value: Node
  /** The file that the entry stands in, where a tree was composed of several; else the file that was parsed. */
  readonly path?: string
}

export type Syntax = 'yaml' | 'json' | 'toml'

/** A file read as data. With an error among its problems there are no documents: malformed is never "absent". */
export interface ParsedFile {
  readonly path: string
  readonly syntax: Syntax
  readonly documents: readonly Node[]
  readonly problems: readonly Problem[]
}

/** Caps that hold before and while parsing untrusted bytes. */
export interface Limits {
  readonly bytes: number
  readonly depth: number
  readonly aliases: number
  /** A key given twice: the last one counts, with a warning, as in the programs that load these files; or an error. */
  readonly duplicates: 'last' | 'refuse'
}

export const DEFAULT_LIMITS: Limits = { bytes: 1024 * 1024, depth: 100, aliases: 1000, duplicates: 'last' }
