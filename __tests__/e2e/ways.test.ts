import { jest } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LocalGitHub, type Repository, startGitHub, startTunnels } from '../github/index.ts'
import { axolotl, CONFIG, ours, propose } from './scenario.ts'

jest.setTimeout(300_000)

let gh: LocalGitHub
let folder: string
beforeEach(async () => {
  gh = await startGitHub()
  folder = mkdtempSync(join(tmpdir(), 'ways-'))
})
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true })
  await gh.close()
})

const over = () => propose(gh, { [CONFIG]: axolotl({ epochs: 3 }) })

test('an enterprise server behind a proxy is reached through it, and only through it', async () => {
  const { pull, run } = over()
  const proxy = await startTunnels(Number(new URL(gh.url).port))
  try {
    // The name exists nowhere: without the proxy there is no way.
    const { exitCode, outputs } = await run({
      env: { GITHUB_API_URL: 'http://ghes.invalid/api/v3', http_proxy: proxy.url },
    })
    expect([exitCode, outputs.conclusion]).toEqual([1, 'fail'])
    expect(ours(pull)).toHaveLength(1)
    expect(new Set(proxy.asked)).toEqual(new Set(['ghes.invalid:80']))
  } finally {
    await proxy.close()
  }
})

describe('source: git', () => {
  const clone = (repository: Repository, ...options: readonly string[]) => {
    const workspace = join(folder, 'clone')
    const env = { PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: '1' }
    execFileSync('git', ['clone', '-q', ...options, `file://${repository.git.dir}`, workspace], { env })
    return { GITHUB_WORKSPACE: workspace }
  }
  const git = { source: 'git' }
  const contents = /\/(git|compare|contents)\//

  test('reads the clone of the workspace: the same verdict and comment, and no file over the API', async () => {
    const { repository, pull, run } = over()
    const { exitCode, outputs, requests } = await run({ inputs: git, env: clone(repository) })
    expect(outputs).toMatchObject({
      conclusion: 'fail',
      'base-sha': repository.tip('main'),
      'head-sha': pull.headSha,
      'changed-count': '1',
    })
    expect(exitCode).toBe(1)
    expect(ours(pull)).toHaveLength(1)
    expect(requests.filter(({ path }) => contents.test(path))).toEqual([])
  })

  test('names fetch-depth where the clone is shallow', async () => {
    const { repository, run } = over()
    const { exitCode, outputs, stdout } = await run({ inputs: git, env: clone(repository, '--depth=1') })
    expect([exitCode, outputs.conclusion, outputs['cost-head']]).toEqual([1, 'error', 'unknown'])
    expect(stdout).toContain('fetch-depth: 0')
  })

  test('is refused on pull_request_target, where a clone is one step from running it', async () => {
    const { repository, run } = over()
    const { exitCode, outputs, stdout } = await run({
      inputs: git,
      env: clone(repository),
      eventName: 'pull_request_target',
    })
    expect([exitCode, outputs.conclusion]).toEqual([1, 'error'])
    expect(stdout).toContain('pull_request_target')
  })
})
