import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, mayCall, notAccessible, notFound, Refusal } from './answers.ts'
import { operationFor, requestFaults, responseFaults, type Match } from './description.ts'
import { createFaultPlan, type Fault, type LoggedRequest, type Misbehavior } from './faults.ts'
import { answerGraphql } from './graphql.ts'
import type { Site } from './render.ts'
import { routes } from './routes.ts'
import {
  createRepository,
  createWorld,
  type NewRepository,
  type Permissions,
  type Repository,
  type Token,
  userNamed,
} from './state.ts'

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
  repository(given?: NewRepository): Repository
  /** The job's token (default), or a person's. */
  token(given?: { login?: string; kind?: Token['kind']; permissions?: Partial<Permissions> }): Token
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

const BODY_LIMIT = 20 * 1024 * 1024

export async function startGitHub(): Promise<LocalGitHub> {
  const world = createWorld()
  const plan = createFaultPlan()
  const violations: string[] = []
  const requests: LoggedRequest[] = []
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
    const pathname = asked.replace(/^\/api(\/v3(?=\/)|(?=\/graphql$))/, '')
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
      startMs,
      endMs: Infinity,
      status: 0,
    }
    requests.push(logged)
    const fault = plan.next(route, `${method} ${pathname}`)
    const honest = fault === undefined || fault.tookEffect === true
    const answer = honest ? await answerTo({ request, route, match, query, body, violate }) : undefined
    if (github.latencyMs > 0) await sleep(github.latencyMs)
    const ended = (status: number) => {
      logged.endMs = performance.now()
      logged.status = status
    }
    if (fault !== undefined) misbehave(fault.then, response, ended)
    else if (answer !== undefined) send(response, answer, ended)
  }

  interface Asked {
    readonly request: IncomingMessage
    readonly route: string
    readonly match: Match | undefined
    readonly query: ReadonlyMap<string, string>
    readonly body: unknown
    readonly violate: (what: string) => void
  }

  async function answerTo({ request, route, match, query, body, violate }: Asked): Promise<Answer> {
    const refused = (refusal: Refusal): Answer => {
      if (refusal.violation) violate(refusal.message)
      return { status: refusal.status, body: refusal.body }
    }
    if (request.headers['user-agent'] === undefined) return refused(new Refusal(403, 'A User-Agent is required', true))
    const given = /^(?:token|bearer) (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
    const token = world.tokens.get(given ?? '')
    if (token === undefined) return refused(new Refusal(401, 'Bad credentials'))
    if (route === 'POST /graphql') return { status: 200, body: await answerGraphql({ site, token, violate }, body) }
    if (match === undefined) return refused(new Refusal(404, `${route} is not simulated`, true))
    const handler = routes[route]
    if (handler === undefined) return refused(new Refusal(404, `${route} is described but not simulated`, true))

    const wrong = requestFaults(match, query, body)
    for (const fault of wrong) violate(fault)
    if (wrong.some(fault => !fault.includes('unknown'))) return refused(new Refusal(422, wrong.join('; ')))
    const accept = request.headers.accept ?? ''
    const raw = /\.raw\b/.test(accept)
    try {
      const repository = repositoryOf(match)
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

  function repositoryOf({ path }: Match): Repository | undefined {
    if (path.owner === undefined) return undefined
    const name = `${path.owner}/${path.repo ?? ''}`.toLowerCase()
    const found = world.repositories.find(repository => repository.fullName.toLowerCase() === name)
    if (found === undefined) throw notFound()
    return found
  }

  const github: LocalGitHub = {
    url,
    graphqlUrl: `${url}/graphql`,
    webUrl: site.web,
    site,
    violations,
    requests,
    latencyMs: 0,
    repository: (given = {}) => createRepository(world, given),
    token({ login, kind = 'installation', permissions = {} } = {}) {
      const name = login ?? (kind === 'installation' ? 'github-actions[bot]' : 'ada')
      userNamed(world, name)
      const token: Token = {
        value: `token-${world.nextId()}`,
        login: name,
        kind,
        permissions: { ...PASTED, ...permissions },
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

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= BODY_LIMIT) chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return { notJson: text.slice(0, 100) } // no operation takes such a key, so the description refuses it
  }
}

function send(response: ServerResponse, answer: Answer, ended: (status: number) => void): void {
  const bytes =
    answer.body === undefined
      ? Buffer.alloc(0)
      : Buffer.isBuffer(answer.body)
        ? answer.body
        : Buffer.from(JSON.stringify(answer.body))
  response.writeHead(answer.status, {
    'content-type': Buffer.isBuffer(answer.body)
      ? 'application/vnd.github.raw+json; charset=utf-8'
      : 'application/json; charset=utf-8',
    'x-ratelimit-limit': '1000',
    'x-ratelimit-remaining': '999',
    'x-ratelimit-used': '1',
    'x-ratelimit-reset': '2000000000',
    'x-ratelimit-resource': 'core',
    ...answer.headers,
  })
  response.end(answer.status === 204 ? undefined : bytes)
  ended(answer.status)
}

function misbehave(how: Misbehavior, response: ServerResponse, ended: (status: number) => void): void {
  switch (how.is) {
    case 'status':
      send(
        response,
        {
          status: how.status,
          body: how.body ?? { message: 'Fault' },
          ...(how.headers ? { headers: how.headers } : {}),
        },
        ended,
      )
      return
    case 'reset':
      response.destroy()
      ended(0)
      return
    case 'malformed':
      send(
        response,
        { status: 200, body: Buffer.from('<html>{'), headers: { 'content-type': 'application/json' } },
        ended,
      )
      return
    case 'hang':
      return
  }
}
