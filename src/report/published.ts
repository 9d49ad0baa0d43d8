/** Facts under the names and in the form in which configs, policies and JSON write them. */
import type { FactName, Origin } from '../facts/index.ts'

/** Where the published key is more than the snake_case of ours. */
const KEYS: ReadonlyMap<string, string> = new Map([['ssm.innerSize', 'd_inner']])

/** A fact's value as FACTS reads it back: keys of objects in snake_case, everything else as it is. */
export function publishedValue(name: FactName, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, part]: [string, unknown]) => [KEYS.get(`${name}.${key}`) ?? snake(key), part]),
  )
}

function snake(key: string): string {
  return key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}

/** `--set`, for a fact that the command line stated: it stands in no file, and its origin has no line to show. */
export function flagOf({ kind, source }: Origin): string | undefined {
  return kind === 'policy' && source?.startsWith('--set ') === true ? '--set' : undefined
}
