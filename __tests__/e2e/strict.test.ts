import { jest } from '@jest/globals'
import { apiSource, readLabels, readRemoteFile, remoteFileFrom } from '../../src/read/index.ts'
import { judgeChange } from '../../src/pipeline.ts'
import { type LocalGitHub, pullEvent, startGitHub, status, type Token } from '../github/index.ts'
import { changeEvent, quickClient, runInProcess } from './in-process.ts'
import { axolotl, CONFIG, MARKER, ours, policy, POLICY, propose, type Proposal } from './scenario.ts'

jest.setTimeout(300_000)

let gh: LocalGitHub
beforeEach(async () => {
  gh = await startGitHub()
})
afterEach(() => gh.close())

const over = (more = {}) => propose(gh, { [CONFIG]: axolotl({ epochs: 3 }) }, more)

async function runOn({ repository, pull }: Proposal, token = gh.token(), named: { fullName: string } = repository) {
  const client = await quickClient(gh, token.value)
  const { judged, published } = await runInProcess(client, changeEvent(named, await pullEvent(gh, repository, pull)))
  return { conclusion: judged.report.verdict.conclusion, report: judged.report, published }
}

test('a repository that was renamed since the run was started is judged, commented and checked', async () => {
  const proposal = over()
  gh.renamed(proposal.repository, 'acme/former')
  const { conclusion, published } = await runOn(proposal, gh.token(), { fullName: 'acme/former' })
  expect(conclusion).toBe('fail')
  expect([published.comment.did, published.check.did]).toEqual(['created', 'created'])
  expect(ours(proposal.pull)).toHaveLength(1)
  expect(proposal.repository.checkRuns).toHaveLength(1)
  expect(gh.requests.some(({ status: code }) => code === 301)).toBe(true)
  expect(gh.requests.some(({ status: code }) => code === 307)).toBe(true)
})

test('pages that are smaller than asked for are followed to their end: files, labels, history', async () => {
  gh.limits.perPage = 7
  const rules = policy({ more: 'overrides:\n  - { label: zz-ok, up_to: 1000000 }\n' })
  const files = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`configs/${i}.yaml`, axolotl({ epochs: 3 })]))
  const base = Object.fromEntries(Object.keys(files).map(path => [path, axolotl()]))
  const proposal = propose(gh, files, { base, rules, collaborators: { bob: 'write', ada: 'write' } })
  for (let i = 0; i < 20; i++) proposal.pull.label(`label-${i}`, 'ada')
  proposal.pull.label('zz-ok', 'bob')
  const { conclusion, report } = await runOn(proposal)
  expect(conclusion).toBe('overridden')
  expect(report.comparisons).toHaveLength(40)
})

test('a query that is cut off for its size is asked again in parts: every config is read', async () => {
  gh.limits.objectsPerQuery = 10
  const files = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`configs/${i}.yaml`, axolotl({ epochs: 3 })]))
  const base = Object.fromEntries(Object.keys(files).map(path => [path, axolotl()]))
  const { conclusion, report } = await runOn(propose(gh, files, { base }))
  expect([conclusion, report.comparisons.length, report.verdict.totals.unknown]).toEqual(['fail', 60, 0])
})

test('a conversation that is too large for one page is read in smaller ones: one comment, still ours', async () => {
  const proposal = over()
  for (let i = 0; i < 130; i++) proposal.pull.comment('bob', `comment ${i}`)
  const made = proposal.pull.comment('github-actions[bot]', `${MARKER}default -->\nold`)
  const limited = { data: null, errors: [{ type: 'RESOURCE_LIMITS_EXCEEDED', message: 'Resource limits exceeded.' }] }
  // The first two of each run's questions about the conversation: 100 and 50 at a time.
  const send: typeof fetch = async (input, init) => {
    const isLarge = /"first":(100|50)\b/.test(typeof init?.body === 'string' ? init.body : '')
    return isLarge ? Response.json(limited) : fetch(input, init)
  }
  const client = await quickClient(gh, gh.token().value, { fetch: send })
  const event = changeEvent(proposal.repository, await pullEvent(gh, proposal.repository, proposal.pull))
  const { published } = await runInProcess(client, event)
  expect(published.comment).toMatchObject({ did: 'updated', id: made.id })
  expect(ours(proposal.pull)).toHaveLength(1)
})

test('a limit that is used up in the middle of a run is waited for: the verdict without it', async () => {
  const proposal = over()
  gh.limits.core = 6
  gh.limits.windowSeconds = 20
  const client = await quickClient(gh, gh.token().value, { secondMs: 1000 })
  const event = changeEvent(proposal.repository, await pullEvent(gh, proposal.repository, proposal.pull))
  const { judged } = await runInProcess(
    client,
    event,
    new Map([
      ['comment', 'never'],
      ['check', 'none'],
    ]),
  )
  expect(judged.report.verdict.conclusion).toBe('fail')
  expect(gh.requests.some(({ status: code }) => code === 403)).toBe(true)
})

test('a limit that is used up for the next hour is an error that says so, and never a pass', async () => {
  const proposal = propose(gh, { [CONFIG]: axolotl({ epochs: 1.1 }) })
  gh.limits.core = 3
  const { conclusion, report } = await runOn(proposal)
  expect(conclusion).toBe('error')
  expect(report.verdict.problems.map(({ code }) => code)).toContain('github-rate-limit')
})

describe('who set an override label', () => {
  const labelled = (by: string | null, app?: string) => {
    const rules = policy({ more: 'overrides:\n  - { label: ok, up_to: 1000000 }\n' })
    const proposal = over({ rules, collaborators: { bob: 'write' } })
    proposal.pull.label('ok', by, app)
    return proposal
  }
  test('a person with the permission: it counts', async () => {
    expect((await runOn(labelled('bob'))).conclusion).toBe('overridden')
  })
  test('an account that does not exist any more: it does not', async () => {
    expect((await runOn(labelled(null))).conclusion).toBe('fail')
  })
  test('an app in the name of a person: it does not', async () => {
    expect((await runOn(labelled('bob', 'label-robot'))).conclusion).toBe('fail')
  })
})

test('comments of accounts that do not exist any more are passed over', async () => {
  const proposal = over()
  proposal.pull.comment(null, `${MARKER}default -->\nnot ours`)
  expect((await runOn(proposal)).published.comment.did).toBe('created')
})

describe('a central policy in a private repository', () => {
  const CENTRAL = 'acme/rules/traincost.yml@main'
  async function judgedWith(own: Token, other: Token | undefined) {
    gh.repository({ name: 'acme/rules', private: true, files: { 'traincost.yml': policy() } })
    const { repository, pull } = over({ rules: null })
    const client = await quickClient(gh, own.value)
    const event = changeEvent(repository, await pullEvent(gh, repository, pull))
    const judged = await judgeChange({
      source: apiSource({ client, event }),
      rawInputs: new Map([['policy-file', CENTRAL]]),
      set: new Map(),
      only: [],
      readRemote: async reference => {
        const file = remoteFileFrom(reference)
        if (file === undefined) throw new Error(reference)
        return readRemoteFile(other === undefined ? client : await quickClient(gh, other.value), file)
      },
      labelsOf: () => Promise.resolve({ known: true, value: [], origins: [] }),
      linksOf: () => null,
    })
    return judged.report.verdict
  }
  const job = () => gh.token({ repositories: ['acme/models'] })

  test('is read with its own token, and gates', async () => {
    expect((await judgedWith(job(), gh.token({ repositories: ['acme/rules'] }))).conclusion).toBe('fail')
  })
  test('that no token can see is an error that names the way, never "no policy"', async () => {
    const { conclusion, problems } = await judgedWith(job(), undefined)
    expect(conclusion).toBe('error')
    expect(problems.map(({ message }) => message).join()).toMatch(/policy-token.*pull_request_target/)
  })
})

test('a label list that GitHub refuses opens nothing', async () => {
  const { repository, pull } = over()
  pull.label('ok', 'ada')
  const client = await quickClient(gh, gh.token().value)
  gh.fault({ route: /labels/, then: status(410, { message: 'Issues are disabled for this repo' }), times: Infinity })
  const event = changeEvent(repository, await pullEvent(gh, repository, pull))
  expect((await readLabels(client, event, ['ok'])).is).toBe('failed')
})

test(`the policy of ${POLICY} is found in a tree that GitHub cuts off`, async () => {
  const more = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`notes/${i % 5}/${i}.txt`, `${i}`]))
  const proposal = over({ base: { [CONFIG]: axolotl(), ...more } })
  proposal.repository.treeLimit = 20
  const { conclusion, report } = await runOn(proposal)
  expect([conclusion, report.comparisons.map(({ path }) => path)]).toEqual(['fail', [CONFIG]])
})
