import type * as z from 'zod'
import type { Location, Problem } from '../facts/index.ts'
import { didYouMean } from './nearest.ts'
import { POLICY_SCHEMA } from './policy-schema.ts'

type Issue = z.core.$ZodIssue

/** What the schema found, each with its place: unknown keys with the nearest valid one, wrong values with what they must be. */
export function issueProblems(
  error: z.ZodError,
  given: unknown,
  locate: (steps: readonly PropertyKey[]) => Location,
): readonly Problem[] {
  const problems: Problem[] = []
  for (const issue of error.issues) {
    // Beyond a page of mistakes, more of them help nobody, and each unknown key costs a search for the nearest.
    if (problems.length >= MAX_PROBLEMS) break
    problems.push(...problemsOf(issue, given, locate))
  }
  return problems.slice(0, MAX_PROBLEMS)
}

/** As many mistakes of one file as are shown at once. */
export const MAX_PROBLEMS = 100

function problemsOf(issue: Issue, given: unknown, locate: (steps: readonly PropertyKey[]) => Location): Problem[] {
  const name = dotted(issue.path)
  if (issue.code === 'unrecognized_keys')
    return issue.keys.slice(0, MAX_PROBLEMS).map(key => ({
      code: 'policy-unknown-key',
      severity: 'error',
      message: unknownKey(key, issue.path),
      at: locate([...issue.path, key]),
    }))
  const value = valueAt(given, issue.path)
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.flat().find(nested => nested.path.length > 0)
    if (inner !== undefined && value !== undefined)
      return problemsOf({ ...inner, path: [...issue.path, ...inner.path] }, given, locate)
  }
  if (value === undefined)
    return [
      {
        code: 'policy-missing-key',
        severity: 'error',
        message: `${name} is missing: it ${issue.message}`,
        at: locate(issue.path),
      },
    ]
  const message = issue.code === 'invalid_type' ? `must be ${article(issue.expected)}` : issue.message
  return [
    {
      code: 'policy-bad-value',
      severity: 'error',
      message: `${name} ${issue.message.startsWith('must') ? issue.message : message}${shown(value)}`,
      at: locate(issue.path),
    },
  ]
}

const article = (expected: string) =>
  expected === 'object' || expected === 'record'
    ? 'a map of keys'
    : /^[aeiou]/.test(expected)
      ? `an ${expected}`
      : `a ${expected}`

function shown(value: unknown): string {
  if (value === null) return '; it is empty'
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? `, not ${JSON.stringify(value).slice(0, 60)}`
    : ''
}

function unknownKey(key: string, path: readonly PropertyKey[]): string {
  const where = path.length === 0 ? 'a policy' : dotted(path)
  if (path.at(-1) === 'new_config' && key.startsWith('max_increase'))
    return `${where} takes max alone: a new config has no base to increase from`
  return `${where} has no key "${key.slice(0, 60)}"${didYouMean(key, keysAt(path))}`
}

/** The valid keys at a place of the schema. */
function keysAt(path: readonly PropertyKey[]): readonly string[] {
  let schema: unknown = POLICY_SCHEMA
  for (const step of path) schema = inside(unwrapped(schema), step)
  const object = unwrapped(schema)
  return isSchema(object) && object.def.shape !== undefined ? Object.keys(object.def.shape) : []
}

interface AnySchema {
  readonly def: {
    readonly type: string
    readonly innerType?: unknown
    readonly element?: unknown
    readonly valueType?: unknown
    readonly shape?: Readonly<Record<string, unknown>>
  }
}

function isSchema(value: unknown): value is AnySchema {
  return typeof value === 'object' && value !== null && 'def' in value
}

function unwrapped(schema: unknown): unknown {
  return isSchema(schema) && schema.def.innerType !== undefined ? unwrapped(schema.def.innerType) : schema
}

function inside(schema: unknown, step: PropertyKey): unknown {
  if (!isSchema(schema)) return undefined
  if (schema.def.shape !== undefined) return schema.def.shape[String(step)]
  return schema.def.element ?? schema.def.valueType
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    // An own key of an object that was just checked.
    value = (value as Readonly<Record<PropertyKey, unknown>>)[step]
  }
  return value
}

/** `rules[0].max` */
function dotted(path: readonly PropertyKey[]): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i === 0 ? '' : '.'}${String(step).slice(0, 60)}`))
    .join('')
}
