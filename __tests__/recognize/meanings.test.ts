import { parse, type ParsedFile } from '../../src/parse/index.ts'
import { includesOf, recognize, type Recognized } from '../../src/recognize/index.ts'

function filesOf(texts: Readonly<Record<string, string>>): ReadonlyMap<string, ParsedFile> {
  return new Map(Object.entries(texts).map(([path, text]) => [path, parse(path, text)]))
}
function config(texts: Readonly<Record<string, string>>, path = Object.keys(texts)[0]!): Recognized {
  const recognition = recognize(path, filesOf(texts))
  if (recognition.is !== 'recognized') throw new Error(JSON.stringify(recognition))
  return recognition.config
}
const TRAINER = 'output_dir: out\nper_device_train_batch_size: 4\nmax_steps: 10\n'
const AXOLOTL = 'base_model: meta-llama/Llama-3.1-8B\nmicro_batch_size: 2\nsequence_len: 8192\n'

describe('a model whose sizes are changed', () => {
  it('is read from config_overrides, at its line', () => {
    const { facts } = config({
      'a.yaml': `${TRAINER}config_name: gpt2\nconfig_overrides: "n_embd=512, n_layer=6,tie_word_embeddings=False"\n`,
    })
    expect(facts.hiddenSize).toMatchObject({ value: 512, origins: [{ kind: 'config', line: 5 }] })
    expect(facts.numLayers).toMatchObject({ value: 6 })
    expect(facts.tiedEmbeddings).toMatchObject({ value: false })
    expect(facts.ffnSize).toMatchObject({ value: 2048 })
    expect(facts.method).toMatchObject({ value: 'pretrain' })
  })
  it.each(['n_embd', 'n_embd=wide', 'tie_word_embeddings=2'])('is an error where it cannot be read: %s', text => {
    const { problems } = config({ 'a.yaml': `${TRAINER}config_name: gpt2\nconfig_overrides: ${text}\n` })
    expect(problems).toMatchObject([{ code: 'malformed-value', severity: 'error', at: { line: 5 } }])
  })
  it('is read from overrides_of_model_config, each size at its own line', () => {
    const { facts } = config({
      'a.yaml': `${AXOLOTL}overrides_of_model_config:\n  num_hidden_layers: 16\n  intermediate_size: 4096\n`,
    })
    expect(facts.numLayers).toMatchObject({ value: 16, origins: [{ line: 5 }] })
    expect(facts.ffnSize).toMatchObject({ value: 4096, origins: [{ line: 6 }] })
  })
})

describe('a run that continues an earlier one', () => {
  it.each([
    [`${AXOLOTL}resume_from_checkpoint: out/checkpoint-100\n`, 4],
    [`${AXOLOTL}auto_resume_from_checkpoints: true\n`, 4],
    [`${TRAINER}learning_rate: 1\nresume_from_checkpoint: true\n`, 5],
  ])('is told that its trained tokens are not known: %#', (text, line) => {
    expect(config({ 'a.yaml': text }).problems).toMatchObject([
      { code: 'resumed-run', severity: 'warning', at: { line }, message: expect.stringContaining('trained_tokens') },
    ])
  })
  it.each(['', 'null', 'false', 'none', '~'])('is none where it says "%s"', value => {
    expect(config({ 'a.yaml': `${AXOLOTL}resume_from_checkpoint: ${value}\n` }).problems).toEqual([])
  })
})

describe('devices of a TPU slice', () => {
  const run = (topology: string) =>
    config({ 'a.yml': `base_config: base.yml\nmodel_name: llama2-7b\nsteps: 10\ncompile_topology: ${topology}\n` })
      .facts.accelerators
  it.each([
    ['v5e-256', 256],
    ['v6e-64', 64],
    ['v4-512', 256],
    ['v5p-128', 64],
  ])('are chips: %s', (topology, chips) => {
    expect(run(topology)).toMatchObject({ known: true, value: chips })
  })
  it.each(['a3', 'tpu7x-64', 'v3-32', 'v5e-'])('are not guessed: %s', topology => {
    expect(run(topology)?.known).not.toBe(true)
  })
})

describe('a config inside another file', () => {
  const inner = AXOLOTL.replace(/^/gm, '  ').trimEnd()
  it('is read where a launcher keeps it whole', () => {
    const read = config({ 'job.yaml': `name: tune\nimage: x\nconfig:\n${inner}\n` })
    expect(read.framework).toBe('axolotl')
    expect(read.facts.seqLen).toMatchObject({ value: 8192, origins: [{ path: 'job.yaml', line: 6 }] })
  })
  it('resolves its interpolations by itself', () => {
    const olmo = 'width: 64\nglobal_train_batch_size: 8\nmax_duration: 10\nmodel: {d_model: "${width}", n_heads: 4}'
    const text = `width: 1\nparameters:\n${olmo.replace(/^/gm, '  ')}\n`
    expect(config({ 'job.yaml': text }).facts.hiddenSize).toMatchObject({ value: 64 })
  })
  it('is not the only one where there are two', () => {
    const text = `config:\n${inner}\nparameters:\n${inner}\n`
    expect(recognize('job.yaml', filesOf({ 'job.yaml': text }))).toMatchObject({ is: 'recognized', trainings: 2 })
  })
  it('is not looked for under any other name', () => {
    expect(recognize('job.yaml', filesOf({ 'job.yaml': `spec:\n${inner}\n` }))).toMatchObject({ is: 'unrecognized' })
  })
})

describe('what a file names', () => {
  it('is an edge behind !include, inside lists and sections too', () => {
    const text = `${AXOLOTL}datasets:\n  - !include data/a.yaml\ntrl: { beta: !include ../x.yaml }\nother: !vault y.yaml\n`
    const wanted = includesOf(recognize('runs/a.yaml', filesOf({ 'runs/a.yaml': text })))
    expect(wanted).toEqual(expect.arrayContaining(['runs/data/a.yaml', 'data/a.yaml', 'x.yaml']))
    expect(wanted.join()).not.toContain('y.yaml,')
  })
  it.each(['https://x.org/a.yaml', '/etc/passwd', '../../a.yaml', '~/a.yaml'])(
    'never leads out of the repository behind !include: %s',
    name => {
      const wanted = includesOf(recognize('a.yaml', filesOf({ 'a.yaml': `${AXOLOTL}x: !include "${name}"\n` })))
      expect(wanted.filter(path => !path.startsWith('meta-llama'))).toEqual([])
    },
  )
  it('is asked for even where the file alone is no training', () => {
    expect(recognize('a.yaml', filesOf({ 'a.yaml': '_base_: b.yaml\nlearning_rate: 1\n' }))).toMatchObject({
      is: 'unrecognized',
      includes: ['b.yaml'],
    })
  })
})

describe('programs that only use a model', () => {
  const nemo = 'trainer: {devices: 1, max_steps: 10}\nmodel:\n  restore_from_path: a.nemo\n  micro_batch_size: 1\n'
  it.each([
    ['NeMo generates', `${nemo}  data: {test_ds: {file_names: [a]}}\n`],
    ['NeMo quantizes', `${nemo}quantization: {algorithm: fp8}\n`],
    ['LLaMA-Factory predicts', 'stage: sft\nmodel_name_or_path: a/b\ntemplate: x\ndataset: d\ndo_predict: true\n'],
    ['Lightning tests', 'mode: test\ntrainer: {max_epochs: 1}\nmodel: {dim: 8}\n'],
    ['MaxText serves', 'base_config: inference/inference_jetstream.yml\nmodel_name: llama2-7b\nremat_policy: full\n'],
    [
      'Levanter evaluates',
      'eval_harness: {}\ncheckpoint_path: a\nmodel: {type: llama}\ntrainer: {mp: bf16, tracker: x}\n',
    ],
  ])('are no trainings: %s', (_what, text) => {
    expect(recognize('a.yaml', filesOf({ 'a.yaml': text }))).toMatchObject({ is: 'unrecognized' })
  })
  it('are told from those that train', () => {
    expect(config({ 'a.yaml': `${nemo}  data: {train_ds: {max_seq_length: 512}}\n` }).framework).toBe('nemo')
    const both = 'stage: sft\nmodel_name_or_path: a/b\ntemplate: x\ndataset: d\ndo_predict: true\ndo_train: true\n'
    expect(config({ 'a.yaml': both }).framework).toBe('llama_factory')
  })
})

it('says unknown where steps of Megatron differ in size', () => {
  const flags = '  --num-layers: 4\n  --hidden-size: 64\n  --num-attention-heads: 4\n  --train-iters: 100\n'
  const { facts, problems } = config({ 'a.yaml': `MODEL_ARGS:\n${flags}  --rampup-batch-size: "16 16 1000"\n` })
  expect(facts.steps).toMatchObject({ known: false, missing: [{ absent: false, at: { line: 6 } }] })
  expect(problems).toEqual([])
})
it('puts the mixture where the pattern of Megatron says', () => {
  const flags =
    '  --num-layers: 61\n  --hidden-size: 64\n  --num-attention-heads: 4\n  --train-iters: 1\n  --num-experts: 8\n'
  const read = (frequency: string) =>
    config({ 'a.yaml': `MODEL_ARGS:\n${flags}  --moe-layer-freq: ${frequency}\n` }).facts
  expect(read('([0]*3+[1]*58)').firstDenseLayers).toMatchObject({ value: 3 })
  expect(read('([0,1]*30+[1])').moeEvery).toMatchObject({ known: false, missing: [{ absent: false }] })
  expect(read('1').firstDenseLayers).toBeUndefined()
})
