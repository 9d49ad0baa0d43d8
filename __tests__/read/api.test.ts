import { jest } from '@jest/globals'
import {
  apiSource,
  githubClient,
  readEvent,
  readLabels,
  type ChangeEvent,
  type Read,
  type Source,
} from '../../src/read/index.ts'
import {
  mergeGroupEvent,
  pullEvent,
  pushEvent,
  secondaryLimit,
  sequentialRounds,
  startGitHub,
  status,
  type LocalGitHub,
  type Pull,
  type Repository,
} from '../github/index.ts'

jest.setTimeout(120_000)

let gh: LocalGitHub
beforeEach(async () => {
  gh = await startGitHub()
})
afterEach(() => gh.close())

function value<T>(read: Read<T>): T {
  if (read.is === 'failed') throw new Error(`${read.problem.code}: ${read.problem.message}`)
  return read.value
}

function code(read: Read<unknown>): string {
  return read.is === 'failed' ? read.problem.code : 'read'
}

const client = (token = gh.token(), timeoutMs = 20_000) =>
  githubClient({ apiUrl: gh.url, token: token.value, version: 'test', secondMs: 1, timeoutMs })

function eventOf(name: string, payload: unknown, inputs = {}, sha = ''): ChangeEvent {
  const env = { GITHUB_EVENT_NAME: name, GITHUB_REPOSITORY: 'acme/models', GITHUB_SHA: sha }
  return value(readEvent(env, JSON.stringify(payload), inputs))
}

async function pullSource(repository: Repository, pull: Pull, token = gh.token(), timeoutMs = 20_000): Promise<Source> {
  const { payload } = await pullEvent(gh, repository, pull)
  return apiSource({ client: await client(token, timeoutMs), event: eventOf('pull_request', payload) })
}

const LINES = Array.from({ length: 20 }, (_, i) => `key_${i}: ${i}\n`).join('')

function scenario() {
  const repository = gh.repository({
    files: { 'a.yaml': 'a: 1\n', 'old.yaml': LINES, 'gone.yaml': 'g', 'same.yaml': 's' },
  })
  const cut = repository.tip('main')
  repository.commit({
    branch: 'change',
    files: { 'a.yaml': 'a: 2\n', 'old.yaml': null, 'new.yaml': `${LINES}x: 1\n`, 'gone.yaml': null, 'c/d.yaml': 'new' },
  })
  const pull = repository.pull({ head: 'change' })
  const tip = repository.commit({ branch: 'main', files: { 'policy.yml': 'version: 1\n' } })
  return { repository, pull, cut, tip }
}

const CHANGES = [
  { status: 'modified', path: 'a.yaml' },
  { status: 'added', path: 'c/d.yaml' },
  { status: 'removed', path: 'gone.yaml' },
  { status: 'renamed', path: 'new.yaml', previousPath: 'old.yaml' },
]

test('files of any other branch or commit are read by its name, and nothing is found where there is none', async () => {
  const { repository, pull, cut } = scenario()
  const source = await pullSource(repository, pull)
  for (const [name, text] of [
    ['change', 'a: 2\n'],
    ['main', 'a: 1\n'],
    [cut, 'a: 1\n'],
  ] as const)
    expect(value(await source.textsAt(name, ['a.yaml'])).get('a.yaml')).toMatchObject({ is: 'text', text })
  expect(value(await source.textsAt('v9', ['a.yaml'])).get('a.yaml')).toEqual({ is: 'absent' })
})

test('a pull request is read at its merge base, its head, and the live end of its base branch', async () => {
  const { repository, pull, cut, tip } = scenario()
  const source = await pullSource(repository, pull)
  const revisions = value(await source.revisions())
  expect(revisions).toMatchObject({ base: cut, head: pull.headSha, tip, notes: [] })
  expect(revisions.today).toMatch(/^2026-11-20$/)
  expect(value(await source.changes())).toEqual(CHANGES)
  expect(value(await source.texts('base', ['a.yaml', 'c/d.yaml'])).get('a.yaml')).toMatchObject({ text: 'a: 1\n' })
  expect(value(await source.texts('base', ['c/d.yaml'])).get('c/d.yaml')).toEqual({ is: 'absent' })
  expect(value(await source.texts('head', ['c/d.yaml'])).get('c/d.yaml')).toMatchObject({ text: 'new' })
  expect(value(await source.texts('tip', ['policy.yml'])).get('policy.yml')).toMatchObject({ text: 'version: 1\n' })
  expect(value(await source.paths('head'))).toEqual(['a.yaml', 'c/d.yaml', 'new.yaml', 'same.yaml'])
})

test('revisions, changes, trees, policies and configs of both sides take at most four rounds', async () => {
  const { repository, pull } = scenario()
  gh.latencyMs = 2000 // far above what the local GitHub needs for an answer on a busy machine
  const source = await pullSource(repository, pull)
  await Promise.all([source.revisions(), source.changes()])
  await Promise.all([
    ...(['base', 'head', 'tip'] as const).map(side => source.texts(side, ['policy.yml'])),
    ...(['base', 'head', 'tip'] as const).map(side => source.paths(side)),
  ])
  await Promise.all([source.texts('base', ['a.yaml']), source.texts('head', ['a.yaml'])])
  expect(sequentialRounds(gh.requests)).toBeLessThanOrEqual(4)
})

test('says what is no text and never follows it', async () => {
  const repository = gh.repository()
  repository.commit({
    branch: 'change',
    files: {
      'target.yaml': 'secret',
      'link.yaml': { symlink: 'target.yaml' },
      'binary.yaml': Buffer.from([1, 0, 2]),
      'latin1.yaml': Buffer.from([0x61, 0xe9, 0x62]),
      'large.yaml': 'x'.repeat(1024 * 1024 + 1),
      'truncated.yaml': 'y'.repeat(600_000),
      'lfs.yaml': 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n',
    },
  })
  const source = await pullSource(repository, repository.pull({ head: 'change' }))
  const asked = ['link.yaml', 'binary.yaml', 'latin1.yaml', 'large.yaml', 'lfs.yaml', '../x', 'truncated.yaml']
  const texts = value(await source.texts('head', asked))
  expect(asked.map(path => texts.get(path))).toMatchObject([
    { reason: 'symlink' },
    { reason: 'binary' },
    { is: 'unreadable' },
    { reason: 'too-large' },
    { reason: 'lfs-pointer' },
    { reason: 'outside' },
    { is: 'text', text: 'y'.repeat(600_000) },
  ])
})

test('250 changed files are all listed, and read in batches', async () => {
  const repository = gh.repository()
  const files = Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`c/${i}.yaml`, `n: ${i}\n`]))
  repository.commit({ branch: 'change', files })
  const source = await pullSource(repository, repository.pull({ head: 'change' }))
  const changes = value(await source.changes())
  expect(new Set(changes.map(change => change.path))).toEqual(new Set(Object.keys(files)))
  const texts = value(await source.texts('head', Object.keys(files)))
  for (const [path, text] of Object.entries(files)) expect(texts.get(path)).toMatchObject({ text })
  expect(gh.requests.filter(request => request.route === 'POST /graphql').length).toBeLessThanOrEqual(6)
})

test('a list that stops short is not taken: the trees are compared, also where they are cut off', async () => {
  const { repository, pull } = scenario()
  gh.fault({ route: 'GET /repos/{owner}/{repo}/pulls/{pull_number}/files', then: status(200, []), times: Infinity })
  const moved = [...CHANGES.slice(0, 3), { status: 'added', path: 'new.yaml' }, { status: 'removed', path: 'old.yaml' }]
  expect(value(await (await pullSource(repository, pull)).changes())).toEqual(moved)
  repository.treeLimit = 4
  const source = await pullSource(repository, pull)
  expect(value(await source.changes())).toEqual(moved)
  expect(value(await source.texts('head', ['c/d.yaml', 'c/none', 'c'])).get('c/d.yaml')).toMatchObject({ text: 'new' })
})

const PULL_FILES = 'GET /repos/{owner}/{repo}/pulls/{pull_number}/files'
const notes = (count: number, text: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`notes/${i}.txt`, `${text} ${i}\n`]))

test('a change of 2,000 files that no config can be in is listed with as many requests as one of ten', async () => {
  const repository = gh.repository({ files: { 'a.yaml': 'a: 1\n', ...notes(2000, 'old') } })
  const asked = async (count: number) => {
    repository.commit({ branch: `of-${count}`, files: { 'a.yaml': 'a: 2\n', ...notes(count, 'new') } })
    const source = await pullSource(repository, repository.pull({ head: `of-${count}` }))
    const from = gh.requests.length
    const changes = value(await source.changes())
    value(await source.paths('head'))
    value(await source.texts('base', ['a.yaml']))
    value(await source.texts('head', ['a.yaml']))
    return { files: changes.length, requests: gh.requests.length - from }
  }
  const [few, many] = [await asked(10), await asked(2000)]
  expect([few.files, many.files]).toEqual([11, 2001])
  expect(many.requests).toBeLessThanOrEqual(few.requests)
})

test('a config that is moved and edited among many other files keeps its identity', async () => {
  const repository = gh.repository({ files: { 'old.yaml': LINES } })
  const files = { 'old.yaml': null, 'new.yaml': `${LINES}x: 1\n`, ...notes(150, 'new') }
  repository.commit({ branch: 'change', files })
  const changes = value(await (await pullSource(repository, repository.pull({ head: 'change' }))).changes())
  expect(changes).toContainEqual({ status: 'renamed', path: 'new.yaml', previousPath: 'old.yaml' })
  expect(changes).toHaveLength(151)
})

test('a tree that GitHub cuts off leaves a change of many files to the list of its pages', async () => {
  const repository = gh.repository({ files: { 'a.yaml': 'a: 1\n' } })
  repository.treeLimit = 50
  repository.commit({ branch: 'change', files: { 'a.yaml': 'a: 2\n', ...notes(250, 'new') } })
  const changes = value(await (await pullSource(repository, repository.pull({ head: 'change' }))).changes())
  expect(changes).toHaveLength(251)
  expect(gh.requests.filter(({ route }) => route === PULL_FILES)).toHaveLength(3)
})

test('a change of more than 3,000 files is complete, although GitHub lists no more than that', async () => {
  const repository = gh.repository({ files: { 'z.yaml': 'a: 1\n' } })
  repository.commit({ branch: 'change', files: { 'z.yaml': 'a: 2\n', ...notes(3001, 'new') } })
  const changes = value(await (await pullSource(repository, repository.pull({ head: 'change' }))).changes())
  expect(changes).toHaveLength(3002)
  expect(changes.at(-1)).toEqual({ status: 'modified', path: 'z.yaml' })
  expect(gh.requests.filter(({ route }) => route === PULL_FILES)).toHaveLength(1)
})

test('the list of a pull request that has been given another base is not taken for the base of the event', async () => {
  const { repository, pull } = scenario()
  repository.commit({ branch: 'release', files: { 'a.yaml': 'a: 2\n' } })
  repository.commit({ branch: 'onto', from: 'release', files: { 'b.yaml': 'b: 1\n' } })
  const moved = repository.pull({ head: 'onto' })
  const source = await pullSource(repository, moved)
  moved.base = 'release'
  expect(value(await source.changes()).map(({ path }) => path)).toEqual(['a.yaml', 'b.yaml'])
  expect(pull.base).toBe('main')
})

test('the list of a live head that has moved on is not taken for the head that is judged', async () => {
  const { repository, pull } = scenario()
  const source = await pullSource(repository, pull)
  repository.commit({ branch: 'change', files: { 'later.yaml': 'x' } })
  expect(value(await source.changes()).map(change => change.path)).not.toContain('later.yaml')
})

test('a tag with the name of the base branch is not taken for it', async () => {
  const { repository, pull, tip } = scenario()
  repository.git.setRef('refs/tags/main', pull.headSha)
  expect(value(await (await pullSource(repository, pull)).revisions()).tip).toBe(tip)
})

test('without a common ancestor the end of the base branch is the base, and a note says so', async () => {
  const repository = gh.repository()
  repository.commit({ branch: 'orphan', from: null, files: { 'a.yaml': '1' } })
  const source = await pullSource(repository, repository.pull({ head: 'orphan' }))
  const revisions = value(await source.revisions())
  expect(revisions.base).toBe(repository.tip('main'))
  expect(revisions.notes.map(note => note.code)).toEqual(['no-common-ancestor'])
  expect(value(await source.changes()).map(c => `${c.status} ${c.path}`)).toEqual(['removed README.md', 'added a.yaml'])
})

test('a merge group and a push compare with the commit that they name', async () => {
  const { repository, pull, cut } = scenario()
  const group = mergeGroupEvent(gh, repository, pull)
  const queued = eventOf('merge_group', group.payload)
  const source = apiSource({ client: await client(), event: queued })
  const revisions = value(await source.revisions())
  expect(revisions.base).toBe(revisions.tip)
  expect(value(await source.changes()).length).toBeGreaterThan(0)
  const push = pushEvent(gh, repository, cut, pull.headSha)
  const pushed = apiSource({ client: await client(), event: eventOf('push', push.payload) })
  expect(value(await pushed.changes())).toEqual(CHANGES)
})

test('a forced push is compared by its trees, not from the merge base', async () => {
  const { pull, tip } = scenario()
  const event = eventOf('push', { before: tip, after: pull.headSha })
  const source = apiSource({ client: await client(), event })
  expect(value(await source.changes())).toContainEqual({ status: 'removed', path: 'policy.yml' })
})

test('a dispatched run compares with the default branch', async () => {
  const { pull, cut, tip } = scenario()
  const source = apiSource({ client: await client(), event: eventOf('workflow_dispatch', {}, {}, pull.headSha) })
  expect(value(await source.revisions())).toMatchObject({ base: cut, head: pull.headSha, tip })
  const numbered = apiSource({ client: await client(), event: eventOf('schedule', {}, { prNumber: pull.number }) })
  expect(value(await numbered.revisions())).toMatchObject({ base: cut, head: pull.headSha, tip })
  expect(value(await numbered.changes())).toEqual(CHANGES)
})

const everything = async (source: Source) => {
  const reads = [await source.revisions(), await source.changes(), await source.paths('head')]
  return [...reads, await source.texts('head', ['a.yaml', 'same.yaml', 'c/d.yaml'])]
}

test.each([
  ['a 502', /./, status(502)],
  ['a cut connection', /./, { is: 'reset' }],
  ['half an answer', /./, { is: 'malformed' }],
  ['no answer', /./, { is: 'hang' }],
  ['a secondary limit', /GET/, secondaryLimit(1)],
  ['a 429', /GET/, { is: 'status', status: 429, body: { message: 'slow down' }, headers: { 'retry-after': '1' } }],
] as const)('one transient fault changes nothing: %s', async (_, route, then) => {
  const { repository, pull } = scenario()
  const calm = await everything(await pullSource(repository, pull))
  for (const after of [0, 3, 6]) {
    gh.clearFaults()
    gh.fault({ route, then, times: 1, after })
    expect(
      await everything(await pullSource(repository, pull, gh.token(), then.is === 'hang' ? 3000 : 20_000)),
    ).toEqual(calm)
  }
})

test.each([
  ['502 everywhere', /./, status(502), 'github-fault'],
  [
    '403 on the commits',
    /\/(git\/commits|compare)\//,
    status(403, { message: 'Resource not accessible by integration' }),
    'github-permission',
  ],
  ['404 on the commits', /\/(git\/commits|compare)\//, status(404, { message: 'Not Found' }), 'github-not-found'],
  ['401', /./, status(401, { message: 'Bad credentials' }), 'github-token'],
  ['an answer of another shape', /./, status(200, {}), 'github-answer'],
] as const)('a lasting fault is a failure that names its cause: %s', async (_, route, then, expected) => {
  const { repository, pull } = scenario()
  gh.fault({ route, then, times: Infinity })
  const reads = await everything(await pullSource(repository, pull))
  for (const read of reads) expect(code(read)).toBe(expected)
})

test('a token that may not read the contents is told which permission is missing', async () => {
  const { repository, pull } = scenario()
  const token = gh.token({ permissions: { contents: 'none' } })
  const read = await (await pullSource(repository, pull, token)).revisions()
  expect(read.is === 'failed' && read.problem.message).toContain('`contents: read`')
})

test('files are read one by one where GraphQL fails, and in smaller batches where it says that it is too much', async () => {
  const { repository, pull } = scenario()
  const calm = await everything(await pullSource(repository, pull))
  gh.fault({ route: 'POST /graphql', then: status(502), times: Infinity })
  expect(await everything(await pullSource(repository, pull))).toEqual(calm)
  gh.clearFaults()
  const limited = { data: { repository: null }, errors: [{ type: 'RESOURCE_LIMITS_EXCEEDED', message: 'too much' }] }
  gh.fault({ route: 'POST /graphql', then: status(200, limited), times: 3 })
  expect(await everything(await pullSource(repository, pull))).toEqual(calm)
})

describe('labels', () => {
  async function labels(repository: Repository, pull: Pull) {
    const { payload } = await pullEvent(gh, repository, pull)
    return readLabels(await client(), eventOf('pull_request', payload), ['ok-150k', 'ok-other'])
  }

  test('are read live, each with who set it last and what that person may do', async () => {
    const repository = gh.repository({ collaborators: { wes: 'write', tia: 'triage', mia: 'maintain' } })
    repository.commit({ branch: 'change', files: { 'a.yaml': '1' } })
    const pull = repository.pull({ head: 'change', author: 'mia' })
    expect(value(await labels(repository, pull))).toEqual([])
    pull.label('ok-150k', 'wes')
    pull.unlabel('ok-150k', 'wes')
    pull.label('ok-150k', 'tia')
    pull.label('ok-other', 'mia')
    expect(value(await labels(repository, pull))).toEqual([
      { label: 'ok-150k', by: 'tia', isBot: false, isAuthor: false, permission: 'triage' },
      { label: 'ok-other', by: 'mia', isBot: false, isAuthor: true, permission: 'maintain' },
    ])
  })

  test('that cannot be checked are a failure, not a permission', async () => {
    const repository = gh.repository({ collaborators: { wes: 'write' } })
    repository.commit({ branch: 'change', files: { 'a.yaml': '1' } })
    const pull = repository.pull({ head: 'change' })
    pull.label('ok-150k', 'wes')
    gh.fault({ route: /collaborators/, then: status(403, { message: 'no' }), times: Infinity })
    expect(code(await labels(repository, pull))).toBe('github-permission')
  })
})
