/** A place in a repository file. Lines and columns count from 1. */
export interface Location {
  readonly path: string
  readonly line: number
  readonly column: number
}

/** Bad input, as data. Problems are collected and shown all at once; tests assert code and place, not prose. */
export interface Problem {
  readonly code: string
  readonly severity: 'error' | 'warning'
  /** One sentence, with the next step. May quote untrusted text: escape it where it is printed. */
  readonly message: string
  readonly at?: Location | { readonly path: string }
}

/** `file:line:column`, as far as they are known. */
export function place(at: Problem['at']): string {
  if (at === undefined) return ''
  return 'line' in at ? `${at.path}:${at.line}:${at.column}` : at.path
}
