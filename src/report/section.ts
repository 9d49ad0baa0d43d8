import type { Fact, Range } from '../facts/index.ts'
import { plain } from './numbers.ts'
import { lackSentences } from './remedy.ts'
import type { Grid, Sentence } from './span.ts'

/** A part of the page. `lines` stand below the grid. */
export interface Section {
  readonly name: SectionName
  readonly title: string
  readonly grid?: Grid
  readonly lines: readonly Sentence[]
}

export const SECTIONS = ['flops', 'tokens', 'time', 'cost', 'parameters', 'memory', 'energy'] as const
export type SectionName = (typeof SECTIONS)[number] | 'facts'

export function lacks(fact: Fact<unknown>): readonly Sentence[] {
  return fact.known ? [] : lackSentences(fact.missing)
}

export const unknownSection = (name: SectionName, title: string, fact: Fact<unknown>): Section => ({
  name,
  title,
  lines: lacks(fact),
})

const SIX_DIGITS = 6
export const digits = (value: number) => plain(value, SIX_DIGITS)
export const band = ({ low, high }: Range, unit = 1) => `${digits(low / unit)} – ${digits(high / unit)}`
export const HOUR = 3600
