import type { Problem } from '../facts/index.ts'
import type { GitHubClient } from './client.ts'
import { failed, problemFrom } from './fault.ts'
import { isInside } from './sha.ts'
import type { Read } from './types.ts'

export interface Api {
  readonly client: GitHubClient
  readonly owner: string
  readonly repo: string
}

export interface TreeEntry {
  /** Git's mode: 100644 and 100755 files, 120000 symbolic link, 160000 submodule, 040000 directory. */
  readonly mode: string
  readonly id: string
  /** Undefined for all but files. */
  readonly bytes: number | undefined
}

export type Listing = ReadonlyMap<string, TreeEntry>

/** The tree of one commit. Listed at once where GitHub can, directory by directory where it cuts the list off. */
export interface TreeReader {
  readonly id: string
  /** Every path that is no directory; complete or failed. */
  all(): Promise<Read<Listing>>
  /** The given paths only; directories too. Needs no complete listing. */
  entries(paths: readonly string[]): Promise<Read<ReadonlyMap<string, TreeEntry | undefined>>>
  directory(id: string): Promise<Read<Listing>>
  /** True once a complete listing is at hand. */
  isListed(): boolean
}

/** More requests than this for one tree would use up the hourly limit of a job's token (1,000). */
const MAX_TREE_REQUESTS = 400

export function treeReader(api: Api, rootId: string): TreeReader {
  let requests = 0
  let listing: Promise<Read<Listing>> | undefined
  let whole: Promise<Read<Fetched>> | undefined
  let listed = false
  const directories = new Map<string, Promise<Read<Listing>>>()

  async function fetched(id: string, recursive: boolean): Promise<Read<Fetched>> {
    requests += 1
    if (requests > MAX_TREE_REQUESTS)
      return failed(
        'tree-too-large',
        `the repository has too many directories to list in ${MAX_TREE_REQUESTS} requests; use source: git`,
      )
    return fetchTree(api, id, recursive)
  }

  function root(): Promise<Read<Fetched>> {
    return (whole ??= fetched(rootId, true))
  }

  function directory(id: string): Promise<Read<Listing>> {
    const before = directories.get(id)
    if (before !== undefined) return before
    const reading = fetched(id, false).then((read): Read<Listing> => {
      if (read.is === 'failed') return read
      return read.value.truncated
        ? failed('tree-too-large', 'one directory has more entries than GitHub lists; use source: git')
        : { is: 'read', value: read.value.entries }
    })
    directories.set(id, reading)
    return reading
  }

  async function walk(id: string, first?: Read<Fetched>): Promise<Read<Listing>> {
    const below = first ?? (await fetched(id, true))
    if (below.is === 'failed') return below
    if (!below.value.truncated) return { is: 'read', value: withoutDirectories(below.value.entries) }
    const here = await directory(id)
    if (here.is === 'failed') return here
    const found = new Map(withoutDirectories(here.value))
    const subtrees = [...here.value].filter(([, entry]) => isDirectory(entry))
    for (const [index, read] of (await Promise.all(subtrees.map(([, entry]) => walk(entry.id)))).entries()) {
      if (read.is === 'failed') return read
      const name = subtrees[index]?.[0] ?? ''
      for (const [path, entry] of read.value) found.set(`${name}/${path}`, entry)
    }
    return { is: 'read', value: found }
  }

  async function entry(path: string): Promise<Read<TreeEntry | undefined>> {
    let at: TreeEntry | undefined = { mode: '040000', id: rootId, bytes: undefined }
    for (const part of path.split('/')) {
      if (at === undefined || !isDirectory(at)) return { is: 'read', value: undefined }
      const names = await directory(at.id)
      if (names.is === 'failed') return names
      at = names.value.get(part)
    }
    return { is: 'read', value: at }
  }

  const all = () =>
    (listing ??= root()
      .then(first => walk(rootId, first))
      .then(read => {
        listed = read.is === 'read'
        return read
      }))

  return {
    id: rootId,
    all,
    directory,
    isListed: () => listed,
    async entries(paths) {
      const top = await root()
      if (top.is === 'failed') return top
      const found = new Map<string, TreeEntry | undefined>()
      if (!top.value.truncated) {
        listed = true
        for (const path of paths) found.set(path, top.value.entries.get(path))
        return { is: 'read', value: found }
      }
      for (const [index, read] of (await Promise.all(paths.map(entry))).entries()) {
        if (read.is === 'failed') return read
        found.set(paths[index] ?? '', read.value)
      }
      return { is: 'read', value: found }
    },
  }
}

/**
 * The paths that differ between two trees, each with a content id for its side. Equal subtrees are never opened, so
 * this works where a tree is too large to be listed.
 */
export async function differingContent(
  base: TreeReader,
  head: TreeReader,
): Promise<Read<{ readonly base: ReadonlyMap<string, string>; readonly head: ReadonlyMap<string, string> }>> {
  const sides = { base: new Map<string, string>(), head: new Map<string, string>() }
  let failure: Problem | undefined

  async function descend(prefix: string, baseId: string | undefined, headId: string | undefined): Promise<void> {
    if (baseId === headId || failure !== undefined) return
    const [before, after] = await Promise.all([opened(base, baseId), opened(head, headId)])
    for (const read of [before, after]) if (read.is === 'failed') failure ??= read.problem
    if (before.is === 'failed' || after.is === 'failed') return
    const below: Promise<void>[] = []
    for (const name of new Set([...before.value.keys(), ...after.value.keys()])) {
      const old = before.value.get(name)
      const now = after.value.get(name)
      const path = `${prefix}${name}`
      if (old !== undefined && !isDirectory(old)) sides.base.set(path, contentId(old))
      if (now !== undefined && !isDirectory(now)) sides.head.set(path, contentId(now))
      const directories = [old, now].map(e => (e !== undefined && isDirectory(e) ? e.id : undefined))
      below.push(descend(`${path}/`, directories[0], directories[1]))
    }
    await Promise.all(below)
  }

  await descend('', base.id, head.id)
  return failure === undefined ? { is: 'read', value: sides } : { is: 'failed', problem: failure }
}

function opened(tree: TreeReader, id: string | undefined): Promise<Read<Listing>> {
  return id === undefined ? Promise.resolve({ is: 'read', value: new Map() }) : tree.directory(id)
}

export function isDirectory(entry: TreeEntry): boolean {
  return entry.mode === '040000'
}

/** Equal for equal bytes of the same kind: a link is never the same as the file that holds its target's name. */
export function contentId(entry: TreeEntry): string {
  return entry.mode.startsWith('100') ? entry.id : `${entry.mode}:${entry.id}`
}

interface Fetched {
  readonly entries: Listing
  readonly truncated: boolean
}

async function fetchTree(api: Api, id: string, recursive: boolean): Promise<Read<Fetched>> {
  const { client, owner, repo } = api
  try {
    const { data } = await client.reader.git.getTree({
      owner,
      repo,
      tree_sha: id,
      ...(recursive ? { recursive: '1' } : {}),
    })
    const entries = new Map<string, TreeEntry>()
    for (const { path, mode, sha, size } of data.tree) {
      if (!isInside(path)) continue
      entries.set(path, { mode, id: sha, bytes: typeof size === 'number' ? size : undefined })
    }
    return { is: 'read', value: { entries, truncated: data.truncated } }
  } catch (thrown) {
    return { is: 'failed', problem: problemFrom(thrown, 'list the files of the repository', 'contents: read') }
  }
}

function withoutDirectories(entries: Listing): Listing {
  return new Map([...entries].filter(([, entry]) => !isDirectory(entry)))
}
