import { type Answer, type Call, notFound, ok, pageOf, Refusal } from './answers.ts'
import type { DiffEntry, TreeEntry } from './git-store.ts'
import * as show from './render.ts'
import { type Pull, refOf, type Repository } from './state.ts'

const COMPARED_FILES = 300
const COMPARED_COMMITS = 250
const CONTENTS_LIMIT = 1024 * 1024 // above it, GitHub sends no content in JSON
const BLOB_LIMIT = 100 * 1024 * 1024

/** The commit that a `{ref}` of the API names: an id (in full or cut to seven digits), a branch, a tag, or `heads/…`. */
export async function resolveRef(repository: Repository, ref: string): Promise<string | undefined> {
  const names = [`refs/heads/${ref}`, `refs/tags/${ref}`, `refs/${ref}`, ...(ref.startsWith('refs/') ? [ref] : [])]
  if (ref === 'HEAD') names.push('HEAD')
  if (/^[0-9a-f]{7,40}$/.test(ref)) names.unshift(ref)
  for (const name of names) {
    const sha = await repository.git.resolve(name)
    if (sha !== undefined) return sha
  }
  return undefined
}

/** What a pull request changes: from where its branch was cut, not from the base branch's tip. */
export async function filesOfPull(repository: Repository, pull: Pull): Promise<show.PullCounts> {
  const base = (await repository.git.mergeBase(repository.tip(pull.base), pull.headSha)) ?? pull.baseSha
  const files = await repository.git.diff(base, pull.headSha)
  return { files: sorted(files), commits: (await repository.git.log([`^${base}`, pull.headSha])).length }
}

const sorted = (files: readonly DiffEntry[]) => [...files].sort((a, b) => (a.path < b.path ? -1 : 1))

export async function comparison(call: Call): Promise<Answer> {
  const { site, repository, path } = call
  const [baseName, headName, ...rest] = path.basehead!.split('...')
  if (baseName === undefined || headName === undefined || rest.length > 0) throw notFound()
  const side = (name: string) =>
    name.includes(':') ? repository.git.resolve(refOf(repository, name)) : resolveRef(repository, name)
  const [base, head] = await Promise.all([side(baseName), side(headName)])
  if (base === undefined || head === undefined) throw notFound()
  const mergeBase = await repository.git.mergeBase(base, head)
  if (mergeBase === undefined) throw notFound(`No common ancestor between ${baseName} and ${headName}.`)
  const [ahead, behind, files] = await Promise.all([
    repository.git.log([`^${base}`, head]),
    repository.git.log([`^${head}`, base]),
    repository.git.diff(mergeBase, head),
  ])
  const commit = async (sha: string) => show.renderCommit(site, repository, (await repository.git.commitObject(sha))!)
  const paging = call.query.has('page') || call.query.has('per_page')
  const { page, size } = paging ? pageOf(call.query) : { page: 1, size: COMPARED_COMMITS }
  const status =
    ahead.length === 0 ? (behind.length === 0 ? 'identical' : 'behind') : behind.length === 0 ? 'ahead' : 'diverged'
  const url = `${show.repositoryApi(site, repository)}/compare/${base}...${head}`
  const html = `${site.web}/${repository.fullName}/compare/${base}...${head}`
  const firstFiles = sorted(files).slice(0, COMPARED_FILES)
  return ok({
    ...{ url, html_url: html, permalink_url: html, diff_url: `${html}.diff`, patch_url: `${html}.patch` },
    base_commit: await commit(base),
    merge_base_commit: await commit(mergeBase),
    ...{ status, ahead_by: ahead.length, behind_by: behind.length, total_commits: ahead.length },
    commits: await Promise.all(ahead.slice((page - 1) * size, page * size).map(commit)),
    // Files come with the first page only, however many pages of commits there are.
    ...(page === 1 ? { files: firstFiles.map(file => show.renderFile(site, repository, head, file)) } : {}),
  })
}

export async function treeAt(call: Call): Promise<Answer> {
  const { site, repository, path, query } = call
  const treeish = path.tree_sha!
  const sha = /^[0-9a-f]{40}$/.test(treeish) ? treeish : await resolveRef(repository, treeish)
  const entries = sha === undefined ? undefined : await repository.git.tree(sha, query.has('recursive'))
  if (sha === undefined || entries === undefined) throw notFound()
  const commit = await repository.git.resolve(sha)
  const api = `${show.repositoryApi(site, repository)}/git`
  const tree = entries.slice(0, repository.treeLimit).map(entry => ({
    path: entry.path,
    mode: entry.mode,
    type: entry.type,
    sha: entry.sha,
    ...(entry.size === undefined ? {} : { size: entry.size }),
    ...(entry.type === 'commit' ? {} : { url: `${api}/${entry.type}s/${entry.sha}` }),
  }))
  const treeSha = commit === undefined ? sha : (await repository.git.commitObject(commit))!.tree
  return ok({ sha: treeSha, url: `${api}/trees/${treeSha}`, tree, truncated: entries.length > repository.treeLimit })
}

export async function blobAt(call: Call): Promise<Answer> {
  const { site, repository, path } = call
  const blob = await repository.git.blob(path.file_sha!)
  if (blob === undefined) throw notFound()
  if (blob.length > BLOB_LIMIT) throw new Refusal(403, 'This API returns blobs up to 100 MB in size.')
  if (call.raw) return ok(blob)
  return ok({
    sha: path.file_sha,
    node_id: Buffer.from(path.file_sha!).toString('base64'),
    size: blob.length,
    url: `${show.repositoryApi(site, repository)}/git/blobs/${path.file_sha!}`,
    content: lines(blob),
    encoding: 'base64',
  })
}

/** Base64 as GitHub sends it: in lines. */
const lines = (bytes: Buffer) => bytes.toString('base64').replace(/.{60}/g, '$&\n')

export async function contents(call: Call): Promise<Answer> {
  const { repository, path, query } = call
  const ref = query.get('ref') ?? repository.defaultBranch
  const sha = await resolveRef(repository, ref)
  if (sha === undefined) throw notFound(`No commit found for the ref ${ref}`)
  const entries = (await repository.git.tree(sha, true)) ?? []
  const wanted = path.path!.replace(/\/$/, '')
  const entry = entries.find(found => found.path === wanted)
  if (entry === undefined) throw notFound()
  if (entry.type === 'tree') {
    const inside = entries.filter(
      found => found.path.startsWith(`${wanted}/`) && !found.path.slice(wanted.length + 1).includes('/'),
    )
    return ok(inside.slice(0, 1000).map(found => described(call, found, sha)))
  }
  return fileContents(call, entries, entry, sha)
}

async function fileContents(call: Call, entries: readonly TreeEntry[], entry: TreeEntry, ref: string): Promise<Answer> {
  const about = described(call, entry, ref)
  if (entry.type === 'commit') return ok({ ...about, submodule_git_url: 'https://example.com/module.git' })
  const blob = (await call.repository.git.blob(entry.sha))!
  if (entry.mode === '120000') {
    // GitHub follows a link to a file of the same repository and answers with that file.
    const target = new URL(blob.toString('utf8'), `http://x/${entry.path}`).pathname.slice(1)
    const followed = entries.find(found => found.path === target && found.type === 'blob' && found.mode !== '120000')
    if (followed !== undefined) return fileContents(call, entries, followed, ref)
    return ok({ ...about, target: blob.toString('utf8') })
  }
  if (call.raw) return ok(blob)
  const sent =
    blob.length > CONTENTS_LIMIT ? { content: '', encoding: 'none' } : { content: lines(blob), encoding: 'base64' }
  return ok({ ...about, ...sent })
}

function described({ site, repository }: Call, entry: TreeEntry, ref: string) {
  const path = entry.path.split('/').map(encodeURIComponent).join('/')
  const url = `${show.repositoryApi(site, repository)}/contents/${path}?ref=${ref}`
  const git = `${show.repositoryApi(site, repository)}/git/${entry.type}s/${entry.sha}`
  const html = `${site.web}/${repository.fullName}/blob/${ref}/${path}`
  const type = { tree: 'dir', commit: 'submodule', blob: entry.mode === '120000' ? 'symlink' : 'file' }[entry.type]
  return {
    ...{ type, name: entry.path.split('/').at(-1), path: entry.path, sha: entry.sha, size: entry.size ?? 0, url },
    ...{ git_url: git, html_url: html, download_url: type === 'file' ? html : null },
    _links: { self: url, git, html },
  }
}
