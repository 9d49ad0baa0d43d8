/** From a tree to facts: which framework wrote the file, and what its keys mean. */
export type * from './types.ts'
export { frameworkNames, includesOf, recognize } from './recognize.ts'
