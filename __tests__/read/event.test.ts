import * as fc from 'fast-check'
import { readEvent, type ChangeEvent } from '../../src/read/index.ts'

const A = 'a'.repeat(40)
const B = 'b'.repeat(40)
const ZEROS = '0'.repeat(40)

function env(name: string, more: Readonly<Record<string, string>> = {}) {
  return { GITHUB_EVENT_NAME: name, GITHUB_REPOSITORY: 'acme/models', GITHUB_SHA: B, ...more }
}

function event(name: string, payload: unknown, inputs = {}, more = {}): ChangeEvent {
  const read = readEvent(env(name, more), JSON.stringify(payload), inputs)
  if (read.is === 'failed') throw new Error(read.problem.message)
  return read.value
}

function failure(name: string, payload: unknown, inputs = {}): string {
  const read = readEvent(env(name), typeof payload === 'string' ? payload : JSON.stringify(payload), inputs)
  return read.is === 'failed' ? read.problem.code : 'read'
}

const pull = (head: object, base: object = {}) => ({
  action: 'synchronize',
  pull_request: {
    number: 7,
    draft: false,
    user: { login: 'ada' },
    labels: [{ name: 'traincost-ok' }],
    head: { sha: A, ref: 'change', repo: { full_name: 'acme/models' }, ...head },
    base: { sha: B, ref: 'release/1.x', repo: { full_name: 'acme/models' }, ...base },
  },
})

test('a pull request compares its head with the merge base of the base branch, never with the stale base.sha', () => {
  expect(event('pull_request', pull({}))).toEqual({
    kind: 'pull_request',
    action: 'synchronize',
    owner: 'acme',
    repo: 'models',
    head: { by: 'sha', sha: A },
    base: { by: 'merge-base', with: { by: 'ref', ref: 'release/1.x' } },
    tip: { by: 'ref', ref: 'release/1.x' },
    number: 7,
    author: 'ada',
    fork: false,
    draft: false,
    canComment: 'yes',
  })
})

test('the labels of a payload are not read', () => {
  expect(JSON.stringify(event('pull_request', pull({})))).not.toContain('traincost-ok')
})

test.each([
  ['a fork', 'pull_request', { repo: { full_name: 'eve/models' } }, {}, true, 'unlikely'],
  ['a deleted fork', 'pull_request', { repo: null }, {}, true, 'unlikely'],
  ['a fork on pull_request_target', 'pull_request_target', { repo: { full_name: 'eve/models' } }, {}, true, 'yes'],
  ['Dependabot', 'pull_request', {}, { GITHUB_ACTOR: 'dependabot[bot]' }, false, 'unlikely'],
])('whether a comment can be written: %s', (_, name, head, more, fork, canComment) => {
  expect(event(name, pull(head), {}, more)).toMatchObject({ fork, canComment })
})

test('a merge group compares with base_sha, and finds the number in the queue branch', () => {
  const group = { head_sha: A, base_sha: B, head_ref: `refs/heads/gh-readonly-queue/release/1.x/pr-42-${B}` }
  expect(event('merge_group', { action: 'checks_requested', merge_group: group })).toMatchObject({
    head: { by: 'sha', sha: A },
    base: { by: 'revision', revision: { by: 'sha', sha: B } },
    tip: { by: 'sha', sha: B },
    number: 42,
    canComment: 'no',
  })
})

test('a queue branch that is called like a pull request but ends otherwise gives no number', () => {
  const group = { head_sha: A, base_sha: B, head_ref: 'refs/heads/gh-readonly-queue/main/pr-42-x' }
  expect(event('merge_group', { merge_group: group }).number).toBeNull()
})

test('a push compares with what was there before', () => {
  expect(event('push', { before: B, after: A })).toMatchObject({
    base: { by: 'revision', revision: { by: 'sha', sha: B } },
    tip: { by: 'sha', sha: B },
    number: null,
  })
})

test.each([
  [{ before: ZEROS, after: A }, 'new'],
  [{ before: A, after: ZEROS }, 'deleted'],
])('a push of a branch that came or went has nothing to compare: %j', (payload, word) => {
  const { base } = event('push', payload)
  expect(base).toMatchObject({ by: 'none' })
  expect(base.by === 'none' && base.why).toContain(word)
})

test('other events compare the given refs, else the commit of the run with the default branch', () => {
  expect(event('workflow_dispatch', {}, { baseRef: 'v1.0', headRef: A })).toMatchObject({
    head: { by: 'sha', sha: A },
    base: { by: 'revision', revision: { by: 'ref', ref: 'v1.0' } },
    tip: { by: 'ref', ref: 'v1.0' },
    canComment: 'no',
  })
  expect(event('schedule', {})).toMatchObject({
    head: { by: 'sha', sha: B },
    base: { by: 'merge-base', with: { by: 'default-branch' } },
    tip: { by: 'default-branch' },
  })
  expect(event('workflow_run', {}, { prNumber: 3 })).toMatchObject({
    kind: 'other',
    head: { by: 'pull-head', number: 3 },
    base: { by: 'merge-base', with: { by: 'pull-base', number: 3 } },
    number: 3,
    canComment: 'yes',
  })
})

test.each(['-x', 'a..b', 'a b', 'a~1', 'a^{tree}', 'x:y', '', '../x', 'a.lock', '@', 'a@{1}', '/a', 'a//b'])(
  'refuses %j as a ref',
  ref => {
    expect(failure('workflow_dispatch', {}, { headRef: ref })).toBe('event-inputs')
  },
)

test('refuses refs for a pull request, which would choose what is judged', () => {
  expect(failure('pull_request', pull({}), { baseRef: 'main' })).toBe('event-inputs')
})

test.each([
  ['pull_request', {}],
  ['pull_request', pull({ sha: 'main' })],
  ['pull_request', pull({ sha: A.toUpperCase() })],
  ['pull_request', pull({}, { ref: '--upload-pack=x' })],
  ['pull_request', pull({}, { ref: 7 })],
  ['merge_group', { merge_group: { head_sha: A } }],
  ['push', { before: ZEROS, after: ZEROS }],
  ['push', []],
  ['push', 'no json'],
])('refuses a malformed %s payload', (name, payload) => {
  expect(failure(name, payload)).toBe('event-payload')
})

test.each(['', 'acme', 'acme/models/x', '../x', 'acme/..'])('refuses %j as a repository', repository => {
  const read = readEvent({ ...env('push'), GITHUB_REPOSITORY: repository }, '{}', {})
  expect(read).toMatchObject({ is: 'failed', problem: { code: 'event-repository' } })
})

test('never throws, whatever the payload holds', () => {
  const names = ['pull_request', 'merge_group', 'push', 'workflow_dispatch', 'anything']
  const shaped = fc.record({ pull_request: fc.anything(), merge_group: fc.anything(), before: fc.anything() })
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.oneof(fc.jsonValue(), shaped), (name, payload) => {
      const json = JSON.stringify(payload, (_, value: unknown) => (typeof value === 'bigint' ? 1 : value))
      expect(['read', 'failed']).toContain(readEvent(env(name), json, {}).is)
    }),
    { numRuns: 200 },
  )
})
