import { spawnSync } from 'node:child_process'
import type { Surroundings } from '../../src/commands.ts'
import { runHistory } from '../../src/history.ts'
import { config } from './model.ts'
import { folder } from './run.ts'

/** $459.7693 for a million steps of the model. */
const USD_PER_STEP = 459.7693e-6
const POLICY = `version: 1
configs:
  - path: train/*.yaml
    profile: own
profiles:
  own: { accelerator: H100-SXM, accelerators: 8, usd_per_accelerator_hour: 2, price_date: 2026-11-01, mfu: 0.4 }
`
const PATH = 'train/a.yaml'

const made: (() => void)[] = []
afterAll(() => {
  for (const remove of made) remove()
})

/** A repository with one commit for each text; undefined takes the file away. */
function repository(texts: readonly (string | undefined)[]): string {
  const { path, remove } = folder({ '.github/traincost.yml': POLICY })
  made.push(remove)
  const commits = texts.map((text, i) => {
    const from = i === 0 ? '' : `from :${i}\n`
    const change = text === undefined ? `D ${PATH}\n` : `M 100644 inline ${PATH}\ndata ${text.length}\n${text}\n`
    return `commit refs/heads/main\nmark :${i + 1}\ncommitter a <a@example.org> ${1_700_000_000 + i * 86_400} +0000\ndata <<.\nversion ${i}\n.\n${from}${change}`
  })
  spawnSync('git', ['init', '-q', '-b', 'main', path])
  const { status, stderr } = spawnSync('git', ['-C', path, 'fast-import', '--quiet'], { input: commits.join('') })
  if (status !== 0) throw new Error(String(stderr))
  return path
}

async function historyOf(cwd: string, format: string, more: Partial<Surroundings> = {}) {
  const flags = { format, color: 'never', quiet: false, set: [], paths: [PATH] }
  return runHistory(flags, { cwd, columns: 100, color: false, today: '2026-11-01', ...more })
}

it('prices every version by hand-counted arithmetic, and names what each one changed', async () => {
  const texts = [config(1000), config(1000) + '# a note\n', config(2000), 'steps: [', undefined, config(3000)]
  const { code, out } = await historyOf(repository(texts), 'json')
  const { versions } = JSON.parse(out).histories[0]
  expect(code).toBe(0)
  expect(versions.map((v: { subject: string }) => v.subject)).toEqual(texts.map((_, i) => `version ${i}`))
  const costs = versions.map((v: { usd: { expected: number } | null }) => v.usd?.expected ?? null)
  const expected = [1000, 1000, 2000, null, null, 3000].map(steps => (steps === null ? null : steps * USD_PER_STEP))
  costs.forEach((cost: number | null, i: number) => {
    if (expected[i] === null) expect(cost).toBeNull()
    else expect(cost).toBeCloseTo(expected[i]!, 4)
  })
  expect(versions.map((v: { changed: unknown[] }) => v.changed)).toEqual([
    [],
    [],
    [{ fact: 'steps', from: 1000, to: 2000 }],
    [],
    [],
    [],
  ])
  expect(versions[4].unknown).toEqual([{ fact: 'config', why: 'removed', remedy: null }])
})

it('tells of more versions than are read at once as of one history, and how far it has come', async () => {
  const texts = Array.from({ length: 260 }, (_, i) => config(1000 + i))
  const told: number[] = []
  const root = repository(texts)
  const { out } = await historyOf(root, 'json', { progress: done => void told.push(done) })
  const { versions } = JSON.parse(out).histories[0]
  expect(versions).toHaveLength(260)
  versions.forEach((version: { usd: { expected: number }; changed: unknown[] }, i: number) => {
    expect(version.usd.expected).toBeCloseTo((1000 + i) * USD_PER_STEP, 6)
    expect(version.changed).toEqual(i === 0 ? [] : [{ fact: 'steps', from: 999 + i, to: 1000 + i }])
  })
  expect(told).toEqual(Array.from({ length: 260 }, (_, i) => i + 1))
})

it('refuses a file that no commit has, and a folder outside of any repository', async () => {
  const { code, err } = await historyOf(repository([undefined]), 'text')
  expect(code).toBe(2)
  expect(err).toContain('train/a.yaml: error: no commit has this file')
  const { path, remove } = folder({})
  made.push(remove)
  expect((await historyOf(path, 'text')).code).toBe(2)
})
