import { setTimeout as sleep } from 'node:timers/promises'
import type { Octokit } from '@octokit/rest'
import { guardedFetch, MAX_WAIT_SECONDS } from './guarded-fetch.ts'

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
const MAX_WAITS = 2
/** GitHub keeps to this version of its REST API; servers that do not know it yet take no notice. */
const API_VERSION = '2022-11-28'

export async function githubClient(options: ClientOptions): Promise<GitHubClient> {
  const [{ Octokit }, { retry }, { throttling }] = await Promise.all([
    import('@octokit/rest'),
    import('@octokit/plugin-retry'),
    import('@octokit/plugin-throttling'),
  ])
  const secondMs = options.secondMs ?? 1000
  const deadlineMs = options.deadlineMs ?? DEADLINE_MS
  const endMs = performance.now() + deadlineMs
  const mayWait = (seconds: number, _options: unknown, _octokit: unknown, waits: number) =>
    seconds <= MAX_WAIT_SECONDS && waits < MAX_WAITS && performance.now() + seconds * secondMs < endMs
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
        deadline: AbortSignal.timeout(deadlineMs),
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
  const reader = new Client({ ...common, throttle: { ...throttle, write: unspaced as never } })
  return {
    reader: askingTwice(versioned(reader), secondMs),
    writer: versioned(new Client({ ...common, throttle: { ...throttle, ...(spacing as object) } })),
  }
}

function versioned(octokit: Octokit): Octokit {
  octokit.hook.before('request', ({ headers }) => {
    headers['x-github-api-version'] = API_VERSION
  })
  return octokit
}

/**
 * A server that has not heard of a push yet refuses what a moment later is there: a read that is refused, and not for a
 * limit, is asked once more.
 */
function askingTwice(octokit: Octokit, secondMs: number): Octokit {
  octokit.hook.wrap('request', async (request, options) => {
    try {
      return await request(options)
    } catch (error) {
      if (options.method !== 'GET' || !isRefusal(error)) throw error
      await sleep(secondMs)
      return request(options)
    }
  })
  return octokit
}

/** 403 is also how a limit is told, see guarded-fetch.ts; the throttling plugin has had its say on those. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error) || !('status' in error)) return false
  const isLimit = /^(?:secondary )?rate limit: /.test(error.message)
  return !isLimit && [403, 404, 422].some(status => status === error.status)
}

/** The fetch for runners behind a proxy, which Octokit does not look for; undefined where there is none. */
export async function proxyFetch(env: Readonly<Record<string, string | undefined>>): Promise<typeof fetch | undefined> {
  if (!['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'].some(name => (env[name] ?? '') !== ''))
    return undefined
  const { defaults } = await import('@actions/github/lib/utils')
  // It is undici's own fetch, typed apart from the global one.
  return defaults.request?.fetch as typeof fetch | undefined
}
