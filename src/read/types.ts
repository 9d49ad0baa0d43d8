import type { Problem } from '../facts/index.ts'

declare const sha: unique symbol
/** A full commit id, checked by `shaFrom`: a mix-up of revisions would judge the wrong change. */
export type Sha = string & { readonly [sha]: true }

export type Side = 'base' | 'head' | 'tip'

/**
 * The revisions of one comparison. `base` is the merge base (or what the event says), `tip` the live end of the base branch,
 * whose policy decides. Null: a folder or work tree without a commit.
 */
export interface Revisions {
  readonly base: Sha | null
  readonly head: Sha | null
  readonly tip: Sha | null
  /** The later of the committer dates of tip and head, ISO date: "today" for expiry and price age. */
  readonly today: string
}

export interface FileChange {
  readonly status: 'added' | 'modified' | 'removed' | 'renamed'
  readonly path: string
  /** The path at the base of a renamed file. */
  readonly previousPath?: string
}

/** A file at one revision. What is not text is said, never followed: symbolic links, submodules, LFS pointers. */
export type FileText =
  | { readonly is: 'text'; readonly text: string; readonly id: string }
  | { readonly is: 'absent' }
  | { readonly is: 'unreadable'; readonly reason: UnreadableReason; readonly why: string }

export type UnreadableReason = 'too-large' | 'binary' | 'encoding' | 'symlink' | 'submodule' | 'lfs-pointer'

export type Read<T> = { readonly is: 'read'; readonly value: T } | { readonly is: 'failed'; readonly problem: Problem }

/** Where revisions are read from: GitHub's API, a git repository, or two folders. Reads only; never runs what it reads. */
export interface Source {
  revisions(): Promise<Read<Revisions>>
  /** Every changed file between base and head, complete or failed: a truncated list is a failure. */
  changes(): Promise<Read<readonly FileChange[]>>
  /** All file paths of one side, for globs and includes. */
  paths(side: Side): Promise<Read<readonly string[]>>
  texts(side: Side, paths: readonly string[]): Promise<Read<ReadonlyMap<string, FileText>>>
}
