import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { pullEvent, sequentialRounds, startGitHub, type LoggedRequest } from '../__tests__/github/index.ts'

const LATENCY_MS = 50

/** [what, measured, against, ratio] */
type Row = readonly [string, string, string, string]
type Files = Readonly<Record<string, string>>

/** Two sides of a pull request; `head` are the files that it changes. */
interface Change {
  readonly base: Files
  readonly head: Files
}

interface Measured {
  readonly requests: readonly LoggedRequest[]
  readonly seconds: number
}

/** Files of a folder by their path in it. */
function filesOf(folder: string): Files {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  const paths = entries.map(entry => join(entry.parentPath, entry.name))
  return Object.fromEntries(paths.map(path => [relative(folder, path), readFileSync(path, 'utf8')]))
}

function many(count: number, path: (index: number) => string, content: (index: number) => string): Files {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [path(i), content(i)]))
}

const isWrite = ({ method, route, body }: LoggedRequest): boolean =>
  route === 'POST /graphql' ? JSON.stringify(body).includes('mutation') : method !== 'GET'

/**
 * Pull requests on a local GitHub. How often the action has to wait for an answer of 50 ms before it can ask the next
 * question, against how many it asks; and on what the number of its questions depends.
 *
 * @param root of this repository
 * @param node that runs the action
 */
export async function measure(root: string, node: string): Promise<readonly Row[]> {
  const run = (change: Change, latencyMs = 0) => measureOne(root, node, change, latencyMs)
  const scene = sceneOf(root)
  return [...(await rounds(scene, run)), ...(await unmatched(scene, run)), ...(await included(scene, run))]
}

type Run = (change: Change, latencyMs?: number) => Promise<Measured>
type Scene = ReturnType<typeof sceneOf>

/** The example, its policy, and a config of it. Every change that is made of them breaks the budget. */
function sceneOf(root: string) {
  const example = join(root, 'examples/pull-request')
  const base = filesOf(join(example, 'base'))
  const policy = base['.github/traincost.yml'] ?? ''
  const chat = readFileSync(join(example, 'base/configs/sft/chat.yaml'), 'utf8').replace(/^deepspeed:.*$/m, '')
  const trained = (epochs: number): string => chat.replace(/^num_epochs:.*$/m, `num_epochs: ${epochs}`)
  return {
    example: { base, head: filesOf(join(example, 'head')) },
    policy: { '.github/traincost.yml': policy },
    trained,
  }
}

async function rounds({ example, policy, trained }: Scene, run: Run): Promise<readonly Row[]> {
  const hundred = (epochs: number) =>
    many(
      100,
      i => `configs/sft/${i}.yaml`,
      () => trained(epochs),
    )
  const cases = [
    { name: 'the example', ...example },
    { name: '100 configs', base: { ...policy, ...hundred(1) }, head: hundred(900) },
  ]
  const rows: Row[] = []
  for (const { name, ...change } of cases) {
    const { requests, seconds } = await run(change, LATENCY_MS)
    const comment = requests.findIndex(({ method, route }) => method === 'POST' && route.endsWith('/comments'))
    rows.push(
      row(`${name}, to the verdict`, requests.slice(0, requests.findIndex(isWrite))),
      row(`${name}, to the comment`, requests.slice(0, comment + 1)),
      row(`${name}, to the end`, requests),
      [`${name}, the whole run`, `${seconds.toFixed(2)} s`, '', ''],
    )
  }
  return rows
}

function row(what: string, requests: readonly LoggedRequest[]): Row {
  const waited = sequentialRounds(requests)
  const ratio = `× ${(waited / requests.length).toFixed(2)}`
  return [what, `${waited} round trips`, `${requests.length} requests`, ratio]
}

/**
 * One changed config among files that no glob matches: in the tree, or changed by the pull request as well. Changed YAML is
 * looked at all the same, in at most ten queries: a training config that no glob covers is named.
 */
async function unmatched({ policy, trained }: Scene, run: Run): Promise<readonly Row[]> {
  const config = (epochs: number) => ({ 'configs/sft/one.yaml': trained(epochs) })
  const others = (count: number, word: string, ending: string) =>
    many(
      count,
      i => `src/part-${i % 40}/file-${i}.${ending}`,
      i => `${word}: ${i}\n`,
    )
  const inTree = (count: number, ending = 'py'): Change => ({
    base: { ...policy, ...others(count, 'old', ending), ...config(1) },
    head: config(900),
  })
  const changed = (count: number, ending = 'py'): Change => {
    const { base, head } = inTree(count, ending)
    return { base, head: { ...head, ...others(count, 'new', ending) } }
  }
  const rows: Row[] = []
  for (const [what, change] of [
    ['in the tree', inTree],
    ['changed', changed],
    ['changed, all YAML', count => changed(count, 'yaml')],
  ] as readonly (readonly [string, (count: number) => Change])[]) {
    const [few, lots] = [await run(change(10)), await run(change(2000))]
    rows.push(compared(`2,000 unmatched files ${what}, against 10`, lots.requests.length, few.requests.length))
  }
  return rows
}

/** Configs that include one file, which the pull request changes: those of one query are read in one query. */
async function included({ policy, trained }: Scene, run: Run): Promise<readonly Row[]> {
  const change = (count: number): Change => ({
    base: {
      ...policy,
      ...many(
        count,
        i => `configs/sft/${i}.yaml`,
        i => `${trained(1)}deepspeed: ../shared/zero.json\nseed: ${i}\n`,
      ),
      'configs/shared/zero.json': '{ "zero_optimization": { "stage": 2 } }\n',
    },
    head: { 'configs/shared/zero.json': '{ "zero_optimization": { "stage": 3 } }\n' },
  })
  const rows: Row[] = []
  let least: number | undefined
  for (const count of [40, 50, 51, 100, 500]) {
    const { requests } = await run(change(count))
    const queries = Math.ceil(count / 50)
    least ??= requests.length - queries
    rows.push(compared(`${count} configs include a changed file`, requests.length, least + queries))
  }
  return rows
}

function compared(what: string, asked: number, expected: number): Row {
  return [what, `${asked} requests`, `${expected} requests`, `× ${(asked / expected).toFixed(2)}`]
}

/** A bundle that was built elsewhere can be tried: TRAINCOST_BUNDLE. */
async function measureOne(root: string, node: string, { base, head }: Change, latencyMs: number): Promise<Measured> {
  const github = await startGitHub()
  const home = mkdtempSync(join(tmpdir(), 'traincost-trips-'))
  try {
    const repository = github.repository({ files: base })
    repository.commit({ branch: 'change', files: head })
    const event = await pullEvent(github, repository, repository.pull({ head: 'change' }))
    const eventPath = join(home, 'event.json')
    writeFileSync(eventPath, JSON.stringify(event.payload))
    for (const file of ['output', 'summary']) writeFileSync(join(home, file), '')

    github.latencyMs = latencyMs
    const started = performance.now()
    const action = spawn(node, [process.env['TRAINCOST_BUNDLE'] ?? join(root, 'dist/index.js')], {
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
        INPUT_COMMENT: 'always',
      },
    })
    const said = Promise.all([text(action.stdout), text(action.stderr)])
    await new Promise<number | null>((done, failed) => action.on('exit', done).on('error', failed))
    const seconds = (performance.now() - started) / 1000

    // Without a comment something else was measured.
    const log = (await said).join('\n')
    const commented = github.requests.some(
      ({ method, route, status }) => method === 'POST' && route.endsWith('/comments') && status === 201,
    )
    if (!commented) throw new Error(`the action wrote no comment:\n${log.slice(0, 1000)}`)
    return { requests: [...github.requests], seconds }
  } finally {
    rmSync(home, { recursive: true, force: true })
    await github.close()
  }
}
