export type * from './tree.ts'
export { DEFAULT_LIMITS } from './tree.ts'
