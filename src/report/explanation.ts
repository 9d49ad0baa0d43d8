/** `traincost explain`: the arithmetic of one estimate, number by number, so that it can be checked by hand. */
import type { Estimate, Workings } from '../estimate/index.ts'
import { factNamed, type FactName } from '../facts/index.ts'
import { flopsSection, memorySection, parametersSection, tokensSection } from './arithmetic.ts'
import { costSection, energySection, timeSection } from './arithmetic-of-time.ts'
import { gfm, joined, plainText, table, type SafeMarkdown } from './escape.ts'
import { factSection, factsSection } from './fact-lines.ts'
import { SECTIONS, type Section, type SectionName } from './section.ts'
import { markdownOf, named, plainly, type Sentence } from './span.ts'
import { gridText, lineText, type TextOptions } from './text.ts'

export interface Explanation {
  readonly estimate: Estimate
  readonly workings: Workings
}

/** What can be asked for by name: a fact, or a part of the page. Undefined for anything else. */
export function explainable(topic: string): FactName | SectionName | undefined {
  const section = [...SECTIONS, 'facts' as const].find(name => name === topic)
  return section ?? factNamed(topic)
}

export const EXPLAINABLE_SECTIONS: readonly string[] = SECTIONS

export function renderExplanation(
  explanation: Explanation,
  format: 'markdown' | 'text' | 'json',
  topic?: FactName | SectionName,
  options: TextOptions = { columns: 100, color: false },
): string {
  const all = sectionsOf(explanation)
  const isSection = topic !== undefined && all.some(section => section.name === topic)
  const sections =
    topic === undefined
      ? all
      : isSection
        ? all.filter(section => section.name === topic)
        : // What is not a section is a fact.
          [factSection(explanation.estimate, topic as FactName)]
  switch (format) {
    case 'json':
      return `${JSON.stringify(json(explanation, sections), null, 2)}\n`
    case 'markdown':
      return markdown(explanation.estimate.run.path, sections)
    case 'text':
      // A page of arithmetic is not cut: a row that is too long for the terminal wraps there.
      return `${sections.map(section => sectionText(section, { ...options, columns: 10_000 })).join('\n\n')}\n`
  }
}

/** The page as texts, and the summands of its three sums as numbers. */
function json({ estimate: e, workings }: Explanation, sections: readonly Section[]): unknown {
  return {
    version: 1,
    path: e.run.path,
    sections: sections.map(sectionJson),
    terms: e.flops.terms.known ? e.flops.terms.value : null,
    parameters: workings.parameters.known ? workings.parameters.value : null,
    memory: e.memory.known ? e.memory.value.parts : null,
  }
}

function sectionJson({ name, title, grid, lines }: Section): unknown {
  const texts = (row: readonly Sentence[]) => row.map(plainly)
  return {
    name,
    title,
    ...(grid === undefined ? {} : { columns: texts(grid.heading), rows: grid.rows.map(texts) }),
    lines: lines.map(plainly),
  }
}

function markdown(path: string, sections: readonly Section[]): string {
  const parts: SafeMarkdown[] = [gfm`## ${markdownOf([named(path)], null)}`]
  const cells = (row: readonly Sentence[]) => row.map(cell => markdownOf(cell, null))
  for (const { title, grid, lines } of sections) {
    parts.push(gfm`### ${markdownOf([title], null)}`)
    if (grid !== undefined) parts.push(table(cells(grid.heading), grid.align, grid.rows.map(cells)))
    if (lines.length > 0)
      parts.push(
        joined(
          lines.map(line => gfm`- ${markdownOf(line, null)}`),
          '\n',
        ),
      )
  }
  return `${joined(parts, '\n\n')}\n`
}

function sectionText({ title, grid, lines }: Section, options: TextOptions): string {
  return [
    plainText(title),
    ...(grid === undefined ? [] : [gridText(grid, options)]),
    ...lines.map(line => `  ${lineText(line)}`),
  ].join('\n')
}

function sectionsOf({ estimate, workings }: Explanation): readonly Section[] {
  return [
    flopsSection(estimate, workings),
    tokensSection(estimate, workings),
    timeSection(estimate, workings),
    costSection(estimate),
    parametersSection(workings),
    memorySection(estimate),
    energySection(estimate),
    factsSection(estimate),
  ]
}
