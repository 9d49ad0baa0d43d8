import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { actionNode } from '../scripts/nodes.mjs'

const ROUNDS = 21

/** The exit code by which at-first-input.cjs says that the action asked for its first input. */
const ASKED = 64

const median = values => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

/** Milliseconds from spawn to exit. A process that ends otherwise than expected was not measured. */
function time(node, args, cwd, env, expected) {
  const started = process.hrtime.bigint()
  const { status, stderr } = spawnSync(node, args, { cwd, env, encoding: 'utf8', input: '', timeout: 60_000 })
  const milliseconds = Number(process.hrtime.bigint() - started) / 1e6
  if (status !== expected) throw new Error(`node ${args.join(' ')} ended with ${status}: ${stderr.slice(0, 500)}`)
  return milliseconds
}

/** The runs alternate, so that a slow moment of the machine falls on all of them. */
export function startUp(root) {
  const node = actionNode()
  const home = mkdtempSync(join(tmpdir(), 'traincost-bench-'))
  const env = { PATH: process.env.PATH ?? '', HOME: home }
  const action = { ...env, 'INPUT_GITHUB-TOKEN': 'none', GITHUB_EVENT_NAME: 'pull_request' }
  const hook = join(root, 'bench/at-first-input.cjs')
  const runs = [
    { name: 'node -e 0', args: ['-e', '0'], env, expected: 0, times: [] },
    { name: 'traincost --version', args: [join(root, 'dist/cli/index.js'), '--version'], env, expected: 0, times: [] },
    {
      name: 'action, to its first input',
      args: ['--require', hook, join(root, 'dist/index.js')],
      env: action,
      expected: ASKED,
      times: [],
    },
  ]
  try {
    for (let round = 0; round < ROUNDS; round += 1)
      for (const run of runs) run.times.push(time(node, run.args, home, run.env, run.expected))
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
  const empty = median(runs[0].times)
  return runs.map(({ name, times }) => [
    name,
    `${median(times).toFixed(1)} ms`,
    `${empty.toFixed(1)} ms`,
    `× ${(median(times) / empty).toFixed(2)}`,
  ])
}
