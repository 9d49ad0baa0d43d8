import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Answer } from './answers.ts'
import type { Misbehavior } from './faults.ts'
import { etagOf } from './limits.ts'

const BODY_LIMIT = 20 * 1024 * 1024

export function tokenIn(request: IncomingMessage): string {
  return /^(?:token|bearer) (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
}

export async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= BODY_LIMIT) chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return { notJson: text.slice(0, 100) } // no operation takes such a key, so the description refuses it
  }
}

export function send(
  response: ServerResponse,
  answer: Answer,
  ended: (status: number) => void,
  request?: IncomingMessage,
): void {
  const bytes =
    answer.body === undefined
      ? Buffer.alloc(0)
      : Buffer.isBuffer(answer.body)
        ? answer.body
        : Buffer.from(JSON.stringify(answer.body))
  const isRead = answer.status === 200 && request?.method === 'GET'
  const etag = isRead ? etagOf(bytes) : undefined
  const isKnown = etag !== undefined && request?.headers['if-none-match'] === etag
  const status = isKnown ? 304 : answer.status
  response.writeHead(status, {
    'content-type': Buffer.isBuffer(answer.body)
      ? 'application/vnd.github.raw+json; charset=utf-8'
      : 'application/json; charset=utf-8',
    'x-github-media-type': 'github.v3; format=json',
    ...(etag === undefined ? {} : { etag }),
    ...answer.headers,
  })
  response.end(status === 204 || status === 304 ? undefined : bytes)
  ended(status)
}

export function misbehave(how: Misbehavior, response: ServerResponse, ended: (status: number) => void): void {
  switch (how.is) {
    case 'status':
      send(
        response,
        {
          status: how.status,
          body: how.body ?? { message: 'Fault' },
          ...(how.headers ? { headers: how.headers } : {}),
        },
        ended,
      )
      return
    case 'reset':
      response.destroy()
      ended(0)
      return
    case 'malformed':
      send(
        response,
        { status: 200, body: Buffer.from('<html>{'), headers: { 'content-type': 'application/json' } },
        ended,
      )
      return
    case 'hang':
      return
  }
}
