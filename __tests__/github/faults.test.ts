import type { Parsed } from './parsed.ts'
import { jest } from '@jest/globals'
import { Octokit } from '@octokit/rest'
import { type LocalGitHub, secondaryLimit, sequentialRounds, startGitHub, status } from './index.ts'

jest.setTimeout(60_000)

let gh: LocalGitHub
let octokit: Octokit
const at = { owner: 'acme', repo: 'models' }
const COMMENT = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments'

beforeEach(async () => {
  gh = await startGitHub()
  const repository = gh.repository()
  repository.commit({ branch: 'change', files: { 'a.yaml': 'x: 1\n' } })
  repository.pull({ head: 'change' })
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  octokit = new Octokit({ auth: gh.token().value, baseUrl: gh.url, log })
})
afterEach(() => gh.close())

const outcome = (call: Promise<{ status: number }>) =>
  call.then(
    ({ status }) => status,
    (error: unknown) => (error as { status: number }).status,
  )
const get = () => outcome(octokit.rest.repos.get(at))

test('a fault meets as many requests as it says, after those that it lets pass', async () => {
  gh.fault({ route: 'GET /repos/{owner}/{repo}', then: status(502), after: 1, times: 2 })
  expect([await get(), await get(), await get(), await get()]).toEqual([200, 502, 502, 200])
  expect(gh.requests.map(({ status }) => status)).toEqual([200, 502, 502, 200])
})

test('a lasting fault lasts until it is cleared, and meets only its route', async () => {
  gh.fault({ route: /models$/, then: status(503), times: Infinity })
  expect([await get(), await get()]).toEqual([503, 503])
  expect(await outcome(octokit.rest.pulls.get({ ...at, pull_number: 1 }))).toBe(200)
  gh.clearFaults()
  expect(await get()).toBe(200)
})

test('a secondary limit names how long to wait', async () => {
  gh.fault({ route: COMMENT, then: secondaryLimit(2) })
  const refused: Parsed = await octokit.rest.issues
    .createComment({ ...at, issue_number: 1, body: 'x' })
    .catch((error: unknown) => error)
  expect([refused.status, refused.response.headers['retry-after']]).toEqual([403, '2'])
})

test('a lost answer can follow a write that took effect', async () => {
  gh.fault({ route: COMMENT, then: status(502), tookEffect: true })
  expect(await outcome(octokit.rest.issues.createComment({ ...at, issue_number: 1, body: 'x' }))).toBe(502)
  expect((await octokit.rest.issues.listComments({ ...at, issue_number: 1 })).data.map(({ body }) => body)).toEqual([
    'x',
  ])
})

test('a cut connection, an answer that is no JSON, and none at all', async () => {
  gh.fault({ route: /models$/, then: { is: 'reset' } })
  expect(await get()).toBe(500) // octokit's number for a failed fetch
  gh.clearFaults()
  gh.fault({ route: /models$/, then: { is: 'malformed' } })
  const read = octokit.rest.repos.get(at).then(({ data }) => typeof data)
  await expect(read).resolves.toBe('string')
  gh.clearFaults()
  gh.fault({ route: /models$/, then: { is: 'hang' } })
  const request = { signal: AbortSignal.timeout(200) }
  await expect(octokit.rest.repos.get({ ...at, request })).rejects.toMatchObject({ status: 500 })
  expect(gh.requests.at(-1)).toMatchObject({ status: 0, endMs: Infinity })
})

test('requests that are sent together are one round, requests that wait for one another are several', async () => {
  gh.latencyMs = 500 // long enough for three requests to arrive on a busy machine
  await Promise.all([get(), get(), get()])
  expect(sequentialRounds(gh.requests)).toBe(1)
  await get()
  await get()
  expect(sequentialRounds(gh.requests)).toBe(3)
})

test.each([
  ['none', [], 0],
  [
    'a chain',
    [
      [0, 1],
      [1, 2],
      [2, 3],
    ],
    3,
  ],
  [
    'a long one beside a chain',
    [
      [0, 10],
      [1, 2],
      [3, 4],
    ],
    2,
  ],
  [
    'overlapping ones',
    [
      [0, 2],
      [1, 3],
      [2, 4],
    ],
    2,
  ],
])('rounds are counted by hand: %s', (_, spans, rounds) => {
  expect(sequentialRounds(spans.map(([startMs, endMs]) => ({ startMs: startMs!, endMs: endMs! })))).toBe(rounds)
})
