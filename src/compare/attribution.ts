import { estimate } from '../estimate/index.ts'
import type { Calibration, Estimate } from '../estimate/index.ts'
import { FACTS } from '../facts/index.ts'
import type { Origin } from '../facts/index.ts'
import type { Hardware } from '../resolve/index.ts'
import { mixture, placeOf, settingsOf, pricedOnly } from './settings.ts'
import type { Part, Setting } from './settings.ts'
import { addingUpTo, mergedUntilWorth, shapleyValues } from './shapley.ts'
import type { Attribution } from './types.ts'
import { nameOf, textOf } from './words.ts'

/** 2^12 estimates are a quarter of a second; beyond that the settings of least effect are taken together. */
const MOST_SETTINGS = 12

const UNITS = ['usd', 'acceleratorSeconds', 'modelFlops'] as const
type Unit = (typeof UNITS)[number]
type Worths = Readonly<Record<Unit, number | null>>

function worthsOf({ usd, acceleratorSeconds, flops }: Estimate): Worths {
  return {
    usd: usd.known ? usd.value.expected : null,
    acceleratorSeconds: acceleratorSeconds.known ? acceleratorSeconds.value.expected : null,
    modelFlops: flops.model.known ? flops.model.value : null,
  }
}

/**
 * What each changed setting brings of the difference: its Shapley value, so that no order of reading them decides, what two
 * do only together is shared, and all shares add up to the difference. In each unit that is known on both sides.
 */
export function attributionOf(base: Estimate, head: Estimate, calibration: Calibration): readonly Attribution[] {
  const [before, after] = [worthsOf(base), worthsOf(head)]
  const units = UNITS.filter(unit => before[unit] !== null && after[unit] !== null)
  if (units.length === 0) return []
  const settings = settingsOf(base.run, head.run)
  const all = 2 ** Math.min(settings.length, MOST_BITS) - 1
  const singles = settings.length > MOST_BITS ? inBits(settings) : settings
  const [bareBase, bareHead] = [pricedOnly(base.run), pricedOnly(head.run)]
  const worth = memoised(coalition => {
    if (coalition === 0) return before
    if (coalition === all) return after
    const parts = singles.flatMap((setting, i) => ((coalition >> i) & 1 ? setting.parts : []))
    return worthsOf(estimate(mixture(bareBase, bareHead, new Set(parts)), calibration))
  })

  const { players, silent } = playersOf(singles.length, all, worth, units)
  // Settings without effect stand at the head in every mixture: at both ends that changes nothing.
  const settled = (coalition: number): number => (coalition === 0 ? 0 : coalition | silent)
  const merged = mergedUntilWorth(players, c => units.some(unit => worth(settled(c))[unit] === null))
  const groups = merged.map(mask => groupOf(singles, mask))
  const shares = Object.fromEntries(
    units.map(unit => [unit, shapleyValues(merged, c => worth(settled(c))[unit])]),
  ) as Partial<Record<Unit, readonly number[] | null>>
  return listed(groups, shares, before, after, base, head)
}

/** Bit masks are 32-bit integers with a sign. */
const MOST_BITS = 30

/** More changed places than bits: all that describes the model becomes one setting, then the rest beyond the last bit. */
function inBits(settings: readonly Setting[]): readonly Setting[] {
  const isModel = ({ parts }: Setting): boolean =>
    parts.every(part => part in FACTS && FACTS[part as keyof typeof FACTS].of === 'model')
  const fewer = [...settings.filter(s => !isModel(s)), joined(settings.filter(isModel))].filter(s => s.parts.length > 0)
  return fewer.length <= MOST_BITS ? fewer : [...fewer.slice(0, MOST_BITS - 1), joined(fewer.slice(MOST_BITS - 1))]
}

function joined(settings: readonly Setting[]): Setting {
  return { parts: settings.flatMap(s => s.parts), baseModel: settings.some(s => s.baseModel) && settings.length === 1 }
}

function groupOf(settings: readonly Setting[], mask: number): Setting {
  return joined(settings.filter((_, i) => (mask >> i) & 1))
}

function memoised(worth: (coalition: number) => Worths): (coalition: number) => Worths {
  const known = new Map<number, Worths>()
  return coalition => {
    const old = known.get(coalition)
    if (old !== undefined) return old
    const fresh = worth(coalition)
    known.set(coalition, fresh)
    return fresh
  }
}

/** The settings that do something, one bit each, at most twelve players; those without effect at either end are silent. */
function playersOf(
  count: number,
  all: number,
  worth: (coalition: number) => Worths,
  units: readonly Unit[],
): { readonly players: readonly number[]; readonly silent: number } {
  const masks = Array.from({ length: count }, (_, i) => 1 << i)
  const same = (a: number, b: number): boolean => units.every(unit => worth(a)[unit] === worth(b)[unit])
  const quiet = masks.filter(mask => same(mask, 0) && same(all & ~mask, all))
  const silent = quiet.reduce((union, mask) => union | mask, 0)
  if (silent === all && same(0, all)) return { players: [], silent }
  const isSilent = silent !== all && same(silent, 0) && same(all & ~silent, all)
  const players = isSilent ? masks.filter(mask => (mask & silent) === 0) : masks
  if (players.length <= MOST_SETTINGS) return { players, silent: isSilent ? silent : 0 }

  const effect = (mask: number): number =>
    Math.max(
      ...units.map(unit => {
        const [a, b, c, d] = [worth(0)[unit], worth(mask)[unit], worth(all & ~mask)[unit], worth(all)[unit]]
        if (a === null || b === null || c === null || d === null) return Infinity
        return (Math.abs(b - a) + Math.abs(d - c)) / Math.max(a, d)
      }),
    )
  const bySize = [...players].sort((a, b) => effect(b) - effect(a) || a - b)
  const rest = bySize.slice(MOST_SETTINGS - 1).reduce((union, mask) => union | mask, 0)
  return { players: [...bySize.slice(0, MOST_SETTINGS - 1), rest], silent: isSilent ? silent : 0 }
}

/** Shares below this part of either side are rounding, not effect. */
const NOISE = 1e-12

function listed(
  groups: readonly Setting[],
  shares: Partial<Record<Unit, readonly number[] | null>>,
  before: Worths,
  after: Worths,
  base: Estimate,
  head: Estimate,
): readonly Attribution[] {
  const shareOf = (unit: Unit, i: number): number | null => shares[unit]?.[i] ?? null
  const counts = (i: number): boolean =>
    UNITS.some(unit => Math.abs(shareOf(unit, i) ?? 0) > NOISE * Math.max(before[unit] ?? 0, after[unit] ?? 0))
  const unit = UNITS.find(u => shares[u] !== undefined && shares[u] !== null) ?? 'usd'
  const order = groups
    .map((_, i) => i)
    .filter(counts)
    .sort((a, b) => Math.abs(shareOf(unit, b) ?? 0) - Math.abs(shareOf(unit, a) ?? 0) || a - b)
  const exact = Object.fromEntries(
    UNITS.map(u => {
      const [from, to, all] = [before[u], after[u], shares[u]]
      if (from === null || to === null || all === undefined || all === null) return [u, null]
      return [
        u,
        addingUpTo(
          to - from,
          order.map(i => all[i] ?? 0),
        ),
      ]
    }),
  ) as Record<Unit, readonly number[] | null>
  return order.map((group, i): Attribution => {
    const setting = groups[group] ?? { parts: [], baseModel: false }
    const [from, to, at] = [textOf(setting, base), textOf(setting, head), originOf(setting, base, head)]
    return {
      fact: nameOf(setting),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(at === undefined ? {} : { at }),
      usd: exact.usd?.[i] ?? null,
      acceleratorSeconds: exact.acceleratorSeconds?.[i] ?? null,
      modelFlops: exact.modelFlops?.[i] ?? null,
    }
  })
}

/** The line to point at: the head's, or the base's where the head took it away. */
function originOf({ parts, baseModel }: Setting, base: Estimate, head: Estimate): Origin | undefined {
  const places = (baseModel ? (['baseModel'] as const) : parts).map(part => ({ part, head: at(head, part) }))
  return places.find(p => p.head !== undefined)?.head ?? places.map(p => at(base, p.part)).find(o => o !== undefined)
}

function at({ run }: Estimate, part: Part): Origin | undefined {
  if (part === 'hardware') return hardwareOrigin(run.hardware)
  if (part === 'framework') return undefined
  return placeOf(part === 'runs' ? run.runs : run.facts[part])
}

function hardwareOrigin({ accelerator, price }: Hardware): Origin | undefined {
  return placeOf(accelerator) ?? placeOf(price)
}
