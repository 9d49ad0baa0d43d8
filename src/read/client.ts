import { setTimeout as sleep } from 'node:timers/promises'
import type { Octokit } from '@octokit/rest'

/**
 * Two clients of one API and token. `reader` sends its GraphQL queries at once; `writer` keeps GitHub's distance of a
 * second between writes. Creates go through `writer` with CREATE_ONCE.
 */
export interface GitHubClient {
  readonly reader: Octokit
  readonly writer: Octokit
}

export interface ClientOptions {
  /** GITHUB_API_URL; on GitHub Enterprise Server it ends in /api/v3. */
  readonly apiUrl: string
  readonly token: string
  /** Of traincost, for the user agent. */
  readonly version: string
  /** Sends one request; `proxyFetch` where the runner is behind a proxy. */
  readonly fetch?: typeof fetch
  /** After this many milliseconds a request that has not ended is given up, and tried again like any fault. */
  readonly timeoutMs?: number
  /** After this many milliseconds from now nothing more is asked, and what is under way is given up. */
  readonly deadlineMs?: number
  /** The second by which waits are counted, in milliseconds: tests make it short. */
  readonly secondMs?: number
}

/** A second comment is worse than none: a create that may have arrived is looked for before it is sent again. */
export const CREATE_ONCE = { request: { retries: 0 } } as const

const TIMEOUT_MS = 20_000
/** A run that hangs must end before its job is cancelled, which would leave neither verdict nor summary. */
const DEADLINE_MS = 6 * 60_000
/** Longer than this no rate limit is waited for: the job ends and says so. */
const MAX_WAIT_SECONDS = 90
const MAX_WAITS = 2

export async function githubClient(options: ClientOptions): Promise<GitHubClient> {
  const [{ Octokit }, { retry }, { throttling }] = await Promise.all([
    import('@octokit/rest'),
    import('@octokit/plugin-retry'),
    import('@octokit/plugin-throttling'),
  ])
  const secondMs = options.secondMs ?? 1000
  const mayWait = (seconds: number, _options: unknown, _octokit: unknown, waits: number) =>
    seconds <= MAX_WAIT_SECONDS && waits < MAX_WAITS
  const quiet = () => undefined
  const Client = Octokit.plugin(retry, throttling)
  const common = {
    auth: options.token,
    userAgent: `traincost/${options.version}`,
    baseUrl: options.apiUrl.replace(/\/+$/, ''),
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    request: {
      fetch: guardedFetch({
        send: options.fetch ?? fetch,
        timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
        deadline: AbortSignal.timeout(options.deadlineMs ?? DEADLINE_MS),
        secondMs,
      }),
    },
    retry: { retries: 3, retryAfterBaseValue: secondMs },
  }
  const throttle = {
    onRateLimit: mayWait,
    onSecondaryRateLimit: mayWait,
    retryAfterBaseValue: secondMs,
  }
  // The plugin counts every GraphQL query as a write and spaces them a second apart; ours only read. It asks of a
  // group no more than this one method.
  const unspaced: unknown = { key: () => ({ schedule: (_job: unknown, run: () => unknown) => run() }) }
  const spacing: unknown = secondMs < 1000 ? { write: unspaced, notifications: unspaced } : {}
  return {
    reader: new Client({ ...common, throttle: { ...throttle, write: unspaced as never } }),
    writer: new Client({ ...common, throttle: { ...throttle, ...(spacing as object) } }),
  }
}

/** The fetch for runners behind a proxy, which Octokit does not look for; undefined where there is none. */
export async function proxyFetch(env: Readonly<Record<string, string | undefined>>): Promise<typeof fetch | undefined> {
  if (!['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'].some(name => (env[name] ?? '') !== ''))
    return undefined
  const { defaults } = await import('@actions/github/lib/utils')
  // It is undici's own fetch, typed apart from the global one.
  return defaults.request?.fetch as typeof fetch | undefined
}

/**
 * One try: ends in time, with the whole body, and with JSON where JSON is announced. What fails here is a fault of the
 * network and is tried again; Octokit would take half a body for the answer.
 */
function guardedFetch({ send, timeoutMs, deadline, secondMs }: Guard): typeof fetch {
  return async (input, init) => {
    const isOver = () => deadline.aborted
    if (isOver()) throw tooLate()
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), deadline])
      const response = await send(input, { ...init, signal })
      const body = await response.arrayBuffer()
      if (response.ok && body.byteLength > 0 && (response.headers.get('content-type') ?? '').includes('json'))
        JSON.parse(new TextDecoder().decode(body))
      // The retry plugin does not read this header. 403 is left to the throttling plugin, which does.
      const seconds = Number(response.headers.get('retry-after'))
      if ((response.status === 429 || response.status === 503) && seconds > 0 && seconds <= MAX_WAIT_SECONDS)
        await sleep(seconds * secondMs, undefined, { signal: deadline })
      const headers = [...response.headers].filter(([name]) => name !== 'content-encoding' && name !== 'content-length')
      const withoutBody = [101, 204, 205, 304].includes(response.status)
      return new Response(withoutBody ? null : body, {
        status: response.status,
        statusText: response.statusText,
        headers,
      })
    } catch (thrown) {
      // Node's own fetch and that of the proxy throw what the signal holds.
      throw isOver() ? tooLate() : thrown
    }
  }
}

interface Guard {
  readonly send: typeof fetch
  readonly timeoutMs: number
  readonly deadline: AbortSignal
  readonly secondMs: number
}

/** An AbortError is what Octokit does not try again. */
function tooLate(): Error {
  return Object.assign(new Error('the time for this run is used up'), { name: 'AbortError' })
}
