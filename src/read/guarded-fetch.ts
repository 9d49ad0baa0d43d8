import { setTimeout as sleep } from 'node:timers/promises'

/** Longer than this no rate limit is waited for: the job ends and says so. */
export const MAX_WAIT_SECONDS = 90
const MAX_REDIRECTS = 4

export interface Guard {
  readonly send: typeof fetch
  readonly timeoutMs: number
  /** Of the whole run. */
  readonly deadline: AbortSignal
  /** The second by which waits are counted, in milliseconds. */
  readonly secondMs: number
}

/**
 * One try: ends in time, with the whole body, and with JSON where JSON is announced. What fails here is a fault of the
 * network and is tried again; Octokit would take half a body for the answer.
 */
export function guardedFetch({ send, timeoutMs, deadline, secondMs }: Guard): typeof fetch {
  return async (input, init) => {
    const isOver = () => deadline.aborted
    if (isOver()) throw tooLate()
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), deadline])
      const response = await redirected(send, input, { ...init, signal })
      const body = await response.arrayBuffer()
      const limit = rateLimit(response, said(response, body))
      if (limit !== undefined) return limit
      // The retry plugin does not read this header.
      const seconds = Number(response.headers.get('retry-after'))
      if ((response.status === 429 || response.status === 503) && seconds > 0 && seconds <= MAX_WAIT_SECONDS)
        await sleep(seconds * secondMs, undefined, { signal: deadline })
      return new Response(body.byteLength === 0 ? null : body, response)
    } catch (thrown) {
      // Node's own fetch and that of the proxy throw what the signal holds.
      throw isOver() ? tooLate() : thrown
    }
  }
}

/**
 * Follows a repository that was renamed. The request is repeated as it is, which `fetch` does not do for all of them: a
 * write would become a read. Another host is never asked: the token is for this one.
 */
async function redirected(
  send: typeof fetch,
  input: Parameters<typeof fetch>[0],
  init: RequestInit,
): Promise<Response> {
  let url = new URL(input instanceof Request ? input.url : input)
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await send(url.href, { ...init, redirect: 'manual' })
    const location = response.headers.get('location')
    if (![301, 302, 307, 308].includes(response.status) || location === null) return response
    await response.arrayBuffer()
    const to = URL.canParse(location, url.href) ? new URL(location, url) : undefined
    const isSecured = to?.protocol === 'https:' && to.hostname === url.hostname
    if (to === undefined || (to.origin !== url.origin && !isSecured)) return notFollowed('it leads to another host')
    url = to
  }
  return notFollowed('it leads on and on')
}

/** Octokit would take a redirect for an answer. 410 is what it neither takes nor tries again. */
function notFollowed(why: string): Response {
  return Response.json({ message: `the redirect is not followed: ${why}` }, { status: 410 })
}

/** What an answer says of itself: its message, or those of its GraphQL errors. Never what it says of files or comments. */
function said(response: Response, body: ArrayBuffer): string {
  const isJson = (response.headers.get('content-type') ?? '').includes('json')
  if (body.byteLength === 0 || !isJson) return ''
  let plain: unknown
  try {
    plain = JSON.parse(new TextDecoder().decode(body))
  } catch (malformed) {
    if (response.ok) throw malformed
    return ''
  }
  const { message, errors } = record(plain)
  const messages = Array.isArray(errors) ? errors.map(error => record(error)['message']) : []
  return [message, ...messages].filter(text => typeof text === 'string').join('; ')
}

/**
 * GitHub's limits in the one form that the throttling plugin knows. They come as 403 or 429, from GraphQL also as 200, and
 * older servers say "abuse detection" for what is a secondary limit now. Nothing was done for such a request.
 */
function rateLimit({ status, headers }: Response, message: string): Response | undefined {
  const isRefused = status === 403 || status === 429
  const isSecondary = (isRefused || status === 200) && /secondary rate limit|abuse detection/i.test(message)
  if (!isSecondary && !(isRefused && headers.get('x-ratelimit-remaining') === '0')) return undefined
  const kept = [...headers].filter(([name]) => name === 'retry-after' || name.startsWith('x-ratelimit-'))
  const kind = isSecondary ? 'secondary rate limit' : 'rate limit'
  return Response.json({ message: `${kind}: ${message}` }, { status: 403, headers: Object.fromEntries(kept) })
}

function record(plain: unknown): Readonly<Record<string, unknown>> {
  // Keys of an answer are read by name only; what is absent reads as undefined.
  return typeof plain === 'object' && plain !== null ? (plain as Record<string, unknown>) : {}
}

/** An AbortError is what Octokit does not try again. */
function tooLate(): Error {
  return Object.assign(new Error('the time for this run is used up'), { name: 'AbortError' })
}
