import { inOrder } from './changes.ts'
import {
  DEFAULT_MAX_FILE_BYTES,
  nothingAt,
  OUTSIDE,
  SUBMODULE,
  SYMLINK,
  textFromBytes,
  tooLarge,
  unreadable,
} from './content.ts'
import { codeOf, fileWithin } from './disk.ts'
import { failed } from './fault.ts'
import { gitOutput, zeroSeparated } from './git-command.ts'
import { commitNamed, openRepository, type GitRevisionOptions, type OpenedRepository } from './git-revisions.ts'
import { isInside } from './sha.ts'
import type { FileChange, FileText, Read, Sha, Source } from './types.ts'

export interface GitSourceOptions extends GitRevisionOptions {
  readonly maxFileBytes?: number
}

interface Entry {
  readonly mode: string
  /** Empty where git has no object of it yet: an untracked file of the work tree. */
  readonly id: string
}

type Listing = ReadonlyMap<string, Entry>

/** Two revisions of a git repository, or one and the work tree. Runs git, without a shell; nothing of the repository is run. */
export function gitSource(options: GitSourceOptions): Source {
  const maxFileBytes = options.maxFileBytes ?? DEFAULT_MAX_FILE_BYTES
  const listings = new Map<string, Promise<Read<Listing>>>()
  /** Commits that are asked for by name: once each, however deep the includes are. */
  const named = new Map<string, Promise<Read<Sha | undefined>>>()
  let opening: Promise<Read<OpenedRepository>> | undefined
  const opened = () => (opening ??= openRepository(options))

  function listing(top: string, commit: Sha | undefined): Promise<Read<Listing>> {
    const key = commit ?? 'work tree'
    const before = listings.get(key)
    if (before !== undefined) return before
    const reading = commit === undefined ? listWorkTree(top) : listCommit(top, commit)
    listings.set(key, reading)
    return reading
  }

  return {
    async revisions() {
      const read = await opened()
      return read.is === 'failed' ? read : { is: 'read', value: read.value.revisions }
    },

    async changes() {
      const read = await opened()
      if (read.is === 'failed') return read
      const { top, base, head } = read.value
      return head === undefined ? workTreeChanges(top, base) : commitChanges(top, base, head)
    },

    async paths(side) {
      const read = await opened()
      if (read.is === 'failed') return read
      const files = await listing(read.value.top, read.value[side])
      return files.is === 'failed' ? files : { is: 'read', value: [...files.value.keys()] }
    },

    async texts(side, paths) {
      const read = await opened()
      if (read.is === 'failed') return read
      const { top, base } = read.value
      return textsOf(top, read.value[side], paths, base.length)
    },

    async textsAt(ref, paths) {
      const asking = named.get(ref) ?? commitNamed(options.cwd, ref)
      named.set(ref, asking)
      const commit = await asking
      if (commit.is === 'failed') return commit
      return commit.value === undefined
        ? { is: 'read', value: nothingAt(paths) }
        : textsOf(options.cwd, commit.value, paths, commit.value.length)
    },
  }

  async function textsOf(
    top: string,
    commit: Sha | undefined,
    paths: readonly string[],
    idLength: number,
  ): Promise<Read<ReadonlyMap<string, FileText>>> {
    const files = await listing(top, commit)
    if (files.is === 'failed') return files
    const texts = new Map<string, FileText>()
    const blobs: { readonly path: string; readonly id: string }[] = []
    for (const path of new Set(paths)) {
      const entry = files.value.get(path)
      if (!isInside(path)) texts.set(path, OUTSIDE)
      else if (entry?.mode === '160000') texts.set(path, SUBMODULE)
      else if (commit === undefined) {
        const text = await onDisk(top, path, maxFileBytes, idLength)
        if (text.is === 'failed') return text
        // Not on the disk but not deleted either: a sparse checkout leaves it in the index.
        if (text.value.is === 'absent' && entry !== undefined && entry.id !== '') blobs.push({ path, id: entry.id })
        else texts.set(path, text.value)
      } else if (entry === undefined) texts.set(path, { is: 'absent' })
      else if (entry.mode === '120000') texts.set(path, SYMLINK)
      else blobs.push({ path, id: entry.id })
    }
    const sizes = await objectSizes(top, [...new Set(blobs.map(blob => blob.id))])
    if (sizes.is === 'failed') return sizes
    const small = [...sizes.value].filter(([, bytes]) => bytes <= maxFileBytes)
    const contents = await readObjects(
      top,
      small.map(([id]) => id),
    )
    if (contents.is === 'failed') return contents
    for (const { path, id } of blobs) {
      const size = sizes.value.get(id)
      const bytes = contents.value.get(id)
      if (size !== undefined && size > maxFileBytes) texts.set(path, tooLarge(size, maxFileBytes))
      else if (bytes === undefined) return objectMissing(path)
      else texts.set(path, textFromBytes(bytes, id, maxFileBytes))
    }
    return { is: 'read', value: texts }
  }
}

function objectMissing(path: string): Read<never> {
  const { problem } = failed(
    'git-object-missing',
    'a file is not in this clone; fetch it, with fetch-depth: 0 in actions/checkout',
  )
  return { is: 'failed', problem: { ...problem, at: { path } } }
}

async function onDisk(top: string, path: string, maxFileBytes: number, idLength: number): Promise<Read<FileText>> {
  try {
    return { is: 'read', value: await fileWithin(top, path, maxFileBytes, idLength) }
  } catch (thrown) {
    const code = codeOf(thrown)
    if (code === undefined) throw thrown
    return { is: 'read', value: unreadable('not-a-file', `not readable on this machine (${code})`) }
  }
}

/** Without sizes: a clone that leaves contents out, or has lost one, would have to fetch or find all of them. */
async function listCommit(top: string, commit: Sha): Promise<Read<Listing>> {
  const out = await gitOutput(top, ['ls-tree', '-r', '-z', '--full-tree', commit])
  if (out.is === 'failed') return out
  const files = new Map<string, Entry>()
  for (const line of zeroSeparated(out.value)) {
    const [, mode, id, path] = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(line) ?? []
    if (mode === undefined || id === undefined || path === undefined)
      return failed('git-failed', 'git ls-tree was not understood')
    files.set(path, { mode, id })
  }
  return { is: 'read', value: files }
}

async function listWorkTree(top: string): Promise<Read<Listing>> {
  const [tracked, deleted, untracked] = await Promise.all([
    gitOutput(top, ['ls-files', '-z', '--stage']),
    gitOutput(top, ['ls-files', '-z', '--deleted']),
    untrackedFiles(top),
  ])
  if (tracked.is === 'failed') return tracked
  if (deleted.is === 'failed') return deleted
  if (untracked.is === 'failed') return untracked
  const files = new Map<string, Entry>()
  for (const line of zeroSeparated(tracked.value)) {
    const [, mode, id, path] = /^(\d+) ([0-9a-f]+) \d\t(.*)$/s.exec(line) ?? []
    if (mode === undefined || id === undefined || path === undefined)
      return failed('git-failed', 'git ls-files was not understood')
    files.set(path, { mode, id })
  }
  for (const path of zeroSeparated(deleted.value)) files.delete(path)
  for (const path of untracked.value) files.set(path, { mode: '100644', id: '' })
  return { is: 'read', value: files }
}

/** Without nested repositories, which git lists as folders. */
async function untrackedFiles(top: string): Promise<Read<readonly string[]>> {
  const out = await gitOutput(top, ['ls-files', '-z', '--others', '--exclude-standard'])
  return out.is === 'failed' ? out : { is: 'read', value: zeroSeparated(out.value).filter(path => !path.endsWith('/')) }
}

async function commitChanges(top: string, base: Sha, head: Sha): Promise<Read<readonly FileChange[]>> {
  const out = await gitOutput(top, ['diff-tree', '-r', '-z', '--name-status', '--find-renames', base, head])
  return out.is === 'failed' ? out : changesFrom(zeroSeparated(out.value))
}

async function workTreeChanges(top: string, base: Sha): Promise<Read<readonly FileChange[]>> {
  const plain = ['--no-ext-diff', '--no-textconv', '--no-relative']
  const [out, untracked] = await Promise.all([
    gitOutput(top, ['diff', '-z', '--name-status', '--find-renames', ...plain, base, '--']),
    untrackedFiles(top),
  ])
  if (out.is === 'failed') return out
  if (untracked.is === 'failed') return untracked
  const tracked = changesFrom(zeroSeparated(out.value))
  if (tracked.is === 'failed') return tracked
  const changes = new Map(tracked.value.map(change => [change.path, change]))
  // Taken out of the index but still there: it is not removed.
  for (const path of untracked.value) changes.set(path, { status: changes.has(path) ? 'modified' : 'added', path })
  return { is: 'read', value: inOrder([...changes.values()]) }
}

/** `--name-status -z`: a letter, then a path, or two for renames and copies. */
function changesFrom(fields: readonly string[]): Read<readonly FileChange[]> {
  const changes: FileChange[] = []
  for (let at = 0; at < fields.length;) {
    const letter = fields[at]?.[0]
    const [first, second] = [fields[at + 1], fields[at + 2]]
    const twoPaths = letter === 'R' || letter === 'C'
    if (first === undefined || (twoPaths && second === undefined))
      return failed('git-failed', 'git diff was not understood')
    if (letter === 'R' && second !== undefined) changes.push({ status: 'renamed', path: second, previousPath: first })
    else if (letter === 'C' && second !== undefined) changes.push({ status: 'added', path: second })
    else changes.push({ status: letter === 'A' ? 'added' : letter === 'D' ? 'removed' : 'modified', path: first })
    at += twoPaths ? 3 : 2
  }
  return { is: 'read', value: inOrder(changes) }
}

/** Bytes of objects by id; what the clone does not have is left out. */
async function objectSizes(top: string, ids: readonly string[]): Promise<Read<ReadonlyMap<string, number>>> {
  const sizes = new Map<string, number>()
  if (ids.length === 0) return { is: 'read', value: sizes }
  const read = await gitOutput(top, ['cat-file', '--batch-check'], `${ids.join('\n')}\n`)
  if (read.is === 'failed') return read
  for (const [, id, bytes] of read.value.toString('utf8').matchAll(/^([0-9a-f]+) \w+ (\d+)$/gm))
    if (id !== undefined) sizes.set(id, Number(bytes))
  return { is: 'read', value: sizes }
}

/** Objects by id; what the clone does not have is left out. */
async function readObjects(top: string, ids: readonly string[]): Promise<Read<ReadonlyMap<string, Buffer>>> {
  const found = new Map<string, Buffer>()
  if (ids.length === 0) return { is: 'read', value: found }
  const read = await gitOutput(top, ['cat-file', '--batch'], `${ids.join('\n')}\n`)
  if (read.is === 'failed') return read
  const out = read.value
  for (let at = 0; at < out.length;) {
    const end = out.indexOf('\n', at)
    if (end < 0) break
    const [id, type, size] = out.toString('utf8', at, end).split(' ')
    at = end + 1
    if (id === undefined || type === 'missing' || size === undefined) continue
    found.set(id, out.subarray(at, at + Number(size)))
    at += Number(size) + 1
  }
  return { is: 'read', value: found }
}
