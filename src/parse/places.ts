import type { Problem } from '../facts/index.ts'
import type { Limits, Position } from './tree.ts'

/** A file with hundreds of errors is shown the first ones: the rest are usually their consequences. */
export const MAX_PROBLEMS = 20

/** Line starts of a text, so that an offset becomes a line and a column (both from 1) in logarithmic time. */
export function positions(text: string): (offset: number) => Position {
  const starts = [0]
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1)
  return offset => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
  }
}

export function syntaxError(path: string, code: string, message: string, at: Position): Problem {
  return { code, severity: 'error', message: firstLine(message), at: { path, line: at.line, column: at.column } }
}

function firstLine(message: string): string {
  const end = message.indexOf('\n')
  return (end < 0 ? message : message.slice(0, end)).slice(0, 300)
}

/**
 * A key that stands twice in one section. Python's readers of YAML and JSON, with which nearly every framework loads its
 * configs, keep the last value without a word: so do we, and say it. Programs that refuse duplicates (OmegaConf,
 * DeepSpeed's JSON) do not start, so there is no run that the first value would describe.
 */
export function duplicateKey(
  path: string,
  key: string,
  first: Position,
  again: Position,
  duplicates: Limits['duplicates'],
): Problem {
  const name = key.length > 80 ? `${key.slice(0, 80)}…` : key
  if (duplicates === 'refuse')
    return syntaxError(path, 'duplicate-key', `${name} is given twice, first on line ${first.line}; keep one`, again)
  const message = `${name} is given twice: line ${again.line} counts, line ${first.line} does not; keep one`
  return { ...syntaxError(path, 'duplicate-key', message, again), severity: 'warning' }
}

export function tooDeep(path: string, depth: number, at: Position): Problem {
  return syntaxError(path, 'too-deep', `values are nested deeper than ${depth} levels`, at)
}

/** A number as a tree holds it: finite and without lost digits, else the text that stood there. */
export function exactNumber(value: number, text: string): number | string {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value)) ? value : text
}
