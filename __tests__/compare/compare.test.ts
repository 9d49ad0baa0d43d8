import fc from 'fast-check'
import { compareRuns, failedComparison } from '../../src/compare/index.ts'
import type { Comparison } from '../../src/compare/index.ts'
import { estimate } from '../../src/estimate/index.ts'
import { FACTS, FACT_NAMES, known, unknown } from '../../src/facts/index.ts'
import type { Fact, FactName, Origin, RunFacts } from '../../src/facts/index.ts'
import type { Run } from '../../src/resolve/index.ts'
import { A100, H100, LLAMA3_8B, PRICE, hardware, run, value } from '../estimate/runs.ts'
import type { Plain } from '../estimate/runs.ts'

const PLAN: Plain = {
  ...LLAMA3_8B,
  method: 'pretrain',
  trainable: 'full',
  seqLen: 4096,
  globalBatch: 1024,
  steps: 10_000,
  accelerators: 64,
  precision: 'bf16',
  recompute: 'none',
  packing: true,
  microBatch: 1,
  optimizer: 'adamw',
}

const planned = (over: Plain = {}, plain?: Parameters<typeof run>[1], runs?: number): Run =>
  run({ ...PLAN, ...over }, plain, runs)

const of = (base: Run | null, head: Run | null, over: object = {}): Comparison =>
  compareRuns({ base, head, attribute: true, alternatives: [], ...over })

const shares = (c: Comparison): Record<string, number | null> =>
  Object.fromEntries(c.attribution.map(a => [a.fact, a.usd]))

function withFacts(given: Run, over: Partial<Record<FactName, Fact<unknown>>>): Run {
  return { ...given, facts: { ...given.facts, ...over } as RunFacts }
}

const line = (n: number, over: Partial<Origin> = {}): Origin => ({
  kind: 'config',
  path: 'train.yaml',
  line: n,
  ...over,
})

describe('the status', () => {
  it('is unchanged where the sides say the same, wherever they say it', () => {
    const moved = withFacts(planned(), { seqLen: known(4096, line(99)) })
    const comparison = of(planned(), moved)
    expect(comparison.status).toBe('unchanged')
    expect(comparison.delta.usd).toMatchObject({ known: true, value: 0 })
    expect(comparison.attribution).toEqual([])
  })

  it('is changed by a fact, the hardware or the number of runs', () => {
    expect(of(planned(), planned({ steps: 10_001 })).status).toBe('changed')
    expect(of(planned(), planned({}, { accelerator: A100, price: PRICE })).status).toBe('changed')
    expect(of(planned(), planned({}, undefined, 3)).status).toBe('changed')
  })

  it('is changed where silence becomes a value that cannot be used: only silence takes a default', () => {
    const lack = unknown({ fact: 'precision', why: 'bf17 is none', remedy: 'write bf16', absent: false })
    const { precision: _, ...silent } = planned().facts
    const comparison = of({ ...planned(), facts: silent }, withFacts(planned(), { precision: lack }))
    expect(comparison.status).toBe('changed')
    expect(comparison.delta.usd.known).toBe(false)
  })

  it('is added or removed where a side is missing, and the delta is the whole cost', () => {
    const cost = value(estimate(planned()).usd).expected
    const [added, removed] = [of(null, planned()), of(planned(), null)]
    expect([added.status, value(added.delta.usd)]).toEqual(['added', cost])
    expect([removed.status, value(removed.delta.usd)]).toEqual(['removed', -cost])
    expect(added.delta.usdPercent.known).toBe(false)
    expect(value(removed.delta.usdPercent)).toBe(-100)
  })

  it('of a config whose base could not be read is not new: there is no difference to tell', () => {
    const problem = { code: 'yaml', severity: 'error', message: 'line 3 is no YAML' } as const
    const comparison = of(null, planned(), { baseProblems: [problem] })
    expect(comparison.status).toBe('changed')
    expect(comparison.delta.usd).toMatchObject({ known: false, missing: [{ why: 'line 3 is no YAML' }] })
    expect(comparison.problems).toMatchObject([{ code: 'yaml', severity: 'warning' }])
  })

  it('is error where the head could not be read; what the base costs is still told', () => {
    const problem = { code: 'yaml', severity: 'error', message: 'line 3 is no YAML' } as const
    const comparison = failedComparison({ path: 'train.yaml', base: planned(), problems: [problem] })
    expect(comparison).toMatchObject({ status: 'error', framework: 'test', head: null, problems: [problem] })
    expect(comparison.base!.usd.known).toBe(true)
    expect(comparison.delta.usd.known).toBe(false)
  })

  it('keeps the base path of a renamed config', () => {
    expect(of(planned(), planned(), { basePath: 'old.yaml' }).basePath).toBe('old.yaml')
  })
})

describe('the difference', () => {
  it('is head − base: twice the steps is +100 %, with no width to its band', () => {
    const { delta, base, head } = of(planned(), planned({ steps: 20_000 }))
    expect(value(delta.usd)).toBe(value(head!.usd).expected - value(base!.usd).expected)
    expect(value(delta.usdPercent)).toBeCloseTo(100, 9)
    expect(value(delta.modelFlops)).toBeCloseTo(value(base!.flops.model), -10)
  })

  it('is unknown where a side is, and says what lacks', () => {
    const { price: _, ...unpriced } = { accelerator: H100, price: PRICE }
    const { delta } = of(planned(), planned({}, unpriced))
    expect(delta.usd).toMatchObject({ known: false, missing: [{ fact: 'price' }] })
    expect(delta.acceleratorSeconds.known).toBe(true)
  })

  it('never comes from a table: a width a little over a threshold of size is priced like the base', () => {
    // Alone, each side would take the size factor of its own parameters.
    const { base, head } = of(planned(), planned({ numLayers: 33 }))
    const ratio = value(head!.usd).expected / value(base!.usd).expected
    const work = value(head!.flops.model) / value(base!.flops.model)
    expect(ratio).toBeCloseTo(work, 2)
  })

  it('has the percentage at each end of the band, low ≤ expected ≤ high', () => {
    const { low, expected, high } = value(of(planned(), planned({ seqLen: 8192 })).delta.usdPercentBand)
    expect(low).toBeLessThanOrEqual(expected)
    expect(expected).toBeLessThanOrEqual(high)
    expect(high - low).toBeLessThan(5)
  })
})

describe('why it costs more', () => {
  it('gives one changed setting the whole difference, with its texts and its line', () => {
    const comparison = of(planned(), planned({ seqLen: 8192 }))
    expect(comparison.attribution).toMatchObject([
      { fact: 'seq_len', from: '4,096', to: '8,192', usd: value(comparison.delta.usd), at: { path: 'train.yaml' } },
    ])
  })

  it('shares what two settings do together: steps × 2 and runs × 3 of a cost c are +1.5 c × … = 2 c and 3 c', () => {
    // c → 6 c. Steps: first +c, last +3 c, mean 2 c. Runs: first +2 c, last +4 c, mean 3 c.
    const comparison = of(planned(), planned({ steps: 20_000 }, undefined, 3))
    const c = value(comparison.base!.usd).expected
    expect(shares(comparison).steps! / c).toBeCloseTo(2, 3)
    expect(shares(comparison).runs! / c).toBeCloseTo(3, 3)
  })

  it('lists the largest share first, savings included, and leaves out what costs nothing', () => {
    const head = planned({ seqLen: 16_384, globalBatch: 900, optimizer: 'lion' })
    expect(of(planned(), head).attribution.map(a => a.fact)).toEqual(['seq_len', 'global_batch'])
  })

  it('names the profile for other hardware, and keeps it apart from the number of accelerators', () => {
    const comparison = of(planned(), planned({ accelerators: 128 }, { accelerator: A100, price: PRICE }))
    const profile = comparison.attribution.find(a => a.fact === 'profile')
    expect(profile!.from).toContain('H100-SXM')
    expect(profile!.to).toContain('A100-SXM4-80GB')
  })

  it('takes all that follows from another base model as one setting', () => {
    const named = (name: string, shape: Plain): Run => {
      const source = (n: string): Origin => ({ kind: 'registry', source: n })
      const facts = Object.fromEntries(Object.entries(shape).map(([k, v]) => [k, known<unknown>(v, source(name))]))
      return withFacts(planned(), { ...facts, baseModel: known(name, line(3)) })
    }
    const small = named('llama-8b', LLAMA3_8B)
    const large = named('llama-70b', { ...LLAMA3_8B, hiddenSize: 8192, numLayers: 80, numHeads: 64, ffnSize: 28_672 })
    const comparison = of(small, large)
    expect(comparison.attribution).toMatchObject([
      { fact: 'base_model', from: 'llama-8b', to: 'llama-70b', usd: value(comparison.delta.usd), at: { line: 3 } },
    ])
  })

  it('takes facts of one key as one setting', () => {
    const say = (seqLen: number, steps: number): Run =>
      withFacts(planned(), { seqLen: known(seqLen, line(7)), steps: known(steps, line(7)) })
    expect(of(say(4096, 10_000), say(8192, 20_000)).attribution.map(a => a.fact)).toEqual(['seq_len, steps'])
  })

  it('does not break apart what makes no sense apart: epochs of a data set for a number of steps', () => {
    const { steps, ...rest } = planned().facts
    const byEpochs = withFacts(
      { ...planned(), facts: rest },
      { epochs: known(2, line(50)), datasetTokens: known(1e11, line(51)) },
    )
    const comparison = of(
      { ...planned(), facts: { ...rest, steps: steps! } },
      withFacts(byEpochs, { seqLen: known(8192, line(8)) }),
    )
    expect(comparison.delta.usd.known).toBe(true)
    const sum = comparison.attribution.reduce((total, a) => total + a.usd!, 0)
    expect(sum).toBe(value(comparison.delta.usd))
    expect(comparison.attribution.length).toBeGreaterThan(1)
  })

  it('tells shares in accelerator-seconds and FLOPs where there is no price, and no dollars', () => {
    const bare = { accelerator: H100 }
    const comparison = of(planned({}, bare), planned({ seqLen: 8192, steps: 12_000 }, bare))
    expect(comparison.attribution.map(a => a.usd)).toEqual([null, null])
    const seconds = comparison.attribution.reduce((total, a) => total + a.acceleratorSeconds!, 0)
    expect(seconds).toBe(value(comparison.delta.acceleratorSeconds))
    const flops = comparison.attribution.reduce((total, a) => total + a.modelFlops!, 0)
    expect(flops).toBe(value(comparison.delta.modelFlops))
  })

  it('adds up to the whole difference whatever changed, with sixteen changed settings too', () => {
    const sizes = { minimum: fc.constantFrom(1, 2, 3, 4), seqLen: fc.constantFrom(1024, 2048, 4096, 8192) }
    const head = fc.record({
      seqLen: sizes.seqLen,
      steps: fc.integer({ min: 100, max: 1e6 }),
      globalBatch: fc.constantFrom(64, 512, 1024, 4096),
      numLayers: fc.integer({ min: 1, max: 100 }),
      ffnSize: fc.constantFrom(8192, 14_336, 28_672),
      hiddenSize: fc.constantFrom(2048, 4096, 8192),
      numHeads: fc.constantFrom(8, 32, 64),
      accelerators: fc.constantFrom(8, 64, 512),
      recompute: fc.constantFrom('none' as const, 'full' as const),
    })
    fc.assert(
      fc.property(head, fc.integer({ min: 1, max: 5 }), (over, runs) => {
        const comparison = of(planned(), planned(over, undefined, runs))
        fc.pre(comparison.status === 'changed' && comparison.delta.usd.known)
        const sum = comparison.attribution.reduce((total, a) => total + a.usd!, 0)
        const whole = value(comparison.delta.usd)
        const larger = Math.max(value(comparison.base!.usd).expected, value(comparison.head!.usd).expected)
        expect(Math.abs(sum - whole)).toBeLessThanOrEqual(1e-12 * larger)
        for (const share of comparison.attribution) expect(Number.isFinite(share.usd)).toBe(true)
      }),
      { numRuns: 15 },
    )
    const many: Plain = {
      ...LLAMA3_8B,
      hiddenSize: 5120,
      numLayers: 40,
      numHeads: 40,
      numKvHeads: 10,
      ffnSize: 13_824,
      vocabSize: 32_000,
      tiedEmbeddings: true,
      seqLen: 8192,
      globalBatch: 2048,
      steps: 20_000,
      accelerators: 128,
      precision: 'fp8',
      recompute: 'full',
      microBatch: 2,
      headDim: 64,
      packing: false,
    }
    const comparison = of(planned(), planned(many, { accelerator: { ...H100, id: 'H200' }, price: PRICE }, 2))
    expect(comparison.attribution.length).toBeGreaterThan(5)
    expect(comparison.attribution.reduce((total, a) => total + a.usd!, 0)).toBeCloseTo(value(comparison.delta.usd), 6)
  })

  it('adds up with more changed settings than a bit mask holds', () => {
    const numbers = FACT_NAMES.filter(name => FACTS[name].read(64) !== undefined)
    expect(numbers.length).toBeGreaterThan(31)
    const all = (factor: number): Run => {
      const plain = Object.fromEntries(
        numbers.map((name, i) => [name, known<unknown>((PLAN[name] as number | undefined) ?? 64, line(i + 1))]),
      )
      const longer = { steps: known(10_000 * factor, line(300)), seqLen: known(4096 * factor, line(301)) }
      const swapped =
        factor === 1 ? {} : Object.fromEntries(numbers.map((n, i) => [n, known<unknown>(128, line(i + 1))]))
      return { ...planned(), facts: { ...planned().facts, ...plain, ...swapped, ...longer } }
    }
    const { delta, attribution } = of(all(1), all(2))
    const sum = attribution.reduce((total, a) => total + (a.modelFlops ?? NaN), 0)
    expect(sum / value(delta.modelFlops)).toBeCloseTo(1, 12)
  })

  it('says nothing where it was not asked', () => {
    expect(of(planned(), planned({ steps: 5 }), { attribute: false }).attribution).toEqual([])
  })
})

describe('other hardware', () => {
  it('is priced like the sides, by the same calibration', () => {
    const alternative = { ...planned(), hardware: hardware({ accelerator: A100, price: PRICE }) }
    const { alternatives, base } = of(planned(), planned({ steps: 10_001 }), { alternatives: [alternative] })
    expect(alternatives).toHaveLength(1)
    expect(value(alternatives[0]!.usd).expected).toBeGreaterThan(value(base!.usd).expected)
  })
})

describe('a measured rate', () => {
  const at = (over: Plain): Run => planned(over, { accelerator: H100, price: PRICE, tokensPerSecond: 400_000 })
  const codes = (c: Comparison): readonly string[] => c.problems.map(p => p.code)

  it('prices no new config: a wider one costs more, by the default efficiency, and a warning says so', () => {
    const [narrow, wide] = [of(null, at({})), of(null, at({ ffnSize: 28_672 }))]
    expect(value(wide.head!.usd).expected).toBeGreaterThan(value(narrow.head!.usd).expected * 1.3)
    expect(value(narrow.head!.usd).expected).toBeCloseTo(value(of(null, planned()).head!.usd).expected, 6)
    expect(codes(wide)).toContain('rate-not-measured')
  })

  it('prices both sides of a changed config by the efficiency of the base', () => {
    const changed = of(at({}), at({ ffnSize: 28_672 }))
    expect(codes(changed)).not.toContain('rate-not-measured')
    expect(value(changed.head!.usd).expected).not.toBeCloseTo(value(of(planned(), planned()).head!.usd).expected, 0)
  })
})

it('says when another reader takes the head than took the base', () => {
  const changed = of(planned(), { ...planned({ steps: 20_000 }), framework: 'axolotl' })
  expect(changed.problems.map(p => p.code)).toContain('framework-changed')
  expect(of(planned(), planned({ steps: 20_000 })).problems.map(p => p.code)).not.toContain('framework-changed')
})

describe('advice', () => {
  const codes = (c: Comparison) => (c.advice ?? []).map(({ code }) => code)
  // 10,000 × 1,024 samples of 1,024 tokens, each in a row of 4,096: ten passes over a billion tokens.
  const wasteful: Plain = { datasetTokens: 1_048_576_000, packing: false, meanSampleTokens: 1024 }

  it('is about what the change does, not about what was so before it', () => {
    const before = planned({ packing: false, meanSampleTokens: 1024 })
    expect(codes(of(before, planned({ packing: false, meanSampleTokens: 1024, steps: 11_000 })))).not.toContain(
      'padding',
    )
    expect(codes(of(planned(), before))).toContain('padding')
    expect(codes(of(before, planned({ packing: false, meanSampleTokens: 1024, seqLen: 8192 })))).not.toContain(
      'padding',
    )
  })

  it('tells all of a config that is new, and nothing of one that goes or stays as it is', () => {
    expect(codes(of(null, planned(wasteful)))).toEqual(expect.arrayContaining(['padding', 'repeated-data']))
    expect(codes(of(planned(wasteful), null))).toEqual([])
    expect(codes(of(planned(wasteful), planned(wasteful)))).toEqual([])
  })
})
