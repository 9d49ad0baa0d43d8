import { config } from '../cli/model.ts'
import { POLICY } from '../e2e/scenario.ts'
import { judged } from './judged.ts'
import { type Files, memorySource } from './memory-source.ts'

/*
 * The model of config() at 1,000,000 steps trains on 524,288,000,000 tokens. At 1,000,000 tokens a second these are
 * 524,288 s; on 8 accelerators at $2 an hour $2,330.17, and up to a tenth more, which whole runs lose to restarts.
 */
const AT_RATE = 2330.17
const STEPS = 1_000_000

const policy = (measuredOn = '{ config: train/small.yaml, ref: v1 }') => `version: 1
configs:
  - { path: 'train/**', profile: own }
profiles:
  own: { accelerator: H100-SXM, accelerators: 8, usd_per_accelerator_hour: 2, price_date: 2026-11-01, tokens_per_second: 1000000${measuredOn === '' ? '' : `, measured_on: ${measuredOn}`} }
rules:
  - { name: budget, metric: cost, max_increase: 100000 }
`

const V1: Files = { 'train/small.yaml': config(10) }
const deep = config(STEPS).replace('num_layers: 4', 'num_layers: 8')

async function reportOf(head: Files, { rules = policy(), base = {}, revisions = { v1: V1 } } = {}) {
  const { report } = await judged(memorySource({ [POLICY]: rules, ...base }, { [POLICY]: rules, ...head }, revisions))
  return report
}

async function headCost(...given: Parameters<typeof reportOf>): Promise<number> {
  const usd = (await reportOf(...given)).comparisons[0]?.head?.usd
  if (usd?.known !== true) throw new Error('the head has no price')
  return usd.value.expected
}

describe('a rate that was measured on a config of the repository', () => {
  it('prices a new config like the measured one at that rate', async () => {
    const usd = await headCost({ 'train/new.yaml': config(STEPS) })
    expect(usd).toBeGreaterThan(AT_RATE)
    expect(usd).toBeLessThan(AT_RATE / 0.9)
  })

  it('prices a model of twice the layers by its own FLOPs, 1.69 times as many, and not at the rate of the small one', async () => {
    const ratio = (await headCost({ 'train/new.yaml': deep })) / (await headCost({ 'train/new.yaml': config(STEPS) }))
    // 8 layers and the head against 4 and the head: 350,765,056 ÷ 208,150,528 = 1.685, at a slightly better efficiency.
    expect(ratio).toBeGreaterThan(1.5)
    expect(ratio).toBeLessThan(1.7)
    const base = { 'train/new.yaml': config(STEPS).replace('num_layers: 4', 'num_layers: 6') }
    // Beside a base of its own the size is the base's, once for both sides: a few percent.
    const beside = (await headCost({ 'train/new.yaml': deep }, { base })) / (await headCost({ 'train/new.yaml': deep }))
    expect(Math.abs(beside - 1)).toBeLessThan(0.05)
  })

  it('is read at its own revision: what the change makes of that config says nothing of the rate', async () => {
    const base = { 'train/small.yaml': config(10), 'train/new.yaml': config(10) }
    const edited = { 'train/small.yaml': config(10).replace('hidden_size: 1024', 'hidden_size: 8192') }
    const { comparisons } = await reportOf({ ...edited, 'train/new.yaml': config(STEPS) }, { base })
    const usd = comparisons.find(({ path }) => path === 'train/new.yaml')?.head?.usd
    expect(usd?.known === true && usd.value.expected).toBeCloseTo(
      await headCost({ 'train/new.yaml': config(STEPS) }),
      6,
    )
  })

  it.each([
    ['the revision is not there', '{ config: train/small.yaml, ref: v9 }', V1],
    ['the config is not there', '{ config: train/other.yaml, ref: v1 }', V1],
    ['the config is no training', '{ config: train/small.yaml, ref: v1 }', { 'train/small.yaml': 'a: 1\n' }],
    ['the config does not parse', '{ config: train/small.yaml, ref: v1 }', { 'train/small.yaml': 'a: [1\n' }],
  ])('leaves the price unknown, never at a default, where %s', async (_what, measuredOn, v1) => {
    const report = await reportOf({ 'train/new.yaml': config(STEPS) }, { rules: policy(measuredOn), revisions: { v1 } })
    const usd = report.comparisons[0]?.head?.usd
    expect(usd).toMatchObject({
      known: false,
      missing: [
        expect.objectContaining({
          fact: 'tokens_per_second',
          why: expect.stringContaining('measured on train/'),
          remedy: 'correct measured_on of profile own',
        }),
      ],
    })
    expect(report.verdict.conclusion).toBe('fail')
  })

  it('counts as measured on each config itself where the profile does not say where', async () => {
    const base = { 'train/new.yaml': deep.replace(`steps: ${STEPS}`, 'steps: 10') }
    const usd = await headCost({ 'train/new.yaml': deep }, { rules: policy(''), base })
    expect(usd).toBeGreaterThan(AT_RATE)
    expect(usd).toBeLessThan(AT_RATE / 0.9)
  })
})
