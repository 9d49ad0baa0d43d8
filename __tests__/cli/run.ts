import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

const BUNDLE = process.env['TRAINCOST_CLI'] ?? join(dirname(fileURLToPath(import.meta.url)), '../../dist/cli/index.js')

/** The built command line, as a user starts it: no network, nothing of the test's environment but the path. */
export function traincost(cwd: string, ...args: readonly string[]): Promise<Ran> {
  return new Promise(resolve => {
    const env = { PATH: process.env['PATH'], HOME: cwd, GIT_CONFIG_NOSYSTEM: '1' }
    execFile(process.execPath, [BUNDLE, ...args], { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, out, err })
    })
  })
}

export function git(cwd: string, ...args: readonly string[]): Promise<void> {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'init.defaultBranch=main']
  return new Promise((resolve, reject) => {
    execFile('git', [...identity, ...args], { cwd }, error => {
      if (error === null) resolve()
      else reject(new Error(`git ${args.join(' ')}: ${error.message}`))
    })
  })
}

export type Files = Readonly<Record<string, string>>

export function write(root: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

/** A folder for one test; `remove` takes it away. */
export function folder(files: Files): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'traincost-cli-'))
  write(path, files)
  return {
    path,
    remove: () => {
      rmSync(path, { recursive: true, force: true })
    },
  }
}
