import { extendedPolicy, readPolicy } from '../../src/resolve/index.ts'
import type { Policy } from '../../src/resolve/index.ts'

function policyOf(text: string, path = 'p.yml'): Policy {
  const reading = readPolicy(path, `version: 1\n${text}`)
  if (reading.is !== 'policy') throw new Error(JSON.stringify(reading))
  return reading.policy
}

const CENTRAL = policyOf(
  `profiles: { h100: { accelerator: H100-SXM, accelerators: 8, usd_per_accelerator_hour: 3, price_date: 2026-10-01 } }
rules: [{ name: ours, max: 1000 }]
overrides: [{ label: ok, up_to: 2000 }]
unknown: auto
lock: [seq_len]
currency: { code: EUR, per_usd: 0.9, date: 2026-10-01 }
report: { fail_on: warn }
`,
  'org/repo/base.yml@v1',
)
const EXTENDS = 'extends: org/repo/base.yml@v1\n'

const over = (text: string) => extendedPolicy(policyOf(EXTENDS + text), CENTRAL)

it('holds the rules of both, locks of both, and the rates, currency and labels of the central policy', () => {
  const whole = over(
    'configs: [{ path: "a/*", profile: h100 }]\nrules: [{ name: mine, max: 10 }]\nlock: [dataset_tokens]\n',
  )
  expect(whole).toMatchObject({
    is: 'policy',
    policy: { currency: { code: 'EUR', perUsd: 0.9 }, lock: ['seqLen', 'datasetTokens'], overrides: [{ label: 'ok' }] },
  })
  if (whole.is !== 'policy') return
  expect(whole.policy.rules.map(rule => rule.name)).toEqual(['ours', 'mine'])
  expect(whole.policy.profiles.get('h100')?.usdPerAcceleratorHour).toBe(3)
  expect(whole.policy.configs.map(entry => entry.path)).toEqual(['a/*'])
})

it.each([
  ['unknown: ignore\n', 'auto', 'warn'],
  ['unknown: fail\nreport: { fail_on: none }\n', 'fail', 'warn'],
])('takes the stricter mode: %j', (text, unknown, failOn) => {
  const whole = over(text)
  if (whole.is !== 'policy') throw new Error('refused')
  expect([whole.policy.unknown, whole.policy.inputs.get('fail-on')]).toEqual([unknown, failOn])
})

it('takes what neither says for the default, which a local mode cannot undercut', () => {
  const plain = extendedPolicy(
    policyOf(`${EXTENDS}report: { on_error: warn, fail_on: none }\n`),
    policyOf('rules: []\n'),
  )
  if (plain.is !== 'policy') throw new Error('refused')
  expect([plain.policy.inputs.get('on-error'), plain.policy.inputs.get('fail-on')]).toEqual(['fail', 'fail'])
})

it.each([
  ['a rule of a central name', 'rules: [{ name: ours, max: 1e9 }]', 3],
  ['a profile of a central name', 'profiles: { h100: { accelerator: H100-SXM } }', 3],
  [
    'a rate of its own',
    'profiles: { x: { accelerator: H100-SXM, usd_per_accelerator_hour: 1, price_date: 2026-10-01 } }',
    3,
  ],
  ['an efficiency of its own', 'profiles: { x: { accelerator: H100-SXM, mfu: 0.9 } }', 3],
  ['a label', 'overrides: [{ label: mine, up_to: 1e9 }]', 3],
  ['an exception', 'exceptions: [{ config: a, max: 1e9, reason: r, expires: 2030-01-01 }]', 3],
  ['a currency', 'currency: { code: EUR, per_usd: 0.1, date: 2026-10-01 }', undefined],
  ['other prices', 'prices: cloud-2020', undefined],
])('refuses %s, with its place', (_, text, line) => {
  const whole = over(`${text}\n`)
  expect(whole).toMatchObject({ is: 'malformed', problems: [{ code: 'extends-loosens', severity: 'error' }] })
  if (whole.is === 'malformed' && line !== undefined)
    expect(whole.problems[0]?.at).toMatchObject({ path: 'p.yml', line })
})

it('refuses a chain of policies', () => {
  const chained = policyOf('extends: a/b/c.yml@v1\n', 'org/repo/base.yml@v1')
  expect(extendedPolicy(policyOf(EXTENDS), chained).is).toBe('malformed')
})
