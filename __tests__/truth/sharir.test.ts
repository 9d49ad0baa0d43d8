import { readRuns } from '../../src/commands.ts'
import { estimate, projectTotal } from '../../src/estimate/index.ts'
import { value } from '../estimate/runs.ts'

/**
 * The table of Sharir, Peleg and Shoham, "The Cost of Training NLP Models" (arXiv 2004.08900), as quoted in Synced,
 * 2020-04-30; T5: the paper's own estimate of one run and of the project.
 */
const PAPER = { '110m': 2_500, '340m': 10_000, '1.5b': 80_000, t5Run: 1_300_000, t5Project: 10_000_000 }

const here = { cwd: process.cwd(), columns: 100, color: false, today: '2020-04-15' }

async function dollars(
  names: readonly string[],
  policy: 'policy' | 'project',
  profile?: string,
  set: readonly string[] = [],
): Promise<number> {
  const read = await readRuns(
    {
      paths: names.map(name => `examples/sharir-2020/configs/${name}.yaml`),
      policy: `examples/sharir-2020/${policy}.yml`,
      ...(profile === undefined ? {} : { profile }),
      set,
      format: 'json',
      color: 'never',
      quiet: true,
    },
    here,
  )
  if ('code' in read) throw new Error(read.err)
  expect(read.problems.filter(problem => problem.severity === 'error')).toEqual([])
  return value(projectTotal(read.runs.map(run => estimate(run))).usd).expected
}

/** If the encoder alone saw 1e12 tokens. The config has them for both sides. */
const ENCODER_TOKENS = ['total_tokens=1000000000000']

const one = (name: string, profile: string) => dollars([name], 'policy', profile)
const twenty = (name: string, profile: string) => dollars([name], 'project', profile)

describe('the table of the paper behind the product, from shapes and the list prices of April 2020', () => {
  it('110M parameters: $2,500, within 10 %', async () => {
    const usd = await one('bert-110m', 'p3')
    expect(Math.abs(usd / PAPER['110m'] - 1)).toBeLessThanOrEqual(0.1)
  })

  it('340M parameters: $10,000, between the instances with 16 GB and with 32 GB', async () => {
    expect(await one('bert-340m', 'p3')).toBeLessThan(PAPER['340m'])
    expect(await one('bert-340m', 'p3dn')).toBeGreaterThan(PAPER['340m'])
  })

  it('1.5B parameters: $80,000, between a utilization of 0.20 and of 0.10', async () => {
    expect(await one('bert-1.5b', 'p3dn')).toBeLessThan(PAPER['1.5b'])
    expect(await one('bert-1.5b', 'p3dn-slow')).toBeGreaterThan(PAPER['1.5b'])
  })

  it.each([
    ['bert-110m', 'p3'],
    ['bert-340m', 'p3dn'],
    ['bert-1.5b', 'p3dn-model-parallel'],
  ])('the high end of %s on %s is exactly twenty runs', async (name, profile) => {
    expect((await twenty(name, profile)) / (await one(name, profile))).toBeCloseTo(20, 9)
  })

  it('one run of T5-11B is over $1.3 million on the part that has room for it, 32 GB, whatever 1e12 tokens count', async () => {
    expect(await one('t5-11b', 'p3dn')).toBeGreaterThan(PAPER.t5Run)
    expect(await dollars(['t5-11b'], 'policy', 'p3dn', ENCODER_TOKENS)).toBeGreaterThan(PAPER.t5Run)
  })

  it('at the price of 16 GB parts it depends on which tokens the 1e12 are: the bound lies between', async () => {
    expect(await one('t5-11b', 'p3')).toBeLessThan(PAPER.t5Run)
    expect(await dollars(['t5-11b'], 'policy', 'p3', ENCODER_TOKENS)).toBeGreaterThan(PAPER.t5Run)
  })

  it('the T5 project, three runs of the large models and hundreds of the small one, is about $10 million', async () => {
    const usd = await dollars(['t5-11b', 't5-3b', 't5-base'], 'project')
    expect(Math.abs(usd / PAPER.t5Project - 1)).toBeLessThanOrEqual(0.25)
  })
})
