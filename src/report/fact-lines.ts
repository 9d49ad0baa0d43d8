import type { Estimate } from '../estimate/index.ts'
import { FACTS, FACT_NAMES, factNamed, type Fact, type FactName, type Origin } from '../facts/index.ts'
import { grouped } from './figures.ts'
import { flagOf, publishedValue } from './published.ts'
import { lacks, unknownSection, type Section } from './section.ts'
import { fig, named, type Sentence } from './span.ts'

export function factLine(name: FactName, fact: Fact<unknown>): Sentence {
  return fact.known
    ? [named(FACTS[name].name), ' = ', named(valueText(name, fact.value)), ' from ', ...originsOf(fact.origins)]
    : (lacks(fact)[0] ?? [named(FACTS[name].name), ' is unknown'])
}

export function originsOf(origins: readonly Origin[]): Sentence {
  const texts = origins.map(origin => {
    const flag = flagOf(origin)
    if (flag !== undefined) return flag
    const at = origin.path === undefined ? '' : ` ${origin.path}${origin.line === undefined ? '' : `:${origin.line}`}`
    return `${origin.kind}${at}${origin.source === undefined ? '' : ` (${origin.source})`}`
  })
  return texts.flatMap((text, i): Sentence => (i === 0 ? [named(text)] : [', ', named(text)]))
}

function valueText(name: FactName, value: unknown): string {
  if (typeof value === 'number') return grouped(value)
  return typeof value === 'string' ? value : JSON.stringify(publishedValue(name, value))
}

/** Degrees of parallelism that nobody gives are 1. */
const DEGREES: ReadonlySet<FactName> = new Set<FactName>(['tp', 'pp', 'cp', 'ep'])

function namesIn(formula: string): readonly FactName[] {
  return [...formula.matchAll(/[a-z][a-z_]*(?:\.[a-z_]+)?/g)].flatMap(([word]) => factNamed(word) ?? [])
}

export function inNumbers(formula: string, { facts }: Estimate): string {
  return formula.replace(/[a-z][a-z_]*(?:\.[a-z_]+)?/g, word => {
    const name = factNamed(word)
    if (name === undefined) return word
    const fact: Fact<unknown> | undefined = facts[name]
    if (fact?.known === true && typeof fact.value === 'number') return grouped(fact.value)
    return DEGREES.has(name) ? '1' : word
  })
}

/** Where each input of a formula comes from; derived inputs with their own formula, down to what was given. */
export function derivation(e: Estimate, formula: string, seen: Set<FactName>): readonly Sentence[] {
  return namesIn(formula).flatMap((name): readonly Sentence[] => {
    if (seen.has(name)) return []
    seen.add(name)
    const fact: Fact<unknown> | undefined = e.facts[name]
    if (fact === undefined) return DEGREES.has(name) ? [[named(FACTS[name].name), ' = ', fig('1'), ', not given']] : []
    if (!fact.known) return lacks(fact)
    const inner = fact.origins.find(origin => origin.kind === 'derived')?.source
    if (inner === undefined || namesIn(inner).length === 0) return [factLine(name, fact)]
    return [
      [named(FACTS[name].name), ' = ', named(`${inner} → ${inNumbers(inner, e)} = ${valueText(name, fact.value)}`)],
      ...derivation(e, inner, seen),
    ]
  })
}

/** One fact: its value, where it comes from, and what that was computed from. */
export function factSection(e: Estimate, name: FactName): Section {
  const fact: Fact<unknown> | undefined = e.facts[name]
  const title = `The fact ${FACTS[name].name}`
  if (fact === undefined) return { name: 'facts', title, lines: [[named(FACTS[name].name), ' is not given anywhere']] }
  if (!fact.known) return unknownSection('facts', title, fact)
  const formula = fact.origins.find(origin => origin.kind === 'derived')?.source
  return {
    name: 'facts',
    title,
    lines: [
      factLine(name, fact),
      ...(formula === undefined || namesIn(formula).length === 0
        ? []
        : ([
            [named(`${formula} → ${inNumbers(formula, e)}`)],
            ...derivation(e, formula, new Set([name])),
          ] satisfies Sentence[])),
    ],
  }
}

export function factsSection(e: Estimate): Section {
  return {
    name: 'facts',
    title: 'Facts',
    lines: FACT_NAMES.flatMap((name): Sentence[] => {
      const fact: Fact<unknown> | undefined = e.facts[name]
      return fact?.known === true ? [factLine(name, fact)] : []
    }),
  }
}
