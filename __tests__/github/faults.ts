import type { Parsed } from './parsed.ts'

/** What a faulty GitHub does instead of (or after) answering. */
export type Misbehavior =
  | {
      readonly is: 'status'
      readonly status: number
      readonly body?: unknown
      readonly headers?: Readonly<Record<string, string>>
    }
  /** The connection is cut before any byte of an answer. */
  | { readonly is: 'reset' }
  /** No answer, until the server is closed. */
  | { readonly is: 'hang' }
  /** 200 with bytes that are not JSON. */
  | { readonly is: 'malformed' }

export interface Fault {
  /** Compared with `METHOD /path/{template}` as a whole, or tested against `METHOD /actual/path`. */
  readonly route: string | RegExp
  readonly then: Misbehavior
  /** How many requests it meets; default 1, Infinity for ever. */
  readonly times?: number
  /** How many fitting requests pass before it. */
  readonly after?: number
  /** The request takes effect first, and only its answer is lost: the case in which a retry writes twice. */
  readonly tookEffect?: boolean
}

export const status = (code: number, body?: unknown): Misbehavior => ({ is: 'status', status: code, body })

export const SECONDARY_LIMIT =
  'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.'

/** GitHub's answer to too many writes in a short time. */
export const secondaryLimit = (retryAfterSeconds: number): Misbehavior => ({
  is: 'status',
  status: 403,
  body: { message: SECONDARY_LIMIT },
  headers: { 'retry-after': String(retryAfterSeconds) },
})

/** One request as the server saw it. Times in milliseconds of one clock. */
export interface LoggedRequest {
  readonly method: string
  readonly path: string
  /** `METHOD /path/{template}`, or `POST /graphql`. */
  readonly route: string
  readonly query: Readonly<Record<string, string>>
  readonly body: Parsed
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly startMs: number
  /** Infinity while there is no answer. */
  endMs: number
  /** 0 while there is no answer, and where the connection was cut. */
  status: number
}

export interface FaultPlan {
  add(fault: Fault): void
  clear(): void
  next(route: string, actual: string): Fault | undefined
}

export function createFaultPlan(): FaultPlan {
  const plan: { fault: Fault; seen: number }[] = []
  return {
    add: fault => void plan.push({ fault, seen: 0 }),
    clear: () => void plan.splice(0),
    next(route, actual) {
      for (const entry of plan) {
        const { fault } = entry
        const fits = typeof fault.route === 'string' ? fault.route === route : fault.route.test(actual)
        if (!fits) continue
        entry.seen++
        const after = fault.after ?? 0
        if (entry.seen > after && entry.seen <= after + (fault.times ?? 1)) return fault
      }
      return undefined
    },
  }
}

/**
 * How many requests had to wait for one another: the longest chain in which each begins after the one before has ended.
 * Requests that overlap in time count once.
 */
export function sequentialRounds(requests: readonly Pick<LoggedRequest, 'startMs' | 'endMs'>[]): number {
  let rounds = 0
  let end = -Infinity
  for (const request of [...requests].sort((a, b) => a.endMs - b.endMs))
    if (request.startMs >= end) {
      rounds++
      end = request.endMs
    }
  return rounds
}
