import { judgeChange } from '../../src/pipeline.ts'
import type { FileChange } from '../../src/read/index.ts'
import { axolotl, policy, RULES } from '../e2e/scenario.ts'
import { type Files, memorySource } from './memory-source.ts'

const POLICY = '.github/traincost.yml'
/** Only names that end in .yaml are gated here. */
const YAML_ONLY = policy({ rules: RULES.replace('configs/**', "'configs/*.yaml'") }).replace(
  'configs/**',
  "'configs/*.yaml'",
)

async function verdictOf(
  base: Files,
  head: Files,
  { rules = policy(), changes = undefined as FileChange[] | undefined } = {},
) {
  const source = memorySource({ [POLICY]: rules, ...base }, { [POLICY]: rules, ...head })
  const { report } = await judgeChange({
    source:
      changes === undefined ? source : { ...source, changes: () => Promise.resolve({ is: 'read', value: changes }) },
    rawInputs: new Map(),
    set: new Map(),
    only: [],
    labelsOf: () => Promise.resolve({ known: true, value: [], origins: [] }),
    linksOf: () => null,
  })
  return [report.verdict.conclusion, ...report.verdict.outcomes.map(outcome => outcome.limitKind)]
}

it('a config that is renamed to a name that is not read as data fails: it has left the gate', async () => {
  const renamed = await verdictOf(
    { 'configs/sft.yaml': axolotl() },
    { 'configs/sft.conf': axolotl({ epochs: 9 }) },
    { rules: YAML_ONLY, changes: [{ path: 'configs/sft.conf', previousPath: 'configs/sft.yaml', status: 'renamed' }] },
  )
  expect(renamed).toEqual(['fail', 'coverage'])
})

it('a text that is no config may leave the globs while configs outside them change', async () => {
  const base = { 'configs/README.md': 'Ours\n', 'configs/sft.yaml': axolotl(), 'examples/x.yaml': axolotl() }
  const { 'configs/README.md': _, ...rest } = base
  expect(await verdictOf(base, { ...rest, 'examples/x.yaml': axolotl({ epochs: 1.1 }) })).toEqual(['no-change'])
  const { 'configs/sft.yaml': __, ...gone } = base
  expect(await verdictOf(base, { ...gone, 'examples/x.yaml': axolotl({ epochs: 1.1 }) })).toEqual(['fail', 'coverage'])
})

it('a config that goes, and a dearer one under the globs that no rule matches, fails', async () => {
  const rules = policy({ rules: RULES.replace('configs/**', 'configs/pretrain/**') })
  const moved = (epochs: number) =>
    verdictOf({ 'configs/pretrain/a.yaml': axolotl() }, { 'configs/misc/a.yaml': axolotl({ epochs }) }, { rules })
  expect(await moved(9)).toEqual(['fail', 'coverage'])
})
