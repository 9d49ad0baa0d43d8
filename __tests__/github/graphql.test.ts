import type { Parsed } from './parsed.ts'
import { jest } from '@jest/globals'
import { type LocalGitHub, type Pull, type Repository, startGitHub } from './index.ts'

jest.setTimeout(60_000)

let gh: LocalGitHub
let repository: Repository
let pull: Pull
let violationsExpected: boolean

beforeEach(async () => {
  violationsExpected = false
  gh = await startGitHub()
  repository = gh.repository({
    files: {
      'configs/a.yaml': 'seq_len: 4096\n',
      'weights.bin': Buffer.from([0, 1, 2, 0]),
      'large.json': 'x'.repeat(512_001),
      'link.yaml': { symlink: 'configs/a.yaml' },
      module: { submodule: '1'.repeat(40) },
    },
  })
  repository.commit({ branch: 'change', files: { 'configs/a.yaml': 'seq_len: 8192\n' } })
  pull = repository.pull({ head: 'change' })
})
afterEach(() => gh.close({ violations: violationsExpected }))

async function ask(query: string, variables = {}, token = gh.token()): Promise<Parsed> {
  const response = await fetch(gh.graphqlUrl, {
    method: 'POST',
    headers: { authorization: `bearer ${token.value}`, 'user-agent': 'test' },
    body: JSON.stringify({ query, variables }),
  })
  return response.json()
}
const inRepository = (fields: string) => `{ repository(owner: "acme", name: "models") { ${fields} } }`

test('many files are read in one query, by revision and path', async () => {
  const query = `query($a: String!, $b: String!, $c: String!, $d: String!, $e: String!) {
    repository(owner: "acme", name: "models") { a: object(expression: $a) { ...f } b: object(expression: $b) { ...f }
      c: object(expression: $c) { ...f } d: object(expression: $d) { ...f } e: object(expression: $e) { __typename } } }
    fragment f on Blob { byteSize isBinary isTruncated text }`
  const { data } = await ask(query, {
    a: `${pull.headSha}:configs/a.yaml`,
    b: 'main:weights.bin',
    c: 'main:large.json',
    d: 'main:nowhere.yaml',
    e: 'main:module',
  })
  expect(data.repository).toEqual({
    a: { byteSize: 14, isBinary: false, isTruncated: false, text: 'seq_len: 8192\n' },
    b: { byteSize: 4, isBinary: true, isTruncated: false, text: null },
    c: { byteSize: 512_001, isBinary: false, isTruncated: true, text: 'x'.repeat(512_000) },
    d: null,
    e: null,
  })
})

test('trees tell links and submodules by their mode, commits their date, refs their end', async () => {
  const { data } = await ask(
    inRepository(`object(expression: "main:") { ... on Tree { entries { name mode type } } }
      commit: object(expression: "${pull.headSha}") { ... on Commit { oid committedDate } }
      ref(qualifiedName: "refs/heads/change") { name target { oid } } none: ref(qualifiedName: "nope") { name }`),
  )
  expect(data.repository.object.entries).toEqual([
    { name: 'configs', mode: 0o40000, type: 'tree' },
    { name: 'large.json', mode: 0o100644, type: 'blob' },
    { name: 'link.yaml', mode: 0o120000, type: 'blob' },
    { name: 'module', mode: 0o160000, type: 'commit' },
    { name: 'weights.bin', mode: 0o100644, type: 'blob' },
  ])
  expect(data.repository.commit.oid).toBe(pull.headSha)
  expect(data.repository.commit.committedDate).toMatch(/^2026-11-20T12:00:\d\dZ$/)
  expect(data.repository.ref).toEqual({ name: 'change', target: { oid: pull.headSha } })
  expect(data.repository.none).toBeNull()
})

test('comments come in pages, say whose they are, and a bot’s login lacks its suffix', async () => {
  for (let i = 0; i < 5; i++) pull.comment(i === 3 ? 'github-actions[bot]' : 'bob', `comment ${i}`)
  const query = (after: string) =>
    inRepository(`pullRequest(number: 1) { headRefOid comments(first: 3, after: ${after}) {
      nodes { databaseId body viewerDidAuthor author { login } isMinimized createdAt id }
      pageInfo { hasNextPage endCursor } } }`)
  const first = (await ask(query('null'))).data.repository.pullRequest
  expect(first.headRefOid).toBe(pull.headSha)
  expect(first.comments.nodes.map(({ body }: Parsed) => body)).toEqual(['comment 0', 'comment 1', 'comment 2'])
  const { endCursor, hasNextPage } = first.comments.pageInfo
  expect(hasNextPage).toBe(true)
  const second = (await ask(query(JSON.stringify(endCursor)))).data.repository.pullRequest.comments
  expect(second.nodes.map(({ viewerDidAuthor, author }: Parsed) => [viewerDidAuthor, author.login])).toEqual([
    [true, 'github-actions'],
    [false, 'bob'],
  ])
  expect(second.pageInfo.hasNextPage).toBe(false)
})

test('labels and who set them are read live', async () => {
  pull.label('traincost-ok-150k', 'bob')
  const { data } = await ask(
    inRepository(`pullRequest(number: 1) { labels(first: 10) { nodes { name } }
      timelineItems(last: 5, itemTypes: [LABELED_EVENT]) { nodes { ... on LabeledEvent { actor { login } label { name } } } } }`),
  )
  expect(data.repository.pullRequest).toEqual({
    labels: { nodes: [{ name: 'traincost-ok-150k' }] },
    timelineItems: { nodes: [{ actor: { login: 'bob' }, label: { name: 'traincost-ok-150k' } }] },
  })
})

test('the viewer of the job’s token is its bot, and without permission there is no pull request', async () => {
  expect((await ask('{ viewer { login } }')).data.viewer.login).toBe('github-actions[bot]')
  const blind = gh.token({ permissions: { 'pull-requests': 'none' } })
  const { data, errors } = await ask(inRepository('pullRequest(number: 1) { number }'), {}, blind)
  expect(data.repository.pullRequest).toBeNull()
  expect(errors).toEqual([expect.objectContaining({ type: 'FORBIDDEN' })])
})

test('what does not exist is an error of its own kind', async () => {
  const { data, errors } = await ask('{ repository(owner: "acme", name: "other") { id } }')
  expect([data.repository, errors[0].type]).toEqual([null, 'NOT_FOUND'])
})

test.each([
  ['a field that GitHub does not have', inRepository('nmae'), /Cannot query field/],
  ['a query that does not parse', '{ repository(', /Syntax Error/],
  ['a field that is not simulated', inRepository('stargazerCount'), /Repository.stargazerCount is not simulated/],
  ['a mutation', 'mutation { addStar(input: { starrableId: "x" }) { clientMutationId } }', /only queries/],
])('%s is recorded', async (_, query, violation) => {
  violationsExpected = true
  expect((await ask(query)).errors).toHaveLength(1)
  expect(gh.violations).toEqual([expect.stringMatching(violation)])
})

test('lists without a size, or with more than 100, are refused', async () => {
  const listed = async (page: string) =>
    (await ask(inRepository(`pullRequest(number: 1) { comments${page} { totalCount } }`))).errors?.[0].message
  expect(await listed('')).toMatch(/`first` or `last`/)
  expect(await listed('(first: 101)')).toMatch(/100/)
  expect(await listed('(first: 100)')).toBeUndefined()
})
