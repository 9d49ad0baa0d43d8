/** Two runs of one config side by side: what differs, by how much, and what each changed setting brings. */
export type * from './types.ts'
export { curvesOf } from './curves.ts'
export { compareRuns, failedComparison } from './compare.ts'
export type { Sides } from './compare.ts'
export { saysTheSame } from './same.ts'
export { changedFacts, pricedOnly, type ChangedFact } from './settings.ts'
