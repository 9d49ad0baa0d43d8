import type { Location, Problem } from '../facts/index.ts'
import { ownRates } from './hardware.ts'
import type { Policy, PolicyReading, UnknownMode } from './types.ts'

const UNKNOWN_STRICTEST_FIRST: readonly UnknownMode[] = ['fail', 'auto', 'warn', 'ignore']
const STRICTEST_FIRST: Readonly<Record<string, readonly string[]>> = {
  'fail-on': ['warn', 'fail', 'none'],
  'on-error': ['fail', 'warn'],
}

/**
 * A policy laid over the one that it extends. Rules of both hold, locks add up, the stricter mode counts; rates, prices and
 * currency are the central ones. What would loosen is an error: a rule or a profile of a central name, a rate, an override,
 * an exception. What the runs are (`configs`, `datasets`, `models`) stays the repository's own.
 */
export function extendedPolicy(own: Policy, central: Policy): PolicyReading {
  const problems: Problem[] = []
  const refuse = (what: string, at: Location | { readonly path: string }): void => {
    problems.push({ code: 'extends-loosens', severity: 'error', message: what, at })
  }
  if (central.extends !== undefined)
    refuse(`${central.path} itself extends another policy: name that one, or copy it there`, { path: own.path })
  const centralRules = new Set(central.rules.map(rule => rule.name))
  for (const { name, origin } of own.rules)
    if (centralRules.has(name))
      refuse(`rule ${name} is one of ${central.path}, which holds: give this one another name`, {
        path: origin.path ?? own.path,
        ...(origin.line === undefined ? {} : { line: origin.line, column: origin.column ?? 1 }),
      })
  for (const [name, profile] of own.profiles) {
    if (central.profiles.has(name))
      refuse(`profile ${name} is one of ${central.path}, which holds: take this one out`, profile.at)
    else if (ownRates(profile).length > 0)
      refuse(`profile ${name} brings ${ownRates(profile).join(', ')}: rates are those of ${central.path}`, profile.at)
  }
  for (const { label, at } of own.overrides) refuse(`override ${label} would loosen ${central.path}`, at)
  for (const { config, at } of own.exceptions) refuse(`the exception for ${config} would loosen ${central.path}`, at)
  if (own.currency.code !== 'USD' || own.currency.perUsd !== 1)
    refuse(`currency is that of ${central.path}: take this one out`, { path: own.path })
  if (own.prices !== undefined) refuse(`prices are those of ${central.path}: take these out`, { path: own.path })
  if (problems.length > 0) return { is: 'malformed', problems }

  const { prices: _prices, ...rest } = own
  const policy: Policy = {
    ...rest,
    profiles: new Map([...own.profiles, ...central.profiles]),
    rules: [...central.rules, ...own.rules],
    overrides: central.overrides,
    exceptions: central.exceptions,
    unknown: stricter(UNKNOWN_STRICTEST_FIRST, own.unknown, central.unknown),
    lock: [...new Set([...central.lock, ...own.lock])],
    currency: central.currency,
    ...(central.prices === undefined ? {} : { prices: central.prices }),
    inputs: new Map([...central.inputs, ...own.inputs, ...stricterInputs(own, central)]),
  }
  return { is: 'policy', policy, problems: [] }
}

function stricter<T>(order: readonly T[], a: T, b: T): T {
  return order.indexOf(a) <= order.indexOf(b) ? a : b
}

/** Modes that can open a gate: what either leaves unsaid counts as its default. */
function stricterInputs(own: Policy, central: Policy): readonly (readonly [string, string])[] {
  return Object.entries(STRICTEST_FIRST).flatMap(([name, order]) => {
    const said = [own, central].map(policy => policy.inputs.get(name) ?? 'fail')
    return own.inputs.has(name) || central.inputs.has(name)
      ? [[name, stricter(order, said[0] ?? '', said[1] ?? '')]]
      : []
  })
}
