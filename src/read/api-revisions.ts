import type { Problem } from '../facts/index.ts'
import { failed, problemFrom, statusOf } from './fault.ts'
import { shaFrom } from './sha.ts'
import type { Api } from './tree.ts'
import type { BaseRule, ChangeEvent, Read, Revision, Sha } from './types.ts'

export interface Commit {
  readonly sha: Sha
  readonly treeId: string
  /** Committer date, milliseconds since 1970. */
  readonly dateMs: number
}

export interface Commits {
  readonly base: Commit
  readonly head: Commit
  readonly tip: Commit
  /** True where the base is the merge base: then GitHub's three-dot lists hold what changed. */
  readonly baseIsMergeBase: boolean
  readonly notes: readonly Problem[]
}

/** The commits of one comparison, in one round of requests where the event names them. */
export async function findCommits(api: Api, event: ChangeEvent): Promise<Read<Commits>> {
  try {
    const { base, head, tip } = await named(api, event)
    switch (base.by) {
      case 'none':
        return failed('no-base', `there is nothing to compare with: ${base.why}`)
      case 'revision': {
        const [baseCommit, headCommit] = await Promise.all([commitAt(api, base.revision), commitAt(api, head)])
        return {
          is: 'read',
          value: { base: baseCommit, head: headCommit, tip: baseCommit, baseIsMergeBase: false, notes: [] },
        }
      }
      case 'merge-base':
        return await fromMergeBase(api, head, tip)
      default:
        return base satisfies never
    }
  } catch (thrown) {
    return { is: 'failed', problem: problemFrom(thrown, 'find the commits to compare', 'contents: read') }
  }
}

/** The commit of a branch, a tag or an id; undefined where nothing has that name. */
export async function findCommit(api: Api, ref: string): Promise<Read<Commit | undefined>> {
  try {
    return { is: 'read', value: await commitAt(api, { by: 'ref', ref }) }
  } catch (thrown) {
    const status = statusOf(thrown)
    if (status === 404 || status === 422) return { is: 'read', value: undefined }
    return { is: 'failed', problem: problemFrom(thrown, 'find a commit by its name', 'contents: read') }
  }
}

interface Named {
  readonly base: BaseRule
  readonly head: Revision
  readonly tip: Revision
}

/** Asks for the names that the event leaves open: the ends of a pull request, the default branch. */
async function named(api: Api, event: ChangeEvent): Promise<Named> {
  const { client, owner, repo } = api
  const { base, head, tip } = event
  if (head.by === 'pull-head') {
    const { data } = await client.reader.pulls.get({ owner, repo, pull_number: head.number })
    const branch: Revision = { by: 'ref', ref: data.base.ref }
    return {
      base: base.by === 'merge-base' ? { by: 'merge-base', with: branch } : base,
      head: { by: 'sha', sha: checkedSha(data.head.sha) },
      tip: tip.by === 'pull-base' ? branch : tip,
    }
  }
  if (tip.by !== 'default-branch') return { base, head, tip }
  const { data } = await client.reader.repos.get({ owner, repo })
  const branch: Revision = { by: 'ref', ref: data.default_branch }
  return { base: { by: 'merge-base', with: branch }, head, tip: branch }
}

async function fromMergeBase(api: Api, head: Revision, tip: Revision): Promise<Read<Commits>> {
  const [headName, tipName] = [nameOf(head), nameOf(tip)]
  const [headCommit, tipSha, compared] = await Promise.all([
    commitAt(api, head),
    tip.by === 'ref' ? branchEnd(api, tip.ref) : undefined,
    compare(api, tipName, headName),
  ])
  // A tag may carry the branch's name, and a branch may move between two requests: only the branch's end counts.
  const exact =
    tipSha === undefined || compared === undefined || compared.tip.sha === tipSha
      ? compared
      : await compare(api, tipSha, headCommit.sha)
  if (exact !== undefined)
    return {
      is: 'read',
      value: { base: exact.mergeBase, head: headCommit, tip: exact.tip, baseIsMergeBase: true, notes: [] },
    }
  const tipCommit = await commitAt(api, tipSha === undefined ? tip : { by: 'sha', sha: tipSha })
  const note: Problem = {
    code: 'no-common-ancestor',
    severity: 'warning',
    message: `base and head have no common ancestor: compared with the end of the base branch, ${tipCommit.sha.slice(0, 7)}`,
  }
  return {
    is: 'read',
    value: { base: tipCommit, head: headCommit, tip: tipCommit, baseIsMergeBase: false, notes: [note] },
  }
}

/** The end of a branch; undefined where the name is no branch (a tag, given as an input). */
async function branchEnd(api: Api, branch: string): Promise<Sha | undefined> {
  const { client, owner, repo } = api
  try {
    const { data } = await client.reader.git.getRef({ owner, repo, ref: `heads/${branch}` })
    return checkedSha(data.object.sha)
  } catch (thrown) {
    if (statusOf(thrown) === 404) return undefined
    throw thrown
  }
}

interface Compared {
  readonly mergeBase: Commit
  readonly tip: Commit
}

/** Undefined where there is no common ancestor. The second page is asked for because files and patches fill the first. */
async function compare(api: Api, base: string, head: string): Promise<Compared | undefined> {
  const { client, owner, repo } = api
  try {
    const { data } = await client.reader.repos.compareCommitsWithBasehead({
      owner,
      repo,
      basehead: `${base}...${head}`,
      per_page: 1,
      page: 2,
    })
    return { mergeBase: listedCommit(data.merge_base_commit), tip: listedCommit(data.base_commit) }
  } catch (thrown) {
    if (statusOf(thrown) === 404 && thrown instanceof Error && /no common ancestor/i.test(thrown.message))
      return undefined
    throw thrown
  }
}

async function commitAt(api: Api, revision: Revision): Promise<Commit> {
  const { client, owner, repo } = api
  if (revision.by === 'sha') {
    const { data } = await client.reader.git.getCommit({ owner, repo, commit_sha: revision.sha })
    return commit(data.sha, data.tree.sha, data.committer.date)
  }
  const { data } = await client.reader.repos.getCommit({ owner, repo, ref: nameOf(revision), per_page: 1 })
  return listedCommit(data)
}

interface ListedCommit {
  readonly sha: string
  readonly commit: { readonly tree: { readonly sha: string }; readonly committer: { readonly date?: string } | null }
}

function listedCommit(listed: ListedCommit): Commit {
  return commit(listed.sha, listed.commit.tree.sha, listed.commit.committer?.date)
}

function commit(sha: unknown, treeId: unknown, date: unknown): Commit {
  const dateMs = typeof date === 'string' ? Date.parse(date) : Number.NaN
  if (!Number.isFinite(dateMs)) throw new TypeError('GitHub described a commit without its date')
  return { sha: checkedSha(sha), treeId: checkedSha(treeId), dateMs }
}

function checkedSha(plain: unknown): Sha {
  const sha = shaFrom(plain)
  if (sha === undefined) throw new TypeError('GitHub described a commit without its id')
  return sha
}

function nameOf(revision: Revision): string {
  switch (revision.by) {
    case 'sha':
      return revision.sha
    case 'ref':
      return revision.ref
    case 'pull-head':
    case 'pull-base':
    case 'default-branch':
      throw new Error(`${revision.by} is looked up before it is used`)
    default:
      return revision satisfies never
  }
}

/** The later of two committer dates, as a UTC day. */
export function laterDay(...datesMs: readonly number[]): string {
  return new Date(Math.max(...datesMs)).toISOString().slice(0, 10)
}
