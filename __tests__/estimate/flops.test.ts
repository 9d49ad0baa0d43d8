import { estimate } from '../../src/estimate/index.ts'
import { DEEPSEEK_V3, LLAMA3_8B, MIXTRAL, run, value, type Plain } from './runs.ts'

function model(plain: Plain, seqLen: number): number {
  return value(estimate(run({ ...plain, seqLen })).flops.perToken)
}

/** The forward FLOPs per token of one named term. */
function term(plain: Plain, seqLen: number, name: string): number {
  const terms = value(estimate(run({ ...plain, seqLen })).flops.terms)
  const found = terms.find(candidate => candidate.name === name)
  if (found === undefined) throw new Error(`no term ${name} in ${terms.map(t => t.name).join(', ')}`)
  return found.forwardFlopsPerToken
}

const GPT3: Plain = {
  hiddenSize: 12288,
  numLayers: 96,
  numHeads: 96,
  ffnSize: 49152,
  gated: false,
  vocabSize: 50257,
}
const MAMBA2: Plain = {
  family: 'mamba2',
  hiddenSize: 2560,
  numLayers: 64,
  vocabSize: 50288,
  ssm: { version: 2, innerSize: 5120, state: 128, conv: 4, groups: 1, headDim: 64, chunk: 256 },
}
const LLAMA_405B: Plain = { ...LLAMA3_8B, hiddenSize: 16384, numLayers: 126, numHeads: 128, ffnSize: 53248 }

describe('reference totals per token', () => {
  it.each([
    ['Llama-3-8B at 8k', LLAMA3_8B, 8192, 5.147e10],
    ['Llama-3.1-405B at 8k', LLAMA_405B, 8192, 2.524e12],
    ['DeepSeek-V3 at 4k', DEEPSEEK_V3, 4096, 2.505e11],
    ['DeepSeek-V3 at 4k with its prediction head', { ...DEEPSEEK_V3, mtpLayers: 1 }, 4096, 2.606e11],
    ['GPT-3 at 2k', GPT3, 2048, 1.0619e12],
    ['Mixtral at 4k', MIXTRAL, 4096, 7.971e10],
    ['Mamba-2 2.7B at 2k', MAMBA2, 2048, 1.723e10],
  ] as const)('%s', (_name, plain, seqLen, flops) => {
    expect(Math.abs(model(plain, seqLen) / flops - 1)).toBeLessThan(0.0005)
  })

  it('BERT-Base at 512: 7.705e19 for a million steps of 256 sequences', () => {
    const bert: Plain = {
      hiddenSize: 768,
      numLayers: 12,
      numHeads: 12,
      ffnSize: 3072,
      gated: false,
      vocabSize: 30522,
      bidirectional: true,
    }
    const total = value(estimate(run({ ...bert, seqLen: 512, steps: 1e6, globalBatch: 256 })).flops.model)
    expect(Math.abs(total / 7.705e19 - 1)).toBeLessThan(0.0005)
  })

  it('T5-11B: 1.48e10 forward FLOPs per input token at 512 → 114', () => {
    const t5: Plain = {
      family: 't5',
      hiddenSize: 1024,
      numLayers: 24,
      numHeads: 128,
      headDim: 128,
      ffnSize: 65536,
      gated: false,
      vocabSize: 32128,
      encoder: { numLayers: 24 },
      decoderSeqLen: 114,
    }
    expect(model(t5, 512) / 3 / 1.48e10).toBeCloseTo(1, 2)
  })
})

describe('what a change must read', () => {
  const percent = (before: number, after: number) => (after / before - 1) * 100
  const base = model(LLAMA3_8B, 8192)
  it.each([
    ['sequence 8k → 32k', base, model(LLAMA3_8B, 32768), 37.5],
    [
      '5 of 6 layers windowed to 1,024 at 32k',
      model(LLAMA3_8B, 32768),
      model({ ...LLAMA3_8B, layerWindows: { pattern: [1024, 1024, 1024, 1024, 1024, null] } }, 32768),
      -28.8,
    ],
    ['key/value heads 8 → 32', base, model({ ...LLAMA3_8B, numKvHeads: 32 }, 8192), 9.4],
    ['vocabulary 128k → 32k', base, model({ ...LLAMA3_8B, vocabSize: 32000 }, 8192), -4.6],
    ['head width 128 → 256', base, model({ ...LLAMA3_8B, headDim: 256 }, 8192), 28.2],
    [
      'Mixtral, 2 → 4 experts per token at 4k',
      model(MIXTRAL, 4096),
      model({ ...MIXTRAL, expertsPerToken: 4 }, 4096),
      84.9,
    ],
    [
      'Mixtral, 2 → 4 experts per token at 8k',
      model(MIXTRAL, 8192),
      model({ ...MIXTRAL, expertsPerToken: 4 }, 8192),
      81.6,
    ],
    [
      'full → LoRA r16 on all linear layers at 8k',
      base,
      model({ ...LLAMA3_8B, trainable: 'lora', loraRank: 16, loraTargets: ['all-linear'] }, 8192),
      -28.7,
    ],
    [
      'full → LoRA r16 on all linear layers at 2k',
      model(LLAMA3_8B, 2048),
      model({ ...LLAMA3_8B, trainable: 'lora', loraRank: 16, loraTargets: ['all-linear'] }, 2048),
      -31.6,
    ],
  ] as const)('%s', (_name, before, after, expected) => {
    expect(percent(before, after)).toBeCloseTo(expected, 1)
  })

  it('Mixtral with 16 instead of 8 experts: only the router, +0.008 %', () => {
    expect(percent(model(MIXTRAL, 4096), model({ ...MIXTRAL, experts: 16 }, 4096))).toBeCloseTo(0.008, 3)
  })

  it('tied embeddings: nothing', () => {
    expect(model({ ...LLAMA3_8B, tiedEmbeddings: true }, 8192)).toBe(base)
  })

  it('recomputation: no model FLOPs, +31.3 % hardware FLOPs', () => {
    const of = (recompute: 'none' | 'full') =>
      estimate(run({ ...LLAMA3_8B, seqLen: 8192, totalTokens: 1e9, recompute })).flops
    expect(value(of('full').model)).toBe(value(of('none').model))
    expect(percent(value(of('none').hardware), value(of('full').hardware))).toBeCloseTo(31.3, 1)
  })
})

describe('parts, counted by hand', () => {
  const tiny: Plain = {
    hiddenSize: 8,
    numLayers: 2,
    numHeads: 2,
    numKvHeads: 1,
    headDim: 4,
    ffnSize: 16,
    gated: true,
    vocabSize: 10,
  }

  it('projections: q 8×8, k and v 8×4, o 8×8 in two layers, 2 FLOPs a weight', () => {
    expect(term(tiny, 3, 'attention projections')).toBe(2 * 2 * (64 + 32 + 32 + 64))
  })

  it('core: scores and values of 8 channels each over 1, 2 and 3 keys', () => {
    // Three queries see 6 keys together: 2 on average; 2·8 for a score, 2·8 for a value, 2 layers.
    expect(term(tiny, 3, 'attention core')).toBe(2 * 2 * (16 + 16))
  })

  it('a gated feed-forward has three matrices, a plain one two', () => {
    expect(term(tiny, 3, 'feed-forward')).toBe(2 * 2 * 3 * 128)
    expect(term({ ...tiny, gated: false }, 3, 'feed-forward')).toBe(2 * 2 * 2 * 128)
  })

  it('the head is 2·d·V once; the look-up is free', () => {
    expect(term(tiny, 3, 'output head')).toBe(160)
  })

  it('mixture layers: the first dense, then every second, two of four experts and a shared one', () => {
    const mixture: Plain = {
      ...tiny,
      numLayers: 5,
      experts: 4,
      expertsPerToken: 2,
      expertFfnSize: 6,
      sharedExperts: 1,
      sharedExpertFfnSize: 10,
      firstDenseLayers: 1,
      moeEvery: 2,
    }
    // Layers 2 and 4 of 1 … 5 are mixtures.
    expect(term(mixture, 3, 'feed-forward')).toBe(3 * 2 * 3 * 8 * 16)
    expect(term(mixture, 3, 'router')).toBe(2 * 2 * 8 * 4)
    expect(term(mixture, 3, 'experts')).toBe(2 * 2 * 2 * 3 * 8 * 6)
    expect(term(mixture, 3, 'shared experts')).toBe(2 * 2 * 3 * 8 * 10)
  })

  it('latent attention: 8 → rank 6 → 2 heads of 3 + 1, 8 → 5 + 1, 5 → 2 heads of 3 + 4, 2·4 → 8', () => {
    const latent: Plain = { ...tiny, headDim: undefined, mla: { qRank: 6, kvRank: 5, nope: 3, rope: 1, v: 4 } }
    expect(term(latent, 3, 'attention projections')).toBe(2 * 2 * (8 * 6 + 6 * 8 + 8 * 6 + 5 * 14 + 8 * 8))
    // Two heads, scores over 4 channels and values of 4, two keys on average.
    expect(term(latent, 3, 'attention core')).toBe(2 * 2 * 2 * (4 + 4) * 2)
    const noRank: Plain = { ...latent, mla: { qRank: null, kvRank: 5, nope: 3, rope: 1, v: 4 } }
    expect(term(noRank, 3, 'attention projections')).toBe(2 * 2 * (8 * 8 + 8 * 6 + 5 * 14 + 8 * 8))
  })

  it('cross-attention keys and values are computed on encoder tokens, its queries on decoder tokens', () => {
    const seq2seq: Plain = { ...tiny, encoder: { numLayers: 3 }, decoderSeqLen: 2 }
    // A quarter of the tokens are the decoder's: q and o a quarter, k and v in full.
    expect(term(seq2seq, 8, 'cross-attention projections')).toBe(2 * (0.25 * 2 * (64 + 64) + 2 * (32 + 32)))
    expect(term(seq2seq, 8, 'cross-attention core')).toBe(2 * 0.25 * 4 * 8 * 8)
    expect(term(seq2seq, 8, 'encoder attention core')).toBe(3 * 4 * 8 * 8)
    expect(term(seq2seq, 8, 'attention core')).toBe(0.25 * 2 * 4 * 8 * 1.5)
    expect(term(seq2seq, 8, 'output head')).toBe(0.25 * 160)
  })

  it('Mamba: projections, rank 2, and nine operations a channel and state in the scan', () => {
    const mamba: Plain = {
      hiddenSize: 8,
      numLayers: 2,
      vocabSize: 10,
      ssm: { version: 1, innerSize: 16, state: 4, conv: 4, dtRank: 2 },
    }
    expect(term(mamba, 64, 'state-space projections')).toBe(2 * 2 * (8 * 32 + 16 * 10 + 2 * 16 + 16 * 8))
    expect(term(mamba, 64, 'state-space convolution')).toBe(2 * 2 * 4 * 16)
    expect(term(mamba, 64, 'state-space scan')).toBe(2 * 9 * 16 * 4)
  })

  it('a hybrid attends in every fourth layer from the second', () => {
    const hybrid: Plain = {
      ...tiny,
      numLayers: 8,
      ssm: { version: 1, innerSize: 16, state: 4, conv: 4, dtRank: 2, attentionEvery: 4, attentionOffset: 1 },
    }
    expect(term(hybrid, 3, 'attention projections')).toBe(2 * 2 * 192)
    expect(term(hybrid, 3, 'state-space scan')).toBe(6 * 576)
    expect(term(hybrid, 3, 'feed-forward')).toBe(8 * 2 * 3 * 128)
  })

  it('efficient attention: each kind by its formula, on 8 channels in two layers', () => {
    const long = 4096
    const core = (attention: NonNullable<Plain['attention']>) => term({ ...tiny, attention }, long, 'attention core')
    // Two rounds over its own chunk of 64 and the one before, and hashing into 32 buckets.
    expect(core({ kind: 'lsh', rounds: 2, chunk: 64, buckets: 32 })).toBe(2 * (4 * 2 * 8 * 128 + 2 * 8 * 32))
    expect(core({ kind: 'linformer', projected: 256 })).toBe(2 * (4 * 8 * 256 + 4 * 256 * 4))
    expect(core({ kind: 'performer', features: 100 })).toBe(2 * 8 * 100 * 8)
    expect(core({ kind: 'linear' })).toBe(2 * 8 * 8 * 4)
    expect(core({ kind: 'longformer', window: 512, globals: 2 })).toBe(2 * 4 * 8 * 516)
  })

  it('Reformer shares queries and keys: one projection fewer', () => {
    const reformer: Plain = { ...tiny, attention: { kind: 'lsh', rounds: 1, chunk: 64, buckets: 32 } }
    expect(term(reformer, 4096, 'attention projections')).toBe(2 * 2 * (64 + 32 + 64))
  })

  it('Reformer grows with the length like n, full attention like n²', () => {
    const reformer: Plain = { ...tiny, attention: { kind: 'lsh', rounds: 4, chunk: 64, buckets: 64 } }
    expect(term(reformer, 65536, 'attention core')).toBe(term(reformer, 1024, 'attention core'))
    expect(term(tiny, 65535, 'attention core') / term(tiny, 1023, 'attention core')).toBe(64)
  })
})
