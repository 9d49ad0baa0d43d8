import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { gitSource } from '../../src/read/index.ts'
import { axolotl, CONFIG, policy, POLICY } from '../e2e/scenario.ts'
import { temporaryRepository, type Repository } from '../read/repository.ts'
import { judged } from './judged.ts'

let repo: Repository
beforeEach(() => {
  repo = temporaryRepository()
})
afterEach(() => {
  repo.remove()
})

async function report(rules: string, head: () => void) {
  const base = repo.commit({
    [POLICY]: rules,
    [CONFIG]: axolotl(),
    'configs/plot.png': bytes(1),
    'configs/old.md': 'x',
  })
  head()
  const source = gitSource({ cwd: repo.dir, base, head: repo.commit({}) })
  const { comparisons, verdict } = (await judged(source)).report
  const said = verdict.problems.filter(({ code }) => code === 'not-recognized')
  return {
    configs: comparisons.map(({ path }) => path),
    conclusion: verdict.conclusion,
    said: said.map(p => p.at?.path),
  }
}

const bytes = (first: number): Buffer => Buffer.from([first, 0, 255, 254])

describe('what lies beside the configs, under a glob over their folder', () => {
  it.each([
    ['the usual policy', policy()],
    [
      'a policy that names the framework of the whole folder',
      policy().replace('    profile:', '    framework: axolotl\n    profile:'),
    ],
  ])('is no config: pictures, tokenizers, links and pages neither fail nor warn, with %s', async (_which, rules) => {
    const beside = () => {
      repo.write({ 'configs/plot.png': bytes(2), 'configs/tokenizer.model': bytes(3), 'configs/README.md': 'text' })
      repo.write({ 'configs/old.md': null, 'configs/data.jsonl': 'x'.repeat(2 * 1024 * 1024) })
      symlinkSync('sft.yaml', join(repo.dir, 'configs/latest'))
    }
    expect(await report(rules, beside)).toEqual({ configs: [], conclusion: 'no-change', said: [] })
  })

  it('is said to be unread where it is a program or a template: a training may be written in it', async () => {
    const beside = () => {
      repo.write({ 'configs/train.py': 'steps = 1', 'configs/7b.yaml.j2': 'steps: {{ steps }}' })
    }
    expect(await report(policy(), beside)).toEqual({
      configs: [],
      conclusion: 'no-change',
      said: ['configs/7b.yaml.j2', 'configs/train.py'],
    })
  })

  it('is a config all the same where its name promises one: a link in its place is unknown, and fails', async () => {
    const linked = () => {
      repo.write({ [CONFIG]: null })
      symlinkSync('../elsewhere.yaml', join(repo.dir, CONFIG))
    }
    expect(await report(policy(), linked)).toMatchObject({ configs: [CONFIG], conclusion: 'fail' })
  })
})
