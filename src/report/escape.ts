declare const safe: unique symbol

/** Markdown that cannot be turned against its reader. Only this file makes it. */
export type SafeMarkdown = string & { readonly [safe]: true }

/** Longest name that is printed, in code points. */
const NAME_LIMIT = 120
/** Longest sentence that is printed, in code points: messages quote paths and values of any length. */
const SENTENCE_LIMIT = 600

/**
 * Controls, line ends, lone surrogates, bidirectional overrides, invisible and unassigned-looking format characters:
 * whatever makes a text read differently from what it is, or a terminal obey it.
 */
const TREACHEROUS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\p{Cf}\p{Cs}\p{Co}\u115f\u1160\u3164\uffa0\u180e]/gu

/** Untrusted text without what misleads or commands: for terminals, logs and annotations. Not safe in Markdown. */
export function plainText(text: string, limit = SENTENCE_LIMIT): string {
  // Cut roughly first: a hostile megabyte is not worth a walk over its code points.
  const shown = text.slice(0, 4 * limit + 4).replace(TREACHEROUS, '\ufffd')
  const points = Array.from(shown)
  return points.length > limit ? `${points.slice(0, limit - 1).join('')}…` : shown
}

/**
 * Every character outside `[A-Za-z0-9 ._\-/,=+]` as a numeric entity; and of those, the two that Markdown still reads:
 * an underscore that could open emphasis, and the dot of `www.`, which GitHub turns into a link.
 */
function entities(text: string): string {
  return text
    .replace(/[^A-Za-z0-9 ._\-/,=+]/gu, character => `&#${character.codePointAt(0) ?? 0xfffd};`)
    .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '&#95;')
    .replace(/(?<=www)\./gi, '&#46;')
}

/** An untrusted name or value, the only place for it: inside `<code>`, where GitHub makes no mentions and no links. */
export function code(text: string, limit = NAME_LIMIT): SafeMarkdown {
  const shown = plainText(text, limit)
  return `<code>${shown.trim() === '' ? '&#8203;' : entities(shown)}</code>` as SafeMarkdown
}

/** An untrusted path, for a column that has to be narrow: a line may break behind a slash. GitHub keeps `<wbr>`. */
export function breakingPath(path: string): SafeMarkdown {
  return code(path).replace(/\/(?!code>$)/g, '/<wbr>') as SafeMarkdown
}

/**
 * Words and figures that no Markdown, mention, reference or link can hide in. Not: `@`, `#`, `_`, `*`, `<`, `|`, backquotes,
 * brackets; anything hexadecimal that GitHub could take for a commit; `GH-7` and other ticket numbers.
 */
const TAME_WORD = /^[("'“‘]*(?:[A-Za-z]+(?:['’][a-z]+|-[A-Za-z]+)*|[A-Za-z]{1,6}\d{1,4})[)"'”’]*[.,;:!?]*$/
const TAME_FIGURE = /^\(?[+−±≈]?[$€£¥]?[+−]?\d{1,3}(?:(?:,\d{3})*|\d{1,3})(?:\.\d{1,6})?(?:e\d{1,3})?\)?[.,;:!?]*$/
const TAME_MARK = /^(?:[–—→·×%…+−=()]|[%×]?[)]?[.,;:])$/
const COMMIT_LIKE = /^\W*[0-9a-f]{7,}\W*$/

const tame = (word: string) =>
  word === '' || ((TAME_WORD.test(word) || TAME_MARK.test(word)) && !COMMIT_LIKE.test(word)) || TAME_FIGURE.test(word)

/**
 * A sentence that may quote untrusted text. Plain English stays as it is; every other stretch goes into `<code>`,
 * which is where names, paths and values belong anyway; and so does what stands between backquotes or braces.
 */
export function prose(text: string): SafeMarkdown {
  return plainText(text)
    .split(/`([^`]+)`/)
    .map((part, i) => (i % 2 === 1 ? `<code>${entities(part)}</code>` : sentence(part)))
    .join('') as SafeMarkdown
}

function sentence(text: string): string {
  const words = text.split(' ')
  let out = ''
  let wild: string[] = []
  let depth = 0
  const flush = () => {
    if (wild.length === 0) return
    // Closing punctuation of our own sentence stays outside.
    const stretch = wild.join(' ')
    const body = stretch.replace(/(?<=.)[.,;:!?]+$/s, '')
    out += `<code>${entities(body)}</code>${stretch.slice(body.length)} `
    wild = []
  }
  for (const [i, word] of words.entries()) {
    const key = word.endsWith(':') && /^[[{]/.test(words[i + 1] ?? '')
    if (depth === 0 && !key && tame(word)) {
      flush()
      out += `${word} `
    } else {
      depth = Math.max(0, depth + (word.match(/[[{]/g)?.length ?? 0) - (word.match(/[\]}]/g)?.length ?? 0))
      wild.push(word)
    }
  }
  flush()
  return out.slice(0, -1)
}

/** What GitHub would link in the midst of a figure: commits, tickets, addresses. */
const LINKABLE = /\b(?=\w*[a-f])[0-9a-f]{7,}\b|^\d{7,}$|[A-Za-z]-\d|www\.|\/\//i
const FIGURES = /^(?:[A-Za-z0-9 ,.:;()+−±$€£¥%–×/→…·Δ█░-]|✅|⚠️|❌|ℹ️)*$/u

/** Figures made by numbers.ts: they pass as they are. Anything else that ended up here is shown as a name. */
export function figure(text: string): SafeMarkdown {
  return FIGURES.test(text) && !LINKABLE.test(text) ? (text as SafeMarkdown) : code(text)
}

/** Joins literal Markdown of our own with safe parts: the types let nothing else in. */
export function gfm(literals: TemplateStringsArray, ...parts: readonly SafeMarkdown[]): SafeMarkdown {
  return literals.reduce((text, literal, i) => text + (parts[i - 1] ?? '') + literal) as SafeMarkdown
}

export function joined(
  parts: readonly SafeMarkdown[],
  separator: ' ' | ', ' | '; ' | ' · ' | '\n' | '\n\n',
): SafeMarkdown {
  return parts.join(separator) as SafeMarkdown
}

export function strong(part: SafeMarkdown): SafeMarkdown {
  return gfm`**${part}**`
}

/** A table with its heading, one line a row. Cells hold no line ends and no bars, since no safe part does. */
export function table(
  heading: readonly SafeMarkdown[],
  align: readonly ('left' | 'right')[],
  rows: readonly (readonly SafeMarkdown[])[],
): SafeMarkdown {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(heading),
    `|${align.map(side => (side === 'right' ? '--:' : '---')).join('|')}|`,
    ...rows.map(line),
  ].join('\n') as SafeMarkdown
}

const REPOSITORY = /^[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+$/
const SHA = /^[0-9a-f]{7,64}$/
const SERVER = /^https:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?$/

export interface Target {
  /** `https://github.com`, or an enterprise server. */
  readonly server: string
  readonly repository: string
  readonly sha: string
}

/**
 * Links safe text to a line of a repository file. The address is built from checked parts and percent-encoded segments only;
 * where a part is not what it should be, the text stands alone.
 */
export function linked(text: SafeMarkdown, target: Target, path: string, line?: number): SafeMarkdown {
  const address = addressOf(target, path, line)
  return address === undefined ? text : (`[${text}](${address})` as SafeMarkdown)
}

/** The address of a line of a file; undefined where a part of it is not what it should be. Holds no quote, bracket or space. */
export function addressOf(target: Target, path: string, line?: number): string | undefined {
  const segments = path.split('/')
  if (!SERVER.test(target.server) || !REPOSITORY.test(target.repository) || !SHA.test(target.sha)) return undefined
  if (path.length > 1000 || segments.some(segment => segment === '' || segment === '.' || segment === '..'))
    return undefined
  const address = `${target.server}/${target.repository}/blob/${target.sha}/${segments.map(encoded).join('/')}`
  // Markdown files are shown rendered, and have no lines, unless asked for plain.
  const plain = /\.(md|markdown|ipynb)$/i.test(path) ? '?plain=1' : ''
  const anchor = line !== undefined && Number.isInteger(line) && line > 0 ? `#L${line}` : ''
  return `${address}${plain}${anchor}`
}

/** The page of a workflow run, or the text alone where the address is not one of the server. */
export function linkedRun(text: SafeMarkdown, server: string, address: string): SafeMarkdown {
  return isRunAddress(server, address) ? (`[${text}](${address})` as SafeMarkdown) : text
}

export function isRunAddress(server: string, address: string): boolean {
  return SERVER.test(server) && address.startsWith(`${server}/`) && /^[A-Za-z0-9_./:-]+$/.test(address)
}

function encoded(segment: string): string {
  const wellFormed = segment.replace(/\p{Cs}/gu, '\ufffd')
  return encodeURIComponent(wellFormed).replace(
    /[!'()*_]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** The first line of our comment: how it is found again. Ids that differ give markers that differ; none ends the comment early. */
export function commentMarker(reportId: string): SafeMarkdown {
  return `<!-- traincost:v1 id=${encoded(reportId).replace(/--/g, '-%2D')} -->` as SafeMarkdown
}

/** Data for our own next run, hidden from the reader. JSON with every `-`, `<` and `>` inside texts escaped. */
export function hiddenState(state: Readonly<Record<string, string | number | null>>): SafeMarkdown {
  const json = JSON.stringify(state).replace(
    /[<>]|-(?=-)|-$/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `<!-- traincost:state ${json} -->` as SafeMarkdown
}
