import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { pullEvent, sequentialRounds, startGitHub, type LoggedRequest } from '../__tests__/github/index.ts'

const LATENCY_MS = 50

/** [what, measured, against, ratio] */
type Row = readonly [string, string, string, string]

/** Files of a folder by their path in it. */
function filesOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  const paths = entries.map(entry => join(entry.parentPath, entry.name))
  return Object.fromEntries(paths.map(path => [relative(folder, path), readFileSync(path, 'utf8')]))
}

const isWrite = ({ method, route, body }: LoggedRequest): boolean =>
  route === 'POST /graphql' ? JSON.stringify(body).includes('mutation') : method !== 'GET'

/** The example, and a pull request that trains a hundred configs for longer. Both break their budgets. */
const cases = (root: string): readonly Case[] => {
  const example = join(root, 'examples/pull-request')
  const policy = readFileSync(join(example, 'base/.github/traincost.yml'), 'utf8')
  const chat = readFileSync(join(example, 'base/configs/sft/chat.yaml'), 'utf8').replace(/^deepspeed:.*$/m, '')
  const hundred = (epochs: number) =>
    Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [
        `configs/sft/${i}.yaml`,
        chat.replace(/^num_epochs:.*$/m, `num_epochs: ${epochs}`),
      ]),
    )
  return [
    { name: 'the example', base: filesOf(join(example, 'base')), head: filesOf(join(example, 'head')) },
    { name: '100 configs', base: { '.github/traincost.yml': policy, ...hundred(1) }, head: hundred(900) },
  ]
}

interface Case {
  readonly name: string
  readonly base: Readonly<Record<string, string>>
  readonly head: Readonly<Record<string, string>>
}

/**
 * Pull requests on a local GitHub whose every answer takes 50 ms. What counts is how often the action has to wait for an
 * answer before it can ask the next question, against how many it asks.
 *
 * @param root of this repository
 * @param node that runs the action
 */
export async function measure(root: string, node: string): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const given of cases(root)) rows.push(...(await measureOne(root, node, given)))
  return rows
}

async function measureOne(root: string, node: string, { name, base, head }: Case): Promise<readonly Row[]> {
  const github = await startGitHub()
  const home = mkdtempSync(join(tmpdir(), 'traincost-trips-'))
  try {
    const repository = github.repository({ files: base })
    repository.commit({ branch: 'change', files: head })
    const event = await pullEvent(github, repository, repository.pull({ head: 'change' }))
    const eventPath = join(home, 'event.json')
    writeFileSync(eventPath, JSON.stringify(event.payload))
    for (const file of ['output', 'summary']) writeFileSync(join(home, file), '')

    github.latencyMs = LATENCY_MS
    const started = performance.now()
    const action = spawn(node, [join(root, 'dist/index.js')], {
      cwd: home,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOME: home,
        RUNNER_TEMP: home,
        GITHUB_ACTIONS: 'true',
        GITHUB_API_URL: github.url,
        GITHUB_GRAPHQL_URL: github.graphqlUrl,
        GITHUB_SERVER_URL: github.webUrl,
        GITHUB_REPOSITORY: repository.fullName,
        GITHUB_EVENT_NAME: event.name,
        GITHUB_EVENT_PATH: eventPath,
        GITHUB_SHA: event.sha,
        GITHUB_REF: event.ref,
        GITHUB_ACTOR: event.actor,
        GITHUB_RUN_ID: '1',
        GITHUB_OUTPUT: join(home, 'output'),
        GITHUB_STEP_SUMMARY: join(home, 'summary'),
        'INPUT_GITHUB-TOKEN': github.token().value,
      },
    })
    const said = Promise.all([text(action.stdout), text(action.stderr)])
    const code = await new Promise<number | null>((done, failed) => action.on('exit', done).on('error', failed))
    const seconds = (performance.now() - started) / 1000

    // A broken budget ends in 1 and an error: any other end means that something else was measured.
    const log = (await said).join('\n')
    if (code !== 1 || !log.includes('::error')) throw new Error(`the action ended with ${code}:\n${log.slice(0, 1000)}`)
    const writes = github.requests.filter(isWrite)
    const verdict = github.requests.slice(0, github.requests.findIndex(isWrite))
    const comment = github.requests.findIndex(({ method, route }) => method === 'POST' && route.endsWith('/comments'))
    if (writes.length === 0 || comment === -1) throw new Error(`the action wrote no comment:\n${log.slice(0, 1000)}`)
    return [
      row(`${name}, to the verdict`, verdict),
      row(`${name}, to the comment`, github.requests.slice(0, comment + 1)),
      row(`${name}, to the end`, github.requests),
      [`${name}, the whole run`, `${seconds.toFixed(2)} s`, '', ''],
    ]
  } finally {
    rmSync(home, { recursive: true, force: true })
    await github.close()
  }
}

function row(what: string, requests: readonly LoggedRequest[]): Row {
  const rounds = sequentialRounds(requests)
  const ratio = `× ${(rounds / requests.length).toFixed(2)}`
  return [what, `${rounds} round trips`, `${requests.length} requests`, ratio]
}
