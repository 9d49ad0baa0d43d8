import { calibrationOf, estimate } from '../../src/estimate/index.ts'
import { DEEPSEEK_V3, H100, lacks, LLAMA3_8B, MIXTRAL, PRICE, run, value, type Plain } from './runs.ts'

const flops = (plain: Plain) => value(estimate(run({ seqLen: 4096, ...plain })).flops.perToken)
const usd = (plain: Plain) =>
  value(
    estimate(run({ seqLen: 4096, totalTokens: 1e9, accelerators: 8, ...plain }, { accelerator: H100, price: PRICE }))
      .usd,
  ).expected

describe('traps', () => {
  it('head_dim override: it counts as given, not as hidden_size ÷ num_heads', () => {
    // 16 heads of 256 on a width of 3,584 (Gemma 2), where d ÷ n would be 224.
    const gemma: Plain = {
      hiddenSize: 3584,
      numLayers: 1,
      numHeads: 16,
      numKvHeads: 8,
      ffnSize: 1,
      gated: false,
      vocabSize: 1,
    }
    const terms = value(estimate(run({ ...gemma, headDim: 256, seqLen: 1 })).flops.terms)
    expect(terms[0]?.forwardFlopsPerToken).toBe(2 * 3584 * (4096 + 2 * 2048) + 2 * 4096 * 3584)
  })

  it('head_dim that nobody gives and that does not divide is unknown', () => {
    expect(
      lacks(estimate(run({ ...LLAMA3_8B, headDim: undefined, numHeads: 24, seqLen: 4096 })).flops.perToken),
    ).toContain('head_dim')
  })

  it('tied and untied embeddings have the same FLOPs', () => {
    expect(flops({ ...LLAMA3_8B, tiedEmbeddings: true })).toBe(flops(LLAMA3_8B))
  })

  it('MAC and FLOP: a multiply-add counts two', () => {
    const one: Plain = {
      hiddenSize: 1,
      numLayers: 1,
      numHeads: 1,
      numKvHeads: 1,
      headDim: 1,
      ffnSize: 1,
      gated: false,
      vocabSize: 1,
    }
    // Six weights in the layer and one in the head; the core is one score and one value. Forward and two backward.
    expect(flops({ ...one, seqLen: 1 })).toBe(3 * 2 * (6 + 1 + 2))
  })

  it('sparse peaks: an H100 in bf16 is held against 989 TFLOP/s', () => {
    expect(value(estimate(run({ ...LLAMA3_8B, seqLen: 4096, totalTokens: 1e9 })).peakFlops)).toBe(989e12)
  })

  it('gated is never inferred from the width ratio', () => {
    expect(lacks(estimate(run({ ...LLAMA3_8B, gated: undefined, seqLen: 4096 })).flops.perToken)).toEqual(['gated'])
  })

  it('top-k is never guessed, and not all experts are counted', () => {
    expect(lacks(estimate(run({ ...MIXTRAL, expertsPerToken: undefined, seqLen: 4096 })).flops.perToken)).toEqual([
      'experts_per_token',
    ])
    expect(flops({ ...MIXTRAL, experts: 64 }) / flops(MIXTRAL)).toBeLessThan(1.01)
  })

  it('more experts per token than experts is unknown', () => {
    expect(lacks(estimate(run({ ...MIXTRAL, expertsPerToken: 9, seqLen: 4096 })).flops.perToken)).toEqual([
      'experts_per_token',
    ])
  })

  it('0 or 1 experts are a dense model', () => {
    for (const experts of [0, 1]) expect(flops({ ...LLAMA3_8B, experts })).toBe(flops(LLAMA3_8B))
  })

  it('dense-first and interleaved mixtures: 3 of 61 layers are dense in DeepSeek-V3, every other one in Maverick', () => {
    const all = value(estimate(run({ ...DEEPSEEK_V3, seqLen: 4096 })).flops.terms)
    expect(all.find(term => term.name === 'feed-forward')?.forwardFlopsPerToken).toBe(3 * 2 * 3 * 7168 * 18432)
    expect(all.find(term => term.name === 'router')?.forwardFlopsPerToken).toBe(58 * 2 * 7168 * 256)
    const maverick = value(
      estimate(run({ ...MIXTRAL, numLayers: 48, moeEvery: 2, ffnSize: 16384, seqLen: 4096 })).flops.terms,
    )
    expect(maverick.find(term => term.name === 'router')?.forwardFlopsPerToken).toBe(24 * 2 * 4096 * 8)
  })

  it('causal attention sees half of what bidirectional attention sees', () => {
    const core = (bidirectional: boolean) =>
      value(estimate(run({ ...LLAMA3_8B, bidirectional, seqLen: 4096 })).flops.terms).find(
        t => t.name === 'attention core',
      )?.forwardFlopsPerToken ?? 0
    expect(core(true) / core(false)).toBeCloseTo(8192 / 4097, 10)
  })

  it('a window as long as the sequence changes nothing', () => {
    for (const window of [4096, 8192])
      expect(flops({ ...LLAMA3_8B, layerWindows: { pattern: [window] } })).toBe(flops(LLAMA3_8B))
  })

  it('packing is not one long sequence: short documents in a packed sequence are cheaper', () => {
    const packed: Plain = { ...LLAMA3_8B, method: 'sft', packing: true, seqLen: 32768 }
    expect(flops({ ...packed, meanSampleTokens: 512 })).toBeLessThan(flops(packed))
  })

  it('accumulation is not counted twice: per token it changes nothing', () => {
    const steps = (gradAccum: number) =>
      estimate(run({ ...LLAMA3_8B, seqLen: 4096, steps: 100, microBatch: 1, gradAccum, accelerators: 8 }))
    expect(value(steps(8).tokens)).toBe(8 * value(steps(1).tokens))
    expect(value(steps(8).usd).expected / 8).toBeCloseTo(value(steps(1).usd).expected, 6)
  })

  it('recomputing leaves out the head', () => {
    const { hardware, model } = estimate(run({ ...LLAMA3_8B, seqLen: 8192, totalTokens: 1, recompute: 'full' })).flops
    expect(value(hardware) - value(model)).toBe(13_958_643_712 + 2_147_745_792)
  })

  it('prediction heads bring their logits', () => {
    const terms = value(estimate(run({ ...DEEPSEEK_V3, mtpLayers: 2, seqLen: 4096 })).flops.terms)
    expect(terms.find(term => term.name === 'prediction heads: output')?.forwardFlopsPerToken).toBe(
      2 * 2 * 7168 * 129_280,
    )
  })

  it('an encoder–decoder without its decoder length is unknown', () => {
    const t5: Plain = { ...LLAMA3_8B, encoder: { numLayers: 24 }, seqLen: 512 }
    expect(lacks(estimate(run(t5)).flops.perToken)).toEqual(['decoder_seq_len'])
  })

  it('a masked-language-model head costs its share of 15 %', () => {
    const terms = value(estimate(run({ ...LLAMA3_8B, bidirectional: true, seqLen: 512 })).flops.terms)
    expect(terms.at(-1)).toMatchObject({
      name: 'masked-token head',
      forwardFlopsPerToken: 0.15 * 2 * (4096 * 4096 + 4096 * 128_256),
    })
  })

  it('fp8 does not double the speed of bf16', () => {
    const ratio = usd({ ...LLAMA3_8B, precision: 'bf16' }) / usd({ ...LLAMA3_8B, precision: 'fp8' })
    expect(ratio).toBeLessThan(2)
    const shared = run({ ...LLAMA3_8B, seqLen: 4096, totalTokens: 1e9, accelerators: 8, precision: 'bf16' })
    const fp8 = run({ ...LLAMA3_8B, seqLen: 4096, totalTokens: 1e9, accelerators: 8, precision: 'fp8' })
    const calibration = calibrationOf(shared)
    const compared = value(estimate(shared, calibration).usd).expected / value(estimate(fp8, calibration).usd).expected
    expect(compared).toBeGreaterThan(1)
    expect(compared).toBeLessThan(1.7)
  })

  it('mixtures of experts run at a lower efficiency than dense models of their active size', () => {
    const u = (plain: Plain) =>
      value(estimate(run({ ...plain, seqLen: 4096, totalTokens: 1e9 })).matrixEfficiency).expected
    expect(u(MIXTRAL)).toBeLessThan(u(LLAMA3_8B))
  })

  it('accelerator-hours are not wall-clock hours: 64 of them take a 64th', () => {
    const result = estimate(run({ ...LLAMA3_8B, seqLen: 4096, totalTokens: 1e9, accelerators: 64 }))
    expect(value(result.acceleratorSeconds).expected).toBeCloseTo(64 * value(result.wallClockSeconds).expected, 3)
  })

  it('a size is not parsed from a name: a base model without dimensions is unknown, each dimension named', () => {
    const named = estimate(run({ baseModel: 'acme/giant-70b', seqLen: 4096, totalTokens: 1e9, accelerators: 8 }))
    expect(named.usd.known).toBe(false)
    expect(named.unknown.map(lack => lack.fact)).toEqual([
      'hidden_size',
      'vocab_size',
      'num_layers',
      'num_heads',
      'ffn_size',
      'gated',
    ])
    for (const lack of named.unknown) expect(lack.remedy).not.toBe('')
  })

  it('a family without a formula is unknown, however complete its dimensions look', () => {
    const strange = estimate(run({ ...LLAMA3_8B, family: 'qwen3_next', seqLen: 4096 }))
    expect(lacks(strange.flops.perToken)).toEqual(['family'])
    expect(lacks(strange.parameters.total)).toEqual(['family'])
  })

  it('a family that nobody knows is fine when all dimensions are given', () => {
    expect(flops({ ...LLAMA3_8B, family: 'brand_new' })).toBe(flops(LLAMA3_8B))
  })
})

describe('the facts behind a number', () => {
  it('shows what was assumed, with the reason', () => {
    const { facts } = estimate(
      run({
        ...LLAMA3_8B,
        tiedEmbeddings: undefined,
        numKvHeads: undefined,
        headDim: undefined,
        seqLen: 4096,
        totalTokens: 1e9,
      }),
    )
    for (const name of [
      'tiedEmbeddings',
      'numKvHeads',
      'method',
      'trainable',
      'recompute',
      'packing',
      'precision',
    ] as const) {
      const fact = facts[name]
      expect(fact?.known === true && fact.origins[0]?.kind).toBe('assumed')
      expect(fact?.known === true && fact.origins[0]?.source).toBeTruthy()
    }
    expect(facts.headDim).toMatchObject({ known: true, value: 128, origins: [{ kind: 'derived' }, {}, {}] })
  })

  it('a price carries the lines of the config that it came from', () => {
    const { usd: price } = estimate(run({ ...LLAMA3_8B, seqLen: 4096, totalTokens: 1e9, accelerators: 8 }))
    expect(price.known && price.origins.some(origin => origin.kind === 'config' && origin.line === 2)).toBe(true)
  })

  it('6·N·D is printed against the exact count: 0.94 for Llama-3-8B at 8k, whose attention it leaves out', () => {
    // 6 · 8,030,261,248 ÷ 51,471,187,968.
    expect(value(estimate(run({ ...LLAMA3_8B, seqLen: 8192 })).sixNdRatio)).toBeCloseTo(0.93609, 4)
  })

  it('each missing fact is listed once', () => {
    const { unknown } = estimate(run({}))
    const names = unknown.map(lack => lack.fact)
    expect(new Set(names).size).toBe(names.length)
    expect(names).toEqual(expect.arrayContaining(['hidden_size', 'seq_len', 'steps', 'accelerators']))
  })
})
