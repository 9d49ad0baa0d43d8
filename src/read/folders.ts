import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { changesBetween } from './changes.ts'
import { DEFAULT_MAX_FILE_BYTES, unreadable } from './content.ts'
import { codeOf, fileWithin, filesBelow, type FoundFile } from './disk.ts'
import { failed } from './fault.ts'
import type { FileChange, FileText, Read, Side, Source } from './types.ts'

/**
 * Two folders, such as the output of a config generator on two revisions. The policy is read from the base.
 *
 * @param today ISO date: folders carry no commit date, so the caller says which day it is
 */
export function folderSource(
  baseDir: string,
  headDir: string,
  today: string,
  maxFileBytes: number = DEFAULT_MAX_FILE_BYTES,
): Source {
  const folder = (side: Side) => (side === 'head' ? headDir : baseDir)

  return {
    async revisions() {
      for (const dir of [baseDir, headDir]) {
        const is = await attempted(dir, async () => (await stat(dir)).isDirectory())
        if (is.is === 'failed') return is
        if (!is.value) return failed('folder', `${dir} is not a folder`)
      }
      return { is: 'read', value: { base: null, head: null, tip: null, today, notes: [] } }
    },

    async changes() {
      const [base, head] = await Promise.all([listed(baseDir), listed(headDir)])
      if (base.is === 'failed') return base
      if (head.is === 'failed') return head
      return attempted(headDir, () => changed(baseDir, base.value, headDir, head.value))
    },

    async paths(side) {
      const files = await listed(folder(side))
      return files.is === 'failed' ? files : { is: 'read', value: files.value.map(file => file.path) }
    },

    async texts(side, paths) {
      const dir = folder(side)
      return attempted(dir, async () => {
        const texts = new Map<string, FileText>()
        for (const path of new Set(paths)) texts.set(path, await fileWithin(dir, path, maxFileBytes))
        return texts
      })
    },

    textsAt: (_ref, paths) => Promise.resolve({ is: 'read', value: new Map(paths.map(path => [path, NO_REVISION])) }),
  }
}

const NO_REVISION = unreadable('outside', 'folders have no other revisions')

async function listed(dir: string): Promise<Read<readonly FoundFile[]>> {
  const files = await attempted(dir, () => filesBelow(dir))
  if (files.is === 'failed') return files
  return files.value === undefined
    ? failed('folder', `${dir} holds more than 200,000 files; name a smaller folder`)
    : { is: 'read', value: files.value }
}

async function changed(
  baseDir: string,
  base: readonly FoundFile[],
  headDir: string,
  head: readonly FoundFile[],
): Promise<readonly FileChange[]> {
  const ids = async (dir: string, files: readonly FoundFile[]) => {
    const all = new Map<string, string>()
    for (const file of files) all.set(file.path, await idOf(join(dir, file.path), file.isFile))
    return all
  }
  return changesBetween(await ids(baseDir, base), await ids(headDir, head))
}

/** Git's blob id. Links and other special files are never opened: their kind and size stand for them. */
async function idOf(path: string, isFile: boolean): Promise<string> {
  const { size, mode } = await lstat(path)
  if (!isFile) return `special:${mode}:${size}`
  const hash = createHash('sha1').update(`blob ${size}\0`)
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

async function attempted<T>(dir: string, read: () => Promise<T>): Promise<Read<T>> {
  try {
    return { is: 'read', value: await read() }
  } catch (thrown) {
    const code = codeOf(thrown)
    if (code === undefined) throw thrown
    return failed('folder', code === 'ENOENT' ? `${dir} does not exist` : `${dir} cannot be read (${code})`)
  }
}
