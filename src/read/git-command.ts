import { spawn } from 'node:child_process'
import { codeOf } from './disk.ts'
import { failed, oneLine } from './fault.ts'
import type { Read } from './types.ts'

export interface GitOutput {
  readonly code: number
  readonly out: Buffer
  readonly error: string
}

const TIMEOUT_MS = 120_000
const MAX_OUTPUT_BYTES = 1024 * 1024 * 1024

/** Nothing of these may change what is printed, start another program, or ask a question. */
const CONFIG = ['core.quotePath=false', 'core.fsmonitor=false', 'color.ui=false', 'log.showSignature=false']

/**
 * Runs git without a shell.
 *
 * @param args options first; what a user typed comes after `--end-of-options`
 * @returns failed only where git could not run to its end; its own exit codes are for the caller
 */
export function git(cwd: string, args: readonly string[], input?: string): Promise<Read<GitOutput>> {
  return new Promise(resolve => {
    const child = spawn('git', ['--no-pager', ...CONFIG.flatMap(entry => ['-c', entry]), ...args], {
      cwd,
      env: {
        ...process.env,
        LC_ALL: 'C',
        GIT_OPTIONAL_LOCKS: '0',
        GIT_TERMINAL_PROMPT: '0',
        GIT_LITERAL_PATHSPECS: '1',
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    // Spawn's own timeout would keep the process alive where git could not be started.
    const timer = setTimeout(() => child.kill(), TIMEOUT_MS)
    const out: Buffer[] = []
    let bytes = 0
    let error = ''
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength
      if (bytes > MAX_OUTPUT_BYTES) child.kill()
      else out.push(chunk)
    })
    child.stderr.on('data', (chunk: Buffer) => {
      if (error.length < 2000) error += chunk.toString('utf8')
    })
    child.on('error', thrown => {
      clearTimeout(timer)
      const code = codeOf(thrown)
      resolve(
        code === 'ENOENT'
          ? failed('git-missing', 'git cannot be run here: install git, or check that the folder exists')
          : failed('git-failed', `git cannot be run (${code ?? thrown.message})`),
      )
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve(
        code === null
          ? failed(
              'git-failed',
              `git ${args[0] ?? ''} was stopped (${signal ?? 'no signal'}): it took too long or said too much`,
            )
          : { is: 'read', value: { code, out: Buffer.concat(out), error: oneLine(error) } },
      )
    })
    // Git may end before it has read everything; its exit code says why.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input ?? '')
  })
}

/** Output of a command that must succeed. */
export async function gitOutput(cwd: string, args: readonly string[], input?: string): Promise<Read<Buffer>> {
  const ran = await git(cwd, args, input)
  if (ran.is === 'failed') return ran
  return ran.value.code === 0
    ? { is: 'read', value: ran.value.out }
    : failed('git-failed', `git ${args[0] ?? ''} failed: ${ran.value.error}`)
}

/** Fields of `-z` output. */
export function zeroSeparated(out: Buffer): readonly string[] {
  const fields = out.toString('utf8').split('\0')
  if (fields.at(-1) === '') fields.pop()
  return fields
}
