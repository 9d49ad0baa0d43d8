/** Facts as rows: value and origin, base → head where they differ. */
import type { Comparison } from '../compare/index.ts'
import type { Estimate } from '../estimate/index.ts'
import { FACTS, FACT_NAMES, type Fact, type FactName, type Origin } from '../facts/index.ts'
import { flagOf, publishedValue } from './published.ts'
import { count, plain, scaled } from './numbers.ts'
import { fig, named, placeOf, type Place, type Sentence, type Span } from './span.ts'

export interface FactRow extends Row {
  /** What rows of one kind of source are called together. */
  readonly source: string
}

export interface Row {
  readonly name: Sentence
  readonly value: Sentence
  readonly from: Sentence
  readonly changed: boolean
  /** Rows that the registry brings with a model share one line, whatever stands between them. */
  readonly fromRegistry: boolean
}

/**
 * What the reader of a comment can do without: what only the parameter count needs, what goes without saying of a decoder, an
 * epoch count that steps overrule, and the tokens, which stand among the computed numbers.
 */
function goesWithoutSaying(name: FactName, fact: Fact<unknown> | undefined, e: Estimate | null): boolean {
  const kind = fact?.known === true ? fact.origins[0]?.kind : undefined
  if (name === 'bidirectional') return kind === 'assumed'
  if (name === 'epochs') return kind === 'default' && e?.facts.steps?.known === true
  return name === 'extras'
}

/** The tokens of the only run are said by what was computed; those of several runs are not. */
export function isSaidBelow(name: FactName, c: Comparison): boolean {
  const sides = [c.base, c.head].filter(e => e !== null)
  const once = (e: Estimate): boolean => e.tokens.known && (!e.run.runs.known || e.run.runs.value === 1)
  return name === 'totalTokens' && sides.every(once)
}

export function factRows(c: Comparison, everything: boolean): FactRow[] {
  return FACT_NAMES.flatMap((name): FactRow[] => {
    const [base, head] = [factOf(c.base, name), factOf(c.head, name)]
    if (base === undefined && head === undefined) return []
    const [from, to] = [base && factText(name, base), head && factText(name, head)]
    const changed = c.base !== null && c.head !== null && from !== to
    const shown = head ?? base
    if (isSaidBelow(name, c) || (!everything && !changed && goesWithoutSaying(name, shown, c.head ?? c.base))) return []
    return [
      {
        name: [named(FACTS[name].name)],
        value: changed ? [...side(from, name), ' → ', ...side(to, name)] : side(to ?? from, name),
        from: origins(shown, head === undefined ? 'base' : 'head', c.path),
        changed,
        fromRegistry: shown?.known === true && shown.origins[0]?.kind === 'registry',
        source: sourceName(shown, name, c.path),
      },
    ]
  })
}

function factOf(e: Estimate | null, name: FactName): Fact<unknown> | undefined {
  const fact: Fact<unknown> | undefined = e?.facts[name]
  // What nobody mentioned and nothing needed is no row; what is needed and missing is listed with the remedies.
  return fact === undefined || (!fact.known && fact.missing.every(m => m.absent)) ? undefined : fact
}

function factText(name: FactName, fact: Fact<unknown>): string {
  if (!fact.known) return 'unknown'
  const { value } = fact
  if (typeof value === 'number') {
    const tokens =
      name === 'datasetTokens' || name === 'totalTokens' || name === 'trainedTokens' || name === 'trainSamples'
    return tokens && scaledExactly(value) ? scaled(value) : Number.isInteger(value) ? count(value) : plain(value, 6)
  }
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value.join(', ')
  return JSON.stringify(publishedValue(name, value))
}

const scaledExactly = (value: number) => value >= 1e6 && Number(value.toPrecision(3)) === value

function side(text: string | undefined, name: FactName): Sentence {
  if (text === undefined) return ['not given']
  if (text === 'unknown') return ['unknown']
  const plainName = name === 'family' || name === 'baseModel' || name === 'dataset' || name === 'optimizer'
  return [!plainName && /^(?:[\d,.]+(?: [MBT])?|yes|no|[a-z][a-z0-9]+)$/.test(text) ? fig(text) : named(text)]
}

/** The first origins, most telling first; files as links. */
export function origins(fact: Fact<unknown> | undefined, at: Place['side'], path: string): Sentence {
  if (fact === undefined) return []
  if (!fact.known) return fact.missing[0] === undefined ? [] : [fact.missing[0].why]
  const spans: Span[] = []
  for (const origin of fact.origins.slice(0, 3)) {
    if (spans.length > 0) spans.push(', ')
    spans.push(...originSpans(origin, at, path))
  }
  if (fact.origins.length > 3) spans.push(` and ${fact.origins.length - 3} more`)
  return spans
}

function originSpans(origin: Origin, side: Place['side'], path: string): Sentence {
  const flag = flagOf(origin)
  if (flag !== undefined) return [named(flag)]
  const at = placeOf(origin, side)
  const source: Sentence = origin.source === undefined ? [] : [' ', named(origin.source)]
  if (at === undefined) return [origin.kind, ...source]
  const label = `${at.path}${at.line === undefined ? '' : ` line ${at.line}`}`
  const place: Span = at.path === path && at.line !== undefined ? { figure: `line ${at.line}`, at } : named(label, at)
  // The config is what the reader thinks of anyway; everything else is named.
  return origin.kind === 'config' ? [place] : [`${origin.kind} `, place]
}

/** What a fact's source is called where it stands for several. */
function sourceName(fact: Fact<unknown> | undefined, name: FactName, path: string): string {
  const origin = fact?.known === true ? fact.origins[0] : undefined
  if (origin === undefined) return name
  switch (origin.kind) {
    case 'config':
      return origin.path === path ? 'the config' : 'included files'
    case 'registry':
      return 'the model'
    case 'policy':
      return 'the policy'
    case 'profile':
      return 'the profile'
    case 'script':
      return 'the launch script'
    case 'default':
      return 'defaults'
    case 'assumed':
      return 'assumptions'
    case 'derived':
      return 'computed'
    default:
      return origin.kind satisfies never
  }
}
