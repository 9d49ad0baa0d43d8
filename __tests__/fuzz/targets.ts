import { parse } from '../../src/parse/index.ts'
import type { Comparison } from '../../src/compare/index.ts'
import { isAbsent, type FactName } from '../../src/facts/index.ts'
import { readPolicy } from '../../src/resolve/index.ts'
import { renderMarkdown } from '../../src/report/index.ts'
import { judged as judgeSource } from '../pipeline/judged.ts'
import { memorySource } from '../pipeline/memory-source.ts'
import { mutated, raisedAt } from './mutate.ts'
import { randomFrom, type Random } from './random.ts'

/** A config to start from, with the name that decides its syntax. */
export interface Seed {
  readonly name: string
  readonly text: string
}

/** How far an input came. `priced`: the estimator gave a cost for the mutant. */
export type Stage = 'refused' | 'parsed' | 'recognized' | 'estimated' | 'priced'

export interface Outcome {
  readonly target: 'parser' | 'policy' | 'diff' | 'raise'
  readonly stage: Stage
  readonly ms: number
}

/** What broke a promise, with what it takes to see it again. */
export class Violation extends Error {}

const LIMIT_PERCENT = 25
const SLOWEST_MS = 1000

export const POLICY_TEXT = `version: 1
configs:
  - path: configs/**
    profile: team
    facts: { dataset_tokens: 1.2B, mean_sample_tokens: 512 }
datasets:
  our-org/corpus: { tokens: 3B }
profiles:
  team: { accelerator: H100-SXM, accelerators: 16, usd_per_accelerator_hour: 2.5, price_date: 2026-10-01 }
rules:
  - name: quarter
    match: [configs/**]
    max_increase_percent: ${LIMIT_PERCENT}
`

/** Raising one of these alone can only make a run dearer. */
const RAISES: readonly FactName[] = [
  'steps',
  'epochs',
  'totalTokens',
  'trainSamples',
  'hiddenSize',
  'numLayers',
  'ffnSize',
]

async function judged(base: string, head: string, name: string, policy = POLICY_TEXT) {
  const files = (text: string) => ({ '.github/traincost.yml': policy, [`configs/${name}`]: text })
  const { report } = await judgeSource(memorySource(files(base), files(head)))
  return report
}

function stageOf(comparison: Comparison | undefined): Stage {
  if (comparison === undefined) return 'parsed'
  if (comparison.status === 'error') return 'refused'
  if (comparison.head === null || comparison.head.run.framework === 'unknown') return 'recognized'
  return comparison.head.usd.known ? 'priced' : 'estimated'
}

/**
 * A pass promises that every cost is known and none is beyond the limit; counted here from the two estimates alone. A part
 * of a run on both sides, of which nobody says how long it trains, costs nothing by itself.
 */
function holdsPass(comparisons: readonly Comparison[]): void {
  for (const { base, head, status } of comparisons) {
    if (status === 'removed' || status === 'unchanged') continue
    const sides = [base, head].filter(side => side !== null)
    if (sides.length > 0 && sides.every(({ run, flops }) => run.fragment && isAbsent(flops.model))) continue
    if (head === null || base === null || !head.usd.known || !base.usd.known)
      throw new Violation('passed with an unknown')
    const [before, after] = [base.usd.value.expected, head.usd.value.expected]
    if (!(after <= before * (1 + LIMIT_PERCENT / 100) * (1 + 1e-12))) throw new Violation(`passed ${before} → ${after}`)
  }
}

async function diff(seed: Seed, random: Random, others: readonly string[]): Promise<Stage> {
  const head = mutated(seed.text, random, others)
  const report = await judged(seed.text, head, seed.name)
  if (report.verdict.conclusion === 'pass') holdsPass(report.comparisons)
  for (const { base, head: after } of report.comparisons)
    for (const estimate of [base, after])
      if (estimate?.usd.known === true) {
        const { low, expected, high } = estimate.usd.value
        if (!(low >= 0 && low <= expected && expected <= high && high < Infinity))
          throw new Violation(`a cost of ${low} to ${expected} to ${high}`)
      }
  if (renderMarkdown(report).length > 60_000) throw new Violation('a comment beyond 60,000 characters')
  return stageOf(report.comparisons[0])
}

/** One number of the config, doubled or more: it must not get cheaper, and must not lose its price. */
async function raise(seed: Seed, random: Random): Promise<Stage> {
  const first = (await judged(seed.text, `${seed.text}\n`, seed.name)).comparisons[0]
  const facts = first?.head?.run.facts
  const names = RAISES.filter(name => facts?.[name]?.known === true)
  if (first?.head?.usd.known !== true || names.length === 0) return stageOf(first)
  const name = random.pick(names)
  const fact = facts?.[name]
  const origin = fact?.known === true ? fact.origins[0] : undefined
  if (origin?.kind !== 'config' || origin.line === undefined) return stageOf(first)
  const head = raisedAt(seed.text, { line: origin.line }, random.pick([2, 3, 4, 8]))
  if (head === undefined) return stageOf(first)
  const second = (await judged(seed.text, head, seed.name)).comparisons[0]
  const [before, after] = [first.head.usd.value.expected, second?.head?.usd]
  if (after?.known === true && after.value.expected < before * (1 - 1e-9))
    throw new Violation(`${name} was raised and the cost fell from ${before} to ${after.value.expected}`)
  return stageOf(second)
}

const SYNTAXES = ['yaml', 'json', 'toml'] as const

function parser(seed: Seed, random: Random, others: readonly string[]): Stage {
  const text = mutated(mutated(seed.text, random, others), random, others)
  const name = random.chance(0.7) ? seed.name : `x.${random.pick(SYNTAXES)}`
  const { documents, problems } = parse(name, text)
  const hasErrors = problems.some(problem => problem.severity === 'error')
  if (hasErrors && documents.length > 0) throw new Violation('documents beside an error')
  return hasErrors ? 'refused' : 'parsed'
}

async function policy(seed: Seed, random: Random, others: readonly string[]): Promise<Stage> {
  const text = mutated(POLICY_TEXT, random, others)
  const reading = readPolicy('.github/traincost.yml', text)
  if (reading.is !== 'policy' || !random.chance(0.2)) return reading.is === 'policy' ? 'parsed' : 'refused'
  return stageOf((await judged(seed.text, `${seed.text}\n`, seed.name, text)).comparisons[0])
}

/** @returns what the input of this number did; throws a Violation, or whatever crashed, with the number in front */
export async function oneInput(seeds: readonly Seed[], number: number): Promise<Outcome> {
  const random = randomFrom(number)
  const seed = random.pick(seeds)
  const others = seeds.map(({ text }) => text)
  const dice = random.below(100)
  const target = dice < 15 ? 'parser' : dice < 25 ? 'policy' : dice < 85 ? 'diff' : 'raise'
  const start = process.cpuUsage()
  try {
    const stage = await staged(target, seed, random, others)
    // Processor time: on a busy machine, a wait is no stall of ours.
    const { user, system } = process.cpuUsage(start)
    const ms = (user + system) / 1000
    if (ms > SLOWEST_MS) throw new Violation(`took ${ms.toFixed(0)} ms`)
    return { target, stage, ms }
  } catch (thrown) {
    const why =
      thrown instanceof Error ? (thrown instanceof Violation ? thrown.message : (thrown.stack ?? '')) : String(thrown)
    throw new Violation(`input ${number} (${target} of ${seed.name}): ${why}`)
  }
}

async function staged(
  target: Outcome['target'],
  seed: Seed,
  random: Random,
  others: readonly string[],
): Promise<Stage> {
  switch (target) {
    case 'parser':
      return parser(seed, random, others)
    case 'policy':
      return policy(seed, random, others)
    case 'diff':
      return diff(seed, random, others)
    case 'raise':
      return raise(seed, random)
    default:
      return target satisfies never
  }
}
