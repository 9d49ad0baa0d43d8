import { jest } from '@jest/globals'
import { githubClient, problemFrom } from '../../src/read/index.ts'
import { startGitHub, status, type LocalGitHub } from '../github/index.ts'

jest.setTimeout(60_000)

let gh: LocalGitHub
beforeEach(async () => {
  gh = await startGitHub()
  gh.repository()
})
afterEach(() => gh.close())

const repository = { owner: 'acme', repo: 'models' }

async function refused(asking: Promise<unknown>): Promise<string> {
  try {
    await asking
    return 'answered'
  } catch (thrown) {
    return problemFrom(thrown, 'read', 'contents: read').code
  }
}

test.each(['REST', 'GraphQL'])('a server that never answers takes no longer than the run has: %s', async kind => {
  gh.fault({ route: /./, then: { is: 'hang' }, times: Infinity })
  const client = await githubClient({ apiUrl: gh.url, token: gh.token().value, version: 'test', deadlineMs: 400 })
  const ask = () =>
    kind === 'REST' ? client.reader.repos.get(repository) : client.reader.graphql('{ viewer { login } }')
  const startMs = performance.now()
  expect(await refused(ask())).toBe('github-deadline')
  expect(await refused(ask())).toBe('github-deadline')
  expect(performance.now() - startMs).toBeLessThan(10_000)
  // The second was not even sent.
  expect(gh.requests).toHaveLength(1)
})

test('a server that asks for long waits is not waited for beyond the time that the run has', async () => {
  const then = { is: 'status', status: 429, headers: { 'retry-after': '60' } } as const
  gh.fault({ route: /./, then, times: Infinity })
  const client = await githubClient({ apiUrl: gh.url, token: gh.token().value, version: 'test', deadlineMs: 400 })
  const startMs = performance.now()
  expect(await refused(client.reader.repos.get(repository))).toBe('github-deadline')
  expect(performance.now() - startMs).toBeLessThan(10_000)
})

test('an enterprise server is asked below its own paths, REST and GraphQL', async () => {
  const apiUrl = `${gh.url}/api/v3/`
  const client = await githubClient({ apiUrl, token: gh.token().value, version: 'test' })
  expect((await client.reader.repos.get(repository)).data.full_name).toBe('acme/models')
  expect(await client.reader.graphql('{ viewer { login } }')).toEqual({ viewer: { login: 'github-actions[bot]' } })
})

test('an answer in the fourth try is an answer', async () => {
  gh.fault({ route: 'GET /repos/{owner}/{repo}', then: status(502), times: 3 })
  const client = await githubClient({ apiUrl: gh.url, token: gh.token().value, version: 'test', secondMs: 1 })
  expect((await client.reader.repos.get(repository)).data.full_name).toBe('acme/models')
})
