import type { ChangeEvent, GitHubClient } from '../read/index.ts'
import { commentMarker, headline, renderMarkdown } from '../report/index.ts'
import type { Report } from '../report/index.ts'
import { publishCheck, type CheckOptions } from './check.ts'
import { publishComment } from './comment.ts'
import type { CommentMode, Published } from './types.ts'

export interface ReportOptions {
  readonly event: ChangeEvent
  readonly report: Report
  readonly comment: CommentMode
  readonly style: 'update' | 'new'
  readonly check: CheckOptions['kind']
  /** Of the check's name; empty where the repository has one report. */
  readonly checkId: string
  readonly runUrl?: string
}

export interface ReportPublished {
  readonly comment: Published
  readonly check: Published
}

/**
 * Puts a report into the pull request's conversation and onto its head. Never throws, changes no verdict.
 *
 * A report of what kept us from reading still belongs to the head that the event names. A token that is likely to be
 * read-only is tried once: what it may not write to the conversation it may not write to the checks either.
 */
export async function publishReport(client: GitHubClient, options: ReportOptions): Promise<ReportPublished> {
  const { event, report } = options
  const headSha = report.head ?? (event.head.by === 'sha' ? event.head.sha : undefined)
  if (headSha === undefined) return { comment: SKIPPED, check: SKIPPED }
  const { conclusion } = report.verdict
  const body = renderMarkdown(report)
  const comment = publishComment(client, {
    event,
    headSha,
    marker: commentMarker(report.reportId),
    body,
    mode: options.comment,
    style: options.style,
    conclusion,
    changed: report.comparisons.some(comparison => comparison.status !== 'unchanged'),
  })
  const check = () =>
    publishCheck(client, {
      owner: event.owner,
      repo: event.repo,
      headSha,
      reportId: options.checkId,
      kind: options.check,
      conclusion,
      title: headline(report),
      summary: body,
      ...(options.runUrl === undefined ? {} : { detailsUrl: options.runUrl }),
    })
  if (event.canComment !== 'unlikely') {
    const [commented, checked] = await Promise.all([comment, check()])
    return { comment: commented, check: checked }
  }
  const commented = await comment
  const isRefused = commented.problems.some(problem => problem.code === 'comment-read-only')
  return { comment: commented, check: isRefused ? SKIPPED : await check() }
}

const SKIPPED: Published = { did: 'skipped', problems: [] }
