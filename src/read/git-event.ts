import { failed } from './fault.ts'
import { gitSource } from './git.ts'
import { git } from './git-command.ts'
import type { GitRevisionOptions } from './git-revisions.ts'
import type { ChangeEvent, Read, Revision, Source } from './types.ts'

export interface GitEventOptions {
  /** A clone that holds the event's commits: GITHUB_WORKSPACE after actions/checkout with fetch-depth: 0. */
  readonly cwd: string
  readonly event: ChangeEvent
}

/**
 * The comparison of an event, read from a clone instead of the API: for repositories that are too large to be listed.
 * The base branch's policy is the one that was fetched.
 *
 * Git is told object names only and runs nothing of the pull request. On pull_request_target a clone is refused all the
 * same: who sets one up there is one step away from running it with a token that may write.
 */
export function gitEventSource({ cwd, event }: GitEventOptions): Source {
  let opening: Promise<Read<Source>> | undefined
  const opened = () =>
    (opening ??= optionsFor(cwd, event).then((read): Read<Source> =>
      read.is === 'failed' ? read : { is: 'read', value: gitSource(read.value) },
    ))
  const ask = async <T>(question: (source: Source) => Promise<Read<T>>): Promise<Read<T>> => {
    const source = await opened()
    return source.is === 'failed' ? source : question(source.value)
  }
  return {
    revisions: () => ask(source => source.revisions()),
    changes: () => ask(source => source.changes()),
    paths: side => ask(source => source.paths(side)),
    texts: (side, paths) => ask(source => source.texts(side, paths)),
    textsAt: (ref, paths) => ask(source => source.textsAt(ref, paths)),
  }
}

async function optionsFor(cwd: string, { kind, base, head, tip }: ChangeEvent): Promise<Read<GitRevisionOptions>> {
  if (kind === 'pull_request_target')
    return failed(
      'source-git',
      'source: git is refused on pull_request_target: leave source out, the API needs no checkout',
    )
  if (base.by === 'none') return failed('no-base', `there is nothing to compare with: ${base.why}`)
  const [headName, tipName] = [await nameIn(cwd, head), await nameIn(cwd, tip)]
  if (headName.is === 'failed') return headName
  if (tipName.is === 'failed') return tipName
  const found = { cwd, ...(headName.value === undefined ? {} : { head: headName.value }) }
  if (base.by === 'merge-base')
    return { is: 'read', value: { ...found, ...(tipName.value === undefined ? {} : { mergeBaseWith: tipName.value }) } }
  const baseName = await nameIn(cwd, base.revision)
  if (baseName.is === 'failed') return baseName
  return {
    is: 'read',
    value: {
      ...found,
      ...(baseName.value === undefined ? {} : { base: baseName.value }),
      ...(tipName.value === undefined ? {} : { tip: tipName.value }),
    },
  }
}

/** What git calls a revision; undefined for the default branch, which it finds by itself. */
async function nameIn(cwd: string, revision: Revision): Promise<Read<string | undefined>> {
  switch (revision.by) {
    case 'sha':
      return { is: 'read', value: revision.sha }
    case 'ref': {
      // A branch as it was fetched, never a local one of that name, which may be old.
      const fetched = `refs/remotes/origin/${revision.ref}`
      const ran = await git(cwd, ['rev-parse', '--verify', '--quiet', `${fetched}^{commit}`])
      if (ran.is === 'failed') return ran
      return { is: 'read', value: ran.value.code === 0 ? fetched : `refs/tags/${revision.ref}` }
    }
    case 'default-branch':
      return { is: 'read', value: undefined }
    case 'pull-head':
    case 'pull-base':
      return failed('source-git', 'source: git does not know pull requests by number: set head-ref and base-ref')
    default:
      return revision satisfies never
  }
}
