/** A local GitHub with real git repositories behind it, held against GitHub's own description of its API. */
export { dispatchEvent, mergeGroupEvent, pullEvent, pushEvent, type WorkflowEvent } from './events.ts'
export { type Fault, type LoggedRequest, type Misbehavior, secondaryLimit, sequentialRounds, status } from './faults.ts'
export type { FileContent } from './git-store.ts'
export { FORKED, type LocalGitHub, PASTED, startGitHub } from './server.ts'
export { startTunnels, type Tunnels } from './tunnels.ts'
export type { CheckRun, Comment, Permissions, Pull, Repository, Role, Token } from './state.ts'
