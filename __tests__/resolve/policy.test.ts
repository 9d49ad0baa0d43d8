import { place, type Problem } from '../../src/facts/index.ts'
import { policyReferences, readPolicy, type Policy } from '../../src/resolve/index.ts'

const PATH = '.github/traincost.yml'

function read(text: string): Policy {
  const reading = readPolicy(PATH, text)
  if (reading.is !== 'policy') throw new Error(JSON.stringify(reading))
  return reading.policy
}

function problems(text: string, path = PATH): readonly Problem[] {
  const reading = readPolicy(path, text)
  if (reading.is === 'none') throw new Error('no reading')
  return reading.problems
}

const found = (text: string) => problems(text).map(problem => `${problem.code} ${place(problem.at)}`)

/** Every key that the documentation names, once. */
const WHOLE = `version: 1
configs:
  - path: configs/pretrain/*.yaml
    profile: h100
    runs: 3
  - path: configs/sft/*.yaml
    framework: axolotl
    profile: a100-spot
    facts: { dataset_tokens: 120M, accelerators: 8, lora: { rank: 16 }, lora.targets: [q_proj] }
datasets:
  our-org/corpus: { tokens: 1.2T }
models:
  our-org/base: { like: meta-llama/Llama-2-7b-hf, vocab_size: 64000 }
profiles:
  h100: { instance: aws/p5.48xlarge, region: us-east-1, pricing: on-demand, accelerators: 64 }
  a100-spot: { accelerator: A100-80GB-SXM, accelerators: 8, usd_per_accelerator_hour: 1.45, price_date: 2026-10-01, tokens_per_second: 31k, measured_on: { config: a.yaml, ref: main } }
rules:
  - name: pretrain
    match: [configs/pretrain/*]
    scope: each
    metric: cost
    max: 120k
    max_increase: 5000
    max_increase_percent: 25
    combine: all
    basis: high
    new_config: { max: 10000 }
    action: warn
    message: Ask first.
  - name: all
    scope: total
    match: configs/**
    max: 1M
overrides:
  - { label: ok-150k, up_to: 150000, min_permission: maintain, allow_author: true }
exceptions:
  - { config: configs/pretrain/7b.yaml, max: 160000, reason: long context, expires: 2028-02-29 }
unknown: fail
lock: [dataset_tokens, lora.rank]
currency: { code: EUR, per_usd: 0.92, date: 2026-11-01 }
report: { comment: always, annotations: false, min_delta: 5, fail_on: warn }
`

describe('a policy', () => {
  it('is read with every key that the documentation names', () => {
    const policy = read(WHOLE)
    expect(policy.configs[0]).toMatchObject({ path: 'configs/pretrain/*.yaml', profile: 'h100', runs: 3 })
    expect(policy.configs[1]?.framework).toBe('axolotl')
    expect([...policy.configs[1]!.facts.keys()].sort()).toEqual([
      'accelerators',
      'datasetTokens',
      'loraRank',
      'loraTargets',
    ])
    expect(policy.datasets.get('our-org/corpus')?.tokens).toBe(1.2e12)
    expect(policy.models.get('our-org/base')).toMatchObject({ like: 'meta-llama/Llama-2-7b-hf' })
    expect(policy.profiles.get('a100-spot')).toMatchObject({ usdPerAcceleratorHour: 1.45, tokensPerSecond: 31_000 })
    expect(policy.rules[0]).toMatchObject({
      max: 120_000,
      maxIncrease: 5000,
      maxIncreasePercent: 25,
      combine: 'all',
      basis: 'high',
      newConfig: { max: 10_000 },
      action: 'warn',
      origin: { kind: 'policy', path: PATH, line: 18 },
    })
    expect(policy.rules[1]).toMatchObject({ scope: 'total', match: ['configs/**'], max: 1_000_000, action: 'fail' })
    expect(policy.overrides[0]).toMatchObject({ upTo: 150_000, minPermission: 'maintain', allowAuthor: true })
    expect(policy.exceptions[0]).toMatchObject({ max: 160_000, expires: '2028-02-29' })
    expect(policy).toMatchObject({ unknown: 'fail', lock: ['datasetTokens', 'loraRank'], currency: { perUsd: 0.92 } })
    expect(Object.fromEntries(policy.inputs)).toEqual({
      comment: 'always',
      annotations: 'false',
      'min-delta': '5',
      'fail-on': 'warn',
    })
  })

  it('remembers the line of every single key', () => {
    const policy = read(WHOLE)
    expect(policy.configs[0]?.lines.get('runs')).toEqual({ path: PATH, line: 5, column: 5 })
    expect(policy.configs[1]?.facts.get('datasetTokens')?.at).toEqual({ path: PATH, line: 9, column: 14 })
    expect(policy.profiles.get('h100')?.lines.get('region')).toEqual({ path: PATH, line: 15, column: 38 })
  })

  it('needs no more than its version, and reads an empty section as one that is not there', () => {
    expect(read('version: 1\n')).toMatchObject({
      rules: [],
      configs: [],
      unknown: 'auto',
      currency: { code: 'USD', perUsd: 1 },
    })
    expect(read('version: 1\nrules:\nconfigs:\n').rules).toEqual([])
  })

  it('reads JSON too, and a file named with its revision', () => {
    expect(readPolicy('p.json', '{"version": 1, "unknown": "warn"}')).toMatchObject({
      is: 'policy',
      policy: { unknown: 'warn' },
    })
    expect(readPolicy('org/repo/policies/p.yml@feature/x', 'version: 1')).toMatchObject({ is: 'policy' })
  })

  it('takes names like constructor and toString as any other', () => {
    const policy = read('version: 1\ndatasets: { constructor: { tokens: 1B }, toString: { tokens: 2B } }\n')
    expect([...policy.datasets.keys()]).toEqual(['constructor', 'toString'])
  })

  it('takes the prices of 2020 by name, and checks its instances against them', () => {
    const policy = read(
      'version: 1\nprices: cloud-2020\nprofiles: { t: { instance: gcp/tpu-v3-8, accelerators: 512 } }\n',
    )
    expect(policyReferences(policy)).toEqual({ prices: 'cloud-2020' })
    const now = readPolicy(PATH, 'version: 1\nprofiles: { t: { instance: gcp/tpu-v3-8 } }\n')
    expect(now).toMatchObject({ is: 'policy', problems: [{ code: 'unknown-instance', severity: 'warning' }] })
  })
})

describe('a wrong policy', () => {
  it.each([
    ['an unknown key', 'version: 1\nrule: []\n', 'policy-unknown-key', 2, 1, 'rules'],
    [
      'an unknown key in a profile',
      'version: 1\nprofiles:\n  p: { instanse: x }\n',
      'policy-unknown-key',
      3,
      8,
      'instance',
    ],
    [
      'an unknown fact',
      'version: 1\nconfigs:\n  - path: a\n    facts: { dataset_token: 3 }\n',
      'policy-unknown-key',
      4,
      14,
      'dataset_tokens',
    ],
    ['an unknown fact to lock', 'version: 1\nlock: [seq_length]\n', 'unknown-fact', 2, 8, 'seq_len'],
    ['an unknown report setting', 'version: 1\nreport: { coment: always }\n', 'policy-unknown-key', 2, 11, 'comment'],
    ['a token in the policy', 'version: 1\nreport: { github_token: abc }\n', 'policy-unknown-key', 2, 11, 'report'],
    [
      'an unknown profile',
      'version: 1\nprofiles:\n  h100: { accelerator: H100-SXM }\nconfigs:\n  - { path: a, profile: h10 }\n',
      'unknown-profile',
      5,
      16,
      'h100',
    ],
    [
      'an unknown model',
      'version: 1\nmodels:\n  m: { like: meta-llama/Llama-2-7b }\n',
      'unknown-model',
      3,
      8,
      'meta-llama/Llama-2-7b-hf',
    ],
  ])('%s is shown with its place and the nearest valid one', (_, text, code, line, column, near) => {
    const [problem] = problems(text)
    expect([problem?.code, place(problem?.at)]).toEqual([code, `${PATH}:${line}:${column}`])
    expect(problem?.severity).toBe('error')
    expect(problem?.message).toContain(near)
  })

  it.each([
    [
      'an unknown instance',
      'version: 1\nprofiles:\n  p: { instance: aws/p5.48xl }\n',
      'unknown-instance',
      3,
      8,
      'aws/p5.48xlarge',
    ],
    [
      'an unknown accelerator',
      'version: 1\nprofiles:\n  p: { accelerator: H100-SMX }\n',
      'unknown-accelerator',
      3,
      8,
      'H100-SXM',
    ],
    [
      'an unknown region',
      'version: 1\nprofiles:\n  p: { instance: aws/p5.48xlarge, region: us-east-9 }\n',
      'unknown-region',
      3,
      35,
      'us-east-1',
    ],
  ])('%s of a profile is a warning, with the nearest one: the catalog may be older than the policy', (...row) => {
    const [, text, code, line, column, near] = row
    const reading = readPolicy(PATH, text)
    const [problem] = reading.is === 'policy' ? reading.problems : []
    expect([problem?.code, problem?.severity]).toEqual([code, 'warning'])
    expect(place(problem?.at)).toBe(`${PATH}:${line}:${column}`)
    expect(problem?.message).toContain(near)
  })

  it.each([
    [
      'a percentage for new configs',
      'rules: [{ name: a, new_config: { max: 1, max_increase_percent: 3 } }]',
      'policy-unknown-key',
    ],
    ['"all" of one limit', 'rules: [{ name: a, max: 1, combine: all }]', 'impossible-rule'],
    ['a rule without a limit', 'rules: [{ name: a }]', 'impossible-rule'],
    ['new configs in a total', 'rules: [{ name: a, scope: total, new_config: { max: 1 } }]', 'impossible-rule'],
    ['two rules of one name', 'rules: [{ name: a, max: 1 }, { name: a, max: 2 }]', 'duplicate-rule'],
    ['two overrides of one label', 'overrides: [{ label: a, up_to: 1 }, { label: a, up_to: 2 }]', 'duplicate-override'],
    [
      'two exceptions of one config',
      'exceptions: [{ config: a, max: 1, reason: r, expires: 2027-01-01 }, { config: a, max: 2, reason: r, expires: 2027-01-01 }]',
      'duplicate-exception',
    ],
    [
      'an exception for a glob',
      'exceptions: [{ config: "a/*", max: 1, reason: r, expires: 2027-01-01 }]',
      'exception-glob',
    ],
    ['a negative limit', 'rules: [{ name: a, max: -1 }]', 'policy-bad-value'],
    ['an infinite limit', 'rules: [{ name: a, max: .inf }]', 'policy-bad-value'],
    ['a limit that is no number', 'rules: [{ name: a, max: .nan }]', 'policy-bad-value'],
    ['a limit beyond all numbers', 'rules: [{ name: a, max: 1e999 }]', 'policy-bad-value'],
    ['a fraction of a run', 'configs: [{ path: a, runs: 1.5 }]', 'policy-bad-value'],
    ['no runs', 'configs: [{ path: a, runs: 0 }]', 'policy-bad-value'],
    ['a profile of nothing', 'profiles: { p: { accelerators: 8 } }', 'impossible-profile'],
    [
      'both rates',
      'profiles: { p: { instance: aws/p5.48xlarge, usd_per_accelerator_hour: 1, usd_per_instance_hour: 8 } }',
      'impossible-profile',
    ],
    [
      'an instance rate without its instance',
      'profiles: { p: { accelerator: H100-SXM, usd_per_instance_hour: 8 } }',
      'impossible-profile',
    ],
    [
      'an instance that holds another accelerator',
      'profiles: { p: { instance: aws/p5.48xlarge, accelerator: A100-80GB-SXM } }',
      'impossible-profile',
    ],
    [
      'two efficiencies',
      'profiles: { p: { accelerator: H100-SXM, mfu: 0.4, tokens_per_second: 10 } }',
      'impossible-profile',
    ],
    [
      'a measured run without its rate',
      'profiles: { p: { accelerator: H100-SXM, measured_on: { config: a, ref: v1 } } }',
      'impossible-profile',
    ],
    // HEAD is another commit in each clone, in one of a pull request the one that is judged.
    [
      'a rate of wherever the clone stands',
      'profiles: { p: { accelerator: H100-SXM, tokens_per_second: 10, measured_on: { config: a, ref: HEAD } } }',
      'policy-bad-value',
    ],
    [
      'a rate of a revision by its distance',
      'profiles: { p: { accelerator: H100-SXM, tokens_per_second: 10, measured_on: { config: a, ref: main~3 } } }',
      'policy-bad-value',
    ],
    ['a utilization in percent', 'profiles: { p: { accelerator: H100-SXM, mfu: 40 } }', 'policy-bad-value'],
    ['spot of no instance', 'profiles: { p: { accelerator: H100-SXM, pricing: spot } }', 'impossible-profile'],
    [
      'a date that no calendar has',
      'exceptions: [{ config: a, max: 1, reason: r, expires: 2027-02-29 }]',
      'policy-bad-value',
    ],
    ['a date in words', 'currency: { code: EUR, per_usd: 0.9, date: yesterday }', 'policy-bad-value'],
    ['a currency without its rate', 'currency: { code: EUR, date: 2026-11-01 }', 'impossible-currency'],
    ['a dollar that is not one', 'currency: { code: USD, per_usd: 0.9 }', 'impossible-currency'],
    ['a fact out of its range', 'configs: [{ path: a, facts: { seq_len: -4 } }]', 'policy-bad-value'],
    ['a model of nothing', 'models: { m: {} }', 'impossible-model'],
    [
      'a model like a chain of others',
      'models: { a: { like: b }, b: { like: c }, c: { num_layers: 2 } }',
      'unknown-model',
    ],
    ['an absolute glob', 'configs: [{ path: /etc/* }]', 'policy-bad-value'],
    ['a glob that leaves the tree', 'configs: [{ path: ../x }]', 'policy-bad-value'],
    ['the same glob twice', 'configs: [{ path: a }, { path: a }]', 'duplicate-config'],
    ['a prices file, which is not supported yet', 'prices: prices/2026.json', 'prices-not-supported'],
    ['a central policy without its revision', 'extends: org/repo/p.yml', 'bad-extends'],
    ['the key __proto__', 'datasets: { __proto__: { tokens: 1 } }', 'policy-unknown-key'],
  ])('%s is refused', (_, text, code) => {
    const all = problems(`version: 1\n${text}\n`)
    expect(all.map(problem => problem.code)).toContain(code)
    for (const problem of all) expect(place(problem.at)).toMatch(/traincost\.yml:2:\d+$/)
  })

  it.each([
    ['', 'policy-not-a-map'],
    ['- 1\n', 'policy-not-a-map'],
    ['version: 1\n---\nversion: 1\n', 'policy-not-a-map'],
    ['rules: []\n', 'policy-missing-key'],
    ['version: 2\n', 'policy-bad-value'],
  ])('without a version, or no map at all, it is refused: %j', (text, code) => {
    expect(problems(text).map(problem => problem.code)).toContain(code)
    expect(readPolicy(PATH, text).is).toBe('malformed')
  })

  it('shows everything that is wrong at once', () => {
    const text = 'version: 1\nrule: []\nrules:\n  - { name: a, max: -1 }\n  - { max: 3 }\nunknown: maybe\n'
    expect(found(text).sort()).toEqual([
      `policy-bad-value ${PATH}:4:16`,
      `policy-bad-value ${PATH}:6:1`,
      `policy-missing-key ${PATH}:5:5`,
      `policy-unknown-key ${PATH}:2:1`,
    ])
  })

  it('is refused with the place of a syntax error', () => {
    expect(place(problems('version: 1\nrules: [\n')[0]?.at)).toMatch(/^\.github\/traincost\.yml:\d+:\d+$/)
  })

  it('shows at most a hundred mistakes, and does not search long for the nearest of thousands', () => {
    const keys = Array.from({ length: 1000 }, (_, i) => `k${i}: 1`)
    expect(problems(`version: 1\n${keys.join('\n')}\n`)).toHaveLength(100)
    const profiles = Array.from({ length: 500 }, (_, i) => `  k${i}: { instance: none/${i} }`)
    expect(problems(`version: 1\nprofiles:\n${profiles.join('\n')}\n`)).toHaveLength(100)
    expect(problems(`version: 1\nlock: [${'x, '.repeat(30_000)}x]\n`).map(p => p.code)).toContain('policy-too-large')
  })

  it('is refused, not run out of memory on, when aliases multiply', () => {
    const levels = Array.from({ length: 12 }, (_, i) => `k${i + 1}: &k${i + 1} [${Array(9).fill(`*k${i}`).join(', ')}]`)
    const bomb = `version: 1\nk0: &k0 [x]\n${levels.join('\n')}\n`
    expect(readPolicy(PATH, bomb).is).toBe('malformed')
  })
})
