import { jest } from '@jest/globals'
import { type LocalGitHub, type Pull, type Repository, startGitHub } from '../github/index.ts'
import { runAction, type ActionStart } from './runner.ts'
import { configRows, lineOf, MARKER, ours, plain, policy, POLICY, twoFrameworks, writes } from './scenario.ts'

jest.setTimeout(300_000)

const { from, paths, texts, epochs } = twoFrameworks()
const [axolotlPath, trlPath] = paths
const times = (n: number, side: 0 | 1) => texts[side].replace(epochs[side], found => found.replace(/:.*/, `: ${n}`))

let gh: LocalGitHub
let repository: Repository
let pull: Pull
const run = (more: Partial<ActionStart> = {}) => runAction({ gh, repository, pull, ...more })
beforeAll(async () => {
  gh = await startGitHub()
  repository = gh.repository({
    files: { [POLICY]: policy(), [axolotlPath]: texts[0], [trlPath]: texts[1], 'README.md': 'Models\n' },
  })
  repository.commit({ branch: 'longer', files: { [axolotlPath]: times(3, 0), [trlPath]: times(2, 1) } })
  pull = repository.pull({ head: 'longer' })
})
afterAll(() => gh.close())

// The tests of this file tell one story and run in this order.
describe(`a pull request that trains for longer, from ${from} of two frameworks`, () => {
  let comment: { id: number; body: string }

  test('is red: over the budget, said in the exit code, the outputs, one comment, the check and the summary', async () => {
    const { exitCode, outputs, summary } = await run()
    expect(outputs).toMatchObject({
      conclusion: 'fail',
      'base-sha': repository.tip('main'),
      'head-sha': pull.headSha,
      'changed-count': '2',
      'unknown-count': '0',
      currency: 'USD',
    })
    expect(exitCode).toBe(1)
    const cost = (name: string) => Number(outputs[`cost-${name}`])
    expect(cost('base')).toBeGreaterThan(0)
    expect(cost('delta')).toBeGreaterThan(0)
    expect(cost('delta')).toBeCloseTo(cost('head') - cost('base'), 6)
    // One config runs three times as long and the other twice: the sum grows by more than 100 % and less than 200 %.
    expect(cost('delta-percent')).toBeGreaterThan(100)
    expect(cost('delta-percent')).toBeLessThan(200)
    // Eight accelerators at $2 an hour each: dollars are twice the accelerator-hours.
    expect(cost('head') / Number(outputs['accelerator-hours-head'])).toBeCloseTo(2, 6)
    expect(JSON.stringify(JSON.parse(outputs['breached-rules'] ?? ''))).toContain('quarter')

    expect(pull.comments).toHaveLength(1)
    const [made] = ours(pull)
    expect(made?.body.startsWith(`${MARKER}default -->`)).toBe(true)
    comment = { id: made!.id, body: made!.body }
    expect(outputs['comment-id']).toBe(String(comment.id))
    const rows = configRows(comment.body)
    expect(new Set(rows.map(([path]) => path))).toEqual(new Set(paths))
    for (const [, delta, , base, head] of rows) {
      expect([base, head].every(cell => cell!.startsWith('$'))).toBe(true)
      expect(delta).toMatch(/^\+\$/)
    }
    expect(plain(comment.body)).toMatch(/epochs/)
    expect(configRows(summary).map(([path]) => path)).toEqual(rows.map(([path]) => path))
  })

  test('has one completed check on the head, under a name of its own', () => {
    expect(repository.checkRuns).toHaveLength(1)
    expect(repository.checkRuns[0]).toMatchObject({
      headSha: pull.headSha,
      name: 'traincost report',
      status: 'completed',
      conclusion: 'failure',
    })
    expect(repository.checkRuns[0]?.output.title).toMatch(/\$/)
  })

  test('is marked on the line of the setting that costs, and writes nothing new when nothing is new', async () => {
    const again = await run()
    const places = again.annotations.filter(({ level }) => level === 'error').map(({ file, line }) => `${file}:${line}`)
    expect(places).toContain(`${axolotlPath}:${lineOf(times(3, 0), epochs[0])}`)
    expect(places).toContain(`${trlPath}:${lineOf(times(2, 1), epochs[1])}`)
    expect(writes(again).filter(route => route.includes('comments'))).toEqual([])
    expect(pull.comments.map(({ id, body }) => ({ id, body }))).toEqual([comment])
  })

  test('keeps its one comment up to date on the next push', async () => {
    repository.commit({ branch: 'longer', files: { [trlPath]: texts[1] } })
    const { outputs, exitCode } = await run()
    expect([exitCode, outputs.conclusion, outputs['changed-count']]).toEqual([1, 'fail', '1'])
    // The same run three times as long: +200 %, whatever one run costs.
    expect(Number(outputs['cost-delta-percent'])).toBeCloseTo(200, 6)
    expect(pull.comments.map(({ id }) => id)).toEqual([comment.id])
    expect(pull.comments[0]?.body).not.toBe(comment.body)
    expect(configRows(pull.comments[0]!.body).map(([path]) => path)).toEqual([axolotlPath])
  })

  test('turns green in the same comment when the change is taken back', async () => {
    repository.commit({ branch: 'longer', files: { [axolotlPath]: texts[0], 'README.md': 'Models, longer\n' } })
    const { outputs, exitCode, summary } = await run()
    expect([exitCode, outputs.conclusion]).toEqual([0, 'no-change'])
    expect(pull.comments.map(({ id }) => id)).toEqual([comment.id])
    expect(pull.comments[0]?.body.startsWith(MARKER)).toBe(true)
    expect(configRows(pull.comments[0]!.body)).toEqual([])
    expect(repository.checkRuns.at(-1)).toMatchObject({ headSha: pull.headSha, conclusion: 'success' })
    expect(summary).not.toBe('')
  })
})
