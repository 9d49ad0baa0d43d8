/** `traincost history` over 1,000 versions of one config, against `git log -p` of the same file. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const VERSIONS = 1000
const PATH = 'configs/7b.yaml'

const config = i => `traincost: 1
base_model: meta-llama/Llama-2-7b-hf
method: pretrain
trainable: full
seq_len: ${i % 7 === 0 ? 8192 : 4096}
global_batch: 1024
micro_batch: 1
steps: ${50_000 + i}
packing: true
precision: bf16
optimizer: adamw
recompute: selective
zero_stage: 3
`

/** One commit for each version, written by git itself in one go. */
function historyIn(folder) {
  const commits = Array.from({ length: VERSIONS }, (_, i) => {
    const [text, subject] = [config(i), `steps ${i}`]
    const from = i === 0 ? '' : `from :${i}\n`
    return `commit refs/heads/main\nmark :${i + 1}\ncommitter a <a@example.org> ${1_700_000_000 + i * 3600} +0000\ndata ${subject.length}\n${subject}\n${from}M 100644 inline ${PATH}\ndata ${text.length}\n${text}\n`
  })
  spawnSync('git', ['init', '-q', '-b', 'main', folder])
  const { status, stderr } = spawnSync('git', ['-C', folder, 'fast-import', '--quiet'], { input: commits.join('') })
  if (status !== 0) throw new Error(String(stderr))
  spawnSync('git', ['-C', folder, 'reset', '-q', '--hard', 'main'])
}

function median(run, times = 5) {
  const taken = Array.from({ length: times }, () => {
    const start = performance.now()
    run()
    return performance.now() - start
  })
  return taken.sort((a, b) => a - b)[Math.floor(times / 2)]
}

export function historyTimes(root) {
  const folder = mkdtempSync(join(tmpdir(), 'traincost-history-'))
  try {
    historyIn(folder)
    const options = { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 }
    const log = median(() => spawnSync('git', ['--no-pager', 'log', '-p', '--follow', '--', PATH], options))
    const args = [
      join(root, 'dist/cli/index.js'),
      'history',
      '--format',
      'json',
      '--profile',
      '64 x aws/p5.48xlarge@us-east-1',
      '--',
      PATH,
    ]
    let out = ''
    const ours = median(() => {
      out = spawnSync(process.execPath, args, options).stdout
    })
    const found = JSON.parse(out).histories[0].versions.length
    if (found !== VERSIONS) throw new Error(`${found} of ${VERSIONS} versions`)
    const ms = value => `${Math.round(value)} ms`
    return [
      [`${VERSIONS} versions of one config, against git log -p`, ms(ours), ms(log), `× ${(ours / log).toFixed(1)}`],
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
