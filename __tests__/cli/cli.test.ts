import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { config } from './model.ts'
import { folder, git, traincost, write } from './run.ts'
import type { Files } from './run.ts'

const COST = 459.7693

const policy = (rules: string): string => `version: 1
configs:
  - path: train/*.yaml
    profile: own
profiles:
  own: { accelerator: H100-SXM, accelerators: 8, usd_per_accelerator_hour: 2, price_date: 2026-11-01, mfu: 0.4 }
rules:
${rules}`
const BUDGET = policy('  - { name: budget, metric: cost, max_increase: 100 }\n')
const POLICY = '.github/traincost.yml'

const made: (() => void)[] = []
afterAll(() => {
  for (const remove of made) remove()
})

function tree(files: Files): string {
  const { path, remove } = folder(files)
  made.push(remove)
  return path
}

/** A repository whose main branch holds `base`, with `head` committed on a branch that is checked out. */
async function repository(base: Files, head: Files): Promise<string> {
  const root = tree(base)
  await git(root, 'init', '-q')
  await git(root, 'add', '-A')
  await git(root, 'commit', '-qm', 'base')
  await git(root, 'checkout', '-qb', 'change')
  write(root, head)
  await git(root, 'add', '-A')
  await git(root, 'commit', '-qm', 'head', '--allow-empty')
  return root
}

const jsonOf = (out: string) => JSON.parse(out)

describe('diff', () => {
  it('says what a branch costs against the default branch, and breaks the budget with exit code 1', async () => {
    const root = await repository(
      { [POLICY]: BUDGET, 'train/a.yaml': config(500_000) },
      { 'train/a.yaml': config(1_000_000) },
    )
    const ran = await traincost(root, 'diff', '--format', 'json')
    const report = jsonOf(ran.out)
    expect(ran.code).toBe(1)
    expect(report.conclusion).toBe('fail')
    expect(report.configs[0].head.usd.expected).toBeCloseTo(COST, 1)
    expect(report.configs[0].delta.usd).toBeCloseTo(COST / 2, 1)
    expect(report.configs[0].attribution).toEqual([
      expect.objectContaining({ fact: 'steps', path: 'train/a.yaml', line: 15 }),
    ])
  })

  it('compares the work tree, with files that nobody committed yet', async () => {
    const root = await repository({ [POLICY]: BUDGET, 'train/a.yaml': config(500_000) }, {})
    write(root, { 'train/a.yaml': config(600_000), 'train/new.yaml': config(1000) })
    const report = jsonOf((await traincost(root, 'diff', '--format', 'json')).out)
    expect(report.configs.map((c: { path: string; status: string }) => [c.path, c.status]).sort()).toEqual([
      ['train/a.yaml', 'changed'],
      ['train/new.yaml', 'added'],
    ])
    expect(report.conclusion).toBe('pass')
  })

  it('compares two revisions by name, and nothing else of the work tree', async () => {
    const root = await repository({ [POLICY]: BUDGET, 'train/a.yaml': config(1000) }, { 'train/a.yaml': config(2000) })
    write(root, { 'train/a.yaml': config(900_000) })
    const report = jsonOf((await traincost(root, 'diff', 'main', 'change', '--format', 'json')).out)
    expect(report.configs[0].delta.usd).toBeCloseTo(COST / 1000, 4)
  })

  it('looks only at the paths behind --', async () => {
    const base = { [POLICY]: BUDGET, 'train/a.yaml': config(1000), 'train/b.yaml': config(1000) }
    const root = await repository(base, { 'train/a.yaml': config(2000), 'train/b.yaml': config(2000) })
    const report = jsonOf((await traincost(root, 'diff', '--format', 'json', '--', 'train/b.yaml')).out)
    expect(report.configs.map((c: { path: string }) => c.path)).toEqual(['train/b.yaml'])
  })

  it('compares two folders without git', async () => {
    const [base, head] = [
      tree({ [POLICY]: BUDGET, 'train/a.yaml': config(1000) }),
      tree({ 'train/a.yaml': config(1000) }),
    ]
    const ran = await traincost(base, 'diff', '--dirs', base, head)
    expect(ran.code).toBe(0)
    expect(ran.out.startsWith('<!-- traincost:v1 id=default -->\n')).toBe(true)
  })

  it('takes --policy for the policy of the base, and --profile where no policy names one', async () => {
    const [base, head] = [tree({ 'train/a.yaml': config(1000) }), tree({ 'train/a.yaml': config(900_000) })]
    const file = join(tree({ 'p.yml': BUDGET }), 'p.yml')
    expect((await traincost(base, 'diff', '--dirs', base, head, '--policy', file)).code).toBe(1)
    const ran = await traincost(
      base,
      'diff',
      '--dirs',
      base,
      head,
      '--profile',
      '8 x aws/p5.48xlarge@us-east-1',
      '--format',
      'json',
    )
    expect(jsonOf(ran.out).configs[0].head.usd.expected).toBeGreaterThan(0)
  })

  it('ends with 3 where only an unknown closes the gate', async () => {
    const lost = config(1000).replace('seq_len: 1024\n', '')
    const root = await repository({ [POLICY]: BUDGET, 'train/a.yaml': config(1000) }, { 'train/a.yaml': lost })
    const ran = await traincost(root, 'diff', '--format', 'json')
    expect(ran.code).toBe(3)
    expect(jsonOf(ran.out).configs[0].head.usd).toBeNull()
    expect(jsonOf(ran.out).configs[0].head.unknown[0].fact).toBe('seq_len')
  })

  it('ends with 2 where the head does not parse, and says where', async () => {
    const root = await repository(
      { [POLICY]: BUDGET, 'train/a.yaml': config(1000) },
      { 'train/a.yaml': 'a: [1\nb: 2\n' },
    )
    const ran = await traincost(root, 'diff')
    expect(ran.code).toBe(2)
    expect(ran.out).toMatch(/train\/a\.yaml.*[12]/s)
  })

  it('ends with 2 outside of a repository', async () => {
    const ran = await traincost(tree({}), 'diff')
    expect(ran.code).toBe(2)
    expect(ran.out + ran.err).toMatch(/git/)
  })

  it('takes a folder behind -- for all below it, as seen from the folder that one is in', async () => {
    const base = { [POLICY]: BUDGET, 'train/a.yaml': config(1000), 'other/b.yaml': config(1000) }
    const root = await repository(base, { 'train/a.yaml': config(2000), 'other/b.yaml': config(2000) })
    for (const [from, path] of [
      ['.', 'train'],
      ['train', 'a.yaml'],
      ['train', '.'],
    ] as const) {
      const ran = await traincost(join(root, from), 'diff', '--format', 'json', '--', path)
      expect(jsonOf(ran.out).configs.map((c: { path: string }) => c.path)).toEqual(['train/a.yaml'])
    }
  })

  it('refuses a path that neither side has: nothing found is no pass', async () => {
    const root = await repository({ 'train/a.yaml': config(1000) }, { 'train/a.yaml': config(2000) })
    for (const path of ['train/b.yaml', '--output=/tmp/x'])
      expect(await traincost(root, 'diff', '--', path)).toEqual({
        code: 2,
        out: '',
        err: `${path}: neither side has such a file or folder\n`,
      })
  })

  it('says where paths stand when one is given for a revision', async () => {
    const root = await repository({ 'train/a.yaml': config(1000) }, { 'train/a.yaml': config(2000) })
    const ran = await traincost(root, 'diff', 'train/a.yaml')
    expect(ran.code).toBe(2)
    expect(ran.err).toContain('traincost diff -- train/a.yaml\n')
  })

  it('says so where --profile is not used, for the policy decides', async () => {
    const root = await repository({ [POLICY]: BUDGET, 'train/a.yaml': config(1000) }, { 'train/a.yaml': config(2000) })
    const ran = await traincost(root, 'diff', '--profile', '8 x H200-SXM')
    expect(ran.err).toBe('--profile is not used for train/a.yaml: the policy gives it own\n')
  })
})

describe('estimate', () => {
  it('prices one config by hand-counted arithmetic', async () => {
    const root = tree({ [POLICY]: BUDGET, 'train/a.yaml': config(1_000_000) })
    const ran = await traincost(root, 'estimate', 'train/a.yaml', '--format', 'json')
    const [estimate] = jsonOf(ran.out).estimates
    expect(ran.code).toBe(0)
    expect(estimate.flops.perToken).toBe(624_451_584)
    expect(estimate.tokens).toBe(524_288_000_000)
    expect(estimate.usd.expected).toBeCloseTo(COST, 1)
    expect(estimate.facts.steps.origins[0]).toMatchObject({ kind: 'config', path: 'train/a.yaml', line: 15 })
  })

  it('puts --set above the config', async () => {
    const root = tree({ [POLICY]: BUDGET, 'train/a.yaml': config(1000) })
    const ran = await traincost(root, 'estimate', 'train/a.yaml', '--set', 'steps=1M', '--format', 'json')
    expect(jsonOf(ran.out).estimates[0].usd.expected).toBeCloseTo(COST, 1)
  })

  it('asks what the run costs on other hardware, whatever the policy names', async () => {
    const root = tree({ [POLICY]: BUDGET, 'train/a.yaml': config(1000) })
    const on = async (...profile: readonly string[]) => {
      const ran = await traincost(root, 'estimate', 'train/a.yaml', ...profile, '--format', 'json')
      return jsonOf(ran.out).estimates[0].facts.accelerators
    }
    expect(await on()).toMatchObject({ value: 8 })
    expect(await on('--profile', '64 x H100-SXM')).toMatchObject({ value: 64, origins: [{ kind: 'profile' }] })
    const slip = await traincost(root, 'estimate', 'train/a.yaml', '--profile', 'owm')
    expect(slip.out).toMatch(/there is no profile.*owm.*did you mean.*own/)
  })

  it.each([
    [['train/none.yaml'], /not there/],
    [['train'], /is a folder: name config files/],
    [['train/a.yaml', '--color', 'sometimes'], /auto, always, never/],
    [['train/a.yaml', '--output', 'none/x.md'], /cannot be written: there is no such folder/],
    [['train/a.yaml', '--set', 'stepz=1'], /stepz/],
    [['train/a.yaml', '--set', 'steps=many'], /whole number/],
    [['train/a.yaml', '--format', 'xml'], /xml/],
    [['notes.yaml'], /not recognized/],
  ])('refuses %j with exit code 2 and says why', async (args, why) => {
    const root = tree({ 'train/a.yaml': config(1000), 'notes.yaml': 'title: notes\n' })
    const ran = await traincost(root, 'estimate', ...args)
    expect(ran.code).toBe(2)
    expect(ran.err).toMatch(why)
  })
})

describe('check', () => {
  it('accepts a policy', async () => {
    const root = tree({ [POLICY]: BUDGET })
    expect(await traincost(root, 'check')).toMatchObject({ code: 0, err: '' })
  })

  it('refuses a key with its place and the nearest valid one', async () => {
    const root = tree({ [POLICY]: BUDGET.replace('max_increase:', 'max_increse:') })
    const ran = await traincost(root, 'check')
    expect(ran.code).toBe(2)
    expect(ran.err).toMatch(/^\.github\/traincost\.yml:8:\d+: error: .*max_increase/m)
  })

  it('says that there is no policy yet, and where to read how to write one', async () => {
    const ran = await traincost(tree({}), 'check')
    expect(ran).toMatchObject({ code: 2, out: '' })
    expect(ran.err).toBe(
      'there is no policy file .github/traincost.yml: give its path, or write one after docs/policy.md\n',
    )
  })
})

it('writes the report to a file', async () => {
  const root = tree({ [POLICY]: BUDGET, 'train/a.yaml': config(1000) })
  const ran = await traincost(root, 'estimate', 'train/a.yaml', '--format', 'json', '--output', 'out.json')
  expect(ran.out).toBe('')
  expect(jsonOf(readFileSync(join(root, 'out.json'), 'utf8')).version).toBe(1)
})

it('prints its version, its help and the way out of a typing error', async () => {
  const root = tree({})
  expect((await traincost(root, '--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  expect(await traincost(root, '--help')).toMatchObject({ code: 0 })
  const slip = await traincost(root, 'estmate')
  expect(slip.code).toBe(2)
  expect(slip.err).toMatch(/estimate/)
})

it.each(['diff', 'estimate', 'explain', 'history', 'calibrate', 'check'])(
  'explains each flag and argument of %s, in lines that a terminal takes',
  async command => {
    const { code, out } = await traincost(tree({}), command, '--help')
    expect(code).toBe(0)
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(120)
    expect(out).not.toMatch(/default: (?:\[\]|false|"")/)
    const named = [...out.matchAll(/^ {2}(\S+(?:, --\S+)?(?: <\S+>)?)(.*)$/gm)]
    expect(named.length).toBeGreaterThan(3)
    for (const [, , said] of named) expect(said!.trim()).not.toBe('')
  },
)

it.each(['init', 'prices'])('refuses %s, which is not there yet, and says what there is instead', async command => {
  const ran = await traincost(tree({}), command)
  expect([ran.code, ran.out]).toEqual([2, ''])
  expect(ran.err).toMatch(/is not in version .*: .*README\.md/)
})

it('prints nothing that commands a terminal, whatever a file holds', async () => {
  const root = tree({ 'a\u001b[31m.yaml': `traincost: 1\nsteps: "\u001b]0;x\u0007"\n` })
  const ran = await traincost(root, 'estimate', 'a\u001b[31m.yaml', '--format', 'text')
  expect(ran.out + ran.err).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/)
})
