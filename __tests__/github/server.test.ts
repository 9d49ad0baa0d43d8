import type { Parsed } from './parsed.ts'
import { jest } from '@jest/globals'
import { Octokit } from '@octokit/rest'
import { operations } from './description.ts'
import { FORKED, type LocalGitHub, type Pull, type Repository, startGitHub } from './index.ts'

jest.setTimeout(60_000)

let gh: LocalGitHub
let repository: Repository
let pull: Pull
let octokit: Octokit
let at: { owner: string; repo: string }
/** Set by the tests that break a rule on purpose. */
let violationsExpected: boolean

const client = (token = gh.token({ permissions: { statuses: 'write' } }).value) =>
  new Octokit({ auth: token, baseUrl: gh.url, log: { debug() {}, info() {}, warn() {}, error() {} } })

beforeEach(async () => {
  violationsExpected = false
  gh = await startGitHub()
  repository = gh.repository({
    files: {
      'configs/a.yaml': 'seq_len: 4096\n',
      'configs/deep/b.yaml': 'x: 1\n',
      'link.yaml': { symlink: 'configs/a.yaml' },
      'dangling.yaml': { symlink: '../elsewhere' },
      module: { submodule: '1'.repeat(40) },
    },
    collaborators: { bob: 'maintain', tess: 'triage' },
  })
  repository.commit({ branch: 'change', files: { 'configs/a.yaml': 'seq_len: 8192\n', 'configs/c.yaml': 'y: 1\n' } })
  pull = repository.pull({ head: 'change' })
  octokit = client()
  at = { owner: 'acme', repo: 'models' }
})
afterEach(async () => {
  await gh.close({ violations: violationsExpected })
})

const refusal = async (call: Promise<unknown>) => {
  const outcome: Parsed = await call.then(
    () => ({ status: 'no refusal', message: '' }),
    (error: unknown) => error,
  )
  return { status: outcome.status as number | string, message: String(outcome.message) }
}

test('every operation of the slice is answered, and its answer is as GitHub describes it', async () => {
  const { git, checks, issues, pulls, repos } = octokit.rest
  const sha = pull.headSha
  pull.label('ok', 'bob')
  pull.unlabel('ok', 'bob')
  pull.label('ok', 'bob')
  const run = await checks.create({
    ...at,
    name: 'traincost report',
    head_sha: sha,
    status: 'completed',
    conclusion: 'failure',
    output: {
      title: '+$5',
      summary: 's',
      annotations: [{ path: 'configs/a.yaml', start_line: 1, end_line: 1, annotation_level: 'failure', message: 'm' }],
    },
  })
  await checks.update({ ...at, check_run_id: run.data.id, conclusion: 'success' })
  const status = { ...at, sha, state: 'success', context: 'traincost', description: 'd' } as const
  await repos.createCommitStatus(status)
  const comment = await issues.createComment({ ...at, issue_number: 1, body: 'hello' })
  await issues.updateComment({ ...at, comment_id: comment.data.id, body: 'hello again' })
  expect((await issues.getComment({ ...at, comment_id: comment.data.id })).data.body).toBe('hello again')
  expect((await issues.listComments({ ...at, issue_number: 1 })).data.map(({ user }) => user?.login)).toEqual([
    'github-actions[bot]',
  ])
  expect((await issues.listEvents({ ...at, issue_number: 1 })).data.map(({ event }) => event)).toEqual([
    'labeled',
    'unlabeled',
    'labeled',
  ])
  const timeline = await issues.listEventsForTimeline({ ...at, issue_number: 1 })
  expect(timeline.data.map(({ event }) => event)).toEqual(['committed', 'labeled', 'unlabeled', 'labeled', 'commented'])
  await issues.deleteComment({ ...at, comment_id: comment.data.id })
  expect(pull.comments).toEqual([])
  expect((await issues.listLabelsOnIssue({ ...at, issue_number: 1 })).data.map(({ name }) => name)).toEqual(['ok'])
  expect((await checks.listForRef({ ...at, ref: sha })).data.check_runs[0]?.conclusion).toBe('success')
  expect((await repos.listCommitStatusesForRef({ ...at, ref: sha })).data[0]?.state).toBe('success')
  expect((await repos.get(at)).data.default_branch).toBe('main')
  expect((await repos.getBranch({ ...at, branch: 'change' })).data.commit.sha).toBe(sha)
  expect((await repos.getCommit({ ...at, ref: 'change' })).data.sha).toBe(sha)
  expect((await git.getCommit({ ...at, commit_sha: sha })).data.parents[0]?.sha).toBe(repository.tip('main'))
  expect((await git.getRef({ ...at, ref: 'heads/change' })).data.object.sha).toBe(sha)
  expect((await git.listMatchingRefs({ ...at, ref: 'heads/' })).data.map(({ ref }) => ref)).toEqual([
    'refs/heads/change',
    'refs/heads/main',
  ])
  const tree = await git.getTree({ ...at, tree_sha: sha, recursive: '1' })
  expect(tree.data.tree.map(({ path, mode }) => `${mode} ${path}`)).toEqual([
    '040000 configs',
    '100644 configs/a.yaml',
    '100644 configs/c.yaml',
    '040000 configs/deep',
    '100644 configs/deep/b.yaml',
    '120000 dangling.yaml',
    '120000 link.yaml',
    '160000 module',
  ])
  const file = tree.data.tree.find(({ path }) => path === 'configs/a.yaml')
  const blob = await git.getBlob({ ...at, file_sha: file?.sha ?? '' })
  expect(Buffer.from(blob.data.content, 'base64').toString()).toBe('seq_len: 8192\n')
  const pulled = await pulls.get({ ...at, pull_number: 1 })
  expect([pulled.data.changed_files, pulled.data.commits, pulled.data.head.sha]).toEqual([2, 1, sha])
  const files = await pulls.listFiles({ ...at, pull_number: 1 })
  expect(files.data.map(({ filename, status }) => [filename, status])).toEqual([
    ['configs/a.yaml', 'modified'],
    ['configs/c.yaml', 'added'],
  ])
  const permissions = ['acme', 'bob', 'tess', 'ada'].map(async username => {
    const { data } = await repos.getCollaboratorPermissionLevel({ ...at, username })
    return [data.permission, data.role_name]
  })
  expect(await Promise.all(permissions)).toEqual([
    ['admin', 'admin'],
    ['write', 'maintain'],
    ['read', 'triage'],
    ['read', 'read'],
  ])
  expect((await repos.compareCommitsWithBasehead({ ...at, basehead: `main...change` })).data.status).toBe('ahead')
  expect((await octokit.rest.rateLimit.get()).status).toBe(200)
  const person = client(gh.token({ kind: 'user', login: 'bob' }).value)
  expect((await person.rest.users.getAuthenticated()).data.login).toBe('bob')

  const one = await repos.getContent({ ...at, path: 'configs/deep/b.yaml', ref: sha })
  expect(one.data).toMatchObject({ type: 'file', size: 5 })
  const asked = new Set(gh.requests.map(({ route }) => route))
  expect(operations.map(({ method, template }) => `${method} ${template}`).filter(one => !asked.has(one))).toEqual([])
})

describe('contents are served as GitHub serves them', () => {
  const content = async (path: string) => (await octokit.rest.repos.getContent({ ...at, path })).data as Parsed

  test('a folder is a list', async () => {
    expect((await content('configs')).map(({ name, type }: Parsed) => [name, type])).toEqual([
      ['a.yaml', 'file'],
      ['deep', 'dir'],
    ])
  })
  test('a link inside of the repository is followed, one that leads out is described, a submodule too', async () => {
    expect(await content('link.yaml')).toMatchObject({ type: 'file', path: 'configs/a.yaml' })
    expect(await content('dangling.yaml')).toMatchObject({ type: 'symlink', target: '../elsewhere' })
    expect((await content('module')).type).toMatch(/submodule/)
  })
  test('above 1 MiB no content is sent', async () => {
    repository.commit({ files: { 'big.json': 'x'.repeat(1024 * 1024 + 1) } })
    expect(await content('big.json')).toMatchObject({ encoding: 'none', content: '', size: 1024 * 1024 + 1 })
  })
  test('the raw form is bytes', async () => {
    const raw = await octokit.rest.repos.getContent({ ...at, path: 'configs/a.yaml', mediaType: { format: 'raw' } })
    expect(raw.data).toBe('seq_len: 4096\n')
  })
  test('a tree above the limit is cut and says so', async () => {
    repository.treeLimit = 3
    const { data } = await octokit.rest.git.getTree({ ...at, tree_sha: 'main', recursive: '1' })
    expect([data.truncated, data.tree.length]).toEqual([true, 3])
  })
})

describe('comparisons and file lists', () => {
  test('the merge base is where the branch was cut, also after the base branch moved on', async () => {
    const cut = repository.tip('main')
    repository.commit({ files: { 'other.txt': 'x' } })
    const { data } = await octokit.rest.repos.compareCommitsWithBasehead({ ...at, basehead: 'main...change' })
    expect([data.merge_base_commit.sha, data.status, data.behind_by]).toEqual([cut, 'diverged', 1])
    expect(data.files?.map(({ filename }) => filename)).toEqual(['configs/a.yaml', 'configs/c.yaml'])
  })
  test('histories without a common ancestor have no comparison', async () => {
    repository.commit({ branch: 'orphan', from: null, files: { a: 'x' } })
    const compared = octokit.rest.repos.compareCommitsWithBasehead({ ...at, basehead: 'main...orphan' })
    expect(await refusal(compared)).toMatchObject({ status: 404 })
  })
  test('compare stops at 300 files, the list of a pull request follows pages up to 3,000', async () => {
    const files = Object.fromEntries(Array.from({ length: 3050 }, (_, i) => [`many/${i}.txt`, `${i}\n`]))
    repository.commit({ branch: 'change', files })
    const compared = await octokit.rest.repos.compareCommitsWithBasehead({ ...at, basehead: 'main...change' })
    expect(compared.data.files).toHaveLength(300)
    const listed = await octokit.paginate(octokit.rest.pulls.listFiles, { ...at, pull_number: 1, per_page: 100 })
    expect(listed).toHaveLength(3000)
    expect((await octokit.rest.pulls.get({ ...at, pull_number: 1 })).data.changed_files).toBe(3052)
    expect(gh.requests.filter(({ route }) => route.endsWith('/files'))).toHaveLength(30)
  })
  test('renames, removals and hostile names arrive whole', async () => {
    const names = ['a"b.yaml', 'new\nline.yaml', '<img src=x>.yaml', 'é😀.yaml', '::error::x.yaml', 'tab\t%0A.yaml']
    repository.commit({
      branch: 'change',
      files: {
        ...Object.fromEntries(names.map(name => [name, 'x: 1\n'])),
        'configs/deep/b.yaml': null,
        'configs/moved.yaml': 'x: 1\n',
        'configs/a.yaml': 'seq_len: 4096\n',
        'configs/c.yaml': null,
      },
    })
    const { data } = await octokit.rest.pulls.listFiles({ ...at, pull_number: 1 })
    expect(new Set(data.map(({ filename }) => filename))).toEqual(new Set([...names, 'configs/moved.yaml']))
    expect(data.filter(({ status }) => status === 'renamed').map(file => file.previous_filename)).toEqual([
      'configs/deep/b.yaml',
    ])
    const one = await octokit.rest.repos.getContent({ ...at, path: 'new\nline.yaml', ref: 'change' })
    expect(one.data).toMatchObject({ name: 'new\nline.yaml' })
  })
  test('a fork has its own branches, and its commits are found by id', async () => {
    const sha = repository.commit({ branch: 'mallory:main', files: { 'configs/a.yaml': 'seq_len: 1\n' } })
    const forked = repository.pull({ head: 'mallory:main' })
    const { data } = await octokit.rest.pulls.get({ ...at, pull_number: forked.number })
    expect([data.head.repo.full_name, data.head.repo.fork, data.head.sha]).toEqual(['mallory/models', true, sha])
    expect(data.base.sha).toBe(repository.tip('main'))
    const content = await octokit.rest.repos.getContent({ ...at, path: 'configs/a.yaml', ref: sha })
    expect(content.data).toMatchObject({ size: 11 })
    const compared = await octokit.rest.repos.compareCommitsWithBasehead({ ...at, basehead: 'main...mallory:main' })
    expect(compared.data.status).toBe('ahead')
  })
})

describe('who may do what', () => {
  test('a token that may only read cannot write', async () => {
    const reader = client(gh.token({ permissions: FORKED }).value)
    const body = 'x'
    const writes = [
      reader.rest.issues.createComment({ ...at, issue_number: 1, body }),
      reader.rest.checks.create({ ...at, name: 'n', head_sha: pull.headSha }),
      reader.rest.repos.createCommitStatus({ ...at, sha: pull.headSha, state: 'success' }),
    ]
    for (const write of writes)
      expect(await refusal(write)).toEqual({
        status: 403,
        message: expect.stringContaining('Resource not accessible by integration'),
      })
    expect((await reader.rest.issues.listComments({ ...at, issue_number: 1 })).data).toEqual([])
  })
  test('each scope opens its own routes only', async () => {
    const only = client(
      gh.token({ permissions: { contents: 'none', 'pull-requests': 'none', checks: 'none', issues: 'none' } }).value,
    )
    const reads = [
      only.rest.repos.getContent({ ...at, path: 'configs' }),
      only.rest.pulls.get({ ...at, pull_number: 1 }),
      only.rest.checks.listForRef({ ...at, ref: 'main' }),
      only.rest.issues.listComments({ ...at, issue_number: 1 }),
    ]
    for (const read of reads) expect(await refusal(read)).toMatchObject({ status: 403 })
    expect((await only.rest.repos.get(at)).status).toBe(200)
    const checker = client(gh.token({ permissions: { contents: 'none', checks: 'read' } }).value)
    expect((await checker.rest.checks.listForRef({ ...at, ref: 'main' })).data.total_count).toBe(0)
  })
  test('the job’s token is no user, a person’s token writes no checks, an unknown token nothing', async () => {
    expect(await refusal(octokit.rest.users.getAuthenticated())).toMatchObject({ status: 403 })
    const person = client(gh.token({ kind: 'user' }).value)
    const check = person.rest.checks.create({ ...at, name: 'n', head_sha: pull.headSha })
    expect((await refusal(check)).message).toMatch(/authenticate via a GitHub App/)
    expect(await refusal(client('nobody').rest.repos.get(at))).toMatchObject({ status: 401 })
  })
  test('a locked conversation takes no comment', async () => {
    pull.locked = true
    const write = octokit.rest.issues.createComment({ ...at, issue_number: 1, body: 'x' })
    expect(await refusal(write)).toMatchObject({ status: 403, message: expect.stringContaining('locked') })
  })
})

describe('what GitHub would not take is recorded', () => {
  const broken = async (call: () => Promise<unknown>) => {
    violationsExpected = true
    const { status } = await refusal(call())
    expect(gh.violations).toHaveLength(1)
    return { status, violation: gh.violations[0] }
  }
  const check = { name: 'n', status: 'completed' } as const

  test.each<[string, () => Promise<unknown>, number | string, RegExp]>([
    ['a route that is not described', () => octokit.request('GET /repos/acme/models/nowhere'), 404, /not simulated/],
    [
      'a value that is not in the enumeration',
      () => octokit.request('POST /repos/acme/models/statuses/main', { state: 'fine' }),
      422,
      /allowed values/,
    ],
    [
      'a missing field',
      () => octokit.request('POST /repos/acme/models/check-runs', { name: 'n' }),
      422,
      /required property 'head_sha'/,
    ],
    [
      'an unknown key',
      () => octokit.request('POST /repos/acme/models/issues/1/comments', { body: 'x', boddy: 'y' }),
      'no refusal',
      /unknown key boddy/,
    ],
    [
      'an unknown key inside of a list',
      () =>
        octokit.request('POST /repos/acme/models/check-runs', {
          name: 'n',
          head_sha: pull.headSha,
          output: {
            title: 't',
            summary: 's',
            annotations: [
              { path: 'a', start_line: 1, end_line: 1, annotation_level: 'notice', message: 'm', severity: 1 },
            ],
          },
        }),
      'no refusal',
      /unknown key severity/,
    ],
    [
      'an unknown query parameter',
      () => octokit.request('GET /repos/acme/models/pulls/1/files?limit=5'),
      'no refusal',
      /unknown parameter limit/,
    ],
    [
      'more than 100 a page',
      () => octokit.rest.pulls.listFiles({ ...at, pull_number: 1, per_page: 101 }),
      422,
      /per_page/,
    ],
    [
      'a comment above 65,536 characters',
      () => octokit.rest.issues.createComment({ ...at, issue_number: 1, body: 'x'.repeat(65_537) }),
      422,
      /too long/,
    ],
    [
      'a completed check without a conclusion',
      () => octokit.request('POST /repos/acme/models/check-runs', { ...check, head_sha: pull.headSha }),
      422,
      /conclusion/,
    ],
    [
      'more than 50 annotations',
      () =>
        octokit.rest.checks.create({
          ...at,
          name: 'n',
          head_sha: pull.headSha,
          output: {
            title: 't',
            summary: 's',
            annotations: Array.from({ length: 51 }, () => ({
              ...{ path: 'a', start_line: 1, end_line: 1, annotation_level: 'notice' as const, message: 'm' },
            })),
          },
        }),
      422,
      /50 items/,
    ],
    [
      'a check on a commit that does not exist',
      () => octokit.rest.checks.create({ ...at, name: 'n', head_sha: '0'.repeat(40) }),
      422,
      /No commit/,
    ],
  ])('%s', async (_, call, status, violation) => {
    expect(await broken(call)).toEqual({ status, violation: expect.stringMatching(violation) })
  })

  test('closing throws what was recorded', async () => {
    await octokit.request('POST /repos/acme/models/issues/1/comments', { body: 'x', boddy: 'y' })
    await expect(gh.close()).rejects.toThrow(/unknown key boddy/)
    gh = await startGitHub() // for afterEach
  })

  test('the longest comment is taken', async () => {
    const body = 'x'.repeat(65_536)
    expect((await octokit.rest.issues.createComment({ ...at, issue_number: 1, body })).status).toBe(201)
  })
})
