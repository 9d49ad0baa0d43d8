import fc from 'fast-check'
import { calibrationOf, estimate, workingsOf } from '../../src/estimate/index.ts'
import { explainable, renderExplanation } from '../../src/report/index.ts'
import { grouped, whole, withNumbers } from '../../src/report/figures.ts'
import type { Run } from '../../src/resolve/index.ts'
import { DEEPSEEK_V3, LLAMA3_8B, MIXTRAL, run, type Plain } from '../estimate/runs.ts'

const LENGTH: Plain = { seqLen: 4096, steps: 1000, microBatch: 1, gradAccum: 4, accelerators: 64, zeroStage: 3 }
const T5: Plain = {
  family: 't5',
  hiddenSize: 1024,
  numLayers: 24,
  numHeads: 16,
  numKvHeads: 16,
  headDim: 64,
  ffnSize: 2816,
  gated: true,
  vocabSize: 32128,
  encoder: { numLayers: 24 },
  decoderSeqLen: 114,
}
const CASES: readonly (readonly [string, Plain])[] = [
  ['a dense model', LLAMA3_8B],
  ['recomputing everything', { ...LLAMA3_8B, recompute: 'full' }],
  ['windows of several lengths', { ...LLAMA3_8B, layerWindows: { pattern: [512, 1024, null] } }],
  ['adapters', { ...LLAMA3_8B, trainable: 'lora', loraRank: 16, loraTargets: ['all-linear', 'lm_head'] }],
  ['a mixture of experts', MIXTRAL],
  ['latent attention and prediction heads', { ...DEEPSEEK_V3, mtpLayers: 1 }],
  ['a masked-token model', { ...LLAMA3_8B, bidirectional: true }],
  ['an encoder–decoder', T5],
  ['a narrow embedding', { ...LLAMA3_8B, embeddingSize: 512 }],
]

interface Page {
  readonly sections: readonly {
    readonly name: string
    readonly columns?: readonly string[]
    readonly rows?: readonly (readonly string[])[]
    readonly lines: readonly string[]
  }[]
}

function page(of: Run): Page {
  const calibration = calibrationOf(of)
  const explanation = { estimate: estimate(of, calibration), workings: workingsOf(of, calibration) }
  return JSON.parse(renderExplanation(explanation, 'json')) as Page
}

const section = ({ sections }: Page, name: string) => sections.find(each => each.name === name)!
const printed = (text: string) => Number(text.replaceAll(',', ''))

/** Reads sums and products as a person would: `32 × [2·4,096·(4,096 + 2·1,024)]`. */
function calculated(text: string): number {
  const tokens = text.replaceAll(',', '').match(/\d+(?:\.\d+)?|[×·+()[\]²]/g) ?? []
  let i = 0
  const factor = (): number => {
    const token = tokens[i++]
    let value: number
    if (token === '(' || token === '[') {
      value = sum()
      i++
    } else value = Number(token)
    if (tokens[i] === '²') {
      i++
      return value * value
    }
    return value
  }
  const product = (): number => {
    let value = factor()
    while (tokens[i] === '·' || tokens[i] === '×') {
      i++
      value *= factor()
    }
    return value
  }
  function sum(): number {
    let value = product()
    while (tokens[i] === '+') {
      i++
      value += product()
    }
    return value
  }
  const value = sum()
  if (i !== tokens.length) throw new Error(`cannot read ${text}`)
  return value
}

describe.each(CASES)('the page of %s', (_, plain) => {
  const shown = page(run({ ...LENGTH, ...plain }))
  const flops = section(shown, 'flops')
  const rows = flops.rows!.slice(0, -1)
  const total = flops.rows!.at(-1)!

  it('prints terms that add up to the printed total, and so what is recomputed', () => {
    expect(rows.reduce((sum, row) => sum + printed(row[3]!), 0)).toBe(printed(total[3]!))
    expect(rows.reduce((sum, row) => sum + printed(row[5]!), 0)).toBe(printed(total[5]!))
  })

  it('prints the FLOPs of one token that the estimate has', () => {
    const { perToken } = estimate(run({ ...LENGTH, ...plain })).flops
    expect(perToken.known && Math.round(perToken.value)).toBe(printed(total[3]!))
  })

  it('prints formulas whose numbers, worked out by hand, give the printed forward FLOPs', () => {
    for (const row of rows) {
      const line = flops.lines.find(each => each.startsWith(`${row[0]!}: `))!
      const numbers = /→ (.*) = [\d,.]+ forward/.exec(line)![1]!
      // Adapters are summed over the matrices that they sit on; their weights are in the table of parameters.
      if (numbers.includes('weights')) continue
      expect(calculated(numbers) / printed(row[1]!)).toBeCloseTo(1, 5)
    }
  })

  it('prints parameters, matrix by matrix, that add up to the printed total', () => {
    const parameters = section(shown, 'parameters').rows!
    const sum = parameters.slice(0, -1).reduce((all, row) => all + printed(row[2]!) * printed(row[3]!), 0)
    expect(sum).toBe(printed(parameters.at(-1)![4]!))
    const { parameters: counted } = estimate(run({ ...LENGTH, ...plain }))
    expect(counted.total.known && counted.total.value).toBe(sum)
  })

  it('prints parts of the memory that add up to the printed total', () => {
    const memory = section(shown, 'memory').rows!
    const sum = memory.slice(0, -1).reduce((all, row) => all + printed(row[1]!), 0)
    expect(sum).toBe(printed(memory.at(-1)![1]!))
  })
})

describe('traincost explain', () => {
  const shown = page(run({ ...LENGTH, ...LLAMA3_8B }))

  it('shows tokens, time and price as products of numbers with their lines', () => {
    const tokens = section(shown, 'tokens').lines
    // 1000 steps × (1 × 4 × 64) sequences × 4,096 tokens.
    expect(tokens[0]).toBe('Tokens of one run: steps × global_batch × seq_len → 1,000 × 256 × 4,096 = 1,048,576,000')
    expect(tokens).toContain('global_batch = micro_batch × grad_accum × dp → 1 × 4 × 64 = 256')
    expect(tokens).toContain('dp = accelerators ÷ (tp · pp · cp) → 64 ÷ (1 · 1 · 1) = 64')
    expect(tokens.some(line => /^micro_batch = 1 from config train\.yaml:\d+$/.test(line))).toBe(true)
    const cost = section(shown, 'cost').lines
    expect(cost[0]).toBe('Instances: ⌈64 ÷ 8⌉ = 8')
    const [, instances, price, hours, usd] = /([\d,]+) × \$([\d.]+) × ([\d.]+) hours × 1 runs = \$([\d.]+)/.exec(
      cost[2]!,
    )!
    expect((Number(instances) * Number(price) * Number(hours)) / Number(usd)).toBeCloseTo(1, 4)
  })

  it('prints a time that follows from the numbers in its line', () => {
    const line = section(shown, 'time').lines.find(each => each.startsWith('Learning'))!
    const n = (line.match(/[\d.,]+(?:e\d+)?/g) ?? []).map(printed)
    const [linear = 0, core = 0, eta = 0, tokens = 0, peak = 0, u = 0, seconds = 0] = n
    expect(((linear + core / eta) * tokens) / (peak * u) / seconds).toBeCloseTo(1, 4)
  })

  it('says what lacks instead of a number', () => {
    const lines = section(page(run({ ...LLAMA3_8B, seqLen: 4096 })), 'tokens').lines
    expect(lines[0]).toMatch(/^steps is unknown: .*To supply it: add steps/)
  })

  it('takes a fact, or a part of the page, by name', () => {
    const of = run({ ...LENGTH, ...LLAMA3_8B })
    const explanation = { estimate: estimate(of), workings: workingsOf(of) }
    const one = renderExplanation(explanation, 'text', explainable('global_batch'))
    expect(one).toContain('global_batch = 256')
    expect(one).toContain('micro_batch = 1 from config train.yaml')
    expect(one).not.toContain('vocab_size')
    expect(renderExplanation(explanation, 'text', explainable('cost'))).toMatch(/^Cost\n/)
    expect(explainable('nonsense')).toBeUndefined()
  })
})

describe('figures', () => {
  it('rounds parts so that they add up to the rounded total, each to a neighbor of its own value', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e12, noNaN: true }), { minLength: 1, maxLength: 30 }), values => {
        const { parts, total } = whole(values)
        expect(parts.reduce((sum, part) => sum + printed(part), 0)).toBe(printed(total))
        parts.forEach((part, i) => {
          expect(Math.abs(printed(part) - values[i]!)).toBeLessThanOrEqual(1)
        })
      }),
    )
  })

  it('writes numbers out in full', () => {
    expect([grouped(4096.5), grouped(1e15), grouped(0), grouped(0.1234)]).toEqual([
      '4,096.5',
      '1,000,000,000,000,000',
      '0',
      '0.1234',
    ])
  })

  it('puts numbers in for symbols, and products where letters stood together', () => {
    expect(withNumbers('2d(q + 2kv) + 2qd', { d: 5, q: 7, kv: 3 })).toBe('2·5·(7 + 2·3) + 2·7·5')
    expect(withNumbers('0.15·2(d² + dV)', { d: 5, V: 9 })).toBe('0.15·2·(5² + 5·9)')
    expect(withNumbers('2dV', { d: 5 })).toBeUndefined()
  })
})
