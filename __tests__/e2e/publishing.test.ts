import { jest } from '@jest/globals'
import { type LocalGitHub, secondaryLimit, startGitHub, status } from '../github/index.ts'
import { axolotl, CONFIG, configRows, MARKER, ours, propose, writes } from './scenario.ts'

jest.setTimeout(300_000)

let gh: LocalGitHub
beforeEach(async () => {
  gh = await startGitHub()
})
afterEach(() => gh.close())

const CREATE = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments'
const EDIT = 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}'
const CHECK = 'POST /repos/{owner}/{repo}/check-runs'
const over = () => propose(gh, { [CONFIG]: axolotl({ epochs: 3 }) })

test('a refused comment warns; the verdict and the summary stay', async () => {
  const { pull, run } = over()
  const { exitCode, outputs, summary, annotations } = await run({
    token: gh.token({ permissions: { 'pull-requests': 'read', issues: 'read' } }),
  })
  expect([exitCode, outputs.conclusion]).toEqual([1, 'fail'])
  expect(pull.comments).toEqual([])
  expect(configRows(summary)).toHaveLength(1)
  expect(annotations.some(({ level }) => level !== 'error')).toBe(true)
})

test('a locked conversation is no failure of a harmless change', async () => {
  const { pull, run } = propose(gh, { [CONFIG]: axolotl({ epochs: 1.1 }) })
  pull.locked = true
  const { exitCode, outputs } = await run()
  expect([exitCode, outputs.conclusion]).toEqual([0, 'pass'])
  expect(pull.comments).toEqual([])
})

test('a comment of someone else with our marker is never edited', async () => {
  const { pull, run } = over()
  const forged = pull.comment('mallory', `${MARKER}default -->\nAll is well.`)
  const body = forged.body
  await run()
  await run()
  expect(forged.body).toBe(body)
  expect(ours(pull)).toHaveLength(1)
})

test('a comment of ours that only quotes the marker is left alone', async () => {
  const { pull, run } = over()
  const quoted = pull.comment('github-actions[bot]', `> ${MARKER}default -->\nsomething else`)
  await run()
  expect(quoted.body).toContain('something else')
  expect(ours(pull)).toHaveLength(1)
})

test('our comment is found behind 150 others', async () => {
  const { pull, run } = over()
  for (let i = 0; i < 150; i++) pull.comment('bob', `comment ${i}`)
  await run()
  const [made] = ours(pull)
  for (let i = 0; i < 150; i++) pull.comment('bob', `more ${i}`)
  made!.body = `${MARKER}default -->\nold`
  await run()
  expect(ours(pull).map(({ id }) => id)).toEqual([made!.id])
  expect(made!.body).not.toMatch(/\nold$/)
})

test('reports with an id of their own have a comment and a check of their own', async () => {
  const { repository, pull, run } = over()
  await run()
  await run({ inputs: { 'report-id': 'vision' } })
  expect([ours(pull), ours(pull, 'vision')].map(found => found.length)).toEqual([1, 1])
  expect(new Set(repository.checkRuns.map(({ name }) => name))).toEqual(
    new Set(['traincost report', 'traincost report / vision']),
  )
})

test('an answer that is lost after the comment was made does not make a second one', async () => {
  const { pull, run } = over()
  gh.fault({ route: CREATE, then: status(502), tookEffect: true })
  const { exitCode, outputs } = await run()
  expect([exitCode, outputs.conclusion]).toEqual([1, 'fail'])
  expect(ours(pull)).toHaveLength(1)
})

test('writes that fail for ever change no exit code', async () => {
  const { pull, run } = propose(gh, { [CONFIG]: axolotl({ epochs: 1.1 }) })
  for (const route of [CREATE, EDIT, CHECK]) gh.fault({ route, then: status(500), times: Infinity })
  const { exitCode, outputs } = await run()
  expect([exitCode, outputs.conclusion]).toEqual([0, 'pass'])
  expect(pull.comments).toEqual([])
})

test.each([
  ['502', status(502)],
  ['a cut connection', { is: 'reset' } as const],
  ['an answer that is no JSON', { is: 'malformed' } as const],
  ['a secondary limit of one second', secondaryLimit(1)],
])('one fault of each read (%s) ends in the verdict without faults', async (_, then) => {
  const { pull, run } = over()
  // Each first read of a kind, and the second query: what is read once is hit once.
  gh.fault({ route: /^GET .*\/compare\//, then })
  gh.fault({ route: /^GET .*\/files$/, then })
  gh.fault({ route: 'POST /graphql', then })
  const { exitCode, outputs } = await run()
  expect([exitCode, outputs.conclusion]).toEqual([1, 'fail'])
  expect(Number(outputs['cost-delta-percent'])).toBeCloseTo(200, 6)
  expect(ours(pull)).toHaveLength(1)
})

test('reads that fail for ever are an error, never a pass; on-error: warn says otherwise', async () => {
  const { run } = propose(gh, { [CONFIG]: axolotl({ epochs: 1.1 }) })
  gh.fault({ route: /^GET .*\/(compare|files|pulls)/, then: status(500), times: Infinity })
  const failed = await run()
  expect([failed.exitCode, failed.outputs.conclusion]).toEqual([1, 'error'])
  const warned = await run({ inputs: { 'on-error': 'warn' } })
  expect(warned.exitCode).toBe(0)
})

test('a dry run judges and writes nothing', async () => {
  const { repository, pull, run } = over()
  const dry = await run({ inputs: { 'dry-run': 'true' } })
  expect([dry.exitCode, dry.outputs.conclusion]).toEqual([1, 'fail'])
  expect(writes(dry)).toEqual([])
  expect([pull.comments, repository.checkRuns]).toEqual([[], []])
})

test('a commit status carries the verdict where it is asked for', async () => {
  const { repository, pull, run } = over()
  const token = gh.token({ permissions: { checks: 'none', statuses: 'write' } })
  await run({ token, inputs: { check: 'commit-status' } })
  expect(repository.checkRuns).toEqual([])
  expect(repository.statuses).toEqual([
    expect.objectContaining({ sha: pull.headSha, state: 'failure', context: 'traincost report' }),
  ])
})

test('a person’s token, which may not write checks, falls back to a commit status', async () => {
  const { repository, pull, run } = over()
  const token = gh.token({ kind: 'user', login: 'release-robot', permissions: { statuses: 'write' } })
  const { exitCode } = await run({ token })
  expect(exitCode).toBe(1)
  expect(repository.statuses).toEqual([expect.objectContaining({ sha: pull.headSha, state: 'failure' })])
  expect(pull.comments.map(({ author }) => author)).toEqual(['release-robot'])
})

test('comment: never, check: none, annotations and summary off leave the exit code', async () => {
  const { repository, pull, run } = over()
  const off = { comment: 'never', check: 'none', annotations: 'false', 'job-summary': 'false' }
  const quiet = await run({ inputs: off })
  expect([quiet.exitCode, quiet.outputs.conclusion, quiet.summary]).toEqual([1, 'fail', ''])
  expect([pull.comments, repository.checkRuns, writes(quiet)]).toEqual([[], [], []])
})

test('the JSON report says what the outputs say', async () => {
  const { run } = over()
  const { outputs, files } = await run({ inputs: { 'report-dir': 'report' } })
  const json = JSON.parse(files.get(outputs['report-json'] ?? '') ?? 'null')
  expect(json).toMatchObject({ version: 1, conclusion: 'fail', configs: [{ path: CONFIG, status: 'changed' }] })
  expect(json.totals.delta).toBeCloseTo(Number(outputs['cost-delta']), 6)
  expect(files.get(outputs['report-markdown'] ?? '')).toContain(CONFIG)
  expect(files.get(outputs['report-html'] ?? '')).toMatch(/<!doctype html>/i)
})
