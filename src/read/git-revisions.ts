import type { Problem } from '../facts/index.ts'
import { laterDay } from './api-revisions.ts'
import { failed } from './fault.ts'
import { git, gitOutput } from './git-command.ts'
import { shaFrom } from './sha.ts'
import type { Read, Revisions, Sha } from './types.ts'

export interface GitRevisionOptions {
  /** A folder inside the repository; paths are always relative to the repository's top. */
  readonly cwd: string
  /** The base itself. Without it: the merge base of the head and `mergeBaseWith`. */
  readonly base?: string
  /** Without it: the work tree, with untracked files that are not ignored. */
  readonly head?: string
  /** The branch whose end gives the policy; without it: the default branch (origin/HEAD, main, master). */
  readonly mergeBaseWith?: string
  /** Whose policy decides, where it is neither `base` nor the end of that branch. */
  readonly tip?: string
}

export interface OpenedRepository {
  readonly top: string
  readonly revisions: Revisions
  readonly base: Sha
  readonly tip: Sha
  /** Undefined: the work tree. */
  readonly head: Sha | undefined
}

/** Finds the commits of one comparison in the repository around a folder. */
export async function openRepository(options: GitRevisionOptions): Promise<Read<OpenedRepository>> {
  const { cwd } = options
  const topLevel = await git(cwd, ['rev-parse', '--show-toplevel'])
  if (topLevel.is === 'failed') return topLevel
  if (topLevel.value.code !== 0)
    return failed('git-repository', `${cwd} is not in a git work tree: ${topLevel.value.error}`)
  const top = topLevel.value.out.toString('utf8').replace(/\n$/, '')
  const headCommit = await commitAt(top, options.head ?? 'HEAD')
  if (headCommit.is === 'failed') return headCommit
  const found =
    options.base === undefined
      ? await fromMergeBase(top, headCommit.value, options.mergeBaseWith)
      : await commitAt(top, options.base).then(base => withTip(base))
  if (found.is === 'failed') return found
  const tip =
    options.tip === undefined ? { is: 'read' as const, value: found.value.tip } : await commitAt(top, options.tip)
  if (tip.is === 'failed') return tip
  const dates = await committerDates(top, [tip.value, headCommit.value])
  if (dates.is === 'failed') return dates
  const head = options.head === undefined ? undefined : headCommit.value
  const { base, notes } = found.value
  const revisions = { base, head: head ?? null, tip: tip.value, today: laterDay(...dates.value), notes }
  return { is: 'read', value: { top, revisions, base, tip: tip.value, head } }
}

interface Base {
  readonly base: Sha
  readonly tip: Sha
  readonly notes: readonly Problem[]
}

function withTip(base: Read<Sha>): Read<Base> {
  return base.is === 'failed' ? base : { is: 'read', value: { base: base.value, tip: base.value, notes: [] } }
}

async function fromMergeBase(top: string, head: Sha, branch: string | undefined): Promise<Read<Base>> {
  const name = branch ?? (await defaultBranch(top))
  if (name === undefined)
    return failed(
      'git-default-branch',
      'no default branch was found (origin/HEAD, main, master): name the base, as in `traincost diff BASE`',
    )
  const tip = await commitAt(top, name)
  if (tip.is === 'failed') return tip
  const merged = await git(top, ['merge-base', tip.value, head])
  if (merged.is === 'failed') return merged
  const base = shaFrom(merged.value.out.toString('utf8').trim())
  if (base !== undefined) return { is: 'read', value: { base, tip: tip.value, notes: [] } }
  if (await isShallow(top))
    return failed(
      'git-shallow',
      `the merge base with ${name} is not in this shallow clone; set fetch-depth: 0 in actions/checkout, or run git fetch --unshallow`,
    )
  const note: Problem = {
    code: 'no-common-ancestor',
    severity: 'warning',
    message: `base and head have no common ancestor: compared with the end of ${name}, ${tip.value.slice(0, 7)}`,
  }
  return { is: 'read', value: { base: tip.value, tip: tip.value, notes: [note] } }
}

async function defaultBranch(top: string): Promise<string | undefined> {
  const remote = await git(top, ['symbolic-ref', '--quiet', 'refs/remotes/origin/HEAD'])
  const named = remote.is === 'read' ? remote.value.out.toString('utf8').trim() : ''
  const candidates = ['remotes/origin/main', 'remotes/origin/master', 'heads/main', 'heads/master'].map(
    n => `refs/${n}`,
  )
  for (const name of named.startsWith('refs/remotes/origin/') ? [named, ...candidates] : candidates) {
    const verified = await git(top, ['rev-parse', '--verify', '--quiet', `${name}^{commit}`])
    if (verified.is === 'read' && verified.value.code === 0) return name
  }
  return undefined
}

async function commitAt(top: string, revision: string): Promise<Read<Sha>> {
  // A revision that begins with a hyphen would be an option.
  if (!/^[^-\p{Cc}][^\p{Cc}]{0,1000}$/u.test(revision))
    return failed('git-revision', 'a revision must be a branch, a tag or a commit, and cannot begin with a hyphen')
  const ran = await git(top, ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`])
  if (ran.is === 'failed') return ran
  const sha = shaFrom(ran.value.out.toString('utf8').trim())
  if (sha !== undefined) return { is: 'read', value: sha }
  const next = (await isShallow(top))
    ? 'this clone is shallow: set fetch-depth: 0 in actions/checkout, or run git fetch --unshallow'
    : revision === 'HEAD'
      ? 'commit something first'
      : 'git branch --all shows the names; git fetch brings what is missing'
  return failed('git-revision', `${revision} is no commit in this repository; ${next}`)
}

/**
 * The commit of a branch, a tag or an id. A branch as it was fetched comes before a local one of that name, which may be old.
 *
 * @returns undefined where nothing has that name; failed in a shallow clone, which may only lack it
 */
export async function commitNamed(top: string, name: string): Promise<Read<Sha | undefined>> {
  const fetched = await commitAt(top, `refs/remotes/origin/${name}`)
  if (fetched.is === 'read') return fetched
  const found = await commitAt(top, name)
  return found.is === 'read' || (await isShallow(top)) ? found : { is: 'read', value: undefined }
}

async function isShallow(top: string): Promise<boolean> {
  const ran = await git(top, ['rev-parse', '--is-shallow-repository'])
  return ran.is === 'read' && ran.value.out.toString('utf8').trim() === 'true'
}

async function committerDates(top: string, commits: readonly Sha[]): Promise<Read<readonly number[]>> {
  const out = await gitOutput(top, ['rev-list', '--no-walk=unsorted', '--timestamp', ...commits])
  if (out.is === 'failed') return out
  const seconds = [...out.value.toString('utf8').matchAll(/^(\d+) /gm)].map(match => Number(match[1]))
  return seconds.length === 0
    ? failed('git-failed', 'git rev-list gave no committer date')
    : { is: 'read', value: seconds.map(s => s * 1000) }
}
