import {
  effectivePolicies,
  entryFor,
  isCovered,
  readPolicy,
  type Effective,
  type PolicyReading,
} from '../../src/resolve/index.ts'

const none: PolicyReading = { is: 'none' }
const at = (text: string) => readPolicy('p.yml', `version: 1\n${text}`)

function effective(base: PolicyReading, head: PolicyReading, tip: PolicyReading): Effective {
  const halves = effectivePolicies({ base, head, tip })
  if (halves.is !== 'effective') throw new Error(JSON.stringify(halves))
  return halves
}

const codes = (halves: Effective) => halves.problems.map(problem => problem.code)

const old = at('rules: [{ name: r, max: 100 }]\nconfigs: [{ path: a/*, runs: 1 }]\n')
const looser = at('rules: [{ name: r, max: 999 }]\nconfigs: [{ path: a/*, runs: 1 }]\n')
const moreRuns = at('rules: [{ name: r, max: 100 }]\nconfigs: [{ path: a/*, runs: 5 }]\n')

describe('the two halves of the policy', () => {
  it('take what the runs are from each side and what is allowed from the tip', () => {
    const halves = effective(old, moreRuns, old)
    expect(entryFor(halves, 'base', 'a/x')?.runs).toBe(1)
    expect(entryFor(halves, 'head', 'a/x')?.runs).toBe(5)
    expect(halves.policyEdited).toBe(false)
    expect(codes(halves)).toEqual([])
  })

  it('never let the head loosen a rule: the tip decides, and a line says so', () => {
    const halves = effective(old, looser, old)
    expect(halves.cost.rules[0]?.max).toBe(100)
    expect(halves.policyEdited).toBe(true)
    expect(halves.proposed?.rules[0]?.max).toBe(999)
    expect(codes(halves)).toEqual(['policy-edited'])
  })

  it('do not blame a stale branch for what the tip has changed meanwhile', () => {
    const halves = effective(old, old, looser)
    expect(halves.cost.rules[0]?.max).toBe(999)
    expect(halves.policyEdited).toBe(false)
  })

  it('do not call a new count of accelerators, or a moved line, an edit of the second half', () => {
    const profile = (n: number) =>
      at(`profiles: { p: { instance: aws/p5.48xlarge, region: us-east-1, accelerators: ${n} } }\n`)
    expect(effective(profile(8), profile(64), profile(8)).policyEdited).toBe(false)
    const moved = at('# a comment\nrules: [{ name: r, max: 100 }]\nconfigs: [{ path: a/*, runs: 1 }]\n')
    expect(effective(old, moved, old).policyEdited).toBe(false)
  })

  it('call a removed policy an edit; the tip still gates', () => {
    const halves = effective(old, none, old)
    expect(halves.policyEdited).toBe(true)
    expect(halves.cost.rules).toHaveLength(1)
    expect(entryFor(halves, 'head', 'a/x')?.runs).toBe(1)
  })

  it('give a branch cut before the policy existed the run half of the tip, without calling it an edit', () => {
    const halves = effective(none, none, moreRuns)
    expect(halves.policyEdited).toBe(false)
    expect([entryFor(halves, 'base', 'a/x')?.runs, entryFor(halves, 'head', 'a/x')?.runs]).toEqual([5, 5])
  })

  it('warn, and never fail, by a policy that only the head has', () => {
    const strict = at('rules: [{ name: r, max: 1 }]\nunknown: fail\nlock: [seq_len]\n')
    const halves = effective(none, strict, none)
    expect(halves).toMatchObject({ enforced: false, exists: true, cost: { unknown: 'warn', lock: [] } })
    expect(halves.cost.rules.map(rule => rule.action)).toEqual(['warn'])
    expect(codes(halves)).toEqual(['policy-not-enforced'])
  })

  it('hold nothing where no revision has one', () => {
    const halves = effective(none, none, none)
    expect(halves).toMatchObject({ enforced: true, exists: false, globs: [], policyEdited: false })
    expect(isCovered(halves, [], 'anything.yaml')).toBe(true)
    expect(isCovered(halves, ['a/*'], 'anything.yaml')).toBe(false)
  })

  it('are an error where tip or head cannot be read, each problem once', () => {
    const broken = at('rule: []\n')
    expect(effectivePolicies({ base: old, head: broken, tip: broken })).toMatchObject({
      is: 'malformed',
      problems: [{ code: 'policy-unknown-key' }],
    })
    expect(effectivePolicies({ base: old, head: broken, tip: old }).is).toBe('malformed')
    expect(effectivePolicies({ base: old, head: old, tip: broken }).is).toBe('malformed')
  })

  it('only warn of one that cannot be read at the merge base', () => {
    expect(codes(effective(at('rule: []\n'), old, old))).toEqual(['base-policy-malformed'])
  })
})

describe('a policy that only the head has', () => {
  it('excuses and cheapens nothing that limits among the inputs hold', () => {
    const text = [
      'currency: { code: JPY, per_usd: 0.0001, date: 2026-01-01 }',
      'prices: cloud-2020',
      'overrides: [{ label: ok, up_to: 1e9 }]',
      'exceptions: [{ config: a/x, max: 1e9, reason: r, expires: 2099-01-01 }]',
      'report: { fail_on: none, on_error: warn, comment: never }',
      'profiles: { p: { accelerator: H100-SXM, usd_per_accelerator_hour: 0.01 } }',
      'configs: [{ path: b/* }]',
    ]
    const halves = effective(none, at(`${text.join('\n')}\n`), none)
    expect(halves.cost).toMatchObject({ currency: { code: 'USD' }, overrides: [], exceptions: [] })
    expect([halves.cost.prices, halves.cost.profiles.size]).toEqual([undefined, 0])
    expect([...halves.cost.inputs.keys()]).toEqual(['comment'])
    expect(isCovered(halves, [], 'a/x')).toBe(true)
  })
})

describe('covered configs', () => {
  it('stay every recognized file where the tip names no glob, whatever the head adds', () => {
    const open = at('rules: [{ name: r, max: 1 }]\n')
    const halves = effective(open, at('rules: [{ name: r, max: 1 }]\nconfigs: [{ path: b/* }]\n'), open)
    expect(isCovered(halves, [], 'a/x')).toBe(true)
    expect([isCovered(halves, ['c/*'], 'a/x'), isCovered(halves, ['c/*'], 'b/x')]).toEqual([false, true])
  })

  it('are those of the tip, and what the head adds; a head cannot take one away', () => {
    const narrowed = at('configs: [{ path: b/*, runs: 2 }]\n')
    const halves = effective(old, narrowed, old)
    expect([halves.globs, halves.addedGlobs]).toEqual([['a/*'], ['b/*']])
    expect(entryFor(halves, 'head', 'a/x')?.runs).toBe(1)
    expect(entryFor(halves, 'base', 'b/x')?.runs).toBe(2)
    expect([isCovered(halves, [], 'a/x'), isCovered(halves, [], 'c/x'), isCovered(halves, ['c/*'], 'c/x')]).toEqual([
      true,
      false,
      true,
    ])
  })
})
