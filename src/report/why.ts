/** Why a config costs more or less: the share of each changed setting, with a bar and its line. */
import type { Attribution, Comparison } from '../compare/index.ts'
import { bar, signed } from './numbers.ts'
import type { Quantity } from './quantity.ts'
import { bold, fig, named, placeOf, plainly, plural, type Grid, type Sentence, type Span } from './span.ts'

export interface Why {
  readonly title: Sentence
  /** Undefined where one setting is all of it: the title then says it. */
  readonly grid?: Grid
  /** The facts whose change it tells. */
  readonly said: readonly string[]
}

/** Undefined where nothing is attributed: a side is unknown, or the config is new. */
export function whyOf(c: Comparison, quantity: Quantity, most: number): Why | undefined {
  const delta = quantity.delta(c)
  if (c.attribution.length === 0 || !delta.known || c.status === 'unchanged' || c.status === 'error') return undefined
  const shares = c.attribution.flatMap(a => {
    const share = quantity.share(a)
    return share === null ? [] : [{ ...a, share }]
  })
  // Shares of a known difference are known; a list with holes would not add up.
  if (shares.length < c.attribution.length) return undefined
  const bySize = shares.sort((a, b) => Math.abs(b.share) - Math.abs(a.share))
  const shown = bySize.length > most ? bySize.slice(0, most - 1) : bySize
  const rest = bySize.slice(shown.length)
  const restShare = rest.reduce((sum, a) => sum + a.share, 0)
  const largest = Math.max(...shown.map(a => Math.abs(a.share)), Math.abs(restShare))
  const rows: Sentence[][] = shown.map(a => [
    shareCell(a.share, largest, quantity),
    [named(a.fact)],
    fromTo(a),
    [where(a, c)],
  ])
  if (rest.length > 0)
    rows.push([shareCell(restShare, largest, quantity), [plural(rest.length, 'more setting')], [], []])
  if (rows.length > 1) rows.push([[bold(signed(quantity.print)(delta.value, 4))], ['the whole difference'], [], []])
  const verb = quantity.unit === 'usd' ? 'costs' : 'takes'
  const direction = delta.value > 0 ? `${verb} more` : delta.value < 0 ? `${verb} less` : `${verb} the same`
  const title: Sentence = [{ figure: 'Why', strong: true }, ' ', named(c.path), ` ${direction}`]
  const said = shown.flatMap(({ fact }) => fact.split(', '))
  const [only] = shown
  if (only !== undefined && shares.length === 1)
    return { title: [...title, ': ', named(only.fact), ' ', ...fromTo(only), ', ', where(only, c), '.'], said }
  return {
    title,
    said,
    grid: {
      heading: [[fig(`Δ ${quantity.column}`)], ['Setting'], ['Was → is'], ['Where']],
      align: ['right', 'left', 'left', 'left'],
      rows,
    },
  }
}

function shareCell(share: number, largest: number, quantity: Quantity): Sentence {
  const blocks = largest === 0 ? '' : bar(share / largest, share > 0)
  return blocks === ''
    ? [bold(signed(quantity.print)(share, 4))]
    : [bold(signed(quantity.print)(share, 4)), ' ', fig(blocks)]
}

/** `4,096 → 8,192`; a setting that one side lacks is `added` or `removed`. */
function fromTo(a: Attribution): Sentence {
  if (a.from !== undefined && a.to !== undefined) return [...value(a.from), ' → ', ...value(a.to)]
  if (a.to !== undefined) return ['added: ', ...value(a.to)]
  return a.from === undefined ? [] : ['removed: ', ...value(a.from)]
}

/** The same as words, for a chart. */
export const settingWords = (a: Attribution): string => plainly(fromTo(a))

/** Figures as figures, anything else as what it is: somebody's text. */
export function value(text: string): Sentence {
  return [/^[−-]?\d[\d,.]*(?:e\d+)?(?: [KMBT%])?$/.test(text) ? fig(text.replace(/^-/, '−')) : named(text)]
}

function where(a: Attribution, c: Comparison): Span {
  // A setting that is gone can only be pointed at where it was.
  const at = placeOf(a.at, a.to === undefined ? 'base' : 'head')
  if (at === undefined) return a.at?.source === undefined ? (a.at?.kind ?? '') : named(a.at.source)
  const line = at.line === undefined ? '' : `line ${at.line}`
  if (at.path === c.path && line !== '') return { figure: line, at }
  return named(line === '' ? at.path : `${at.path} ${line}`, at)
}
