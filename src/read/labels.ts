import { problemFrom, statusOf } from './fault.ts'
import type { Api } from './tree.ts'
import type { GitHubClient } from './client.ts'
import type { ChangeEvent, LabelGrant, Read } from './types.ts'

const PER_PAGE = 100
/** 10,000 events: further back no pull request's history is followed. */
const MAX_PAGES = 100

/**
 * The wanted labels that the pull request carries now, and who put each there. Read live: a payload shows labels as
 * they were, and says nothing of who may set them.
 *
 * @returns one grant for each wanted label that is set; failed where GitHub could not say, so that nothing is opened by
 *   a label that was not checked
 */
export async function readLabels(
  client: GitHubClient,
  event: ChangeEvent,
  wanted: readonly string[],
): Promise<Read<readonly LabelGrant[]>> {
  if (event.number === null || wanted.length === 0) return { is: 'read', value: [] }
  const api: Api = { client, owner: event.owner, repo: event.repo }
  const issue = { owner: api.owner, repo: api.repo, issue_number: event.number }
  try {
    const [set, pull] = await Promise.all([
      everyPage(page => client.reader.issues.listLabelsOnIssue({ ...issue, per_page: PER_PAGE, page })),
      client.reader.pulls.get({ owner: api.owner, repo: api.repo, pull_number: event.number }),
    ])
    // Null for a deleted account, whatever the description says.
    const author = (pull.data.user as { readonly login: string } | null)?.login
    // GitHub takes labels of different case for the same.
    const present = wanted.filter(label => set.some(s => isSame(s.name, label)))
    if (present.length === 0) return { is: 'read', value: [] }
    const events = await everyPage(page => client.reader.issues.listEvents({ ...issue, per_page: PER_PAGE, page }))
    const grants = present.map(async (label): Promise<LabelGrant> => {
      const actor = actorOf(events.findLast(e => e.event === 'labeled' && isSame(labelOf(e), label)))
      if (actor === undefined) return { label, by: null, isBot: false, isAuthor: false, permission: 'none' }
      return {
        label,
        by: actor.login,
        isBot: actor.isBot,
        isAuthor: isSame(actor.login, author ?? ''),
        permission: await permissionOf(api, actor.login),
      }
    })
    return { is: 'read', value: await Promise.all(grants) }
  } catch (thrown) {
    return { is: 'failed', problem: problemFrom(thrown, 'read who set the override label', 'pull-requests: read') }
  }
}

interface Actor {
  readonly login: string
  readonly isBot: boolean
}

interface IssueEvent {
  readonly actor?: { readonly login: string; readonly type: string } | null
  readonly performed_via_github_app?: unknown
  readonly label?: { readonly name?: string | null }
}

/** Undefined where the account was deleted, or the history does not have the label. An app that acts for a person is a bot. */
function actorOf(event: IssueEvent | undefined): Actor | undefined {
  const { login, type } = event?.actor ?? {}
  if (login === undefined) return undefined
  const byApp = event?.performed_via_github_app !== undefined && event.performed_via_github_app !== null
  return { login, isBot: type === 'Bot' || login.endsWith('[bot]') || byApp }
}

function labelOf(event: IssueEvent): string {
  return event.label?.name ?? ''
}

async function permissionOf(api: Api, username: string): Promise<LabelGrant['permission']> {
  try {
    const { owner, repo } = api
    const { data } = await api.client.reader.repos.getCollaboratorPermissionLevel({ owner, repo, username })
    // `permission` knows four levels; triage and maintain, which it reports as read and write, are in the role's name.
    for (const level of ['maintain', 'triage'] as const) if (data.role_name === level) return level
    const level = (['admin', 'write', 'read'] as const).find(name => name === data.permission)
    return level ?? 'none'
  } catch (thrown) {
    if (statusOf(thrown) === 404) return 'none'
    throw thrown
  }
}

interface Page<T> {
  readonly data: readonly T[]
  readonly headers: { readonly link?: string }
}

/** Whether there is more is in GitHub's own `Link` header: a server may send smaller pages than were asked for. */
async function everyPage<T>(page: (number: number) => Promise<Page<T>>): Promise<readonly T[]> {
  const all: T[] = []
  for (let number = 1; number <= MAX_PAGES; number++) {
    const { data, headers } = await page(number)
    all.push(...data)
    if (!/rel="next"/.test(headers.link ?? '')) return all
  }
  throw new TypeError(`more than ${MAX_PAGES * PER_PAGE} entries`)
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
