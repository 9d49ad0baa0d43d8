import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a file of a commit is: text or bytes, a symbolic link, a submodule; null removes it. */
export type FileContent = string | Buffer | { readonly symlink: string } | { readonly submodule: string } | null

export interface TreeEntry {
  readonly path: string
  readonly mode: string
  readonly type: 'blob' | 'tree' | 'commit'
  readonly sha: string
  /** Bytes of a blob; undefined for trees and submodules. */
  readonly size: number | undefined
}

export interface DiffEntry {
  readonly status: 'added' | 'modified' | 'removed' | 'renamed' | 'changed'
  readonly path: string
  readonly previousPath: string | undefined
  readonly sha: string | null
  readonly additions: number
  readonly deletions: number
}

export interface Person {
  readonly name: string
  readonly email: string
  readonly date: string
}

export interface CommitObject {
  readonly sha: string
  readonly tree: string
  readonly parents: readonly string[]
  readonly author: Person
  readonly committer: Person
  readonly message: string
}

export interface NewCommit {
  readonly ref: string
  readonly parent: string | undefined
  readonly files: Readonly<Record<string, FileContent>>
  readonly message: string
  /** Committer and author date, ISO 8601. */
  readonly date: string
}

/** A real git repository in a temporary folder: what the local GitHub knows of commits comes from here. */
export interface GitStore {
  readonly dir: string
  commit(commit: NewCommit): string
  setRef(ref: string, sha: string): void
  deleteRef(ref: string): void
  /** A merge commit of two revisions; undefined where they conflict. */
  merge(base: string, head: string, date: string): string | undefined
  /** The commit that a full ref, branch, tag or id names. */
  resolve(revision: string): Promise<string | undefined>
  refs(prefix: string): Promise<readonly { readonly ref: string; readonly sha: string }[]>
  commitObject(sha: string): Promise<CommitObject | undefined>
  log(range: readonly string[]): Promise<readonly string[]>
  mergeBase(a: string, b: string): Promise<string | undefined>
  diff(base: string, head: string): Promise<readonly DiffEntry[]>
  tree(treeish: string, recursive: boolean): Promise<readonly TreeEntry[] | undefined>
  blob(sha: string): Promise<Buffer | undefined>
  remove(): void
}

const DATE_FORMAT = '%aN%x00%aE%x00%aI%x00%cN%x00%cE%x00%cI%x00%T%x00%P%x00%B'
const LIMIT = 512 * 1024 * 1024

export function createGitStore(): GitStore {
  const dir = mkdtempSync(join(tmpdir(), 'local-github-'))
  const env = {
    PATH: process.env.PATH,
    HOME: dir,
    GIT_DIR: dir,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.com',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@example.com',
  }
  const now = (args: readonly string[], input?: Buffer, more: Readonly<Record<string, string>> = {}): string =>
    execFileSync('git', args, {
      env: { ...env, ...more },
      input,
      maxBuffer: LIMIT,
      stdio: ['pipe', 'pipe', 'pipe'],
    }).toString('utf8')
  /** The output of git, or undefined where it says no. */
  const later = (...args: readonly string[]): Promise<Buffer | undefined> =>
    new Promise(done => {
      execFile('git', args, { env, encoding: 'buffer', maxBuffer: LIMIT }, (error, stdout) => {
        done(error === null ? stdout : undefined)
      })
    })
  now(['init', '-q', '--bare', '--template=', '--initial-branch=main', dir])
  const blobs = blobReader(env)
  // What commits are and how they differ never changes, and starting git costs more than all else here.
  const trees = new Map<string, Promise<readonly TreeEntry[] | undefined>>()
  const commits = new Map<string, Promise<CommitObject | undefined>>()
  const bases = new Map<string, Promise<string | undefined>>()
  const diffs = new Map<string, Promise<readonly DiffEntry[]>>()
  const found = new Set<string>()

  return {
    dir,
    commit({ ref, parent, files, message, date }) {
      return now(['fast-import', '--quiet', '--force'], fastImport(ref, parent, files, message, date)).trim()
    },
    setRef: (ref, sha) => void now(['update-ref', ref, sha]),
    deleteRef: ref => void now(['update-ref', '-d', ref]),
    merge(base, head, date) {
      try {
        const tree = now(['merge-tree', '--write-tree', base, head]).split('\n')[0]!
        const dates = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date }
        return now(['commit-tree', tree, '-p', base, '-p', head, '-m', 'Merge'], undefined, dates).trim()
      } catch {
        return undefined // git's exit code is 1 for a conflict and 128 for histories without a common ancestor
      }
    },
    async resolve(revision) {
      // Names move; a full id is what it is, once it is there.
      if (found.has(revision)) return revision
      const out = await later('rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`)
      const sha = out?.toString('utf8').trim()
      if (sha === revision) found.add(sha)
      return sha
    },
    async refs(prefix) {
      const out = await later('for-each-ref', '--format=%(refname) %(objectname)', prefix)
      const lines = out?.toString('utf8').split('\n') ?? []
      return lines.filter(line => line !== '').map(line => ({ ref: line.split(' ')[0]!, sha: line.split(' ')[1]! }))
    },
    commitObject: sha =>
      once(commits, sha, async () => commitFrom(sha, await later('show', '-s', `--format=${DATE_FORMAT}`, sha))),
    async log(range) {
      const out = await later('rev-list', '--topo-order', '--reverse', ...range)
      return (out?.toString('utf8') ?? '').split('\n').filter(line => line !== '')
    },
    mergeBase: (a, b) =>
      once(bases, `${a} ${b}`, async () => (await later('merge-base', a, b))?.toString('utf8').trim()),
    diff: (base, head) =>
      once(diffs, `${base} ${head}`, async () => {
        const [raw, counts] = await Promise.all(
          [['--raw', '--no-abbrev'], ['--numstat']].map(as => later('diff', '-z', '-M', '-l0', ...as, base, head)),
        )
        return diffEntries(raw?.toString('utf8') ?? '', counts?.toString('utf8') ?? '')
      }),
    tree: (treeish, recursive) =>
      once(trees, `${treeish} ${recursive}`, async () =>
        treeEntries(await later('ls-tree', '-z', '-l', '--full-tree', ...(recursive ? ['-r', '-t'] : []), treeish)),
      ),
    blob: blobs.read,
    remove() {
      blobs.close()
      rmSync(dir, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

function once<T>(known: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const found = known.get(key) ?? ask()
  known.set(key, found)
  return found
}

function commitFrom(sha: string, out: Buffer | undefined): CommitObject | undefined {
  if (out === undefined) return undefined
  const [an, ae, ad, cn, ce, cd, tree, parents, message] = out.toString('utf8').split('\0')
  return {
    sha,
    tree: tree!,
    parents: parents!.split(' ').filter(parent => parent !== ''),
    author: { name: an!, email: ae!, date: iso(ad!) },
    committer: { name: cn!, email: ce!, date: iso(cd!) },
    message: message!.trimEnd(),
  }
}

const iso = (date: string) => new Date(date).toISOString().replace('.000Z', 'Z')

function fastImport(ref: string, parent: string | undefined, files: NewCommit['files'], message: string, date: string) {
  const parts: Buffer[] = []
  const put = (text: string) => void parts.push(Buffer.from(text))
  const data = (bytes: Buffer) => {
    put(`data ${bytes.length}\n`)
    parts.push(bytes, Buffer.from('\n'))
  }
  put(`commit ${ref}\nmark :1\n`)
  const when = `${Math.floor(Date.parse(date) / 1000)} +0000`
  put(`author Ada <ada@example.com> ${when}\ncommitter Ada <ada@example.com> ${when}\n`)
  data(Buffer.from(message))
  if (parent !== undefined) put(`from ${parent}\n`)
  for (const [path, content] of Object.entries(files)) {
    const name = quoted(path)
    if (content === null) put(`D ${name}\n`)
    else if (typeof content === 'string' || Buffer.isBuffer(content)) {
      put(`M 100644 inline ${name}\n`)
      data(Buffer.from(content))
    } else if ('symlink' in content) {
      put(`M 120000 inline ${name}\n`)
      data(Buffer.from(content.symlink))
    } else put(`M 160000 ${content.submodule} ${name}\n`)
  }
  put('\nget-mark :1\n') // prints the commit's id
  return Buffer.concat(parts)
}

const quoted = (path: string) => `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`

function treeEntries(out: Buffer | undefined): readonly TreeEntry[] | undefined {
  return out
    ?.toString('utf8')
    .split('\0')
    .filter(line => line !== '')
    .map(line => {
      const tab = line.indexOf('\t')
      const [mode, type, sha, size] = line.slice(0, tab).split(/ +/)
      return {
        path: line.slice(tab + 1),
        mode: mode!,
        type: type as TreeEntry['type'], // git prints one of the three
        sha: sha!,
        size: size === '-' ? undefined : Number(size),
      }
    })
}

function diffEntries(raw: string, counts: string): readonly DiffEntry[] {
  const fields = raw.split('\0')
  const lines = lineCounts(counts)
  const entries: DiffEntry[] = []
  for (let i = 0; i + 1 < fields.length;) {
    const [, , , sha, letter] = fields[i]!.split(' ')
    const renamed = letter!.startsWith('R')
    const path = fields[i + (renamed ? 2 : 1)]!
    const status = { A: 'added', D: 'removed', M: 'modified', R: 'renamed', T: 'changed' } as const
    entries.push({
      status: status[letter![0] as keyof typeof status], // no other letters without -C
      path,
      previousPath: renamed ? fields[i + 1]! : undefined,
      sha: letter === 'D' ? null : sha!,
      additions: lines.get(path)?.[0] ?? 0,
      deletions: lines.get(path)?.[1] ?? 0,
    })
    i += renamed ? 3 : 2
  }
  return entries
}

/** Lines added and removed by path; git prints `-` for binary files, which GitHub counts as none. */
function lineCounts(counts: string): ReadonlyMap<string, readonly [number, number]> {
  const fields = counts.split('\0')
  const found = new Map<string, readonly [number, number]>()
  for (let i = 0; i < fields.length; i++) {
    const [added, deleted, ...rest] = fields[i]!.split('\t')
    if (deleted === undefined) continue
    const path = rest.join('\t') === '' ? fields[(i += 2)]! : rest.join('\t')
    found.set(path, [Number(added) || 0, Number(deleted) || 0])
  }
  return found
}

/** One `git cat-file --batch` for all blobs, asked by id only, so that no name can confuse its protocol. */
function blobReader(env: Readonly<Record<string, string | undefined>>) {
  let child: ReturnType<typeof start> | undefined
  const waiting: ((blob: Buffer | undefined) => void)[] = []
  let pending = Buffer.alloc(0)
  const start = () => {
    const started = spawn('git', ['cat-file', '--batch'], { env, stdio: ['pipe', 'pipe', 'ignore'] })
    started.stdout.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk])
      for (;;) {
        const end = pending.indexOf('\n')
        if (end < 0) return
        const [, type, size] = pending.subarray(0, end).toString('utf8').split(' ')
        if (type !== 'missing' && pending.length < end + 1 + Number(size) + 1) return
        const answer = waiting.shift()
        if (type === 'missing') {
          pending = pending.subarray(end + 1)
          answer?.(undefined)
        } else {
          const body = Buffer.from(pending.subarray(end + 1, end + 1 + Number(size)))
          pending = pending.subarray(end + 1 + Number(size) + 1)
          answer?.(type === 'blob' ? body : undefined)
        }
      }
    })
    return started
  }
  return {
    read: (sha: string): Promise<Buffer | undefined> =>
      new Promise(done => {
        if (!/^[0-9a-f]{40}$/.test(sha)) {
          done(undefined)
          return
        }
        child ??= start()
        waiting.push(done)
        child.stdin.write(sha + '\n')
      }),
    close: () => child?.kill(),
  }
}
