import type { FileText, Source } from '../../src/read/index.ts'
import { axolotl, policy, POLICY, RULES } from '../e2e/scenario.ts'
import { judged } from './judged.ts'
import { type Files, memorySource } from './memory-source.ts'

const CONFIG = 'configs/sft.yaml'

/** A file that is there and cannot be read, such as a link or one of two megabytes. */
const UNREADABLE = '(unreadable)'

function withUnreadable(source: Source, base: Files, head: Files): Source {
  const why: FileText = { is: 'unreadable', reason: 'symlink', why: 'a symbolic link, which is not followed' }
  return {
    ...source,
    texts: async (side, paths) => {
      const read = await source.texts(side, paths)
      if (read.is === 'failed') return read
      const files = side === 'head' ? head : base
      return { is: 'read', value: new Map([...read.value].map(([p, t]) => [p, files[p] === UNREADABLE ? why : t])) }
    },
  }
}

interface Given {
  readonly rules?: string | null
  readonly headRules?: string | null
  readonly inputs?: Readonly<Record<string, string>>
}

async function reportOf(base: Files, head: Files, { rules = policy(), headRules = rules, inputs = {} }: Given = {}) {
  const withPolicy = (files: Files, text: string | null): Files =>
    text === null ? files : { [POLICY]: text, ...files }
  const [before, after] = [withPolicy(base, rules), withPolicy(head, headRules)]
  const source = withUnreadable(memorySource(before, after), before, after)
  const { report } = await judged(source, { rawInputs: new Map(Object.entries(inputs)) })
  return report
}

/** The conclusion, and the kinds of limits that did not hold. */
async function verdictOf(...given: Parameters<typeof reportOf>) {
  const { verdict } = await reportOf(...given)
  const broken = verdict.outcomes.filter(({ result }) => result !== 'pass')
  return [verdict.conclusion, ...broken.map(outcome => outcome.limitKind)]
}

const MODEL = 'model: { d_model: 1024, n_heads: 8, n_layers: 8, max_sequence_length: 1024, vocab_size: 50304 }\n'

describe('a config that leaves the gate', () => {
  const narrow = policy({ rules: RULES.replace('configs/**', "'configs/*.yaml'") }).replace(
    'configs/**',
    "'configs/*.yaml'",
  )

  it.each([
    ['a template', 'configs/7b-sft.yaml.j2'],
    ['a Python module, whose name has no dashes', 'configs/7b_sft.py'],
    ['a file without an extension', 'configs/7b-sft'],
  ])('does not pass as removed when it becomes %s', async (_, path) => {
    const base = { 'configs/7b-sft.yaml': axolotl() }
    const head = { [path]: 'num_epochs = 9\n' }
    expect(await verdictOf(base, head, { rules: narrow })).toEqual(['fail', 'coverage'])
  })

  it('does not pass as removed when its folder becomes a link, behind which a dearer one stands', async () => {
    const other = { 'other/sft.yaml': axolotl({ epochs: 9 }) }
    const head = { configs: UNREADABLE, ...other }
    expect(await verdictOf({ [CONFIG]: axolotl(), ...other }, head, { rules: narrow })).toEqual(['fail', 'coverage'])
  })

  it('may go while a text of another name comes', async () => {
    const head = { 'configs/sft-notes.md': 'Trained.\n', 'configs/run.sh': 'train\n' }
    expect(await verdictOf({ [CONFIG]: axolotl() }, head, { rules: narrow })).toEqual(['pass'])
  })
})

it.each([8, 9])('a setting at the end of %i files that include each other cannot hide behind the cap', async length => {
  const config = { [CONFIG]: `_base_: ../shared/1.yaml\nglobal_train_batch_size: 1024\n${MODEL}` }
  const chain = Array.from({ length }, (_, i) => [
    `shared/${i + 1}.yaml`,
    i + 1 === length ? 'max_duration: 900000\n' : `_base_: ${i + 2}.yaml\n`,
  ])
  const head: Files = { ...config, ...(Object.fromEntries(chain) as Files) }
  const [conclusion] = await verdictOf({ ...config, 'shared/1.yaml': 'max_duration: 10000\n' }, head)
  expect(conclusion).toBe('fail')
})
