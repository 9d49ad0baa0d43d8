/** Run → parameters, FLOPs, memory, time, cost and energy. Formulas: docs/estimator.md. */
export { calibrationOf } from './calibration.ts'
export { estimate } from './estimate.ts'
export { stepTokens, tokensPerSecondOf, utilizationOf, withRate } from './measured-rate.ts'
export { projectTotal, type ProjectTotal } from './project-total.ts'
export { workingsOf, type Workings } from './workings.ts'
export type { ParameterRow } from './parameter-rows.ts'
export type { Timing } from './timing.ts'
export type * from './types.ts'
