/**
 * Everything that CI holds a change against, in one run: `npm run check`. With --clean it starts as a fresh clone does,
 * from the README's test command. Ends with how many tests and checks passed and failed.
 *
 * Imports nothing but Node's own modules before the packages are installed.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const clean = process.argv.includes('--clean')
const total = { passed: 0, failed: 0 }
const failures = []

function count(name, ok, why = '') {
  total[ok ? 'passed' : 'failed'] += 1
  if (!ok) failures.push(name)
  console.log(`${ok ? '✓' : '✗'} ${name}${ok || why === '' ? '' : `\n${why}`}`)
}

function run(command, args, env = {}) {
  const started = Date.now()
  console.log(`\n$ ${[command, ...args].join(' ')}`)
  const options = { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit'] }
  const { status, error } = spawnSync(command, args, options)
  if (error) console.log(String(error))
  console.log(`${Math.round((Date.now() - started) / 1000)} s`)
  return status === 0
}

/** Runs the tests and adds up what jest counted. A run that leaves no count behind has failed. */
function tests(name, args) {
  const folder = mkdtempSync(join(tmpdir(), 'traincost-tests-'))
  const counts = join(folder, 'counts.json')
  try {
    const ok = run('npm', args, { TEST_COUNTS: counts, npm_config_audit: 'false' })
    if (!existsSync(counts)) return count(`${name} ran the tests`, false)
    const { passed, failed, brokenFiles, skipped } = JSON.parse(readFileSync(counts, 'utf8'))
    total.passed += passed
    total.failed += failed + brokenFiles
    if (failed + brokenFiles > 0)
      failures.push(`${name}: ${failed} tests, and ${brokenFiles} test files that do not run`)
    if (skipped > 0) console.log(`${skipped} tests were skipped`)
    count(`${name} ends well, and ran tests`, ok && passed > 0)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** dist/ is what src/ builds: no byte differs, no file is missing, none is left over. */
function distribution() {
  if (!run('npm', ['run', '--silent', 'build'])) return count('dist/ can be built', false)
  const unchanged = run('git', ['diff', '--exit-code', '--stat', '--', 'dist'])
  const { stdout } = spawnSync('git', ['ls-files', '--others', '--', 'dist'], { cwd: root, encoding: 'utf8' })
  const why = `dist/ is not what src/ builds: run npm run build and commit dist/\n${stdout}`
  count('dist/ is what src/ builds, byte for byte', unchanged && stdout === '', why)
}

/** The checks of one script; one that throws counts as a failure, with what it threw. */
async function checksOf(name, load) {
  console.log(`\n${name}`)
  try {
    for (const check of await (await load())()) count(check.name, check.ok, check.why)
  } catch (error) {
    count(name, false, String(error instanceof Error ? error.stack : error))
  }
}

if (clean) tests('npm cit', ['cit'])
else tests('npm test', ['test'])
// Attacks, each call failing in each way, fuzzing: too long for every day.
tests('npm run test:long', ['run', 'test:long'])
for (const script of ['format:check', 'lint', 'types'])
  count(`npm run ${script}`, run('npm', ['run', '--silent', script]))
distribution()
await checksOf('The bundles start', async () => (await import('./check-bundles.mjs')).checkBundles)
await checksOf('Workflows and action.yml', async () => (await import('./check-workflows.mjs')).checkWorkflows)

if (failures.length > 0) console.log(`\nFailed:\n${failures.map(name => `- ${name}`).join('\n')}`)
console.log(`\n${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed > 0 ? 1 : 0
