import { absent, known, unknown, type Fact, type Location, type Origin, type Problem } from '../facts/index.ts'
import { acceleratorById, acceleratorNamed, alternativesTo, chipsOfSlice } from './accelerators.ts'
import { carbonOf, pueOf } from './carbon.ts'
import { didYouMean } from './nearest.ts'
import { instanceNamed, priceOf, type Instance, type PriceSnapshot } from './prices.ts'
import { profileFromText } from './profile-text.ts'
import type { Accelerator, Hardware, Policy, Price, ProfileEntry } from './types.ts'

/** The hardware of one side, how many accelerators its profile says, and what to warn of. */
export interface ResolvedHardware {
  readonly hardware: Hardware
  readonly accelerators: Fact<number>
  readonly problems: readonly Problem[]
}

export interface HardwareRequest {
  /** The profile that this side chose, and the line that says so. */
  readonly profile: string | undefined
  readonly chosenAt?: Location
  /** That side's policy: its `accelerators` count, its rates do not. */
  readonly runHalf: Policy
  /** The tip's policy: rates, prices, efficiencies. */
  readonly costHalf: Policy
  readonly snapshot: PriceSnapshot
}

/** Principle 3: the choice of a profile and its count are the run's, everything that costs is the tip's. */
export function resolveHardware(request: HardwareRequest): ResolvedHardware {
  const { profile: name, runHalf, costHalf, snapshot } = request
  if (name === undefined) return nothing('none', 'no profile is named', true, remedyOf(costHalf), undefined)
  const costs = costHalf.profiles.get(name)
  const runs = runHalf.profiles.get(name)
  const chosen: Origin | undefined =
    request.chosenAt === undefined ? undefined : { kind: 'policy', ...request.chosenAt }
  if (costs !== undefined) return fromProfile(costs, runs ?? costs, snapshot)
  if (runs !== undefined) {
    const own = ownRates(runs)
    if (own.length === 0) return fromProfile(runs, runs, snapshot)
    const why = `profile ${name} brings ${own.join(', ')} of its own and is not on the base branch yet`
    return unmerged(fromProfile(catalogOnly(runs), runs, snapshot), why, originOf(runs.at))
  }
  const text = profileFromText(name, snapshot)
  if (text !== undefined) return fromText(name, text, snapshot)
  const hint = didYouMean(name, [...costHalf.profiles.keys(), ...runHalf.profiles.keys()])
  return nothing(name, `there is no profile "${name.slice(0, 60)}"${hint}`, false, remedyOf(costHalf), chosen)
}

function remedyOf(policy: Policy): string {
  const names = [...policy.profiles.keys()].slice(0, 5)
  return names.length > 0
    ? `choose a profile: ${names.join(', ')}`
    : 'name a profile, such as profile: 64 x aws/p5.48xlarge@us-east-1'
}

function nothing(name: string, why: string, silent: boolean, remedy: string, at: Origin | undefined): ResolvedHardware {
  const lacks = (fact: string) => unknown({ fact, why, remedy, absent: silent, ...(at === undefined ? {} : { at }) })
  return {
    hardware: {
      name,
      accelerator: lacks('accelerator'),
      price: lacks('price'),
      matrixEfficiency: absent('matrix_efficiency'),
      tokensPerSecond: absent('tokens_per_second'),
      measuredOn: absent('measured_on'),
      carbonKgPerKwh: absent('carbon intensity', why, remedy),
      pue: absent('pue', why, remedy),
    },
    accelerators: absent('accelerators', why, remedy),
    problems: [],
  }
}

/** The keys by which a profile prices itself, instead of by the catalog. */
export function ownRates(profile: ProfileEntry): readonly string[] {
  const rates = ['usd_per_accelerator_hour', 'usd_per_instance_hour', 'mfu', 'tokens_per_second']
  return rates.filter(key => profile.lines.has(key))
}

function catalogOnly(profile: ProfileEntry): ProfileEntry {
  const {
    usdPerAcceleratorHour: _accelerator,
    usdPerInstanceHour: _instance,
    priceDate: _date,
    mfu: _mfu,
    tokensPerSecond: _tokens,
    measuredOn: _measured,
    ...catalog
  } = profile
  return catalog
}

function unmerged(resolved: ResolvedHardware, why: string, at: Origin): ResolvedHardware {
  const lacks = (fact: string) =>
    unknown({ fact, why, remedy: 'merge the profile first, or name catalog entries alone', absent: false, at })
  return {
    ...resolved,
    hardware: { ...resolved.hardware, price: lacks('price'), matrixEfficiency: lacks('matrix_efficiency') },
    problems: [...resolved.problems, { code: 'profile-not-merged', severity: 'warning', message: why, ...placeOf(at) }],
  }
}

const originOf = (at: Location): Origin => ({ kind: 'profile', ...at })

function placeOf(at: Origin | undefined): Pick<Problem, 'at'> {
  if (at?.path === undefined || at.line === undefined || at.column === undefined) return {}
  return { at: { path: at.path, line: at.line, column: at.column } }
}

/** @param costs the entry whose names and rates price the run; `runs` the one whose count holds */
function fromProfile(costs: ProfileEntry, runs: ProfileEntry, snapshot: PriceSnapshot): ResolvedHardware {
  const line = (key: string, entry = costs): Origin => originOf(entry.lines.get(key) ?? entry.at)
  const slice = costs.accelerator === undefined ? undefined : chipsOfSlice(costs.accelerator)
  const problems: Problem[] = []
  const count: Fact<number> =
    runs.accelerators !== undefined
      ? known(runs.accelerators, line('accelerators', runs))
      : slice !== undefined
        ? known(slice, line('accelerator'))
        : absent(
            'accelerators',
            `profile ${costs.name} does not say how many accelerators`,
            `add accelerators: to profile ${costs.name}`,
          )
  if (slice !== undefined && runs.accelerators !== undefined && runs.accelerators % slice !== 0)
    problems.push({
      code: 'tpu-cores',
      severity: 'warning',
      message: `${costs.accelerator ?? ''} has ${slice} chips, but accelerators: ${runs.accelerators} is no multiple of that; count chips, not cores`,
      at: runs.lines.get('accelerators') ?? runs.at,
    })
  const own = ownPrice(costs, line, snapshot, problems)
  return assembled({
    name: costs.name,
    text: { ...costs },
    count,
    line,
    snapshot,
    problems,
    ...(own === undefined ? {} : { own }),
    efficiency: costs.mfu === undefined ? absent('matrix_efficiency') : known(costs.mfu, line('mfu')),
    rate:
      costs.tokensPerSecond === undefined
        ? absent('tokens_per_second')
        : known(costs.tokensPerSecond, line('tokens_per_second')),
    measuredOn: costs.measuredOn === undefined ? absent('measured_on') : known(costs.measuredOn, line('measured_on')),
  })
}

function fromText(
  name: string,
  text: ReturnType<typeof profileFromText> & object,
  snapshot: PriceSnapshot,
): ResolvedHardware {
  const origin: Origin = { kind: 'profile', source: `profile ${name.slice(0, 80)}` }
  const slice = text.accelerator === undefined ? undefined : chipsOfSlice(text.accelerator)
  // `4 x v5p-8` is four slices; `64 x aws/p5.48xlarge` is 64 accelerators, as in a policy.
  const chips = slice === undefined ? text.accelerators : slice * (text.accelerators ?? 1)
  return assembled({
    name,
    text,
    count:
      chips === undefined
        ? absent('accelerators', 'the profile gives no count', 'write 64 x in front of it')
        : known(chips, origin),
    line: () => origin,
    snapshot,
    problems: [],
    efficiency: absent('matrix_efficiency'),
    rate: absent('tokens_per_second'),
    measuredOn: absent('measured_on'),
  })
}

interface Parts {
  readonly name: string
  readonly text: Pick<ProfileEntry, 'instance' | 'accelerator' | 'region' | 'pricing'>
  readonly count: Fact<number>
  readonly line: (key: string) => Origin
  readonly snapshot: PriceSnapshot
  readonly problems: readonly Problem[]
  /** A rate of the team's own, which wins over the list price. */
  readonly own?: Fact<Price>
  readonly efficiency: Fact<number>
  readonly rate: Fact<number>
  readonly measuredOn: Hardware['measuredOn']
}

function assembled(parts: Parts): ResolvedHardware {
  const { text, line } = parts
  const problems = [...parts.problems]
  const instance =
    text.instance === undefined ? undefined : instanceNamed(text.instance, parts.snapshot, line('instance'))
  const named =
    instance === undefined
      ? acceleratorNamed(text.accelerator ?? '', line('accelerator'))
      : acceleratorOf(instance, line('instance'))
  const others = instance === undefined && text.accelerator !== undefined ? alternativesTo(text.accelerator) : []
  if (named.known && others.length > 0)
    problems.push({
      code: 'ambiguous-accelerator',
      severity: 'warning',
      message: `"${text.accelerator ?? ''}" is taken for ${named.value.id}; it may also be ${others.join(', ')}: write the full name`,
      ...placeOf(line('accelerator')),
    })
  const price = parts.own ?? listPrice(instance, text, line, named)
  if (price.known && price.value.status === 'recalled')
    problems.push({
      code: 'recalled-price',
      severity: 'warning',
      message: `the price of ${price.value.provider ?? ''}/${price.value.instance ?? ''} is from memory (${price.value.source}, ${price.value.date}): check it, or give a rate of your own`,
      ...placeOf(line('instance')),
    })
  if (price.known && price.value.pricing === 'spot')
    problems.push({
      code: 'spot-price',
      severity: 'warning',
      message: `spot prices move daily; this one is of ${price.value.date}`,
      ...placeOf(line('pricing')),
    })
  const provider = instance?.known === true ? instance.value.provider : undefined
  const region = text.region ?? (price.known ? price.value.region : undefined)
  return {
    hardware: {
      name: parts.name,
      accelerator: named,
      price,
      matrixEfficiency: parts.efficiency,
      tokensPerSecond: parts.rate,
      measuredOn: parts.measuredOn,
      carbonKgPerKwh: carbonOf(provider, region),
      pue: pueOf(provider),
    },
    accelerators: parts.count,
    problems,
  }
}

function acceleratorOf(instance: Fact<Instance>, at: Origin): Fact<Accelerator> {
  if (!instance.known) return unknown(...instance.missing.map(lack => ({ ...lack, fact: 'accelerator' })))
  const part = acceleratorById(instance.value.accelerator)
  if (part !== undefined) return known(part, at, { kind: 'registry', source: part.source })
  return unknown({
    fact: 'accelerator',
    why: `${instance.value.key} holds ${instance.value.accelerator}, which data/accelerators.json does not have`,
    remedy: 'name the accelerator in the profile',
    absent: false,
    at,
  })
}

function listPrice(
  instance: Fact<Instance> | undefined,
  text: Parts['text'],
  line: Parts['line'],
  accelerator: Fact<Accelerator>,
): Fact<Price> {
  if (instance === undefined)
    return unknown({
      fact: 'price',
      why: `an accelerator alone has no list price${accelerator.known ? `: what ${accelerator.value.id} costs depends on who rents it out` : ''}`,
      remedy: 'name an instance of the catalog and its region, or give usd_per_accelerator_hour and price_date',
      absent: false,
      at: line('accelerator'),
    })
  if (!instance.known) return unknown(...instance.missing.map(lack => ({ ...lack, fact: 'price' })))
  return priceOf(instance.value, text.region, text.pricing ?? 'on-demand', line('instance'))
}

/** A price without its day is used, with a warning: its age cannot be told. */
export const UNDATED = 'undated'

function ownPrice(
  profile: ProfileEntry,
  line: (key: string) => Origin,
  snapshot: PriceSnapshot,
  problems: Problem[],
): Fact<Price> | undefined {
  const perAccelerator = profile.usdPerAcceleratorHour
  const usd = perAccelerator ?? profile.usdPerInstanceHour
  if (usd === undefined) return undefined
  const key = perAccelerator === undefined ? 'usd_per_instance_hour' : 'usd_per_accelerator_hour'
  const instance = profile.instance === undefined ? undefined : instanceNamed(profile.instance, snapshot)
  if (profile.priceDate === undefined)
    problems.push({
      code: 'undated-price',
      severity: 'warning',
      message: `profile ${profile.name}: add price_date, so that reports can say how old the rate is`,
      at: profile.lines.get(key) ?? profile.at,
    })
  if (perAccelerator === undefined && instance?.known !== true)
    return instance === undefined ? undefined : unknown(...instance.missing.map(lack => ({ ...lack, fact: 'price' })))
  const catalog = instance?.known === true ? instance.value : undefined
  return known(
    {
      usdPerInstanceHour: usd,
      acceleratorsPerInstance: perAccelerator === undefined && catalog !== undefined ? catalog.count : 1,
      ...(catalog === undefined ? {} : { provider: catalog.provider, instance: catalog.name }),
      ...(profile.region === undefined ? {} : { region: profile.region }),
      pricing: 'own',
      date: profile.priceDate ?? UNDATED,
      source: `${key} of profile ${profile.name}`,
      status: 'own',
    },
    line(key),
  )
}
