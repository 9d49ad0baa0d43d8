import { jest } from '@jest/globals'
import { dispatchEvent, FORKED, type LocalGitHub, pullEvent, startGitHub, status } from '../github/index.ts'
import { runAction } from './runner.ts'
import { axolotl, CONFIG, MARKER, plain, propose, writes } from './scenario.ts'

jest.setTimeout(300_000)

let gh: LocalGitHub
beforeEach(async () => {
  gh = await startGitHub()
})
afterEach(() => gh.close())

const EDIT = 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}'
const BAD = { 'max-increase': 'a lot' }

/** A harmless change whose comment of an earlier run says so. */
function green(id = 'default') {
  const proposal = propose(gh, { [CONFIG]: axolotl({ epochs: 1.1 }) })
  const comment = proposal.pull.comment('github-actions[bot]', `${MARKER}${id} -->\nall is well`)
  return { ...proposal, comment }
}

test('an input that cannot be read turns the comment of an earlier run red, and says which input', async () => {
  const { pull, run, comment } = green()
  const { exitCode, outputs, summary, requests } = await run({ inputs: BAD })
  expect([exitCode, outputs.conclusion, outputs['comment-id']]).toEqual([1, 'error', String(comment.id)])
  expect(pull.comments).toEqual([comment])
  expect(comment.body).not.toContain('all is well')
  expect(comment.body).toContain('❌')
  expect(plain(comment.body)).toContain('max-increase')
  expect(summary).toContain('max-increase')
  expect(writes({ requests })).toEqual([EDIT])
})

test('inputs that do not fit the event turn it red as well', async () => {
  const { run, comment } = green()
  const { exitCode } = await run({ inputs: { 'base-ref': 'main' } })
  expect(exitCode).toBe(1)
  expect(plain(comment.body)).toContain('base-ref')
})

test('where there is no comment yet, inputs that cannot be read make none', async () => {
  const { repository, pull, run } = propose(gh, { [CONFIG]: axolotl({ epochs: 3 }) })
  const { exitCode, outputs, requests } = await run({ inputs: { ...BAD, comment: 'always' } })
  expect([exitCode, outputs.conclusion]).toEqual([1, 'error'])
  expect([pull.comments, repository.checkRuns, writes({ requests })]).toEqual([[], [], []])
})

test.each([
  ['comment: never', { comment: 'never' }],
  ['a dry run', { 'dry-run': 'true' }],
  ['a new comment for each run', { 'comment-style': 'new' }],
  ['a report-id that cannot be read', { 'report-id': 'no/slashes' }],
])('%s: the comment stays as it is', async (_, more) => {
  const { run, comment } = green()
  const { exitCode, requests } = await run({ inputs: { ...BAD, ...more } })
  expect(exitCode).toBe(1)
  expect(comment.body).toContain('all is well')
  expect(writes({ requests })).toEqual([])
})

test('only the comment of the same report is touched', async () => {
  const { pull, run, comment } = green('vision')
  const other = pull.comment('github-actions[bot]', `${MARKER}default -->\nall is well`)
  await run({ inputs: { ...BAD, 'report-id': 'vision' } })
  expect(other.body).toContain('all is well')
  expect(comment.body).not.toContain('all is well')
})

test('a head that has moved on has a run of its own, which writes', async () => {
  const { repository, pull, run, comment } = green()
  const event = await pullEvent(gh, repository, pull)
  repository.commit({ branch: 'change', files: { 'README.md': 'later' } })
  expect((await run({ event, inputs: BAD })).exitCode).toBe(1)
  expect(comment.body).toContain('all is well')
})

test.each([
  ['a token that may only read', () => gh.token({ permissions: FORKED }), undefined],
  ['a server that fails', () => gh.token(), { route: /POST \/graphql/, then: status(422) }],
])('%s changes nothing about the refusal', async (_, token, fault) => {
  const { run } = green()
  if (fault !== undefined) gh.fault({ ...fault, times: Infinity })
  const { exitCode, outputs, summary, stdout } = await run({ inputs: BAD, token: token() })
  expect([exitCode, outputs.conclusion]).toEqual([1, 'error'])
  expect(summary).toContain('max-increase')
  expect(stdout).toContain('::error::')
})

test('without a pull request nothing is asked', async () => {
  const { repository } = green()
  const run = await runAction({
    gh,
    repository,
    event: dispatchEvent(gh, repository),
    inputs: { 'pr-number': 'seven' },
  })
  expect([run.exitCode, run.outputs.conclusion, run.requests]).toEqual([1, 'error', []])
})
