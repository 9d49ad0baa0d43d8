import { type LocalGitHub, startGitHub, type Token } from './index.ts'

let gh: LocalGitHub
let token: Token
let violationsExpected: boolean
beforeEach(async () => {
  violationsExpected = false
  gh = await startGitHub()
  gh.repository()
  token = gh.token()
})
afterEach(() => gh.close({ violations: violationsExpected }))

const PATH = '/repos/acme/models'

function ask(path: string, headers: Readonly<Record<string, string>> = {}, more: RequestInit = {}) {
  const all = { authorization: `token ${token.value}`, 'user-agent': 'test', ...headers }
  return fetch(`${gh.url}${path}`, { redirect: 'manual', ...more, headers: all })
}

const query = (text: string, variables: object = {}) =>
  ask('/graphql', {}, { method: 'POST', body: JSON.stringify({ query: text, variables }) })

const remaining = (response: Response) => Number(response.headers.get('x-ratelimit-remaining'))

test('each answer says how much of the limit is left, REST and GraphQL apart', async () => {
  gh.limits.core = 10
  expect([remaining(await ask(PATH)), remaining(await ask(PATH))]).toEqual([9, 8])
  const answer = await query('{ viewer { login } }')
  expect([answer.headers.get('x-ratelimit-resource'), remaining(answer)]).toEqual(['graphql', 4999])
})

test('a limit that is used up is 403 over REST and an error with status 200 in GraphQL, until its reset', async () => {
  gh.limits.core = 1
  gh.limits.graphql = 1
  await ask(PATH)
  await query('{ viewer { login } }')
  const refused = await ask(PATH)
  expect([refused.status, remaining(refused)]).toEqual([403, 0])
  const resetMs = Number(refused.headers.get('x-ratelimit-reset')) * 1000
  expect(resetMs).toBeGreaterThan(Date.now())
  expect(resetMs).toBeLessThanOrEqual(Date.now() + 3_601_000)
  const errors = await query('{ viewer { login } }')
  expect([errors.status, await errors.json()]).toMatchObject([200, { errors: [{ type: 'RATE_LIMITED' }] }])
  token = gh.token()
  expect((await ask(PATH)).status).toBe(200)
})

test('too many requests at once are a secondary limit', async () => {
  gh.limits.concurrent = 3
  gh.latencyMs = 200
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(PATH)))
  const refused = answers.filter(({ status }) => status === 403)
  expect(refused).toHaveLength(5)
  expect(refused[0]?.headers.get('retry-after')).toBe('1')
  expect(await refused[0]?.json()).toMatchObject({ message: expect.stringContaining('secondary rate limit') })
})

test('an answer that the caller has already is 304', async () => {
  const etag = (await ask(PATH)).headers.get('etag') ?? ''
  expect((await ask(PATH, { 'if-none-match': etag })).status).toBe(304)
  expect((await ask(PATH, { 'if-none-match': 'W/"other"' })).status).toBe(200)
})

test.each([
  [{ accept: 'text/html' }, 415],
  [{ 'x-github-api-version': '1999-01-01' }, 400],
  [{ 'x-github-api-version': '2022-11-28', accept: 'application/vnd.github+json' }, 200],
])('headers are held to the documents: %j', async (headers, code) => {
  violationsExpected = code !== 200
  expect((await ask(PATH, headers)).status).toBe(code)
})

test('a former name leads to the repository by its number: 301 for a read, 307 for a write', async () => {
  const [repository] = gh.site.world.repositories
  gh.renamed(repository!, 'acme/former')
  const read = await ask('/repos/acme/former/git/ref/heads%2Fmain')
  const location = read.headers.get('location') ?? ''
  expect([read.status, location]).toEqual([301, `${gh.url}/repositories/${repository!.id}/git/ref/heads%2Fmain`])
  expect(await (await ask(location.slice(gh.url.length))).json()).toMatchObject({ ref: 'refs/heads/main' })
  const body = JSON.stringify({ name: 'n', head_sha: repository!.tip('main') })
  expect((await ask('/repos/acme/former/check-runs', {}, { method: 'POST', body })).status).toBe(307)
})

test('a private repository is there for those tokens alone that may see it', async () => {
  gh.repository({ name: 'acme/secret', private: true })
  token = gh.token({ repositories: ['acme/models'] })
  expect([(await ask(PATH)).status, (await ask('/repos/acme/secret')).status]).toEqual([200, 404])
  const hidden = await query('{ repository(owner: "acme", name: "secret") { name } }')
  expect(await hidden.json()).toMatchObject({ errors: [{ type: 'NOT_FOUND' }] })
  token = gh.token({ repositories: ['acme/secret'] })
  expect((await ask('/repos/acme/secret')).status).toBe(200)
})

test('a query that may ask for more than 500,000 nodes is not begun', async () => {
  violationsExpected = true
  const text = `query ($n: Int!) { repository(owner: "acme", name: "models") { pullRequests(first: $n) { nodes {
    comments(first: 100) { nodes { id reactions(first: 100) { nodes { id } } } } } } } }`
  const answer = await (await query(text, { n: 100 })).json()
  // 100 pull requests, 100 × 100 comments, 100 × 100 × 100 reactions
  expect(answer).toMatchObject({ errors: [{ message: expect.stringContaining('1010100') }] })
})

test('a query of too many objects is cut off with what it has', async () => {
  gh.limits.objectsPerQuery = 1
  const answer = await query(
    '{ repository(owner: "acme", name: "models") { a: object(expression: "main") { oid } b: object(expression: "main") { oid } } }',
  )
  expect(await answer.json()).toMatchObject({
    data: { repository: { a: { oid: gh.site.world.repositories[0]!.tip('main') }, b: null } },
    errors: [{ type: 'RESOURCE_LIMITS_EXCEEDED', path: ['repository', 'b'] }],
  })
})
