import { createHash } from 'node:crypto'
import { type DocumentNode, Kind, type SelectionSetNode, type ValueNode, visit } from 'graphql'
import type { Parsed } from './parsed.ts'

/** What this GitHub grants; a test may make it less. */
export interface Limits {
  /** REST requests and GraphQL points of one token in a window. A job's token in an enterprise has 15,000 an hour. */
  core: number
  graphql: number
  windowSeconds: number
  /** Requests of one token at the same time. */
  concurrent: number
  /** Entries of a page at most, whatever was asked for. */
  perPage: number
  /** Objects that one GraphQL query may look up before it is cut off with what it has. */
  objectsPerQuery: number
}

export const createLimits = (): Limits => ({
  core: 15_000,
  graphql: 5000,
  windowSeconds: 3600,
  concurrent: 100,
  perPage: 100,
  objectsPerQuery: 1000,
})

export interface Metered {
  readonly headers: Readonly<Record<string, string>>
  readonly isOver: boolean
}

/** Counts what each token asks, and says so in the headers of every answer. */
export function createMeter(limits: Limits) {
  const windows = new Map<string, { used: number; endMs: number }>()
  return (token: string, resource: 'core' | 'graphql'): Metered => {
    const key = `${resource} ${token}`
    const nowMs = Date.now()
    const before = windows.get(key)
    const window =
      before !== undefined && before.endMs > nowMs ? before : { used: 0, endMs: nowMs + limits.windowSeconds * 1000 }
    windows.set(key, window)
    const limit = limits[resource]
    const isOver = window.used >= limit
    if (!isOver) window.used++
    return {
      isOver,
      headers: {
        'x-ratelimit-limit': String(limit),
        'x-ratelimit-remaining': String(limit - window.used),
        'x-ratelimit-used': String(window.used),
        'x-ratelimit-reset': String(Math.ceil(window.endMs / 1000)),
        'x-ratelimit-resource': resource,
      },
    }
  }
}

export const etagOf = (bytes: Buffer) => `W/"${createHash('sha256').update(bytes).digest('hex')}"`

const NODE_LIMIT = 500_000

/** Why GitHub would not begin to answer a query: the nodes that it may ask for, each connection times those around it. */
export function nodeFault(document: DocumentNode, variables: Parsed): string | undefined {
  const number = (value: ValueNode | undefined): number => {
    if (value?.kind === Kind.INT) return Number(value.value)
    return value?.kind === Kind.VARIABLE ? Number(variables?.[value.name.value] ?? 1) : 1
  }
  const fragments = new Map<string, SelectionSetNode>()
  visit(document, { FragmentDefinition: node => void fragments.set(node.name.value, node.selectionSet) })
  const nodesIn = (set: SelectionSetNode | undefined, around: number): number =>
    (set?.selections ?? []).reduce((sum, one) => {
      if (one.kind === Kind.FRAGMENT_SPREAD) return sum + nodesIn(fragments.get(one.name.value), around)
      if (one.kind === Kind.INLINE_FRAGMENT) return sum + nodesIn(one.selectionSet, around)
      const paging = one.arguments?.find(({ name }) => name.value === 'first' || name.value === 'last')
      const here = paging === undefined ? around : around * number(paging.value)
      return sum + (paging === undefined ? 0 : here) + nodesIn(one.selectionSet, here)
    }, 0)
  const total = document.definitions.reduce(
    (sum, one) => sum + (one.kind === Kind.OPERATION_DEFINITION ? nodesIn(one.selectionSet, 1) : 0),
    0,
  )
  return total <= NODE_LIMIT
    ? undefined
    : `This query requests up to ${total} possible nodes which exceeds the maximum limit of 500,000.`
}

const VERSIONS = ['2022-11-28']

/** Why a request is refused for its headers, as GitHub's documents say; undefined where they are in order. */
export function headerFault(headers: Readonly<Record<string, string | string[] | undefined>>) {
  const accept = String(headers['accept'] ?? '*/*')
  const isTaken = accept.split(',').some(type => /^\s*(\*\/\*|application\/(json|vnd\.github\S*))/.test(type))
  if (!isTaken) return { status: 415, message: "Unsupported 'Accept' header: must accept 'application/json'." }
  const version = headers['x-github-api-version']
  if (version !== undefined && !VERSIONS.includes(String(version)))
    return { status: 400, message: `The API version ${String(version)} is not supported.` }
  return undefined
}
