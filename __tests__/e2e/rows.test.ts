import { jest } from '@jest/globals'
import {
  FORKED,
  type LocalGitHub,
  mergeGroupEvent,
  pullEvent,
  pushEvent,
  startGitHub,
  status,
} from '../github/index.ts'
import { changeEvent, quickClient, runInProcess } from './in-process.ts'
import { axolotl, CONFIG, ours, plain, policy, POLICY, propose, type Proposal } from './scenario.ts'

jest.setTimeout(300_000)

let gh: LocalGitHub
beforeEach(async () => {
  gh = await startGitHub()
})
afterEach(() => gh.close())

const THREE_TIMES = { [CONFIG]: axolotl({ epochs: 3 }) }
type Event = Parameters<typeof changeEvent>[1]

async function runOn({ repository, pull }: Pick<Proposal, 'repository' | 'pull'>, given?: Event, token = gh.token()) {
  const client = await quickClient(gh, token.value)
  const event = given ?? (await pullEvent(gh, repository, pull))
  const { judged, published } = await runInProcess(client, changeEvent(repository, event))
  const { verdict } = judged.report
  return { conclusion: verdict.conclusion, codes: verdict.problems.map(({ code }) => code), published }
}

test('a fork on pull_request_target, whose token may write, gets its comment and its check', async () => {
  const proposal = propose(gh, THREE_TIMES, { branch: 'stranger:patch' })
  const event = await pullEvent(gh, proposal.repository, proposal.pull, { name: 'pull_request_target' })
  const { conclusion, published } = await runOn(proposal, event)
  expect([conclusion, published.comment.did, published.check.did]).toEqual(['fail', 'created', 'created'])
  expect(ours(proposal.pull)).toHaveLength(1)
})

test('a fork that was deleted meanwhile is judged by its commit, with at most one refused write', async () => {
  const proposal = propose(gh, THREE_TIMES, { branch: 'stranger:patch' })
  const event = structuredClone(await pullEvent(gh, proposal.repository, proposal.pull))
  const { head } = event.payload['pull_request'] as { head: { repo: unknown } }
  head.repo = null
  const { conclusion, published } = await runOn(proposal, event, gh.token({ permissions: FORKED }))
  expect([conclusion, published.check.did]).toEqual(['fail', 'skipped'])
  expect(published.comment.problems.map(({ code }) => code)).toEqual(['comment-read-only'])
})

test('a label that opened the pull request opens the merge queue as well, and one that was taken off does not', async () => {
  const rules = policy({ more: 'overrides:\n  - { label: ok, up_to: 1000000 }\n' })
  const proposal = propose(gh, THREE_TIMES, { rules, collaborators: { bob: 'write' } })
  const event = mergeGroupEvent(gh, proposal.repository, proposal.pull)
  proposal.pull.label('ok', 'bob')
  expect((await runOn(proposal, event)).conclusion).toBe('overridden')
  proposal.pull.unlabel('ok', 'bob')
  expect((await runOn(proposal, event)).conclusion).toBe('fail')
  expect(proposal.pull.comments).toEqual([])
})

test('a forced push is judged from the commit that was there before', async () => {
  const proposal = propose(gh, THREE_TIMES)
  const before = proposal.repository.commit({ branch: 'other', files: { [CONFIG]: axolotl({ epochs: 2.9 }) } })
  const event = pushEvent(gh, proposal.repository, before, proposal.pull.headSha)
  expect((await runOn(proposal, event)).conclusion).toBe('pass')
})

test('a number of tokens that nobody gives is unknown, and the report says which line to add', async () => {
  const rules = policy().replace(/^ *facts: .*\n/m, '')
  const proposal = propose(gh, { [CONFIG]: axolotl({ epochs: 1.1 }) }, { rules })
  expect((await runOn(proposal)).conclusion).toBe('warn')
  const body = plain(ours(proposal.pull)[0]?.body ?? '')
  expect(body).toContain('our-org/instructions')
  expect(body).toMatch(/datasets:|dataset_tokens/)
})

test('a glob that matches nothing warns with its line, and is never silent success', async () => {
  const rules = policy().replace('configs:\n', 'configs:\n  - path: trainings/**\n')
  const proposal = propose(gh, { [CONFIG]: axolotl({ epochs: 1.1 }) }, { rules })
  expect((await runOn(proposal)).codes).toContain('glob-matches-nothing')
  const body = plain(ours(proposal.pull)[0]?.body ?? '')
  expect(body).toContain('trainings/**')
  expect(body).toContain(`${POLICY}:3`)
})

test('globs of which none matches anything say so, also where nothing else is to be said', async () => {
  const rules = policy().replaceAll('configs/**', 'trainings/**')
  const { conclusion, codes } = await runOn(propose(gh, { 'README.md': 'Models, again\n' }, { rules }))
  expect([conclusion, codes]).toEqual(['no-change', ['glob-matches-nothing']])
})

describe('a comment that GitHub does not take', () => {
  const CREATE = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments'
  const EDIT = 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}'
  const said = {
    message: 'Validation Failed',
    errors: [{ resource: 'IssueComment', code: 'unprocessable', field: 'data' }],
  }

  test.each([403, 404, 410, 422])('%i on the first one: a warning, the verdict stays', async code => {
    const proposal = propose(gh, { [CONFIG]: axolotl({ epochs: 1.1 }) })
    gh.fault({ route: CREATE, then: status(code, said), times: Infinity })
    const { conclusion, published } = await runOn(proposal)
    expect([conclusion, published.comment.did, published.check.did]).toEqual(['pass', 'failed', 'created'])
    expect(published.comment.problems.map(({ severity }) => severity)).toEqual(['warning'])
    expect(gh.requests.filter(({ route }) => route === CREATE)).toHaveLength(1)
  })
  test.each([403, 410, 422])('%i on the next one: a warning, the old one stays and no second is made', async code => {
    const proposal = propose(gh, THREE_TIMES)
    await runOn(proposal)
    proposal.repository.commit({ branch: 'change', files: { [CONFIG]: axolotl({ epochs: 1.1 }) } })
    gh.fault({ route: EDIT, then: status(code, said), times: Infinity })
    const { conclusion, published } = await runOn(proposal)
    expect([conclusion, published.comment.did]).toEqual(['pass', 'failed'])
    expect(ours(proposal.pull)).toHaveLength(1)
  })
})
