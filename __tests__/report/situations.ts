/** The situations in which people meet a report. Their goldens are reviewed by eye; the numbers are written by hand. */
import { known, type RunFacts } from '../../src/facts/index.ts'
import type { Report } from '../../src/report/index.ts'
import {
  GIB,
  ON_DEMAND,
  at,
  band,
  comparison,
  estimate,
  missing,
  outcome,
  report,
  rule,
  share,
  verdict,
  type Change,
} from './reports.ts'

const PRETRAIN = 'configs/pretrain/7b.yaml'
const CHAT = 'configs/sft/chat.yaml'
const TINY = 'configs/ablation/tiny.yaml'

const registry = { kind: 'registry', source: 'meta-llama/Llama-2-7b-hf' } as const
const LLAMA: RunFacts = {
  hiddenSize: known(4096, registry),
  numLayers: known(32, registry),
  numHeads: known(32, registry),
  ffnSize: known(11_008, registry),
  vocabSize: known(32_000, registry),
  baseModel: known('meta-llama/Llama-2-7b-hf', at(PRETRAIN, 1)),
  steps: known(250_000, at(PRETRAIN, 19)),
  precision: known('bf16', at(PRETRAIN, 9)),
  accelerators: known(256, { kind: 'policy', path: '.github/traincost.yml', line: 9 }),
}

const SHORT: RunFacts = { ...LLAMA, seqLen: known(4096, at(PRETRAIN, 14)), globalBatch: known(1024, at(PRETRAIN, 17)) }
const LONG: RunFacts = { ...LLAMA, seqLen: known(8192, at(PRETRAIN, 14)), globalBatch: known(640, at(PRETRAIN, 17)) }

const fits = {
  bytesPerAccelerator: band(40 * GIB, 46 * GIB, 52 * GIB),
  verdict: 'fits' as const,
  parts: [
    { name: 'optimizer state', bytes: 21 * GIB },
    { name: 'logits', bytes: 11 * GIB },
  ],
  capacityBytes: 80 * GIB,
}
const tight = {
  bytesPerAccelerator: band(64 * GIB, 71 * GIB, 78 * GIB),
  verdict: 'tight' as const,
  parts: [
    { name: 'logits', bytes: 23 * GIB },
    { name: 'optimizer state', bytes: 21 * GIB },
  ],
  capacityBytes: 80 * GIB,
}
const tooMuch = {
  bytesPerAccelerator: band(88 * GIB, 96 * GIB, 110 * GIB),
  verdict: 'out-of-memory' as const,
  parts: [
    { name: 'activations', bytes: 52 * GIB },
    { name: 'logits', bytes: 23 * GIB },
  ],
  capacityBytes: 80 * GIB,
}

const baseSide = {
  facts: SHORT,
  usd: band(203_000, 287_000, 391_000),
  hours: band(29_500, 41_720, 56_800),
  wallHours: band(115, 163, 222),
  tokens: 1.048576e12,
  perToken: 4.29e10,
  modelFlops: 4.498e22,
  memory: fits,
  sixNd: 0.92,
  accelerator: 'H100-SXM',
}
const headSide = {
  facts: LONG,
  usd: band(272_000, 385_300, 546_000),
  hours: band(39_500, 56_000, 79_400),
  wallHours: band(154, 218.8, 310),
  tokens: 1.31072e12,
  perToken: 4.61e10,
  modelFlops: 6.042e22,
  memory: tight,
  sixNd: 0.86,
  accelerator: 'H100-SXM',
}

const onHardware = (
  id: string,
  instance: string,
  usd: number,
  hours: number,
  wall: number,
  memory: typeof fits | typeof tight,
) =>
  estimate({
    path: PRETRAIN,
    facts: LONG,
    usd: band(usd * 0.7, usd, usd * 1.4),
    hours: band(hours * 0.7, hours, hours * 1.4),
    wallHours: band(wall * 0.7, wall, wall * 1.4),
    memory,
    accelerator: id,
    price: { ...ON_DEMAND, instance },
  })

const longer: Change = {
  path: PRETRAIN,
  base: baseSide,
  head: headSide,
  delta: { usd: 98_300, hours: 14_280, flops: 1.544e22, percent: 34.25, percentBand: band(31, 34.25, 36) },
  attribution: [
    share('seq_len', '4,096', '8,192', 267_700, at(PRETRAIN, 14)),
    share('global_batch', '1,024', '640', -169_400, at(PRETRAIN, 17)),
  ],
  alternatives: [
    onHardware('H200-SXM', 'aws/p5en.48xlarge', 402_900, 55_700, 218, { ...fits, capacityBytes: 141 * GIB }),
    onHardware('A100-SXM4-80GB', 'aws/p4de.24xlarge', 391_000, 114_300, 446.4, tight),
  ],
}

const shorterChat: Change = {
  path: CHAT,
  base: {
    usd: band(170, 212, 260),
    hours: band(24.7, 30.8, 37.8),
    tokens: 1.2e8,
    modelFlops: 3.3e19,
    memory: fits,
    accelerator: 'H100-SXM',
    runs: 3,
  },
  head: {
    usd: band(128, 159, 195),
    hours: band(18.6, 23.1, 28.3),
    tokens: 9e7,
    modelFlops: 2.5e19,
    memory: fits,
    accelerator: 'H100-SXM',
    runs: 3,
  },
  delta: { usd: -53, hours: -7.7, flops: -8e18, percent: -25, percentBand: band(-25, -25, -25) },
  attribution: [share('epochs', '4', '3', -53, at(CHAT, 8))],
}

const newTiny: Change = {
  path: TINY,
  head: {
    usd: band(1300, 1840, 2600),
    hours: band(189, 267.4, 378),
    tokens: 2e10,
    modelFlops: 2.9e20,
    memory: fits,
    accelerator: 'H100-SXM',
  },
  delta: { usd: 1840, hours: 267.4, flops: 2.9e20 },
}

const overPercent = outcome({
  rule: rule({ maxIncreasePercent: 25, message: 'Ask the infrastructure group before you merge.' }),
  limitKind: 'max_increase_percent',
  configs: [PRETRAIN],
  limit: 25,
  actual: 34.250871,
  result: 'fail',
  why: 'a change of +34.25 %, over +25 %',
})
const newWithin = outcome({
  rule: rule({ name: 'new-configs', match: [], newConfig: { max: 10_000 } }),
  limitKind: 'new_config.max',
  configs: [TINY],
  limit: 10_000,
  actual: 1840,
})

/** The one of COMMENT.md's kind: one config rises over the budget, two others are fine. */
function overBudget(): Report {
  return report({
    comparisons: [comparison(longer), comparison(shorterChat), comparison(newTiny)],
    verdict: verdict(
      'fail',
      { base: band(203_170, 287_212, 391_260), head: band(273_428, 387_299, 548_795), delta: 100_087 },
      {
        outcomes: [
          overPercent,
          outcome({
            rule: rule({ name: 'sft', maxIncrease: 500 }),
            limitKind: 'max_increase',
            configs: [CHAT],
            limit: 500,
            actual: -53,
          }),
          newWithin,
        ],
      },
    ),
    waysToPass: {
      settings: [
        { path: PRETRAIN, fact: 'steps', from: 250_000, to: 232_000, at: at(PRETRAIN, 19) },
        { path: PRETRAIN, fact: 'global_batch', from: 640, to: 592, at: at(PRETRAIN, 17) },
      ],
      label: { label: 'traincost-ok-400k', minPermission: 'write', allowAuthor: false },
    },
  })
}

/** One config costs more, within its budget. */
function up(): Report {
  return report({
    comparisons: [comparison({ ...longer, head: { ...headSide, memory: fits }, alternatives: [] })],
    verdict: verdict(
      'pass',
      { base: baseSide.usd, head: headSide.usd, delta: 98_300 },
      { outcomes: [{ ...overPercent, limit: 50, result: 'pass', rule: rule({ maxIncreasePercent: 50 }) }] },
    ),
  })
}

function down(): Report {
  return report({
    comparisons: [comparison(shorterChat)],
    verdict: verdict(
      'pass',
      { base: band(170, 212, 260), head: band(128, 159, 195), delta: -53 },
      {
        outcomes: [
          outcome({
            rule: rule({ name: 'sft', maxIncrease: 500 }),
            limitKind: 'max_increase',
            configs: [CHAT],
            limit: 500,
            actual: -53,
          }),
        ],
      },
    ),
  })
}

function added(): Report {
  return report({
    comparisons: [comparison(newTiny)],
    verdict: verdict(
      'pass',
      { base: band(0, 0, 0), head: band(1300, 1840, 2600), delta: 1840 },
      { outcomes: [newWithin] },
    ),
  })
}

function removed(): Report {
  return report({
    comparisons: [
      comparison({
        path: TINY,
        base: newTiny.head!,
        delta: { usd: -1840, hours: -267.4, flops: -2.9e20, percent: -100 },
      }),
    ],
    verdict: verdict('pass', { base: band(1300, 1840, 2600), head: band(0, 0, 0), delta: -1840 }),
  })
}

const noTokens = missing(
  'dataset_tokens',
  'the config counts epochs, and nothing says how many tokens our-org/corpus-v4 has',
  'add datasets: { our-org/corpus-v4: { tokens: 1.2T } } to .github/traincost.yml',
  at(CHAT, 6),
)

/** Both sides lack a fact: nobody knows, so nobody is failed. */
function unknownBoth(): Report {
  const side = { accelerator: 'H100-SXM', unknown: [noTokens], facts: { epochs: known(4, at(CHAT, 8)) } }
  return report({
    comparisons: [comparison({ path: CHAT, base: side, head: { ...side, facts: { epochs: known(3, at(CHAT, 8)) } } })],
    verdict: verdict(
      'warn',
      { unknown: 1 },
      {
        outcomes: [
          outcome({
            rule: rule({ name: 'sft', maxIncrease: 500, match: ['configs/sft/*'] }),
            limitKind: 'unknown',
            configs: [CHAT],
            result: 'warn',
            byUnknown: true,
            missing: [noTokens],
            why: 'cost is unknown on both sides, for want of dataset_tokens',
          }),
        ],
      },
    ),
  })
}

/** Known at the base, unknown at the head: no way out of the gate. */
function wentDark(): Report {
  return report({
    comparisons: [
      comparison({
        path: CHAT,
        base: shorterChat.base!,
        head: { accelerator: 'H100-SXM', unknown: [noTokens], runs: 3 },
      }),
    ],
    verdict: verdict(
      'fail',
      { base: band(170, 212, 260), unknown: 1 },
      {
        onlyUnknown: true,
        outcomes: [
          outcome({
            rule: rule({ name: 'sft', maxIncrease: 500, match: ['configs/sft/*'] }),
            limitKind: 'unknown',
            configs: [CHAT],
            result: 'fail',
            byUnknown: true,
            missing: [noTokens],
            why: 'cost is known at the base and unknown at the head, for want of dataset_tokens',
          }),
        ],
      },
    ),
  })
}

/** One config is over its budget and nobody can price the other: what is known is not lost in what is not. */
function partUnknown(): Report {
  const [dark] = wentDark().comparisons
  return report({
    comparisons: [comparison({ ...longer, alternatives: [] }), dark!],
    verdict: verdict(
      'fail',
      { base: band(203_170, 287_212, 391_260), unknown: 1 },
      { outcomes: [overPercent, ...wentDark().verdict.outcomes] },
    ),
  })
}

/** A fact that the policy locks got another value, and would save money. */
function locked(): Report {
  const { comparisons } = down()
  return report({
    comparisons,
    verdict: verdict(
      'fail',
      { base: band(170, 212, 260), head: band(128, 159, 195), delta: -53 },
      {
        outcomes: [
          outcome({
            rule: rule({ name: 'lock: epochs' }),
            limitKind: 'lock',
            configs: [CHAT],
            result: 'fail',
            why: 'epochs is locked: 4 at the base, 3 at the head',
          }),
        ],
      },
    ),
  })
}

function outOfMemory(): Report {
  return report({
    comparisons: [comparison({ ...longer, head: { ...headSide, memory: tooMuch }, alternatives: [] })],
    verdict: verdict('pass', { base: baseSide.usd, head: headSide.usd, delta: 98_300 }),
  })
}

/** The base is over the limit already; only going further up fails. */
function ratchet(): Report {
  return report({
    comparisons: [comparison({ ...longer, head: { ...headSide, memory: fits }, alternatives: [] })],
    verdict: verdict(
      'fail',
      { base: baseSide.usd, head: headSide.usd, delta: 98_300 },
      {
        outcomes: [
          outcome({
            rule: rule({ max: 250_000 }),
            limitKind: 'max',
            configs: [PRETRAIN],
            limit: 287_000,
            actual: 385_300,
            result: 'fail',
            why: '385,300 USD, over 287,000 USD',
          }),
        ],
      },
    ),
  })
}

function overridden(): Report {
  const { comparisons, verdict: over } = overBudget()
  return report({
    comparisons,
    verdict: {
      ...over,
      conclusion: 'overridden',
      overriddenBy: { label: 'traincost-ok-400k', by: 'mira-ops', upTo: 400_000 },
    },
  })
}

/** 500 configs of one sweep, 120 of them over the budget. Costs are $1,000 + 10 i before, and 100 + i dollars more after. */
function many(): Report {
  const path = (i: number) => `configs/sweep/llama-3-8b/learning-rate/run-${String(i).padStart(3, '0')}.yaml`
  const comparisons = Array.from({ length: 500 }, (_, i) => {
    const [cost, more] = [1000 + 10 * i, 100 + i]
    const side = (usd: number) => ({
      usd: band(usd * 0.8, usd, usd * 1.3),
      hours: band((usd * 0.8) / 6.88, usd / 6.88, (usd * 1.3) / 6.88),
      modelFlops: usd * 1e15,
      accelerator: 'H100-SXM',
      memory: fits,
    })
    return comparison({
      path: path(i),
      base: side(cost),
      head: side(cost + more),
      delta: { usd: more, hours: more / 6.88, flops: more * 1e15, percent: (100 * more) / cost },
      attribution: [share('steps', '10,000', '11,000', more, at(path(i), 12))],
    })
  })
  const outcomes = comparisons.map((c, i) =>
    outcome({
      rule: rule({ name: 'sweep', maxIncrease: 479, match: ['configs/sweep/**'] }),
      limitKind: 'max_increase',
      configs: [c.path],
      limit: 479,
      actual: 100 + i,
      result: 100 + i > 479 ? 'fail' : 'pass',
    }),
  )
  // Σ (1000 + 10 i) = 500 · 1000 + 10 · 124,750; Σ (100 + i) = 50,000 + 124,750.
  return report({
    comparisons,
    verdict: verdict(
      'fail',
      { base: band(1_398_000, 1_747_500, 2_271_750), head: band(1_537_800, 1_922_250, 2_498_925), delta: 174_750 },
      { outcomes },
    ),
  })
}

/** Nothing in the config: the profile's instance type changed, in the policy. */
function priceOnly(): Report {
  const policyLine = { kind: 'policy', path: '.github/traincost.yml', line: 12 } as const
  const old = { ...ON_DEMAND, date: '2026-03-15', status: 'recalled' as const }
  return report({
    comparisons: [
      comparison({
        path: PRETRAIN,
        base: { ...baseSide, memory: fits, price: old },
        head: { ...baseSide, usd: band(232_000, 328_000, 446_900), price: { ...old, pricing: 'reserved-1y' } },
        delta: { usd: 41_000, hours: 0, flops: 0, percent: 14.2857, percentBand: band(14.2857, 14.2857, 14.2857) },
        attribution: [share('profile', 'h100-reserved', 'h100-us-east', 41_000, policyLine)],
      }),
    ],
    prices: { date: '2026-03-15', source: '.github/traincost/prices/2026-03-15.json' },
    verdict: verdict(
      'pass',
      { base: baseSide.usd, head: band(232_000, 328_000, 446_900), delta: 41_000 },
      {
        outcomes: [
          outcome({
            rule: rule({ maxIncrease: 50_000 }),
            limitKind: 'max_increase',
            configs: [PRETRAIN],
            limit: 50_000,
            actual: 41_000,
          }),
        ],
      },
    ),
  })
}

/** The pull request loosens the budget: the tip's decides. */
function policyEdited(): Report {
  const { comparisons, verdict: over } = up()
  return report({
    comparisons,
    verdict: {
      ...over,
      conclusion: 'fail',
      outcomes: [overPercent],
      problems: [
        {
          code: 'policy-edited',
          severity: 'warning',
          message:
            'this pull request raises max_increase_percent of rule pretrain from 25 to 50; the base branch decides until that is merged, and with the new one this change would pass',
          at: { path: '.github/traincost.yml', line: 38, column: 27 },
        },
      ],
    },
  })
}

/** From a fork: read-only token, so the same report is the job summary. */
function fork(): Report {
  const { comparisons, verdict: fine } = added()
  return report({
    comparisons,
    verdict: fine,
    problems: [
      {
        code: 'read-only-token',
        severity: 'warning',
        message: 'this pull request comes from a fork, whose token may not comment; the report is in the job summary',
      },
    ],
  })
}

function noChange(): Report {
  return report({ verdict: verdict('no-change', { base: band(0, 0, 0), head: band(0, 0, 0), delta: 0 }) })
}

function parseError(): Report {
  return report({
    comparisons: [
      comparison({
        path: CHAT,
        status: 'error',
        base: shorterChat.base!,
        problems: [
          {
            code: 'yaml-syntax',
            severity: 'error',
            message: "All mapping items must start at the same column; found 'sequence_len: 4096'",
            at: { path: CHAT, line: 7, column: 3 },
          },
        ],
      }),
    ],
    verdict: verdict('error', { base: band(170, 212, 260), unknown: 1 }),
  })
}

/** No policy and no profile: compute is known, dollars are not, and the report says what to add. */
function noProfile(): Report {
  const lacks = missing(
    'profile',
    'nothing says which hardware this runs on',
    'add the input profile: 64 x H100-SXM, or a profile in .github/traincost.yml',
  )
  const bare = { price: null, unknown: [lacks] }
  const on = (id: string, usd: number | undefined, hours: number) =>
    estimate({
      path: PRETRAIN,
      ...(usd === undefined ? {} : { usd: band(usd * 0.7, usd, usd * 1.4) }),
      hours: band(hours * 0.7, hours, hours * 1.4),
      accelerator: id,
      price: null,
      unknown: [lacks],
    })
  return report({
    comparisons: [
      comparison({
        path: PRETRAIN,
        base: { facts: SHORT, tokens: 1.048576e12, perToken: 4.29e10, modelFlops: 4.498e22, sixNd: 0.92, ...bare },
        head: { facts: LONG, tokens: 1.31072e12, perToken: 4.61e10, modelFlops: 6.042e22, sixNd: 0.61, ...bare },
        delta: { flops: 1.544e22 },
        attribution: [
          {
            fact: 'seq_len',
            from: '4,096',
            to: '8,192',
            at: at(PRETRAIN, 14),
            usd: null,
            acceleratorSeconds: null,
            modelFlops: 4.2e22,
          },
          {
            fact: 'global_batch',
            from: '1,024',
            to: '640',
            at: at(PRETRAIN, 17),
            usd: null,
            acceleratorSeconds: null,
            modelFlops: -2.656e22,
          },
        ],
        alternatives: [on('H100-SXM', undefined, 56_000), on('A100-SXM4-80GB', undefined, 114_300)],
      }),
    ],
    prices: null,
    verdict: verdict('warn', { unknown: 1 }),
  })
}

/** Limits, report and outputs in another currency. */
function euro(): Report {
  return report({
    comparisons: [comparison(newTiny)],
    currency: { code: 'EUR', perUsd: 0.92, date: '2026-11-01' },
    verdict: verdict(
      'pass',
      { base: band(0, 0, 0), head: band(1300, 1840, 2600), delta: 1840 },
      { outcomes: [{ ...newWithin, actual: 1692.8 }] },
    ),
  })
}

export const SITUATIONS: ReadonlyMap<string, () => Report> = new Map([
  ['up', up],
  ['down', down],
  ['new', added],
  ['removed', removed],
  ['unknown', unknownBoth],
  ['went-dark', wentDark],
  ['part-unknown', partUnknown],
  ['locked', locked],
  ['out-of-memory', outOfMemory],
  ['over-budget', overBudget],
  ['ratchet', ratchet],
  ['overridden', overridden],
  ['many-configs', many],
  ['price-only', priceOnly],
  ['policy-edited', policyEdited],
  ['fork', fork],
  ['no-change', noChange],
  ['parse-error', parseError],
  ['no-profile', noProfile],
  ['euro', euro],
])
