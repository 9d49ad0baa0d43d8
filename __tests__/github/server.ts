import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, mayCall, notAccessible, notFound, Refusal } from './answers.ts'
import { operationFor, requestFaults, responseFaults, type Match } from './description.ts'
import { createFaultPlan, type Fault, type LoggedRequest, SECONDARY_LIMIT } from './faults.ts'
import { answerGraphql } from './graphql.ts'
import type { Site } from './render.ts'
import { createMeter, headerFault, type Limits } from './limits.ts'
import { routes } from './routes.ts'
import {
  createRepository,
  createWorld,
  type NewRepository,
  type Permissions,
  type Repository,
  type Token,
  userNamed,
  visibleRepository,
} from './state.ts'
import { bodyOf, misbehave, send, tokenIn } from './wire.ts'

/** A GitHub on 127.0.0.1, for tests. */
export interface LocalGitHub {
  /** `GITHUB_API_URL`, without a slash at its end. */
  readonly url: string
  readonly graphqlUrl: string
  /** `GITHUB_SERVER_URL`. */
  readonly webUrl: string
  readonly site: Site
  /** What was held against requests and answers: a test with an entry here has failed. */
  readonly violations: readonly string[]
  readonly requests: LoggedRequest[]
  /** Milliseconds that each answer is held back. */
  latencyMs: number
  readonly limits: Limits
  repository(given?: NewRepository): Repository
  /** The repository had another name, `owner/name`, by which it is still asked for. */
  renamed(repository: Repository, before: string): void
  /** The job's token (default), or a person's. */
  token(given?: {
    login?: string
    kind?: Token['kind']
    permissions?: Partial<Permissions>
    repositories?: readonly string[]
  }): Token
  user(login: string): void
  fault(fault: Fault): void
  clearFaults(): void
  /** Stops, and throws where there are violations: call it after each test. */
  close(expected?: { readonly violations: boolean }): Promise<void>
}

/** The permissions of the workflow that traincost's users paste. */
export const PASTED: Permissions = {
  contents: 'read',
  'pull-requests': 'write',
  issues: 'none',
  checks: 'write',
  statuses: 'none',
}

/** What a pull request from a fork gets, whatever the workflow asks for. */
export const FORKED: Permissions = {
  contents: 'read',
  'pull-requests': 'read',
  issues: 'read',
  checks: 'read',
  statuses: 'read',
}

export async function startGitHub(): Promise<LocalGitHub> {
  const world = createWorld()
  const plan = createFaultPlan()
  const violations: string[] = []
  const requests: LoggedRequest[] = []
  const meter = createMeter(world.limits)
  const underWay = new Map<string, number>()
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      violations.push(
        `the local GitHub failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      )
      response.destroy()
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  // A TCP server has an address and port, and this one listens.
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const site: Site = { world, api: url, web: `${url}/web` }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startMs = performance.now()
    const { pathname: asked, searchParams } = new URL(request.url ?? '/', url)
    // A GitHub Enterprise Server serves the same below /api/v3 and /api/graphql.
    const named = asked.replace(/^\/api(\/v3(?=\/)|(?=\/graphql$))/, '')
    const pathname = named.replace(/^\/repositories\/(\d+)(?=\/|$)/, (path, id: string) => {
      const found = world.repositories.find(repository => String(repository.id) === id)
      return found === undefined ? path : `/repos/${found.fullName}`
    })
    const method = request.method ?? 'GET'
    const query = new Map(searchParams)
    const body = await bodyOf(request)
    const match = operationFor(method, pathname)
    const route = pathname === '/graphql' ? `${method} /graphql` : `${method} ${match?.operation.template ?? pathname}`
    const violate = (what: string) => void violations.push(`${method} ${pathname}: ${what}`)
    const logged: LoggedRequest = {
      method,
      path: pathname,
      route,
      query: Object.fromEntries(query),
      body,
      headers: request.headers,
      startMs,
      endMs: Infinity,
      status: 0,
    }
    requests.push(logged)
    const fault = plan.next(route, `${method} ${pathname}`)
    const honest = fault === undefined || fault.tookEffect === true
    const caller = tokenIn(request)
    underWay.set(caller, (underWay.get(caller) ?? 0) + 1)
    const answer = honest ? await answerTo({ request, route, match, query, body, violate }) : undefined
    if (github.latencyMs > 0) await sleep(github.latencyMs)
    underWay.set(caller, (underWay.get(caller) ?? 1) - 1)
    const ended = (status: number) => {
      logged.endMs = performance.now()
      logged.status = status
    }
    if (fault !== undefined) misbehave(fault.then, response, ended)
    else if (answer !== undefined) send(response, answer, ended, request)
  }

  interface Asked {
    readonly request: IncomingMessage
    readonly route: string
    readonly match: Match | undefined
    readonly query: ReadonlyMap<string, string>
    readonly body: unknown
    readonly violate: (what: string) => void
  }

  /** What every request meets first: who asks, how, and how often. */
  async function answerTo(asked: Asked): Promise<Answer> {
    const { request, route, violate } = asked
    const refused = (refusal: Refusal) => refusedBy(refusal, violate)
    if (request.headers['user-agent'] === undefined) return refused(new Refusal(403, 'A User-Agent is required', true))
    const wrong = headerFault(request.headers)
    if (wrong !== undefined) return refused(new Refusal(wrong.status, wrong.message, true))
    const token = world.tokens.get(tokenIn(request))
    if (token === undefined) return refused(new Refusal(401, 'Bad credentials'))
    if ((underWay.get(token.value) ?? 0) > world.limits.concurrent)
      return { status: 403, body: { message: SECONDARY_LIMIT }, headers: { 'retry-after': '1' } }
    const isGraphql = route === 'POST /graphql'
    const { isOver, headers } = meter(token.value, isGraphql ? 'graphql' : 'core')
    if (isOver) {
      const message = `API rate limit exceeded for installation ID ${token.value}.`
      return isGraphql
        ? { status: 200, body: { errors: [{ type: 'RATE_LIMITED', message }] }, headers }
        : { status: 403, body: { message, documentation_url: 'https://docs.github.com/rest' }, headers }
    }
    const answer = isGraphql
      ? { status: 200, body: await answerGraphql({ site, token, violate }, asked.body) }
      : await answerRest(token, asked)
    return { ...answer, headers: { ...headers, ...('headers' in answer ? answer.headers : {}) } }
  }

  function refusedBy(refusal: Refusal, violate: Asked['violate']): Answer {
    if (refusal.violation) violate(refusal.message)
    return { status: refusal.status, body: refusal.body, ...(refusal.headers ? { headers: refusal.headers } : {}) }
  }

  async function answerRest(token: Token, { request, route, match, query, body, violate }: Asked): Promise<Answer> {
    const refused = (refusal: Refusal) => refusedBy(refusal, violate)
    if (match === undefined) return refused(new Refusal(404, `${route} is not simulated`, true))
    const handler = routes[route]
    if (handler === undefined) return refused(new Refusal(404, `${route} is described but not simulated`, true))

    const wrong = requestFaults(match, query, body)
    for (const fault of wrong) violate(fault)
    if (wrong.some(fault => !fault.includes('unknown'))) return refused(new Refusal(422, wrong.join('; ')))
    const accept = request.headers.accept ?? ''
    const raw = /\.raw\b/.test(accept)
    try {
      const repository = repositoryOf(token, match, request)
      if (repository !== undefined && !mayCall(token, request.method ?? 'GET', match.operation.template))
        throw notAccessible()
      // Routes without a repository in their path do not look at it.
      const call = { site, world, token, repository: repository as Repository, path: match.path, query, body, raw }
      const answer = await handler(call)
      return checked(match, answer, violate)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return checked(match, refused(error), violate)
    }
  }

  function checked(match: Match, answer: Answer, violate: (what: string) => void): Answer {
    if (!Buffer.isBuffer(answer.body)) {
      // As it goes over the wire: no undefined values.
      const sent: unknown = answer.body === undefined ? undefined : JSON.parse(JSON.stringify(answer.body))
      for (const fault of responseFaults(match.operation, answer.status, sent)) violate(fault)
    }
    return answer
  }

  function repositoryOf(token: Token, { path }: Match, request: IncomingMessage): Repository | undefined {
    if (path.owner === undefined) return undefined
    const name = `${path.owner}/${path.repo ?? ''}`
    const found = visibleRepository(world, token, name)
    if (found === undefined) throw notFound()
    if (found.fullName.toLowerCase() === name.toLowerCase()) return found
    // Renamed: 301 for a read, 307 for a write, which is to be repeated as it is.
    const rest = (request.url ?? '').replace(/^(\/api\/v3)?\/repos\/[^/]+\/[^/?]+/, '')
    throw new Refusal(request.method === 'GET' ? 301 : 307, 'Moved Permanently', false, {
      location: `${url}/repositories/${found.id}${rest}`,
    })
  }

  const github: LocalGitHub = {
    url,
    graphqlUrl: `${url}/graphql`,
    webUrl: site.web,
    site,
    violations,
    requests,
    latencyMs: 0,
    limits: world.limits,
    repository: (given = {}) => createRepository(world, given),
    renamed: (repository, before) => void world.renamed.set(before.toLowerCase(), repository),
    token({ login, kind = 'installation', permissions = {}, repositories } = {}) {
      const name = login ?? (kind === 'installation' ? 'github-actions[bot]' : 'ada')
      userNamed(world, name)
      const token: Token = {
        value: `token-${world.nextId()}`,
        login: name,
        kind,
        permissions: { ...PASTED, ...permissions },
        repositories,
      }
      world.tokens.set(token.value, token)
      return token
    },
    user: login => void userNamed(world, login),
    fault: fault => {
      plan.add(fault)
    },
    clearFaults: () => {
      plan.clear()
    },
    async close(expected = { violations: false }) {
      server.closeAllConnections()
      await new Promise(done => server.close(done))
      for (const repository of world.repositories) repository.git.remove()
      if (!expected.violations && violations.length > 0)
        throw new Error(`GitHub would not have taken this:\n${violations.join('\n')}`)
    },
  }
  return github
}
