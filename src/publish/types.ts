import type { Problem } from '../facts/index.ts'

/** When a first comment is written; `existing`: never, but one that is there is refreshed. */
export type CommentMode = 'always' | 'changes' | 'threshold' | 'on-failure' | 'existing' | 'never'

/** Where a report went. Its problems are warnings: nothing that happens here changes a verdict. */
export interface Published {
  readonly did: 'created' | 'updated' | 'unchanged' | 'skipped' | 'superseded' | 'failed'
  readonly id?: number
  readonly url?: string
  readonly problems: readonly Problem[]
}

/** A pull request's conversation, or a commit, to write to. */
export interface Target {
  readonly owner: string
  readonly repo: string
}
