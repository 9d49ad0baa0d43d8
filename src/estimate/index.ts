/** Run → parameters, FLOPs, memory, time, cost and energy. Formulas: docs/estimator.md. */
export { calibrationOf } from './calibration.ts'
export { estimate } from './estimate.ts'
export type * from './types.ts'
