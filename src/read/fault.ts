import type { Problem } from '../facts/index.ts'

/** The permission that a request needs, as workflows write it. */
export type Permission =
  | 'contents: read'
  | 'pull-requests: read'
  | 'pull-requests: write'
  | 'checks: write'
  | 'statuses: write'
  | 'issues: read'

/** The HTTP status of what a request threw; 0 where no answer came, undefined where it is no request's error at all. */
export function statusOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('status' in thrown) || typeof thrown.status !== 'number') return undefined
  return 'response' in thrown && thrown.response !== undefined ? thrown.status : 0
}

/** True where the server or the network failed, and the same request may succeed at another time. */
export function isFault(thrown: unknown): boolean {
  const status = statusOf(thrown)
  return isRateLimit(thrown) || (status !== undefined && (status === 0 || status >= 500))
}

/**
 * What a request, or the reading of its answer, threw: as a problem that names the cause and the next step.
 *
 * @param doing completes "could not …"
 */
export function problemFrom(thrown: unknown, doing: string, needs: Permission): Problem {
  const status = statusOf(thrown)
  const said = thrown instanceof Error ? oneLine(thrown.message) : ''
  const problem = (code: string, next: string): Problem => ({
    code,
    severity: 'error',
    message: `could not ${doing}: ${next}${said === '' ? '' : ` (GitHub: ${said})`}`,
  })
  if (thrown instanceof Error && thrown.name === 'AbortError')
    return problem('github-deadline', 'GitHub did not answer in the time that this run has; run the job again')
  if (status === 0) return problem('github-unreachable', 'no complete answer came in four tries; run the job again')
  if (isRateLimit(thrown))
    return problem('github-rate-limit', 'the rate limit of this token is used up; run the job later')
  const grant = `add \`${needs}\` under \`permissions:\` in the workflow`
  if (status === undefined)
    return isGraphqlError(thrown)
      ? problem('github-refused', 'GitHub answered with errors')
      : problem('github-answer', 'the answer was not understood; run the job again')
  if (status === 401) return problem('github-token', 'the token is not valid; set github-token to ${{ github.token }}')
  if (status === 403) return problem('github-permission', `the token may not; ${grant}`)
  if (status === 404) return problem('github-not-found', `it does not exist, or the token may not see it; ${grant}`)
  if (status >= 500) return problem('github-fault', `GitHub answered ${status} in every try; run the job again`)
  return problem('github-refused', `GitHub answered ${status}`)
}

/** True where GraphQL found a query too large, or did not end it in its ten seconds: a smaller one may do. */
export function isTooMuch(thrown: unknown): boolean {
  const status = statusOf(thrown)
  if (status === 502 || status === 504) return true
  const errors: unknown = thrown instanceof Error && 'errors' in thrown ? thrown.errors : undefined
  return (
    Array.isArray(errors) && errors.some(e => (e as { type?: unknown } | null)?.type === 'RESOURCE_LIMITS_EXCEEDED')
  )
}

/** GraphQL says it with status 200: then what is thrown has none. */
export function isRateLimit(thrown: unknown): boolean {
  const status = statusOf(thrown)
  const isSaid = thrown instanceof Error && /rate limit/i.test(thrown.message)
  return status === 429 || (isSaid && (status === 403 || (status === undefined && 'response' in thrown)))
}

function isGraphqlError(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'GraphqlResponseError'
}

/** Text of a server, short and without control characters. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, 200)
}

export function failed(code: string, message: string): { readonly is: 'failed'; readonly problem: Problem } {
  return { is: 'failed', problem: { code, severity: 'error', message } }
}
