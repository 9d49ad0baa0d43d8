import fc from 'fast-check'
import { compareRuns } from '../../src/compare/index.ts'
import { known } from '../../src/facts/index.ts'
import { judge, waysToPass } from '../../src/judge/index.ts'
import type { JudgeInput, WaysToPass } from '../../src/judge/index.ts'
import type { Rule, Run } from '../../src/resolve/index.ts'
import { LLAMA3_8B, run } from '../estimate/runs.ts'
import type { Plain } from '../estimate/runs.ts'
import { budgetOf, caseOf, change, lacking, overrideOf, ruleOf } from './estimates.ts'

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

const caseWith = (base: Run | null, head: Run, rule: Partial<Rule>, over: Partial<JudgeInput> = {}): JudgeInput =>
  caseOf({
    comparisons: [compareRuns({ base, head, attribute: true, alternatives: [] })],
    policy: budgetOf(ruleOf(rule)),
    ...over,
  })

const waysOf = (input: JudgeInput): WaysToPass => waysToPass(input, judge(input))

const planned = (over: Plain = {}): Run => run({ ...PLAN, ...over })

const costOf = (head: Run): number => {
  const { usd } = compareRuns({ base: null, head, attribute: false, alternatives: [] }).delta
  if (!usd.known) throw new Error('the run has no price')
  return usd.value
}

describe('the way to pass', () => {
  it('cuts the raised setting back to where the budget ends, in round numbers', () => {
    // Cost follows steps: +24.9 % of 10,000 are 12,490, and hundreds are round enough for 20,000.
    const input = caseWith(planned(), planned({ steps: 20_000 }), { maxIncreasePercent: 24.9 })
    expect(waysOf(input).settings[0]).toMatchObject({ path: 'train.yaml', fact: 'steps', from: 20_000, to: 12_400 })
  })

  it('says on which line the setting stands', () => {
    const head = planned({ steps: 20_000 })
    const [way] = waysOf(caseWith(planned(), head, { maxIncreasePercent: 25 })).settings
    expect(head.facts.steps).toMatchObject({ origins: [way!.at] })
  })

  it('offers two settings of one config, each of which passes alone', () => {
    const head = planned({ steps: 20_000 })
    const input = caseWith(planned(), head, { maxIncrease: costOf(planned()) / 3 })
    const { settings } = waysOf(input)
    expect(settings.map(way => way.fact)).toEqual(['steps', 'global_batch'])
    for (const { fact, to } of settings) {
      const cut = fact === 'steps' ? planned({ steps: to }) : planned({ steps: 20_000, globalBatch: to })
      const again = caseWith(planned(), cut, { maxIncrease: costOf(planned()) / 3 })
      expect(judge(again).conclusion).toBe('pass')
    }
  })

  it('keeps a batch that the devices can share', () => {
    const input = caseWith(planned(), planned({ globalBatch: 2048 }), { maxIncreasePercent: 10 })
    const [way] = waysOf(input).settings
    // 1024 · 1.1 = 1126.4, and 64 devices take 64 sequences at a time: 17 · 64.
    expect(way).toMatchObject({ fact: 'global_batch', from: 2048, to: 1088 })
  })

  it('holds for any budget: what it suggests passes, and the next round number does not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 11_000, max: 40_000 }), (percent, steps) => {
        const rule = { maxIncreasePercent: percent }
        const input = caseWith(planned(), planned({ steps }), rule)
        if (judge(input).conclusion !== 'fail') return
        const [way] = waysOf(input).settings
        expect(way).toMatchObject({ fact: 'steps', from: steps })
        const at = (value: number) => judge(caseWith(planned(), planned({ steps: value }), rule)).conclusion
        expect(at(way!.to)).not.toBe('fail')
        if (way!.to + 100 < steps) expect(at(way!.to + 100)).toBe('fail')
        expect(way!.to % 100).toBe(0)
      }),
      { numRuns: 25 },
    )
  })

  it('meets all limits that the config breaks, not the first alone', () => {
    const base = costOf(planned())
    const rules = [ruleOf({ name: 'percent', maxIncreasePercent: 50 }), ruleOf({ name: 'cap', max: base * 1.2 })]
    const input = { ...caseWith(planned(), planned({ steps: 20_000 }), {}), policy: budgetOf(...rules) }
    expect(waysOf(input).settings[0]).toMatchObject({ fact: 'steps', to: 12_000 })
  })

  it('is none where the number has no line that the reader could change', () => {
    const head = planned({ steps: 20_000 })
    const { steps: _, globalBatch: __, seqLen: ___, ...others } = head.facts
    const unplaced = (value: number) => known(value, { kind: 'default' as const, source: 'the framework' })
    const facts = { ...others, steps: unplaced(20_000), globalBatch: unplaced(1024), seqLen: unplaced(4096) }
    expect(waysOf(caseWith(planned(), { ...head, facts }, { maxIncreasePercent: 25 })).settings).toEqual([])
  })

  it('leaves a number alone that another fact was derived from', () => {
    const head = planned({ steps: 20_000 })
    const origins = head.facts.globalBatch?.known === true ? head.facts.globalBatch.origins : []
    const facts = {
      ...head.facts,
      trainSamples: known(2e7, { kind: 'derived', source: 'steps × global_batch' }, ...origins),
    }
    const { settings } = waysOf(caseWith(planned(), { ...head, facts }, { maxIncreasePercent: 25 }))
    expect(settings.map(way => way.fact)).not.toContain('global_batch')
  })

  it('is none where even an eighth of a setting costs too much', () => {
    expect(waysOf(caseWith(null, planned(), { newConfig: { max: 1 } })).settings).toEqual([])
  })

  it('brings a new config within what new ones may cost', () => {
    const [way] = waysOf(caseWith(null, planned(), { newConfig: { max: costOf(planned()) / 2 } })).settings
    expect(way).toMatchObject({ fact: 'steps', from: 10_000, to: 5000 })
  })

  it('names the label that would allow the change, and none that is too small', () => {
    const head = planned({ steps: 20_000 })
    const cost = costOf(head)
    const policy = {
      ...budgetOf(ruleOf({ maxIncreasePercent: 25 })),
      overrides: [overrideOf({ label: 'small', upTo: cost / 2 }), overrideOf({ label: 'large', upTo: cost * 1.2 })],
    }
    expect(waysOf(caseWith(planned(), head, {}, { policy })).label).toMatchObject({ label: 'large' })
    const onlySmall = { ...policy, overrides: policy.overrides.slice(0, 1) }
    expect(waysOf(caseWith(planned(), head, {}, { policy: onlySmall })).label).toBeUndefined()
  })

  it('is not asked for where the gate is open, or closed by what is unknown', () => {
    expect(waysOf(caseWith(planned(), planned({ steps: 20_000 }), { max: 1e12 }))).toEqual({ settings: [] })
    const dark = caseOf({
      comparisons: [change('a.yaml', 100, null)],
      policy: { ...budgetOf(ruleOf({ max: 1000 })), overrides: [overrideOf()] },
    })
    expect(judge(dark).conclusion).toBe('fail')
    expect(waysOf(dark)).toEqual({ settings: [] })
  })

  it('cuts the config that adds most where a total is broken', () => {
    const head = { ...planned({ steps: 20_000 }), path: 'large.yaml' }
    const other = change('small.yaml', 10, 20)
    const large = compareRuns({ base: { ...planned(), path: 'large.yaml' }, head, attribute: true, alternatives: [] })
    const rule = ruleOf({ scope: 'total', maxIncreasePercent: 30 })
    const input = caseOf({ comparisons: [other, large], policy: budgetOf(rule) })
    const [way] = waysOf(input).settings
    // A dollar or ten are nothing beside it: + 30 % of 10,000 steps, less what the small one adds.
    expect(way).toMatchObject({ path: 'large.yaml', fact: 'steps', to: 12_900 })
  })

  it('is asked of at most three configs, the one that grew most first', () => {
    const grown = (path: string, steps: number) =>
      compareRuns({
        base: { ...planned(), path },
        head: { ...planned({ steps }), path },
        attribute: true,
        alternatives: [],
      })
    const comparisons = [grown('a', 13_000), grown('b', 16_000), grown('c', 14_000), grown('d', 15_000)]
    const within = grown('e', 11_000)
    const policy = budgetOf(ruleOf({ maxIncreasePercent: 25 }))
    const { settings } = waysOf(caseOf({ comparisons: [...comparisons, within], policy }))
    expect([...new Set(settings.map(way => way.path))]).toEqual(['b', 'd', 'c'])
    const two = waysOf(caseOf({ comparisons: [grown('a', 13_000), within], policy })).settings
    expect([...new Set(two.map(way => way.path))]).toEqual(['a'])
  })

  it('is none where an error, a lock or a lost config closes the gate, whatever else is broken', () => {
    const input = caseWith(planned(), planned({ steps: 20_000 }), { maxIncreasePercent: 25 })
    const fault = { code: 'list-incomplete', severity: 'error', message: 'the list is incomplete' } as const
    expect(waysOf({ ...input, problems: [fault] })).toStrictEqual({ settings: [] })
    expect(waysOf({ ...input, policy: { ...input.policy!, lock: ['steps'] } }).settings).toEqual([])
    const lost = { uncovered: ['elsewhere.yaml'], removedGated: ['train.yaml'] }
    expect(waysOf({ ...input, ...lost }).settings).toEqual([])
  })

  it('holds by the inputs of the workflow alone, and says nothing of labels that nobody set up', () => {
    const input = caseWith(planned(), planned({ steps: 20_000 }), {})
    const alone = { ...input, policy: null, inputRules: [ruleOf({ maxIncreasePercent: 25 })] }
    expect(waysOf(alone)).toMatchObject({ settings: [{ fact: 'steps', to: 12_500 }, {}] })
    expect(Object.keys(waysOf(alone))).toEqual(['settings'])
  })

  it('follows the rules of the path that a renamed config had', () => {
    const comparison = compareRuns({
      base: { ...planned(), path: 'pretrain/a.yaml' },
      head: { ...planned({ steps: 20_000 }), path: 'misc/a.yaml' },
      basePath: 'pretrain/a.yaml',
      attribute: true,
      alternatives: [],
    })
    const policy = budgetOf(ruleOf({ match: ['pretrain/*'], maxIncreasePercent: 25 }))
    expect(waysOf(caseOf({ comparisons: [comparison], policy })).settings[0]).toMatchObject({
      path: 'misc/a.yaml',
      fact: 'steps',
      to: 12_500,
    })
  })

  it('counts what a deleted config leaves for a new one', () => {
    const gone = change('old.yaml', costOf(planned()), 'none')
    const added = compareRuns({ base: null, head: planned({ steps: 20_000 }), attribute: true, alternatives: [] })
    const policy = budgetOf(ruleOf({ maxIncreasePercent: 25 }))
    // 10,000 steps went: 12,500 are 25 % more.
    expect(waysOf(caseOf({ comparisons: [gone, added], policy })).settings[0]).toMatchObject({ to: 12_500 })
  })

  it('in a total leaves room for what the others add, and looks past those that did not change', () => {
    const grown = { ...planned({ steps: 20_000 }), path: 'b.yaml' }
    const large = compareRuns({
      base: { ...planned(), path: 'b.yaml' },
      head: grown,
      attribute: true,
      alternatives: [],
    })
    const half = costOf(planned()) / 2
    // 1.5 times the cost of 10,000 steps, + 20 % is 1.8: half of one stays, 1.3 is left.
    const same = change('a.yaml', half, half, { status: 'unchanged' })
    const policy = budgetOf(ruleOf({ scope: 'total', maxIncreasePercent: 20.01 }))
    expect(waysOf(caseOf({ comparisons: [same, large], policy })).settings[0]).toMatchObject({
      path: 'b.yaml',
      fact: 'steps',
      to: 13_000,
    })
    const unpriced = { ...large, delta: { ...large.delta, usd: lacking } }
    expect(waysOf(caseOf({ comparisons: [same, unpriced], policy })).settings[0]?.path).toBe('b.yaml')
  })

  describe('keeps a setting in steps that people would choose', () => {
    const { steps: _, globalBatch, ...sized } = PLAN
    const cutOf = (base: Plain, head: Plain, fact: string, percent = 30.5) => {
      const input = caseWith(run({ ...sized, ...base }), run({ ...sized, ...head }), { maxIncreasePercent: percent })
      const way = waysOf(input).settings.find(found => found.fact === fact)
      return way?.to
    }

    it.each([
      // 1.3 · 1,000,000,000, to three digits of 2,345,678,901.
      ['tokens', { globalBatch, totalTokens: 1e9 }, { globalBatch, totalTokens: 2_345_678_901 }, 'total_tokens', 1.3e9],
      ['samples', { globalBatch, trainSamples: 1e6 }, { globalBatch, trainSamples: 2_345_678 }, 'train_samples', 1.3e6],
      ['few steps', { globalBatch, steps: 10 }, { globalBatch, steps: 20 }, 'steps', 13],
      [
        'a batch of whole devices',
        { globalBatch: 1024, steps: 10 },
        { globalBatch: 2048, steps: 10 },
        'global_batch',
        1280,
      ],
      [
        'one of data-parallel ranks',
        { globalBatch: 96, steps: 10 },
        { globalBatch: 192, steps: 10, dp: 12 },
        'global_batch',
        120,
      ],
      [
        'no batch that the devices divide',
        { globalBatch: 100, steps: 10 },
        { globalBatch: 200, steps: 10, microBatch: 4 },
        'global_batch',
        128,
      ],
      [
        'an odd batch',
        { globalBatch: 101, steps: 10 },
        { globalBatch: 303, steps: 10, microBatch: 4 },
        'global_batch',
        131,
      ],
    ] as const)('%s', (_title, base, head, fact, expected) => {
      expect(cutOf(base, head, fact)).toBe(expected)
    })

    it.each([
      [8192, 256],
      [2048, 256],
      [1984, 64],
      [1024, 64],
      [1992, 8],
      [1999, 1],
    ])('a length of whole blocks: %i is cut by multiples of %i', (from, step) => {
      const of = (seqLen: number) => run({ ...sized, globalBatch, steps: 10, seqLen })
      const isOpen = (seqLen: number) =>
        judge(caseWith(of(from / 2), of(seqLen), { maxIncreasePercent: 30 })).conclusion === 'pass'
      const { settings } = waysOf(caseWith(of(from / 2), of(from), { maxIncreasePercent: 30 }))
      const { to } = settings.find(({ fact }) => fact === 'seq_len')!
      expect([to % step, isOpen(to), isOpen(to + step)]).toEqual([0, true, false])
    })

    it('epochs that are whole, and none of a part of one', () => {
      const data = { globalBatch, datasetTokens: 1e9 }
      expect(cutOf({ ...data, epochs: 4 }, { ...data, epochs: 8 }, 'epochs')).toBe(5)
      expect(cutOf({ ...data, epochs: 4 }, { ...data, epochs: 8.5 }, 'epochs')).toBeUndefined()
    })

    it('a depth only where the change raised it', () => {
      const shape = { globalBatch, steps: 10 }
      expect(cutOf({ ...shape, numLayers: 32 }, { ...shape, numLayers: 64 }, 'num_layers')).toBeGreaterThan(40)
      expect(cutOf({ ...shape, steps: 10 }, { ...shape, steps: 20 }, 'num_layers')).toBeUndefined()
    })

    it('down to an eighth of what it is, and no further', () => {
      const cut = (max: number) => {
        const input = caseWith(null, run({ ...sized, globalBatch, steps: 8000 }), { newConfig: { max } })
        return waysOf(input).settings.find(({ fact }) => fact === 'steps')?.to
      }
      const thousand = costOf(run({ ...sized, globalBatch, steps: 1000 }))
      expect(cut(thousand * 1.0001)).toBe(1000)
      expect(cut(thousand * 0.999)).toBeUndefined()
    })
  })

  it.each([
    ['on a line of a config', { kind: 'config', path: 'train.yaml', line: 2 }, true],
    ['on a line of a launch script', { kind: 'script', path: 'run.sh', line: 2 }, true],
    ['on a line of the policy', { kind: 'policy', path: '.github/traincost.yml', line: 2 }, false],
    ['in a config, nobody knows where', { kind: 'config', path: 'train.yaml' }, false],
    ['nowhere', undefined, false],
  ] as const)('looks for a number that stands %s', (_, origin, isFound) => {
    const head = planned({ steps: 20_000 })
    const facts = { ...head.facts, steps: known(20_000, ...(origin === undefined ? [] : [origin])) }
    const { settings } = waysOf(caseWith(planned(), { ...head, facts }, { maxIncreasePercent: 25 }))
    expect(settings.some(way => way.fact === 'steps')).toBe(isFound)
  })

  it('takes a number of two places for one that was computed', () => {
    const head = planned({ steps: 20_000 })
    const line = { kind: 'config' as const, path: 'train.yaml', line: 90 }
    const facts = { ...head.facts, steps: known(20_000, line, { ...line, line: 91 }) }
    const { settings } = waysOf(caseWith(planned(), { ...head, facts }, { maxIncreasePercent: 25 }))
    expect(settings.map(way => way.fact)).not.toContain('steps')
  })

  it.each([
    ['that line', { line: 90, path: 'train.yaml' }, false],
    ['another line', { line: 91, path: 'train.yaml' }, true],
    ['the same line of another file', { line: 90, path: 'other.yaml' }, true],
  ])('lets a number be cut unless another was computed from %s', (_, place, isFound) => {
    const head = planned({ steps: 20_000 })
    const line = { kind: 'config' as const, path: 'train.yaml', line: 90 }
    const facts = {
      ...head.facts,
      steps: known(20_000, line),
      warmupSteps: known(5, { kind: 'derived' as const, source: 'a share' }, { kind: 'config' as const, ...place }),
      // The same line, read and not computed: that is the number itself.
      trainedTokens: known(0, line),
    }
    const { settings } = waysOf(caseWith(planned(), { ...head, facts }, { maxIncreasePercent: 25 }))
    expect(settings.some(way => way.fact === 'steps')).toBe(isFound)
  })
})
