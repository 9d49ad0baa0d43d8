import { blobId, textFromBytes } from './content.ts'
import { problemFrom } from './fault.ts'
import type { Api } from './tree.ts'
import type { FileText, Read, Sha } from './types.ts'

/** A file to read: where it is, and the id of what must come back. */
export interface WantedBlob {
  readonly path: string
  readonly id: string
  readonly bytes: number
}

/** GitHub answers a query in 10 s or not at all; 50 files of configs are well below that. */
const BATCH_FILES = 50
const BATCH_BYTES = 2 * 1024 * 1024
/** Blobs read over REST at the same time. */
const AT_ONCE = 8
/** GraphQL cuts `text` off here (bytes). */
const GRAPHQL_TEXT_BYTES = 512_000

/**
 * Reads blobs of one commit, by id. GraphQL reads many at once; whatever it does not deliver exactly (cut off, transcoded,
 * binary, partial errors, limits) is asked for in smaller batches and at last one by one over REST.
 */
export async function readBlobs(
  api: Api,
  commit: Sha,
  wanted: readonly WantedBlob[],
  maxFileBytes: number,
): Promise<Read<ReadonlyMap<string, FileText>>> {
  const found = new Map<string, FileText>()
  const small = wanted.filter(blob => blob.bytes <= GRAPHQL_TEXT_BYTES)
  const large = wanted.filter(blob => blob.bytes > GRAPHQL_TEXT_BYTES)
  const reads = await Promise.all([
    ...inBatches(small).map(batch => readBatch(api, commit, batch, maxFileBytes)),
    readEach(api, large, maxFileBytes),
  ])
  for (const read of reads) {
    if (read.is === 'failed') return read
    for (const [id, text] of read.value) found.set(id, text)
  }
  return { is: 'read', value: found }
}

async function readBatch(
  api: Api,
  commit: Sha,
  batch: readonly WantedBlob[],
  maxFileBytes: number,
): Promise<Read<ReadonlyMap<string, FileText>>> {
  const answer = await askTexts(
    api,
    commit,
    batch.map(blob => blob.path),
  )
  const found = new Map<string, FileText>()
  const left: WantedBlob[] = []
  for (const [index, blob] of batch.entries()) {
    const text = answer.texts[index]
    const exact = text === undefined ? undefined : exactText(text, blob.id, maxFileBytes)
    if (exact === undefined) left.push(blob)
    else found.set(blob.id, exact)
  }
  if (left.length === 0) return { is: 'read', value: found }
  // Partial data with errors: the batch was too much. Without errors the rest is what GraphQL cannot deliver.
  const half = Math.ceil(batch.length / 2)
  const smaller = answer.limited && batch.length > 1 ? [left.slice(0, half), left.slice(half)] : []
  if (smaller.length === 0) {
    const rest = await readEach(api, left, maxFileBytes)
    return rest.is === 'failed' ? rest : { is: 'read', value: new Map([...found, ...rest.value]) }
  }
  for (const part of smaller) {
    if (part.length === 0) continue
    const read = await readBatch(api, commit, part, maxFileBytes)
    if (read.is === 'failed') return read
    for (const [id, text] of read.value) found.set(id, text)
  }
  return { is: 'read', value: found }
}

/** A few at a time and not further than the first failure: a server that is down is not asked a thousand times. */
async function readEach(
  api: Api,
  blobs: readonly WantedBlob[],
  maxFileBytes: number,
): Promise<Read<ReadonlyMap<string, FileText>>> {
  const found = new Map<string, FileText>()
  const distinct = [...new Map(blobs.map(blob => [blob.id, blob])).values()]
  for (let start = 0; start < distinct.length; start += AT_ONCE) {
    const reads = await Promise.all(
      distinct.slice(start, start + AT_ONCE).map(blob => readOne(api, blob, maxFileBytes)),
    )
    for (const [index, read] of reads.entries()) {
      if (read.is === 'failed') return read
      const blob = distinct[start + index]
      if (blob !== undefined) found.set(blob.id, read.value)
    }
  }
  return { is: 'read', value: found }
}

async function readOne(api: Api, blob: WantedBlob, maxFileBytes: number): Promise<Read<FileText>> {
  const { client, owner, repo } = api
  const at = { path: blob.path }
  try {
    const { data } = await client.reader.git.getBlob({ owner, repo, file_sha: blob.id })
    const bytes = Buffer.from(data.content, data.encoding === 'base64' ? 'base64' : 'utf8')
    if (blobId(bytes, blob.id.length) === blob.id)
      return { is: 'read', value: textFromBytes(bytes, blob.id, maxFileBytes) }
    const message = 'GitHub sent other content than was asked for; run the job again'
    return { is: 'failed', problem: { code: 'github-content', severity: 'error', message, at } }
  } catch (thrown) {
    return { is: 'failed', problem: { ...problemFrom(thrown, 'read a file', 'contents: read'), at } }
  }
}

/** What GraphQL says of one path: a blob, as far as it is one. */
export interface BlobAnswer {
  readonly oid?: string
  readonly isTruncated?: boolean
  readonly text?: string | null
}

interface TextsAnswer {
  readonly texts: readonly (BlobAnswer | undefined)[]
  /** True where the answer came with errors: less may be granted. */
  readonly limited: boolean
}

/** Asks for files of one commit in one query. What fails here is asked again by other means, so nothing is thrown on. */
export async function askTexts(api: Api, commit: Sha, paths: readonly string[]): Promise<TextsAnswer> {
  const names = paths.map((_, index) => `$e${index}: String!`).join(', ')
  const objects = paths.map((_, index) => `f${index}: object(expression: $e${index}) { ...blob }`).join('\n')
  const query = `query ($owner: String!, $repo: String!, ${names}) {
    repository(owner: $owner, name: $repo) { ${objects} }
  }
  fragment blob on GitObject { ... on Blob { oid isTruncated text } }`
  const variables = Object.fromEntries(paths.map((path, index) => [`e${index}`, `${commit}:${path}`]))
  const { client, owner, repo } = api
  try {
    const data: unknown = await client.reader.graphql(query, { owner, repo, ...variables, request: { retries: 1 } })
    return { texts: answersIn(data, paths.length), limited: false }
  } catch (thrown) {
    // The token's refusal will be REST's as well, with a status that names it.
    const data: unknown = thrown instanceof Error && 'data' in thrown ? thrown.data : undefined
    return { texts: answersIn(data, paths.length), limited: data !== undefined }
  }
}

function answersIn(data: unknown, count: number): readonly (BlobAnswer | undefined)[] {
  const repository = record(record(data)['repository'])
  return Array.from({ length: count }, (_, index) => {
    const node = repository[`f${index}`]
    return typeof node === 'object' && node !== null ? node : undefined
  })
}

/** The answer as a file, where it is byte for byte the blob that was meant. */
export function exactText(answer: BlobAnswer, id: string, maxFileBytes: number): FileText | undefined {
  if (answer.oid !== id) return undefined
  if (answer.isTruncated !== false || typeof answer.text !== 'string') return undefined
  const bytes = Buffer.from(answer.text, 'utf8')
  return blobId(bytes, id.length) === id ? textFromBytes(bytes, id, maxFileBytes) : undefined
}

function inBatches(blobs: readonly WantedBlob[]): readonly (readonly WantedBlob[])[] {
  const batches: WantedBlob[][] = []
  let bytes = 0
  for (const blob of blobs) {
    const last = batches.at(-1)
    if (last === undefined || last.length >= BATCH_FILES || bytes + blob.bytes > BATCH_BYTES) {
      batches.push([blob])
      bytes = blob.bytes
    } else {
      last.push(blob)
      bytes += blob.bytes
    }
  }
  return batches
}

function record(plain: unknown): Readonly<Record<string, unknown>> {
  // Keys are read by our own aliases only; what is absent reads as undefined.
  return typeof plain === 'object' && plain !== null ? (plain as Record<string, unknown>) : {}
}
