import type { FileChange } from './types.ts'

/** Path → content id of one side; files of equal id have equal bytes. */
export type ContentIds = ReadonlyMap<string, string>

/** The id of an empty file in a SHA-1 and in a SHA-256 repository: emptiness is no identity. */
const EMPTY = new Set([
  'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391',
  '473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813',
])

/**
 * What differs between two complete listings. A file that went and one that came with the same bytes are a rename;
 * one that was moved and edited is a removal and an addition.
 */
export function changesBetween(base: ContentIds, head: ContentIds): readonly FileChange[] {
  const removed = new Map<string, string[]>()
  for (const [path, id] of base) {
    if (head.has(path) || EMPTY.has(id)) continue
    const paths = removed.get(id)
    if (paths === undefined) removed.set(id, [path])
    else paths.push(path)
  }
  const changes: FileChange[] = []
  const moved = new Set<string>()
  for (const [path, id] of head) {
    const before = base.get(path)
    if (before === id) continue
    if (before !== undefined) {
      changes.push({ status: 'modified', path })
      continue
    }
    const previousPath = removed.get(id)?.shift()
    if (previousPath === undefined) changes.push({ status: 'added', path })
    else {
      moved.add(previousPath)
      changes.push({ status: 'renamed', path, previousPath })
    }
  }
  for (const path of base.keys()) if (!head.has(path) && !moved.has(path)) changes.push({ status: 'removed', path })
  return inOrder(changes)
}

/** By path, in code unit order: the same change set in the same order, whoever listed it. */
export function inOrder(changes: readonly FileChange[]): readonly FileChange[] {
  return [...changes].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}
