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
  const client = await githubClient({ apiUrl: gh.url, token: gh.token().value, version: 'test', deadlineMs: 3000 })
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
  const client = await githubClient({ apiUrl: gh.url, token: gh.token().value, version: 'test', deadlineMs: 3000 })
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

const quick = (more: object = {}) =>
  githubClient({ apiUrl: gh.url, token: gh.token().value, version: 'test', secondMs: 1, ...more })

test('every request says who asks, and for which version of the API', async () => {
  const client = await quick()
  await client.reader.repos.get(repository)
  await client.reader.graphql('{ viewer { login } }')
  for (const { headers } of gh.requests)
    expect(headers).toMatchObject({
      'user-agent': expect.stringMatching(/^traincost\/test/),
      'x-github-api-version': '2022-11-28',
      accept: expect.stringContaining('application/vnd.github'),
    })
})

describe('a repository that was renamed', () => {
  const before = { owner: 'acme', repo: 'former' }
  const moved = () => {
    const found = gh.repository({ name: 'acme/now' })
    gh.renamed(found, 'acme/former')
    found.commit({ branch: 'change', files: { 'a.yaml': 'a: 1\n' } })
    return found
  }

  test('is read by its former name, over REST and GraphQL', async () => {
    moved()
    const client = await quick()
    expect((await client.reader.repos.get(before)).data.full_name).toBe('acme/now')
    const query = '{ repository(owner: "acme", name: "former") { nameWithOwner } }'
    expect(await client.reader.graphql(query)).toEqual({ repository: { nameWithOwner: 'acme/now' } })
  })
  test('is written to: a write that is led on stays a write', async () => {
    const pull = moved().pull({ head: 'change' })
    const client = await quick()
    const { data } = await client.writer.issues.createComment({ ...before, issue_number: 1, body: 'hello' })
    expect(pull.comments.map(({ id, body }) => [id, body])).toEqual([[data.id, 'hello']])
  })
  test.each([301, 302, 307, 308])('%i is followed with the same method', async code => {
    const pull = moved().pull({ head: 'change' })
    const location = `${gh.url}/repos/acme/now/issues/1/comments`
    gh.fault({ route: /POST .*former/, then: { is: 'status', status: code, headers: { location } } })
    const client = await quick()
    await client.writer.issues.createComment({ ...before, issue_number: 1, body: 'hello' })
    expect(pull.comments.map(({ body }) => body)).toEqual(['hello'])
  })
})

test.each(['http://127.0.0.1:9/repos/acme/models', 'https://elsewhere.invalid/', '//elsewhere.invalid/', 'no url:'])(
  'a redirect to another host takes no token there: %s',
  async location => {
    const then = { is: 'status', status: 302, headers: { location } } as const
    gh.fault({ route: 'GET /repos/{owner}/{repo}', then, times: Infinity })
    const asked: string[] = []
    const send: typeof fetch = (input, init) => {
      asked.push(new URL(input instanceof Request ? input.url : input).origin)
      return fetch(input, init)
    }
    expect(await refused((await quick({ fetch: send })).reader.repos.get(repository))).toBe('github-refused')
    expect(new Set(asked)).toEqual(new Set([gh.url]))
  },
)

describe('a read that is refused', () => {
  const route = 'GET /repos/{owner}/{repo}'

  test.each([403, 404, 422])('is asked once more, for a push may not have come everywhere yet: %i', async code => {
    gh.fault({ route, then: status(code), times: 1 })
    expect((await (await quick()).reader.repos.get(repository)).data.full_name).toBe('acme/models')
    expect(gh.requests).toHaveLength(2)
  })

  test.each([403, 404, 422])('twice is refused: %i', async code => {
    gh.fault({ route, then: status(code), times: Infinity })
    expect(await refused((await quick()).reader.repos.get(repository))).not.toBe('answered')
    expect(gh.requests).toHaveLength(2)
  })
})

test('a redirect in a circle ends', async () => {
  const then = { is: 'status', status: 301, headers: { location: `${gh.url}/repos/acme/models` } } as const
  gh.fault({ route: 'GET /repos/{owner}/{repo}', then, times: Infinity })
  expect(await refused((await quick()).reader.repos.get(repository))).toBe('github-refused')
  expect(gh.requests.length).toBeLessThan(10)
})

describe('a limit', () => {
  const SECONDARY = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.'
  const ABUSE = 'You have triggered an abuse detection mechanism. Please wait a few minutes before you try again.'
  const retryAfter = { 'retry-after': '2' }
  const reset = (seconds: number) => ({
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + seconds),
  })

  test.each([
    ['secondary, 403', 403, SECONDARY, retryAfter],
    ['secondary, 429', 429, SECONDARY, retryAfter],
    ['secondary, without a time to wait', 403, SECONDARY, {}],
    ['of an older enterprise server', 403, ABUSE, retryAfter],
    ['primary, 403', 403, 'API rate limit exceeded for installation ID 1.', reset(3)],
    ['primary, 429', 429, 'API rate limit exceeded for installation ID 1.', reset(3)],
    ['429 alone', 429, 'Too Many Requests', {}],
  ])('%s: is waited for, and the answer comes', async (_, code, message, headers) => {
    gh.fault({ route: /GET/, then: { is: 'status', status: code, body: { message }, headers } })
    expect((await (await quick()).reader.repos.get(repository)).data.full_name).toBe('acme/models')
    expect(gh.requests).toHaveLength(2)
  })

  test('of GraphQL, which comes with status 200, is waited for as well', async () => {
    for (const error of [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }, { message: SECONDARY }]) {
      gh.clearFaults()
      const then = {
        is: 'status',
        status: 200,
        body: { errors: [error] },
        headers: { ...retryAfter, ...reset(2) },
      } as const
      gh.fault({ route: 'POST /graphql', then })
      const answer = await (await quick()).reader.graphql('{ viewer { login } }')
      expect(answer).toEqual({ viewer: { login: 'github-actions[bot]' } })
    }
  })

  test.each([
    ['REST', 403],
    ['REST', 429],
    ['GraphQL', 200],
  ])('that ends in an hour is not run against: one request, and its name (%s %i)', async (kind, code) => {
    const errors = [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded for installation ID 1.' }]
    const body = code === 200 ? { errors } : { message: errors[0]!.message }
    gh.fault({ route: /./, then: { is: 'status', status: code, body, headers: reset(3600) }, times: Infinity })
    const { reader } = await quick()
    const asking = kind === 'REST' ? reader.repos.get(repository) : reader.graphql('{ viewer { login } }')
    expect(await refused(asking)).toBe('github-rate-limit')
    expect(gh.requests).toHaveLength(1)
  })

  test('is never read out of a file or a comment', async () => {
    const text = `# ${SECONDARY}`
    gh.repository({ name: 'acme/quoting', files: { 'a.yaml': text } })
    const query =
      '{ repository(owner: "acme", name: "quoting") { object(expression: "main:a.yaml") { ... on Blob { text } } } }'
    expect(await (await quick()).reader.graphql(query)).toEqual({ repository: { object: { text } } })
  })
})
