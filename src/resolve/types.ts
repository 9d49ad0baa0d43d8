import type { Fact, Missing, Location, Origin, Problem, RunFacts, FactName } from '../facts/index.ts'

// ---- The catalog: vendored data, dated and sourced ----

/** One accelerator of data/accelerators.json. Peaks are DENSE FLOP/s per accelerator as sold. */
export interface Accelerator {
  readonly id: string
  readonly name: string
  readonly vendor: string
  readonly peakFlops: Readonly<Partial<Record<'fp32' | 'tf32' | 'fp16' | 'bf16' | 'fp8' | 'fp4', number>>>
  readonly memoryBytes: number | null
  readonly memoryBytesPerSecond: number | null
  readonly tdpWatts: number | null
  readonly source: string
}

/** What an hour costs. One instance holds `acceleratorsPerInstance`; a per-accelerator price is an instance of one. */
export interface Price {
  readonly usdPerInstanceHour: number
  readonly acceleratorsPerInstance: number
  readonly provider?: string
  readonly instance?: string
  readonly region?: string
  readonly pricing: 'on-demand' | 'spot' | 'reserved-1y' | 'reserved-3y' | 'own'
  /** ISO date or month, a bound where the source says so; `undated` for a rate of the team's own without price_date. */
  readonly date: string
  readonly source: string
  /** Verified in a cited source, or recalled from memory (which costs a warning line). */
  readonly status: 'verified' | 'recalled' | 'own'
}

/** The priced hardware of one run. Each part may be unknown on its own: FLOPs need none of them. */
export interface Hardware {
  /** The profile's name in the policy, or the text of the input. */
  readonly name: string
  readonly accelerator: Fact<Accelerator>
  readonly price: Fact<Price>
  /** The profile's own efficiency, a fraction of the dense peak: `mfu` in the policy. Absent in most. */
  readonly matrixEfficiency: Fact<number>
  /** A measured rate of the whole job, tokens per second. Turned once into an efficiency; never prices a side itself. */
  readonly tokensPerSecond: Fact<number>
  readonly measuredOn: Fact<MeasuredOn>
  /** kg CO2 per kWh and PUE of the region, where data/carbon.json has them. */
  readonly carbonKgPerKwh: Fact<number>
  readonly pue: Fact<number>
}

/** The run that a rate was measured on, where the profile names one: then it is a rate of that run, on this hardware. */
export interface MeasuredOn {
  /** Repository-relative. */
  readonly config: string
  /** A branch, a tag or a commit. */
  readonly ref: string
  /** Left out until it has been read; unknown where it could not be. */
  readonly run?: Fact<Run>
}

/** One training with everything said about it, after precedence, before arithmetic. Derived facts are not in it. */
export interface Run {
  readonly path: string
  readonly framework: string
  readonly fragment: boolean
  readonly facts: RunFacts
  readonly hardware: Hardware
  /** Seeds, retries, sweeps: multiplies tokens, FLOPs, accelerator-hours, cost and energy; not wall-clock or memory. */
  readonly runs: Fact<number>
  /** Warnings: sources that disagree, ambiguous accelerator names, recalled prices, unknown model types. */
  readonly problems: readonly Problem[]
}

// ---- The policy ----

export type Metric = 'cost' | 'accelerator_hours' | 'wall_clock_hours' | 'model_flops' | 'energy_kwh' | 'co2_kg'
export type Basis = 'low' | 'expected' | 'high'
export type UnknownMode = 'auto' | 'fail' | 'warn' | 'ignore'

/** A budget. Limits are in the metric's published unit (USD or the policy's currency, hours, FLOPs, kWh, kg). */
export interface Rule {
  readonly name: string
  /** Globs over config paths; empty = every config. */
  readonly match: readonly string[]
  readonly scope: 'each' | 'total'
  readonly metric: Metric
  readonly max?: number
  readonly maxIncrease?: number
  /** 20 = +20 %. */
  readonly maxIncreasePercent?: number
  readonly combine: 'any' | 'all'
  readonly basis: Basis
  readonly newConfig?: { readonly max?: number }
  readonly action: 'fail' | 'warn'
  readonly message?: string
  /** The policy line, or the action input. */
  readonly origin: Origin
}

export interface RuleException {
  readonly config: string
  readonly max: number
  readonly reason: string
  /** ISO date; valid through that day. */
  readonly expires: string
  readonly at: Location
}

export interface Override {
  readonly label: string
  readonly upTo: number
  readonly minPermission: 'triage' | 'write' | 'maintain' | 'admin'
  readonly allowAuthor: boolean
  readonly at: Location
}

export interface Currency {
  readonly code: string
  readonly perUsd: number
  readonly date: string
}

/** Plain facts as the policy writes them, each with its line. Read by FACTS when a run is resolved. */
export type PlainFacts = ReadonlyMap<FactName, { readonly value: unknown; readonly at: Location }>

export interface ConfigEntry {
  readonly path: string
  readonly framework?: string
  readonly profile?: string
  readonly runs?: number
  readonly facts: PlainFacts
  readonly at: Location
  /** Lines of single keys (`profile`, `runs`), for origins. */
  readonly lines: ReadonlyMap<string, Location>
}

/** One profile as written. Either names catalog entries alone, or brings rates of its own. */
export interface ProfileEntry {
  readonly name: string
  readonly instance?: string
  readonly region?: string
  readonly pricing?: Exclude<Price['pricing'], 'own'>
  readonly accelerator?: string
  readonly accelerators?: number
  readonly usdPerAcceleratorHour?: number
  readonly usdPerInstanceHour?: number
  readonly priceDate?: string
  readonly mfu?: number
  readonly tokensPerSecond?: number
  readonly measuredOn?: { readonly config: string; readonly ref: string }
  readonly at: Location
  readonly lines: ReadonlyMap<string, Location>
}

/** A parsed policy file: both halves. Principle 3 decides which revision each half is taken from. */
export interface Policy {
  readonly path: string
  // What the run is: read on each side from that side.
  readonly configs: readonly ConfigEntry[]
  readonly datasets: ReadonlyMap<string, { readonly tokens: number; readonly at: Location }>
  readonly models: ReadonlyMap<string, { readonly like?: string; readonly facts: PlainFacts; readonly at: Location }>
  // What it costs and what is allowed: from the live tip of the base branch.
  readonly profiles: ReadonlyMap<string, ProfileEntry>
  readonly rules: readonly Rule[]
  readonly overrides: readonly Override[]
  readonly exceptions: readonly RuleException[]
  readonly unknown: UnknownMode
  readonly lock: readonly FactName[]
  readonly currency: Currency
  readonly prices?: string
  readonly extends?: string
  /** Defaults of action inputs that the file sets (`comment`, `annotations`, …), by kebab-case input name. */
  readonly inputs: ReadonlyMap<string, string>
}

export type PolicyReading =
  | { readonly is: 'policy'; readonly policy: Policy; readonly problems: readonly Problem[] }
  | { readonly is: 'none' }
  | { readonly is: 'malformed'; readonly problems: readonly Problem[] }

export type { Missing }
