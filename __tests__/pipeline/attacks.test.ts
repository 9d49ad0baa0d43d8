import type { FileText, Source } from '../../src/read/index.ts'
import { axolotl, policy, POLICY, RULES, trl } from '../e2e/scenario.ts'
import { judged } from './judged.ts'
import { type Files, memorySource } from './memory-source.ts'

const CONFIG = 'configs/sft.yaml'

/** A file that is there and cannot be read, such as a link or one of two megabytes. */
const UNREADABLE = '(unreadable)'

function withUnreadable(source: Source, base: Files, head: Files, tip: Files): Source {
  const why: FileText = { is: 'unreadable', reason: 'symlink', why: 'a symbolic link, which is not followed' }
  return {
    ...source,
    texts: async (side, paths) => {
      if (side === 'tip') return memorySource(tip, tip).texts(side, paths)
      const read = await source.texts(side, paths)
      if (read.is === 'failed') return read
      const files = side === 'head' ? head : base
      return {
        is: 'read',
        value: new Map([...read.value].map(([p, t]) => [p, files[p]?.startsWith(UNREADABLE) === true ? why : t])),
      }
    },
  }
}

interface Given {
  readonly rules?: string | null
  readonly headRules?: string | null
  /** The base branch's policy now, where it is another one than at the merge base. */
  readonly tipRules?: string | null
  readonly inputs?: Readonly<Record<string, string>>
}

async function reportOf(base: Files, head: Files, given: Given = {}) {
  const { rules = policy(), headRules = rules, tipRules = rules, inputs = {} } = given
  const withPolicy = (files: Files, text: string | null): Files =>
    text === null ? files : { [POLICY]: text, ...files }
  const [before, after, tip] = [withPolicy(base, rules), withPolicy(head, headRules), withPolicy(base, tipRules)]
  const source = withUnreadable(memorySource(before, after), before, after, tip)
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

it('a config that is deleted, and a link of its name put outside the globs, does not pass as removed', async () => {
  const rules = policy({ rules: RULES.replace('configs/**', 'configs/*.yaml') }).replace('configs/**', 'configs/*.yaml')
  const [base, name] = [{ 'configs/sft.yaml': axolotl() }, 'elsewhere/sft.yaml']
  expect(await verdictOf(base, { [name]: UNREADABLE }, { rules })).toEqual(['fail', 'coverage'])
  expect(await verdictOf(base, { 'elsewhere/other.yaml': UNREADABLE }, { rules })).toEqual(['pass'])
})

it("a launcher's section that becomes a training is a new config, not one whose base is unknown", async () => {
  const rules = policy({ rules: `${RULES}    new_config: { max: 10 }\n` })
  const launcher = 'distributed_type: FSDP\nnum_processes: 8\nmixed_precision: bf16\n'
  expect(await verdictOf({ [CONFIG]: launcher }, { [CONFIG]: axolotl({ epochs: 9 }) }, { rules })).toEqual([
    'fail',
    'new_config.max',
  ])
})

describe('without a policy', () => {
  const workflow = {
    rules: null,
    inputs: { 'max-increase-percent': '20', profile: '8 x aws/p4d.24xlarge@us-east-1' },
  }

  it('a change to a file that a config includes is judged', async () => {
    const config = { [CONFIG]: `_base_: ../shared/base.yaml\nglobal_train_batch_size: 1024\n${MODEL}` }
    const length = (steps: number) => ({ ...config, 'shared/base.yaml': `max_duration: ${steps}\n` })
    expect(await verdictOf(length(10_000), length(90_000), workflow)).toEqual(['fail', 'max_increase_percent'])
    expect(await verdictOf(length(10_000), length(11_000), workflow)).toEqual(['pass'])
  })

  it.each([
    ['a template that is no YAML', '{{- if .Values.gpu }}\n', '{{- if .Values.gpus }}\n'],
    ['a file that is not read', UNREADABLE, `${UNREADABLE} 2`],
  ])('%s is no config, whether it is new or changed', async (_, before, after) => {
    const config = { [CONFIG]: axolotl() }
    const unread = (text: string) => ({ ...config, 'charts/job.yaml': text })
    expect(await verdictOf(config, unread(after), workflow)).toEqual(['no-change'])
    expect(await verdictOf(unread(before), unread(after), workflow)).toEqual(['no-change'])
  })

  it.each([
    ['broken', 'base_model: [\n', 'error'],
    ['replaced by a link', UNREADABLE, 'fail'],
  ])('a training that is %s does not pass', async (_, text, conclusion) => {
    const base = { [CONFIG]: `global_train_batch_size: 1024\nmax_duration: 10000\n${MODEL}` }
    expect((await verdictOf(base, { [CONFIG]: text }, workflow))[0]).toBe(conclusion)
  })
})

const shape = (layers: number) =>
  JSON.stringify({
    model_type: 'llama',
    hidden_size: 1024,
    intermediate_size: 4096,
    num_attention_heads: 8,
    num_hidden_layers: layers,
    vocab_size: 32000,
  })

it.each(['', 'configs/'])('a folder with the name of a large model does not make it small (%s…)', async above => {
  const large = { [CONFIG]: axolotl({ model: 'meta-llama/Meta-Llama-3-70B' }) }
  const head = { ...large, [`${above}meta-llama/Meta-Llama-3-70B/config.json`]: shape(8) }
  expect(await verdictOf({ [CONFIG]: axolotl() }, head)).toEqual(['fail', 'unknown'])
})

describe('a base that is named and found nowhere', () => {
  const short = { 'configs/train/short.yaml': 'max_duration: 10000\n' }
  const on = (lines: string) => `${lines}global_train_batch_size: 1024\nmax_duration: 10000\n${MODEL}`

  it.each([
    ['outside the repository', '_base_: /mnt/long.yaml\n', {}],
    ['a file that is not read as data', '_base_: long.conf\n', { 'configs/long.conf': 'max_duration: 900000\n' }],
    ['a Hydra group of a package', 'defaults:\n  - _self_\n  - train: long\n', {}],
    ['a Hydra group that is chosen when it runs', 'defaults:\n  - _self_\n  - train: ${oc.env:LENGTH}\n', {}],
  ])('does not leave the price of the rest: %s', async (_, lines, more) => {
    const base = { [CONFIG]: on('defaults:\n  - _self_\n  - train: short\n'), ...short }
    expect(await verdictOf(base, { [CONFIG]: on(lines), ...short, ...more })).toEqual(['fail', 'unknown'])
    expect(await verdictOf({}, { [CONFIG]: on(lines), ...more })).toEqual(['fail', 'unknown'])
  })

  it('was none before either, is optional, or is of Hydra itself: the rest is judged', async () => {
    const lines = 'defaults:\n  - _self_\n  - train: long\n'
    expect(await verdictOf({ [CONFIG]: on(lines) }, { [CONFIG]: `${on(lines)}run_name: a\n` })).toEqual(['no-change'])
    const more = `${lines}  - optional local: mine\n  - override hydra/launcher: submitit\n`
    expect(await verdictOf({ [CONFIG]: on(lines) }, { [CONFIG]: on(more) })).toEqual(['no-change'])
  })
})

describe('a section that cannot be read', () => {
  const mpt = (ffn: string) => `max_seq_len: 2048
model:
  name: mpt_causal_lm
  d_model: 1024
  n_heads: 8
  n_layers: 8
  vocab_size: 50368
  ffn_config: ${ffn}
train_loader: { name: text }
global_train_batch_size: 256
max_duration: 1000ba
precision: amp_bf16
`
  const experts = '{ ffn_type: mb_dmoe, moe_num_experts: 8, moe_top_k: 2 }'

  it.each([
    ['a tag', '!include ../shared/experts.yaml'],
    ['a resolver of its own', '${load:experts}'],
    ['an environment variable', '${oc.env:EXPERTS}'],
  ])('takes no default for what stands in it: behind %s', async (_, ffn) => {
    expect(await verdictOf({ [CONFIG]: mpt(experts) }, { [CONFIG]: mpt(ffn) })).toEqual(['fail', 'unknown'])
  })

  it('is read where it is computed from the file', async () => {
    const elsewhere = `${mpt('${kinds.large}')}kinds: { large: ${experts} }\n`
    expect(await verdictOf({ [CONFIG]: mpt(experts) }, { [CONFIG]: elsewhere })).toEqual(['no-change'])
  })
})

describe('a key that we read, in the place of which comes one that we do not', () => {
  const own = (lines: string) =>
    `hidden_size: 1024\nnum_layers: 8\nnum_heads: 8\nd_ff: 4096\nactivation: swiglu\nvocab_size: 32000\nseq_len: 2048\nmicro_batch_size: 8\n${lines}`

  it.each([
    ['how long', 'max_steps: 9000\ngrad_accum: 4\n', 'my_steps: 90000\ngrad_accum: 4\n'],
    ['how much at once', 'max_steps: 9000\ngrad_accum: 4\n', 'max_steps: 9000\nmy_accumulation: 16\n'],
  ])('does not leave a guess of %s', async (_, before, after) => {
    expect(await verdictOf({ [CONFIG]: own(before) }, { [CONFIG]: own(after) })).toEqual(['fail', 'unknown'])
  })

  it('may be another one that we read', async () => {
    const before = own('max_steps: 1000\ngrad_accum: 4\n')
    const after = own(`max_tokens: ${1000 * 8 * 4 * 8 * 2048}\n`)
    expect(await verdictOf({ [CONFIG]: before }, { [CONFIG]: after })).toEqual(['pass'])
  })

  it('is said where the policy gives the length in another way, which counts first', async () => {
    const headRules = policy().replace('dataset_tokens: 120M', 'dataset_tokens: 120M, steps: 10')
    const { comparisons } = await reportOf({ [CONFIG]: axolotl() }, { [CONFIG]: axolotl({ epochs: 9 }) }, { headRules })
    expect(comparisons[0]?.problems).toMatchObject([{ code: 'length-overruled', at: { path: CONFIG, line: 5 } }])
  })
})

describe('a number that the program does not take as it stands', () => {
  const fixed = (lines: string) => `model_name_or_path: mistralai/Mistral-7B-v0.1
dataset_name: our-org/chats
packing: true
max_steps: 1000
bf16: true
gradient_checkpointing: true
learning_rate: 2.0e-05
output_dir: out
${lines}`
  const base = fixed('max_length: 2048\nper_device_train_batch_size: 8\ngradient_accumulation_steps: 2\n')
  const own = (lines: string) => `base_model: meta-llama/Meta-Llama-3-8B
datasets: [{ path: our-org/instructions, type: alpaca }]
max_steps: 1000
sample_packing: true
bf16: true
${lines}`
  const axolotlBase = own('sequence_len: 4096\nmicro_batch_size: 2\ngradient_accumulation_steps: 4\n')

  it.each([
    ['cuts nothing', 'max_length: 2048', 'max_length: null'],
    ['cuts nothing', 'max_length: 2048', 'max_length:'],
    ['is chosen by the program', 'max_length: 2048', 'model_max_length: null'],
    ['is below what there can be', 'max_length: 2048', 'max_length: -1'],
    ['is counted by the program', 'gradient_accumulation_steps: 2', 'gradient_accumulation_steps: -1'],
    ['is counted by the program', 'gradient_accumulation_steps: 2', 'gradient_accumulation_steps: auto'],
    ['is found while running', 'per_device_train_batch_size: 8', 'per_device_train_batch_size: auto'],
  ])('is not the default, which is less: %s (%s → %s)', async (_, before, after) => {
    expect(await verdictOf({ [CONFIG]: base }, { [CONFIG]: base.replace(before, after) })).toEqual(['fail', 'unknown'])
  })

  it.each([
    ['sequence_len: 4096', 'sequence_len: -1'],
    ['sequence_len: 4096', 'sequence_len: null'],
    ['micro_batch_size: 2', 'micro_batch_size: auto'],
    ['gradient_accumulation_steps: 4', 'gradient_accumulation_steps: -1'],
    ['gradient_accumulation_steps: 4', 'gradient_accumulation_steps: -1\nbatch_size: 2'],
  ])('nor is it in a program of another kind: %s → %s', async (before, after) => {
    const head = { [CONFIG]: axolotlBase.replace(before, after) }
    expect(await verdictOf({ [CONFIG]: axolotlBase }, head)).toEqual(['fail', 'unknown'])
  })

  it.each([
    ['per_device_train_batch_size: 8', 'per_device_train_batch_size: 0.001'],
    ['gradient_accumulation_steps: 2', 'gradient_accumulation_steps: 0.5'],
    ['max_length: 2048', 'max_length: 0'],
    ['max_length: 2048', 'max_length: -2048'],
  ])('is an error where no program takes it: %s → %s', async (before, after) => {
    const [conclusion] = await verdictOf({ [CONFIG]: base }, { [CONFIG]: base.replace(before, after) })
    expect(conclusion).toBe('error')
  })

  it('that is left out takes the default', async () => {
    const head = { [CONFIG]: base.replace('max_length: 2048\n', '') }
    expect(await verdictOf({ [CONFIG]: base }, head)).toEqual(['pass'])
  })

  it('may say how long by another name, as long as one that counts is given', async () => {
    const steps = { [CONFIG]: base.replace('max_steps: 1000', 'max_steps: -1\nnum_train_epochs: 1') }
    expect(await verdictOf(steps, steps)).toEqual(['no-change'])
    const grown = { [CONFIG]: base.replace('max_steps: 1000', 'max_steps: -1\nnum_train_epochs: 9') }
    expect(await verdictOf(steps, grown)).toEqual(['fail', 'max_increase_percent'])
  })

  it.each([
    ['the old name of the batch', 'per_gpu_train_batch_size: 512\n'],
    ["accelerate's count", 'accelerator_config: { gradient_accumulation_kwargs: { num_steps: 64 } }\n'],
    ["a file of accelerate's that is not there", 'accelerator_config: more.json\n'],
  ])('does not hide behind the one that we read: %s', async (_, lines) => {
    expect(await verdictOf({ [CONFIG]: base }, { [CONFIG]: base + lines })).toEqual(['fail', 'unknown'])
  })

  it('counts under the name that the Trainer reads', async () => {
    const old = base.replace('per_device_train_batch_size', 'per_gpu_train_batch_size')
    expect(await verdictOf({ [CONFIG]: base }, { [CONFIG]: old })).toEqual(['no-change'])
    const large = { [CONFIG]: old.replace('batch_size: 8', 'batch_size: 512') }
    expect(await verdictOf({ [CONFIG]: base }, large)).toEqual(['fail', 'max_increase_percent'])
    const counted = (count: number) => `accelerator_config: { gradient_accumulation_kwargs: { num_steps: ${count} } }\n`
    const without = base.replace('gradient_accumulation_steps: 2\n', '')
    expect(await verdictOf({ [CONFIG]: base }, { [CONFIG]: without + counted(2) })).toEqual(['no-change'])
    expect(await verdictOf({ [CONFIG]: base }, { [CONFIG]: without + counted(64) })).toEqual([
      'fail',
      'max_increase_percent',
    ])
  })
})

describe('a config with keys of another framework', () => {
  const base = { [CONFIG]: trl() }
  const small = `global_train_batch_size: 8\nmax_duration: 1\n${MODEL}`

  it.each([
    ['axolotl', 'base_model: gpt2\nmicro_batch_size: 1\nmax_steps: 1\n'],
    ['olmo', small],
  ])('is not taken for the smaller run that those describe (%s)', async (_, keys) => {
    expect(await verdictOf(base, { [CONFIG]: `${trl({ epochs: 9 })}${keys}` })).toEqual(['fail', 'unknown'])
    expect(await verdictOf(base, { [CONFIG]: `${trl()}${keys}` })).toEqual(['fail', 'unknown'])
  })

  it('is what the policy of the base branch calls it, and not what that of the head does', async () => {
    const named = (framework: string) => policy().replace('profile: team', `profile: team\n    framework: ${framework}`)
    const head = { [CONFIG]: `${trl({ epochs: 9 })}${small}` }
    expect(await verdictOf(base, head, { rules: named('trl') })).toEqual(['fail', 'max_increase_percent'])
    expect(await verdictOf(base, head, { headRules: named('olmo') })).toEqual(['fail', 'unknown'])
  })

  it('is judged by its numbers when it moves to another framework', async () => {
    const own = (epochs: number) => axolotl({ model: 'mistralai/Mistral-7B-v0.1', epochs, seqLen: 2048 })
    expect(await verdictOf(base, { [CONFIG]: own(1.1) })).toEqual(['pass'])
    expect(await verdictOf(base, { [CONFIG]: own(9) })).toEqual(['fail', 'max_increase_percent'])
    const plain = trl().replace('packing: true\nmax_length', 'block_size')
    expect(await verdictOf({ [CONFIG]: plain }, { [CONFIG]: `${plain}packing: true\nmax_length: 2048\n` })).toEqual([
      'pass',
    ])
  })
})

describe('a branch that was cut before the policy said what it says now', () => {
  const facts = '    facts: { dataset_tokens: 120M }\n'
  const without = policy().replace(facts, '')
  const datasets = 'datasets:\n  our-org/instructions: { tokens: 120M }\n'
  const models = 'models:\n  our-org/base: { like: meta-llama/Meta-Llama-3-8B }\n'
  const grown = (model = 'meta-llama/Meta-Llama-3-8B'): [Files, Files] => [
    { [CONFIG]: axolotl({ model }) },
    { [CONFIG]: axolotl({ model, epochs: 9 }) },
  ]

  it.each([
    ['facts', without, policy(), undefined],
    ['data sets', without, without + datasets, undefined],
    ['models', policy(), policy({ more: models }), 'our-org/base'],
    ['a profile', policy().replace('    profile: team\n', ''), policy(), undefined],
  ])('is judged by it: %s', async (_, rules, tipRules, model) => {
    expect(await verdictOf(...grown(model), { rules, tipRules })).toEqual(['fail', 'max_increase_percent'])
  })

  it('may take up what it says: the base is priced by it too', async () => {
    const verdict = await verdictOf(...grown(), { rules: without, headRules: policy(), tipRules: policy() })
    expect(verdict).toEqual(['fail', 'max_increase_percent'])
  })

  it('cannot take out what it said before', async () => {
    const [base] = grown()
    expect(await verdictOf(base, base, { headRules: without })).toEqual(['fail', 'unknown'])
  })
})

describe('nothing that costs', () => {
  it("a model's shape is no run, whether it is new, changed or removed", async () => {
    const [files, model] = [{ [CONFIG]: axolotl(), 'docs/example.yaml': axolotl() }, 'configs/tiny/config.json']
    expect(await verdictOf(files, { ...files, [model]: shape(8) })).toEqual(['pass'])
    expect(await verdictOf({ ...files, [model]: shape(8) }, { ...files, [model]: shape(9) })).toEqual(['pass'])
    const edited = { ...files, 'docs/example.yaml': axolotl({ epochs: 2 }) }
    expect(await verdictOf({ ...files, [model]: shape(8) }, edited)).toEqual(['pass'])
  })

  it("a model's shape whose length the policy gives is a run all the same", async () => {
    const rules = policy().replace('dataset_tokens: 120M', 'dataset_tokens: 120M, seq_len: 1024, micro_batch: 8')
    const model = (layers: number) => ({ 'configs/tiny/config.json': shape(layers) })
    expect(await verdictOf(model(8), model(80), { rules })).toEqual(['fail', 'max_increase_percent'])
  })

  it('a remark in the policy says nothing of a file that nobody can read', async () => {
    const files = { [CONFIG]: axolotl(), 'configs/vocab.json': UNREADABLE }
    expect(await verdictOf(files, files, { headRules: `${policy()}# Ours.\n` })).toEqual(['no-change'])
  })

  it('a text beside configs whose framework the policy names is no config', async () => {
    const rules = policy().replace('profile: team', 'profile: team\n    framework: axolotl')
    const files = { [CONFIG]: axolotl() }
    expect(await verdictOf(files, { ...files, 'configs/README.md': 'Ours.\n' }, { rules })).toEqual(['no-change'])
  })
})
