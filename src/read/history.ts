import { DEFAULT_MAX_FILE_BYTES, OUTSIDE, SUBMODULE, SYMLINK, textFromBytes } from './content.ts'
import { failed } from './fault.ts'
import { gitOutput } from './git-command.ts'
import { isInside, shaFrom } from './sha.ts'
import type { FileText, Read, Sha, Source } from './types.ts'

/** One commit that touched a file. */
export interface FileVersion {
  readonly commit: Sha
  /** ISO day of the commit, UTC. */
  readonly date: string
  readonly subject: string
  /** The file's path at that commit. */
  readonly path: string
  /** False where the commit took the file away. */
  readonly exists: boolean
}

export interface FileHistory {
  /** Oldest first. */
  readonly versions: readonly FileVersion[]
  /** True where there are older ones that were not listed. */
  readonly isCut: boolean
  /** The files of one of the commits. What many ask for at once is read at once. */
  readonly at: (version: FileVersion) => Pick<Source, 'texts'>
}

const MOST_VERSIONS = 5000

/**
 * The commits that changed a file, across renames.
 *
 * @param top of the work tree
 * @param path relative to it
 */
export async function fileHistory(top: string, path: string, most: number = MOST_VERSIONS): Promise<Read<FileHistory>> {
  if (!isInside(path)) return failed('history-path', `${path} is not a path inside the repository`)
  const format = '--format=%x01%H%x02%ct%x02%s'
  const args = ['log', '--follow', '--raw', '--no-abbrev', '-z', '--find-renames', `--max-count=${most + 1}`, format]
  const out = await gitOutput(top, [...args, '--', path])
  if (out.is === 'failed') return out
  const listed = versionsFrom(out.value.toString('utf8'))
  if (listed.is === 'failed') return listed
  const special = new Map<string, FileText>()
  // By its id git finds a blob without walking down the tree of its commit.
  const ids = new Map<string, string>()
  for (const { version, mode, id } of listed.value) {
    const name = named(version.commit, version.path)
    if (mode === '120000') special.set(name, SYMLINK)
    else if (mode === '160000') special.set(name, SUBMODULE)
    else ids.set(name, id)
  }
  const read = together(top)
  const versions = listed.value.map(({ version }) => version)
  return {
    is: 'read',
    value: {
      versions: versions.slice(0, most).reverse(),
      isCut: versions.length > most,
      at: version => ({
        async texts(_side, paths) {
          const texts = new Map<string, FileText>()
          for (const wanted of new Set(paths)) {
            const name = named(version.commit, wanted)
            // A line end would make two requests of one.
            const known = !isInside(wanted) || wanted.includes('\n') ? OUTSIDE : special.get(name)
            const answer = known ?? (await read(ids.get(name) ?? name))
            if ('problem' in answer) return answer
            texts.set(wanted, answer)
          }
          return { is: 'read', value: texts }
        },
      }),
    },
  }
}

const named = (commit: string, path: string): string => `${commit}:${path}`

interface Listed {
  readonly version: FileVersion
  readonly mode: string
  /** Of the blob after the commit. */
  readonly id: string
}

/** `-z --raw`: for each commit its header, then `:modes ids letter`, then one path, or two of a rename. */
function versionsFrom(out: string): Read<readonly Listed[]> {
  const fields = out.split('\0')
  const listed: Listed[] = []
  for (let at = 0; at < fields.length;) {
    const header = fields[at]
    if (header === undefined || header === '') {
      at++
      continue
    }
    const [, hash = '', seconds = '', subject = ''] = /^\u0001([0-9a-f]+)\u0002(\d+)\u0002(.*)$/s.exec(header) ?? []
    const commit = shaFrom(hash)
    if (commit === undefined) return failed('git-failed', 'git log was not understood')
    at++
    for (; fields[at]?.trimStart().startsWith(':') === true;) {
      const [, mode, id, letter] =
        /^:\d+ (\d+) [0-9a-f]+ ([0-9a-f]+) ([A-Z])\d*$/.exec(fields[at]?.trimStart() ?? '') ?? []
      const twoPaths = letter === 'R' || letter === 'C'
      const path = fields[at + (twoPaths ? 2 : 1)]
      if (mode === undefined || id === undefined || path === undefined)
        return failed('git-failed', 'git log was not understood')
      const date = new Date(Number(seconds) * 1000).toISOString().slice(0, 10)
      listed.push({ version: { commit, date, subject, path, exists: letter !== 'D' }, mode, id })
      at += twoPaths ? 3 : 2
    }
  }
  return { is: 'read', value: listed }
}

type Answer = FileText | Extract<Read<never>, { is: 'failed' }>

/** Reads objects by id or `commit:path`; those asked for in one turn of the event loop go to git in one call. */
function together(top: string): (name: string) => Promise<Answer> {
  let waiting = new Map<string, ((answer: Answer) => void)[]>()
  const send = async (): Promise<void> => {
    const asked = waiting
    waiting = new Map()
    const names = [...asked.keys()]
    const out = await gitOutput(top, ['cat-file', '--batch'], names.map(name => `${name}\n`).join(''))
    const answers = out.is === 'failed' ? names.map(() => out) : answersFrom(out.value, names.length)
    names.forEach((name, i) =>
      asked.get(name)?.forEach(resolve => {
        resolve(answers[i] ?? UNREAD)
      }),
    )
  }
  return name =>
    new Promise<Answer>(resolve => {
      if (waiting.size === 0) setImmediate(() => void send())
      const others = waiting.get(name)
      if (others === undefined) waiting.set(name, [resolve])
      else others.push(resolve)
    })
}

const UNREAD = failed('git-failed', 'git cat-file ended early')

/** In the order of the requests: `id type size`, the content, a line end; or `name missing`. */
function answersFrom(out: Buffer, count: number): readonly Answer[] {
  const answers: Answer[] = []
  for (let at = 0; at < out.length && answers.length < count;) {
    const end = out.indexOf('\n', at)
    if (end < 0) break
    const header = out.toString('utf8', at, end)
    const [, id, type, size] = /^([0-9a-f]+) (\w+) (\d+)$/.exec(header) ?? []
    at = end + 1
    if (id === undefined || size === undefined) answers.push({ is: 'absent' })
    else {
      const bytes = out.subarray(at, at + Number(size))
      answers.push(type === 'blob' ? textFromBytes(bytes, id, DEFAULT_MAX_FILE_BYTES) : { is: 'absent' })
      at += Number(size) + 1
    }
  }
  return answers
}
