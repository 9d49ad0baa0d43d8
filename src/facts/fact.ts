/** Where a value came from. `path` is repository-relative; lines and columns count from 1. */
export interface Origin {
  readonly kind: OriginKind
  readonly path?: string
  readonly line?: number
  readonly column?: number
  /** What stands behind a value that no repository file holds: a registry id, a cited upstream file, a formula. */
  readonly source?: string
}

export type OriginKind = 'config' | 'registry' | 'policy' | 'profile' | 'script' | 'default' | 'derived' | 'assumed'

/** Why a value is not known, and what its reader can do about it. */
export interface Missing {
  /** The fact's published name, such as `num_kv_heads`. */
  readonly fact: string
  readonly why: string
  /** The next step, in one sentence: the line to add, the command to run. */
  readonly remedy: string
  /** True where nothing was said at all; false where something was said that cannot be used. Only the former takes a default. */
  readonly absent: boolean
  readonly at?: Origin
}

export type Known<T> = { readonly known: true; readonly value: T; readonly origins: readonly Origin[] }
export type Unknown = { readonly known: false; readonly missing: readonly Missing[] }

/** A value that can be pointed at, or the reason why there is none. Never null, NaN or zero for "unknown". */
export type Fact<T> = Known<T> | Unknown

/** low ≤ expected ≤ high, all in the unit that the holder's name says. */
export interface Range {
  readonly low: number
  readonly expected: number
  readonly high: number
}

export function known<T>(value: T, ...origins: readonly Origin[]): Known<T> {
  return { known: true, value, origins }
}

export function unknown(...missing: readonly Missing[]): Unknown {
  return { known: false, missing }
}

/** A fact that its source does not mention. It may take a default, or a value from a source of lower precedence. */
export function absent(fact: string, why = `${fact} is not given`, remedy = `add ${fact}`): Unknown {
  return unknown({ fact, why, remedy, absent: true })
}

export function isAbsent(fact: Fact<unknown>): boolean {
  return !fact.known && fact.missing.every(m => m.absent)
}

type Values<F extends Readonly<Record<string, Fact<unknown>>>> = {
  readonly [K in keyof F]: F[K] extends Fact<infer T> ? T : never
}

/**
 * Lifts arithmetic over facts: the result is known when every input is, and carries all their origins;
 * otherwise it is unknown and lacks all that they lack.
 */
export function combine<F extends Readonly<Record<string, Fact<unknown>>>, R>(
  facts: F,
  compute: (values: Values<F>) => R,
): Fact<R> {
  const values: Record<string, unknown> = {}
  let origins: readonly Origin[] = []
  for (const name of Object.keys(facts)) {
    const fact = facts[name]
    if (fact === undefined) continue
    if (!fact.known) return { known: false, missing: missingOf(facts) }
    values[name] = fact.value
    origins = withOrigins(origins, fact.origins)
  }
  // Every key of F was known and has just been filled in.
  return { known: true, value: compute(values as Values<F>), origins }
}

/** The first list, then what only the second one has. Lists are shared, not copied, wherever one holds all. */
function withOrigins(all: readonly Origin[], more: readonly Origin[]): readonly Origin[] {
  if (all === more || more.length === 0) return all
  if (all.length === 0) return more
  let added: Origin[] | undefined
  // Most of `more` was merged from the same lists, in the same order: the next one here is the next one there.
  let next = 0
  for (const origin of more) {
    if (all[next] === origin) next++
    else {
      const at = all.indexOf(origin)
      if (at !== -1) next = at + 1
      else if (added === undefined) added = [origin]
      else if (!added.includes(origin)) added.push(origin)
    }
  }
  return added === undefined ? all : all.concat(added)
}

function missingOf(facts: Readonly<Record<string, Fact<unknown>>>): readonly Missing[] {
  const missing: Missing[] = []
  for (const fact of Object.values(facts))
    if (!fact.known)
      for (const lack of fact.missing)
        if (!missing.some(m => m.fact === lack.fact && m.why === lack.why)) missing.push(lack)
  return missing
}

/**
 * Fills an absent fact, and only an absent one, with a documented default.
 *
 * @param source the upstream file and version that states the default, or the reason for assuming it
 */
export function orDefault<T>(
  fact: Fact<T>,
  value: T,
  source: string,
  kind: 'default' | 'assumed' = 'default',
): Fact<T> {
  return isAbsent(fact) ? known(value, { kind, source }) : fact
}

/** The first fact that says anything: absent ones are passed over, malformed ones are not. */
export function firstGiven<T>(...facts: readonly [Fact<T>, ...Fact<T>[]]): Fact<T> {
  return facts.find(fact => !isAbsent(fact)) ?? facts[0]
}

/** A value computed from others: their origins, and the formula that joins them. */
export function derived<T>(fact: Fact<T>, source: string): Fact<T> {
  return fact.known ? { ...fact, origins: [{ kind: 'derived', source }, ...fact.origins] } : fact
}
