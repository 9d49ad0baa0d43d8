import { jest } from '@jest/globals'
import { publishCheck, type CheckOptions } from '../../src/publish/index.ts'
import { githubClient } from '../../src/read/index.ts'
import {
  PASTED,
  startGitHub,
  status,
  type LocalGitHub,
  type Permissions,
  type Repository,
  type Token,
} from '../github/index.ts'

jest.setTimeout(120_000)

const CREATE = 'POST /repos/{owner}/{repo}/check-runs'

let gh: LocalGitHub
let repository: Repository
beforeEach(async () => {
  gh = await startGitHub()
  repository = gh.repository()
})
afterEach(() => gh.close())

async function publish(
  options: Partial<CheckOptions> = {},
  permissions: Permissions = PASTED,
  kind: Token['kind'] = 'installation',
) {
  const token = gh.token({ permissions, kind })
  const client = await githubClient({
    apiUrl: gh.url,
    token: token.value,
    version: 'test',
    secondMs: 1,
    timeoutMs: 20_000,
  })
  return publishCheck(client, {
    owner: 'acme',
    repo: 'models',
    headSha: repository.tip('main'),
    reportId: '',
    kind: 'check-run',
    conclusion: 'fail',
    title: 'Fails: +$1,200',
    summary: '# Report',
    ...options,
  })
}

test.each([
  ['pass', 'success'],
  ['warn', 'success'],
  ['overridden', 'success'],
  ['no-change', 'success'],
  ['fail', 'failure'],
  ['error', 'failure'],
] as const)('conclusion %s is a completed check run with %s', async (conclusion, expected) => {
  expect(await publish({ conclusion, reportId: 'gpu' })).toMatchObject({ did: 'created', problems: [] })
  expect(repository.checkRuns).toMatchObject([
    { name: 'traincost report / gpu', status: 'completed', conclusion: expected, headSha: repository.tip('main') },
  ])
})

test.each([true, false])(
  'a create whose answer was lost ends in one check run (it took effect: %s)',
  async tookEffect => {
    gh.fault({ route: CREATE, then: status(502), tookEffect })
    expect(await publish()).toMatchObject({ did: 'created', problems: [] })
    expect(repository.checkRuns.length).toBe(1)
  },
)

test("a person's token, which can never write checks, sets a commit status instead", async () => {
  const title = '€'.repeat(200)
  expect(await publish({ title }, { ...PASTED, statuses: 'write' }, 'user')).toMatchObject({ did: 'created' })
  expect(repository.statuses).toMatchObject([{ context: 'traincost report', state: 'failure' }])
  expect(repository.statuses[0]?.description).toBe('€'.repeat(140))
  expect(repository.checkRuns).toEqual([])
})

test('a job without the permission is told which line to add, and tries nothing else', async () => {
  const refused = await publish({}, { ...PASTED, checks: 'none', statuses: 'write' })
  expect(refused).toMatchObject({ did: 'failed', problems: [{ code: 'check-read-only' }] })
  expect(refused.problems[0]?.message).toContain('`checks: write`')
  expect(repository.statuses).toEqual([])
  expect(gh.requests).toHaveLength(1)
  const noStatus = await publish({}, PASTED, 'user')
  expect(noStatus.problems[0]?.message).toContain('`statuses: write`')
})

test('a fault that lasts is a warning, never a throw', async () => {
  gh.fault({ route: CREATE, then: status(500), times: Infinity })
  expect(await publish()).toMatchObject({ did: 'failed', problems: [{ code: 'github-fault', severity: 'warning' }] })
})

test('none sends nothing', async () => {
  expect(await publish({ kind: 'none' })).toEqual({ did: 'skipped', problems: [] })
  expect(gh.requests).toEqual([])
})

test('120 annotations arrive in batches of 50, and a summary over the limit is cut between lines', async () => {
  const annotations = Array.from({ length: 120 }, (_, i) => ({
    level: 'error' as const,
    path: 'a.yaml',
    line: i + 1,
    title: 't',
    message: `m${i}`,
  }))
  const summary = 'line of the summary\n'.repeat(5000)
  expect(await publish({ annotations, summary })).toMatchObject({ did: 'created', problems: [] })
  const [run] = repository.checkRuns
  expect(run?.annotations.map(annotation => annotation['message'])).toEqual(annotations.map(a => a.message))
  expect(run?.output.summary?.length).toBeLessThanOrEqual(65_535)
  expect(run?.output.summary).toMatch(/summary\n\n… /)
})
