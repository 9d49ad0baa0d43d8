import { jest } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { type LocalGitHub, pullEvent, sequentialRounds, startGitHub } from '../github/index.ts'
import { changeEvent, quickClient, runInProcess } from './in-process.ts'
import { axolotl, CONFIG, ours, propose, type Files } from './scenario.ts'

jest.setTimeout(300_000)

const LATENCY_MS = 300 // far above what this process needs between two questions on a busy machine

let gh: LocalGitHub
beforeEach(async () => {
  gh = await startGitHub()
})
afterEach(() => gh.close())

interface Asked {
  readonly write: boolean
  readonly startMs: number
  endMs: number
}

/** Answers of an earlier run, each after the same time, so that only the questions' order counts. */
function slowMemory() {
  const memory = new Map<string, Promise<Response>>()
  const asked: Asked[] = []
  const slow = { latencyMs: 0 }
  const send: typeof fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    const body = typeof init?.body === 'string' ? init.body : ''
    const write = init?.method !== 'GET' && !url.endsWith('/graphql')
    const entry: Asked = { write, startMs: performance.now(), endMs: Infinity }
    asked.push(entry)
    const key = `${init?.method ?? ''} ${url} ${body}`
    const kept = write || body.includes('comments(') ? fetch(input, init) : (memory.get(key) ?? fetch(input, init))
    if (!write) memory.set(key, kept)
    const [answer] = await Promise.all([kept.then(response => response.clone()), sleep(slow.latencyMs)])
    entry.endMs = performance.now()
    return answer
  }
  return { send, asked, slow }
}

const files = (count: number, epochs: number): Files =>
  count === 1
    ? { [CONFIG]: axolotl({ epochs }) }
    : Object.fromEntries(Array.from({ length: count }, (_, i) => [`configs/${i}.yaml`, axolotl({ epochs })]))

test.each([
  [1, 5],
  [100, 8],
])('%i changed configs: at most %i rounds to the verdict, and three more to the comment', async (count, rounds) => {
  const { repository, pull } = propose(gh, files(count, 3), { base: files(count, 1) })
  const event = changeEvent(repository, await pullEvent(gh, repository, pull))
  const { send, asked, slow } = slowMemory()
  const client = await quickClient(gh, gh.token().value, { fetch: send })
  await runInProcess(client, event, new Map([['check', 'none']]))
  pull.comments.splice(0)
  asked.splice(0)
  slow.latencyMs = LATENCY_MS
  await runInProcess(client, event, new Map([['check', 'none']]))
  expect(ours(pull)).toHaveLength(1)

  // The conversation is the last that is read before the comment is written, and is read for its sake.
  const created = asked.findIndex(({ write }) => write)
  expect(sequentialRounds(asked.slice(0, created - 1))).toBeLessThanOrEqual(rounds)
  expect(sequentialRounds(asked.slice(0, created + 1))).toBeLessThanOrEqual(rounds + 3)
})
