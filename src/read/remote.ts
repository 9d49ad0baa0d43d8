import type { GitHubClient } from './client.ts'
import { DEFAULT_MAX_FILE_BYTES, textFromBytes } from './content.ts'
import { failed, problemFrom } from './fault.ts'
import { isInside, isRefName } from './sha.ts'
import type { FileText, Read } from './types.ts'

/** A file of another repository, at a branch, tag or commit: `owner/repo/path@ref`. */
export interface RemoteFile {
  readonly owner: string
  readonly repo: string
  readonly path: string
  readonly ref: string
}

/** `our-org/.github/traincost.yml@v3` in its parts; undefined for a path of this repository. */
export function remoteFileFrom(reference: string): RemoteFile | undefined {
  const at = reference.lastIndexOf('@')
  if (at < 0) return undefined
  const [owner, repo, ...rest] = reference.slice(0, at).split('/')
  const path = rest.join('/')
  const ref = reference.slice(at + 1)
  const isName = (part: string | undefined): part is string =>
    part !== undefined && /^[A-Za-z0-9._-]{1,100}$/.test(part) && part !== '.' && part !== '..'
  return isName(owner) && isName(repo) && isInside(path) && isRefName(ref) ? { owner, repo, path, ref } : undefined
}

/** Reads a file of another repository with the client's token. A missing file is a failure: it was named. */
export async function readRemoteFile(client: GitHubClient, file: RemoteFile): Promise<Read<FileText>> {
  const named = `${file.owner}/${file.repo}/${file.path}@${file.ref}`
  try {
    const { data } = await client.reader.repos.getContent({ ...file })
    if (Array.isArray(data) || data.type !== 'file' || !('content' in data))
      return failed('remote-file', `${named} is not a file`)
    const bytes = Buffer.from(data.content, 'base64')
    if (bytes.byteLength !== data.size) return failed('remote-file', `${named} is over 1 MiB`)
    return { is: 'read', value: textFromBytes(bytes, data.sha, DEFAULT_MAX_FILE_BYTES) }
  } catch (thrown) {
    return { is: 'failed', problem: problemFrom(thrown, `read ${named}`, 'contents: read') }
  }
}
