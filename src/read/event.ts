import { isNoCommit, isRefName, shaFrom } from './sha.ts'
import { failed } from './fault.ts'
import type { BaseRule, ChangeEvent, EventKind, Read, Revision } from './types.ts'

export interface RevisionInputs {
  readonly baseRef?: string
  readonly headRef?: string
  readonly prNumber?: number
}

type Env = Readonly<Record<string, string | undefined>>
type Common = Pick<ChangeEvent, 'kind' | 'action' | 'owner' | 'repo'>

const KINDS: readonly EventKind[] = [
  'pull_request',
  'pull_request_target',
  'merge_group',
  'push',
  'workflow_dispatch',
  'schedule',
]

/**
 * What started the run: which revisions are compared, whose policy decides, and where a comment goes.
 *
 * @param env GITHUB_EVENT_NAME, GITHUB_REPOSITORY, GITHUB_SHA and GITHUB_ACTOR are read
 * @param payloadText the content of GITHUB_EVENT_PATH; untrusted, every field is checked
 */
export function readEvent(env: Env, payloadText: string, inputs: RevisionInputs): Read<ChangeEvent> {
  const kind = KINDS.find(k => k === env['GITHUB_EVENT_NAME']) ?? 'other'
  const [owner, repo, ...rest] = (env['GITHUB_REPOSITORY'] ?? '').split('/')
  if (!isRepositoryPart(owner) || !isRepositoryPart(repo) || rest.length > 0)
    return failed(
      'event-repository',
      'GITHUB_REPOSITORY does not name a repository as owner/name: run this in GitHub Actions',
    )
  const payload = objectFromJson(payloadText)
  if (payload === undefined)
    return failed('event-payload', 'the event payload (GITHUB_EVENT_PATH) is not a JSON object')
  const common: Common = { kind, action: text(payload['action']) ?? '', owner, repo }
  switch (kind) {
    case 'pull_request':
    case 'pull_request_target':
      return inputs.baseRef !== undefined || inputs.headRef !== undefined || inputs.prNumber !== undefined
        ? failed(
            'event-inputs',
            `base-ref, head-ref and pr-number are for workflow_dispatch and schedule: on ${kind} the pull request says what is compared; remove them`,
          )
        : pullRequest(common, payload, env)
    case 'merge_group':
      return mergeGroup(common, payload)
    case 'push':
      return push(common, payload)
    case 'workflow_dispatch':
    case 'schedule':
    case 'other':
      return otherEvent(common, env, inputs)
    default:
      return kind satisfies never
  }
}

function pullRequest(common: Common, payload: Fields, env: Env): Read<ChangeEvent> {
  const pull = fields(payload['pull_request'])
  const base = fields(pull['base'])
  const head = fields(pull['head'])
  const number = positiveInteger(pull['number'])
  const headSha = shaFrom(head['sha'])
  const baseRef = base['ref']
  if (number === undefined || headSha === undefined || !isRefName(baseRef))
    return failed('event-payload', `the ${common.kind} payload lacks a number, a head commit or a base branch`)
  // A deleted fork has no repository any more.
  const fork = fields(head['repo'])['full_name'] !== fields(base['repo'])['full_name'] || head['repo'] === null
  const readOnly = common.kind === 'pull_request' && (fork || env['GITHUB_ACTOR'] === 'dependabot[bot]')
  const branch: Revision = { by: 'ref', ref: baseRef }
  return read({
    ...common,
    head: { by: 'sha', sha: headSha },
    base: { by: 'merge-base', with: branch },
    tip: branch,
    number,
    author: login(fields(pull['user'])['login']),
    fork,
    draft: pull['draft'] === true,
    canComment: readOnly ? 'unlikely' : 'yes',
  })
}

function mergeGroup(common: Common, payload: Fields): Read<ChangeEvent> {
  const group = fields(payload['merge_group'])
  const head = shaFrom(group['head_sha'])
  const base = shaFrom(group['base_sha'])
  if (head === undefined || base === undefined)
    return failed('event-payload', 'the merge_group payload lacks head_sha or base_sha')
  // refs/heads/gh-readonly-queue/main/pr-123-<sha of the base>
  const queued = /\/pr-(\d{1,10})-[0-9a-f]{40,64}$/.exec(text(group['head_ref']) ?? '')
  return read({
    ...common,
    ...withoutComment,
    head: { by: 'sha', sha: head },
    base: { by: 'revision', revision: { by: 'sha', sha: base } },
    tip: { by: 'sha', sha: base },
    number: positiveInteger(Number(queued?.[1])) ?? null,
  })
}

function push(common: Common, payload: Fields): Read<ChangeEvent> {
  const after = shaFrom(payload['after'])
  const before = shaFrom(payload['before'])
  if (after !== undefined && before !== undefined)
    return read({
      ...common,
      ...withoutComment,
      head: { by: 'sha', sha: after },
      base: { by: 'revision', revision: { by: 'sha', sha: before } },
      tip: { by: 'sha', sha: before },
      number: null,
    })
  const created = isNoCommit(payload['before']) && after !== undefined
  const deleted = isNoCommit(payload['after']) && before !== undefined
  const only = after ?? before
  if ((!created && !deleted) || only === undefined)
    return failed('event-payload', 'the push payload lacks the commits before and after')
  const end: Revision = { by: 'sha', sha: only }
  const base: BaseRule = { by: 'none', why: created ? 'the branch is new' : 'the branch was deleted' }
  return read({ ...common, ...withoutComment, head: end, base, tip: end, number: null })
}

function otherEvent(common: Common, env: Env, inputs: RevisionInputs): Read<ChangeEvent> {
  const { prNumber } = inputs
  if (prNumber !== undefined && positiveInteger(prNumber) === undefined)
    return failed('event-inputs', 'pr-number must be a whole number above 0')
  const wanted: { head?: Revision; base?: Revision } = {}
  for (const [side, name, given] of [
    ['head', 'head-ref', inputs.headRef],
    ['base', 'base-ref', inputs.baseRef],
  ] as const) {
    if (given === undefined) continue
    const sha = shaFrom(given)
    if (sha === undefined && !isRefName(given))
      return failed('event-inputs', `${name} must be a branch, a tag or a full commit id`)
    wanted[side] = sha === undefined ? { by: 'ref', ref: given } : { by: 'sha', sha }
  }
  const current = shaFrom(env['GITHUB_SHA'])
  const head: Revision | undefined =
    wanted.head ??
    (prNumber !== undefined
      ? { by: 'pull-head', number: prNumber }
      : current === undefined
        ? undefined
        : { by: 'sha', sha: current })
  if (head === undefined)
    return failed(
      'event-inputs',
      'neither head-ref nor pr-number is given, and GITHUB_SHA holds no commit: set head-ref',
    )
  const branch: Revision =
    prNumber !== undefined && wanted.head === undefined
      ? { by: 'pull-base', number: prNumber }
      : { by: 'default-branch' }
  return read({
    ...common,
    ...withoutComment,
    head,
    base: wanted.base === undefined ? { by: 'merge-base', with: branch } : { by: 'revision', revision: wanted.base },
    tip: wanted.base ?? branch,
    number: prNumber ?? null,
    canComment: prNumber === undefined ? 'no' : 'yes',
  })
}

const withoutComment = { author: null, fork: false, draft: false, canComment: 'no' } as const

type Fields = Readonly<Record<string, unknown>>

function fields(plain: unknown): Fields {
  // A JSON object has only own, enumerable string keys; absent ones read as undefined.
  return typeof plain === 'object' && plain !== null ? (plain as Fields) : {}
}

function objectFromJson(json: string): Fields | undefined {
  try {
    const plain: unknown = JSON.parse(json)
    return typeof plain === 'object' && plain !== null && !Array.isArray(plain) ? fields(plain) : undefined
  } catch {
    return undefined
  }
}

function text(plain: unknown): string | undefined {
  return typeof plain === 'string' && plain.length <= 1000 ? plain : undefined
}

function login(plain: unknown): string | null {
  return typeof plain === 'string' && /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}(\[bot\])?$/.test(plain) ? plain : null
}

function positiveInteger(plain: unknown): number | undefined {
  return typeof plain === 'number' && Number.isSafeInteger(plain) && plain > 0 ? plain : undefined
}

function isRepositoryPart(part: string | undefined): part is string {
  return part !== undefined && /^[A-Za-z0-9._-]{1,100}$/.test(part) && part !== '.' && part !== '..'
}

function read(value: ChangeEvent): Read<ChangeEvent> {
  return { is: 'read', value }
}
