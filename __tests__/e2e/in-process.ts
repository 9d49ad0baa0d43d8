import type { LiveLabel } from '../../src/judge/index.ts'
import { judgeChange, type Judged } from '../../src/pipeline.ts'
import { publishReport, type ReportPublished } from '../../src/publish/index.ts'
import {
  apiSource,
  githubClient,
  readEvent,
  readLabels,
  type ChangeEvent,
  type ClientOptions,
  type GitHubClient,
  type RevisionInputs,
} from '../../src/read/index.ts'
import type { LocalGitHub, WorkflowEvent } from '../github/index.ts'

/** A run of the action without its process: what the entry does between reading inputs and writing files. */
export interface InProcess {
  readonly judged: Judged
  readonly published: ReportPublished
}

export function changeEvent(
  repository: { readonly fullName: string },
  event: WorkflowEvent,
  inputs: RevisionInputs = {},
): ChangeEvent {
  const env = {
    GITHUB_EVENT_NAME: event.name,
    GITHUB_REPOSITORY: repository.fullName,
    GITHUB_SHA: event.sha,
    GITHUB_ACTOR: event.actor,
  }
  const read = readEvent(env, JSON.stringify(event.payload), inputs)
  if (read.is === 'failed') throw new Error(read.problem.message)
  return read.value
}

/** A client that counts waits in milliseconds instead of seconds. */
export function quickClient(gh: LocalGitHub, token: string, more: Partial<ClientOptions> = {}): Promise<GitHubClient> {
  return githubClient({ apiUrl: gh.url, token, version: 'test', secondMs: 1, timeoutMs: 60_000, ...more })
}

export async function runInProcess(
  client: GitHubClient,
  event: ChangeEvent,
  inputs: ReadonlyMap<string, string> = new Map(),
): Promise<InProcess> {
  const judged = await judgeChange({
    source: apiSource({ client, event }),
    rawInputs: inputs,
    set: new Map(),
    only: [],
    async labelsOf(names) {
      const read = await readLabels(client, event, names)
      if (read.is === 'failed') return { known: false, missing: [] }
      const live = read.value.map(({ label, ...grant }): LiveLabel => ({ name: label, ...grant }))
      return { known: true, value: live, origins: [] }
    },
    linksOf: () => null,
  })
  const { comment, commentStyle, check } = judged.inputs
  const published = await publishReport(client, {
    event,
    report: judged.report,
    comment,
    style: commentStyle,
    check,
    checkId: '',
  })
  return { judged, published }
}
