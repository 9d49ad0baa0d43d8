import { constants } from 'node:fs'
import { lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { blobId, OUTSIDE, SYMLINK, textFromBytes, tooLarge, unreadable } from './content.ts'
import { isInside } from './sha.ts'
import type { FileText } from './types.ts'

/**
 * Reads one file below a folder. No symbolic link is followed, neither the file nor a folder on the way to it.
 *
 * @param path relative to root, with forward slashes
 */
export async function fileWithin(root: string, path: string, maxFileBytes: number, idLength = 40): Promise<FileText> {
  if (!isInside(path)) return OUTSIDE
  const parts = path.split('/')
  for (let depth = 1; depth <= parts.length; depth++) {
    const at = await lstat(join(root, ...parts.slice(0, depth))).catch(absentOrThrow)
    if (at === undefined) return { is: 'absent' }
    if (at.isSymbolicLink()) return SYMLINK
    if (depth < parts.length) {
      if (!at.isDirectory()) return { is: 'absent' }
    } else if (!at.isFile())
      return unreadable('not-a-file', at.isDirectory() ? 'a directory' : 'a device, pipe or socket, not a file')
    else if (at.size > maxFileBytes) return tooLarge(at.size, maxFileBytes)
  }
  const bytes = await bytesOf(join(root, ...parts), maxFileBytes)
  return bytes === undefined ? { is: 'absent' } : textFromBytes(bytes, blobId(bytes, idLength), maxFileBytes)
}

/** At most one byte more than the limit, so that a file that grows meanwhile is still seen to be too large. */
async function bytesOf(path: string, maxFileBytes: number): Promise<Uint8Array | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(absentOrThrow)
  if (file === undefined) return undefined
  try {
    const { size } = await file.stat()
    const buffer = Buffer.alloc(Math.min(size, maxFileBytes) + 1)
    let filled = 0
    for (;;) {
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled)
      filled += bytesRead
      if (bytesRead === 0 || filled === buffer.length) return buffer.subarray(0, filled)
    }
  } finally {
    await file.close()
  }
}

function absentOrThrow(thrown: unknown): undefined {
  const code = codeOf(thrown)
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENAMETOOLONG') return undefined
  throw thrown
}

/** `ENOENT`, `EACCES`, …; undefined for what is no system error. */
export function codeOf(thrown: unknown): string | undefined {
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined
  return typeof code === 'string' ? code : undefined
}

export interface FoundFile {
  readonly path: string
  readonly isFile: boolean
}

/** More files than this are no repository of configs but a mistaken folder. */
const MAX_FILES = 200_000

/** Every file below a folder, sorted; links are listed, not entered. `.git` is skipped. Undefined: too many. */
export async function filesBelow(root: string): Promise<readonly FoundFile[] | undefined> {
  const found: FoundFile[] = []
  const folders = ['']
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.name === '.git') continue
      if (entry.isDirectory()) folders.push(path)
      else found.push({ path, isFile: entry.isFile() })
    }
    if (found.length > MAX_FILES) return undefined
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}
