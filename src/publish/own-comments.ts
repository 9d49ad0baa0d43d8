import { isTooMuch, type GitHubClient } from '../read/index.ts'
import type { Target } from './types.ts'

export interface OwnComment {
  readonly id: number
  readonly url: string
  readonly body: string
}

export interface Conversation {
  /** Of the live pull request. */
  readonly headSha: string
  /** Ours with the marker, oldest first. */
  readonly own: readonly OwnComment[]
  /** Where the next listing may go on; null at the beginning. */
  readonly cursor: string | null
}

const QUERY = `query ($owner: String!, $repo: String!, $number: Int!, $first: Int!, $after: String) {
  repository(owner: $owner, name: $repo) {
    pullRequest(number: $number) {
      headRefOid
      comments(first: $first, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { databaseId url body viewerDidAuthor }
      }
    }
  }
}`

interface Answer {
  readonly repository: {
    readonly pullRequest: {
      readonly headRefOid: string
      readonly comments: {
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
        readonly nodes: readonly ({
          readonly databaseId: number | null
          readonly url: string
          readonly body: string
          readonly viewerDidAuthor: boolean
        } | null)[]
      }
    } | null
  } | null
}

/** 10,000 comments, where each page is full. */
const MAX_PAGES = 100
const PER_PAGE = 100
const LEAST_PER_PAGE = 25

/**
 * Reads a conversation, from a cursor on, over all its pages.
 *
 * Ours is what this token wrote, by GitHub's word, and what starts with the marker: a copy of the marker in somebody's
 * comment, or quoted in ours, is never edited.
 *
 * @throws what the request throws; TypeError where there is no such pull request
 */
export async function readConversation(
  client: GitHubClient,
  target: Target,
  number: number,
  marker: string,
  from: string | null = null,
): Promise<Conversation> {
  const own: OwnComment[] = []
  let cursor = from
  let first = PER_PAGE
  for (let page = 0; page < MAX_PAGES; page++) {
    let answer: Answer
    try {
      answer = await client.reader.graphql(QUERY, { ...target, number, first, after: cursor })
    } catch (thrown) {
      // A hundred comments may be 6 MB.
      if (!isTooMuch(thrown) || first <= LEAST_PER_PAGE) throw thrown
      first = Math.ceil(first / 2)
      continue
    }
    const pull = answer.repository?.pullRequest
    if (pull === undefined || pull === null) throw new TypeError(`there is no pull request ${number}`)
    for (const node of pull.comments.nodes)
      if (node?.viewerDidAuthor === true && node.databaseId !== null && startsWithMarker(node.body, marker))
        own.push({ id: node.databaseId, url: node.url, body: node.body })
    cursor = pull.comments.pageInfo.endCursor ?? cursor
    if (!pull.comments.pageInfo.hasNextPage) return { headSha: pull.headRefOid, own, cursor }
  }
  throw new TypeError(`the conversation has more than ${MAX_PAGES * 100} comments`)
}

/** The marker is the whole first line. */
export function startsWithMarker(body: string, marker: string): boolean {
  return body === marker || body.startsWith(`${marker}\n`) || body.startsWith(`${marker}\r\n`)
}
