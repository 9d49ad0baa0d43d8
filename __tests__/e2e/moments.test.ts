import { jest } from '@jest/globals'
import {
  FORKED,
  type LocalGitHub,
  type Pull,
  pullEvent,
  type Repository,
  startGitHub,
  type WorkflowEvent,
} from '../github/index.ts'
import { changeEvent, quickClient, runInProcess } from './in-process.ts'
import { axolotl, CONFIG, ours, propose } from './scenario.ts'

jest.setTimeout(300_000)

let gh: LocalGitHub
beforeEach(async () => {
  gh = await startGitHub()
})
afterEach(() => gh.close())

const over = () => propose(gh, { [CONFIG]: axolotl({ epochs: 3 }) })

async function runOn(repository: Repository, event: WorkflowEvent, token = gh.token()) {
  const client = await quickClient(gh, token.value)
  const { judged, published } = await runInProcess(client, changeEvent(repository, event))
  return { conclusion: judged.report.verdict.conclusion, report: judged.report, published }
}

test('whatever happens to a pull request, draft or not, it has its verdict and its one comment', async () => {
  const { repository, pull } = over()
  pull.draft = true
  pull.label('unrelated', 'ada')
  for (const action of ['opened', 'synchronize', 'reopened', 'ready_for_review', 'labeled', 'unlabeled', 'edited']) {
    const { conclusion } = await runOn(repository, await pullEvent(gh, repository, pull, { action }))
    expect([action, conclusion, ours(pull).length]).toEqual([action, 'fail', 1])
  }
})

test('a pull request that is given another base is compared with that one', async () => {
  const { repository, pull } = over()
  repository.commit({ branch: 'release', files: { [CONFIG]: axolotl({ epochs: 3 }) } })
  pull.base = 'release'
  const event = await pullEvent(gh, repository, pull, { action: 'edited' })
  const { report } = await runOn(repository, event)
  expect(report.links).toBeNull()
  expect(report.verdict.conclusion).toBe('fail') // its merge base with release is where both were cut
})

test('a base branch that was deleted meanwhile is an error and never a pass', async () => {
  const { repository, pull } = over()
  repository.commit({ branch: 'gone', files: {} })
  pull.base = 'gone'
  const event = await pullEvent(gh, repository, pull)
  repository.git.deleteRef('refs/heads/gone')
  expect((await runOn(repository, event)).conclusion).toBe('error')
})

test('a head branch that was deleted meanwhile is judged by its commit', async () => {
  const { repository, pull } = over()
  const event = await pullEvent(gh, repository, pull)
  repository.git.deleteRef('refs/heads/change')
  expect((await runOn(repository, event)).conclusion).toBe('fail')
})

test('a forced push while the run reads: the verdict stands, and nothing is written about a commit that is gone', async () => {
  const { repository, pull } = over()
  const event = await pullEvent(gh, repository, pull)
  const before = pull.headSha
  repository.commit({ branch: 'again', files: { [CONFIG]: axolotl({ epochs: 1 }) } })
  pull.headSha = repository.tip('again')
  const { conclusion, report, published } = await runOn(repository, event)
  expect([conclusion, report.head]).toEqual(['fail', before])
  expect(published.comment).toMatchObject({ did: 'superseded', problems: [{ code: 'superseded' }] })
  expect(pull.comments).toEqual([])
})

test('Dependabot, whose token may only read, gets its verdict, one refused write and a notice', async () => {
  const { repository, pull } = over()
  const event = { ...(await pullEvent(gh, repository, pull)), actor: 'dependabot[bot]' }
  const { conclusion, published } = await runOn(repository, event, gh.token({ permissions: FORKED }))
  expect(conclusion).toBe('fail')
  expect(published.comment.problems.map(({ code }) => code)).toEqual(['comment-read-only'])
  expect(published.check.did).toBe('skipped')
  expect(gh.requests.filter(({ method, route }) => method !== 'GET' && route !== 'POST /graphql')).toHaveLength(1)
})

test('a run that follows the one of a fork comments on the pull request that it is told', async () => {
  const { repository, pull } = propose(gh, { [CONFIG]: axolotl({ epochs: 3 }) }, { branch: 'stranger:patch' })
  const sha = repository.tip('main')
  const event = {
    name: 'workflow_run',
    payload: { action: 'completed' },
    sha,
    ref: 'refs/heads/main',
    actor: 'stranger',
  }
  const inputs = { prNumber: pull.number }
  const client = await quickClient(gh, gh.token({ permissions: { checks: 'none' } }).value)
  const { judged, published } = await runInProcess(
    client,
    changeEvent(repository, event, inputs),
    new Map([['check', 'none']]),
  )
  expect([judged.report.verdict.conclusion, judged.report.head]).toEqual(['fail', pull.headSha])
  expect(published.comment).toMatchObject({ did: 'created', problems: [] })
  expect(ours(pull)).toHaveLength(1)
})

test('a run by the clock compares the default branch with itself, and finds nothing', async () => {
  const { repository } = over()
  const sha = repository.tip('main')
  const event = { name: 'schedule', payload: {}, sha, ref: 'refs/heads/main', actor: 'ada' }
  expect((await runOn(repository, event)).conclusion).toBe('no-change')
})

describe('our comment', () => {
  const runAgain = async (repository: Repository, pull: Pull) => {
    repository.commit({ branch: 'change', files: { [CONFIG]: axolotl({ epochs: 4 }) } })
    return runOn(repository, await pullEvent(gh, repository, pull))
  }

  test('is updated where somebody has minimized it, and stays as it is shown', async () => {
    const { repository, pull } = over()
    await runOn(repository, await pullEvent(gh, repository, pull))
    const [made] = pull.comments
    made!.minimized = true
    expect((await runAgain(repository, pull)).published.comment).toMatchObject({ did: 'updated', id: made!.id })
    expect(pull.comments).toEqual([made])
    expect(made!.minimized).toBe(true)
  })
  test('is written anew where somebody has deleted it', async () => {
    const { repository, pull } = over()
    await runOn(repository, await pullEvent(gh, repository, pull))
    pull.comments.splice(0)
    expect((await runAgain(repository, pull)).published.comment.did).toBe('created')
    expect(ours(pull)).toHaveLength(1)
  })
  test('is refreshed by a run that could not judge: a misspelt policy turns green to red', async () => {
    const { repository, pull } = propose(gh, { [CONFIG]: axolotl({ epochs: 1.1 }) })
    await runOn(repository, await pullEvent(gh, repository, pull))
    const [green] = ours(pull).map(({ body }) => body)
    repository.commit({ files: { '.github/traincost.yml': 'version: 1\nruels: []\n' } })
    const { conclusion } = await runOn(repository, await pullEvent(gh, repository, pull))
    expect(conclusion).toBe('error')
    expect(ours(pull)).toHaveLength(1)
    expect(ours(pull)[0]!.body).not.toBe(green)
    expect(ours(pull)[0]!.body).toContain('❌')
  })
})
