import { jest } from '@jest/globals'
import { type LocalGitHub, startGitHub } from '../github/index.ts'
import { axolotl, CONFIG, lineOf, ours, plain, policy, POLICY, propose } from './scenario.ts'

jest.setTimeout(300_000)

let gh: LocalGitHub
beforeEach(async () => {
  gh = await startGitHub()
})
afterEach(() => gh.close())

const THREE_TIMES = { [CONFIG]: axolotl({ epochs: 3 }) }

test('a misspelt key is an error with file, line and column, and names the key that was meant', async () => {
  const rules = policy().replace('\nrules:', '\nruels:')
  const { run } = propose(gh, THREE_TIMES, { rules })
  const { exitCode, outputs, stdout, summary } = await run()
  expect([exitCode, outputs.conclusion]).toEqual([1, 'error'])
  const said = stdout + plain(summary)
  expect(said).toContain(`${POLICY}:${lineOf(rules, /^ruels/m)}:1`)
  expect(said).toMatch(/\brules\b/)
})

test('a policy that only the head has reports and warns, and never fails by it', async () => {
  // Named from the catalog: a profile with rates of its own would be unknown until it is merged.
  const catalog = policy().replace(
    /team: .*/,
    'team: { instance: aws/p4de.24xlarge, region: us-east-1, accelerators: 8 }',
  )
  const { run } = propose(gh, { ...THREE_TIMES, [POLICY]: catalog }, { rules: null })
  const { exitCode, outputs } = await run()
  expect(exitCode).toBe(0)
  expect(['warn', 'pass']).toContain(outputs.conclusion)
  expect(Number(outputs['cost-delta-percent'])).toBeCloseTo(200, 6)
})

test('a head that loosens the policy is judged by the one it wants to leave', async () => {
  const loose = policy().replace('max_increase_percent: 25', 'max_increase_percent: 1000')
  const { run } = propose(gh, { ...THREE_TIMES, [POLICY]: loose })
  const { exitCode, outputs } = await run()
  expect([exitCode, outputs.conclusion]).toEqual([1, 'fail'])
})

test('a head that deletes the policy is judged by it', async () => {
  const { run } = propose(gh, { ...THREE_TIMES, [POLICY]: null })
  const { exitCode, outputs } = await run()
  expect([exitCode, outputs.conclusion]).toEqual([1, 'fail'])
})

test('a head that makes its own hardware cheaper is priced at the rates of the base', async () => {
  const cheap = policy({ price: '0.01' })
  const { run } = propose(gh, { ...THREE_TIMES, [POLICY]: cheap })
  const { outputs } = await run()
  expect(Number(outputs['cost-head']) / Number(outputs['accelerator-hours-head'])).toBeCloseTo(2, 6)
})

test('inputs alone are a gate, without any policy file', async () => {
  const { run } = propose(gh, THREE_TIMES, { rules: null, base: { [CONFIG]: axolotl() + 'max_steps: 1000\n' } })
  const inputs = { profile: '8 x H100-SXM', 'max-increase-percent': '20' }
  const { outputs } = await run({ inputs })
  expect(outputs['changed-count']).toBe('1')
  expect(['fail', 'warn']).toContain(outputs.conclusion)
})

test.each([
  ['do not loosen it', 3, '1000', 1],
  ['add to it', 1.1, '5', 1],
  ['let pass what both let pass', 1.1, '15', 0],
])('inputs beside a policy %s', async (_, epochs, percent, code) => {
  const { run } = propose(gh, { [CONFIG]: axolotl({ epochs }) })
  expect((await run({ inputs: { 'max-increase-percent': percent } })).exitCode).toBe(code)
})

test('an increase of exactly the limit passes', async () => {
  const { run } = propose(gh, { [CONFIG]: axolotl({ epochs: 1.25 }) })
  const { exitCode, outputs } = await run()
  expect([exitCode, outputs.conclusion]).toEqual([0, 'pass'])
})

test('an input that is not a number is refused', async () => {
  const { run } = propose(gh, THREE_TIMES)
  const { exitCode, outputs } = await run({ inputs: { 'max-increase': 'a lot' } })
  expect([exitCode, outputs.conclusion]).toEqual([1, 'error'])
})

test('a recognized config outside of every glob is named as not covered', async () => {
  const { pull, run } = propose(gh, { 'elsewhere/sft.yaml': axolotl(), [CONFIG]: axolotl({ epochs: 1.1 }) })
  const { exitCode } = await run()
  expect(exitCode).toBe(0)
  expect(plain(ours(pull)[0]?.body ?? '')).toContain('elsewhere/sft.yaml')
})

test('a gated config that moves out of every glob fails', async () => {
  const { run } = propose(gh, { [CONFIG]: null, 'elsewhere/sft.yaml': axolotl({ epochs: 3 }) })
  const { exitCode, outputs } = await run()
  expect([exitCode, outputs.conclusion]).toEqual([1, 'fail'])
})

describe('an override label', () => {
  const rules = policy({ more: 'overrides:\n  - { label: traincost-ok, up_to: 1000000, min_permission: write }\n' })
  const labelled = (by: string) => {
    const proposal = propose(gh, THREE_TIMES, { rules, collaborators: { bob: 'write', tess: 'triage', ada: 'write' } })
    proposal.pull.label('traincost-ok', by)
    return proposal
  }

  test('by someone with the permission accepts the breach, by name', async () => {
    const { exitCode, outputs } = await labelled('bob').run()
    expect(outputs).toMatchObject({ conclusion: 'overridden', 'overridden-by': 'bob' })
    expect(exitCode).toBe(0)
  })
  test.each([
    ['the author', 'ada'],
    ['someone who may only triage', 'tess'],
    ['an app', 'helper[bot]'],
  ])('by %s does not', async (_, by) => {
    const { exitCode, outputs } = await labelled(by).run()
    expect([exitCode, outputs.conclusion]).toEqual([1, 'fail'])
  })
  test('is read live: a label that was taken off again does not count, whatever the event says', async () => {
    const { repository, pull, run } = labelled('bob')
    const { pullEvent } = await import('../github/index.ts')
    const event = await pullEvent(gh, repository, pull, { action: 'labeled' })
    pull.unlabel('traincost-ok', 'bob')
    expect((await run({ event })).exitCode).toBe(1)
  })
  test('does not reach beyond its sum', async () => {
    const small = rules.replace('up_to: 1000000', 'up_to: 1')
    const { pull, run } = propose(gh, THREE_TIMES, { rules: small, collaborators: { bob: 'write' } })
    pull.label('traincost-ok', 'bob')
    expect((await run()).exitCode).toBe(1)
  })
})
