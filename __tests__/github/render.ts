import type { CommitObject, DiffEntry, Person } from './git-store.ts'
import {
  type CheckRun,
  type Comment,
  type IssueEvent,
  type Pull,
  type Repository,
  type Status,
  userNamed,
  type World,
} from './state.ts'

export type Json = Readonly<Record<string, unknown>>

/** Where this GitHub lives: the API, and the web pages that its answers link to. */
export interface Site {
  readonly world: World
  readonly api: string
  readonly web: string
}

const USER_URLS = [
  'events',
  'followers',
  'following',
  'gists',
  'organizations',
  'received_events',
  'repos',
  'starred',
  'subscriptions',
]
const REPOSITORY_URLS = [
  ...['archive', 'assignees', 'blobs', 'branches', 'collaborators', 'comments', 'commits', 'compare', 'contents'],
  ...['contributors', 'deployments', 'downloads', 'events', 'forks', 'git_commits', 'git_refs', 'git_tags', 'hooks'],
  ...[
    'issue_comment',
    'issue_events',
    'issues',
    'keys',
    'labels',
    'languages',
    'merges',
    'milestones',
    'notifications',
  ],
  ...['pulls', 'releases', 'stargazers', 'statuses', 'subscribers', 'subscription', 'tags', 'teams', 'trees'],
]

const urls = (of: string, names: readonly string[]) =>
  Object.fromEntries(names.map(name => [`${name}_url`, `${of}/${name.replaceAll('_', '/')}`]))
const nodeId = (kind: string, id: number | string) => Buffer.from(`${kind}:${id}`).toString('base64')
const encoded = (path: string) => path.split('/').map(encodeURIComponent).join('/')

export const repositoryApi = (site: Site, repository: Repository) => `${site.api}/repos/${repository.fullName}`
const repositoryWeb = (site: Site, repository: Repository) => `${site.web}/${repository.fullName}`

export function renderUser(site: Site, login: string) {
  const user = userNamed(site.world, login)
  const url = `${site.api}/users/${encodeURIComponent(login)}`
  return {
    ...urls(url, USER_URLS),
    login,
    id: user.id,
    node_id: nodeId('User', user.id),
    avatar_url: `${site.web}/avatars/${user.id}`,
    gravatar_id: '',
    url,
    html_url: `${site.web}/${encodeURIComponent(login)}`,
    type: user.type,
    site_admin: false,
  }
}

export function renderRepository(site: Site, repository: Repository, as = repository.fullName) {
  const url = `${site.api}/repos/${as}`
  const [owner = '', name = ''] = as.split('/')
  const at = '2026-01-01T00:00:00Z'
  return {
    ...urls(url, REPOSITORY_URLS),
    id: repository.id,
    node_id: nodeId('Repository', repository.id),
    name,
    full_name: as,
    owner: renderUser(site, owner),
    private: repository.private,
    html_url: `${site.web}/${as}`,
    description: null,
    fork: as !== repository.fullName,
    url,
    ...{ git_url: `git://127.0.0.1/${as}.git`, ssh_url: `git@127.0.0.1:${as}.git`, svn_url: `${site.web}/${as}` },
    ...{ clone_url: `${site.web}/${as}.git`, mirror_url: null, homepage: null, language: null, license: null },
    ...{ forks: 0, forks_count: 0, stargazers_count: 0, watchers: 0, watchers_count: 0, size: 1, open_issues: 0 },
    ...{ open_issues_count: 0, network_count: 0, subscribers_count: 0, default_branch: repository.defaultBranch },
    ...{ has_issues: true, has_projects: false, has_wiki: false, has_pages: false, has_discussions: false },
    ...{ has_downloads: false, archived: false, disabled: false, pushed_at: at, created_at: at, updated_at: at },
  }
}

export function renderLabel(site: Site, repository: Repository, name: string) {
  return {
    id: Array.from(name).reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)!) % 1_000_003, 7),
    node_id: nodeId('Label', name),
    url: `${repositoryApi(site, repository)}/labels/${encodeURIComponent(name)}`,
    name,
    description: null,
    color: 'ededed',
    default: false,
  }
}

export interface PullCounts {
  readonly files: readonly DiffEntry[]
  readonly commits: number
}

const forkOf = (repository: Repository, head: string) => {
  const [owner = ''] = head.split(':')
  return head.includes(':') && owner !== repository.owner ? `${owner}/${repository.name}` : repository.fullName
}

/** A pull request as the API and a webhook payload show it. */
export function renderPull(site: Site, repository: Repository, pull: Pull, { files, commits }: PullCounts) {
  const url = `${repositoryApi(site, repository)}/pulls/${pull.number}`
  const issue = `${repositoryApi(site, repository)}/issues/${pull.number}`
  const html = `${repositoryWeb(site, repository)}/pull/${pull.number}`
  const headRepository = forkOf(repository, pull.head)
  const side = (branch: string, sha: string, full: string) => {
    const [owner = ''] = full.split('/')
    const ref = branch.split(':').at(-1)!
    const user = renderUser(site, owner)
    return { label: `${owner}:${ref}`, ref, sha, user, repo: renderRepository(site, repository, full) }
  }
  const total = (of: 'additions' | 'deletions') => files.reduce((sum, file) => sum + file[of], 0)
  const comments = `${url}/comments`
  const statuses = `${repositoryApi(site, repository)}/statuses/${pull.headSha}`
  return {
    ...{ url, id: pull.id, node_id: nodeId('PullRequest', pull.id), html_url: html, number: pull.number },
    ...{ diff_url: `${html}.diff`, patch_url: `${html}.patch`, issue_url: issue, commits_url: `${url}/commits` },
    ...{ review_comments_url: comments, review_comment_url: `${comments}{/number}`, statuses_url: statuses },
    ...{ comments_url: `${issue}/comments`, state: 'open', locked: pull.locked, title: pull.title, body: pull.body },
    user: renderUser(site, pull.author),
    labels: pull.labels.map(name => renderLabel(site, repository, name)),
    ...{ milestone: null, assignee: null, closed_at: null, merged_at: null, auto_merge: null, merged_by: null },
    ...{ created_at: pull.createdAt, updated_at: pull.createdAt, draft: pull.draft, merged: false },
    merge_commit_sha: pull.mergeSha ?? null,
    mergeable: pull.mergeSha !== undefined,
    mergeable_state: pull.mergeSha === undefined ? 'dirty' : 'unstable',
    head: side(pull.head, pull.headSha, headRepository),
    base: side(pull.base, pull.baseSha, repository.fullName),
    author_association: headRepository === repository.fullName ? 'MEMBER' : 'FIRST_TIME_CONTRIBUTOR',
    maintainer_can_modify: headRepository !== repository.fullName,
    ...{ additions: total('additions'), deletions: total('deletions'), changed_files: files.length, commits },
    ...{ comments: pull.comments.length, review_comments: 0 },
    _links: {
      ...{ self: { href: url }, html: { href: html }, issue: { href: issue }, comments: { href: `${issue}/comments` } },
      ...{ review_comments: { href: comments }, review_comment: { href: `${comments}{/number}` } },
      ...{ commits: { href: `${url}/commits` }, statuses: { href: statuses } },
    },
  }
}

export function renderFile(site: Site, repository: Repository, head: string, file: DiffEntry) {
  const path = encoded(file.path)
  return {
    sha: file.sha,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${repositoryWeb(site, repository)}/blob/${head}/${path}`,
    raw_url: `${repositoryWeb(site, repository)}/raw/${head}/${path}`,
    contents_url: `${repositoryApi(site, repository)}/contents/${path}?ref=${head}`,
    ...(file.previousPath === undefined ? {} : { previous_filename: file.previousPath }),
  }
}

const verification = { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null }
const person = ({ name, email, date }: Person) => ({ name, email, date })

export function renderGitCommit(site: Site, repository: Repository, commit: CommitObject) {
  const api = `${repositoryApi(site, repository)}/git`
  const web = repositoryWeb(site, repository)
  return {
    sha: commit.sha,
    node_id: nodeId('Commit', commit.sha),
    url: `${api}/commits/${commit.sha}`,
    html_url: `${web}/commit/${commit.sha}`,
    author: person(commit.author),
    committer: person(commit.committer),
    tree: { sha: commit.tree, url: `${api}/trees/${commit.tree}` },
    message: commit.message,
    parents: commit.parents.map(sha => ({ sha, url: `${api}/commits/${sha}`, html_url: `${web}/commit/${sha}` })),
    verification,
  }
}

export function renderCommit(site: Site, repository: Repository, commit: CommitObject) {
  const { tree, message, parents } = renderGitCommit(site, repository, commit)
  const url = `${repositoryApi(site, repository)}/commits/${commit.sha}`
  const [author, committer] = [person(commit.author), person(commit.committer)]
  return {
    ...{ url, sha: commit.sha, node_id: nodeId('Commit', commit.sha), comments_url: `${url}/comments` },
    html_url: `${repositoryWeb(site, repository)}/commit/${commit.sha}`,
    commit: { url, author, committer, message, tree, comment_count: 0, verification },
    author: null,
    committer: null,
    parents,
  }
}

export function renderComment(site: Site, repository: Repository, comment: Comment) {
  return {
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    url: `${repositoryApi(site, repository)}/issues/comments/${comment.id}`,
    html_url: `${repositoryWeb(site, repository)}/pull/${comment.pull}#issuecomment-${comment.id}`,
    issue_url: `${repositoryApi(site, repository)}/issues/${comment.pull}`,
    body: comment.body,
    user: comment.author === null ? null : renderUser(site, comment.author),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: 'NONE',
    performed_via_github_app: null,
  }
}

function renderApp(site: Site, slug: string) {
  const at = '2026-01-01T00:00:00Z'
  const url = `${site.web}/apps/${slug}`
  return {
    ...{ id: 1, node_id: nodeId('App', slug), slug, name: slug, owner: renderUser(site, 'acme'), description: null },
    ...{ external_url: url, html_url: url, created_at: at, updated_at: at, permissions: {}, events: [] },
  }
}

export function renderIssueEvent(site: Site, repository: Repository, event: IssueEvent) {
  return {
    id: event.id,
    node_id: nodeId('IssueEvent', event.id),
    url: `${repositoryApi(site, repository)}/issues/events/${event.id}`,
    // GitHub lets this account stand for those that were deleted.
    actor: renderUser(site, event.actor ?? 'ghost'),
    event: event.event,
    ...{ commit_id: null, commit_url: null },
    performed_via_github_app: event.app === undefined ? null : renderApp(site, event.app),
    created_at: event.at,
    label: { name: event.label, color: 'ededed' },
  }
}

export function renderCheckRun(site: Site, repository: Repository, run: CheckRun) {
  const url = `${repositoryApi(site, repository)}/check-runs/${run.id}`
  const output = { ...run.output, annotations_count: run.annotations.length, annotations_url: `${url}/annotations` }
  return {
    ...{ id: run.id, node_id: nodeId('CheckRun', run.id), head_sha: run.headSha, name: run.name, url, output },
    html_url: `${repositoryWeb(site, repository)}/runs/${run.id}`,
    details_url: run.detailsUrl ?? `${repositoryWeb(site, repository)}/runs/${run.id}`,
    ...{ status: run.status, conclusion: run.conclusion, started_at: run.startedAt, completed_at: run.completedAt },
    ...{ external_id: run.externalId, check_suite: { id: 1 }, app: null, pull_requests: [] },
  }
}

export function renderStatus(site: Site, repository: Repository, status: Status) {
  return {
    url: `${repositoryApi(site, repository)}/statuses/${status.sha}`,
    avatar_url: null,
    ...{ id: status.id, node_id: nodeId('Status', status.id), state: status.state, context: status.context },
    ...{ description: status.description, target_url: status.targetUrl, created_at: status.at, updated_at: status.at },
    creator: renderUser(site, status.creator),
  }
}
