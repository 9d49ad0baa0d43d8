import { type Answer, type Call, created, notFound, ok, paged, Refusal } from './answers.ts'
import { blobAt, comparison, contents, filesOfPull, resolveRef, treeAt } from './code-routes.ts'
import * as show from './render.ts'
import type { CheckRun, Comment, IssueEvent, Pull, Status } from './state.ts'

type Handler = (call: Call) => Answer | Promise<Answer>

const COMMENT_LIMIT = 65_536 // characters; GitHub's message says so, its description does not
const STATUS_DESCRIPTION_LIMIT = 140

/** What this GitHub answers, by method and path template of the official description. */
export const routes: Readonly<Record<string, Handler>> = {
  'GET /rate_limit': () => {
    const rate = { limit: 1000, remaining: 1000, reset: 2_000_000_000, used: 0 }
    return ok({ resources: { core: rate, search: rate, graphql: rate }, rate })
  },
  'GET /user': ({ site, token }) => {
    // The job's token belongs to an installation, which is no user.
    if (token.kind === 'installation') throw new Refusal(403, 'Resource not accessible by integration')
    const at = '2020-01-01T00:00:00Z'
    const nothing = { bio: null, blog: null, company: null, email: null, hireable: null, location: null, name: null }
    const counts = { followers: 0, following: 0, public_gists: 0, public_repos: 0 }
    return ok({ ...show.renderUser(site, token.login), ...nothing, ...counts, created_at: at, updated_at: at })
  },
  'GET /repos/{owner}/{repo}': ({ site, repository }) => ok(show.renderRepository(site, repository)),
  'GET /repos/{owner}/{repo}/collaborators/{username}/permission': ({ site, world, repository, path }) => {
    const login = path.username!
    if (!world.users.has(login)) throw notFound()
    const role = repository.collaborators.get(login) ?? (repository.private ? 'none' : 'read')
    // The old four levels stand for the newer roles.
    const permission = role === 'maintain' ? 'write' : role === 'triage' ? 'read' : role
    return ok({ permission, role_name: role, user: { ...show.renderUser(site, login), role_name: role } })
  },

  'GET /repos/{owner}/{repo}/branches/{branch}': async ({ site, repository, path }) => {
    const sha = await repository.git.resolve(`refs/heads/${path.branch!}`)
    const commit = sha === undefined ? undefined : await repository.git.commitObject(sha)
    if (commit === undefined) throw notFound('Branch not found')
    const url = `${show.repositoryApi(site, repository)}/branches/${encodeURIComponent(path.branch!)}`
    return ok({
      name: path.branch,
      commit: show.renderCommit(site, repository, commit),
      _links: { self: url, html: url },
      protected: false,
      protection: { enabled: false },
      protection_url: `${url}/protection`,
    })
  },
  'GET /repos/{owner}/{repo}/commits/{ref}': async ({ site, repository, path }) => {
    const sha = await resolveRef(repository, path.ref!)
    const commit = sha === undefined ? undefined : await repository.git.commitObject(sha)
    if (commit === undefined) throw new Refusal(422, `No commit found for SHA: ${path.ref!}`)
    return ok(show.renderCommit(site, repository, commit))
  },
  'GET /repos/{owner}/{repo}/git/commits/{commit_sha}': async ({ site, repository, path }) => {
    const commit = /^[0-9a-f]{40}$/.test(path.commit_sha!)
      ? await repository.git.commitObject(path.commit_sha!)
      : undefined
    if (commit === undefined) throw notFound()
    return ok(show.renderGitCommit(site, repository, commit))
  },
  'GET /repos/{owner}/{repo}/git/ref/{ref}': async ({ site, repository, path }) => {
    const found = (await repository.git.refs(`refs/${path.ref!}`)).find(({ ref }) => ref === `refs/${path.ref!}`)
    if (found === undefined) throw notFound()
    return ok(renderRef(site, repository, found))
  },
  'GET /repos/{owner}/{repo}/git/matching-refs/{ref}': async call => {
    const { site, repository, path } = call
    const refs = (await repository.git.refs('refs')).filter(({ ref }) => ref.startsWith(`refs/${path.ref!}`))
    return ok(refs.map(ref => renderRef(site, repository, ref)))
  },
  'GET /repos/{owner}/{repo}/git/trees/{tree_sha}': treeAt,
  'GET /repos/{owner}/{repo}/git/blobs/{file_sha}': blobAt,
  'GET /repos/{owner}/{repo}/contents/{path}': contents,
  'GET /repos/{owner}/{repo}/compare/{basehead}': comparison,

  'GET /repos/{owner}/{repo}/pulls/{pull_number}': async call => {
    const pull = pullNamed(call, call.path.pull_number!)
    return ok(show.renderPull(call.site, call.repository, pull, await filesOfPull(call.repository, pull)))
  },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/files': async call => {
    const pull = pullNamed(call, call.path.pull_number!)
    const { files } = await filesOfPull(call.repository, pull)
    const shown = (page: typeof files) =>
      page.map(file => show.renderFile(call.site, call.repository, pull.headSha, file))
    return paged(call, files.slice(0, 3000), shown, pathTo(call, `pulls/${pull.number}/files`))
  },

  'GET /repos/{owner}/{repo}/issues/{issue_number}/labels': call => {
    const pull = pullNamed(call, call.path.issue_number!)
    const shown = (page: readonly string[]) => page.map(name => show.renderLabel(call.site, call.repository, name))
    return paged(call, pull.labels, shown, pathTo(call, `issues/${pull.number}/labels`))
  },
  'GET /repos/{owner}/{repo}/issues/{issue_number}/events': call => {
    const pull = pullNamed(call, call.path.issue_number!)
    const shown = (page: readonly IssueEvent[]) =>
      page.map(event => show.renderIssueEvent(call.site, call.repository, event))
    return paged(call, pull.events, shown, pathTo(call, `issues/${pull.number}/events`))
  },
  'GET /repos/{owner}/{repo}/issues/{issue_number}/timeline': async call => {
    const { site, repository } = call
    const pull = pullNamed(call, call.path.issue_number!)
    const shas = await repository.git.log([`^${pull.baseSha}`, pull.headSha])
    const commits = await Promise.all(shas.map(sha => repository.git.commitObject(sha)))
    const dated = [
      ...pull.events.map(event => ({
        at: event.at,
        item: show.renderIssueEvent(site, repository, event),
      })),
      ...pull.comments.map(comment => {
        const shown = show.renderComment(site, repository, comment)
        return { at: comment.createdAt, item: { ...shown, event: 'commented', actor: shown.user } }
      }),
    ].sort((a, b) => a.at.localeCompare(b.at))
    const items = [
      ...commits.flatMap(commit =>
        commit === undefined ? [] : [{ ...show.renderGitCommit(site, repository, commit), event: 'committed' }],
      ),
      ...dated.map(({ item }) => item),
    ]
    return paged(call, items, page => page, pathTo(call, `issues/${pull.number}/timeline`))
  },

  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments': call => {
    const pull = pullNamed(call, call.path.issue_number!)
    const shown = (page: readonly Comment[]) =>
      page.map(comment => show.renderComment(call.site, call.repository, comment))
    return paged(call, pull.comments, shown, pathTo(call, `issues/${pull.number}/comments`))
  },
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': call => {
    const pull = pullNamed(call, call.path.issue_number!)
    if (pull.locked) throw new Refusal(403, 'Unable to create comment because issue is locked.')
    checkBody(call.body.body)
    const comment = pull.comment(call.token.login, call.body.body)
    return created(show.renderComment(call.site, call.repository, comment))
  },
  'GET /repos/{owner}/{repo}/issues/comments/{comment_id}': call =>
    ok(show.renderComment(call.site, call.repository, commentNamed(call))),
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}': call => {
    const comment = commentNamed(call)
    checkBody(call.body.body)
    comment.body = call.body.body
    comment.updatedAt = call.world.now()
    return ok(show.renderComment(call.site, call.repository, comment))
  },
  'DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}': call => {
    const comment = commentNamed(call)
    const { comments } = pullNamed(call, String(comment.pull))
    comments.splice(comments.indexOf(comment), 1)
    return { status: 204, body: undefined }
  },

  'POST /repos/{owner}/{repo}/check-runs': async call => {
    mayWriteChecks(call)
    const { body, world, repository } = call
    await mustExist(call, body.head_sha)
    const run: CheckRun = {
      id: world.nextId(),
      headSha: body.head_sha,
      name: body.name,
      status: 'queued',
      conclusion: null,
      startedAt: body.started_at ?? world.now(),
      completedAt: null,
      detailsUrl: null,
      externalId: null,
      output: { title: null, summary: null, text: null },
      annotations: [],
    }
    applyCheck(call, run)
    repository.checkRuns.push(run)
    return created(show.renderCheckRun(call.site, repository, run))
  },
  'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}': call => {
    mayWriteChecks(call)
    const run = call.repository.checkRuns.find(({ id }) => String(id) === call.path.check_run_id)
    if (run === undefined) throw notFound()
    applyCheck(call, run)
    return ok(show.renderCheckRun(call.site, call.repository, run))
  },
  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs': async call => {
    const { site, repository, path, query } = call
    const sha = await resolveRef(repository, path.ref!)
    const runs = repository.checkRuns.filter(
      run => run.headSha === sha && (query.get('check_name') ?? run.name) === run.name,
    )
    const shown = (page: readonly CheckRun[]) => ({
      total_count: runs.length,
      check_runs: page.map(run => show.renderCheckRun(site, repository, run)),
    })
    return paged(call, runs, shown, pathTo(call, `commits/${path.ref!}/check-runs`))
  },
  'POST /repos/{owner}/{repo}/statuses/{sha}': async call => {
    const { body, path, world, token, repository, site } = call
    await mustExist(call, path.sha!)
    if (Array.from(String(body.description ?? '')).length > STATUS_DESCRIPTION_LIMIT)
      throw new Refusal(422, `Validation Failed: description is too long (maximum is 140 characters)`, true)
    const status: Status = {
      id: world.nextId(),
      sha: path.sha!,
      state: body.state,
      context: body.context ?? 'default',
      description: body.description ?? null,
      targetUrl: body.target_url ?? null,
      at: world.now(),
      creator: token.login,
    }
    repository.statuses.push(status)
    return created(show.renderStatus(site, repository, status))
  },
  'GET /repos/{owner}/{repo}/commits/{ref}/statuses': async call => {
    const sha = await resolveRef(call.repository, call.path.ref!)
    const statuses = call.repository.statuses.filter(status => status.sha === sha).reverse()
    const shown = (page: readonly Status[]) => page.map(status => show.renderStatus(call.site, call.repository, status))
    return paged(call, statuses, shown, pathTo(call, `commits/${call.path.ref!}/statuses`))
  },
}

const pathTo = (call: Call, rest: string) => `/repos/${call.repository.fullName}/${rest}`

const renderRef = (site: show.Site, repository: Call['repository'], { ref, sha }: { ref: string; sha: string }) => ({
  ref,
  node_id: Buffer.from(ref).toString('base64'),
  url: `${show.repositoryApi(site, repository)}/git/${ref}`,
  object: { type: 'commit', sha, url: `${show.repositoryApi(site, repository)}/git/commits/${sha}` },
})

function pullNamed(call: Call, number: string): Pull {
  const found = call.repository.pulls.find(pull => String(pull.number) === number)
  if (found === undefined) throw notFound()
  return found
}

function commentNamed(call: Call): Comment {
  const all = call.repository.pulls.flatMap(pull => pull.comments)
  const found = all.find(({ id }) => String(id) === call.path.comment_id)
  if (found === undefined) throw notFound()
  return found
}

function checkBody(body: string): void {
  if (body.trim() === '') throw new Refusal(422, 'Validation Failed: body cannot be blank', true)
  if (body.length > COMMENT_LIMIT)
    throw new Refusal(422, `Validation Failed: body is too long (maximum is ${COMMENT_LIMIT} characters)`, true)
}

function mayWriteChecks(call: Call): void {
  if (call.token.kind === 'user') throw new Refusal(403, 'You must authenticate via a GitHub App.')
}

async function mustExist(call: Call, sha: string): Promise<void> {
  const found = /^[0-9a-f]{40}$/.test(sha) ? await call.repository.git.resolve(sha) : undefined
  if (found === undefined) throw new Refusal(422, `No commit found for SHA: ${sha}`, true)
}

function applyCheck({ body, world }: Call, run: CheckRun): void {
  if (body.status === 'completed' && body.conclusion === undefined)
    throw new Refusal(422, 'Invalid request. "conclusion" must be given when "status" is "completed".', true)
  for (const note of (body.output?.annotations ?? []) as readonly show.Json[]) {
    if (note.start_line !== note.end_line && (note.start_column !== undefined || note.end_column !== undefined))
      throw new Refusal(422, 'Invalid request. Columns need an annotation of one line.', true)
    run.annotations.push(note)
  }
  const completed = body.conclusion !== undefined
  run.status = completed ? 'completed' : (body.status ?? run.status)
  run.conclusion = body.conclusion ?? run.conclusion
  run.completedAt = completed ? (body.completed_at ?? world.now()) : run.completedAt
  run.detailsUrl = body.details_url ?? run.detailsUrl
  run.externalId = body.external_id ?? run.externalId
  const { title, summary, text } = body.output ?? {}
  run.output = {
    title: title ?? run.output.title,
    summary: summary ?? run.output.summary,
    text: text ?? run.output.text,
  }
}
