/** The only maker of HTML and SVG: everything that is not a literal of ours is escaped, text and attribute alike. */
import { addressOf, isRunAddress, plainText } from './escape.ts'
import { spanText, targetOf, type Grid, type Sentence, type Span } from './span.ts'
import type { Report } from './types.ts'

declare const safe: unique symbol

/** HTML that cannot be turned against its reader. Only this file makes it. */
export type SafeHtml = string & { readonly [safe]: true }

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
  ['`', '&#96;'],
  ['=', '&#61;'],
])

/** Any text, for element content and for attributes between quotes. Controls and bidirectional overrides are replaced. */
export function escaped(text: string, limit?: number): SafeHtml {
  return plainText(text, limit).replace(/[&<>"'`=]/g, character => ENTITIES.get(character) ?? '') as SafeHtml
}

/** Literal HTML of our own with safe parts and numbers, which are coordinates and rounded to hundredths. */
export function html(literals: TemplateStringsArray, ...parts: readonly (SafeHtml | number)[]): SafeHtml {
  const shown = (part: SafeHtml | number | undefined): string =>
    typeof part === 'number' ? String(Number.isFinite(part) ? Math.round(part * 100) / 100 : 0) : (part ?? '')
  return literals.reduce((text, literal, i) => text + shown(parts[i - 1]) + literal) as SafeHtml
}

/** A style sheet of ours: nothing is put into it. */
export function sheet([text]: TemplateStringsArray): SafeHtml {
  return (text ?? '') as SafeHtml
}

export function together(parts: readonly SafeHtml[], separator: '' | ' ' | '\n' | ', ' | ' · ' = ''): SafeHtml {
  return parts.join(separator) as SafeHtml
}

export const NOTHING = '' as SafeHtml

/** Path data made by d3-shape from numbers: letters of path commands, digits and signs, and nothing else. */
export function pathData(data: string | null): SafeHtml {
  return (data !== null && /^[MLCZHVAQ0-9eE.,\s-]*$/i.test(data) ? data : '') as SafeHtml
}

/** The verdict as a word: a picture would need a font, and says nothing to a screen reader. */
const MARKS: ReadonlyMap<string, SafeHtml> = new Map([
  ['✅', html`<span class="mark pass">pass</span>`],
  ['⚠️', html`<span class="mark warn">warn</span>`],
  ['❌', html`<span class="mark fail">fail</span>`],
  ['ℹ️', html`<span class="mark note">note</span>`],
])
const NAME_LIMIT = 120

export function htmlOf(sentence: Sentence, links: Report['links']): SafeHtml {
  return together(sentence.map(span => spanHtml(span, links)))
}

function spanHtml(span: Span, links: Report['links']): SafeHtml {
  if (typeof span === 'string') return withCode(span)
  const bare =
    'figure' in span
      ? (MARKS.get(span.figure) ?? html`<span class="figure">${escaped(span.figure)}</span>`)
      : html`<code>${span.breaks === true ? breakingPath(span.name) : escaped(span.name, NAME_LIMIT)}</code>`
  const target = span.at === undefined ? undefined : targetOf(span.at, links)
  const address =
    target === undefined || span.at === undefined ? undefined : addressOf(target, span.at.path, span.at.line)
  const text = address === undefined ? bare : html`<a href="${escaped(address, 4000)}">${bare}</a>`
  return span.strong === true ? html`<strong>${text}</strong>` : text
}

/** A path that may go on in another line behind a slash. */
const breakingPath = (path: string): SafeHtml => escaped(path, NAME_LIMIT).replaceAll('/', '/<wbr>') as SafeHtml

/** Messages set code between backquotes. */
function withCode(text: string): SafeHtml {
  const parts = text.split(/`([^`]+)`/)
  return together(parts.map((part, i) => (i % 2 === 1 ? html`<code>${escaped(part)}</code>` : escaped(part))))
}

export function runLink(links: Report['links']): SafeHtml {
  const run = links?.run
  if (run === undefined || links === null || !isRunAddress(links.server ?? 'https://github.com', run)) return NOTHING
  return html`<a href="${escaped(run, 4000)}">run</a>`
}

/** A table in a box that scrolls by keyboard too; the caption says what it is. */
export function tableHtml(grid: Grid, caption: string, links: Report['links']): SafeHtml {
  const side = (i: number): SafeHtml => (grid.align[i] === 'right' ? html` class="number"` : NOTHING)
  const heading = grid.heading.map((cell, i) => html`<th scope="col" ${side(i)}>${htmlOf(cell, links)}</th>`)
  const rows = grid.rows.map(
    row =>
      html`<tr>
        ${together(grid.align.map((_, i) => html`<td${side(i)}>${htmlOf(row[i] ?? [], links)}</td>`))}
      </tr>`,
  )
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${escaped(caption)}">
    <table>
      <caption>
        ${escaped(caption)}
      </caption>
      <thead>
        <tr>
          ${together(heading)}
        </tr>
      </thead>
      <tbody>
        ${together(rows, '\n')}
      </tbody>
    </table>
  </div>`
}

/** Found text of a span, for labels of a chart. */
export const textOf = (sentence: Sentence): string => sentence.map(spanText).join('')
