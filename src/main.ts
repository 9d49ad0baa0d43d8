import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as core from '@actions/core'
import { place } from './facts/index.ts'
import type { Fact, Problem } from './facts/index.ts'
import type { LiveLabel, Verdict } from './judge/index.ts'
import { judgeChange } from './pipeline.ts'
import type { Judged } from './pipeline.ts'
import { broken } from './outcome.ts'
import type { Published } from './publish/index.ts'
import { publishReport, writeAnnotations, writeOutputs, writeReportFiles, writeSummary } from './publish/index.ts'
import {
  apiSource,
  gitEventSource,
  githubClient,
  proxyFetch,
  readEvent,
  readLabels,
  readRemoteFile,
  remoteFileFrom,
} from './read/index.ts'
import type { ChangeEvent, GitHubClient, Revisions } from './read/index.ts'
import { annotations, headline, outputs, plainText, renderHtml, renderJson, renderSummary } from './report/index.ts'
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
  const event = readEvent(env, await payload(), inputs)
  const { githubToken } = inputs
  const refusals = problems.filter(problem => problem.severity === 'error')
  if (event.is === 'failed') return refuse([...refusals, event.problem], inputs, rawInputs)
  if (refusals.length > 0) return refuse(refusals, inputs, rawInputs)
  const { base, head } = event.value
  if (base.by === 'none') return nothingToCompare(base.why, head)
  if (githubToken === undefined) return refuse([NO_TOKEN], inputs, rawInputs)
  const reader = await client(githubToken, READ_MS)
  const judged = await judgeChange({
    source:
      inputs.source === 'git'
        ? gitEventSource({ cwd: env['GITHUB_WORKSPACE'] ?? '.', event: event.value })
        : apiSource({ client: reader, event: event.value }),
    rawInputs,
    set: new Map(),
    only: [],
    readRemote: async reference => {
      const file = remoteFileFrom(reference)
      if (file === undefined)
        return { is: 'failed', problem: error('policy-remote', 'a policy elsewhere is named owner/repo/path@ref') }
      const { policyToken } = inputs
      return readRemoteFile(policyToken === undefined ? reader : await client(policyToken, READ_MS), file)
    },
    labelsOf: names => liveLabels(reader, event.value, names),
    linksOf,
  })
  // The verdict is the exit code, and nothing below can change it.
  process.exitCode = isClosed(judged.report.verdict, judged.modes) ? 1 : 0
  await publish(await client(githubToken, PUBLISH_MS), event.value, judged)
}

/** Together less than the `timeout-minutes: 10` of our workflows: a cancelled job has neither verdict nor summary. */
const READ_MS = 6 * 60_000
const PUBLISH_MS = 2 * 60_000

async function client(token: string, deadlineMs: number): Promise<GitHubClient> {
  const viaProxy = await proxyFetch(env)
  return githubClient({
    apiUrl: env['GITHUB_API_URL'] ?? 'https://api.github.com',
    token,
    version,
    deadlineMs,
    ...(viaProxy === undefined ? {} : { fetch: viaProxy }),
  })
}

function isClosed({ conclusion }: Verdict, { onError }: Pick<Modes, 'onError'>): boolean {
  return conclusion === 'fail' || (conclusion === 'error' && onError === 'fail')
}

async function publish(github: GitHubClient, event: ChangeEvent, { report, inputs }: Judged): Promise<void> {
  const told: Problem[] = []
  if (inputs.annotations) told.push(...(await writeAnnotations(annotations(report))))
  const summary = renderSummary(report)
  if (inputs.jobSummary) told.push(...(await writeSummary(summary)))
  const directory = inputs.reportDir ?? join(env['RUNNER_TEMP'] ?? '.', `traincost-${inputs.reportId}`)
  const files = await writeReportFiles(directory, [
    { output: 'report-json', name: 'report.json', content: renderJson(report) },
    { output: 'report-markdown', name: 'report.md', content: summary },
    { output: 'report-html', name: 'report.html', content: renderHtml(report) },
  ])
  const sent = inputs.dryRun
    ? undefined
    : await publishReport(github, {
        event,
        report,
        comment: inputs.comment,
        style: inputs.commentStyle,
        check: inputs.check,
        checkId: inputs.reportId === DEFAULT_REPORT_ID ? '' : inputs.reportId,
        ...(runUrl === undefined ? {} : { runUrl }),
      })
  told.push(...files.problems, ...(sent?.comment.problems ?? []), ...(sent?.check.problems ?? []))
  told.push(
    ...(await writeOutputs({
      ...Object.fromEntries(outputs(report)),
      ...Object.fromEntries(files.paths),
      'comment-id': sent?.comment.id,
      'comment-url': sent?.comment.url,
      'check-url': sent?.check.url,
    })),
  )
  for (const problem of report.verdict.problems) say(problem, inputs.annotations && problem.at !== undefined)
  for (const problem of told) say(problem)
  core.info(headline(report))
}

const DEFAULT_REPORT_ID = INPUTS['report-id'].default

async function liveLabels(
  github: GitHubClient,
  event: ChangeEvent,
  names: readonly string[],
): Promise<Fact<readonly LiveLabel[]>> {
  const read = await readLabels(github, event, names)
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

function error(code: string, message: string): Problem {
  return { code, severity: 'error', message }
}

const NO_TOKEN = error('no-token', 'there is no token: leave github-token out, or set it to ${{ github.token }}')

type RawInputs = ReadonlyMap<string, string>

/** Nothing was asked of GitHub yet: the workflow is wrong, which no `on-error` forgives. */
async function refuse(problems: readonly Problem[], inputs: Inputs, rawInputs: RawInputs): Promise<void> {
  process.exitCode = 1
  for (const problem of problems) say(problem)
  await writeSummary(['### ❌ Training cost: not judged', ...problems.map(({ message }) => message)].join('\n\n'))
  const comment = await refreshComment(problems, inputs, rawInputs)
  await writeOutputs({ conclusion: 'error', 'comment-id': comment?.id, 'comment-url': comment?.url })
  for (const problem of comment?.problems ?? []) say(problem)
}

/** A comment of an earlier run must not go on saying "pass". A first one is not written: that would take good inputs. */
async function refreshComment(
  problems: readonly Problem[],
  inputs: Inputs,
  rawInputs: RawInputs,
): Promise<Published | undefined> {
  const { githubToken, comment, commentStyle, reportId, dryRun } = inputs
  // A refused report-id would be read as the default, whose comment belongs to another report.
  const isNamed = [undefined, '', reportId].includes(rawInputs.get('report-id')?.trim())
  if (githubToken === undefined || comment === 'never' || dryRun || !isNamed) return undefined
  // The pull request stands in the payload, whatever is wrong with the inputs.
  const event = readEvent(env, await payload(), {})
  if (event.is === 'failed') return undefined
  const { report } = broken(linksOf, null, inputs, problems)
  const github = await client(githubToken, PUBLISH_MS)
  const options = {
    event: event.value,
    report,
    comment: 'existing',
    style: commentStyle,
    check: 'none',
    checkId: '',
  } as const
  return (await publishReport(github, options)).comment
}

/** A branch that is new or gone: there is no change to judge, and nothing is asked. */
async function nothingToCompare(why: string, head: ChangeEvent['head']): Promise<void> {
  await writeOutputs({ conclusion: 'no-change', 'head-sha': head.by === 'sha' ? head.sha : undefined })
  await writeSummary(`### ✅ Training cost: nothing to compare\n\nNo commit came before: ${why}.`)
  core.info(`nothing to compare: ${why}`)
}

const MAX_LOG_LINE = 1000
/** Worth a line, and no warning: nothing has to be done. */
const NOTICES: ReadonlySet<string> = new Set(['comment-read-only', 'check-read-only', 'superseded'])

/** Into the job's log, plainly where an annotation says it. @actions/core escapes what could end a workflow command. */
function say({ code, severity, message, at }: Problem, isAnnotated = false): void {
  const text = plainText(at === undefined ? message : `${place(at)}: ${message}`, MAX_LOG_LINE)
  if (isAnnotated) core.info(`${severity}: ${text}`)
  else if (NOTICES.has(code)) core.notice(text)
  else if (severity === 'error') core.error(text)
  else core.warning(text)
}

run().catch((bug: unknown) => {
  process.exitCode = 1
  core.error(
    `traincost: this is a bug, please report it: ${bug instanceof Error ? (bug.stack ?? bug.message) : String(bug)}`,
  )
})
