import type { Problem } from '../facts/index.ts'
import type { Conclusion } from '../judge/index.ts'
import { CREATE_ONCE, isFault, problemFrom, statusOf, type GitHubClient } from '../read/index.ts'
import type { Annotation } from '../report/index.ts'
import type { Published, Target } from './types.ts'

export interface CheckOptions extends Target {
  /** The head that was judged. */
  readonly headSha: string
  /** Empty where the repository has one report. */
  readonly reportId: string
  readonly kind: 'check-run' | 'commit-status' | 'none'
  readonly conclusion: Conclusion
  /** The verdict with its number: what the merge box shows. */
  readonly title: string
  /** Markdown. */
  readonly summary: string
  readonly detailsUrl?: string
  /** Only where there is no job log to show them. */
  readonly annotations?: readonly Annotation[]
}

const MAX_SUMMARY = 65_535
const MAX_ANNOTATIONS = 50
const MAX_DESCRIPTION = 140
const TOO_LONG = '\n\n… the whole report is in the job summary.'

/** Differs from any job's name, and stays the same: it is what a branch rule would name. */
export function checkName(reportId: string): string {
  return reportId === '' ? 'traincost report' : `traincost report / ${reportId}`
}

/**
 * The verdict as a completed check run on the head, or as a commit status where the token may not write checks. Only
 * success and failure: neutral and skipped would satisfy a required check. Never throws.
 */
export async function publishCheck(client: GitHubClient, options: CheckOptions): Promise<Published> {
  switch (options.kind) {
    case 'none':
      return { did: 'skipped', problems: [] }
    case 'commit-status':
      return publishStatus(client, options)
    case 'check-run':
      try {
        return await createCheckRun(client, options)
      } catch (thrown) {
        // Only apps write checks; a person's token may still set a status. Any other refusal would meet the status too.
        const isForApps = statusOf(thrown) === 403 && /authenticate via a GitHub App/i.test(String(thrown))
        return isForApps ? publishStatus(client, options) : notPublished(thrown, 'checks: write')
      }
    default:
      return options.kind satisfies never
  }
}

async function createCheckRun(client: GitHubClient, options: CheckOptions): Promise<Published> {
  const { owner, repo, headSha } = options
  const name = checkName(options.reportId)
  const batches = inBatches(options.annotations ?? [])
  const output = { title: Array.from(options.title).slice(0, 255).join(''), summary: shortened(options.summary) }
  const request = {
    owner,
    repo,
    name,
    head_sha: headSha,
    status: 'completed',
    conclusion: stateOf(options.conclusion),
    ...(options.detailsUrl === undefined ? {} : { details_url: options.detailsUrl }),
    output: { ...output, annotations: batches[0] ?? [] },
    ...CREATE_ONCE,
  } as const
  let run: { readonly id: number; readonly html_url: string | null }
  try {
    run = (await client.writer.checks.create(request)).data
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    // The fault may have come behind the write. Ours is the one that says the same.
    const { data } = await client.reader.checks.listForRef({
      owner,
      repo,
      ref: headSha,
      check_name: name,
      filter: 'latest',
    })
    run =
      data.check_runs.find(r => r.conclusion === request.conclusion && r.output.title === output.title) ??
      (await client.writer.checks.create(request)).data
  }
  const problems: Problem[] = []
  for (const annotations of batches.slice(1)) {
    try {
      await client.writer.checks.update({
        owner,
        repo,
        check_run_id: run.id,
        output: { ...output, annotations },
        ...CREATE_ONCE,
      })
    } catch (thrown) {
      problems.push(asWarning(thrown, 'add annotations to the check run', 'checks: write'))
      break
    }
  }
  return { did: 'created', id: run.id, ...(run.html_url === null ? {} : { url: run.html_url }), problems }
}

async function publishStatus(client: GitHubClient, options: CheckOptions): Promise<Published> {
  const { owner, repo, headSha, detailsUrl } = options
  try {
    const { data } = await client.writer.repos.createCommitStatus({
      owner,
      repo,
      sha: headSha,
      state: stateOf(options.conclusion),
      context: checkName(options.reportId),
      description: Array.from(options.title).slice(0, MAX_DESCRIPTION).join(''),
      ...(detailsUrl === undefined ? {} : { target_url: detailsUrl }),
    })
    return { did: 'created', id: data.id, ...(detailsUrl === undefined ? {} : { url: detailsUrl }), problems: [] }
  } catch (thrown) {
    return notPublished(thrown, 'statuses: write')
  }
}

function stateOf(conclusion: Conclusion): 'success' | 'failure' {
  switch (conclusion) {
    case 'pass':
    case 'warn':
    case 'overridden':
    case 'no-change':
      return 'success'
    case 'fail':
    case 'error':
      return 'failure'
    default:
      return conclusion satisfies never
  }
}

function inBatches(annotations: readonly Annotation[]) {
  const batches = []
  for (let start = 0; start < annotations.length; start += MAX_ANNOTATIONS)
    batches.push(
      annotations.slice(start, start + MAX_ANNOTATIONS).map(({ level, path, line, title, message }) => ({
        path,
        start_line: line,
        end_line: line,
        annotation_level: level === 'error' ? ('failure' as const) : level,
        title,
        message,
      })),
    )
  return batches
}

/** The limit counts characters; bytes are the safer measure. Cut between lines, so that no markup is cut in two. */
function shortened(summary: string): string {
  const bytes = (text: string) => Buffer.byteLength(text)
  if (bytes(summary) <= MAX_SUMMARY) return summary
  let text = summary
  while (bytes(text) > MAX_SUMMARY - bytes(TOO_LONG)) {
    const lineEnd = text.lastIndexOf('\n')
    if (lineEnd <= 0) return TOO_LONG.trim()
    text = text.slice(0, lineEnd)
  }
  return `${text}${TOO_LONG}`
}

type Needed = 'checks: write' | 'statuses: write'

function asWarning(thrown: unknown, doing: string, needs: Needed): Problem {
  return { ...problemFrom(thrown, doing, needs), severity: 'warning' }
}

/** A refusal is `check-read-only`: the job's own conclusion is the same verdict, so it is worth no more than a notice. */
function notPublished(thrown: unknown, needs: Needed): Published {
  const problem = asWarning(thrown, 'report the check; the job has the same verdict', needs)
  const refused = statusOf(thrown) === 403 && problem.code === 'github-permission'
  return { did: 'failed', problems: [refused ? { ...problem, code: 'check-read-only' } : problem] }
}
