import type { Problem } from '../facts/index.ts'
import type { Conclusion } from '../judge/index.ts'
import { CREATE_ONCE, isFault, problemFrom, statusOf, type ChangeEvent, type GitHubClient } from '../read/index.ts'
import { readConversation, startsWithMarker, type OwnComment } from './own-comments.ts'
import type { CommentMode, Published, Target } from './types.ts'

export interface CommentOptions {
  readonly event: Pick<ChangeEvent, 'owner' | 'repo' | 'number' | 'canComment'>
  /** The head that was judged. */
  readonly headSha: string
  /** The first line of the body. */
  readonly marker: string
  readonly body: string
  readonly mode: CommentMode
  readonly style: 'update' | 'new'
  readonly conclusion: Conclusion
  /** True where any config was changed, added or removed. */
  readonly changed: boolean
}

/**
 * Puts the report into the conversation: into our comment where there is one, whatever the mode, so that red turns green;
 * into a new one where the mode asks for it. Never throws; never writes about a head that is no longer the live one.
 */
export async function publishComment(client: GitHubClient, options: CommentOptions): Promise<Published> {
  const { event, mode, marker, body, style } = options
  const { number } = event
  if (number === null || event.canComment === 'no' || mode === 'never') return { did: 'skipped', problems: [] }
  if (!startsWithMarker(body, marker))
    return notPublished({
      code: 'comment-marker',
      severity: 'warning',
      message: 'the comment lacks its marker and was not written',
    })
  const target: Target = { owner: event.owner, repo: event.repo }
  try {
    const before = await readConversation(client, target, number, marker)
    if (before.headSha !== options.headSha) return superseded(before.headSha)
    const [oldest] = before.own
    if (oldest !== undefined && style === 'update') {
      const updated = await update(client, target, oldest, body)
      if (updated !== undefined) return updated
      // "Not found" is also what a token hears that may not see: only a comment that is gone is written anew.
      const { own } = await readConversation(client, target, number, marker)
      if (own.some(comment => comment.id === oldest.id)) return notPublished(HIDDEN)
    }
    if (!asks(options)) return { did: 'skipped', problems: [] }
    const created = await create(client, target, number, options, before.cursor)
    return style === 'update' ? await keepOldest(client, target, number, marker, before.cursor, created) : created
  } catch (thrown) {
    return notPublished(refusal(thrown, event.canComment === 'unlikely'))
  }
}

/** Whether a mode asks for a comment where there is none yet. */
function asks({ mode, conclusion, changed }: CommentOptions): boolean {
  const failing = conclusion === 'fail' || conclusion === 'error'
  switch (mode) {
    case 'always':
      return true
    case 'changes':
      return changed || failing
    case 'threshold':
      return failing || conclusion === 'warn' || conclusion === 'overridden'
    case 'on-failure':
      return failing
    case 'existing':
    case 'never':
      return false
    default:
      return mode satisfies never
  }
}

/** Undefined: the comment is gone meanwhile. */
async function update(
  client: GitHubClient,
  target: Target,
  comment: OwnComment,
  body: string,
): Promise<Published | undefined> {
  const { id, url } = comment
  if (sameText(comment.body, body)) return { did: 'unchanged', id, url, problems: [] }
  try {
    await client.writer.issues.updateComment({ ...target, comment_id: id, body })
    return { did: 'updated', id, url, problems: [] }
  } catch (thrown) {
    if (statusOf(thrown) === 404) return undefined
    throw thrown
  }
}

/** Creates once. After a fault, which may have come behind the write, it looks before it tries a second time. */
async function create(
  client: GitHubClient,
  target: Target,
  number: number,
  { body, marker }: CommentOptions,
  cursor: string | null,
): Promise<Published> {
  const request = { ...target, issue_number: number, body, ...CREATE_ONCE }
  try {
    const { data } = await client.writer.issues.createComment(request)
    return { did: 'created', id: data.id, url: data.html_url, problems: [] }
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    const arrived = (await readConversation(client, target, number, marker, cursor)).own.find(c =>
      sameText(c.body, body),
    )
    if (arrived !== undefined) return { did: 'created', id: arrived.id, url: arrived.url, problems: [] }
    const { data } = await client.writer.issues.createComment(request)
    return { did: 'created', id: data.id, url: data.html_url, problems: [] }
  }
}

/** Two runs may have created at the same time: the oldest comment stays, and each run takes its own younger one away. */
async function keepOldest(
  client: GitHubClient,
  target: Target,
  number: number,
  marker: string,
  cursor: string | null,
  created: Published,
): Promise<Published> {
  try {
    const { own } = await readConversation(client, target, number, marker, cursor)
    const [oldest] = own
    const mine = own.find(comment => comment.id === created.id)
    if (oldest === undefined || mine === undefined || oldest.id === mine.id) return created
    await client.writer.issues.deleteComment({ ...target, comment_id: mine.id })
    return (await update(client, target, oldest, mine.body)) ?? created
  } catch (thrown) {
    return { ...created, problems: [refusal(thrown, false)] }
  }
}

function superseded(live: string): Published {
  const message = `the pull request has moved on to ${live.slice(0, 7)}: no comment was written, the run for that commit writes it`
  return { did: 'superseded', problems: [{ code: 'superseded', severity: 'warning', message }] }
}

const HIDDEN: Problem = {
  code: 'comment-not-found',
  severity: 'warning',
  message: 'GitHub shows our comment but does not find it when it is to be updated; the report is in the job summary',
}

/** GitHub keeps line ends as they were sent, or not, and drops blanks at the end. */
function sameText(a: string, b: string): boolean {
  const plain = (text: string) => text.replace(/\r\n/g, '\n').trimEnd()
  return plain(a) === plain(b)
}

function refusal(thrown: unknown, expected: boolean): Problem {
  const status = statusOf(thrown)
  if (expected && (status === 403 || status === 404))
    return {
      code: 'comment-read-only',
      severity: 'warning',
      message: 'the token of a fork or of Dependabot may not comment; the report is in the job summary',
    }
  if ((status === 403 || status === 422) && thrown instanceof Error && /lock/i.test(thrown.message))
    return {
      code: 'comment-locked',
      severity: 'warning',
      message: 'the conversation is locked; the report is in the job summary',
    }
  return { ...problemFrom(thrown, 'write the comment', 'pull-requests: write'), severity: 'warning' }
}

function notPublished(problem: Problem): Published {
  return { did: 'failed', problems: [problem] }
}
