import { jest } from '@jest/globals'
import { type LocalGitHub, startGitHub } from '../github/index.ts'
import { axolotl, CONFIG, configRows, ours, plain, policy, propose, RULES } from './scenario.ts'

jest.setTimeout(300_000)

let gh: LocalGitHub
beforeEach(async () => {
  gh = await startGitHub()
})
afterEach(() => gh.close())

const LONGER = { [CONFIG]: axolotl({ epochs: 1.1 }) }

test.each([
  ['an accelerator that is not in the catalog', { accelerator: 'Z9000-MEGA', price: '' }, /Z9000-MEGA/],
  ['a price that nobody gives', { price: '' }, /usd_per_accelerator_hour|price/],
])('%s: unknown on both sides warns, with what to add, and never a zero', async (_, given, named) => {
  const { pull, run } = propose(gh, LONGER, { rules: policy(given) })
  const { exitCode, outputs } = await run()
  expect(outputs).toMatchObject({
    conclusion: 'warn',
    'unknown-count': '1',
    'changed-count': '1',
    'cost-base': 'unknown',
    'cost-head': 'unknown',
    'cost-delta': 'unknown',
  })
  expect(exitCode).toBe(0)
  expect(plain(ours(pull)[0]?.body ?? '')).toMatch(named)
  for (const [, , , base, head] of configRows(ours(pull)[0]!.body)) expect(`${base} ${head}`).not.toMatch(/\$/)
})

test('without a price the accelerator-hours are still known', async () => {
  const { run } = propose(gh, LONGER, { rules: policy({ price: '' }) })
  const { outputs } = await run()
  const [base, head] = ['base', 'head'].map(side => Number(outputs[`accelerator-hours-${side}`]))
  expect(head! / base!).toBeCloseTo(1.1, 6)
})

test('known at the base and unknown at the head fails, and the report names what is missing', async () => {
  const { pull, run } = propose(gh, { [CONFIG]: axolotl({ model: 'our-org/secret-9b' }) })
  const { exitCode, outputs } = await run()
  expect(outputs).toMatchObject({ conclusion: 'fail', 'unknown-count': '1', 'cost-delta': 'unknown' })
  expect(exitCode).toBe(1)
  expect(plain(ours(pull)[0]?.body ?? '')).toContain('our-org/secret-9b')
})

test('going dark stays closed for an override label', async () => {
  const overrides = 'overrides:\n  - { label: ok, up_to: 1000000 }\n'
  const { pull, run } = propose(
    gh,
    { [CONFIG]: axolotl({ model: 'our-org/secret-9b' }) },
    { rules: policy({ more: overrides }), collaborators: { bob: 'write' } },
  )
  pull.label('ok', 'bob')
  const { exitCode, outputs } = await run()
  expect([exitCode, outputs.conclusion]).toEqual([1, 'fail'])
})

test('unknown at the base and known at the head is no saving and no failure', async () => {
  const { run } = propose(gh, { [CONFIG]: axolotl() }, { base: { [CONFIG]: axolotl({ model: 'our-org/secret-9b' }) } })
  const { exitCode, outputs } = await run()
  expect(exitCode).toBe(0)
  expect(outputs).toMatchObject({ 'cost-base': 'unknown', 'cost-delta': 'unknown' })
  expect(Number(outputs['cost-head'])).toBeGreaterThan(0)
})

describe('a config that is added', () => {
  const added = { 'configs/new.yaml': axolotl() }

  test('is new, not +100 %, and passes a rule about increases in percent', async () => {
    const { pull, run } = propose(gh, added)
    const { exitCode, outputs } = await run()
    expect([exitCode, outputs['changed-count']]).toEqual([0, '1'])
    expect(Number(outputs['cost-delta'])).toBeGreaterThan(0)
    expect(Number(outputs['cost-delta'])).toBeCloseTo(Number(outputs['cost-head']), 6)
    const [row] = configRows(ours(pull)[0]!.body)
    expect(row?.join(' ')).toMatch(/new/)
    expect(row?.join(' ')).not.toMatch(/100 %/)
  })
  test('breaks a limit for new configs', async () => {
    const rules = RULES.replace('max_increase_percent: 25', 'new_config: { max: 1 }')
    const { run } = propose(gh, added, { rules: policy({ rules }) })
    const { exitCode, outputs } = await run()
    expect([exitCode, outputs.conclusion]).toEqual([1, 'fail'])
  })
  test('fails while a rule matches it and its cost is unknown', async () => {
    const { run } = propose(gh, { 'configs/new.yaml': axolotl({ model: 'our-org/secret-9b' }) })
    const { exitCode, outputs } = await run()
    expect([exitCode, outputs.conclusion, outputs['unknown-count']]).toEqual([1, 'fail', '1'])
  })
})

test('a config that is deleted is shown as removed, and saves what it cost', async () => {
  const { pull, run } = propose(gh, { [CONFIG]: null })
  const { exitCode, outputs } = await run()
  expect([exitCode, outputs.conclusion, outputs['changed-count']]).toEqual([0, 'pass', '1'])
  expect(Number(outputs['cost-delta'])).toBeCloseTo(-Number(outputs['cost-base']), 6)
  expect(Number(outputs['cost-delta'])).toBeLessThan(0)
  expect(configRows(ours(pull)[0]!.body)[0]?.join(' ')).toMatch(/removed/)
})

test('a config that is renamed and unchanged costs what it did', async () => {
  const { run } = propose(gh, { [CONFIG]: null, 'configs/renamed.yaml': axolotl() })
  const { exitCode, outputs } = await run()
  expect(exitCode).toBe(0)
  expect(outputs['cost-delta'] === '0' || outputs.conclusion === 'no-change').toBe(true)
})

test('a head that does not parse is an error with file, line and column', async () => {
  const broken = axolotl().replace('num_epochs: 1', 'num_epochs: [1')
  const { repository, pull, run } = propose(gh, { [CONFIG]: broken })
  const { exitCode, outputs, annotations, stdout, summary } = await run()
  expect([exitCode, outputs.conclusion]).toEqual([1, 'error'])
  expect(annotations.some(({ level, file }) => level === 'error' && file === CONFIG)).toBe(true)
  expect(stdout + plain(summary)).toMatch(/configs\/sft\.yaml:\d+:\d+/)
  expect(repository.checkRuns.at(-1)).toMatchObject({ headSha: pull.headSha, conclusion: 'failure' })
})

test('a base that did not parse does not stop the head from being priced', async () => {
  const broken = axolotl().replace('num_epochs: 1', 'num_epochs: [1')
  const { run } = propose(gh, { [CONFIG]: axolotl() }, { base: { [CONFIG]: broken } })
  const { exitCode, outputs } = await run()
  expect([exitCode, outputs.conclusion]).toEqual([0, 'warn'])
  expect(Number(outputs['cost-head'])).toBeGreaterThan(0)
})

test.each([
  ['a symbolic link', { symlink: 'elsewhere.yaml' }],
  ['binary', Buffer.from([0, 1, 2, 3, 0])],
  ['a large file pointer', `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`],
  ['above 1 MiB', axolotl() + '#'.repeat(1024 * 1024)],
  ['a submodule', { submodule: '1'.repeat(40) }],
])('a config that turns into %s is not followed: unknown, so the gate closes', async (_, content) => {
  const { run } = propose(gh, { [CONFIG]: content })
  const { exitCode, outputs } = await run()
  expect(exitCode).toBe(1)
  expect(['fail', 'error']).toContain(outputs.conclusion)
  expect(outputs['cost-delta']).toBe('unknown')
})
