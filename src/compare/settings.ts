import { FACTS, FACT_NAMES } from '../facts/index.ts'
import type { Fact, FactName, Origin, RunFacts } from '../facts/index.ts'
import type { Hardware, Run } from '../resolve/index.ts'
import { saysTheSame } from './same.ts'

/** What can be swapped between two runs of one config, one part at a time. */
export type Part = FactName | 'hardware' | 'runs' | 'framework'

/** Changed parts that come from one place, and so are one decision of the author. */
export interface Setting {
  /** In the order in which people read them: that of the table of facts. */
  readonly parts: readonly Part[]
  readonly baseModel: boolean
}

/** What of the hardware enters a number. Its name does not. */
const PRICED = ['accelerator', 'price', 'matrixEfficiency', 'tokensPerSecond', 'carbonKgPerKwh', 'pue'] as const

function sameHardware(a: Hardware, b: Hardware): boolean {
  return PRICED.every(part => saysTheSame(a[part], b[part]))
}

/** Every part that differs between two runs. Where values come from does not matter. */
export function changedParts(base: Run, head: Run): readonly Part[] {
  const parts: Part[] = FACT_NAMES.filter(name => !saysTheSame(base.facts[name], head.facts[name]))
  if (!sameHardware(base.hardware, head.hardware)) parts.push('hardware')
  if (!saysTheSame(base.runs, head.runs)) parts.push('runs')
  if (base.fragment !== head.fragment) parts.push('framework')
  return parts
}

export interface ChangedFact {
  readonly name: FactName
  readonly from: Fact<unknown> | undefined
  readonly to: Fact<unknown> | undefined
}

/** The facts that somebody changed: those that merely follow from others are left out. */
export function changedFacts(base: RunFacts, head: RunFacts): readonly ChangedFact[] {
  return FACT_NAMES.flatMap(name => {
    const [from, to]: readonly (Fact<unknown> | undefined)[] = [base[name], head[name]]
    return from === to || isDerived(from) || isDerived(to) || saysTheSame(from, to) ? [] : [{ name, from, to }]
  })
}

function isDerived(fact: Fact<unknown> | undefined): boolean {
  return fact?.known === true && fact.origins[0]?.kind === 'derived'
}

export function placeOf(fact: Fact<unknown> | undefined): Origin | undefined {
  return fact?.known === true ? fact.origins.find(o => o.path !== undefined && o.line !== undefined) : undefined
}

/** True for a fact that the named model brings: from the registry, or from the model's own file beside the config. */
function comesWithModel(fact: Fact<unknown> | undefined, configPath: string): boolean {
  if (fact?.known !== true) return true
  const origin = fact.origins[0]
  return origin === undefined || origin.kind === 'registry' || (origin.kind === 'config' && origin.path !== configPath)
}

/**
 * Changed parts, grouped by where they were said: what follows from another base model is one setting; facts of the same
 * key, at the head or (where the head lacks it) at the base, are one; everything else stands alone.
 */
export function settingsOf(base: Run, head: Run): readonly Setting[] {
  const parts = changedParts(base, head)
  const swapsModel = parts.includes('baseModel')
  const groups = new Map<string, Part[]>()
  for (const part of parts) {
    const key = keyOf(part)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [part])
    else group.push(part)
  }
  return [...groups].map(([key, group]) => ({ parts: group, baseModel: key === 'baseModel' }))

  function keyOf(part: Part): string {
    if (part === 'hardware' || part === 'runs' || part === 'framework' || part === 'baseModel') return part
    const [before, after] = [base.facts[part], head.facts[part]]
    if (FACTS[part].of === 'model' && swapsModel)
      if (comesWithModel(before, base.path) && comesWithModel(after, head.path)) return 'baseModel'
    const place = placeOf(after) ?? placeOf(before)
    return place === undefined ? part : `${place.path ?? ''}:${place.line ?? 0}:${place.column ?? ''}`
  }
}

function withoutOrigin<T>(fact: Fact<T>): Fact<T> {
  return fact.known && fact.origins.length > 0 ? { ...fact, origins: [] } : fact
}

/**
 * The same run for pricing alone, as mixtures are: without where anything comes from, and without what memory and energy
 * need. That is more than half of the time of an estimate.
 */
export function pricedOnly(run: Run): Run {
  const { hardware } = run
  const { accelerator } = hardware
  const facts = Object.entries(run.facts).map(([name, fact]) => [name, withoutOrigin<unknown>(fact)])
  return {
    ...run,
    // The same names with the same values.
    facts: Object.fromEntries(facts) as RunFacts,
    runs: withoutOrigin(run.runs),
    hardware: {
      ...hardware,
      accelerator: accelerator.known
        ? { ...accelerator, value: { ...accelerator.value, memoryBytes: null, tdpWatts: null }, origins: [] }
        : accelerator,
      price: withoutOrigin(hardware.price),
      carbonKgPerKwh: withoutOrigin(hardware.carbonKgPerKwh),
      pue: withoutOrigin(hardware.pue),
    },
  }
}

/** A run with some parts of the head and the others of the base. */
export function mixture(base: Run, head: Run, parts: ReadonlySet<Part>): Run {
  const facts: Partial<Record<FactName, Fact<unknown>>> = { ...base.facts }
  for (const part of parts) {
    if (part === 'hardware' || part === 'runs' || part === 'framework') continue
    const fact = head.facts[part]
    if (fact === undefined) Reflect.deleteProperty(facts, part)
    else facts[part] = fact
  }
  return {
    ...head,
    // Each fact is from a RunFacts, under the same name.
    facts: facts as RunFacts,
    hardware: (parts.has('hardware') ? head : base).hardware,
    runs: (parts.has('runs') ? head : base).runs,
    fragment: (parts.has('framework') ? head : base).fragment,
  }
}
