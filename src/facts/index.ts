/** The words that all rooms speak: facts with their origins, ranges, problems, and the table of fact names. */
import type { Fact } from './fact.ts'
import type { FactName, FactTypes } from './names.ts'

export * from './core-shape.ts'
export * from './fact.ts'
export * from './names.ts'
export * from './numbers.ts'
export * from './problem.ts'
export * from './values.ts'

/** What is said of one run. A name that is missing here was not mentioned, which is the same as an absent fact. */
export type RunFacts = { readonly [K in FactName]?: Fact<FactTypes[K]> }
