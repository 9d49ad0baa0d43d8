/**
 * Prints the dollars of "The Cost of Training NLP Models" (arXiv 2004.08900) beside traincost's: `npm run sharir`.
 * Every number comes from the command line in dist/; the assumptions are in README.md.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = 'examples/sharir-2020'

/** Expected dollars of the configs together, by the shipped command line. */
export function dollars(configs, policy, profile, set = []) {
  const paths = configs.map(name => `${folder}/configs/${name}.yaml`)
  const flags = ['--policy', `${folder}/${policy}.yml`, '--format', 'json', '--quiet']
  const chosen = profile === undefined ? [] : ['--profile', profile]
  const facts = set.flatMap(fact => ['--set', fact])
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['dist/cli/index.js', 'estimate', ...paths, ...flags, ...chosen, ...facts],
    { cwd: root, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`traincost estimate ended with ${status}: ${stderr}`)
  return JSON.parse(stdout).estimates.reduce((sum, { path, usd }) => {
    if (usd === null) throw new Error(`${path} has no price`)
    return sum + usd.expected
  }, 0)
}

/** [what, config, profile, the paper's low end; its high end is twenty times that] */
const ROWS = [
  ['BERT-like 110M, 16 GB V100, u 0.20', 'bert-110m', 'p3', 2_500],
  ['BERT-like 340M, 16 GB V100, u 0.20', 'bert-340m', 'p3', 10_000],
  ['BERT-like 340M, 32 GB V100, u 0.20', 'bert-340m', 'p3dn', 10_000],
  ['BERT-like 1.5B, 32 GB V100, u 0.20', 'bert-1.5b', 'p3dn', 80_000],
  ['BERT-like 1.5B, 32 GB V100, u 0.13', 'bert-1.5b', 'p3dn-model-parallel', 80_000],
  ['BERT-like 1.5B, 32 GB V100, u 0.10', 'bert-1.5b', 'p3dn-slow', 80_000],
]

/** [which tokens, profile, facts that replace the config's] */
const T5 = [
  ['1e12 tokens of both sides, 16 GB V100', 'p3', []],
  ['1e12 tokens of both sides, 32 GB V100', 'p3dn', []],
  ['1e12 encoder tokens, 16 GB V100', 'p3', ['total_tokens=1000000000000']],
  ['1e12 encoder tokens, 32 GB V100', 'p3dn', ['total_tokens=1000000000000']],
]

function main() {
  const usd = value => `$${Math.round(value).toLocaleString('en-US')}`
  const lines = [['', 'one run', 'paper', '20 runs', 'paper']]
  for (const [what, config, profile, low] of ROWS)
    lines.push([
      what,
      usd(dollars([config], 'policy', profile)),
      usd(low),
      usd(dollars([config], 'project', profile)),
      usd(20 * low),
    ])
  for (const [what, profile, set] of T5)
    lines.push([`T5-11B, ${what}`, usd(dollars(['t5-11b'], 'policy', profile, set)), 'over $1,300,000', '', ''])
  const project = usd(dollars(['t5-11b', 't5-3b', 't5-base'], 'project'))
  lines.push(['T5 as a project (project.yml)', '', '', project, 'about $10,000,000'])
  const widths = lines[0].map((_, i) => Math.max(...lines.map(line => line[i].length)))
  for (const line of lines)
    console.log(
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join('  ')
        .trimEnd(),
    )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
