/**
 * Starts both bundles the way their users do: the command line on this machine's Node and on the action's, the action
 * on its own. They run from a copy outside the project, so that nothing of node_modules can be reached by accident.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { actionNode, hostNode, versionOf } from './nodes.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const EXAMPLE_COMMENT = join(root, 'examples/pull-request/comment.md')
const PATH = process.env.PATH ?? ''

/** Folders have no commit date, so a price's age in days is counted from the clock: the only words that move by themselves. */
const withoutAge = text => text.replaceAll(/\d+ days old/g, 'some days old')

const isCrash = text => /^\s+at .+:\d+:\d+\)?$/m.test(text)

function run(node, args, cwd, env = {}) {
  const options = { cwd, env: { PATH, HOME: cwd, ...env }, encoding: 'utf8', timeout: 60_000, input: '' }
  const { status, signal, stdout, stderr } = spawnSync(node, args, options)
  return { status, signal, stdout, stderr, all: stdout + stderr }
}

/** What a failed check shows of a run, short enough for a log. */
const seen = ({ status, signal, all }) => `exit ${signal ?? status}\n${all.slice(0, 2000)}`

function commandLine(node, home) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const on = `on Node ${versionOf(node)}`
  const printed = run(node, ['dist/cli/index.js', '--version'], home)
  const diff = run(node, diffArguments, home)
  const unknown = run(node, ['dist/cli/index.js', 'no-such-command'], home)
  return [
    {
      name: `traincost --version ${on}`,
      ok: printed.status === 0 && printed.stdout.trim() === version,
      why: seen(printed),
    },
    {
      name: `traincost diff --dirs on the example breaks its budget with exit code 1 ${on}`,
      ok: diff.status === 1 && diff.stdout.startsWith('<!-- traincost:v1') && !isCrash(diff.stderr),
      why: seen(diff),
    },
    {
      name: `the example's comment is the committed one, byte for byte ${on}`,
      ok: existsSync(EXAMPLE_COMMENT) && withoutAge(diff.stdout) === withoutAge(readFileSync(EXAMPLE_COMMENT, 'utf8')),
      why: `${EXAMPLE_COMMENT} is stale: look at the new comment, then run node scripts/check-bundles.mjs --write`,
    },
    {
      name: `an unknown command is refused with exit code 2 ${on}`,
      ok: unknown.status === 2 && !isCrash(unknown.all),
      why: seen(unknown),
    },
  ]
}

const diffArguments = [
  'dist/cli/index.js',
  'diff',
  '--dirs',
  'examples/pull-request/base',
  'examples/pull-request/head',
]

/** The action outside GitHub, and inside an event that it cannot read: a sentence and exit code 1, never a stack trace. */
function action(node, home) {
  const event = join(home, 'event.json')
  writeFileSync(event, '{')
  const broken = { GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: event, GITHUB_REPOSITORY: 'octo/train' }
  const attempts = [
    ['without an environment', {}],
    ['with an event that is not JSON', broken],
  ]
  return attempts.map(([name, env]) => {
    const result = run(node, ['dist/index.js'], home, env)
    return {
      name: `the action ${name} fails with a message on Node ${versionOf(node)}`,
      ok: result.status === 1 && result.stdout.includes('::error') && !isCrash(result.all),
      why: seen(result),
    }
  })
}

export function checkBundles() {
  const home = mkdtempSync(join(tmpdir(), 'traincost-bundles-'))
  try {
    for (const part of ['dist', 'examples']) cpSync(join(root, part), join(home, part), { recursive: true })
    const runtime = actionNode()
    const nodes = new Map([hostNode(), runtime].map(node => [versionOf(node), node]))
    return [...[...nodes.values()].flatMap(node => commandLine(node, home)), ...action(runtime, home)]
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.includes('--write')) {
    const diff = run(process.execPath, diffArguments, root)
    if (!diff.stdout.startsWith('<!-- traincost:v1')) throw new Error(seen(diff))
    writeFileSync(EXAMPLE_COMMENT, diff.stdout)
  }
  const failed = checkBundles().filter(check => !check.ok)
  for (const { name, why } of failed) console.error(`✗ ${name}\n${why}`)
  process.exitCode = failed.length > 0 ? 1 : 0
}
