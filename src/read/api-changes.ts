import { syntaxOf } from '../parse/index.ts'
import type { Commit } from './api-revisions.ts'
import type { Api } from './tree.ts'
import type { ChangeEvent, FileChange } from './types.ts'

/** GitHub lists no more files of a pull request than this, and 300 of a comparison. */
const MAX_PULL_FILES = 3000
const MAX_COMPARED_FILES = 300
const PER_PAGE = 100

/** A list of changed files; where it is not complete, for whatever reason, the trees are compared instead. */
export interface Listed {
  readonly complete: boolean
  readonly changes: readonly FileChange[]
  /** The head that GitHub listed for: a pull request's list follows its live head. */
  readonly head?: string
  /** The whole list, where only its first page was read. */
  readonly whole?: () => Promise<Listed>
}

const INCOMPLETE: Listed = { complete: false, changes: [] }

export function listsPullFiles(event: ChangeEvent): boolean {
  return event.number !== null && event.base.by === 'merge-base' && (event.head.by === 'pull-head' || isPull(event))
}

function isPull(event: ChangeEvent): boolean {
  return event.kind === 'pull_request' || event.kind === 'pull_request_target'
}

/** The first page of a pull request's files, and the way to the others. */
export async function listPullFiles(api: Api, event: ChangeEvent): Promise<Listed> {
  const { client, owner, repo } = api
  const pull_number = event.number ?? 0
  const page = (number: number) =>
    client.reader.pulls.listFiles({ owner, repo, pull_number, per_page: PER_PAGE, page: number })
  try {
    const [pull, first] = await Promise.all([client.reader.pulls.get({ owner, repo, pull_number }), page(1)])
    // Somebody may have given it another base since the event: the list is of what it changes there.
    const { base } = event
    if (base.by === 'merge-base' && base.with.by === 'ref' && base.with.ref !== pull.data.base.ref) return INCOMPLETE
    const count = pull.data.changed_files
    const head = pull.data.head.sha
    const from = (files: (typeof first)['data']): Listed => {
      // Each entry links to its file at the head that was listed.
      const heads = new Set(files.map(file => /[?&]ref=([0-9a-f]{40})(&|$)/.exec(file.contents_url)?.[1]))
      heads.delete(undefined)
      heads.add(head)
      return { complete: files.length === count && heads.size === 1, changes: files.flatMap(changeFrom), head }
    }
    const pages = lastPage(first.headers.link)
    if (pages === 1 || count > MAX_PULL_FILES) return from(first.data)
    const whole = async (): Promise<Listed> => {
      try {
        const rest = await Promise.all(Array.from({ length: pages - 1 }, (_, index) => page(index + 2)))
        return from([first, ...rest].flatMap(answer => answer.data))
      } catch {
        return INCOMPLETE
      }
    }
    return { complete: false, changes: [], head, whole }
  } catch {
    return INCOMPLETE
  }
}

/** How many pages a list has, by GitHub's own `Link` header: a server may send smaller pages than were asked for. */
function lastPage(link: string | undefined): number {
  const last = /<[^<>]*[?&]page=(\d{1,4})(?:&[^<>]*)?>; *rel="last"/.exec(link ?? '')?.[1]
  return Math.min(Number(last ?? 1), MAX_PULL_FILES)
}

/** GitHub's comparison is from the merge base: it says what changed since `base` only where base is an ancestor. */
export async function listCompared(api: Api, base: Commit, head: Commit): Promise<Listed> {
  const { client, owner, repo } = api
  try {
    const { data } = await client.reader.repos.compareCommitsWithBasehead({
      owner,
      repo,
      basehead: `${base.sha}...${head.sha}`,
      per_page: 1,
    })
    const files = data.files
    const complete = files !== undefined && files.length < MAX_COMPARED_FILES && data.merge_base_commit.sha === base.sha
    return { complete, changes: (files ?? []).flatMap(changeFrom) }
  } catch {
    return INCOMPLETE
  }
}

/**
 * Whether a file may have been moved and edited, which two trees show as one that went and another that came: only
 * GitHub's list knows. Among files that no config can be in it makes no difference.
 */
export function mayHideRename(changes: readonly FileChange[]): boolean {
  const has = (status: FileChange['status']) =>
    changes.some(change => change.status === status && syntaxOf(change.path) !== undefined)
  return has('removed') && has('added')
}

function changeFrom(file: {
  readonly filename: string
  readonly status: string
  readonly previous_filename?: string
}): readonly FileChange[] {
  const path = file.filename
  switch (file.status) {
    case 'added':
    case 'copied':
      return [{ status: 'added', path }]
    case 'removed':
      return [{ status: 'removed', path }]
    case 'renamed':
      return file.previous_filename === undefined
        ? [{ status: 'added', path }]
        : [{ status: 'renamed', path, previousPath: file.previous_filename }]
    case 'unchanged':
      return []
    default:
      return [{ status: 'modified', path }]
  }
}
