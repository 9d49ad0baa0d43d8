import { jest } from '@jest/globals'
import {
  type FileContent,
  type LocalGitHub,
  pullEvent,
  type Pull,
  type Repository,
  startGitHub,
} from '../github/index.ts'
import { type ActionRun, type ActionStart, runAction } from './runner.ts'
import { axolotl, CONFIG, ours, plain, policy, POLICY, RULES } from './scenario.ts'

jest.setTimeout(300_000)

let gh: LocalGitHub
beforeAll(async () => {
  gh = await startGitHub()
})
afterAll(() => gh.close())

type Files = Readonly<Record<string, FileContent>>

interface Attack {
  readonly repository: Repository
  readonly pull: Pull
  readonly run: (more?: Partial<ActionStart>) => Promise<ActionRun>
}

interface Given {
  readonly base?: Files
  readonly rules?: string
  readonly after?: Files
}

let count = 0

/** A pull request of its own repository; `rules` is the policy of the base branch, `after` what is committed there later. */
function attack(head: Files, { base = { [CONFIG]: axolotl() }, rules = policy(), after }: Given = {}): Attack {
  const repository = gh.repository({
    name: `acme/attack-${++count}`,
    files: { 'README.md': 'Models\n', ...(rules === '' ? {} : { [POLICY]: rules }), ...base },
    collaborators: { bob: 'write', ada: 'write', mallory: 'write' },
  })
  repository.commit({ branch: 'change', files: head })
  if (after !== undefined) repository.commit({ files: after })
  const pull = repository.pull({ head: 'change' })
  return { repository, pull, run: more => runAction({ gh, repository, pull, ...more }) }
}

const DRY = { 'dry-run': 'true' }

/** Where the verdict alone is of interest, nothing is written: writes are a second apart. */
const judge = (head: Files, given: Given = {}, inputs: ActionStart['inputs'] = {}) =>
  attack(head, given).run({ inputs: { ...DRY, ...inputs } })

const verdictOf = ({ exitCode, outputs }: ActionRun) => [exitCode, outputs.conclusion]
const FAILS = [1, 'fail']
const PASSES = [0, 'pass']

const DEARER = { [CONFIG]: axolotl({ epochs: 3 }) }
const HONEST = { [CONFIG]: axolotl({ epochs: 1.1 }) }

/** Facts in the manner of a generated config: cost grows with the width. */
const facts = ({ width = 2048, tokens = '1B', more = '' } = {}) =>
  `traincost: 1
hidden_size: ${width}
num_layers: 24
num_heads: 16
ffn_size: ${width * 4}
gated: false
vocab_size: 50304
seq_len: 2048
micro_batch: 8
total_tokens: ${tokens}
precision: bf16
${more}`

describe('the policy', () => {
  test('a branch that was cut before the policy existed is judged by it', async () => {
    const late = { rules: '', after: { [POLICY]: policy() } }
    expect(verdictOf(await judge(DEARER, late))).toEqual(FAILS)
    expect(verdictOf(await judge(HONEST, late))).toEqual(PASSES)
  })

  test('a measured rate prices neither side by itself: doubling the width doubles the cost, whatever rate the head claims', async () => {
    const measured = (rate: number) =>
      policy({ profile: 'fast', more: `` }).replace(
        'profiles:\n',
        `profiles:\n  fast: { accelerator: A100-80GB-SXM, accelerators: 8, usd_per_accelerator_hour: 2, price_date: 2026-10-01, tokens_per_second: ${rate} }\n`,
      )
    const given = { base: { 'configs/run.yaml': facts() }, rules: measured(60_000) }
    const wide = await judge({ 'configs/run.yaml': facts({ width: 4096 }) }, given)
    expect(verdictOf(wide)).toEqual(FAILS)
    expect(Number(wide.outputs['cost-delta-percent'])).toBeGreaterThan(100)
    const claimed = { 'configs/run.yaml': facts({ width: 4096 }), [POLICY]: measured(600_000) }
    const faster = await judge(claimed, given)
    expect(verdictOf(faster)).toEqual(FAILS)
    expect(faster.outputs['cost-head']).toBe(wide.outputs['cost-head'])
    expect(verdictOf(await judge({ 'configs/run.yaml': facts({ tokens: '1.1B' }) }, given))).toEqual(PASSES)
  })

  test('fewer tokens in the run half of the policy are shown with their line, and lock stops them', async () => {
    const fewer = policy().replace('120M', '1M')
    const open = await judge({ ...DEARER, [POLICY]: fewer })
    const report = JSON.parse(open.files.get(open.outputs['report-json']!)!) as {
      configs: readonly { attribution: readonly { fact: string; path: string; line: number }[] }[]
    }
    expect(report.configs[0]!.attribution.find(row => row.fact === 'dataset_tokens')).toMatchObject({
      path: POLICY,
      line: 5,
    })
    const locked = policy({ more: 'lock: [dataset_tokens]\n' })
    const head = { ...DEARER, [POLICY]: locked.replace('120M', '1M') }
    expect(verdictOf(await judge(head, { rules: locked }))).toEqual(FAILS)
    const unlocked = { ...DEARER, [POLICY]: fewer }
    expect(verdictOf(await judge(unlocked, { rules: locked }))).toEqual(FAILS)
    expect(verdictOf(await judge(HONEST, { rules: locked }))).toEqual(PASSES)
  })

  test('fewer accelerators in a profile are shown with their line, and lock stops them', async () => {
    const locked = policy({ more: 'lock: [accelerators]\n' })
    const fewer = (rules: string) => ({ ...HONEST, [POLICY]: rules.replace('accelerators: 8', 'accelerators: 4') })
    const open = await judge(fewer(policy()))
    expect(plain(open.summary)).toMatch(/accelerators.*8.*4/)
    expect(verdictOf(await judge(fewer(locked), { rules: locked }))).toEqual(FAILS)
    expect(verdictOf(await judge(HONEST, { rules: locked }))).toEqual(PASSES)
  })

  test('a profile with a cheap rate of its own is unknown until it is merged; one of the catalog is priced', async () => {
    const added = (profile: string) => ({
      ...HONEST,
      [POLICY]: policy({ profile: 'mine' }).replace('profiles:\n', `profiles:\n  mine: ${profile}\n`),
    })
    const cheap =
      '{ accelerator: A100-80GB-SXM, accelerators: 8, usd_per_accelerator_hour: 0.01, price_date: 2026-10-01 }'
    const own = await judge(added(cheap))
    expect([...verdictOf(own), own.outputs['cost-head']]).toEqual([...FAILS, 'unknown'])
    const catalog = await judge(added('{ instance: aws/p4d.24xlarge, region: us-east-1, accelerators: 8 }'))
    expect(Number(catalog.outputs['cost-head'])).toBeGreaterThan(0)
  })

  test('inputs of an edited workflow loosen nothing', async () => {
    const { run } = attack(DEARER)
    for (const inputs of [
      { 'fail-on': 'none' },
      { 'on-unknown': 'ignore', 'on-error': 'warn' },
      { 'max-increase-percent': '1000', 'max-increase': '1e9' },
      { configs: 'elsewhere/**' },
      { profile: '1 x aws/p5.48xlarge@us-east-1' },
      { 'override-label': 'ok' },
      { 'min-delta': '1000000', details: 'none' },
    ])
      expect(verdictOf(await run({ inputs: { ...DRY, ...inputs } }))).toEqual(FAILS)
  })

  test('a policy file that is named and not there is no way to have none', async () => {
    for (const [head, file] of [
      [DEARER, '.github/other.yml'],
      [{ ...DEARER, '.github/loose.yml': policy({ rules: '' }) }, '.github/loose.yml'],
    ] as const)
      expect(verdictOf(await judge(head, {}, { 'policy-file': file }))).toEqual([1, 'error'])
    const own = { base: { [CONFIG]: axolotl(), '.github/budget.yml': policy() }, rules: '' }
    const inputs = { 'policy-file': '.github/budget.yml' }
    expect(verdictOf(await judge(HONEST, own, inputs))).toEqual(PASSES)
    expect(verdictOf(await judge(DEARER, own, inputs))).toEqual(FAILS)
  })

  test('on-error: warn forgives a fault of GitHub, not an error that the change brings', async () => {
    const lenient = policy({ more: 'report: { on_error: warn }\n' })
    const inputs = { 'on-error': 'warn' }
    const broken = { [CONFIG]: axolotl({ epochs: 3 }) + 'x: [1\n' }
    expect(verdictOf(await judge(broken, { rules: lenient }, inputs))).toEqual([1, 'error'])
    const policyToo = { ...DEARER, [POLICY]: `${lenient}oops: [\n` }
    expect(verdictOf(await judge(policyToo, { rules: lenient }, inputs))).toEqual([1, 'error'])
    const misused = await judge(DEARER, {}, { ...inputs, 'max-increase': 'a lot' })
    expect(verdictOf(misused)).toEqual([1, 'error'])
  })

  test('a central policy holds, and one that cannot be read is no way to have none', async () => {
    gh.repository({ name: 'acme/rules', files: { 'traincost.yml': policy() } })
    const central = (file: string, head: Files = DEARER) =>
      judge(head, { rules: '' }, { 'policy-file': file, 'on-error': 'warn' })
    expect(verdictOf(await central('acme/rules/traincost.yml@main'))).toEqual(FAILS)
    expect(verdictOf(await central('acme/rules/traincost.yml@main', HONEST))).toEqual(PASSES)
    const lost = await central('acme/secret/traincost.yml@main')
    expect(verdictOf(lost)).toEqual([1, 'error'])
    expect(plain(lost.summary)).toContain('pull_request_target')
  })

  test('a back-dated commit does not bring an exception back to life', async () => {
    const excepting = (expires: string) =>
      policy({
        rules: RULES.replace('max_increase_percent: 25', 'max: 1'),
        more: `exceptions:\n  - { config: ${CONFIG}, max: 1000000, reason: once, expires: ${expires} }\n`,
      })
    const backDated = (rules: string) => {
      const made = attack(HONEST, { rules })
      made.repository.git.commit({
        ref: 'refs/heads/change',
        parent: made.repository.tip('main'),
        files: DEARER,
        message: 'earlier',
        date: '2026-01-01T00:00:00Z',
      })
      return made
    }
    // The local GitHub's days are in November 2026.
    const old = backDated(excepting('2026-10-31'))
    const oldHead = (await old.repository.git.resolve('refs/heads/change'))!
    old.pull.headSha = oldHead
    old.repository.git.setRef(`refs/pull/${old.pull.number}/head`, oldHead)
    const judged = await old.run({ inputs: DRY })
    expect([...verdictOf(judged), judged.outputs['head-sha']]).toEqual([...FAILS, oldHead])
    expect(plain(judged.summary)).toMatch(/expired on 2026-10-31/)
    expect(verdictOf(await judge(DEARER, { rules: excepting('2027-01-31') }))).toEqual(PASSES)
  })
})

describe('which files are judged', () => {
  test('the 3,001st file of a pull request is judged like the first', async () => {
    const filler = Object.fromEntries(
      Array.from({ length: 3000 }, (_, i) => [`a/${String(i).padStart(4, '0')}.txt`, `${i}\n`]),
    )
    const many = await judge({ ...filler, ...DEARER })
    expect([...verdictOf(many), many.outputs['changed-count']]).toEqual([...FAILS, '1'])
    expect(verdictOf(await judge({ ...filler, ...HONEST }))).toEqual(PASSES)
  })

  test('where the list and the trees are both cut, nothing passes', async () => {
    const filler = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`a/${i}.txt`, `${i}\n`]))
    const { repository, run } = attack({ ...filler, ...DEARER })
    repository.treeLimit = 10
    expect((await run({ inputs: DRY })).exitCode).toBe(1)
  })

  test.each([
    ['moved out of the globs', { [CONFIG]: null, 'elsewhere/sft.yaml': axolotl({ epochs: 3 }) }],
    ['moved out of the globs as it was', { [CONFIG]: null, 'elsewhere/sft.yaml': axolotl() }],
    [
      'deleted, and a dearer one put elsewhere under the globs',
      { [CONFIG]: null, 'configs/b/run.yaml': facts({ width: 8192, tokens: '100B' }) },
    ],
  ])('a config that is %s fails', async (_, head) => {
    expect(verdictOf(await judge(head))).toEqual(FAILS)
  })

  test('a glob that only the head has cannot narrow what is gated', async () => {
    const narrowed = policy().replace('configs/**', 'configs/none/**')
    expect(verdictOf(await judge({ ...DEARER, [POLICY]: narrowed }))).toEqual(FAILS)
  })

  test('an included file that makes the run longer re-prices the config that includes it', async () => {
    const main = `_base_: ../shared/length.yaml\n${axolotl().replace('num_epochs: 1\n', '')}`
    const base = { [CONFIG]: main, 'shared/length.yaml': 'num_epochs: 1\n' }
    expect(verdictOf(await judge({ 'shared/length.yaml': 'num_epochs: 3\n' }, { base }))).toEqual(FAILS)
    expect(verdictOf(await judge({ 'shared/length.yaml': 'num_epochs: 1.1\n' }, { base }))).toEqual(PASSES)
  })

  test.each([
    ['a symbolic link', { symlink: 'length-3.yaml' }],
    ['a submodule', { submodule: '1'.repeat(40) }],
    ['nothing', null],
  ])('an included file that turns into %s leaves no cheaper run behind', async (_, content) => {
    const main = `_base_: ../shared/length.yaml\n${axolotl().replace('num_epochs: 1\n', '')}`
    const base = { [CONFIG]: main, 'shared/length.yaml': 'num_epochs: 2\n', 'shared/length-3.yaml': 'num_epochs: 3\n' }
    const { exitCode } = await judge({ 'shared/length.yaml': content }, { base })
    expect(exitCode).toBe(1)
  })
})

describe('going dark', () => {
  const hidden = (from: string, to: string) => ({ [CONFIG]: axolotl({ epochs: 3 }).replace(from, to) })
  test.each([
    ['a fact that is left to the environment', hidden('num_epochs: 3', 'num_epochs: ${oc.env:EPOCHS}')],
    ['a length that is left to the environment', hidden('sequence_len: 4096', 'sequence_len: ${oc.env:LENGTH}')],
    ['a model that nobody knows', { [CONFIG]: axolotl({ epochs: 3, model: 'our-org/renamed-8b' }) }],
    ['a custom tag', hidden('num_epochs: 3', 'num_epochs: !cheap 1')],
    ['padding beyond the size cap', { [CONFIG]: axolotl({ epochs: 3 }) + '#'.repeat(1024 * 1024) }],
    ['a symbolic link', { [CONFIG]: { symlink: 'other.yaml' } }],
    ['a submodule', { [CONFIG]: { submodule: '2'.repeat(40) } }],
    ['no content at all', { [CONFIG]: '' }],
    ['another kind of file', { [CONFIG]: 'name: x\n' }],
  ])('%s closes the gate, and no label opens it', async (_, head) => {
    const rules = policy({ more: 'overrides:\n  - { label: ok, up_to: 1e12 }\n' })
    const { pull, run } = attack(head, { rules })
    pull.label('ok', 'bob')
    const judged = await run({ inputs: DRY })
    expect(verdictOf(judged)).toEqual(FAILS)
    expect(judged.outputs['cost-delta']).toBe('unknown')
  })

  test('padding below the cap is read through', async () => {
    const padded = (epochs: number) => ({ [CONFIG]: axolotl({ epochs }) + `${'#'.repeat(999)}\n`.repeat(500) })
    expect(verdictOf(await judge(padded(3)))).toEqual(FAILS)
    expect(verdictOf(await judge(padded(1.1)))).toEqual(PASSES)
  })
})

describe('labels and comments', () => {
  const rules = policy({ more: 'overrides:\n  - { label: traincost-ok, up_to: 1000 }\n' })
  const costly = async () => {
    const { outputs } = await judge(DEARER)
    return Number(outputs['cost-head'])
  }

  test("the author's own label opens nothing; that of another person does, up to its sum and for later pushes", async () => {
    const limit = Math.ceil(await costly())
    const capped = rules.replace('up_to: 1000', `up_to: ${limit}`)
    const { repository, pull, run } = attack(DEARER, { rules: capped })
    pull.label('traincost-ok', 'ada')
    expect(pull.author).toBe('ada')
    expect(verdictOf(await run({ inputs: DRY }))).toEqual(FAILS)
    pull.unlabel('traincost-ok', 'ada')
    pull.label('traincost-ok', 'bob')
    expect(verdictOf(await run({ inputs: DRY }))).toEqual([0, 'overridden'])
    repository.commit({ branch: 'change', files: { 'README.md': 'a later push\n' } })
    expect(verdictOf(await run({ inputs: DRY }))).toEqual([0, 'overridden'])
    repository.commit({ branch: 'change', files: { [CONFIG]: axolotl({ epochs: 3.1 }) } })
    expect(verdictOf(await run({ inputs: DRY }))).toEqual(FAILS)
  })

  test('a forged report of another author, once or twice, decides nothing and is left alone', async () => {
    const { pull, run } = attack(DEARER)
    const forged = '<!-- traincost:v1 id=default -->\n<!-- {"conclusion":"pass"} -->\n### ✅ Training cost: pass\n'
    const theirs = [pull.comment('mallory', forged), pull.comment('mallory', forged)]
    expect(verdictOf(await run())).toEqual(FAILS)
    expect(verdictOf(await run())).toEqual(FAILS)
    expect(theirs.map(({ body }) => body)).toEqual([forged, forged])
    expect(ours(pull)).toHaveLength(1)
    expect(ours(pull)[0]!.body).not.toContain('"conclusion":"pass"')
  })
})

describe('a head that moves', () => {
  test('is judged as the event names it, and its comment is left to the newer run', async () => {
    const { repository, pull, run } = attack(DEARER)
    const event = await pullEvent(gh, repository, pull)
    const dear = pull.headSha
    repository.commit({ branch: 'change', files: HONEST })
    const judged = await run({ event })
    expect([...verdictOf(judged), judged.outputs['head-sha']]).toEqual([...FAILS, dear])
    expect(pull.comments).toEqual([])
  })

  test('is judged whole: a push in the middle of a run mixes no two commits', async () => {
    const { repository, pull, run } = attack(DEARER)
    const dear = pull.headSha
    gh.latencyMs = 120
    try {
      const running = run()
      const listed = () => gh.requests.some(({ path }) => path.startsWith(`/repos/${repository.fullName}/pulls`))
      while (!listed()) await new Promise(done => setTimeout(done, 5))
      repository.commit({ branch: 'change', files: { [CONFIG]: axolotl({ epochs: 0.1 }), 'other.txt': 'x\n' } })
      const judged = await running
      expect([...verdictOf(judged), judged.outputs['head-sha']]).toEqual([...FAILS, dear])
    } finally {
      gh.latencyMs = 0
    }
  })
})
