import fc from 'fast-check'
import { compareRuns } from '../../src/compare/index.ts'
import { known } from '../../src/facts/index.ts'
import { judge, waysToPass } from '../../src/judge/index.ts'
import type { JudgeInput, WaysToPass } from '../../src/judge/index.ts'
import type { Rule, Run } from '../../src/resolve/index.ts'
import { LLAMA3_8B, run } from '../estimate/runs.ts'
import type { Plain } from '../estimate/runs.ts'
import { budgetOf, caseOf, change, overrideOf, ruleOf } from './estimates.ts'

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
    expect(way).toMatchObject({ path: 'large.yaml', fact: 'steps' })
    expect(way!.to).toBeGreaterThan(12_000)
  })
})
