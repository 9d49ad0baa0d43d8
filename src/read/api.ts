import { syntaxOf } from '../parse/index.ts'
import { listCompared, listPullFiles, listsPullFiles, mayHideRename, type Listed } from './api-changes.ts'
import { findCommit, findCommits, laterDay, type Commit, type Commits } from './api-revisions.ts'
import { askTexts, exactText, readBlobs, type BlobAnswer, type WantedBlob } from './blobs.ts'
import { changesBetween, inOrder } from './changes.ts'
import type { GitHubClient } from './client.ts'
import { DEFAULT_MAX_FILE_BYTES, nothingAt, OUTSIDE, SUBMODULE, SYMLINK, tooLarge, unreadable } from './content.ts'
import { isInside } from './sha.ts'
import { contentId, differingContent, isDirectory, treeReader, type Api, type TreeReader } from './tree.ts'
import type { ChangeEvent, FileChange, FileText, Read, Side, Source } from './types.ts'

export interface ApiSourceOptions {
  readonly client: GitHubClient
  readonly event: ChangeEvent
  readonly maxFileBytes?: number
}

/** Paths of one side that are asked for before the tree is known, and in one query. */
const MAX_EARLY_FILES = 200
const PER_QUERY = 50

/**
 * A comparison read over GitHub's API, without a checkout. What does not depend on each other is asked for at the same
 * time: revisions and changed files in the first round; in the second trees, the texts that were asked for, and those of
 * the changed files, which will be.
 */
export function apiSource(options: ApiSourceOptions): Source {
  const { client, event } = options
  const api: Api = { client, owner: event.owner, repo: event.repo }
  const maxFileBytes = options.maxFileBytes ?? DEFAULT_MAX_FILE_BYTES
  const trees = new Map<string, TreeReader>()
  /** Texts by blob id. */
  const known = new Map<string, FileText>()
  /** What GraphQL said, or is about to say, of `commit:path`. It counts only where the tree names the same blob. */
  const asked = new Map<string, Promise<BlobAnswer | undefined>>()
  /** Commits that are asked for by name. */
  const named = new Map<string, Promise<Read<Commit | undefined>>>()
  let commits: Promise<Read<Commits>> | undefined
  let listed: Promise<Listed> | undefined
  let changed: Promise<Read<readonly FileChange[]>> | undefined

  function found(): Promise<Read<Commits>> {
    // Asked for with the revisions, needed a moment later.
    if (commits === undefined && listsPullFiles(event)) listed = listPullFiles(api, event)
    return (commits ??= findCommits(api, event))
  }

  function commitNamed(ref: string): Promise<Read<Commit | undefined>> {
    const before = named.get(ref)
    if (before !== undefined) return before
    const asking = findCommit(api, ref)
    named.set(ref, asking)
    return asking
  }

  function askAhead(commit: Commit, paths: readonly string[]): void {
    const fresh = paths.filter(path => !asked.has(`${commit.sha}:${path}`))
    for (let start = 0; start < fresh.length; start += PER_QUERY) {
      const batch = fresh.slice(start, start + PER_QUERY)
      const answer = askTexts(api, commit.sha, batch)
      for (const [index, path] of batch.entries())
        asked.set(
          `${commit.sha}:${path}`,
          answer.then(({ texts }) => texts[index]),
        )
    }
  }

  function treeOf(commit: Commit): TreeReader {
    const before = trees.get(commit.treeId)
    if (before !== undefined) return before
    const tree = treeReader(api, commit.treeId)
    trees.set(commit.treeId, tree)
    return tree
  }

  async function fromTrees(base: Commit, head: Commit): Promise<Read<readonly FileChange[]>> {
    const [before, after] = [treeOf(base), treeOf(head)]
    const [old, now] = await Promise.all([before.all(), after.all()])
    if (old.is === 'read' && now.is === 'read')
      return { is: 'read', value: changesBetween(contentIds(old.value), contentIds(now.value)) }
    const differing = await differingContent(before, after)
    return differing.is === 'failed'
      ? differing
      : { is: 'read', value: changesBetween(differing.value.base, differing.value.head) }
  }

  /**
   * A list of one page is taken as it is. Further pages would only repeat what the trees say, which are read anyway: they
   * are asked for where a rename may be hidden in them, or where the trees are too large to be listed.
   */
  async function readChanges(): Promise<Read<readonly FileChange[]>> {
    const read = await found()
    if (read.is === 'failed') return read
    const { base, head, baseIsMergeBase } = read.value
    const list = await (baseIsMergeBase ? listed : listCompared(api, base, head))
    const isOfHead = list !== undefined && (list.head === undefined || list.head === head.sha)
    if (isOfHead && list.complete) {
      askChanged(base, head, list.changes)
      return { is: 'read', value: inOrder(list.changes) }
    }
    const whole = isOfHead ? list.whole : undefined
    if (whole === undefined) return fromTrees(base, head)
    const trees = [treeOf(base), treeOf(head)]
    await Promise.all(trees.map(tree => tree.entries([])))
    const changes = trees.every(tree => tree.isListed()) ? await fromTrees(base, head) : undefined
    if (changes?.is === 'read' && !mayHideRename(changes.value)) return changes
    const all = await whole()
    return all.complete ? { is: 'read', value: inOrder(all.changes) } : (changes ?? fromTrees(base, head))
  }

  /** Few enough to be read before it is known which of them are configs. */
  function askChanged(base: Commit, head: Commit, changes: readonly FileChange[]): void {
    const files = changes.filter(change => syntaxOf(change.path) !== undefined).slice(0, MAX_EARLY_FILES)
    askAhead(
      base,
      files.filter(change => change.status !== 'added').map(change => change.previousPath ?? change.path),
    )
    askAhead(
      head,
      files.filter(change => change.status !== 'removed').map(change => change.path),
    )
  }

  return {
    async revisions() {
      const read = await found()
      if (read.is === 'failed') return read
      const { base, head, tip, notes } = read.value
      const today = laterDay(tip.dateMs, head.dateMs)
      return { is: 'read', value: { base: base.sha, head: head.sha, tip: tip.sha, today, notes } }
    },

    changes() {
      return (changed ??= readChanges())
    },

    async paths(side) {
      const read = await found()
      if (read.is === 'failed') return read
      const all = await treeOf(read.value[side]).all()
      return all.is === 'failed' ? all : { is: 'read', value: [...all.value.keys()] }
    },

    async texts(side: Side, paths: readonly string[]) {
      const read = await found()
      return read.is === 'failed' ? read : textsOf(read.value[side], paths)
    },

    async textsAt(ref: string, paths: readonly string[]) {
      const commit = await commitNamed(ref)
      if (commit.is === 'failed') return commit
      return commit.value === undefined ? { is: 'read', value: nothingAt(paths) } : textsOf(commit.value, paths)
    },
  }

  async function textsOf(commit: Commit, paths: readonly string[]): Promise<Read<ReadonlyMap<string, FileText>>> {
    const tree = treeOf(commit)
    const inside = [...new Set(paths.filter(isInside))]
    if (!tree.isListed()) askAhead(commit, inside.slice(0, MAX_EARLY_FILES))
    const entries = await tree.entries(inside)
    if (entries.is === 'failed') return entries
    const texts = new Map<string, FileText>()
    for (const path of paths) if (!isInside(path)) texts.set(path, OUTSIDE)
    const wanted: WantedBlob[] = []
    for (const path of inside) {
      const entry = entries.value.get(path)
      if (entry === undefined) texts.set(path, { is: 'absent' })
      else if (entry.mode === '120000') texts.set(path, SYMLINK)
      else if (entry.mode === '160000') texts.set(path, SUBMODULE)
      else if (isDirectory(entry)) texts.set(path, unreadable('not-a-file', 'a directory'))
      else if (entry.bytes !== undefined && entry.bytes > maxFileBytes)
        texts.set(path, tooLarge(entry.bytes, maxFileBytes))
      else {
        const answer = known.has(entry.id) ? undefined : await asked.get(`${commit.sha}:${path}`)
        const exact = answer === undefined ? undefined : exactText(answer, entry.id, maxFileBytes)
        if (exact !== undefined) known.set(entry.id, exact)
        // A size that GitHub leaves out is taken for the largest: such a file is read alone.
        if (!known.has(entry.id)) wanted.push({ path, id: entry.id, bytes: entry.bytes ?? maxFileBytes })
      }
    }
    const rest = wanted.length === 0 ? undefined : await readBlobs(api, commit.sha, wanted, maxFileBytes)
    if (rest?.is === 'failed') return rest
    for (const [id, text] of rest?.value ?? []) known.set(id, text)
    for (const path of inside) {
      const text = known.get(entries.value.get(path)?.id ?? '')
      if (text !== undefined && !texts.has(path)) texts.set(path, text)
    }
    return { is: 'read', value: texts }
  }
}

function contentIds(listing: ReadonlyMap<string, Parameters<typeof contentId>[0]>): ReadonlyMap<string, string> {
  return new Map([...listing].map(([path, entry]) => [path, contentId(entry)]))
}
