import { FACT_NAMES, FACTS, factNamed, type Location, type Problem } from '../facts/index.ts'
import { acceleratorNamed, alternativesTo } from './accelerators.ts'
import { modelHint, modelNamed } from './models.ts'
import { didYouMean } from './nearest.ts'
import { MAX_PROBLEMS } from './policy-issues.ts'
import type { PolicyFile } from './policy-schema.ts'
import { instanceNamed, PRICES_2020, SHIPPED_PRICES, type PriceSnapshot } from './prices.ts'
import { profileFromText } from './profile-text.ts'
import type { Policy, ProfileEntry, Rule } from './types.ts'

type Locate = (steps: readonly PropertyKey[]) => Location

/** What no schema can see: keys that contradict each other, names that point nowhere, features that are not there. */
export function policyFaults(policy: Policy, file: PolicyFile, locate: Locate): readonly Problem[] {
  const problems: Problem[] = []
  const fault: Fault = (code, message, ...steps) => {
    problems.push({ code, severity: 'error', message, at: locate(steps) })
  }
  // What the catalog lacks makes a price unknown, not the whole policy: it may be newer than the catalog.
  const lack: Fault = (code, message, ...steps) => {
    problems.push({ code, severity: 'warning', message, at: locate(steps) })
  }
  if (policy.prices !== undefined && policy.prices !== PRICES_2020.id)
    fault(
      'prices-not-supported',
      `prices: only ${PRICES_2020.id} is supported yet; write your rates into profiles`,
      'prices',
    )
  if (policy.extends !== undefined && !/^[\w.-]+\/[\w.-]+\/[^@]+@[^@]+$/.test(policy.extends))
    fault('bad-extends', 'extends must be owner/repo/path@ref, such as our-org/.github/traincost.yml@v3', 'extends')

  const snapshot = policy.prices === PRICES_2020.id ? PRICES_2020 : SHIPPED_PRICES
  for (const profile of policy.profiles.values()) {
    if (problems.length >= MAX_PROBLEMS) return problems
    profileFaults(profile, snapshot, fault, lack)
  }
  configFaults(policy, fault)
  modelFaults(policy, fault)
  ruleFaults(policy.rules, fault)

  unique(
    policy.overrides.map(o => o.label),
    (label, i) => {
      fault('duplicate-override', `label "${label}" stands twice`, 'overrides', i, 'label')
    },
  )
  unique(
    policy.exceptions.map(e => e.config),
    (config, i) => {
      fault('duplicate-exception', `"${config}" has two exceptions`, 'exceptions', i, 'config')
    },
  )
  for (const [i, { config }] of policy.exceptions.entries())
    if (/[*?[\]{}]/.test(config))
      fault('exception-glob', `an exception names one config, not the glob "${config}"`, 'exceptions', i, 'config')
  const published = FACT_NAMES.map(name => FACTS[name].name)
  for (const [i, name] of (file.lock ?? []).entries())
    if (factNamed(name) === undefined)
      fault('unknown-fact', `lock: "${name.slice(0, 60)}" is not a fact${didYouMean(name, published)}`, 'lock', i)
  currencyFaults(file, fault)
  return problems.slice(0, MAX_PROBLEMS)
}

type Fault = (code: string, message: string, ...steps: readonly PropertyKey[]) => void

function unique(names: readonly string[], twice: (name: string, index: number) => void) {
  const seen = new Set<string>()
  for (const [i, name] of names.entries()) {
    if (seen.has(name)) twice(name, i)
    seen.add(name)
  }
}

function profileFaults(profile: ProfileEntry, snapshot: PriceSnapshot, fault: Fault, lack: Fault) {
  const here = ['profiles', profile.name] as const
  const impossible = (message: string, ...steps: readonly PropertyKey[]) => {
    fault('impossible-profile', `profile ${profile.name}: ${message}`, ...here, ...steps)
  }
  const { instance, accelerator } = profile
  if (instance === undefined && accelerator === undefined) impossible('name an instance or an accelerator')
  if (profile.usdPerAcceleratorHour !== undefined && profile.usdPerInstanceHour !== undefined)
    impossible('give usd_per_accelerator_hour or usd_per_instance_hour, not both', 'usd_per_instance_hour')
  const owned = profile.usdPerAcceleratorHour !== undefined || profile.usdPerInstanceHour !== undefined
  if (instance === undefined && profile.usdPerInstanceHour !== undefined)
    impossible('usd_per_instance_hour needs the instance that it pays for', 'usd_per_instance_hour')
  if (profile.priceDate !== undefined && !owned) impossible('price_date belongs to a rate of your own', 'price_date')
  if (profile.pricing !== undefined && owned)
    impossible('pricing chooses a list price; with a rate of your own it says nothing', 'pricing')
  if (profile.pricing !== undefined && instance === undefined) impossible('pricing needs an instance', 'pricing')
  if (profile.mfu !== undefined && profile.tokensPerSecond !== undefined)
    impossible('give mfu or tokens_per_second, not both', 'tokens_per_second')
  if (profile.measuredOn !== undefined && profile.tokensPerSecond === undefined)
    impossible('measured_on belongs to tokens_per_second', 'measured_on')

  const named = instance === undefined ? undefined : instanceNamed(instance, snapshot)
  if (named?.known === false) lack('unknown-instance', whyOf(named.missing), ...here, 'instance')
  const part = accelerator === undefined ? undefined : acceleratorNamed(accelerator)
  if (part?.known === false) lack('unknown-accelerator', whyOf(part.missing), ...here, 'accelerator')
  if (named?.known === true && part?.known === true && part.value.id !== named.value.accelerator) {
    const alternatives = accelerator === undefined ? [] : alternativesTo(accelerator)
    if (!alternatives.includes(named.value.accelerator))
      impossible(`${named.value.key} holds ${named.value.accelerator}, not ${part.value.id}`, 'accelerator')
  }
  if (named?.known === true && profile.region !== undefined && !owned) {
    const regions = named.value.prices.map(price => price.region)
    const wanted = profile.region.toLowerCase()
    if (!regions.some(region => region === '*' || region.toLowerCase() === wanted))
      lack(
        'unknown-region',
        `profile ${profile.name}: ${named.value.key} has no price in ${profile.region}; choose one of ${regions.join(', ')}, or give a rate of your own`,
        ...here,
        'region',
      )
  }
}

const whyOf = (missing: readonly { readonly why: string }[]) => missing.map(lack => lack.why).join('; ')

function configFaults(policy: Policy, fault: Fault) {
  for (const [i, entry] of policy.configs.entries())
    if (
      entry.profile !== undefined &&
      // Its profile may be one of the policy that this one extends.
      policy.extends === undefined &&
      !policy.profiles.has(entry.profile) &&
      profileFromText(entry.profile) === undefined
    )
      fault(
        'unknown-profile',
        `there is no profile "${entry.profile.slice(0, 60)}"${didYouMean(entry.profile, policy.profiles.keys())}`,
        'configs',
        i,
        'profile',
      )
  unique(
    policy.configs.map(entry => entry.path),
    (path, i) => {
      fault('duplicate-config', `"${path}" stands twice: the first entry that matches wins`, 'configs', i, 'path')
    },
  )
}

function modelFaults(policy: Policy, fault: Fault) {
  for (const [name, model] of policy.models) {
    if (model.like === undefined && model.facts.size === 0)
      fault('impossible-model', `model ${name}: say what it is like, or its dimensions`, 'models', name)
    if (model.like === undefined || modelNamed(model.like) !== undefined) continue
    const other = policy.models.get(model.like)
    if (other === undefined || other.like !== undefined)
      fault(
        'unknown-model',
        other === undefined
          ? `model ${name}: the registry has no "${model.like.slice(0, 60)}"${modelHint(model.like)}`
          : `model ${name}: "${model.like.slice(0, 60)}" is itself like another; name that one`,
        'models',
        name,
        'like',
      )
  }
}

function ruleFaults(rules: readonly Rule[], fault: Fault) {
  unique(
    rules.map(rule => rule.name),
    (name, i) => {
      fault('duplicate-rule', `two rules are called "${name}"`, 'rules', i, 'name')
    },
  )
  for (const [i, rule] of rules.entries()) {
    const limits = [rule.max, rule.maxIncrease, rule.maxIncreasePercent].filter(limit => limit !== undefined)
    const impossible = (message: string, ...steps: readonly PropertyKey[]) => {
      fault('impossible-rule', `rule ${rule.name}: ${message}`, 'rules', i, ...steps)
    }
    if (limits.length === 0 && rule.newConfig === undefined)
      impossible('has no limit; give max, max_increase, max_increase_percent or new_config')
    if (rule.combine === 'all' && limits.length < 2)
      impossible('combine: all needs at least two of max, max_increase, max_increase_percent', 'combine')
    if (rule.scope === 'total' && rule.newConfig !== undefined)
      impossible('new_config is about single configs; a total has none', 'new_config')
  }
}

function currencyFaults(file: PolicyFile, fault: Fault) {
  const { currency } = file
  if (currency === undefined) return
  if (currency.code === 'USD') {
    if (currency.per_usd !== undefined && Number(currency.per_usd) !== 1)
      fault('impossible-currency', 'a dollar is 1 dollar: drop per_usd', 'currency', 'per_usd')
    return
  }
  if (currency.per_usd === undefined)
    fault('impossible-currency', `currency ${currency.code} needs per_usd, its rate`, 'currency')
  if (currency.date === undefined)
    fault('impossible-currency', `currency ${currency.code} needs date, the day of its rate`, 'currency')
}
