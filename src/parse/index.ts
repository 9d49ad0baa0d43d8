export type * from './tree.ts'
export { DEFAULT_LIMITS } from './tree.ts'
export { parse, syntaxOf } from './parse.ts'
