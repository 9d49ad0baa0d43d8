import { createHash } from 'node:crypto'
import type { FileText, UnreadableReason } from './types.ts'

/** Files larger than this are not read: a training config is text that people edit. Real ones reach 200 KB. */
export const DEFAULT_MAX_FILE_BYTES = 1024 * 1024

export function unreadable(reason: UnreadableReason, why: string): FileText {
  return { is: 'unreadable', reason, why }
}

export function tooLarge(bytes: number, maxBytes: number): FileText {
  return unreadable(
    'too-large',
    `${bytes.toLocaleString('en-US')} bytes, over the limit of ${maxBytes.toLocaleString('en-US')}`,
  )
}

/** What is at paths of a revision that does not exist. */
export function nothingAt(paths: readonly string[]): ReadonlyMap<string, FileText> {
  return new Map(paths.map(path => [path, { is: 'absent' }]))
}

export const SYMLINK = unreadable('symlink', 'a symbolic link, which is not followed')
export const SUBMODULE = unreadable('submodule', 'a submodule, which is another repository')
export const OUTSIDE = unreadable('outside', 'a path that leaves the repository')

/** Git's id of a file's content, to tell whether what came is what was asked for. */
export function blobId(bytes: Uint8Array, idLength: number): string {
  const hash = createHash(idLength === 64 ? 'sha256' : 'sha1')
  return hash.update(`blob ${bytes.byteLength}\0`).update(bytes).digest('hex')
}

/**
 * Bytes as text, strictly: UTF-8 (a byte order mark is dropped) or a reason why not. Nothing is guessed and nothing replaced.
 *
 * @param id git's blob id of the bytes
 */
export function textFromBytes(bytes: Uint8Array, id: string, maxBytes: number): FileText {
  if (bytes.byteLength > maxBytes) return tooLarge(bytes.byteLength, maxBytes)
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return unreadable('encoding', 'encoded in UTF-16; save it as UTF-8')
  if (bytes.includes(0)) return unreadable('binary', 'a binary file')
  const text = utf8(bytes)
  if (text === undefined) return unreadable('encoding', 'not valid UTF-8; save it as UTF-8')
  // A pointer file has this first line and is below 1,024 bytes: git-lfs/docs/spec.md.
  if (bytes.byteLength < 1024 && text.startsWith('version https://git-lfs.github.com/spec/'))
    return unreadable('lfs-pointer', 'a Git LFS pointer; the content is not in the repository')
  return { is: 'text', text, id }
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
