import { known, unknown } from '../../src/facts/index.ts'
import { judge } from '../../src/judge/index.ts'
import type { JudgeInput, Verdict } from '../../src/judge/index.ts'
import { budgetOf, caseOf, change, estimateOf, labelOf, lacking, overrideOf, ruleOf } from './estimates.ts'

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

  it.each([
    ['GitHub does not say who put it there', { by: null }],
    ['lead is a bot; a person has to put it there', { isBot: true }],
    ['lead wrote this pull request; someone else has to put it there', { isAuthor: true }],
    ['the permission of lead is unknown', { permission: null }],
    ['lead has triage permission, it takes write', { permission: 'triage' }],
  ] as const)('says why, at its line in the policy: %s', (why, over) => {
    expect(labelled({ labels: known([labelOf(over)]) }).problems).toEqual([
      expect.objectContaining({
        severity: 'warning',
        message: `the label traincost-ok-150k opens nothing: ${why}`,
        at: overrideOf().at,
      }),
    ])
  })

  it('takes the permission that the policy wants, or a higher one', () => {
    const ranks = ['none', 'read', 'triage', 'write', 'maintain', 'admin'] as const
    for (const minPermission of ['triage', 'write', 'maintain', 'admin'] as const) {
      const strict = { ...policy, overrides: [overrideOf({ minPermission })] }
      const opening = ranks.filter(permission => {
        const labels = known([labelOf({ permission })])
        return labelled({ policy: strict, labels }).conclusion === 'overridden'
      })
      expect(opening).toEqual(ranks.slice(ranks.indexOf(minPermission)))
    }
  })

  it('counts from its author where the policy allows that', () => {
    const own = { ...policy, overrides: [overrideOf({ allowAuthor: true })] }
    expect(labelled({ policy: own, labels: known([labelOf({ isAuthor: true })]) }).conclusion).toBe('overridden')
  })

  it('opens nothing when the labels could not be read', () => {
    const remedy = 'grant pull-requests: read'
    const labels = unknown(
      { fact: 'labels', why: 'HTTP 403', remedy, absent: false },
      { fact: 'labels', why: 'no token', remedy, absent: false },
    )
    const verdict = labelled({ labels })
    expect(verdict.conclusion).toBe('fail')
    expect(verdict.problems).toEqual([
      {
        code: 'labels-unknown',
        severity: 'warning',
        message: 'no override label could be read: HTTP 403; no token',
        at: overrideOf().at,
      },
    ])
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

  it('says by how much it falls short', () => {
    expect(labelled({ comparisons: [change('a.yaml', 100_000, 150_000.01)] }).problems).toMatchObject([
      {
        code: 'override-too-small',
        message:
          'the label traincost-ok-150k opens nothing: the configs in breach cost 150,000.01 USD, it reaches up to 150,000',
      },
    ])
  })

  it('does not count what is removed: it costs nothing any more', () => {
    const total = { ...policy, ...budgetOf(ruleOf({ scope: 'total', maxIncrease: 10_000 })), overrides: [overrideOf()] }
    const comparisons = [change('a.yaml', 10_000, 140_000), change('b.yaml', 100_000, 'none')]
    expect(labelled({ policy: total, comparisons }).conclusion).toBe('overridden')
  })

  it('opens nothing whose cost is unknown, though the broken rule is about hours that are known', () => {
    const hours = {
      ...policy,
      ...budgetOf(ruleOf({ metric: 'accelerator_hours', max: 10 })),
      overrides: [overrideOf()],
    }
    const timed = estimateOf(100_000)
    const unpriced = change('a.yaml', 1000, 1, { head: { ...timed, usd: lacking } })
    const verdict = labelled({ policy: hours, comparisons: [unpriced] })
    expect(verdict.conclusion).toBe('fail')
    expect(verdict.problems).toMatchObject([
      {
        code: 'override-of-unknown',
        message: 'the label traincost-ok-150k opens nothing: the cost of a.yaml is unknown',
      },
    ])
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
    expect(verdict.problems).toMatchObject([
      {
        code: 'override-of-unknown',
        message: 'the label traincost-ok-150k opens nothing: an unknown closed the gate; supply the missing fact',
      },
    ])
  })

  it('cannot open a lock: the number that it approves stands on the locked fact', () => {
    const locked = { ...policy, lock: ['datasetTokens' as const] }
    const cheaper = change('a.yaml', 100, 10, {
      base: estimateOf(100, 'a.yaml', { datasetTokens: known(120e6) }),
      head: estimateOf(10, 'a.yaml', { datasetTokens: known(12e6) }),
    })
    const verdict = labelled({ policy: locked, comparisons: [cheaper] })
    expect(verdict.conclusion).toBe('fail')
    expect(verdict.problems).toMatchObject([
      {
        code: 'override-of-lock',
        message: expect.stringMatching(/opens nothing: it does not reach lock: dataset_tokens is/),
      },
    ])
  })

  it('cannot bring back a config that left the globs', () => {
    const comparisons = [change('a.yaml', 80_000, 'none')]
    const verdict = labelled({ comparisons, uncovered: ['elsewhere/a.yaml'] })
    expect(verdict.conclusion).toBe('fail')
    expect(verdict.problems).toMatchObject([
      { code: 'override-of-lock', message: expect.stringContaining('it does not reach coverage: 1 config left') },
    ])
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
