import { known, type Origin } from '../facts/index.ts'
import { resolveHardware } from './hardware.ts'
import { emptyPolicy } from './policy.ts'
import { SHIPPED_PRICES, type Instance, type PriceSnapshot } from './prices.ts'
import type { Run } from './types.ts'

/** What most teams could rent instead; each is left out where the run already uses it. */
const KINDS = ['H200-SXM', 'H100-SXM', 'A100-SXM4-80GB'] as const

/**
 * The same run on other hardware of the catalog, on demand: same number of accelerators, same provider and region where
 * they have it. For the report alone: never for a gate. A run without a count takes one full instance, as an assumption.
 */
export function otherHardware(run: Run, snapshot: PriceSnapshot = SHIPPED_PRICES): readonly Run[] {
  const own = run.hardware.accelerator.known ? run.hardware.accelerator.value.id : undefined
  return KINDS.filter(kind => kind !== own).flatMap(kind => {
    const offer = bestOffer(kind, run, snapshot)
    if (offer === undefined) return []
    const { instance, region } = offer
    const name = region === '*' ? instance.key : `${instance.key}@${region}`
    const { hardware } = resolveHardware({ profile: name, runHalf: emptyPolicy, costHalf: emptyPolicy, snapshot })
    const origin: Origin = { kind: 'assumed', source: `one ${instance.key}, as nothing says how many accelerators` }
    const accelerators = run.facts.accelerators?.known === true ? run.facts.accelerators : known(instance.count, origin)
    return [{ ...run, facts: { ...run.facts, accelerators }, hardware, problems: [] }]
  })
}

interface Offer {
  readonly instance: Instance
  readonly region: string
}

function bestOffer(kind: string, run: Run, snapshot: PriceSnapshot): Offer | undefined {
  const price = run.hardware.price.known ? run.hardware.price.value : undefined
  const offers = [...snapshot.instances.values()]
    .filter(instance => instance.accelerator === kind)
    .flatMap(instance => instance.prices.map(regional => ({ instance, regional })))
    .filter(({ regional }) => regional.usdPerHour['on-demand'] !== undefined)
    .map(({ instance, regional }) => ({
      instance,
      region: regional.region,
      likeness:
        (instance.provider === (price?.provider ?? 'aws') ? 8 : 0) +
        (regional.status['on-demand'] === 'verified' ? 4 : 0) +
        (instance.count === 8 ? 2 : 0) +
        (regional.region === (price?.region ?? 'us-east-1') ? 1 : 0),
    }))
  // The catalog's own order decides between equals.
  return offers.reduce<(typeof offers)[number] | undefined>(
    (best, offer) => (best === undefined || offer.likeness > best.likeness ? offer : best),
    undefined,
  )
}
