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
  /** The later of the committer dates of tip and head, ISO date (`2026-11-24`, UTC): "today" for expiry and price age. */
  readonly today: string
  /** What the reader of the report should know about the choice of revisions, such as a missing common ancestor. */
  readonly notes: readonly Problem[]
}

export interface FileChange {
  readonly status: 'added' | 'modified' | 'removed' | 'renamed'
  readonly path: string
  /** The path at the base of a renamed file. */
  readonly previousPath?: string
}

/**
 * A file at one revision. `id` is git's blob id. What is not text is said, never followed: symbolic links, submodules,
 * LFS pointers, paths that leave the repository.
 */
export type FileText =
  | { readonly is: 'text'; readonly text: string; readonly id: string }
  | { readonly is: 'absent' }
  | { readonly is: 'unreadable'; readonly reason: UnreadableReason; readonly why: string }

export type UnreadableReason =
  | 'too-large'
  | 'binary'
  | 'encoding'
  | 'symlink'
  | 'submodule'
  | 'lfs-pointer'
  | 'outside'
  | 'not-a-file'
  | 'beyond-cap'

export type Read<T> = { readonly is: 'read'; readonly value: T } | { readonly is: 'failed'; readonly problem: Problem }

/** Where revisions are read from: GitHub's API, a git repository, or two folders. Reads only; never runs what it reads. */
export interface Source {
  revisions(): Promise<Read<Revisions>>
  /** Every changed file between base and head, complete or failed: a truncated list is a failure. */
  changes(): Promise<Read<readonly FileChange[]>>
  /** All file paths of one side, for globs and includes. */
  paths(side: Side): Promise<Read<readonly string[]>>
  /** An entry for each path that was asked for. */
  texts(side: Side, paths: readonly string[]): Promise<Read<ReadonlyMap<string, FileText>>>
  /** The same at any other revision of the repository, a branch, a tag or a commit; all are absent where there is none of that name. */
  textsAt(ref: string, paths: readonly string[]): Promise<Read<ReadonlyMap<string, FileText>>>
}

export type EventKind =
  'pull_request' | 'pull_request_target' | 'merge_group' | 'push' | 'workflow_dispatch' | 'schedule' | 'other'

/** A revision as the event or an input gives it: a commit, the name of a branch or tag, or the end of a pull request. */
export type Revision =
  | { readonly by: 'sha'; readonly sha: Sha }
  | { readonly by: 'ref'; readonly ref: string }
  | { readonly by: 'pull-head'; readonly number: number }
  | { readonly by: 'default-branch' }
  | { readonly by: 'pull-base'; readonly number: number }

/** How the base is found: as given, or as the merge base of the head and a branch. `none`: nothing came before. */
export type BaseRule =
  | { readonly by: 'merge-base'; readonly with: Revision }
  | { readonly by: 'revision'; readonly revision: Revision }
  | { readonly by: 'none'; readonly why: string }

/** What started the run, checked. Labels are never taken from here: they are read live. */
export interface ChangeEvent {
  readonly kind: EventKind
  /** `synchronize`, `labeled`, …; empty where the event has none. */
  readonly action: string
  readonly owner: string
  readonly repo: string
  readonly head: Revision
  readonly base: BaseRule
  /** Whose policy decides. */
  readonly tip: Revision
  /** The pull request: for the comment, or only for links and overrides (`merge_group`). */
  readonly number: number | null
  /** The pull request's author; null where the event does not say. */
  readonly author: string | null
  readonly fork: boolean
  readonly draft: boolean
  /** `unlikely`: a fork or Dependabot, whose token may only read: one write is tried, and a refusal is only a notice. */
  readonly canComment: 'yes' | 'unlikely' | 'no'
}

/** Who put a label on a pull request, read live. */
export interface LabelGrant {
  readonly label: string
  /** Login of who added it last; null where the history does not say (deleted account). */
  readonly by: string | null
  readonly isBot: boolean
  readonly isAuthor: boolean
  readonly permission: 'none' | 'read' | 'triage' | 'write' | 'maintain' | 'admin'
}
