import { known, unknown } from '../../src/facts/index.ts'
import { judge } from '../../src/judge/index.ts'
import type { JudgeInput, Verdict } from '../../src/judge/index.ts'
import { budgetOf, caseOf, change, estimateOf, labelOf, overrideOf, ruleOf } from './estimates.ts'

const policy = { ...budgetOf(ruleOf({ max: 120_000 })), overrides: [overrideOf()] }
const dear = change('a.yaml', 100_000, 140_000)

/** A broken budget of 120,000, a label for up to 150,000 that someone with write access has set. */
const labelled = (over: Partial<JudgeInput> = {}): Verdict =>
  judge(caseOf({ comparisons: [dear], policy, labels: known([labelOf()]), ...over }))

const problemsOf = (verdict: Verdict): string[] => verdict.problems.map(p => p.code)

describe('an override label', () => {
  it('opens the gate, and is named with the person who set it', () => {
    expect(labelled()).toMatchObject({
      conclusion: 'overridden',
      overriddenBy: { label: 'traincost-ok-150k', by: 'lead', upTo: 150_000 },
      problems: [],
    })
  })

  it('leaves the broken rules visible', () => {
    expect(labelled().outcomes).toMatchObject([{ limitKind: 'max', result: 'fail' }])
  })

  it('is found whatever its case: GitHub has one label of a name', () => {
    expect(labelled({ labels: known([labelOf({ name: 'TrainCost-OK-150k' })]) }).conclusion).toBe('overridden')
  })

  it('says nothing where nothing is broken', () => {
    const verdict = labelled({ comparisons: [change('a.yaml', 100, 110)] })
    expect(verdict.conclusion).toBe('pass')
    expect(verdict.overriddenBy).toBeUndefined()
  })

  it.each([
    ['its author set it', { isAuthor: true }, 'override-by-author'],
    ['a bot set it', { isBot: true, permission: 'admin' }, 'override-by-bot'],
    ['a triage user set it', { permission: 'triage' }, 'override-permission'],
    ['a reader set it', { permission: 'read' }, 'override-permission'],
    ['the permission could not be read', { permission: null }, 'override-permission-unknown'],
    ['nobody knows who set it', { by: null }, 'override-labeller-unknown'],
  ] as const)('opens nothing when %s', (_, over, code) => {
    const verdict = labelled({ labels: known([labelOf(over)]) })
    expect(verdict.conclusion).toBe('fail')
    expect(problemsOf(verdict)).toEqual([code])
  })

  it('counts from its author where the policy allows that', () => {
    const own = { ...policy, overrides: [overrideOf({ allowAuthor: true })] }
    expect(labelled({ policy: own, labels: known([labelOf({ isAuthor: true })]) }).conclusion).toBe('overridden')
  })

  it('opens nothing when the labels could not be read', () => {
    const labels = unknown({ fact: 'labels', why: 'HTTP 403', remedy: 'grant pull-requests: read', absent: false })
    const verdict = labelled({ labels })
    expect(verdict.conclusion).toBe('fail')
    expect(problemsOf(verdict)).toEqual(['labels-unknown'])
  })

  it('opens nothing that another name says', () => {
    expect(labelled({ labels: known([labelOf({ name: 'traincost-ok' })]) }).conclusion).toBe('fail')
  })

  it.each([
    [150_000, 'overridden'],
    [150_000.01, 'fail'],
  ])('reaches up to its sum, equality included: %d', (head, conclusion) => {
    expect(labelled({ comparisons: [change('a.yaml', 100_000, head)] }).conclusion).toBe(conclusion)
  })

  it('caps the configs in breach together, not each; those that hold do not count', () => {
    const two = [change('a.yaml', 1000, 130_000), change('b.yaml', 1000, 130_000)]
    expect(labelled({ comparisons: two }).conclusion).toBe('fail')
    const oneHolds = [change('a.yaml', 1000, 130_000), change('b.yaml', 1000, 110_000)]
    expect(labelled({ comparisons: oneHolds }).conclusion).toBe('overridden')
  })

  it('caps the expected cost in the currency of the policy, whatever the metric of the broken rule', () => {
    const hours = { ...policy, ...budgetOf(ruleOf({ metric: 'accelerator_hours', max: 10 })) }
    const euros = { ...hours, overrides: [overrideOf()], currency: { code: 'EUR', perUsd: 0.5, date: '2026-11-01' } }
    // 290,000 dollars are 145,000 euros.
    expect(labelled({ policy: euros, comparisons: [change('a.yaml', 1, 290_000)] }).conclusion).toBe('overridden')
    expect(labelled({ policy: euros, comparisons: [change('a.yaml', 1, 310_000)] }).conclusion).toBe('fail')
  })

  it('cannot open a gate that an unknown closed, even beside a known breach', () => {
    const verdict = labelled({ comparisons: [dear, change('b.yaml', 100, null)] })
    expect(verdict.conclusion).toBe('fail')
    expect(problemsOf(verdict)).toEqual(['override-of-unknown'])
  })

  it('cannot open a lock: the number that it approves stands on the locked fact', () => {
    const locked = { ...policy, lock: ['datasetTokens' as const] }
    const cheaper = change('a.yaml', 100, 10, {
      base: estimateOf(100, 'a.yaml', { datasetTokens: known(120e6) }),
      head: estimateOf(10, 'a.yaml', { datasetTokens: known(12e6) }),
    })
    expect(labelled({ policy: locked, comparisons: [cheaper] }).conclusion).toBe('fail')
  })

  it('of a policy that only the head has opens nothing', () => {
    const inputRules = [ruleOf({ name: 'max-cost', max: 120_000 })]
    expect(labelled({ inputRules, enforced: false }).conclusion).toBe('fail')
  })

  it('opens by the larger of two where the smaller does not reach', () => {
    const two = { ...policy, overrides: [overrideOf({ label: 'ok-130k', upTo: 130_000 }), overrideOf()] }
    const labels = known([labelOf({ name: 'ok-130k' }), labelOf()])
    expect(labelled({ policy: two, labels })).toMatchObject({
      conclusion: 'overridden',
      overriddenBy: { label: 'traincost-ok-150k' },
    })
  })
})
