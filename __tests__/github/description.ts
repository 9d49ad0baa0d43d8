import type { Parsed } from './parsed.ts'
import { readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'
import * as formats from 'ajv-formats'

type Json = Readonly<Record<string, Parsed>>

/** One operation of GitHub's own description, with what is needed to hold a request and a response against it. */
export interface Operation {
  readonly method: string
  /** Such as `/repos/{owner}/{repo}/pulls/{pull_number}`. */
  readonly template: string
  readonly pattern: RegExp
  readonly pathNames: readonly string[]
  readonly described: Json
}

export interface Match {
  readonly operation: Operation
  readonly path: Readonly<Record<string, string>>
}

const spec: Json = JSON.parse(readFileSync(new URL('./openapi.json', import.meta.url), 'utf8'))
const ID = 'gh'

// The package is published as CommonJS: its function is the default export or the module itself, by the loader.
const module: Parsed = formats.default
const addFormats: (ajv: Ajv) => Ajv = typeof module === 'function' ? module : module.default

const bodies = addFormats(new Ajv({ strict: false, allErrors: true, logger: false })).addSchema(spec, ID)
const parameters = addFormats(new Ajv({ strict: false, allErrors: true, logger: false, coerceTypes: true }))

/** Parameters whose value may contain slashes, also where the client does not encode them. */
const WITH_SLASHES = new Set(['path', 'ref', 'branch', 'basehead'])

const pointer = (...keys: readonly string[]) =>
  keys.map(key => '/' + encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))).join('')

function resolved(schema: Json): Json {
  let found = schema
  while (typeof found.$ref === 'string') {
    const keys = found.$ref.replace(/^(gh)?#\//, '').split('/')
    found = keys.reduce<Json>(
      (at, key) => at[decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~')],
      spec,
    )
  }
  return found
}

const literals = (template: string) => template.split('/').filter(segment => !segment.startsWith('{')).length

export const operations: readonly Operation[] = Object.entries<Json>(spec.paths)
  .flatMap(([template, methods]) =>
    Object.entries<Json>(methods).map(([method, described]): Operation => {
      const pathNames = [...template.matchAll(/\{(\w+)\}/g)].map(found => found[1]!)
      const pattern = template.replace(/\{(\w+)\}/g, (_, name: string) => (WITH_SLASHES.has(name) ? '(.+)' : '([^/]+)'))
      return { method: method.toUpperCase(), template, pathNames, pattern: new RegExp(`^${pattern}$`), described }
    }),
  )
  // The more literal one first: `commits/{ref}/check-runs` before `commits/{ref}`.
  .sort((a, b) => literals(b.template) - literals(a.template))

export function operationFor(method: string, pathname: string): Match | undefined {
  for (const operation of operations) {
    const found = operation.method === method ? operation.pattern.exec(pathname) : null
    if (found === null) continue
    const values = found.slice(1).map(value => decodeURIComponent(value))
    return { operation, path: Object.fromEntries(operation.pathNames.map((name, i) => [name, values[i]!])) }
  }
  return undefined
}

const compiled = new Map<string, ValidateFunction>()
function validator(key: string, make: () => ValidateFunction): ValidateFunction {
  const found = compiled.get(key) ?? make()
  compiled.set(key, found)
  return found
}

const said = (validate: ValidateFunction, of: string) =>
  (validate.errors ?? []).slice(0, 8).map(error => `${of}${error.instancePath} ${error.message ?? error.keyword}`)

/** What GitHub's description has against this request; empty where it is as described. Unknown keys are refused as well. */
export function requestFaults(match: Match, query: ReadonlyMap<string, string>, body: unknown): readonly string[] {
  const { operation } = match
  const key = `${operation.method} ${operation.template}`
  const known = ((operation.described.parameters ?? []) as readonly Json[]).map(resolved)
  const faults: string[] = []
  for (const where of ['path', 'query']) {
    const here = known.filter(parameter => parameter.in === where)
    const values: Record<string, string> = where === 'path' ? { ...match.path } : Object.fromEntries(query)
    const validate = validator(`${key} ${where}`, () =>
      parameters.compile({
        type: 'object',
        properties: Object.fromEntries(here.map(parameter => [parameter.name, parameter.schema])),
        required: here.filter(parameter => parameter.required === true).map(parameter => String(parameter.name)),
      }),
    )
    for (const name of Object.keys(values))
      if (!here.some(parameter => parameter.name === name)) faults.push(`${where}: unknown parameter ${name}`)
    if (!validate(values)) faults.push(...said(validate, where))
  }
  const perPage = Number(query.get('per_page') ?? '30')
  // Described only in prose.
  if (!(perPage >= 1 && perPage <= 100)) faults.push('query: per_page must be from 1 to 100')
  return [...faults, ...bodyFaults(operation, key, body)]
}

function bodyFaults(operation: Operation, key: string, body: unknown): readonly string[] {
  const requestBody: Json | undefined = operation.described.requestBody
  if (requestBody === undefined) return body === undefined ? [] : ['body: this operation takes none']
  if (body === undefined) return requestBody.required === true ? ['body: required'] : []
  const at = pointer('paths', operation.template, operation.method.toLowerCase(), 'requestBody', 'content')
  const $ref = `${ID}#${at}${pointer('application/json', 'schema')}`
  const validate = validator(`${key} body`, () => bodies.compile({ $ref }))
  const faults = validate(body) ? [] : said(validate, 'body')
  return [...faults, ...unknownKeys([{ $ref }], body, 'body')]
}

/** Keys of a value that no branch of its schema names. The description leaves objects open; GitHub ignores what it does not know. */
function unknownKeys(schemas: readonly Json[], value: unknown, at: string): readonly string[] {
  const branches = schemas.flatMap(branchesOf)
  if (Array.isArray(value)) {
    const items = branches.filter(branch => branch.items !== undefined).map((branch): Json => branch.items)
    return items.length === 0 ? [] : value.flatMap((item, i) => unknownKeys(items, item, `${at}/${i}`))
  }
  if (typeof value !== 'object' || value === null) return []
  const named = branches.filter(branch => branch.properties !== undefined)
  const open = branches.some(
    branch => branch.additionalProperties !== undefined && branch.additionalProperties !== false,
  )
  if (named.length === 0 || open) return []
  return Object.entries(value).flatMap(([key, child]) => {
    const children = named
      .filter(branch => Object.hasOwn(branch.properties, key))
      .map((branch): Json => branch.properties[key])
    return children.length === 0 ? [`${at}: unknown key ${key}`] : unknownKeys(children, child, `${at}/${key}`)
  })
}

function branchesOf(schema: Json): readonly Json[] {
  const found = resolved(schema)
  const parts = [...(found.allOf ?? []), ...(found.anyOf ?? []), ...(found.oneOf ?? [])] as readonly Json[]
  return [found, ...parts.flatMap(branchesOf)]
}

/** What GitHub's description has against our own answer: a local GitHub that answers otherwise would prove nothing. */
export function responseFaults(operation: Operation, status: number, body: unknown): readonly string[] {
  const key = `${operation.method} ${operation.template} ${status}`
  const responses: Json = operation.described.responses
  const written: Json | undefined = responses[String(status)]
  // Where a repository has moved, that is said of the API as a whole.
  if (written === undefined && status < 400 && status !== 301 && status !== 307)
    return [`response: ${status} is not described`]
  if (written !== undefined && resolved(written).content === undefined)
    return body === undefined ? [] : [`response: ${status} has no body`]
  // Where a refusal is not described for this operation, it has the shape of all others.
  const schema: Json = written === undefined ? { $ref: '#/components/schemas/basic-error' } : jsonSchema(written)
  const validate = validator(key, () => bodies.compile(absolute(schema)))
  return validate(body) ? [] : said(validate, 'response')
}

const jsonSchema = (response: Json): Json => resolved(response).content['application/json'].schema

/** The same schema, with references that hold outside of the slice. */
function absolute(schema: Parsed): Parsed {
  if (Array.isArray(schema)) return schema.map(absolute)
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries<Parsed>(schema).map(([key, child]) =>
      key === '$ref' && String(child).startsWith('#') ? [key, ID + String(child)] : [key, absolute(child)],
    ),
  )
}
