import { isAbsent, type FactName } from '../../src/facts/index.ts'
import { parse } from '../../src/parse/index.ts'
import { recognize } from '../../src/recognize/index.ts'

function factOf(text: string, name: FactName) {
  const path = 'configs/run.yaml'
  const read = recognize(path, new Map([[path, parse(path, text)]]))
  if (read.is !== 'recognized') throw new Error(`it is ${read.is}`)
  const fact = read.config.facts[name]
  if (fact === undefined) return 'left out'
  if (fact.known) return fact.value
  return isAbsent(fact) ? 'left out' : fact.missing.map(({ why }) => why).join()
}

const RUNS: Readonly<Record<string, string>> = {
  llama_factory: 'stage: sft\nmodel_name_or_path: m\ntemplate: t\ndataset: d\n',
  axolotl: 'base_model: m\ndatasets: [{ path: d, type: alpaca }]\n',
  trl: 'model_name_or_path: m\nlearning_rate: 1e-5\noutput_dir: o\npacking: true\n',
  grpo: 'model_name_or_path: m\nlearning_rate: 1e-5\nnum_generations: 8\nmax_prompt_length: 512\n',
  gpt_neox:
    'num_layers: 8\nhidden_size: 1024\nnum_attention_heads: 8\nseq_length: 2048\nmax_position_embeddings: 2048\npipe_parallel_size: 1\nmodel_parallel_size: 1\ndata_impl: mmap\ntrain_iters: 100\n',
}

describe('a number that the file sets to nothing', () => {
  it.each([
    ['llama_factory', 'cutoff_len', 'seqLen', 2048],
    ['llama_factory', 'per_device_train_batch_size', 'microBatch', 8],
    ['axolotl', 'sequence_len', 'seqLen', 512],
    ['axolotl', 'micro_batch_size', 'microBatch', 1],
    ['axolotl', 'num_epochs', 'epochs', 1],
    ['trl', 'max_length', 'seqLen', 1024],
    ['trl', 'gradient_accumulation_steps', 'gradAccum', 1],
    ['grpo', 'max_completion_length', 'completionTokens', 512],
    ['grpo', 'num_iterations', 'iterations', 1],
  ] as const)('takes no default, which one that is left out takes: %s %s', (run, key, name, value) => {
    const text = RUNS[run] ?? ''
    expect(factOf(text, name)).toBe(value)
    for (const nothing of ['null', '', '-1', 'auto'])
      expect(factOf(`${text}${key}: ${nothing}\n`, name)).toContain(`${key} is set to`)
  })

  it('is not taken for 1 where the estimate takes what nobody says for it', () => {
    const neox = RUNS['gpt_neox'] ?? ''
    expect(factOf(neox, 'gradAccum')).toBe('left out')
    expect(factOf(`${neox}gradient_accumulation_steps: auto\n`, 'gradAccum')).toContain('is set to "auto"')
    // DeepSpeed divides the whole batch then.
    expect(factOf(`${neox}gradient_accumulation_steps: auto\ntrain_batch_size: 512\n`, 'gradAccum')).toBe('left out')
  })

  it('was the default itself in old TRL', () => {
    expect(factOf(`${RUNS['trl']}max_seq_length: null\n`, 'seqLen')).toBe(1024)
  })

  it('may be given by another name', () => {
    expect(factOf(`${RUNS['trl']}max_length: null\nmax_seq_length: 4096\n`, 'seqLen')).toBe(4096)
  })

  it('is computed where the program computes it: accumulation from the batch of a rank', () => {
    const of = (steps: string) =>
      `${RUNS['axolotl']}micro_batch_size: 2\nbatch_size: 16\ngradient_accumulation_steps: ${steps}\n`
    expect(factOf(of('null'), 'gradAccum')).toBe(8)
    expect(factOf(of('-1'), 'gradAccum')).toContain('is set to -1')
  })
})

describe('the batch of a device under two names', () => {
  const batch = (lines: string) => factOf(`${RUNS['trl']}${lines}`, 'microBatch')

  it('is the one that is there, and the old one is no batch where it is 0', () => {
    expect(batch('per_gpu_train_batch_size: 32\n')).toBe(32)
    expect(batch('per_device_train_batch_size: 4\nper_gpu_train_batch_size: 4\n')).toBe(4)
    expect(batch('per_device_train_batch_size: 4\nper_gpu_train_batch_size: 0\n')).toBe(4)
    expect(batch('per_device_train_batch_size: 4\nper_gpu_train_batch_size: null\n')).toBe(4)
  })

  it('is unknown where they differ, whichever is the larger', () => {
    for (const [device, gpu] of [
      [4, 512],
      [512, 4],
    ])
      expect(batch(`per_device_train_batch_size: ${device}\nper_gpu_train_batch_size: ${gpu}\n`)).toContain('differ')
  })
})

it("accelerate's count of accumulation is the Trainer's where that has none, and refused beside one", () => {
  const counted = 'accelerator_config: { gradient_accumulation_kwargs: { num_steps: 16 } }\n'
  const accumulation = (lines: string) => factOf(`${RUNS['trl']}${lines}`, 'gradAccum')
  expect(accumulation(counted)).toBe(16)
  expect(accumulation(`${counted}gradient_accumulation_steps: 1\n`)).toBe(16)
  expect(accumulation(`${counted}gradient_accumulation_steps: 4\n`)).toContain('refuses both')
  expect(accumulation('accelerator_config: { split_batches: true }\ngradient_accumulation_steps: 4\n')).toBe(4)
})
