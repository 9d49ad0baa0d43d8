import type { FileChange } from '../../src/read/index.ts'
import { axolotl, policy, RULES } from '../e2e/scenario.ts'
import { judged as judgeSource } from './judged.ts'
import { type Files, memorySource } from './memory-source.ts'

const POLICY = '.github/traincost.yml'
/** Only names that end in .yaml are gated here. */
const YAML_ONLY = policy({ rules: RULES.replace('configs/**', "'configs/*.yaml'") }).replace(
  'configs/**',
  "'configs/*.yaml'",
)

interface Given {
  readonly rules?: string
  readonly headRules?: string
  readonly changes?: readonly FileChange[]
}

async function reportOf(base: Files, head: Files, { rules = policy(), headRules = rules, changes }: Given = {}) {
  const source = memorySource({ [POLICY]: rules, ...base }, { [POLICY]: headRules, ...head })
  const { report } = await judgeSource(
    changes === undefined ? source : { ...source, changes: () => Promise.resolve({ is: 'read', value: changes }) },
  )
  return report
}

async function verdictOf(...given: Parameters<typeof reportOf>) {
  const { verdict } = await reportOf(...given)
  return [verdict.conclusion, ...verdict.outcomes.map(outcome => outcome.limitKind)]
}

it('a config that is renamed to a name that is not read as data fails: it has left the gate', async () => {
  const renamed = await verdictOf(
    { 'configs/sft.yaml': axolotl() },
    { 'configs/sft.conf': axolotl({ epochs: 9 }) },
    { rules: YAML_ONLY, changes: [{ path: 'configs/sft.conf', previousPath: 'configs/sft.yaml', status: 'renamed' }] },
  )
  expect(renamed).toEqual(['fail', 'coverage'])
})

it('a config that is rewritten as a file of the same name that is not read fails; another such file beside it does not', async () => {
  const base = { 'configs/sft.yaml': axolotl() }
  expect(await verdictOf(base, { 'configs/sft.py': 'num_epochs = 9\n' })).toEqual(['fail', 'coverage'])
  expect(await verdictOf(base, { 'configs/README.md': 'Gone\n' })).toEqual(['pass'])
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

it('a file that only the head brings does not make the base unknown: the increase is still judged', async () => {
  // A folder of that name would be taken for the model; this one has the shape that the registry knows.
  const shape = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: 4096,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    intermediate_size: 14336,
    vocab_size: 128256,
    tie_word_embeddings: false,
  }
  const brought = {
    'configs/sft.yaml': axolotl({ epochs: 9 }),
    'meta-llama/Meta-Llama-3-8B/config.json': JSON.stringify(shape),
  }
  expect(await verdictOf({ 'configs/sft.yaml': axolotl() }, brought)).toEqual(['fail', 'max_increase_percent'])
})

it('a model that the policy calls another one is shown with the line that says so', async () => {
  const like = 'models:\n  meta-llama/Meta-Llama-3-8B: { like: gpt2 }\n'
  const headRules = policy({ more: like })
  const { comparisons } = await reportOf(
    { 'configs/sft.yaml': axolotl() },
    { 'configs/sft.yaml': axolotl() },
    { headRules },
  )
  const line = headRules.split('\n').indexOf('  meta-llama/Meta-Llama-3-8B: { like: gpt2 }') + 1
  expect(comparisons[0]?.attribution).toMatchObject([
    { fact: expect.stringContaining('hidden_size'), to: expect.stringContaining('gpt2'), at: { path: POLICY, line } },
  ])
})

it('other data under the same number of tokens is said', async () => {
  const other = axolotl().replace('our-org/instructions', 'our-org/everything')
  const { comparisons } = await reportOf({ 'configs/sft.yaml': axolotl() }, { 'configs/sft.yaml': other })
  expect(comparisons[0]?.problems).toMatchObject([
    { code: 'dataset-changed', severity: 'warning', at: { path: POLICY, line: 5 } },
  ])
})
