import type { Parsed } from './parsed.ts'
import type { Level, Repository, Scope, Token, World } from './state.ts'
import type { Site } from './render.ts'

/** One request, with what its path has been found to name. */
export interface Call {
  readonly site: Site
  readonly world: World
  readonly token: Token
  readonly repository: Repository
  readonly path: Readonly<Record<string, string>>
  readonly query: ReadonlyMap<string, string>
  readonly body: Parsed
  readonly raw: boolean
}

export interface Answer {
  readonly status: number
  /** JSON, or bytes where the caller asked for the raw form; undefined for none. */
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A refusal in GitHub's words. With `violation`, the caller broke a documented limit and the test fails. */
export class Refusal extends Error {
  readonly status: number
  readonly violation: boolean
  readonly headers: Answer['headers']
  constructor(status: number, message: string, violation = false, headers?: Answer['headers']) {
    super(message)
    this.status = status
    this.violation = violation
    this.headers = headers
  }
  get body() {
    const about = {
      message: this.message,
      documentation_url: 'https://docs.github.com/rest',
      status: String(this.status),
    }
    return this.status === 422 ? { ...about, errors: [{ resource: 'Request', field: 'body', code: 'custom' }] } : about
  }
}

export const ok = (body: unknown): Answer => ({ status: 200, body })
export const created = (body: unknown): Answer => ({ status: 201, body })
export const notFound = (message = 'Not Found') => new Refusal(404, message)
export const notAccessible = () => new Refusal(403, 'Resource not accessible by integration')

export function pageOf(query: ReadonlyMap<string, string>): { readonly page: number; readonly size: number } {
  return { page: Math.max(1, Number(query.get('page') ?? 1)), size: Number(query.get('per_page') ?? 30) }
}

/** One page of a list, with the `Link` header that GitHub's clients follow. */
export function paged<T>(
  call: Call,
  items: readonly T[],
  shown: (items: readonly T[]) => unknown,
  path: string,
): Answer {
  const asked = pageOf(call.query)
  const { page } = asked
  const size = Math.min(asked.size, call.world.limits.perPage)
  const last = Math.max(1, Math.ceil(items.length / size))
  const to = (number: number, rel: string) => {
    const query = new URLSearchParams([...call.query].filter(([name]) => name !== 'page'))
    query.set('page', String(number))
    return `<${call.site.api}${path}?${query.toString()}>; rel="${rel}"`
  }
  const links = [
    ...(page > 1 ? [to(page - 1, 'prev'), to(1, 'first')] : []),
    ...(page < last ? [to(page + 1, 'next'), to(last, 'last')] : []),
  ]
  const body = shown(items.slice((page - 1) * size, page * size))
  return { status: 200, body, ...(links.length === 0 ? {} : { headers: { link: links.join(', ') } }) }
}

/** The scopes of which one is needed; the first pattern that fits the path template decides, and no pattern means none. */
const NEEDS: readonly (readonly [pattern: RegExp, scopes: readonly Scope[]])[] = [
  [/\/check-runs/, ['checks']],
  [/\/statuses/, ['statuses']],
  [/\/(branches|commits|compare|contents|git)\//, ['contents']],
  [/\/pulls\//, ['pull-requests']],
  [/\/issues\//, ['issues', 'pull-requests']],
]

export function mayCall(token: Token, method: string, template: string): boolean {
  const scopes = NEEDS.find(([pattern]) => pattern.test(template))?.[1] ?? []
  const levels: readonly Level[] = method === 'GET' ? ['read', 'write'] : ['write']
  return scopes.length === 0 || scopes.some(scope => levels.includes(token.permissions[scope]))
}
