import { jest } from '@jest/globals'
import { publishComment, type CommentOptions } from '../../src/publish/index.ts'
import { githubClient } from '../../src/read/index.ts'
import {
  FORKED,
  secondaryLimit,
  startGitHub,
  status,
  type LocalGitHub,
  type Permissions,
  type Pull,
} from '../github/index.ts'

jest.setTimeout(120_000)

const MARKER = '<!-- traincost:v1 id=main -->'
const BODY = `${MARKER}\nreport`
const CREATE = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments'
const UPDATE = 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}'
const BOT = 'github-actions[bot]'

let gh: LocalGitHub
let pull: Pull
beforeEach(async () => {
  gh = await startGitHub()
  const repository = gh.repository()
  repository.commit({ branch: 'change', files: { 'a.yaml': 'x: 1\n' } })
  pull = repository.pull({ head: 'change' })
})
afterEach(() => gh.close())

async function publish(options: Partial<CommentOptions> = {}, permissions?: Permissions) {
  const token = gh.token(permissions === undefined ? {} : { permissions })
  const client = await githubClient({
    apiUrl: gh.url,
    token: token.value,
    version: 'test',
    secondMs: 1,
    timeoutMs: 20_000,
  })
  return publishComment(client, {
    event: { owner: 'acme', repo: 'models', number: pull.number, canComment: 'yes' },
    headSha: pull.headSha,
    marker: MARKER,
    body: BODY,
    mode: 'changes',
    style: 'update',
    conclusion: 'pass',
    changed: true,
    ...options,
  })
}

const bodies = () => pull.comments.map(comment => comment.body)
const count = (route: string) => gh.requests.filter(request => request.route === route).length
const codes = (published: { readonly problems: readonly { readonly code: string }[] }) =>
  published.problems.map(problem => problem.code)

test('one comment: created, then updated in place, then left alone where nothing changed', async () => {
  const first = await publish()
  expect(first).toMatchObject({ did: 'created', problems: [] })
  expect(await publish({ body: `${MARKER}\nnew` })).toMatchObject({ did: 'updated', id: first.id })
  expect(await publish({ body: `${MARKER}\nnew` })).toMatchObject({ did: 'unchanged', id: first.id })
  expect(bodies()).toEqual([`${MARKER}\nnew`])
  expect(count(UPDATE)).toBe(1)
})

test('is found behind many comments, over all pages', async () => {
  for (let i = 0; i < 130; i++) pull.comment('ada', `talk ${i}`)
  const first = await publish()
  expect(await publish({ body: `${MARKER}\nnew` })).toMatchObject({ did: 'updated', id: first.id })
  expect(pull.comments.length).toBe(131)
})

test("somebody else's comment with our marker is never touched, nor is ours that only quotes it", async () => {
  pull.comment('eve', BODY)
  pull.comment(BOT, `> ${BODY}`)
  pull.comment(BOT, `${MARKER.replace('id=main', 'id=main2')}\nother report`)
  const before = bodies()
  expect(await publish({ body: `${MARKER}\nmine` })).toMatchObject({ did: 'created' })
  expect(bodies()).toEqual([...before, `${MARKER}\nmine`])
})

test.each([
  ['always', 'no-change', false, 'created'],
  ['changes', 'no-change', false, 'skipped'],
  ['changes', 'pass', true, 'created'],
  ['threshold', 'pass', true, 'skipped'],
  ['threshold', 'warn', true, 'created'],
  ['on-failure', 'warn', true, 'skipped'],
  ['on-failure', 'fail', true, 'created'],
  ['on-failure', 'error', false, 'created'],
  ['never', 'fail', true, 'skipped'],
] as const)('mode %s, conclusion %s, changed %s: %s', async (mode, conclusion, changed, did) => {
  expect(await publish({ mode, conclusion, changed })).toMatchObject({ did, problems: [] })
})

test.each(['changes', 'threshold', 'on-failure'] as const)('red turns green in mode %s', async mode => {
  await publish({ mode, conclusion: 'fail' })
  const body = `${MARKER}\ngreen`
  expect(await publish({ mode, conclusion: 'no-change', changed: false, body })).toMatchObject({ did: 'updated' })
})

test('style new adds a comment each time', async () => {
  await publish({ style: 'new' })
  await publish({ style: 'new', body: `${MARKER}\nsecond` })
  expect(pull.comments.length).toBe(2)
})

test('nothing is written about a head that is no longer the live one', async () => {
  const published = await publish({ headSha: 'a'.repeat(40) })
  expect(published.did).toBe('superseded')
  expect(bodies()).toEqual([])
})

test.each([true, false])(
  'a create whose answer was lost ends in one comment (it took effect: %s)',
  async tookEffect => {
    gh.fault({ route: CREATE, then: status(502), tookEffect })
    expect(await publish()).toMatchObject({ did: 'created', id: pull.comments[0]?.id ?? 0, problems: [] })
    expect(bodies()).toEqual([BODY])
  },
)

test.each([
  ['a 502 on the update', UPDATE, status(502)],
  ['a cut connection', 'POST /graphql', { is: 'reset' }],
  ['a secondary limit on the update', UPDATE, secondaryLimit(1)],
] as const)('one transient fault changes nothing: %s', async (_, route, then) => {
  await publish()
  gh.fault({ route, then })
  expect(await publish({ body: `${MARKER}\nnew` })).toMatchObject({ did: 'updated', problems: [] })
  expect(bodies()).toEqual([`${MARKER}\nnew`])
})

test('a secondary limit on the create is waited for, and ends in one comment', async () => {
  gh.fault({ route: CREATE, then: secondaryLimit(1) })
  expect(await publish()).toMatchObject({ did: 'created', problems: [] })
  expect(bodies()).toEqual([BODY])
})

test('two runs that create at the same time leave one comment', async () => {
  gh.latencyMs = 150
  const published = await Promise.all([publish(), publish({ body: `${MARKER}\nother` })])
  expect(published.flatMap(p => p.problems)).toEqual([])
  expect(pull.comments.length).toBe(1)
})

test('an error on every write is a warning, never thrown', async () => {
  gh.fault({ route: CREATE, then: status(500), times: Infinity })
  const published = await publish()
  expect(published).toMatchObject({ did: 'failed', problems: [{ code: 'github-fault', severity: 'warning' }] })
  expect(count(CREATE)).toBe(2)
})

test('a token that may not comment is told which permission is missing; from a fork it is only told so', async () => {
  const refused = await publish({}, { ...FORKED, 'pull-requests': 'read' })
  expect(codes(refused)).toEqual(['github-permission'])
  expect(refused.problems[0]?.message).toContain('`pull-requests: write`')
  const event = { owner: 'acme', repo: 'models', number: pull.number, canComment: 'unlikely' } as const
  expect(codes(await publish({ event }, FORKED))).toEqual(['comment-read-only'])
  expect(bodies()).toEqual([])
})

test('a locked conversation, a vanished pull request and a body without its marker are warnings', async () => {
  pull.locked = true
  expect(await publish()).toMatchObject({ did: 'failed', problems: [{ code: 'comment-locked', severity: 'warning' }] })
  pull.locked = false
  const event = { owner: 'acme', repo: 'models', number: 999, canComment: 'yes' } as const
  expect(await publish({ event })).toMatchObject({ did: 'failed' })
  expect(codes(await publish({ body: 'report' }))).toEqual(['comment-marker'])
})
