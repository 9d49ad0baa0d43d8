import { filesOfPull } from './code-routes.ts'
import { renderPull, renderRepository, renderUser } from './render.ts'
import type { LocalGitHub } from './server.ts'
import type { Pull, Repository } from './state.ts'

/** What a workflow run is started with. */
export interface WorkflowEvent {
  readonly name: string
  readonly payload: Readonly<Record<string, unknown>>
  /** `GITHUB_SHA` and `GITHUB_REF`. */
  readonly sha: string
  readonly ref: string
  readonly actor: string
}

const common = (gh: LocalGitHub, repository: Repository, actor: string) => ({
  repository: renderRepository(gh.site, repository),
  sender: renderUser(gh.site, actor),
})

/** A pull request as it is at this moment; what is pushed later makes the event stale. */
export async function pullEvent(
  gh: LocalGitHub,
  repository: Repository,
  pull: Pull,
  { action = 'synchronize', name = 'pull_request' }: { action?: string; name?: string } = {},
): Promise<WorkflowEvent> {
  const pull_request = renderPull(gh.site, repository, pull, await filesOfPull(repository, pull))
  const payload = { action, number: pull.number, pull_request, ...common(gh, repository, pull.author) }
  // `pull_request` runs on the merge of head and base, `pull_request_target` on the base branch.
  const target = name === 'pull_request_target'
  return {
    name,
    payload: JSON.parse(JSON.stringify(payload)),
    sha: target ? repository.tip(pull.base) : (pull.mergeSha ?? pull.headSha),
    ref: target ? `refs/heads/${pull.base}` : `refs/pull/${pull.number}/merge`,
    actor: pull.author,
  }
}

/** The merge queue has put a pull request on the tip of the base branch. */
export function mergeGroupEvent(gh: LocalGitHub, repository: Repository, pull: Pull): WorkflowEvent {
  const base = repository.tip(pull.base)
  const head = repository.git.merge(base, pull.headSha, gh.site.world.now())
  if (head === undefined) throw new Error('the scenario puts a conflicting pull request into the merge queue')
  const ref = `refs/heads/gh-readonly-queue/${pull.base}/pr-${pull.number}-${base}`
  repository.git.setRef(ref, head)
  const merge_group = { head_sha: head, head_ref: ref, base_sha: base, base_ref: `refs/heads/${pull.base}` }
  const payload = { action: 'checks_requested', merge_group, ...common(gh, repository, pull.author) }
  return { name: 'merge_group', payload, sha: head, ref, actor: pull.author }
}

export function pushEvent(gh: LocalGitHub, repository: Repository, before: string, after: string): WorkflowEvent {
  const ref = `refs/heads/${repository.defaultBranch}`
  const payload = { ref, before, after, ...common(gh, repository, repository.owner) }
  return { name: 'push', payload, sha: after, ref, actor: repository.owner }
}

export function dispatchEvent(gh: LocalGitHub, repository: Repository): WorkflowEvent {
  const ref = `refs/heads/${repository.defaultBranch}`
  const payload = { ref, inputs: {}, ...common(gh, repository, repository.owner) }
  return { name: 'workflow_dispatch', payload, sha: repository.tip('main'), ref, actor: repository.owner }
}
