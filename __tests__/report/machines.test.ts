import { FACTS, FACT_NAMES, known, type FactName } from '../../src/facts/index.ts'
import { annotations, outputs, renderEstimates, renderJson, type Report } from '../../src/report/index.ts'
import { publishedValue } from '../../src/report/published.ts'
import { GIB, at, band, comparison, estimate, missing, outcome, report, rule, share, verdict } from './reports.ts'
import { SITUATIONS } from './situations.ts'

const situation = (name: string): Report => SITUATIONS.get(name)!()
const json = (name: string) => JSON.parse(renderJson(situation(name)))

describe('the JSON report', () => {
  it('has the keys of its contract, and no others', () => {
    const made = json('over-budget')
    expect(Object.keys(made)).toEqual([
      'version',
      'base',
      'head',
      'conclusion',
      'configs',
      'totals',
      'rules',
      'prices',
      'problems',
    ])
    const [config] = made.configs
    expect(Object.keys(config)).toEqual([
      'path',
      'framework',
      'status',
      'base',
      'head',
      'delta',
      'attribution',
      'advice',
      'warnings',
    ])
    expect(Object.keys(config.head)).toEqual([
      'facts',
      'parameters',
      'tokens',
      'flops',
      'acceleratorHours',
      'wallClockHours',
      'usd',
      'energyKwh',
      'co2Kg',
      'memory',
      'unknown',
    ])
    expect(Object.keys(made.rules[0])).toEqual(['name', 'metric', 'limit', 'actual', 'result', 'configs'])
  })

  it('counts in the units that its keys name', () => {
    const [config] = json('over-budget').configs
    expect(config.head.usd).toEqual({ low: 272_000, expected: 385_300, high: 546_000 })
    expect(config.head.acceleratorHours.expected).toBeCloseTo(56_000, 6)
    expect(config.head.wallClockHours.expected).toBeCloseTo(218.8, 6)
    expect(config.head.memory).toEqual({ gibPerAccelerator: { low: 64, expected: 71, high: 78 }, verdict: 'tight' })
    expect(config.delta).toMatchObject({ usd: 98_300, usdPercent: 34.25, modelFlops: 1.544e22 })
    expect(config.delta.acceleratorHours).toBeCloseTo(14_280, 6)
    expect(config.attribution[0]).toEqual({
      fact: 'seq_len',
      from: '4,096',
      to: '8,192',
      path: 'configs/pretrain/7b.yaml',
      line: 14,
      usd: 267_700,
    })
  })

  it('says null for what is unknown, and which fact lacks', () => {
    const [config] = json('went-dark').configs
    expect(config.head.usd).toBeNull()
    expect(config.delta).toEqual({ usd: null, usdPercent: null, acceleratorHours: null, modelFlops: null })
    expect(config.head.unknown[0].fact).toBe('dataset_tokens')
    expect(config.head.memory).toEqual({ gibPerAccelerator: null, verdict: 'unknown' })
    expect(json('new').configs[0].base).toBeNull()
  })

  it('keeps dollars, whatever the currency of the policy', () => {
    const made = json('euro')
    expect(made.totals.delta).toBe(1840)
    expect(made.rules[0].actual).toBeCloseTo(1840, 9)
    expect(made.rules[0].limit).toBeCloseTo(10_000 / 0.92, 9)
  })

  it('gives each fact with its published name and its origins', () => {
    const [config] = json('over-budget').configs
    expect(config.head.facts.seq_len).toEqual({
      value: 8192,
      origins: [{ kind: 'config', path: 'configs/pretrain/7b.yaml', line: 14, source: null }],
    })
  })

  it('writes every fact as a config could write it', () => {
    const samples: Partial<Record<FactName, unknown>> = {
      mla: { qRank: null, kvRank: 512, nope: 128, rope: 64, v: 128 },
      layerWindows: { pattern: [1024, null], twoSided: true },
      ssm: { version: 2, innerSize: 5120, state: 128, conv: 4, dtRank: 8, attentionEvery: 6 },
      encoder: { numLayers: 12, ffnSize: 3072 },
      extras: { norm: 'rms', qkNorm: 'head', learnedPositions: 512 },
      attention: { kind: 'lsh', rounds: 4, chunk: 64, buckets: 128 },
      seqLen: 4096,
      dataset: ['a/b'],
    }
    for (const name of FACT_NAMES) {
      const value = samples[name]
      if (value !== undefined) expect(FACTS[name].read(publishedValue(name, value))).toEqual(value)
    }
  })
})

describe('annotations', () => {
  it('stand on the line of the setting that drives the breach', () => {
    const [first] = annotations(situation('over-budget'))
    expect(first).toMatchObject({ level: 'error', path: 'configs/pretrain/7b.yaml', line: 14 })
    expect(first!.message).toContain('at most +25 %, this is +34 %')
    expect(first!.message).toContain('seq_len brings +$267,700 of it')
  })

  it('stand on the place of a syntax error', () => {
    expect(annotations(situation('parse-error'))[0]).toMatchObject({
      level: 'error',
      path: 'configs/sft/chat.yaml',
      line: 7,
    })
  })

  it('stand where the missing fact was looked for', () => {
    expect(annotations(situation('went-dark'))[0]).toMatchObject({
      level: 'error',
      path: 'configs/sft/chat.yaml',
      line: 6,
    })
  })

  it('only warn where a label allowed the breach', () => {
    expect(annotations(situation('overridden')).map(a => a.level)).not.toContain('error')
  })

  it('do not point at a line that the head does not have', () => {
    const made = report({
      comparisons: [
        comparison({
          path: 'a.yaml',
          base: { usd: band(1, 1, 1) },
          head: { usd: band(9, 9, 9) },
          delta: { usd: 8 },
          attribution: [share('lora.rank', '16', undefined, 8, at('a.yaml', 77))],
        }),
      ],
      verdict: verdict(
        'fail',
        { delta: 8 },
        {
          outcomes: [
            outcome({
              rule: rule({ max: 5 }),
              limitKind: 'max',
              configs: ['a.yaml'],
              limit: 5,
              actual: 9,
              result: 'fail',
            }),
          ],
        },
      ),
    })
    expect(annotations(made)[0]).toMatchObject({ path: 'a.yaml', line: 1 })
  })

  it('are at most ten errors and ten warnings', () => {
    const levels = annotations(situation('many-configs')).map(a => a.level)
    expect(levels.filter(level => level === 'error')).toHaveLength(10)
    expect(levels.filter(level => level === 'warning').length).toBeLessThanOrEqual(10)
  })
})

describe('outputs', () => {
  it('are plain numbers', () => {
    const made = outputs(situation('over-budget'))
    expect(made.get('conclusion')).toBe('fail')
    // 287,000 + 212; 385,300 + 159 + 1,840.
    expect(made.get('cost-base')).toBe('287212')
    expect(made.get('cost-head')).toBe('387299')
    expect(made.get('cost-delta')).toBe('100087')
    expect(Number(made.get('cost-delta-percent'))).toBeCloseTo(34.85, 2)
    expect(Number(made.get('accelerator-hours-head'))).toBeCloseTo(56_000 + 23.1 + 267.4, 6)
    expect(made.get('changed-count')).toBe('3')
    expect(JSON.parse(made.get('breached-rules')!)).toMatchObject([{ name: 'pretrain', limit: 25 }])
  })

  it('say unknown where a number is', () => {
    const made = outputs(situation('went-dark'))
    for (const name of ['cost-head', 'cost-delta', 'cost-delta-percent', 'accelerator-hours-head', 'flops-head'])
      expect([name, made.get(name)]).toEqual([name, 'unknown'])
    expect(made.get('cost-base')).toBe('212')
    expect(made.get('unknown-count')).toBe('1')
  })

  it('are in the currency of the policy', () => {
    const made = outputs(situation('euro'))
    expect(made.get('currency')).toBe('EUR')
    expect(Number(made.get('cost-delta'))).toBeCloseTo(1692.8, 9)
    expect(made.get('cost-base')).toBe('0')
  })

  it('say who allowed a breach', () => {
    expect(outputs(situation('overridden')).get('overridden-by')).toBe('mira-ops')
  })

  it('keep the list of breaches under 4 KB, and say how many it leaves out', () => {
    const text = outputs(situation('many-configs')).get('breached-rules')!
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096)
    const list = JSON.parse(text)
    expect(list.length - 1 + Number(list.at(-1).more)).toBe(120)
  })
})

describe('estimates of single configs', () => {
  const known8b = estimate({
    path: 'a.yaml',
    facts: { seqLen: known(4096, at('a.yaml', 3)), accelerators: known(8, at('a.yaml', 4)) },
    usd: band(170, 212, 260),
    hours: band(24, 30.8, 37),
    wallHours: band(3, 3.85, 4.6),
    tokens: 1.2e8,
    modelFlops: 3.3e19,
    accelerator: 'H100-SXM',
    memory: {
      bytesPerAccelerator: band(40 * GIB, 46 * GIB, 52 * GIB),
      verdict: 'fits',
      parts: [],
      capacityBytes: 80 * GIB,
    },
  })
  const dark = estimate({
    path: 'b.yaml',
    unknown: [missing('dataset_tokens', 'nothing says it', 'add dataset_tokens')],
  })

  it('are JSON with path and framework in front', () => {
    const made = JSON.parse(renderEstimates([known8b, dark], 'json'))
    expect(made.version).toBe(1)
    expect(made.estimates[0]).toMatchObject({
      path: 'a.yaml',
      framework: 'axolotl',
      usd: { expected: 212 },
      facts: { seq_len: { value: 4096 } },
    })
    expect(made.estimates[1].usd).toBeNull()
  })

  it('show cost, band, memory and every fact with its line', () => {
    const text = renderEstimates([known8b, dark], 'text')
    expect(text).toContain('$212 ($170 – $260)')
    expect(text).toContain('fits, 46 of 80 GiB')
    expect(text).toMatch(/seq_len +4,096 +line 3/)
    expect(text).toMatch(/b\.yaml +unknown/)
    expect(text).toContain('dataset_tokens is unknown: nothing says it. To supply it: add dataset_tokens.')
  })

  it('call a fact that the command line stated by its flag, with no place that no file has', () => {
    const stated = known(8, { kind: 'policy', source: '--set (--set accelerators:1:1)' })
    const text = renderEstimates([estimate({ path: 'a.yaml', facts: { accelerators: stated } })], 'text')
    expect(text).toMatch(/^accelerators +8 +--set$/m)
  })

  it('are a table in Markdown', () => {
    const markdown = renderEstimates([known8b], 'markdown')
    expect(markdown).toContain('| <code>a.yaml</code> | **$212** ($170 – $260) |')
  })
})
