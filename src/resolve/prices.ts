import { known, unknown, type Fact, type Missing, type Origin } from '../facts/index.ts'
import data from '../../data/instances.json' with { type: 'json' }
import data2020 from '../../data/prices-2020.json' with { type: 'json' }
import { didYouMean } from './nearest.ts'
import type { Price } from './types.ts'

export type Pricing = Exclude<Price['pricing'], 'own'>

/** One instance type with its hourly prices by region. A price that is not published is absent. */
export interface Instance {
  /** `aws/p5.48xlarge` */
  readonly key: string
  readonly provider: string
  readonly name: string
  /** An id of data/accelerators.json. */
  readonly accelerator: string
  readonly count: number
  readonly prices: readonly RegionalPrice[]
}

export interface RegionalPrice {
  /** `*` is every region of the provider. */
  readonly region: string
  /** USD per instance-hour. */
  readonly usdPerHour: Readonly<Partial<Record<Pricing, number>>>
  readonly status: Readonly<Partial<Record<Pricing, 'verified' | 'recalled'>>>
  readonly date: string
  readonly source: string
  readonly note?: string
}

/** A dated price list. Both sides of a comparison are priced from one. */
export interface PriceSnapshot {
  readonly id: string
  /** ISO date of the snapshot; each price has its own date too. */
  readonly date: string
  readonly source: string
  readonly instances: ReadonlyMap<string, Instance>
}

interface PriceRow {
  readonly region: string
  readonly on_demand?: number | null
  readonly spot?: number | null
  readonly preemptible?: number | null
  readonly spot_status?: string
  readonly preemptible_status?: string
  readonly status?: string
  readonly note?: string
}

interface InstanceRow {
  readonly provider: string
  readonly name: string
  readonly accelerator: string
  readonly count: number
  readonly src?: string
  readonly status: string
  readonly reserved_1y?: number
  readonly reserved_3y?: number
  readonly prices: readonly PriceRow[]
}

interface SourceRow {
  readonly cite: string
  readonly price_date?: string
}

/** Only what was seen in its source counts as verified; recalled and derived prices cost a warning. */
const statusOf = (status: string): 'verified' | 'recalled' => (status.startsWith('verified') ? 'verified' : 'recalled')

function regionalPrice(
  row: PriceRow,
  instance: InstanceRow,
  first: boolean,
  source: SourceRow,
  date: string,
): RegionalPrice {
  const usdPerHour: Partial<Record<Pricing, number>> = {}
  const status: Partial<Record<Pricing, 'verified' | 'recalled'>> = {}
  const put = (pricing: Pricing, usd: number | null | undefined, words: string) => {
    if (typeof usd !== 'number') return
    usdPerHour[pricing] = usd
    status[pricing] = statusOf(words)
  }
  const own = row.status ?? instance.status
  put('on-demand', row.on_demand, own)
  put('spot', row.spot ?? row.preemptible, row.spot_status ?? row.preemptible_status ?? instance.status)
  // A reserved price was recalled for the first region of its instance only.
  if (first) {
    put('reserved-1y', instance.reserved_1y, 'recalled')
    put('reserved-3y', instance.reserved_3y, 'recalled')
  }
  return {
    region: row.region,
    usdPerHour,
    status,
    date,
    source: source.cite,
    ...(row.note === undefined ? {} : { note: row.note }),
  }
}

function instancesOf(
  rows: readonly InstanceRow[],
  sources: Readonly<Record<string, SourceRow>>,
  date: string,
): ReadonlyMap<string, Instance> {
  const instances = new Map<string, Instance>()
  for (const row of rows) {
    const key = `${row.provider}/${row.name}`
    const source = (row.src === undefined ? undefined : sources[row.src]) ?? {
      cite: 'recalled from a public price page',
    }
    const prices = row.prices.map((price, i) => regionalPrice(price, row, i === 0, source, source.price_date ?? date))
    const { provider, name, accelerator, count } = row
    instances.set(key.toLowerCase(), { key, provider, name, accelerator, count, prices })
  }
  return instances
}

/** The list prices that ship with this version. */
export const SHIPPED_PRICES: PriceSnapshot = {
  id: 'shipped',
  date: data.generated,
  source: 'data/instances.json',
  // The file's shape is held by __tests__/resolve/prices.test.ts.
  instances: instancesOf(data.instances, data.sources, data.generated),
}

/** April 2020: one price line an instance, no further regions. `prices: cloud-2020` in a policy. */
export const PRICES_2020: PriceSnapshot = {
  id: data2020.id,
  date: data2020.price_date,
  source: 'data/prices-2020.json',
  instances: instancesOf(
    // The file's shape is held by __tests__/resolve/prices.test.ts.
    (data2020.instances as unknown as readonly (PriceRow & Omit<InstanceRow, 'prices'>)[]).map(row => {
      const { region, on_demand, spot, preemptible, spot_status, preemptible_status, ...instance } = row
      const price = { region, on_demand, spot, preemptible, spot_status, preemptible_status } as PriceRow
      return { ...instance, prices: [price] }
    }),
    data2020.sources,
    data2020.price_date,
  ),
}

/** `aws/p5.48xlarge`, upper or lower case; a name without its provider when only one provider has it. */
export function instanceNamed(text: string, snapshot: PriceSnapshot = SHIPPED_PRICES, at?: Origin): Fact<Instance> {
  const wanted = text.trim().toLowerCase()
  const named = snapshot.instances.get(wanted)
  const bare = [...snapshot.instances.values()].filter(instance => instance.name.toLowerCase() === wanted)
  const found = named ?? (bare.length === 1 ? bare[0] : undefined)
  const registry: Origin = { kind: 'registry', source: `${snapshot.source} of ${snapshot.date}` }
  if (found !== undefined) return known(found, ...(at === undefined ? [registry] : [at, registry]))
  const keys = [...snapshot.instances.values()].map(instance => instance.key)
  return unknown({
    fact: 'instance',
    why: `"${text.slice(0, 80)}" is not an instance type of ${snapshot.source}${didYouMean(text, keys)}`,
    remedy: 'name one as provider/type, such as aws/p5.48xlarge, or give accelerator and usd_per_accelerator_hour',
    absent: false,
    ...(at === undefined ? {} : { at }),
  })
}

/**
 * The list price of one instance-hour.
 *
 * @param region undefined where the policy names none: known only if every region costs the same
 * @returns unknown, never 0, where the price is not published
 */
export function priceOf(instance: Instance, region: string | undefined, pricing: Pricing, at?: Origin): Fact<Price> {
  const offers = instance.prices.filter(price => price.usdPerHour[pricing] !== undefined)
  const regions = offers.map(price => price.region)
  const lacks = (why: string, remedy: string): Fact<Price> => {
    const missing: Missing = { fact: 'price', why, remedy, absent: false, ...(at === undefined ? {} : { at }) }
    return unknown(missing)
  }
  const own = `or give usd_per_instance_hour and price_date`
  if (offers.length === 0)
    return lacks(`no ${pricing} price of ${instance.key} is published`, `choose another pricing, ${own}`)
  const there = offers.filter(price => region !== undefined && sameRegion(price.region, region))
  const same = region === undefined && new Set(offers.map(price => price.usdPerHour[pricing])).size === 1
  const offer = there[0] ?? (same ? offers[0] : undefined)
  if (offer === undefined)
    return region === undefined
      ? lacks(`${instance.key} costs differently by region`, `add region: one of ${regions.join(', ')}`)
      : lacks(
          `no ${pricing} price of ${instance.key} in ${region.slice(0, 60)} is known`,
          `choose one of ${regions.join(', ')}, ${own}`,
        )
  const usd = offer.usdPerHour[pricing]
  const status = offer.status[pricing]
  if (usd === undefined || status === undefined) throw new Error('an offer without its price')
  const price: Price = {
    usdPerInstanceHour: usd,
    acceleratorsPerInstance: instance.count,
    provider: instance.provider,
    instance: instance.name,
    ...(region !== undefined
      ? { region }
      : offers.length === 1 && offer.region !== '*'
        ? { region: offer.region }
        : {}),
    pricing,
    date: offer.date,
    source: offer.note === undefined ? offer.source : `${offer.source}; ${offer.note}`,
    status,
  }
  const registry: Origin = { kind: 'registry', source: `${price.source} (${price.date})` }
  return known(price, ...(at === undefined ? [registry] : [at, registry]))
}

const sameRegion = (offered: string, wanted: string) =>
  offered === '*' || offered.toLowerCase() === wanted.trim().toLowerCase()
