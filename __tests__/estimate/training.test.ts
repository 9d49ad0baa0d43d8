import { estimate } from '../../src/estimate/index.ts'
import { lacks, LLAMA3_8B, MIXTRAL, run, value, type Plain } from './runs.ts'

const SEQ = 2048
const of = (plain: Plain) => estimate(run({ ...LLAMA3_8B, seqLen: SEQ, ...plain }))
const perToken = (plain: Plain) => value(of(plain).flops.perToken)
const trainable = (plain: Plain) => value(of(plain).parameters.trainable)

/** One forward pass of Llama-3-8B at 2k: blocks 13,958,643,712, head 1,050,673,152, core 4·4,096·1,024.5·32. */
const BLOCKS = 13_958_643_712
const HEAD = 1_050_673_152
const CORE = 537_133_056
const FORWARD = BLOCKS + HEAD + CORE

describe('kinds of training, in forward passes per token', () => {
  it.each([
    ['pretraining', { method: 'pretrain' }, 3],
    ['supervised fine-tuning', { method: 'sft' }, 3],
    ['DPO with its reference', { method: 'dpo' }, 4],
    ['DPO with precomputed reference', { method: 'dpo', referenceModel: false }, 3],
    ['ORPO', { method: 'orpo' }, 3],
    ['SimPO', { method: 'simpo' }, 3],
    ['KTO, with the forward passes of its KL term', { method: 'kto' }, 6],
    ['GRPO without reference', { method: 'grpo', referenceModel: false }, 4],
    ['GRPO with reference, two iterations', { method: 'grpo', referenceModel: true, iterations: 2 }, 8],
    ['PPO: generation, reference, reward, policy and critic', { method: 'ppo' }, 9],
  ] as const)('%s', (_name, plain, passes) => {
    expect(perToken(plain)).toBe(passes * FORWARD)
  })

  it('a reward model has no output head', () => {
    expect(perToken({ method: 'reward' })).toBe(3 * (FORWARD - HEAD))
  })

  it('distillation is unknown: the teacher is no fact of the run', () => {
    expect(lacks(of({ method: 'distill' }).flops.perToken)).toEqual(['method'])
  })
})

describe('adapters and frozen parts', () => {
  const lora: Plain = { trainable: 'lora', loraRank: 16, loraTargets: ['all-linear'] }
  // r · (in + out): q and o 8,192; k and v 5,120; gate, up and down 18,432; times 16, times 32 layers.
  const ADAPTERS = 16 * 32 * (2 * 8192 + 2 * 5120 + 3 * 18432)

  it('LoRA on all linear layers: 4 FLOPs a frozen weight, 6 an adapter weight, attention three times', () => {
    expect(trainable(lora)).toBe(ADAPTERS)
    expect(perToken(lora)).toBe(2 * (BLOCKS + HEAD) + 6 * ADAPTERS + 3 * CORE)
    expect(perToken({ ...lora, trainable: 'qlora' })).toBe(perToken(lora))
  })

  it('adapters on q and v alone', () => {
    expect(trainable({ ...lora, loraTargets: ['q_proj', 'v_proj'] })).toBe(16 * 32 * (8192 + 5120))
  })

  it('PEFT adapts q and v of a Llama when the config names no target', () => {
    expect(trainable({ ...lora, loraTargets: undefined })).toBe(16 * 32 * (8192 + 5120))
  })

  it('a fused query-key-value matrix takes one adapter', () => {
    expect(trainable({ ...lora, loraTargets: ['qkv_proj'] })).toBe(16 * 32 * (4096 + 6144))
  })

  it('a target named twice is one adapter', () => {
    expect(trainable({ ...lora, loraTargets: ['q_proj', 'model.layers.q_proj'] })).toBe(16 * 32 * 8192)
  })

  it('modules_to_save are trained in full', () => {
    const table = 128_256 * 4096
    expect(trainable({ ...lora, loraModulesToSave: ['lm_head', 'embed_tokens'] })).toBe(ADAPTERS + 2 * table)
    expect(perToken({ ...lora, loraModulesToSave: ['lm_head'] }) - perToken(lora)).toBe(HEAD)
    expect(trainable({ ...lora, tiedEmbeddings: true, loraModulesToSave: ['lm_head', 'embed_tokens'] })).toBe(
      ADAPTERS + table,
    )
  })

  it('experts get adapters of their own; a token passes those of two', () => {
    const plain: Plain = { ...MIXTRAL, trainable: 'lora', loraRank: 8, loraTargets: ['w1'] }
    expect(trainable(plain)).toBe(8 * 8 * 32 * (4096 + 14336))
    const terms = value(of(plain).flops.terms)
    expect(terms.find(term => term.name === 'adapters')?.forwardFlopsPerToken).toBe(2 * 2 * 8 * 32 * (4096 + 14336))
  })

  it.each([
    ['a target that is no known matrix', { ...lora, loraTargets: ['conv9'] }, ['lora.targets']],
    ['a prototype key as target', { ...lora, loraTargets: ['constructor', '__proto__'] }, ['lora.targets']],
    ['no rank', { ...lora, loraRank: undefined }, ['lora.rank']],
    ['no target in a family without a default', { ...lora, family: 'mine', loraTargets: undefined }, ['lora.targets']],
    ['frozen layers of unknown number', { trainable: 'freeze' }, ['trainable_layers']],
    ['frozen layers, none trained', { trainable: 'freeze', trainableLayers: 0 }, ['trainable_layers']],
  ] as const)('unknown: %s', (_name, plain, missing) => {
    expect(lacks(of(plain).flops.perToken)).toEqual(missing)
  })

  it('the last 8 of 32 layers trained: nothing flows back through the others', () => {
    const quarter = (BLOCKS + CORE) / 4
    expect(perToken({ trainable: 'freeze', trainableLayers: 8 })).toBe(3 * quarter + 3 * quarter + 2 * HEAD)
  })

  it('the first 8 layers trained: gradients flow back through all', () => {
    expect(perToken({ trainable: 'freeze', trainableLayers: -8 })).toBe(
      3 * (BLOCKS / 4) + 2 * ((3 * BLOCKS) / 4) + 3 * CORE + 2 * HEAD,
    )
  })

  it('trained layers are counted with their norms', () => {
    // 218,103,808 weights in matrices and two norms of 4,096 a layer.
    expect(trainable({ trainable: 'freeze', trainableLayers: 2 })).toBe(2 * (218_103_808 + 8192))
  })
})

describe('recomputation', () => {
  const extra = (plain: Plain) => {
    const { hardware, model } = of({ ...plain, totalTokens: 1 }).flops
    return value(hardware) - value(model)
  }

  it('full: the blocks once more, never the head', () => {
    expect(extra({ recompute: 'full' })).toBe(BLOCKS + CORE)
  })

  it('selective: the attention core alone', () => {
    expect(extra({ recompute: 'selective' })).toBe(CORE)
  })

  it('frozen layers below the first trained one keep nothing, and recompute nothing', () => {
    expect(extra({ trainable: 'freeze', trainableLayers: 8, recompute: 'full' })).toBe((BLOCKS + CORE) / 4)
  })
})

describe('generation', () => {
  const grpo = (completionTokens: number | undefined, plain: Plain = {}) =>
    of({ method: 'grpo', steps: 100, globalBatch: 64, accelerators: 8, completionTokens, ...plain })
  const seconds = (completionTokens: number, plain: Plain = {}) =>
    value(grpo(completionTokens, plain).acceleratorSeconds).expected

  it('512 more tokens in 100 steps read 16.06 GB of weights 51,200 times at 3,352 GB/s on 8 accelerators', () => {
    // 51,200 · 2 · 8,030,261,248 ÷ 3,352e9 = 245.314 s; · 8.
    expect(seconds(1024) - seconds(512)).toBeCloseTo(1962.51, 1)
  })

  it('a copy spread over four accelerators is read four times as fast', () => {
    const more = (plain: Plain) => seconds(1024, plain) - seconds(512, plain)
    expect(more({}) / more({ tp: 4 })).toBeCloseTo(4, 9)
  })

  it('unknown without the length of a completion', () => {
    expect(lacks(grpo(undefined).usd)).toEqual(['completion_tokens'])
  })
})
