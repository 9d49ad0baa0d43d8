import {
  FACT_NAMES,
  FACTS,
  known,
  place,
  unknown,
  isAbsent,
  type Fact,
  type FactName,
  type Missing,
  type Origin,
  type OriginKind,
  type Problem,
  type RunFacts,
} from '../facts/index.ts'
import type { Recognized } from '../recognize/index.ts'
import { resolveHardware } from './hardware.ts'
import { baseModelFacts, shadowedFacts } from './base-model.ts'
import { PRICES_2020, SHIPPED_PRICES, type PriceSnapshot } from './prices.ts'
import type { ConfigEntry, PlainFacts, Policy, Run } from './types.ts'

export interface RunRequest {
  readonly config: Recognized
  /** The policy entry of this side that matches the config. */
  readonly entry: ConfigEntry | undefined
  /** Facts, datasets, models, the choice of profile: this side's policy. */
  readonly runHalf: Policy
  /** Rates and prices: the policy at the tip of the base branch. */
  readonly costHalf: Policy
  /** The input or flag; holds where the entry names none. */
  readonly profile: string | undefined
  /** Facts of `--set`, above everything. */
  readonly set: PlainFacts
  readonly side: 'base' | 'head'
}

type Facts = Partial<Record<FactName, Fact<unknown>>>

/** Sources of facts, the strongest first. */
const RANKS = ['set', 'config', 'policy', 'script', 'profile', 'registry', 'default'] as const
type Rank = (typeof RANKS)[number]

/** The prices that a policy chooses: the shipped list, or that of 2020. */
export function snapshotOf(policy: Policy): PriceSnapshot {
  return policy.prices === PRICES_2020.id ? PRICES_2020 : SHIPPED_PRICES
}

/**
 * One training with everything said about it: `--set` before config, policy, launch script, profile, registry, defaults.
 * Where two of the first five disagree, the stronger one holds and a warning names both lines. A registry's dimension or a
 * default that a config overrides is no disagreement: that is what configs are for.
 */
export function resolveRun(request: RunRequest): Run {
  const { config, entry, runHalf, costHalf } = request
  const problems: Problem[] = [...config.problems]
  const choice = entry?.profile ?? request.profile
  const chosenAt = entry?.lines.get('profile')
  const resolved = resolveHardware({
    profile: choice,
    ...(chosenAt === undefined ? {} : { chosenAt }),
    runHalf,
    costHalf,
    snapshot: snapshotOf(costHalf),
  })
  problems.push(...resolved.problems)

  const ranked = new Map<Rank, Facts>(RANKS.map(rank => [rank, {}]))
  const put = (rank: Rank, name: FactName, fact: Fact<unknown>) => {
    const facts = ranked.get(rank)
    if (facts !== undefined) facts[name] = fact
  }
  for (const name of FACT_NAMES) {
    const fact = config.facts[name]
    if (fact !== undefined) put(rankOf(fact), name, fact)
  }
  for (const [name, { value, at }] of request.set)
    put('set', name, plainFact(name, value, { kind: 'policy', source: `--set (${place(at)})` }))
  for (const [name, { value, at }] of entry?.facts ?? [])
    put('policy', name, plainFact(name, value, { kind: 'policy', ...at }))
  if (!isAbsent(resolved.accelerators)) put('profile', 'accelerators', resolved.accelerators)

  // Plain loops: they run for every fact of every config, and of every version of a history.
  const firstOf = (name: FactName, holds: (fact: Fact<unknown>) => boolean): Fact<unknown> | undefined => {
    for (const facts of ranked.values()) {
      const fact = facts[name]
      if (fact !== undefined && holds(fact)) return fact
    }
    return undefined
  }
  const strongest = (name: FactName): Fact<unknown> | undefined => {
    const given = firstOf(name, fact => !isAbsent(fact))
    const team = ranked.get('policy')?.[name]
    // What a config leaves to an environment variable, its policy can say; a registry or a default must not guess it.
    return given?.known === false && team?.known === true ? team : given
  }
  const dataset = strongest('dataset')
  if (strongest('datasetTokens') === undefined && dataset?.known === true)
    put('policy', 'datasetTokens', tokensOf(dataset.value, runHalf))
  const model = strongest('baseModel')
  if (model?.known === true && typeof model.value === 'string') {
    const above = (name: FactName) =>
      RANKS.slice(0, RANKS.indexOf('registry')).some(rank => ranked.get(rank)?.[name]?.known === true)
    const shadowed = shadowedFacts(model.value, name => ranked.get('config')?.[name])
    for (const name of FACT_NAMES) if (shadowed[name] !== undefined) put('config', name, shadowed[name])
    const shape = baseModelFacts(model.value, model.origins, runHalf, above)
    for (const name of FACT_NAMES) {
      const fact = shape[name]
      const byDefault = ranked.get('default')?.[name]?.known === true
      if (fact !== undefined && (fact.known || !byDefault)) put('registry', name, fact)
    }
  }

  const facts: Facts = {}
  for (const name of FACT_NAMES) {
    const fact = strongest(name) ?? firstOf(name, () => true)
    if (fact === undefined) continue
    facts[name] = fact
    problems.push(...disagreements(name, ranked))
  }
  facts.accelerators ??= resolved.accelerators
  problems.push(...overruledLength(facts))

  const runsAt = entry?.lines.get('runs') ?? entry?.at
  return {
    path: config.path,
    framework: config.framework,
    fragment: config.fragment,
    // Every value was read by its own fact's reader, here or in recognize. Copied, because engines keep an object that grew
    // name by name as a table, and an estimate looks into it hundreds of times.
    facts: { ...facts } as RunFacts,
    hardware: resolved.hardware,
    runs:
      entry?.runs === undefined
        ? known(1, { kind: 'default', source: 'one run, where the policy does not say runs:' })
        : known(entry.runs, { kind: 'policy', ...runsAt }),
    problems,
  }
}

function plainFact(name: FactName, plain: unknown, origin: Origin): Fact<unknown> {
  const value: unknown = FACTS[name].read(plain)
  if (value !== undefined) return known(value, origin)
  const { name: fact, expects } = FACTS[name]
  return unknown({
    fact,
    why: `${fact} is not ${expects}`,
    remedy: `make ${fact} ${expects}`,
    absent: false,
    at: origin,
  })
}

/**
 * Where a recognized fact stands. A derived fact is as strong as its weakest part: what rests on a framework's default
 * gives way to what the team says.
 */
function rankOf(fact: Fact<unknown>): Rank {
  if (!fact.known) return 'config'
  const ranks = fact.origins.flatMap(origin => rankOfKind(origin.kind) ?? [])
  const weakest = ranks.reduce<number>((max, rank) => Math.max(max, RANKS.indexOf(rank)), -1)
  return RANKS[weakest] ?? 'config'
}

function rankOfKind(kind: OriginKind): Rank | undefined {
  switch (kind) {
    case 'derived':
      return undefined
    case 'assumed':
    case 'default':
      return 'default'
    case 'config':
    case 'policy':
    case 'script':
    case 'profile':
    case 'registry':
      return kind
    default:
      return kind satisfies never
  }
}

const COMPARED: readonly Rank[] = ['config', 'policy', 'script', 'profile']

/** A stronger source that overrules a weaker one is told, with both lines; `--set` is meant to, and so is overriding a registry. */
function disagreements(name: FactName, ranked: ReadonlyMap<Rank, Facts>): readonly Problem[] {
  const said: Extract<Fact<unknown>, { known: true }>[] = []
  for (const rank of COMPARED) {
    const fact = ranked.get(rank)?.[name]
    if (fact?.known === true) said.push(fact)
  }
  const [winner, ...others] = said
  if (winner === undefined || others.length === 0) return []
  return others
    .filter(other => !sameValue(winner.value, other.value))
    .map(other => ({
      code: 'sources-disagree',
      severity: 'warning',
      message: `${FACTS[name].name} is ${plainText(winner.value)} (${placeOfOrigin(winner.origins[0])}) and ${plainText(other.value)} (${placeOfOrigin(other.origins[0])}); the former holds`,
      ...locationOf(other.origins[0]),
    }))
}

/** Ways to say how long a run is, the one that counts first. */
const LENGTHS = ['steps', 'totalTokens', 'trainSamples', 'epochs'] as const satisfies readonly FactName[]

/** The policy may say the length in a way that counts before the config's: then an edit of the config's changes no price. */
function overruledLength(facts: Facts): readonly Problem[] {
  const [counts, ...others] = LENGTHS.flatMap(name => {
    const fact = facts[name]
    return fact?.known === true ? [{ name, fact, at: fact.origins[0] }] : []
  })
  const own = others.find(({ at }) => at?.kind === 'config')
  if (counts?.at?.kind !== 'policy' || own === undefined) return []
  const [longer, shorter] = [own, counts].map(
    ({ name, fact, at }) => `${FACTS[name].name} ${plainText(fact.value)} (${placeOfOrigin(at)})`,
  )
  const message = `${longer ?? ''} counts for nothing: ${shorter ?? ''} says how long the run is`
  return [{ code: 'length-overruled', severity: 'warning', message, ...locationOf(own.at) }]
}

function sameValue(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

function plainText(value: unknown): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 60)
}

function placeOfOrigin(origin: Origin | undefined): string {
  if (origin?.path === undefined) return origin?.source ?? 'unknown place'
  return origin.line === undefined ? origin.path : `${origin.path}:${origin.line}`
}

function locationOf(origin: Origin | undefined): Pick<Problem, 'at'> {
  if (origin?.path === undefined) return {}
  const { path, line, column } = origin
  return { at: line === undefined ? { path } : { path, line, column: column ?? 1 } }
}

/** Tokens of the config's datasets by the policy's `datasets:`; unknown as soon as one of several is. */
function tokensOf(names: unknown, policy: Policy): Fact<number> {
  const list = (Array.isArray(names) ? names : [names]).filter(name => typeof name === 'string')
  const entries = list.map(name => ({ name, entry: policy.datasets.get(name) }))
  const lacking = entries.filter(({ entry }) => entry === undefined)
  if (lacking.length === 0) {
    const origins = entries.flatMap(({ entry }): Origin[] =>
      entry === undefined ? [] : [{ kind: 'policy', ...entry.at }],
    )
    const tokens = entries.reduce((sum, { entry }) => sum + (entry === undefined ? 0 : entry.tokens), 0)
    return known(tokens, ...origins)
  }
  const missing = lacking.map(({ name }): Missing => ({
    fact: 'dataset_tokens',
    why: `how many tokens ${name.slice(0, 80)} has is not said`,
    remedy: `add to the policy: datasets: { ${name.slice(0, 80)}: { tokens: 1.2B } }`,
    // Nobody said anything of any of them, or something that cannot be used: a part of the sum.
    absent: lacking.length === entries.length,
  }))
  return unknown(...missing)
}
