/**
 * What a report says, before it is known where it is shown: sentences and tables of spans. Markdown, terminal and HTML
 * print the same ones, so they cannot disagree.
 */
import type { Origin } from '../facts/index.ts'
import {
  breakingPath,
  code,
  figure,
  joined,
  linked,
  gfm,
  plainText,
  prose,
  strong,
  type SafeMarkdown,
  type Target,
} from './escape.ts'
import type { Report } from './types.ts'

/** A line of a file at one side of the comparison, or at the tip of the base branch. */
export interface Place {
  readonly path: string
  readonly line?: number
  readonly side: 'base' | 'head' | 'tip'
}

/**
 * Words (which may quote others), a figure of ours, or the name of something: never markup. A path that `breaks` may go on in
 * another line behind a slash, where what shows it is narrow.
 */
export type Span =
  | string
  | { readonly figure: string; readonly strong?: boolean; readonly at?: Place }
  | { readonly name: string; readonly strong?: boolean; readonly at?: Place; readonly breaks?: boolean }

export type Sentence = readonly Span[]

export interface Grid {
  readonly heading: readonly Sentence[]
  readonly align: readonly ('left' | 'right')[]
  readonly rows: readonly (readonly Sentence[])[]
}

export const bold = (text: string): Span => ({ figure: text, strong: true })
export const fig = (text: string): Span => ({ figure: text })
export const named = (text: string, at?: Place): Span => (at === undefined ? { name: text } : { name: text, at })

/** The place that an origin points at, on the side that it was read from. */
export function placeOf(at: Origin | undefined, side: Place['side']): Place | undefined {
  if (at?.path === undefined) return undefined
  return at.line === undefined ? { path: at.path, side } : { path: at.path, line: at.line, side }
}

export function spanText(span: Span): string {
  if (typeof span === 'string') return span
  return 'figure' in span ? span.figure : span.name
}

/** The sentence as plain text: for terminals, titles and logs. */
export function plainly(sentence: Sentence): string {
  return sentence.map(span => plainText(spanText(span))).join('')
}

export function markdownOf(sentence: Sentence, links: Report['links']): SafeMarkdown {
  const parts = sentence.map(span => {
    if (typeof span === 'string') return prose(span)
    const bare =
      'figure' in span ? figure(span.figure) : span.breaks === true ? breakingPath(span.name) : code(span.name)
    const text = span.at === undefined ? bare : atPlace(bare, span.at, links)
    return span.strong === true ? strong(text) : text
  })
  return parts.reduce((left, right) => gfm`${left}${right}`, gfm``)
}

function atPlace(text: SafeMarkdown, at: Place, links: Report['links']): SafeMarkdown {
  const target = targetOf(at, links)
  return target === undefined ? text : linked(text, target, at.path, at.line)
}

/** The repository and commit that a place is in; undefined where the report is not shown on GitHub. */
export function targetOf(at: Place, links: Report['links']): Target | undefined {
  if (links === null) return undefined
  const sha = { base: links.baseSha, head: links.headSha, tip: links.tipSha }[at.side]
  if (sha === undefined) return undefined
  return { server: links.server ?? 'https://github.com', repository: links.repository, sha }
}

/** Sentences one after the other. */
export function paragraph(sentences: readonly Sentence[], links: Report['links']): SafeMarkdown {
  return joined(
    sentences.map(sentence => markdownOf(sentence, links)),
    ' ',
  )
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return n === 1 ? `one ${one}` : `${n} ${many}`
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
