import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import {
  type LocalGitHub,
  type LoggedRequest,
  type Pull,
  pullEvent,
  type Repository,
  type Token,
  type WorkflowEvent,
} from '../github/index.ts'

/** One `::error …::…` line, as the runner turns it into an annotation. */
export interface LogAnnotation {
  readonly level: 'error' | 'warning' | 'notice'
  readonly message: string
  readonly file: string | undefined
  readonly line: number | undefined
  readonly title: string | undefined
}

/** What a run of the Action left behind. */
export interface ActionRun {
  readonly exitCode: number
  readonly outputs: Readonly<Record<string, string>>
  readonly summary: string
  readonly stdout: string
  readonly stderr: string
  readonly annotations: readonly LogAnnotation[]
  /** The requests of this run alone. */
  readonly requests: readonly LoggedRequest[]
  readonly files: ReadonlyMap<string, string>
}

export interface ActionStart {
  readonly gh: LocalGitHub
  readonly repository: Repository
  /** The pull request as it is now; or an event, which may be stale by now. */
  readonly pull?: Pull
  readonly event?: WorkflowEvent
  readonly eventName?: 'pull_request' | 'pull_request_target'
  readonly inputs?: Readonly<Record<string, string>>
  readonly token?: Token
  readonly env?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

const ROOT = resolve(import.meta.dirname, '..', '..')
/** The committed bundle, or one that was built elsewhere to be tried. */
const BUNDLE = process.env.TRAINCOST_BUNDLE ?? join(ROOT, 'dist', 'index.js')
const NODE_24 = join(ROOT, 'node_modules', '.bin', 'node')
const SUMMARY_LIMIT = 1024 * 1024 // bytes; the runner drops a longer one

interface Metadata {
  readonly inputs: Readonly<Record<string, { readonly default?: unknown } | null>>
  readonly outputs: Readonly<Record<string, unknown>>
}

/** Starts the committed bundle as the runner does: an empty environment, an empty workspace, inputs as variables. */
export async function runAction(start: ActionStart): Promise<ActionRun> {
  if (!existsSync(BUNDLE)) throw new Error(`${BUNDLE} is missing: run npm run build, then the end-to-end tests`)
  const { gh, repository, inputs = {} } = start
  const token = start.token ?? gh.token()
  const event =
    start.event ??
    (start.pull && (await pullEvent(gh, repository, start.pull, { name: start.eventName ?? 'pull_request' })))
  if (event === undefined) throw new Error('a run needs a pull request or an event')
  const metadata: Metadata = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8'))
  const folder = mkdtempSync(join(tmpdir(), 'action-run-'))
  try {
    const at = (name: string) => join(folder, name)
    writeFileSync(at('event.json'), JSON.stringify(event.payload))
    for (const name of ['output', 'summary', 'env', 'state']) writeFileSync(at(name), '')
    for (const name of ['workspace', 'temp', 'home']) mkdirSync(at(name))
    const from = gh.requests.length
    const env = {
      PATH: process.env.PATH,
      HOME: at('home'),
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_API_URL: gh.url,
      GITHUB_GRAPHQL_URL: gh.graphqlUrl,
      GITHUB_SERVER_URL: gh.webUrl,
      GITHUB_EVENT_NAME: event.name,
      GITHUB_EVENT_PATH: at('event.json'),
      GITHUB_REPOSITORY: repository.fullName,
      GITHUB_REPOSITORY_OWNER: repository.owner,
      GITHUB_SHA: event.sha,
      GITHUB_REF: event.ref,
      GITHUB_ACTOR: event.actor,
      GITHUB_RUN_ID: '77',
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_JOB: 'cost',
      GITHUB_WORKFLOW: 'cost',
      GITHUB_WORKSPACE: at('workspace'),
      GITHUB_OUTPUT: at('output'),
      GITHUB_STEP_SUMMARY: at('summary'),
      GITHUB_ENV: at('env'),
      GITHUB_STATE: at('state'),
      RUNNER_TEMP: at('temp'),
      RUNNER_OS: 'Linux',
      ...inputVariables(metadata, inputs, token),
      ...start.env,
    }
    const { exitCode, stdout, stderr } = await spawned(env, at('workspace'), start.timeoutMs ?? 120_000)
    const summary = readFileSync(at('summary'), 'utf8')
    if (Buffer.byteLength(summary) > SUMMARY_LIMIT) throw new Error('the job summary is above 1 MiB')
    const outputs = outputsFrom(readFileSync(at('output'), 'utf8'))
    for (const name of Object.keys(outputs))
      if (!Object.hasOwn(metadata.outputs, name)) throw new Error(`output ${name} is not declared in action.yml`)
    const reports = ['report-json', 'report-markdown', 'report-html'].map(name => outputs[name] ?? '')
    const files = reports.filter(path => path !== '' && existsSync(resolve(at('workspace'), path)))
    return {
      ...{ exitCode, outputs, summary, stdout, stderr },
      annotations: annotationsFrom(stdout),
      requests: gh.requests.slice(from),
      files: new Map(files.map(path => [path, readFileSync(resolve(at('workspace'), path), 'utf8')])),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** `INPUT_MAX-INCREASE`: upper case, hyphens kept, and every declared input present, if empty. */
function inputVariables(metadata: Metadata, inputs: Readonly<Record<string, string>>, token: Token) {
  for (const name of Object.keys(inputs))
    if (!Object.hasOwn(metadata.inputs, name)) throw new Error(`input ${name} is not declared in action.yml`)
  return Object.fromEntries(
    Object.entries(metadata.inputs).map(([name, declared]) => {
      const fallback = typeof declared?.default === 'string' ? declared.default : ''
      const value = inputs[name] ?? fallback.replace('${{ github.token }}', token.value)
      return [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]
    }),
  )
}

function spawned(env: Readonly<Record<string, string | undefined>>, cwd: string, timeoutMs: number) {
  return new Promise<{ exitCode: number; stdout: string; stderr: string }>((done, fail) => {
    const node = existsSync(NODE_24) ? NODE_24 : process.execPath
    const child = spawn(node, [BUNDLE], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString('utf8')
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      fail(new Error(`the Action did not end in ${timeoutMs / 1000} s\n${text(out)}\n${text(err)}`))
    }, timeoutMs)
    child.on('error', fail)
    child.on('close', code => {
      clearTimeout(timer)
      if (code === null) fail(new Error(`the Action was killed\n${text(out)}\n${text(err)}`))
      else done({ exitCode: code, stdout: text(out), stderr: text(err) })
    })
  })
}

/** `name<<DELIMITER` … `DELIMITER`, or `name=value`; the runner fails the step on anything else. */
export function outputsFrom(file: string): Readonly<Record<string, string>> {
  const outputs: Record<string, string> = Object.create(null)
  const lines = file.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!
    if (line === '') continue
    const heredoc = /^([^=<]+)<<(.+)$/.exec(line)
    if (heredoc === null) {
      const equals = line.indexOf('=')
      if (equals < 1) throw new Error(`not a line of an output file: ${line}`)
      outputs[line.slice(0, equals)] = line.slice(equals + 1)
      continue
    }
    const end = lines.indexOf(heredoc[2]!, i + 1)
    if (end < 0) throw new Error(`the output ${heredoc[1]!} has no end`)
    outputs[heredoc[1]!] = lines.slice(i + 1, end).join('\n')
    i = end
  }
  return outputs
}

const decoded = (text: string) =>
  text
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%25', '%')

/** Commands as the runner finds them: at the start of a line, in any of its capitalizations. */
export function annotationsFrom(stdout: string): readonly LogAnnotation[] {
  return stdout.split(/\r?\n/).flatMap(line => {
    const found = /^\s*::(error|warning|notice)(?: ([^:]*))?::(.*)$/.exec(line)
    if (found === null) return []
    const properties = new Map(
      (found[2] ?? '')
        .split(',')
        .map(pair => pair.trim().split('=', 2))
        .map(([key = '', value = '']) => [key, decoded(value)]),
    )
    return [
      {
        level: found[1] as LogAnnotation['level'], // the pattern names the three
        message: decoded(found[3] ?? ''),
        file: properties.get('file'),
        line: properties.has('line') ? Number(properties.get('line')) : undefined,
        title: properties.get('title'),
      },
    ]
  })
}
