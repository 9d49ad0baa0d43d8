import { jest } from '@jest/globals'
import {
  dispatchEvent,
  FORKED,
  type LocalGitHub,
  mergeGroupEvent,
  pullEvent,
  pushEvent,
  startGitHub,
} from '../github/index.ts'
import { runAction } from './runner.ts'
import { axolotl, CONFIG, configRows, ours, policy, POLICY, propose, writes } from './scenario.ts'

jest.setTimeout(300_000)

let gh: LocalGitHub
beforeEach(async () => {
  gh = await startGitHub()
})
afterEach(() => gh.close())

const OTHER = 'configs/other.yaml'
const THREE_TIMES = { [CONFIG]: axolotl({ epochs: 3 }) }

test('a base branch that moved on since the branch was cut is not held against the pull request', async () => {
  const { repository, pull, run } = propose(gh, THREE_TIMES, {
    base: { [CONFIG]: axolotl(), [OTHER]: axolotl({ epochs: 2 }) },
  })
  const cut = repository.tip('main')
  repository.commit({ files: { [OTHER]: axolotl({ epochs: 9 }), [CONFIG]: axolotl({ epochs: 1, seqLen: 2048 }) } })
  expect(pull.baseSha).toBe(cut) // the payload's base is as stale as on GitHub
  repository.commit({ branch: 'change', files: { 'README.md': 'x\n' } })
  expect(pull.baseSha).not.toBe(cut) // and now it is the tip, which is no base either
  const { outputs, exitCode } = await run()
  expect(outputs).toMatchObject({ conclusion: 'fail', 'base-sha': cut, 'changed-count': '1' })
  expect(Number(outputs['cost-delta-percent'])).toBeCloseTo(200, 6)
  expect(exitCode).toBe(1)
})

test('the policy that holds is that of the base branch as it is now', async () => {
  const { repository, run } = propose(gh, THREE_TIMES)
  repository.commit({ files: { [POLICY]: policy().replace('max_increase_percent: 25', 'max_increase_percent: 300') } })
  const { outputs, exitCode } = await run()
  expect([exitCode, outputs.conclusion]).toEqual([0, 'pass'])
})

test('pull_request_target gives the same verdict and the same comment', async () => {
  const { pull, run } = propose(gh, THREE_TIMES)
  const { outputs, exitCode } = await run({ eventName: 'pull_request_target' })
  expect([exitCode, outputs.conclusion, outputs['head-sha']]).toEqual([1, 'fail', pull.headSha])
  expect(ours(pull)).toHaveLength(1)
})

test('the merge queue is gated without a comment', async () => {
  const { repository, pull } = propose(gh, THREE_TIMES)
  const event = mergeGroupEvent(gh, repository, pull)
  const run = await runAction({ gh, repository, event })
  expect(run.outputs).toMatchObject({
    conclusion: 'fail',
    'base-sha': repository.tip('main'),
    'head-sha': event.sha,
    'changed-count': '1',
  })
  expect(run.exitCode).toBe(1)
  expect(pull.comments).toEqual([])
  expect(repository.checkRuns.every(({ headSha }) => headSha === event.sha)).toBe(true)
  expect(configRows(run.summary)).toHaveLength(1)
})

test('a push is judged between its two commits, and the first push of a branch passes', async () => {
  const repository = gh.repository({ files: { [POLICY]: policy(), [CONFIG]: axolotl() } })
  const before = repository.tip('main')
  const after = repository.commit({ files: THREE_TIMES })
  const pushed = await runAction({ gh, repository, event: pushEvent(gh, repository, before, after) })
  expect(pushed.outputs).toMatchObject({ conclusion: 'fail', 'base-sha': before, 'head-sha': after })
  const created = pushEvent(gh, repository, '0'.repeat(40), after)
  expect((await runAction({ gh, repository, event: created })).exitCode).toBe(0)
})

test('started by hand, it compares the revisions that it is given and comments where it is told to', async () => {
  const { repository, pull } = propose(gh, THREE_TIMES)
  const event = dispatchEvent(gh, repository)
  const inputs = { 'head-ref': 'change', 'base-ref': 'main', 'pr-number': '1' }
  const { outputs, exitCode } = await runAction({ gh, repository, event, inputs })
  expect([exitCode, outputs.conclusion, outputs['head-sha']]).toEqual([1, 'fail', pull.headSha])
  expect(ours(pull)).toHaveLength(1)
})

test('no training config changed: green, an old comment is refreshed, and a first one is not made', async () => {
  const { repository, pull, run } = propose(gh, { 'README.md': 'Models, again\n' })
  const first = await run()
  expect([first.exitCode, first.outputs.conclusion]).toEqual([0, 'no-change'])
  expect(pull.comments).toEqual([])
  expect(first.summary).not.toBe('')
  expect(repository.checkRuns.at(-1)).toMatchObject({ conclusion: 'success', headSha: pull.headSha })

  const old = pull.comment('github-actions[bot]', '<!-- traincost:v1 id=default -->\nold and red')
  expect((await run()).exitCode).toBe(0)
  expect(pull.comments.map(({ id }) => id)).toEqual([old.id])
  expect(old.body).not.toContain('old and red')
})

describe('from a fork, with a token that may only read', () => {
  const forked = () => propose(gh, THREE_TIMES, { branch: 'stranger:patch' })

  test('the verdict and the summary are the same, and at most one refused write is tried', async () => {
    const { repository, pull, run } = forked()
    const forkRun = await run({ token: gh.token({ permissions: FORKED }) })
    expect([forkRun.exitCode, forkRun.outputs.conclusion]).toEqual([1, 'fail'])
    expect(configRows(forkRun.summary).map(([path]) => path)).toEqual([CONFIG])
    expect(pull.comments).toEqual([])
    expect(repository.checkRuns).toEqual([])
    expect(writes(forkRun).length).toBeLessThanOrEqual(1)
  })

  test('a harmless change passes', async () => {
    const { run } = propose(gh, { [CONFIG]: axolotl() + '# as before\n' }, { branch: 'stranger:patch' })
    const { exitCode } = await run({ token: gh.token({ permissions: FORKED }) })
    expect(exitCode).toBe(0)
  })
})

test('a head that has been pushed over is judged, but its late report is not written', async () => {
  const { repository, pull, run } = propose(gh, THREE_TIMES)
  const event = await pullEvent(gh, repository, pull)
  const stale = pull.headSha
  repository.commit({ branch: 'change', files: { [CONFIG]: axolotl() } })
  const { exitCode, outputs } = await run({ event })
  expect([exitCode, outputs.conclusion, outputs['head-sha']]).toEqual([1, 'fail', stale])
  expect(pull.comments).toEqual([])
})

test('a config behind 350 other changed files is still found', async () => {
  const many = Object.fromEntries(Array.from({ length: 350 }, (_, i) => [`a/${i}.txt`, `${i}\n`]))
  const { run } = propose(gh, { ...many, ...THREE_TIMES })
  const { outputs, exitCode } = await run()
  expect([exitCode, outputs.conclusion, outputs['changed-count']]).toEqual([1, 'fail', '1'])
})

test('a config behind 3,200 other changed files is still found', async () => {
  const many = Object.fromEntries(Array.from({ length: 3200 }, (_, i) => [`a/${i}.txt`, `${i}\n`]))
  const { run } = propose(gh, { ...many, ...THREE_TIMES })
  const { outputs, exitCode } = await run()
  expect([exitCode, outputs.conclusion, outputs['changed-count']]).toEqual([1, 'fail', '1'])
})

test('histories without a common ancestor are compared with the tip of the base branch', async () => {
  const repository = gh.repository({ files: { [POLICY]: policy(), [CONFIG]: axolotl() } })
  repository.commit({ branch: 'orphan', from: null, files: { [POLICY]: policy(), ...THREE_TIMES } })
  const pull = repository.pull({ head: 'orphan' })
  const { outputs, exitCode } = await runAction({ gh, repository, pull })
  expect([exitCode, outputs.conclusion, outputs['base-sha']]).toEqual([1, 'fail', repository.tip('main')])
})
