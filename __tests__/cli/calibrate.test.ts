import { folder, traincost, write } from './run.ts'

/*
 * Llama-3-8B at 8,192 tokens, 64 sequences a step: 524,288 tokens. A step in 16 s is 32,768 tokens a second of the
 * whole job, 4,096 of each of its 8 accelerators. Each log says that in its own words.
 */
const CONFIG = `traincost: 1
hidden_size: 4096
num_layers: 32
num_heads: 32
num_kv_heads: 8
head_dim: 128
ffn_size: 14336
gated: true
vocab_size: 128256
tied_embeddings: false
method: pretrain
packing: true
seq_len: 8192
global_batch: 64
steps: 1000
precision: bf16
`
const STEP_SECONDS = 16
const lines = (line: (step: number) => string) => Array.from({ length: 40 }, (_, i) => line(i + 1)).join('\n')

const LOGS: Readonly<Record<string, string>> = {
  'trainer_state.json': JSON.stringify({
    global_step: 1000,
    log_history: [
      { step: 10, loss: 3 },
      { step: 1000, train_runtime: 1000 * STEP_SECONDS, train_steps_per_second: 1 / STEP_SECONDS },
    ],
  }),
  'megatron.log': lines(
    step =>
      ` iteration ${step}/ 1000 | consumed samples: ${64 * step} | elapsed time per iteration (ms): ${1000 * STEP_SECONDS} | learning rate: 1.0E-04 | global batch size: 64 | lm loss: 3.0E+00 |`,
  ),
  'titan.log': lines(step => `step: ${step}  loss: 3.0  memory: 70GiB(90%)  tps: 4,096  mfu: 21.3%`),
  'nanogpt.log': lines(step => `iter ${step}: loss 3.0000, time ${(1000 * STEP_SECONDS).toFixed(2)}ms, mfu 21.30%`),
  'foundry.log': lines(() => 'Train throughput/tokens_per_sec: 32768.0000'),
}

const profile = (line: string) => `version: 1
configs: [{ path: run.yaml, profile: ours }]
profiles:
  ours:
    accelerator: H100-SXM
    accelerators: 8
    usd_per_accelerator_hour: 2
    price_date: 2026-11-01
${line}`

const made: (() => void)[] = []
afterAll(() => {
  for (const remove of made) remove()
})

function project(): string {
  const { path, remove } = folder({ 'run.yaml': CONFIG, 'policy.yml': profile(''), ...LOGS })
  made.push(remove)
  return path
}

async function hoursOf(root: string): Promise<number> {
  const { out, err, code } = await traincost(
    root,
    ...['estimate', 'run.yaml', '--policy', 'policy.yml', '--format', 'json', '--quiet'],
  )
  expect([code, err]).toEqual([0, ''])
  const report = JSON.parse(out) as { estimates: [{ wallClockHours: { expected: number } }] }
  return report.estimates[0].wallClockHours.expected
}

const calibrate = (root: string, log: string, format: string) =>
  traincost(root, 'calibrate', log, ...['--config', 'run.yaml', '--policy', 'policy.yml', '--format', format])

describe('traincost calibrate', () => {
  it.each(Object.keys(LOGS))('finds 32,768 tokens a second in %s', async log => {
    const { out, code } = await calibrate(project(), log, 'json')
    expect(code).toBe(0)
    const { tokensPerSecond, utilization } = JSON.parse(out) as { tokensPerSecond: number; utilization: number }
    expect(Math.abs(tokensPerSecond / 32_768 - 1)).toBeLessThan(1e-5)
    // 5.1471e10 FLOPs a token, counted in docs/estimator.md §3: · 4,096 ÷ 989e12.
    expect(utilization).toBeCloseTo(0.21317, 4)
  })

  it('says how far the estimate was off before and is after, and prints the line that makes it so', async () => {
    const root = project()
    // 1,000 steps of 16 s.
    const took = (1000 * STEP_SECONDS) / 3600
    const before = (await hoursOf(root)) / took
    const { out, code } = await calibrate(root, 'megatron.log', 'text')
    expect(code).toBe(0)
    const said = (when: string) => new RegExp(`Estimate ${when}: .* tokens per second, ([−+])([\\d.]+) ?%`).exec(out)
    const errorSaid = (when: string) => {
      const [, sign, size] = said(when) ?? []
      return ((sign === '−' ? -1 : 1) * Number(size)) / 100
    }
    // Twice the hours are half of the rate.
    expect(Math.abs(errorSaid('before') - (1 / before - 1))).toBeLessThan(0.02)
    expect(errorSaid('after')).toBeCloseTo(-0.05, 2)

    const line = /^tokens_per_second: 32768$/m.exec(out)?.[0]
    expect(line).toBeDefined()
    write(root, { 'policy.yml': profile(`    ${line ?? ''}\n`) })
    // The rate that was measured, less the 5 % that whole runs lose.
    expect((await hoursOf(root)) * 0.95).toBeCloseTo(took, 3)
    expect(Math.abs(before - 1)).toBeGreaterThan(0.06)
  })

  it('a log that says nothing of speed ends with 2 and the reason', async () => {
    const { err, code } = await calibrate(project(), 'run.yaml', 'text')
    expect(code).toBe(2)
    expect(err).toMatch(/no line says how fast it ran/)
  })
})
