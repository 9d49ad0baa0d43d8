import { estimate } from '../../src/estimate/index.ts'
import { A100, H100, lacks, LLAMA3_8B, MIXTRAL, PRICE, run, value, type Plain } from './runs.ts'

const GIB = 2 ** 30
const PARAMETERS = 8_030_261_248
const base: Plain = { ...LLAMA3_8B, seqLen: 4096, microBatch: 1, accelerators: 8, zeroStage: 3, totalTokens: 1e9 }

const of = (plain: Plain, accelerator = H100) =>
  estimate(run({ ...base, ...plain }, { accelerator, price: PRICE })).memory
const part = (plain: Plain, name: string) => value(of(plain)).parts.find(entry => entry.name === name)?.bytes ?? 0

describe('state', () => {
  it('mixed-precision Adam keeps 18 bytes a parameter: 2 weights, 4 gradients, 12 master and moments', () => {
    const alone = { zeroStage: 0, accelerators: 1 }
    expect(part(alone, 'weights')).toBe(2 * PARAMETERS)
    expect(part(alone, 'gradients')).toBe(4 * PARAMETERS)
    expect(part(alone, 'optimizer')).toBe(12 * PARAMETERS)
  })

  it.each([
    [0, 2, 4, 12],
    [1, 2, 4, 1.5],
    [2, 2, 0.5, 1.5],
    [3, 0.25, 0.5, 1.5],
  ])(
    'ZeRO stage %i over 8 ranks: %f weight, %f gradient, %f optimizer bytes',
    (zeroStage, weights, gradients, state) => {
      expect(part({ zeroStage }, 'weights')).toBe(weights * PARAMETERS)
      expect(part({ zeroStage }, 'gradients')).toBe(gradients * PARAMETERS)
      expect(part({ zeroStage }, 'optimizer')).toBe(state * PARAMETERS)
    },
  )

  it.each([
    ['adamw_bnb_8bit', 6],
    ['sgd', 8],
    ['lion', 8],
    ['muon', 8],
  ])('%s keeps %i bytes a parameter, the master copy included', (optimizer, bytes) => {
    expect(part({ optimizer, zeroStage: 0 }, 'optimizer')).toBe(bytes * PARAMETERS)
  })

  it('an optimizer that nobody knows leaves memory unknown, and the price known', () => {
    const result = estimate(run({ ...base, optimizer: 'home-grown' }))
    expect(lacks(result.memory)).toEqual(['optimizer'])
    expect(result.usd.known).toBe(true)
  })

  it('LoRA keeps frozen weights at 2 bytes, QLoRA at 0.55 but for the tables, and no state for them', () => {
    const lora: Plain = { trainable: 'lora', loraRank: 16, loraTargets: ['q_proj'], zeroStage: 0 }
    const adapters = 16 * 32 * 8192
    expect(part(lora, 'weights')).toBe(2 * PARAMETERS + 2 * adapters)
    // Embedding and head, 128,256 × 4,096 each, are no layers: bitsandbytes leaves them as they are.
    const tables = 2 * 128_256 * 4096
    expect(part({ ...lora, trainable: 'qlora' }, 'weights')).toBeCloseTo(
      0.55 * (PARAMETERS - tables) + 2 * tables + 2 * adapters,
      3,
    )
    expect(part(lora, 'optimizer')).toBe(12 * adapters)
  })

  it('an offloaded optimizer is not on the accelerator', () => {
    expect(part({ offload: true }, 'optimizer')).toBe(0)
  })

  it('tensor, pipeline and expert parallelism each hold their part of the weights', () => {
    expect(part({ zeroStage: 0, tp: 2, pp: 2 }, 'weights')).toBe((2 * PARAMETERS) / 4)
    const experts: Plain = { ...MIXTRAL, ffnSize: undefined, zeroStage: 0 }
    expect(part({ ...experts, ep: 8 }, 'weights')).toBe(part(experts, 'weights') / 8)
  })
})

describe('activations and logits', () => {
  it('a token keeps 168,064 bytes a layer: 2(4d + 2q + 2kv) + 4n + 8f', () => {
    // 2 · (16,384 + 8,192 + 2,048) + 128 + 8 · 14,336 = 168,064.
    expect(part({}, 'activations')).toBe(4096 * 32 * 168_064)
  })

  it('full recomputation keeps the input of each layer and one layer', () => {
    expect(part({ recompute: 'full' }, 'activations')).toBe(4096 * (2 * 4096 * 32 + 168_064))
  })

  it('logits take 10 bytes a token and vocabulary entry, none with a fused cross-entropy', () => {
    expect(part({}, 'logits')).toBe(4096 * 128_256 * 10)
    expect(part({ fusedCrossEntropy: true }, 'logits')).toBe(0)
  })

  it('at 128k tokens the logits of Llama-3-8B are the largest part', () => {
    const memory = value(of({ seqLen: 131_072, recompute: 'full', accelerators: 64 }))
    expect(memory.parts[0]?.name).toBe('logits')
  })
})

describe('verdict', () => {
  it('Llama-3-8B in full on one H100 is out of memory, by more than its 80 GiB of state', () => {
    const memory = value(of({ zeroStage: 0, accelerators: 1 }))
    expect(memory.verdict).toBe('out-of-memory')
    expect(memory.bytesPerAccelerator.expected / GIB).toBeGreaterThan(134)
  })

  it('QLoRA with recomputation fits, and the parts add up to the expected bytes', () => {
    const memory = value(
      of({ trainable: 'qlora', loraRank: 16, loraTargets: ['all-linear'], recompute: 'full', accelerators: 1 }),
    )
    expect(memory.verdict).toBe('fits')
    expect(memory.parts.reduce((sum, entry) => sum + entry.bytes, 0)).toBeCloseTo(
      memory.bytesPerAccelerator.expected,
      0,
    )
    expect(memory.parts.map(entry => entry.bytes)).toEqual(
      memory.parts.map(entry => entry.bytes).toSorted((a, b) => b - a),
    )
  })

  it('above 85 % of the memory is tight', () => {
    const { bytesPerAccelerator } = value(of({}))
    const sized = (share: number) => ({ ...A100, memoryBytes: bytesPerAccelerator.expected / share })
    expect(value(of({}, sized(0.84))).verdict).toBe('fits')
    expect(value(of({}, sized(0.86))).verdict).toBe('tight')
    expect(value(of({}, sized(1.01))).verdict).toBe('out-of-memory')
  })

  it.each([
    ['no micro batch', { microBatch: undefined }, ['micro_batch']],
    ['no accelerators', { accelerators: undefined }, ['accelerators']],
  ] as const)('unknown: %s', (_name, plain, missing) => {
    expect(lacks(of(plain))).toEqual(missing)
  })

  it('unknown where the sharding is not given and decides', () => {
    expect(lacks(of({ zeroStage: undefined }))).toEqual(['zero_stage'])
  })

  it('given without the sharding where it decides nothing', () => {
    const tiny: Plain = {
      hiddenSize: 64,
      numLayers: 2,
      numHeads: 4,
      numKvHeads: 4,
      headDim: 16,
      ffnSize: 256,
      vocabSize: 1000,
    }
    expect(value(of({ ...tiny, zeroStage: undefined })).verdict).toBe('fits')
  })

  it('an accelerator of unknown size has no verdict', () => {
    expect(of({}, { ...H100, memoryBytes: null }).known).toBe(false)
  })
})
