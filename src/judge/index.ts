/** The decision: comparisons and rules in, one verdict out. Nothing that is published afterwards can alter it. */
export type * from './types.ts'
export { judge } from './judge.ts'
export { waysToPass } from './way-to-pass.ts'
export { measuresIn } from './metrics.ts'
export type { Measure } from './metrics.ts'
