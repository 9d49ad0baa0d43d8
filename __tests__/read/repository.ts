import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A real git repository in a temporary folder. */
export interface Repository {
  readonly dir: string
  git(...args: readonly string[]): string
  write(files: Readonly<Record<string, string | Buffer | null>>): void
  /** Writes, commits everything, and gives the commit's id. `day` is the committer's date. */
  commit(files: Readonly<Record<string, string | Buffer | null>>, day?: string): string
  remove(): void
}

export function temporaryRepository(): Repository {
  const dir = mkdtempSync(join(tmpdir(), 'traincost-git-'))
  const run = (day: string, args: readonly string[]) =>
    execFileSync('git', args, {
      cwd: dir,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_AUTHOR_NAME: 'A',
        GIT_AUTHOR_EMAIL: 'a@example.com',
        GIT_COMMITTER_NAME: 'C',
        GIT_COMMITTER_EMAIL: 'c@example.com',
        GIT_AUTHOR_DATE: '2020-01-01T00:00:00Z',
        GIT_COMMITTER_DATE: day,
      },
    }).trimEnd()
  const git = (...args: readonly string[]) => run('2026-01-01T12:00:00Z', args)
  const write = (files: Readonly<Record<string, string | Buffer | null>>) => {
    for (const [path, content] of Object.entries(files)) {
      const at = join(dir, path)
      if (content === null) rmSync(at)
      else {
        mkdirSync(dirname(at), { recursive: true })
        writeFileSync(at, content)
      }
    }
  }
  git('init', '-q', '-b', 'main')
  return {
    dir,
    git,
    write,
    commit(files, day = '2026-01-01T12:00:00Z') {
      write(files)
      git('add', '-A')
      run(day, ['commit', '-q', '--allow-empty', '-m', 'change'])
      return git('rev-parse', 'HEAD')
    },
    remove: () => {
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
