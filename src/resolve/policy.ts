import { countFromText, factNamed, type FactName, type Location } from '../facts/index.ts'
import { DEFAULT_LIMITS, parse, type Node } from '../parse/index.ts'
import { POLICY_INPUT_NAMES } from './inputs.ts'
import { amount, POLICY_SCHEMA, type PolicyFile } from './policy-schema.ts'
import { issueProblems } from './policy-issues.ts'
import { policyFaults } from './policy-faults.ts'
import { locate, plainOf } from './policy-tree.ts'
import type { ConfigEntry, PlainFacts, Policy, PolicyReading, ProfileEntry, Rule } from './types.ts'

/** What holds where there is no policy file: every recognized config, no rules, unknown by principle. */
export const emptyPolicy: Policy = {
  path: '',
  configs: [],
  datasets: new Map(),
  models: new Map(),
  profiles: new Map(),
  rules: [],
  overrides: [],
  exceptions: [],
  unknown: 'auto',
  lock: [],
  currency: { code: 'USD', perUsd: 1, date: '' },
  inputs: new Map(),
}

/**
 * Reads a policy file as data and shows all that is wrong with it at once.
 *
 * @param path repository-relative, or `owner/repo/path@ref`; its extension decides the syntax
 * @returns malformed with every error as file:line:column; a policy, perhaps with warnings, else
 */
export function readPolicy(path: string, text: string): PolicyReading {
  const file = path.replace(/(\.(?:ya?ml|jsonc?|toml))@.+$/i, '$1')
  const parsed = parse(file, text, { ...DEFAULT_LIMITS, duplicates: 'refuse' })
  const errors = parsed.problems.filter(problem => problem.severity === 'error')
  if (errors.length > 0) return { is: 'malformed', problems: parsed.problems }
  const [root, ...more] = parsed.documents
  if (root === undefined || more.length > 0 || root.is !== 'map') {
    const why = more.length > 0 ? 'holds several documents' : 'is not a map of keys'
    const at = root === undefined ? { path: file } : { path: file, ...(more[0] ?? root).at }
    const message = `the policy ${why}; it starts with "version: 1"`
    return {
      is: 'malformed',
      problems: [...parsed.problems, { code: 'policy-not-a-map', severity: 'error', message, at }],
    }
  }

  const plain = plainOf(root, file)
  const given = withoutEmptySections(plain.value)
  const checked = POLICY_SCHEMA.safeParse(given)
  if (!checked.success || plain.problems.length > 0) {
    const issues = checked.success ? [] : issueProblems(checked.error, given, steps => locate(root, file, steps))
    return { is: 'malformed', problems: [...parsed.problems, ...plain.problems, ...issues] }
  }
  const policy = policyOf(checked.data, root, file)
  const faults = policyFaults(policy, checked.data, steps => locate(root, file, steps))
  const problems = [...parsed.problems, ...faults]
  return faults.some(fault => fault.severity === 'error')
    ? { is: 'malformed', problems }
    : { is: 'policy', policy, problems }
}

/** `rules:` with nothing below it is a section left empty, like one that is not there. */
function withoutEmptySections(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.create(null) as Record<string, unknown>
  for (const [key, section] of Object.entries(value)) if (section !== null || key === 'version') kept[key] = section
  return kept
}

function policyOf(file: PolicyFile, root: Node, path: string): Policy {
  const at = (...steps: readonly PropertyKey[]): Location => locate(root, path, steps)
  const plainFacts = (
    facts: Readonly<Record<string, unknown>> | undefined,
    ...steps: readonly PropertyKey[]
  ): PlainFacts => {
    const out = new Map<FactName, { readonly value: unknown; readonly at: Location }>()
    const put = (published: string, value: unknown, where: Location) => {
      const name = factNamed(published)
      if (name !== undefined) out.set(name, { value, at: where })
    }
    for (const [key, value] of Object.entries(facts ?? {}))
      if (key === 'lora' && isObject(value))
        for (const [member, inner] of Object.entries(value)) put(`lora.${member}`, inner, at(...steps, key, member))
      else put(key, value, at(...steps, key))
    return out
  }
  const lines = (object: object, ...steps: readonly PropertyKey[]): ReadonlyMap<string, Location> =>
    new Map(Object.keys(object).map(key => [key, at(...steps, key)]))

  const configs = (file.configs ?? []).map((entry, i): ConfigEntry => ({
    path: entry.path,
    ...optional('framework', entry.framework),
    ...optional('profile', entry.profile),
    ...optional('runs', amountIf(entry.runs)),
    facts: plainFacts(entry.facts, 'configs', i, 'facts'),
    at: at('configs', i),
    lines: lines(entry, 'configs', i),
  }))
  const profiles = Object.entries(file.profiles ?? {}).map(([name, entry]): [string, ProfileEntry] => [
    name,
    {
      name,
      ...optional('instance', entry.instance),
      ...optional('region', entry.region),
      ...optional('pricing', entry.pricing),
      ...optional('accelerator', entry.accelerator),
      ...optional('accelerators', amountIf(entry.accelerators)),
      ...optional('usdPerAcceleratorHour', amountIf(entry.usd_per_accelerator_hour)),
      ...optional('usdPerInstanceHour', amountIf(entry.usd_per_instance_hour)),
      ...optional('priceDate', entry.price_date),
      ...optional('mfu', entry.mfu),
      ...optional('tokensPerSecond', amountIf(entry.tokens_per_second)),
      ...optional('measuredOn', entry.measured_on),
      at: at('profiles', name),
      lines: lines(entry, 'profiles', name),
    },
  ])
  const rules = (file.rules ?? []).map((entry, i): Rule => {
    const match = entry.match ?? []
    return {
      name: entry.name,
      match: typeof match === 'string' ? [match] : match,
      scope: entry.scope ?? 'each',
      metric: entry.metric ?? 'cost',
      ...optional('max', amountIf(entry.max)),
      ...optional('maxIncrease', amountIf(entry.max_increase)),
      ...optional('maxIncreasePercent', amountIf(entry.max_increase_percent)),
      combine: entry.combine ?? 'any',
      basis: entry.basis ?? 'expected',
      ...optional('newConfig', entry.new_config && { max: amount(entry.new_config.max) }),
      action: entry.action ?? 'fail',
      ...optional('message', entry.message),
      origin: { kind: 'policy', ...at('rules', i) },
    }
  })
  return {
    path,
    configs,
    datasets: new Map(
      Object.entries(file.datasets ?? {}).map(([name, { tokens }]) => [
        name,
        { tokens: amount(tokens), at: at('datasets', name) },
      ]),
    ),
    models: new Map(
      Object.entries(file.models ?? {}).map(([name, { like, ...facts }]) => [
        name,
        {
          ...(typeof like === 'string' ? { like } : {}),
          facts: plainFacts(facts, 'models', name),
          at: at('models', name),
        },
      ]),
    ),
    profiles: new Map(profiles),
    rules,
    overrides: (file.overrides ?? []).map((entry, i) => ({
      label: entry.label,
      upTo: amount(entry.up_to),
      minPermission: entry.min_permission ?? 'write',
      allowAuthor: entry.allow_author ?? false,
      at: at('overrides', i),
    })),
    exceptions: (file.exceptions ?? []).map((entry, i) => ({
      ...entry,
      max: amount(entry.max),
      at: at('exceptions', i),
    })),
    unknown: file.unknown ?? 'auto',
    lock: (file.lock ?? []).map(factNamed).filter(name => name !== undefined),
    currency: {
      code: file.currency?.code ?? 'USD',
      perUsd: file.currency?.per_usd === undefined ? 1 : amount(file.currency.per_usd),
      date: file.currency?.date ?? '',
    },
    ...optional('prices', file.prices),
    ...optional('extends', file.extends),
    inputs: new Map(
      POLICY_INPUT_NAMES.flatMap(name => {
        const value = file.report?.[name.replaceAll('-', '_')]
        return value === undefined ? [] : [[name, inputText(value)] as const]
      }),
    ),
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** As the workflow would write it; `min_delta: 1k` is 1000 there. */
function inputText(value: unknown): string {
  if (typeof value === 'string') {
    const count = countFromText(value)
    return count === undefined ? value : String(count)
  }
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

/** A field only where it is given: an absent one and one that is undefined are not the same to the types. */
function optional<K extends string, T>(key: K, value: T | undefined): Partial<Record<K, T>> {
  // One computed key of the type K.
  return (value === undefined ? {} : { [key]: value }) as Partial<Record<K, T>>
}

const amountIf = (plain: number | string | undefined) => (plain === undefined ? undefined : amount(plain))

/** What a policy points at outside itself, for the pipeline to fetch. */
export interface PolicyReferences {
  readonly extends?: string
  readonly prices?: string
}

export function policyReferences(policy: Policy): PolicyReferences {
  return { ...optional('extends', policy.extends), ...optional('prices', policy.prices) }
}
