/**
 * `traincost diff` in a git repository of thousands of configs, made by varying the corpus, against `git cat-file --batch` on
 * the same blobs. The hard case is that all of them change: each is then read, priced and judged on both sides. The easy one
 * is that one changes: the others are read at the head alone, to see whether they include it.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { corpusFiles } from './corpus-files.mjs'

const COUNTS = [2500, 5000, 10_000]
/** A few real configs are lists of data paths of 50 KB: they are no config that a repository has thousands of. */
const LARGEST_BYTES = 10_000

const POLICY = `version: 1
configs:
  - path: configs/**
    profile: h100
profiles:
  h100: { instance: aws/p5.48xlarge, region: us-east-1, pricing: on-demand, accelerators: 64 }
rules:
  - { name: cost, metric: cost, max_increase_percent: 25 }
`

/** The first number that says how long a run is, or how it starts. */
const LENGTH =
  /^(\s*"?[\w.-]*(?:steps|epochs|iters|max_duration|max_tokens|max_update|batch_size|seed)"?\s*[:=]\s*)\d+/m
/** A first number that changes the run whatever else the file says. */
const PRICED = /^\s*"?(?:max_steps|train_steps|training_steps|train_iters|num_train_epochs)"?\s*[:=]\s*\d+/

function varied({ path, text }, number, head) {
  const changed = text.replace(LENGTH, (_, key) => `${key}${1000 + 2 * number + (head ? 1 : 0)}`)
  return extname(path).startsWith('.json') ? `${changed}${' '.repeat(number % 1000)}\n` : `# ${number}\n${changed}`
}

/** Two commits, written by git itself in one go. */
function repository(folder, files, count, isChanged) {
  const file = (path, text) => `M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`
  const commit = head => {
    const configs = Array.from({ length: count }, (_, i) => {
      const source = files[i % files.length]
      return file(`configs/${i % 100}/${i}${extname(source.path)}`, varied(source, i, head && isChanged(i)))
    })
    const start = `commit refs/heads/main\nmark :${head ? 2 : 1}\ncommitter a <a@example.org> ${1_700_000_000 + (head ? 1 : 0)} +0000\ndata 1\nx\n`
    return `${start}${head ? 'from :1\n' : ''}${file('.github/traincost.yml', POLICY)}${configs.join('')}`
  }
  spawnSync('git', ['init', '-q', '-b', 'main', folder])
  const input = commit(false) + commit(true)
  const { status, stderr } = spawnSync('git', ['-C', folder, 'fast-import', '--quiet'], { input })
  if (status !== 0) throw new Error(String(stderr))
}

function git(folder, args, input = '') {
  const { status, stdout, stderr } = spawnSync('git', ['-C', folder, ...args], { input, maxBuffer: 2 ** 30 })
  if (status !== 0) throw new Error(`git ${args[0]}: ${stderr}`)
  return stdout
}

function timed(run) {
  const start = performance.now()
  run()
  return performance.now() - start
}

const least = (run, times) => Math.min(...Array.from({ length: times }, () => timed(run)))

const seconds = milliseconds => `${(milliseconds / 1000).toFixed(2)} s`

/** One comparison of the two commits: its seconds and its memory. It must have looked at what changed. */
function diff(cli, hook, folder, changed) {
  let result
  const milliseconds = timed(() => {
    result = spawnSync(process.execPath, ['--require', hook, cli, 'diff', 'main~1', 'main', '--format', 'text'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      maxBuffer: 2 ** 30,
    })
  })
  const { status, stdout, stderr, output } = result
  const said = String(stdout)
  if (![0, 1, 3].includes(status) || said.includes('include-count')) throw new Error(`diff: ${status} ${stderr}`)
  if ((said.match(/configs\//g) ?? []).length < Math.min(changed, 1)) throw new Error('diff names no config')
  return { milliseconds, mebibytes: Number(output[3]) / 1024 }
}

function measured(cli, hook, files, count, isChanged, changed) {
  const folder = mkdtempSync(join(tmpdir(), 'traincost-many-'))
  try {
    repository(folder, files, count, isChanged)
    const ids = ['main~1', 'main'].map(commit => git(folder, ['ls-tree', '-r', '--format=%(objectname)', commit]))
    const catFile = least(() => git(folder, ['cat-file', '--batch'], Buffer.concat(ids)), 3)
    const { milliseconds, mebibytes } = diff(cli, hook, folder, changed)
    return { milliseconds, catFile, mebibytes }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export function manyConfigs(root, cli = join(root, 'dist/cli/index.js')) {
  const hook = join(root, 'bench/peak-memory.cjs')
  const files = corpusFiles(root).filter(({ text }) => text.length <= LARGEST_BYTES)
  const row = (what, { milliseconds, catFile, mebibytes }) => [
    `${what}, ${Math.round(mebibytes)} MiB`,
    seconds(milliseconds),
    seconds(catFile),
    `× ${(milliseconds / catFile).toFixed(1)}`,
  ]
  const rows = COUNTS.map(count => {
    const taken = measured(cli, hook, files, count, () => true, count)
    return row(`${count.toLocaleString('en-US')} configs × 2 sides, all changed`, taken)
  })
  const most = COUNTS.at(-1)
  const changed = files.findIndex(({ text }) => PRICED.test(LENGTH.exec(text)?.[0] ?? ''))
  const one = measured(cli, hook, files, most, i => i === changed, 1)
  // What nobody who parses these files by this library can be faster than.
  const yaml = files.filter(({ path }) => /\.ya?ml$/.test(path))
  const library = least(() => {
    for (const { text } of yaml) parseAllDocuments(text, { uniqueKeys: false, prettyErrors: false })
  }, 3)
  return [
    ...rows,
    row(`${most.toLocaleString('en-US')} configs, one changed`, one),
    [
      `the YAML library alone on ${(2 * most).toLocaleString('en-US')} of them`,
      seconds((library / yaml.length) * 2 * most),
      seconds(one.catFile),
      `× ${(((library / yaml.length) * 2 * most) / one.catFile).toFixed(1)}`,
    ],
  ]
}
