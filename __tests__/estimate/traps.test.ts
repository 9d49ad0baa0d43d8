import { calibrationOf, estimate } from '../../src/estimate/index.ts'
import { parse } from '../../src/parse/index.ts'
import { recognize } from '../../src/recognize/index.ts'
import { acceleratorNamed } from '../../src/resolve/index.ts'
import { DEEPSEEK_V3, H100, lacks, LLAMA3_8B, MIXTRAL, PRICE, run, value, type Plain } from './runs.ts'

const flops = (plain: Plain) => value(estimate(run({ seqLen: 4096, ...plain })).flops.perToken)
const usd = (plain: Plain) =>
  value(
    estimate(run({ seqLen: 4096, totalTokens: 1e9, accelerators: 8, ...plain }, { accelerator: H100, price: PRICE }))
      .usd,
  ).expected

/**
 * Each test stands for a mistake that an estimator of this kind makes. The line above it is the mistake, as an edit of
 * the source: with it the test fails.
 */
describe('traps', () => {
  // Trap: src/estimate/architecture.ts: if (!isAbsent(given)) return given → if (isAbsent(given)) return given
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

  // Trap: src/estimate/flops.ts: r * (2 * e * V + narrow) → r * (architecture.tied ? 0 : 2 * e * V + narrow)
  it('tied and untied embeddings have the same FLOPs', () => {
    expect(flops({ ...LLAMA3_8B, tiedEmbeddings: true })).toBe(flops(LLAMA3_8B))
  })

  // Trap: src/estimate/flops.ts: counts.dense * 2 * weightsUsed → counts.dense * weightsUsed
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

  // Trap: data/accelerators.json: "fp16": 121, "bf16": 121 → "fp16": 121, "bf16": 242
  it('sparse peaks: an H100 is held against 989 TFLOP/s, an L4 against 121, an A10G against 70', () => {
    const peak = (name: string) => value(acceleratorNamed(name)).peakFlops.bf16
    expect([peak('H100-SXM'), peak('L4'), peak('A10G')]).toEqual([989e12, 121e12, 70e12])
    const accelerator = value(acceleratorNamed('H100-SXM'))
    const result = estimate(run({ ...LLAMA3_8B, seqLen: 4096, totalTokens: 1e9 }, { accelerator }))
    expect(value(result.peakFlops)).toBe(989e12)
  })

  // Trap: src/estimate/architecture.ts: ? need(facts, 'gated', → ? assume(facts, 'gated', true,
  it('gated is never inferred from the width ratio', () => {
    expect(lacks(estimate(run({ ...LLAMA3_8B, gated: undefined, seqLen: 4096 })).flops.perToken)).toEqual(['gated'])
  })

  // Trap: src/estimate/architecture.ts: expertsPerToken: need(facts, 'expertsPerToken', → expertsPerToken: assume(facts, 'expertsPerToken', 2,
  // and src/estimate/matrices.ts: moe.experts, moe.expertsPerToken), → moe.experts, moe.experts),
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

  // Trap: src/estimate/layers.ts: i >= moe.firstDenseLayers → i >= 0
  // and src/estimate/layers.ts: (i + 1) % moe.moeEvery === 0 → i >= 0
  it('dense-first and interleaved mixtures: 3 of 61 layers are dense in DeepSeek-V3, every other one in Maverick', () => {
    const all = value(estimate(run({ ...DEEPSEEK_V3, seqLen: 4096 })).flops.terms)
    expect(all.find(term => term.name === 'feed-forward')?.forwardFlopsPerToken).toBe(3 * 2 * 3 * 7168 * 18432)
    expect(all.find(term => term.name === 'router')?.forwardFlopsPerToken).toBe(58 * 2 * 7168 * 256)
    const maverick = value(
      estimate(run({ ...MIXTRAL, numLayers: 48, moeEvery: 2, ffnSize: 16384, seqLen: 4096 })).flops.terms,
    )
    expect(maverick.find(term => term.name === 'router')?.forwardFlopsPerToken).toBe(24 * 2 * 4096 * 8)
  })

  // Trap: src/estimate/flops.ts: return bidirectional ? length : meanKeysCausal(length) → return length
  it('causal attention sees half of what bidirectional attention sees', () => {
    const core = (bidirectional: boolean) =>
      value(estimate(run({ ...LLAMA3_8B, bidirectional, seqLen: 4096 })).flops.terms).find(
        t => t.name === 'attention core',
      )?.forwardFlopsPerToken ?? 0
    expect(core(true) / core(false)).toBeCloseTo(8192 / 4097, 10)
  })

  // Trap: src/estimate/keys-in-window.ts: const w = Math.min(window, seqLen) → const w = window
  it('a window as long as the sequence changes nothing', () => {
    for (const window of [4096, 8192])
      expect(flops({ ...LLAMA3_8B, layerWindows: { pattern: [window] } })).toBe(flops(LLAMA3_8B))
  })

  // Trap: src/estimate/volume.ts: mean === undefined || mean >= seqLen.value) return seqLen → mean !== -1) return seqLen
  it('packing is not one long sequence: short documents in a packed sequence are cheaper', () => {
    const packed: Plain = { ...LLAMA3_8B, method: 'sft', packing: true, seqLen: 32768 }
    expect(flops({ ...packed, meanSampleTokens: 512 })).toBeLessThan(flops(packed))
  })

  // Trap: src/estimate/volume.ts: v.microBatch * v.gradAccum * v.dp → v.microBatch * v.gradAccum * v.gradAccum * v.dp
  it('accumulation is not counted twice: per token it changes nothing', () => {
    const steps = (gradAccum: number) =>
      estimate(run({ ...LLAMA3_8B, seqLen: 4096, steps: 100, microBatch: 1, gradAccum, accelerators: 8 }))
    expect(value(steps(8).tokens)).toBe(8 * value(steps(1).tokens))
    expect(value(steps(8).usd).expected / 8).toBeCloseTo(value(steps(1).usd).expected, 6)
  })

  // Trap: src/estimate/flops.ts: times, forward, kind: 'linear', block: false } → times, forward, kind: 'linear', block: true }
  it('recomputing leaves out the head', () => {
    const { hardware, model } = estimate(run({ ...LLAMA3_8B, seqLen: 8192, totalTokens: 1, recompute: 'full' })).flops
    expect(value(hardware) - value(model)).toBe(13_958_643_712 + 2_147_745_792)
  })

  // Trap: src/estimate/flops.ts: forward: m * 2 * d * V → forward: m * 0 * d * V
  it('prediction heads bring their logits', () => {
    const terms = value(estimate(run({ ...DEEPSEEK_V3, mtpLayers: 2, seqLen: 4096 })).flops.terms)
    expect(terms.find(term => term.name === 'prediction heads: output')?.forwardFlopsPerToken).toBe(
      2 * 2 * 7168 * 129_280,
    )
  })

  // Trap: src/estimate/prepared.ts: ? need(facts, 'decoderSeqLen', → ? assume(facts, 'decoderSeqLen', 512,
  it('an encoder–decoder without its decoder length is unknown', () => {
    const t5: Plain = { ...LLAMA3_8B, encoder: { numLayers: 24 }, seqLen: 512 }
    expect(lacks(estimate(run(t5)).flops.perToken)).toEqual(['decoder_seq_len'])
  })

  // Trap: src/estimate/flops.ts: const MASKED_SHARE = 0.15 → const MASKED_SHARE = 1
  it('a masked-language-model head costs its share of 15 %', () => {
    const terms = value(estimate(run({ ...LLAMA3_8B, bidirectional: true, seqLen: 512 })).flops.terms)
    expect(terms.at(-1)).toMatchObject({
      name: 'masked-token head',
      forwardFlopsPerToken: 0.15 * 2 * (4096 * 4096 + 4096 * 128_256),
    })
  })

  // Trap: src/estimate/efficiency.ts: ['H', 0.38, 0.12] → ['H', 0.46, 0.12]
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

  // Trap: src/estimate/efficiency.ts: gpu: 0.87 → gpu: 1
  it('mixtures of experts run at a lower efficiency than dense models of their active size', () => {
    const u = (plain: Plain) =>
      value(estimate(run({ ...plain, seqLen: 4096, totalTokens: 1e9 })).matrixEfficiency).expected
    expect(u(MIXTRAL)).toBeLessThan(u(LLAMA3_8B))
  })

  // Trap: src/estimate/estimate.ts: times(v.perRun, 1 / v.accelerators) → times(v.perRun, 1)
  it('accelerator-hours are not wall-clock hours: 64 of them take a 64th', () => {
    const result = estimate(run({ ...LLAMA3_8B, seqLen: 4096, totalTokens: 1e9, accelerators: 64 }))
    expect(value(result.acceleratorSeconds).expected).toBeCloseTo(64 * value(result.wallClockSeconds).expected, 3)
  })

  // Trap: src/estimate/architecture.ts: vocabSize: need(facts, 'vocabSize'), → vocabSize: assume(facts, 'vocabSize', 32000, 'a 70b'),
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

  // Trap: src/estimate/architecture.ts: if (strange !== undefined) → if (strange === '')
  it('a family without a formula is unknown, however complete its dimensions look', () => {
    const strange = estimate(run({ ...LLAMA3_8B, family: 'qwen3_next', seqLen: 4096 }))
    expect(lacks(strange.flops.perToken)).toEqual(['family'])
    expect(lacks(strange.parameters.total)).toEqual(['family'])
  })

  // Trap: src/estimate/volume.ts: if (has(facts.steps)) → if (has(facts.steps) && !has(facts.totalTokens))
  it('steps, tokens and epochs: steps win over tokens, tokens over epochs', () => {
    const all: Plain = { ...LLAMA3_8B, seqLen: 4096, globalBatch: 2, steps: 10, totalTokens: 5e9, epochs: 3 }
    const tokens = (plain: Plain) => value(estimate(run({ ...plain, datasetTokens: 1e9 })).tokens)
    expect(tokens(all)).toBe(10 * 2 * 4096)
    expect(tokens({ ...all, steps: undefined })).toBe(5e9)
    expect(tokens({ ...all, steps: undefined, totalTokens: undefined })).toBe(3e9)
  })

  // Trap: src/estimate/volume.ts: v => v.steps * v.globalBatch * v.per * perSample → v => v.steps * v.globalBatch * 8 * v.per * perSample
  it('global and per-device batch: a global batch is not multiplied by the ranks, a micro batch is', () => {
    const tokens = (plain: Plain) =>
      value(estimate(run({ ...LLAMA3_8B, seqLen: 4096, steps: 10, accelerators: 8, ...plain })).tokens)
    expect(tokens({ globalBatch: 16 })).toBe(10 * 16 * 4096)
    expect(tokens({ microBatch: 2 })).toBe(10 * 2 * 8 * 4096)
  })

  // Trap: src/estimate/flops.ts: add(head, full || lora?.savesHead === true, true) → add(head, full, true)
  it('LoRA with modules_to_save: a head that is trained in full costs three times its forward pass, not two', () => {
    const lora: Plain = { ...LLAMA3_8B, trainable: 'lora', loraRank: 16, loraTargets: ['q_proj'], seqLen: 4096 }
    const head = (plain: Plain) =>
      value(estimate(run(plain)).flops.terms).find(term => term.name === 'output head')?.multiplier
    expect(head(lora)).toBe(2)
    expect(head({ ...lora, loraModulesToSave: ['lm_head'] })).toBe(3)
  })

  // Trap: src/estimate/prepared.ts: (lora.savesEmbedding ? table : 0) → 0
  it('LoRA with trainable embeddings: the table counts among the trained weights', () => {
    const lora: Plain = { ...LLAMA3_8B, trainable: 'lora', loraRank: 16, loraTargets: ['q_proj'], seqLen: 4096 }
    const trained = (plain: Plain) => value(estimate(run(plain)).parameters.trainable)
    expect(trained({ ...lora, loraModulesToSave: ['embed_tokens'] }) - trained(lora)).toBe(128_256 * 4096)
  })

  // Trap: src/estimate/lora.ts: adapters.push(...ALL_LINEAR) → adapters.push(['q'], ['v'])
  it('target_modules: all-linear is all seven matrices of a layer, not the usual two', () => {
    const trained = (loraTargets: readonly string[]) =>
      value(
        estimate(run({ ...LLAMA3_8B, trainable: 'lora', loraRank: 16, loraTargets, seqLen: 4096 })).parameters
          .trainable,
      )
    const seven = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']
    expect(trained(['all-linear'])).toBe(trained(seven))
    // 16 × (in + out) of each matrix, in 32 layers.
    const widths = [4096 + 4096, 4096 + 1024, 4096 + 1024, 4096 + 4096, 4096 + 14336, 4096 + 14336, 14336 + 4096]
    expect(trained(['all-linear'])).toBe(32 * 16 * widths.reduce((a, b) => a + b))
  })

  // Trap: src/estimate/flops.ts: onEncoder += 2 * input * output → onEncoder += r * 2 * input * output
  it('keys and values of cross-attention are computed on encoder tokens, however short the decoder is', () => {
    const t5: Plain = {
      ...LLAMA3_8B,
      hiddenSize: 8,
      numLayers: 1,
      numHeads: 1,
      numKvHeads: 1,
      headDim: 8,
      encoder: { numLayers: 1 },
      seqLen: 512,
      decoderSeqLen: 128,
    }
    const cross = value(estimate(run(t5)).flops.terms).find(term => term.name === 'cross-attention projections')
    // Query and output 4 · 8 · 8 on a quarter of the tokens, key and value 4 · 8 · 8 on all of them.
    expect(cross?.forwardFlopsPerToken).toBe(0.25 * 256 + 256)
  })

  // Trap: src/estimate/time-and-cost.ts: Math.ceil(accelerators → Math.floor(accelerators
  it('instances are rounded up: 9 accelerators on instances of 8 pay for 16', () => {
    const at = (accelerators: number) => {
      const { usd: price, wallClockSeconds } = estimate(
        run({ ...LLAMA3_8B, seqLen: 4096, totalTokens: 1e9, accelerators }, { accelerator: H100, price: PRICE }),
      )
      return value(price).expected / value(wallClockSeconds).expected
    }
    expect(at(9) / at(8)).toBeCloseTo(2, 9)
  })

  // Trap: src/recognize/frameworks/hf-model.ts: ['thinker_config.text_config', 'text_config', → ['thinker_config.text_config',
  it('nested text_config: the dimensions of the language model are read, not those of the file around it', () => {
    const text = JSON.stringify({
      model_type: 'gemma3',
      hidden_size: 1,
      text_config: { model_type: 'gemma3_text', hidden_size: 2560, num_hidden_layers: 34 },
    })
    const recognition = recognize('config.json', new Map([['config.json', parse('config.json', text)]]))
    expect(recognition.is === 'recognized' && recognition.config.facts.hiddenSize).toMatchObject({ value: 2560 })
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
