import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as core from '@actions/core'
import { place } from './facts/index.ts'
import type { Fact, Problem } from './facts/index.ts'
import type { LiveLabel, Verdict } from './judge/index.ts'
import { judgeChange } from './pipeline.ts'
import type { Judged } from './pipeline.ts'
import {
  publishCheck,
  publishComment,
  writeAnnotations,
  writeOutputs,
  writeReportFiles,
  writeSummary,
} from './publish/index.ts'
import { apiSource, githubClient, proxyFetch, readEvent, readLabels } from './read/index.ts'
import type { ChangeEvent, GitHubClient, Revisions } from './read/index.ts'
import {
  annotations,
  commentMarker,
  headline,
  outputs,
  plainText,
  renderJson,
  renderMarkdown,
  renderSummary,
} from './report/index.ts'
import type { Report } from './report/index.ts'
import { INPUTS, readInputs } from './resolve/index.ts'
import type { Inputs, Modes } from './resolve/index.ts'
import { version } from './version.ts'

const { env } = process
const repository = env['GITHUB_REPOSITORY'] ?? ''
const server = env['GITHUB_SERVER_URL'] ?? 'https://github.com'
const runUrl =
  env['GITHUB_RUN_ID'] === undefined ? undefined : `${server}/${repository}/actions/runs/${env['GITHUB_RUN_ID']}`

/** Reads the event, judges the change, sets the exit code, and only then writes anything. */
async function run(): Promise<void> {
  const rawInputs = new Map(Object.keys(INPUTS).map(name => [name, core.getInput(name)]))
  const { inputs, problems } = readInputs(rawInputs)
  const refusals = [...problems, ...unsupported(inputs)].filter(problem => problem.severity === 'error')
  if (refusals.length > 0) return refuse(refusals, inputs)
  const event = readEvent(env, await payload(), inputs)
  if (event.is === 'failed') return refuse([event.problem], inputs)
  if (inputs.githubToken === undefined)
    return refuse(
      [error('no-token', 'there is no token: leave github-token out, or set it to ${{ github.token }}')],
      inputs,
    )
  const viaProxy = await proxyFetch(env)
  const client = await githubClient({
    apiUrl: env['GITHUB_API_URL'] ?? 'https://api.github.com',
    token: inputs.githubToken,
    version,
    ...(viaProxy === undefined ? {} : { fetch: viaProxy }),
  })
  const judged = await judgeChange({
    source: apiSource({ client, event: event.value }),
    rawInputs,
    set: new Map(),
    only: [],
    labelsOf: names => liveLabels(client, event.value, names),
    linksOf,
  })
  // The verdict is the exit code, and nothing below can change it.
  process.exitCode = isClosed(judged.report.verdict, judged.modes) ? 1 : 0
  await publish(client, event.value, judged)
}

function isClosed({ conclusion }: Verdict, { onError }: Pick<Modes, 'onError'>): boolean {
  return conclusion === 'fail' || (conclusion === 'error' && onError === 'fail')
}

async function publish(client: GitHubClient, event: ChangeEvent, { report, inputs }: Judged): Promise<void> {
  const notes = annotations(report)
  const told: Problem[] = []
  if (inputs.annotations) told.push(...(await writeAnnotations(notes)))
  const summary = renderSummary(report)
  if (inputs.jobSummary) told.push(...(await writeSummary(summary)))
  const directory = inputs.reportDir ?? join(env['RUNNER_TEMP'] ?? '.', `traincost-${inputs.reportId}`)
  const files = await writeReportFiles(directory, [
    { output: 'report-json', name: 'report.json', content: renderJson(report) },
    { output: 'report-markdown', name: 'report.md', content: summary },
  ])
  const toGitHub = inputs.dryRun ? undefined : await publishToGitHub(client, event, report, inputs)
  told.push(...files.problems, ...(toGitHub?.problems ?? []))
  told.push(
    ...(await writeOutputs({
      ...Object.fromEntries(outputs(report)),
      ...Object.fromEntries(files.paths),
      'comment-id': toGitHub?.comment.id,
      'comment-url': toGitHub?.comment.url,
      'check-url': toGitHub?.check.url,
    })),
  )
  for (const problem of [...report.verdict.problems, ...told]) say(problem)
  core.info(headline(report))
}

async function publishToGitHub(client: GitHubClient, event: ChangeEvent, report: Report, inputs: Inputs) {
  const headSha = report.head ?? ''
  const { conclusion } = report.verdict
  const [comment, check] = await Promise.all([
    publishComment(client, {
      event,
      headSha,
      marker: commentMarker(inputs.reportId),
      body: renderMarkdown(report),
      mode: inputs.comment,
      style: inputs.commentStyle,
      conclusion,
      changed: report.comparisons.some(comparison => comparison.status !== 'unchanged'),
    }),
    publishCheck(client, {
      owner: event.owner,
      repo: event.repo,
      headSha,
      reportId: inputs.reportId === DEFAULT_REPORT_ID ? '' : inputs.reportId,
      kind: report.head === null ? 'none' : inputs.check,
      conclusion,
      title: headline(report),
      summary: renderMarkdown(report),
      ...(runUrl === undefined ? {} : { detailsUrl: runUrl }),
    }),
  ])
  return { comment, check, problems: [...comment.problems, ...check.problems] }
}

const DEFAULT_REPORT_ID = INPUTS['report-id'].default

async function liveLabels(
  client: GitHubClient,
  event: ChangeEvent,
  names: readonly string[],
): Promise<Fact<readonly LiveLabel[]>> {
  const read = await readLabels(client, event, names)
  if (read.is === 'read')
    return { known: true, value: read.value.map(({ label, ...grant }) => ({ name: label, ...grant })), origins: [] }
  const { message } = read.problem
  return { known: false, missing: [{ fact: 'labels', why: message, remedy: 'run the job again', absent: false }] }
}

function linksOf({ base, head, tip }: Revisions): Report['links'] {
  if (base === null || head === null) return null
  return {
    repository,
    headSha: head,
    baseSha: base,
    server,
    ...(tip === null ? {} : { tipSha: tip }),
    ...(runUrl === undefined ? {} : { run: runUrl }),
  }
}

async function payload(): Promise<string> {
  const path = env['GITHUB_EVENT_PATH']
  // What cannot be read is refused by readEvent, with the variable's name.
  return path === undefined ? '' : readFile(path, 'utf8').catch(() => '')
}

/** Options of later versions are refused: a gate that silently reads something else is no gate. */
function unsupported(inputs: Inputs): readonly Problem[] {
  return inputs.source === 'git'
    ? [
        error(
          'source-git',
          'input source: git is not supported by this version; leave it out, the API needs no checkout',
        ),
      ]
    : []
}

function error(code: string, message: string): Problem {
  return { code, severity: 'error', message }
}

/** Nothing could be judged: an error, unless the workflow says that errors only warn. */
async function refuse(problems: readonly Problem[], inputs: Inputs): Promise<void> {
  process.exitCode = inputs.onError === 'warn' ? 0 : 1
  problems.forEach(say)
  await writeOutputs({ conclusion: 'error' })
  await writeSummary(['### ❌ Training cost: not judged', ...problems.map(({ message }) => message)].join('\n\n'))
}

const MAX_LOG_LINE = 1000

/** Into the job's log. @actions/core escapes what could end a workflow command. */
function say({ severity, message, at }: Problem): void {
  const text = plainText(at === undefined ? message : `${place(at)}: ${message}`, MAX_LOG_LINE)
  if (severity === 'error') core.error(text)
  else core.warning(text)
}

run().catch((bug: unknown) => {
  process.exitCode = 1
  core.error(
    `traincost: this is a bug, please report it: ${bug instanceof Error ? (bug.stack ?? bug.message) : String(bug)}`,
  )
})
