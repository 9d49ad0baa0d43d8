import { githubClient, readRemoteFile, remoteFileFrom } from '../../src/read/index.ts'
import { startGitHub, status, type LocalGitHub, type Token } from '../github/index.ts'

let gh: LocalGitHub
beforeEach(async () => {
  gh = await startGitHub()
  gh.repository({
    name: 'acme/rules',
    private: true,
    files: {
      'policies/team.yml': 'version: 1\n',
      'bom.yml': '\ufeffversion: 1\n',
      'large.yml': '#'.repeat(1024 * 1024 + 1),
      'exact.yml': '#'.repeat(1024 * 1024),
      'latin1.yml': Buffer.from([0x61, 0xe9, 0x0a]),
      'utf16.yml': Buffer.from('\ufeffversion: 1', 'utf16le'),
      'module.yml': { submodule: '1'.repeat(40) },
      'outside.yml': { symlink: '../elsewhere.yml' },
    },
  })
})
afterEach(() => gh.close())

const all = () => gh.token({ repositories: ['acme/rules'] })
const client = (token: Token) => githubClient({ apiUrl: gh.url, token: token.value, version: 'test', secondMs: 1 })

async function read(reference: string, token = all()) {
  const file = remoteFileFrom(reference)
  if (file === undefined) throw new Error(`${reference} names no file`)
  return readRemoteFile(await client(token), file)
}

const outcome = (got: Awaited<ReturnType<typeof read>>) =>
  got.is === 'failed' ? got.problem.code : got.value.is === 'unreadable' ? got.value.reason : got.value

test('a file of another repository is read at the branch, tag or commit that is named', async () => {
  const repository = gh.site.world.repositories[0]!
  const first = repository.tip('main')
  repository.git.setRef('refs/tags/v1', first)
  repository.commit({ files: { 'policies/team.yml': 'version: 2\n' } })
  const texts = ['main', 'v1', first].map(async ref => outcome(await read(`acme/rules/policies/team.yml@${ref}`)))
  expect(await Promise.all(texts)).toMatchObject([
    { is: 'text', text: 'version: 2\n' },
    { is: 'text', text: 'version: 1\n' },
    { is: 'text', text: 'version: 1\n' },
  ])
})

test.each([
  ['bom.yml', { is: 'text', text: 'version: 1\n' }],
  ['exact.yml', { is: 'text' }],
  ['large.yml', 'remote-file'],
  ['latin1.yml', 'encoding'],
  ['utf16.yml', 'encoding'],
  ['policies', 'remote-file'],
  ['module.yml', 'remote-file'],
  ['outside.yml', 'remote-file'],
  ['none.yml', 'github-not-found'],
  ['policies/team.yml/more.yml', 'github-not-found'],
] as const)('%s is read as text, or refused for what it is', async (path, expected) => {
  const got = outcome(await read(`acme/rules/${path}@main`))
  if (typeof expected === 'string') expect(got).toBe(expected)
  else expect(got).toMatchObject(expected)
})

test('a token that may not see the repository is told the permission, and not that there is no such file', async () => {
  const got = await read('acme/rules/policies/team.yml@main', gh.token({ repositories: ['acme/models'] }))
  expect(outcome(got)).toBe('github-not-found')
  expect(got.is === 'failed' && got.problem.message).toContain('the token may not see it')
})

test('a repository that was renamed is found by its former name', async () => {
  gh.renamed(gh.site.world.repositories[0]!, 'acme/budgets')
  expect(outcome(await read('acme/budgets/policies/team.yml@main'))).toMatchObject({ text: 'version: 1\n' })
})

test('one fault is no failure, a lasting one is', async () => {
  gh.fault({ route: /contents/, then: status(502) })
  expect(outcome(await read('acme/rules/policies/team.yml@main'))).toMatchObject({ is: 'text' })
  gh.fault({ route: /contents/, then: status(502), times: Infinity })
  expect(outcome(await read('acme/rules/policies/team.yml@main'))).toBe('github-fault')
})

test.each([
  'traincost.yml',
  'acme/traincost.yml@v1',
  'acme/rules/@v1',
  'acme/rules/../x.yml@v1',
  'acme/../x.yml@v1',
  './rules/x.yml@v1',
  'acme/rules/x.yml@',
  'acme/rules/x.yml@-v1',
  'acme/rules/x.yml@a..b',
  'https://example.com/x.yml@v1',
])('%s names no file of another repository', reference => {
  expect(remoteFileFrom(reference)).toBeUndefined()
})

test('the last @ separates the path from the revision', () => {
  expect(remoteFileFrom('our-org/.github/a@b.yml@release/1.x')).toEqual({
    owner: 'our-org',
    repo: '.github',
    path: 'a@b.yml',
    ref: 'release/1.x',
  })
})
