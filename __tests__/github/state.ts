import { createLimits, type Limits } from './limits.ts'
import { createGitStore, type FileContent, type GitStore } from './git-store.ts'

export type Level = 'none' | 'read' | 'write'
export type Scope = 'contents' | 'pull-requests' | 'issues' | 'checks' | 'statuses'
export type Permissions = Readonly<Record<Scope, Level>>
export type Role = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none'

export interface User {
  readonly id: number
  readonly login: string
  readonly type: 'User' | 'Bot'
}

/** What a caller may do. The job's token is an installation token: its login is that of a bot. */
export interface Token {
  readonly value: string
  readonly login: string
  readonly kind: 'installation' | 'user'
  readonly permissions: Permissions
  /** Of private repositories those that it may see; undefined for all. */
  readonly repositories: readonly string[] | undefined
}

/** Null for an account that was deleted meanwhile. */
export type Author = string | null

export interface Comment {
  readonly id: number
  readonly author: Author
  body: string
  readonly createdAt: string
  updatedAt: string
  minimized: boolean
  readonly pull: number
}

export interface IssueEvent {
  readonly id: number
  readonly event: 'labeled' | 'unlabeled' | 'locked'
  readonly actor: Author
  /** The app through which the actor did it. */
  readonly app: string | undefined
  readonly label: string
  readonly at: string
}

export interface CheckRun {
  readonly id: number
  readonly headSha: string
  readonly name: string
  status: string
  conclusion: string | null
  startedAt: string
  completedAt: string | null
  detailsUrl: string | null
  externalId: string | null
  output: { title: string | null; summary: string | null; text: string | null }
  readonly annotations: Readonly<Record<string, unknown>>[]
}

export interface Status {
  readonly id: number
  readonly sha: string
  readonly state: string
  readonly context: string
  readonly description: string | null
  readonly targetUrl: string | null
  readonly at: string
  readonly creator: string
}

export interface Pull {
  readonly number: number
  readonly id: number
  readonly author: string
  title: string
  body: string | null
  draft: boolean
  locked: boolean
  /** Changed where the pull request is given another base. */
  base: string
  /** `branch`, or `owner:branch` for a fork. */
  readonly head: string
  readonly createdAt: string
  /** The base branch's tip when the head was last pushed; goes stale when the base branch moves on. */
  baseSha: string
  headSha: string
  /** The test merge of head and base; undefined where they conflict. */
  readonly mergeSha: string | undefined
  readonly labels: string[]
  readonly comments: Comment[]
  readonly events: IssueEvent[]
  label(name: string, by?: Author, app?: string): void
  unlabel(name: string, by?: string): void
  comment(author: Author, body: string): Comment
}

export interface NewCommit {
  /** `branch`, or `owner:branch` for a fork. */
  readonly branch?: string
  /** Where a new branch starts: a branch or a commit. Default: the default branch; null: no parent. */
  readonly from?: string | null
  readonly files: Readonly<Record<string, FileContent>>
  readonly message?: string
}

export interface NewPull {
  readonly base?: string
  readonly head: string
  readonly author?: string
  readonly title?: string
  readonly body?: string | null
  readonly draft?: boolean
}

export interface Repository {
  readonly id: number
  readonly owner: string
  readonly name: string
  readonly fullName: string
  readonly private: boolean
  readonly defaultBranch: string
  readonly git: GitStore
  readonly collaborators: Map<string, Role>
  readonly pulls: Pull[]
  readonly checkRuns: CheckRun[]
  readonly statuses: Status[]
  /** Entries of a recursive tree after which GitHub says `truncated`; the real limit is 100,000. */
  treeLimit: number
  commit(commit: NewCommit): string
  /** The commit at the end of a branch, `branch` or `owner:branch`. */
  tip(branch: string): string
  pull(pull: NewPull): Pull
}

export interface World {
  readonly users: Map<string, User>
  readonly repositories: Repository[]
  readonly tokens: Map<string, Token>
  /** Repositories by names that they had before. */
  readonly renamed: Map<string, Repository>
  readonly limits: Limits
  /** A date that grows by a second with each use: the same scenario gives the same bytes. */
  readonly now: () => string
  readonly nextId: () => number
}

export function createWorld(): World {
  let seconds = Date.parse('2026-11-20T12:00:00Z') / 1000
  let id = 1000
  return {
    users: new Map(),
    repositories: [],
    tokens: new Map(),
    renamed: new Map(),
    limits: createLimits(),
    now: () => new Date(++seconds * 1000).toISOString().replace('.000Z', 'Z'),
    nextId: () => ++id,
  }
}

export function userNamed(world: World, login: string): User {
  const found = world.users.get(login)
  if (found !== undefined) return found
  const user: User = { id: world.nextId(), login, type: login.endsWith('[bot]') ? 'Bot' : 'User' }
  world.users.set(login, user)
  return user
}

/** A repository by its name, or by one that it had; undefined where the token may not know of it. */
export function visibleRepository(world: World, token: Token, fullName: string): Repository | undefined {
  const name = fullName.toLowerCase()
  const found = world.repositories.find(repository => repository.fullName.toLowerCase() === name)
  const repository = found ?? world.renamed.get(name)
  const isHidden = repository?.private === true && token.repositories?.includes(repository.fullName) === false
  return isHidden ? undefined : repository
}

export interface NewRepository {
  readonly name?: string
  readonly files?: Readonly<Record<string, FileContent>>
  readonly private?: boolean
  readonly collaborators?: Readonly<Record<string, Role>>
}

export function createRepository(world: World, given: NewRepository): Repository {
  const fullName = given.name ?? 'acme/models'
  if (world.repositories.some(repository => repository.fullName === fullName))
    throw new Error(`the scenario has two repositories ${fullName}`)
  const [owner = '', name = ''] = fullName.split('/')
  const git = createGitStore()
  const heads = new Map<string, string>()

  const tip = (branch: string): string => {
    const found = heads.get(branch)
    if (found === undefined) throw new Error(`the scenario has no branch ${branch}`)
    return found
  }
  const repository: Repository = {
    id: world.nextId(),
    owner,
    name,
    fullName,
    private: given.private ?? false,
    defaultBranch: 'main',
    git,
    collaborators: new Map([[owner, 'admin' as const], ...Object.entries(given.collaborators ?? {})]),
    pulls: [],
    checkRuns: [],
    statuses: [],
    treeLimit: 100_000,
    tip,
    commit({ branch = 'main', from, files, message = 'change' }) {
      const start = from === undefined ? 'main' : from
      const parent = heads.get(branch) ?? (start === null ? undefined : (heads.get(start) ?? start))
      const first = heads.size === 0
      const sha = git.commit({
        ref: refOf(repository, branch),
        parent: first ? undefined : parent,
        files,
        message,
        date: world.now(),
      })
      heads.set(branch, sha)
      for (const pull of repository.pulls) if (pull.head === branch) pushed(repository, pull)
      return sha
    },
    pull: given => createPull(world, repository, given),
  }
  world.repositories.push(repository)
  for (const login of repository.collaborators.keys()) userNamed(world, login)
  repository.commit({ files: given.files ?? { 'README.md': 'models\n' }, message: 'first' })
  return repository
}

/** Branches of forks live outside of refs/heads, as GitHub keeps them apart while sharing the objects. */
export function refOf(repository: Repository, branch: string): string {
  const [owner, name] = branch.includes(':') ? (branch.split(':', 2) as [string, string]) : [repository.owner, branch]
  return owner === repository.owner ? `refs/heads/${name}` : `refs/forks/${owner}/${name}`
}

function pushed(repository: Repository, pull: Pull): void {
  pull.headSha = repository.tip(pull.head)
  pull.baseSha = repository.tip(pull.base)
  repository.git.setRef(`refs/pull/${pull.number}/head`, pull.headSha)
}

const merges = new WeakMap<Pull, { readonly of: string; readonly sha: string | undefined }>()

/** Made when first asked for, as GitHub does; the same commit until a side moves. */
function mergeOf(repository: Repository, pull: Pull): string | undefined {
  const of = `${pull.baseSha} ${pull.headSha}`
  const found = merges.get(pull)
  if (found?.of === of) return found.sha
  const sha = repository.git.merge(pull.baseSha, pull.headSha, pull.createdAt)
  merges.set(pull, { of, sha })
  return sha
}

function createPull(world: World, repository: Repository, given: NewPull): Pull {
  const author = given.author ?? (given.head.includes(':') ? given.head.split(':')[0]! : 'ada')
  userNamed(world, author)
  const change = (event: 'labeled' | 'unlabeled', label: string, actor: Author, app?: string) => {
    if (actor !== null) userNamed(world, actor)
    pull.events.push({ id: world.nextId(), event, actor, app, label, at: world.now() })
  }
  const pull: Pull = {
    number: repository.pulls.length + 1,
    id: world.nextId(),
    author,
    title: given.title ?? 'Train for longer',
    body: given.body ?? null,
    draft: given.draft ?? false,
    locked: false,
    base: given.base ?? repository.defaultBranch,
    head: given.head,
    createdAt: world.now(),
    baseSha: '',
    headSha: '',
    get mergeSha() {
      return mergeOf(repository, pull)
    },
    labels: [],
    comments: [],
    events: [],
    label(name, by = author, app) {
      pull.labels.push(name)
      change('labeled', name, by, app)
    },
    unlabel(name, by = author) {
      pull.labels.splice(pull.labels.indexOf(name), 1)
      change('unlabeled', name, by)
    },
    comment(login, body) {
      if (login !== null) userNamed(world, login)
      const at = world.now()
      const made: Comment = {
        id: world.nextId(),
        author: login,
        body,
        createdAt: at,
        updatedAt: at,
        minimized: false,
        pull: pull.number,
      }
      pull.comments.push(made)
      return made
    },
  }
  repository.pulls.push(pull)
  pushed(repository, pull)
  return pull
}
