import { jest } from '@jest/globals'
import { type LocalGitHub, pullEvent, startGitHub } from '../github/index.ts'
import { changeEvent, quickClient, runInProcess } from './in-process.ts'
import { axolotl, CONFIG, ours, policy, propose } from './scenario.ts'

jest.setTimeout(600_000)

/** What may go wrong with one call. A refusal (403, 404, 422) is an answer: reads ask for it twice, writes and queries do not. */
const FAULTS = {
  timeout: () => Promise.reject(new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
  reset: () => Promise.reject(new TypeError('fetch failed', { cause: new Error('read ECONNRESET') })),
  403: () => Promise.resolve(answer(403)),
  404: () => Promise.resolve(answer(404)),
  422: () => Promise.resolve(answer(422)),
  429: () => Promise.resolve(answer(429)),
  500: () => Promise.resolve(answer(500)),
  502: () => Promise.resolve(answer(502)),
  malformed: () => Promise.resolve(new Response('<html>{', { headers: { 'content-type': 'application/json' } })),
} as const satisfies Record<string, () => Promise<Response>>
type FaultName = keyof typeof FAULTS
const NAMES = ['timeout', 'reset', 403, 404, 422, 429, 500, 502, 'malformed'] as const satisfies readonly FaultName[]
const REFUSALS: readonly FaultName[] = [403, 404, 422]

function answer(status: number): Response {
  return new Response('{"message":"Fault"}', { status, headers: { 'content-type': 'application/json' } })
}

interface Plan {
  readonly call: string
  readonly fault: FaultName
  readonly times: number
  readonly tookEffect: boolean
}

/** `GET /compare/{sha}...`: what a request asks, whatever it is about. */
function callOf(url: string, init: RequestInit | undefined): string {
  const method = init?.method ?? 'GET'
  const { pathname, search } = new URL(url)
  if (pathname.endsWith('/graphql')) return bodyOf(init).includes('comments(') ? 'query conversation' : 'query texts'
  const path = pathname.replace('/repos/acme/models', '')
  return `${method} ${path.replace(/[0-9a-f]{40}/g, '{sha}').replace(/\/\d+/g, '/{n}')}${search.includes('recursive') ? '?recursive' : ''}`
}

const bodyOf = (init: RequestInit | undefined) => (typeof init?.body === 'string' ? init.body : '')

const isWrite = (call: string) => /^(POST|PATCH|DELETE) /.test(call)

/** Reads of what does not change between the runs are answered from memory; a plan says what goes wrong. */
function faultyFetch() {
  const memory = new Map<string, Promise<Response>>()
  const calls = new Set<string>()
  let plan: Plan | undefined
  let met = 0
  const send = (url: string, init: RequestInit | undefined): Promise<Response> => {
    const call = callOf(url, init)
    calls.add(call)
    // What is published is asked of the server itself, each time.
    if (isWrite(call) || call === 'query conversation' || call.includes('check-runs')) return fetch(url, init)
    const key = `${call} ${url} ${bodyOf(init)}`
    const kept = memory.get(key) ?? fetch(url, init)
    memory.set(key, kept)
    return kept.then(response => response.clone())
  }
  const faulty: typeof fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    if (plan?.call !== callOf(url, init) || met >= plan.times) return send(url, init)
    met++
    if (plan.tookEffect) await send(url, init)
    return FAULTS[plan.fault]()
  }
  return {
    calls,
    fetch: faulty,
    use(next: Plan | undefined) {
      plan = next
      met = 0
    },
  }
}

let gh: LocalGitHub
beforeAll(async () => {
  gh = await startGitHub()
})
afterAll(() => gh.close())

/** Three times the training, over the budget; the label that would excuse it was put there by the author. */
async function scenario() {
  const more = 'overrides:\n  - { label: ok, up_to: 1000000 }\n'
  const { repository, pull } = propose(
    gh,
    { [CONFIG]: axolotl({ epochs: 3 }) },
    { rules: policy({ more }), collaborators: { ada: 'write' } },
  )
  pull.label('ok', 'ada')
  const event = changeEvent(repository, await pullEvent(gh, repository, pull))
  const faulty = faultyFetch()
  const client = await quickClient(gh, gh.token().value, { fetch: faulty.fetch })
  return {
    calls: faulty.calls,
    /** One run from a clean pull request, or from one that holds our comment of an earlier push. */
    run: async (plan: Plan | undefined, old: string | undefined) => {
      pull.comments.splice(0)
      repository.checkRuns.splice(0)
      if (old !== undefined) pull.comment('github-actions[bot]', old)
      faulty.use(plan)
      const { judged } = await runInProcess(client, event)
      return {
        conclusion: judged.report.verdict.conclusion,
        bodies: ours(pull).map(({ body }) => body),
        checks: repository.checkRuns.map(({ conclusion }) => conclusion),
      }
    },
  }
}

test('each call of a run, failing once or for ever: the verdict without faults or an error, never a pass, one comment', async () => {
  const { calls, run } = await scenario()
  const clean = await run(undefined, undefined)
  expect(clean).toMatchObject({ conclusion: 'fail', checks: ['failure'] })
  const [body = ''] = clean.bodies
  const old = body.replace(/\n[\s\S]*/, '\nwhat an earlier push cost')
  expect(await run(undefined, old)).toEqual(clean)
  // What a run of each kind asks: a pull request without our comment, and one with it.
  const situations = [...calls].map(call => ({ call, before: call.startsWith('PATCH') ? old : undefined }))
  expect(situations.length).toBeGreaterThanOrEqual(14)

  const wrong: string[] = []
  const rows: string[] = []
  for (const { call, before } of situations) {
    const cells: string[] = []
    for (const fault of NAMES)
      for (const times of [1, Infinity])
        for (const tookEffect of isWrite(call) && !REFUSALS.includes(fault) ? [false, true] : [false]) {
          const got = await run({ call, fault, times, tookEffect }, before)
          const ended = got.conclusion === clean.conclusion ? 'verdict' : got.conclusion
          const where = `${call} ${fault} ${times === 1 ? 'once' : 'for ever'}${tookEffect ? ', after it took effect' : ''}`
          const isWhole = got.conclusion === 'fail' && got.bodies.join() === body && got.checks.join() === 'failure'
          if (!tookEffect) cells.push(ended === 'verdict' ? (isWhole ? '✓' : 'v') : ended === 'error' ? 'e' : '✗')
          if (ended !== 'verdict' && ended !== 'error') wrong.push(`${where}: ${ended}`)
          if (ended === 'error' && isWrite(call)) wrong.push(`${where}: a write changed the verdict`)
          if (got.bodies.length > 1 || got.checks.length > 1) wrong.push(`${where}: written twice`)
          if (got.checks.includes('success')) wrong.push(`${where}: a green check`)
          const isAsked = call.startsWith('GET ') || !REFUSALS.includes(fault)
          if (times === 1 && (ended !== 'verdict' || (isAsked && !isWhole)))
            wrong.push(`${where}: ${JSON.stringify(got)}`)
        }
    const pairs = NAMES.map((_, i) => `${cells[2 * i] ?? ''}/${cells[2 * i + 1] ?? ''}`.padEnd(10))
    rows.push(`${call.padEnd(44)}${pairs.join('')}`)
  }
  const heading = `${'once/for ever'.padEnd(44)}${NAMES.map(name => String(name).padEnd(10)).join('')}`
  const legend = '✓ all as without faults   v verdict, something unpublished   e error   ✗ wrong'
  process.stdout.write(`${[heading, ...rows, legend].join('\n')}\n`)
  expect(wrong).toEqual([])
})
