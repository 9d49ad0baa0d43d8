import { absent, known, unknown, type FactName, type Origin, type RunFacts } from '../../src/facts/index.ts'
import type { Recognized } from '../../src/recognize/index.ts'
import {
  emptyPolicy,
  matchConfig,
  otherHardware,
  readPolicy,
  resolveRun,
  type PlainFacts,
  type Policy,
} from '../../src/resolve/index.ts'

const POLICY = '.github/traincost.yml'

function policy(text: string): Policy {
  const reading = readPolicy(POLICY, `version: 1\n${text}`)
  if (reading.is !== 'policy') throw new Error(JSON.stringify(reading))
  return reading.policy
}

const inConfig = (line: number): Origin => ({ kind: 'config', path: 'a.yaml', line, column: 1 })

function config(facts: RunFacts): Recognized {
  return { path: 'a.yaml', framework: 'axolotl', fragment: false, facts, problems: [], includes: [], lacking: [] }
}

interface Given {
  readonly facts?: RunFacts
  readonly run?: Policy
  readonly cost?: Policy
  readonly profile?: string
  readonly set?: PlainFacts
}

function resolve({ facts = {}, run = emptyPolicy, cost = run, profile, set = new Map() }: Given) {
  return resolveRun({
    config: config(facts),
    entry: matchConfig(run, 'a.yaml'),
    runHalf: run,
    costHalf: cost,
    profile,
    set,
    side: 'head',
  })
}

const set = (name: FactName, value: unknown): PlainFacts =>
  new Map([[name, { value, at: { path: '--set', line: 1, column: 1 } }]])
const codes = (run: { readonly problems: readonly { readonly code: string }[] }) => run.problems.map(p => p.code)
const valueOf = (fact: { readonly known: boolean; readonly value?: unknown } | undefined) =>
  fact?.known === true ? fact.value : undefined

describe('precedence: --set, config, policy, script, profile, registry, default', () => {
  const entry = policy('configs:\n  - path: a.yaml\n    facts: { seq_len: 2048 }\n')
  const byConfig = known(4096, inConfig(3))
  const byScript = known(1024, { kind: 'script', path: 'run.sh', line: 9 })
  const byDefault = known(512, { kind: 'default', source: 'upstream' })

  it.each([
    ['--set', { seqLen: byConfig }, set('seqLen', '8k'), 8000],
    ['the config', { seqLen: byConfig }, undefined, 4096],
    ['the policy, over a script', { seqLen: byScript }, undefined, 2048],
    ['the policy, over a default', { seqLen: byDefault }, undefined, 2048],
    [
      'the policy, where the config leaves it to the environment',
      { seqLen: unknown({ fact: 'seq_len', why: 'env', remedy: '', absent: false }) },
      undefined,
      2048,
    ],
  ] as const)('%s wins', (_, facts, given, expected) => {
    const run = resolve({ facts, run: entry, ...(given === undefined ? {} : { set: given }) })
    expect(valueOf(run.facts.seqLen)).toBe(expected)
  })

  it('warns with both lines when policy and config disagree, and keeps the config', () => {
    const run = resolve({ facts: { seqLen: byConfig }, run: entry })
    expect(run.problems).toMatchObject([
      { code: 'sources-disagree', severity: 'warning', at: { path: POLICY, line: 4, column: 14 } },
    ])
    expect(run.problems[0]?.message).toContain('a.yaml:3')
  })

  it('does not warn of a default that is overridden, of agreement, or of --set', () => {
    expect(codes(resolve({ facts: { seqLen: byDefault }, run: entry }))).toEqual([])
    expect(codes(resolve({ facts: { seqLen: known(2048, inConfig(3)) }, run: entry }))).toEqual([])
    expect(codes(resolve({ facts: { seqLen: byConfig }, set: set('seqLen', 1) }))).toEqual([])
  })

  it('never fills what a config says badly from a registry or a default', () => {
    const bad = unknown({ fact: 'hidden_size', why: 'not a number', remedy: '', absent: false })
    const facts = { baseModel: known('meta-llama/Llama-2-7b-hf', inConfig(1)), hiddenSize: bad }
    expect(resolve({ facts }).facts.hiddenSize).toEqual(bad)
  })

  it('refuses a --set that its fact cannot read', () => {
    expect(resolve({ facts: { seqLen: byConfig }, set: set('seqLen', 'long') }).facts.seqLen?.known).toBe(false)
  })

  it('multiplies by runs of the policy, else by one', () => {
    expect(valueOf(resolve({}).runs)).toBe(1)
    expect(resolve({ run: policy('configs:\n  - { path: a.yaml, runs: 3 }\n') }).runs).toMatchObject({
      value: 3,
      origins: [{ kind: 'policy', path: POLICY, line: 3 }],
    })
  })
})

describe('the base model', () => {
  const named = (name: string) => ({ baseModel: known(name, inConfig(1)) })

  it('brings its shape from the registry', () => {
    // Llama-2-7B: 32 layers of 4096, 32 heads of 128 (Touvron et al. 2023, model card).
    const run = resolve({ facts: named('meta-llama/llama-2-7b-HF') })
    expect(run.facts).toMatchObject({ numLayers: { value: 32 }, hiddenSize: { value: 4096 }, headDim: { value: 128 } })
    expect(run.facts.numLayers?.known === true && run.facts.numLayers.origins[0]?.kind).toBe('registry')
  })

  it('lets a config override a dimension in silence', () => {
    const run = resolve({ facts: { ...named('meta-llama/Llama-2-7b-hf'), numLayers: known(16, inConfig(2)) } })
    expect(valueOf(run.facts.numLayers)).toBe(16)
    expect(codes(run)).toEqual([])
  })

  it('drops a head width that followed from the width that a config changes', () => {
    const run = resolve({ facts: { ...named('meta-llama/Llama-2-7b-hf'), hiddenSize: known(2048, inConfig(2)) } })
    expect(run.facts.headDim).toBeUndefined()
    expect(
      valueOf(resolve({ facts: { ...named('google/gemma-7b'), hiddenSize: known(2048, inConfig(2)) } }).facts.headDim),
    ).toBe(256)
  })

  it('can be described by the policy: like a public one, with other dimensions', () => {
    const own = policy('models:\n  our/m: { like: meta-llama/Llama-2-7b-hf, vocab_size: 64000 }\n')
    const run = resolve({ facts: named('our/m'), run: own })
    expect([valueOf(run.facts.numLayers), valueOf(run.facts.vocabSize)]).toEqual([32, 64_000])
  })

  it('that nobody knows is unknown, and the reader is told which line to add', () => {
    const run = resolve({ facts: named('our/secret') })
    expect(run.facts.hiddenSize).toMatchObject({ known: false, missing: [{ fact: 'base_model', absent: false }] })
    expect(run.facts.hiddenSize?.known === false && run.facts.hiddenSize.missing[0]?.remedy).toContain('our/secret')
  })

  it('is not missed where the config brings the shape', () => {
    const run = resolve({
      facts: { ...named('./model'), hiddenSize: known(64, inConfig(2)), numLayers: known(2, inConfig(3)) },
    })
    expect(run.facts.vocabSize).toBeUndefined()
  })
})

describe('datasets', () => {
  const datasets = policy('datasets:\n  a: { tokens: 1.2B }\n  b: { tokens: 300M }\n')
  const facts = (...names: string[]) => ({ dataset: known(names, inConfig(1)) })

  it('add up where the policy knows them all', () => {
    expect(resolve({ facts: facts('a', 'b'), run: datasets }).facts.datasetTokens).toMatchObject({
      value: 1.5e9,
      origins: [{ line: 3 }, { line: 4 }],
    })
  })

  it('are unknown as soon as one is, which is named', () => {
    const fact = resolve({ facts: facts('a', 'c'), run: datasets }).facts.datasetTokens
    expect(fact).toMatchObject({ known: false, missing: [{ fact: 'dataset_tokens', absent: false }] })
    expect(fact?.known === false && fact.missing[0]?.remedy).toContain('c: { tokens')
  })

  it('count as not said where the policy knows none', () => {
    expect(resolve({ facts: facts('c'), run: datasets }).facts.datasetTokens).toMatchObject({
      missing: [{ absent: true }],
    })
  })

  it('give way to dataset_tokens of the entry', () => {
    const run = policy(
      'datasets: { a: { tokens: 1B } }\nconfigs:\n  - { path: a.yaml, facts: { dataset_tokens: 5M } }\n',
    )
    expect(valueOf(resolve({ facts: facts('a'), run }).facts.datasetTokens)).toBe(5e6)
  })
})

describe('hardware', () => {
  const text = (accelerators: number, rate = '') =>
    policy(
      `configs:\n  - { path: a.yaml, profile: p }\nprofiles:\n  p: { instance: aws/p5.48xlarge, region: us-east-1, accelerators: ${accelerators}${rate} }\n`,
    )

  it('takes the count from the side and the price from the tip', () => {
    const run = resolve({ run: text(128, ', usd_per_accelerator_hour: 0.01'), cost: text(64) })
    expect(valueOf(run.facts.accelerators)).toBe(128)
    expect(run.hardware.price).toMatchObject({ value: { usdPerInstanceHour: 55.04, acceleratorsPerInstance: 8 } })
    expect(run.hardware.accelerator).toMatchObject({ value: { id: 'H100-SXM' } })
  })

  it('prices a profile that only the head has by the catalog', () => {
    const run = resolve({ run: text(64), cost: emptyPolicy })
    expect(run.hardware.price).toMatchObject({ known: true, value: { usdPerInstanceHour: 55.04 } })
  })

  it.each(['usd_per_accelerator_hour: 0.01', 'mfu: 0.99', 'tokens_per_second: 1e9'])(
    'leaves one with %s of its own unknown until it is merged',
    rate => {
      const run = resolve({ run: text(64, `, ${rate}`), cost: emptyPolicy })
      expect([
        run.hardware.price.known,
        run.hardware.matrixEfficiency.known,
        run.hardware.tokensPerSecond.known,
      ]).toEqual([false, false, false])
      expect(codes(run)).toEqual(['profile-not-merged'])
    },
  )

  it('lets the config say how many accelerators, and warns where the profile differs', () => {
    const run = resolve({ facts: { accelerators: known(8, inConfig(4)) }, run: text(64) })
    expect(valueOf(run.facts.accelerators)).toBe(8)
    expect(run.problems).toMatchObject([{ code: 'sources-disagree', at: { path: POLICY, line: 5 } }])
  })

  it.each([
    ['64 x H100-SXM', 64, 'H100-SXM', false],
    ['64 x aws/p5.48xlarge@us-east-1', 64, 'H100-SXM', true],
    ['64x aws/p5.48xlarge', 64, 'H100-SXM', false],
    ['8 × A100-80GB-SXM', 8, 'A100-SXM4-80GB', false],
    ['v5p-128', 64, 'TPU-v5p', false],
    ['2 x v6e-256', 512, 'TPU-v6e', false],
    ['8 x oci/BM.GPU.H100.8', 8, 'H100-SXM', true],
  ])('reads the profile %s', (profile, count, id, priced) => {
    const run = resolve({ profile })
    expect([valueOf(run.facts.accelerators), run.hardware.price.known]).toEqual([count, priced])
    expect(run.hardware.accelerator).toMatchObject({ value: { id } })
  })

  it('takes the policy entry before the input', () => {
    expect(resolve({ run: text(64), profile: '8 x A100-80GB-SXM' }).hardware.name).toBe('p')
  })

  it.each(['64 x H900', '0 x H100-SXM', 'nothing'])('says that it does not know the profile %s', profile => {
    const run = resolve({ profile })
    expect(run.hardware.accelerator).toMatchObject({ known: false, missing: [{ absent: false }] })
    expect(run.hardware.price.known).toBe(false)
  })

  it('without a profile is absent, with what to add', () => {
    const run = resolve({})
    expect(run.hardware.price).toMatchObject({ known: false, missing: [{ absent: true }] })
    expect(!run.hardware.price.known && run.hardware.price.missing[0]?.remedy).toContain('profile')
    expect(run.facts.accelerators?.known).toBe(false)
  })

  it('takes a rate of the team per accelerator or per instance', () => {
    const perInstance = policy(
      'configs: [{ path: a.yaml, profile: p }]\nprofiles:\n  p: { instance: aws/p5.48xlarge, accelerators: 16, usd_per_instance_hour: 20, price_date: 2026-10-01 }\n',
    )
    expect(resolve({ run: perInstance }).hardware.price).toMatchObject({
      value: { usdPerInstanceHour: 20, acceleratorsPerInstance: 8, pricing: 'own', status: 'own', date: '2026-10-01' },
      origins: [{ kind: 'profile', path: POLICY, line: 4 }],
    })
    const undated = policy(
      'configs: [{ path: a.yaml, profile: p }]\nprofiles:\n  p: { accelerator: H100-SXM, usd_per_accelerator_hour: 2 }\n',
    )
    const run = resolve({ run: undated })
    expect(run.hardware.price).toMatchObject({
      value: { usdPerInstanceHour: 2, acceleratorsPerInstance: 1, date: 'undated' },
    })
    expect(codes(run)).toEqual(['undated-price'])
    expect(run.facts.accelerators).toEqual(
      absent('accelerators', 'profile p does not say how many accelerators', 'add accelerators: to profile p'),
    )
  })

  it('warns of an ambiguous accelerator, a recalled price and a spot price, on their lines', () => {
    const profile = (body: string) =>
      policy(`configs: [{ path: a.yaml, profile: p }]\nprofiles:\n  p: { accelerators: 8, ${body} }\n`)
    expect(resolve({ run: profile('accelerator: H100') }).problems).toMatchObject([
      { code: 'ambiguous-accelerator', at: { line: 4, column: 25 } },
    ])
    expect(codes(resolve({ run: profile('instance: aws/p2.xlarge') }))).toEqual(['recalled-price'])
    expect(codes(resolve({ run: profile('instance: aws/p5.48xlarge, region: us-east-1, pricing: spot') }))).toEqual([
      'spot-price',
    ])
  })

  it('knows the grid of a region and the overhead of a provider', () => {
    const run = resolve({ profile: '8 x aws/p5.48xlarge@us-east-1' })
    // PJM 2025: 418 g/kWh (Electricity Maps).
    expect([valueOf(run.hardware.carbonKgPerKwh), valueOf(run.hardware.pue)]).toEqual([0.418, 1.15])
    expect(resolve({ profile: '8 x oci/BM.GPU.H100.8' }).hardware.carbonKgPerKwh.known).toBe(false)
  })

  it('prices from the list of 2020 where the tip says so', () => {
    const old = policy(
      'prices: cloud-2020\nconfigs: [{ path: a.yaml, profile: t }]\nprofiles: { t: { instance: gcp/tpu-v3-8, accelerators: 512 } }\n',
    )
    // XLNet: 512 chips for 60 hours at 8 dollars a four-chip device (Synced 2019-06-27) are 61,440 dollars.
    const price = resolve({ run: old }).hardware.price
    if (!price.known) throw new Error('no price')
    expect((512 / price.value.acceleratorsPerInstance) * price.value.usdPerInstanceHour * 60).toBe(61_440)
  })
})

describe('other hardware', () => {
  it('prices the same run on other accelerators of the same provider, never on its own', () => {
    const run = resolve({ profile: '64 x aws/p5.48xlarge@us-west-2' })
    const others = otherHardware(run)
    expect(others.map(other => other.hardware.name)).toEqual([
      'aws/p5en.48xlarge@us-west-2',
      'aws/p4de.24xlarge@us-west-2',
    ])
    for (const other of others) {
      expect(valueOf(other.facts.accelerators)).toBe(64)
      expect(other.hardware.price.known).toBe(true)
    }
  })

  it('offers three kinds to a run without a profile, one instance each, said to be assumed', () => {
    const others = otherHardware(resolve({}))
    expect(others.map(other => other.hardware.accelerator)).toMatchObject([
      { value: { id: 'H200-SXM' } },
      { value: { id: 'H100-SXM' } },
      { value: { id: 'A100-SXM4-80GB' } },
    ])
    expect(others[0]?.facts.accelerators).toMatchObject({ value: 8, origins: [{ kind: 'assumed' }] })
  })
})
