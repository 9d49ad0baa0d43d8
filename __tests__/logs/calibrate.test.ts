import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCalibrate } from '../../src/calibrate.ts'
import { runEstimate } from '../../src/commands.ts'

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
seq_len: 8192
global_batch: 64
steps: 1000
precision: bf16
`
const PROFILE = '8 x H100-SXM'
/** 6,250 tokens a second on each of 8 accelerators: 50,000. */
const TITAN = Array.from(
  { length: 40 },
  (_, i) => `step: ${i + 1}  loss: 3.0  memory: 70GiB(90%)  tps: ${i < 4 ? 900 : 6250}  mfu: 30%`,
)

describe('traincost calibrate', () => {
  let cwd = ''
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'traincost-logs-'))
    writeFileSync(join(cwd, 'run.yaml'), CONFIG)
    writeFileSync(join(cwd, 'titan.log'), TITAN.join('\n'))
  })
  afterEach(() => {
    rmSync(cwd, { recursive: true, force: true })
  })
  const here = () => ({ cwd, columns: 100, color: false, today: '2026-11-24' })
  const flags = { format: 'json', color: 'never', quiet: true, set: [], profile: PROFILE }
  const calibrated = async (logs: readonly string[], more = {}) =>
    runCalibrate({ ...flags, logs, config: 'run.yaml', ...more }, here())

  it('measures the rate, the utilization, and prints the line for the profile', async () => {
    const { out, err, code } = await calibrated(['titan.log'])
    expect([err, code]).toEqual(['', 0])
    const report = JSON.parse(out) as Record<string, never>
    expect(report).toMatchObject({
      tokensPerSecond: 50_000,
      tokensPerSecondPerAccelerator: 6250,
      profileLines: [
        expect.stringContaining('run.yaml'),
        'tokens_per_second: 50000',
        expect.stringContaining('# where other configs use the profile too: measured_on:'),
      ],
    })
    // Llama-3-8B at 8k is 5.1471e10 FLOPs a token (docs/estimator.md): 5.1471e10 · 6,250 ÷ 989e12.
    expect(report['utilization']).toBeCloseTo((5.1471187968e10 * 6250) / 989e12, 6)
  })

  it('brings the estimate of the same run to the measured rate, less what restarts take', async () => {
    const report = JSON.parse((await calibrated(['titan.log'])).out) as {
      before: { expected: number }
      after: { expected: number }
    }
    expect(report.after.expected / 50_000).toBeCloseTo(0.95, 6)
    expect(Math.abs(report.before.expected / 50_000 - 1)).toBeGreaterThan(0.06)
    writeFileSync(
      join(cwd, 'policy.yml'),
      `version: 1\nprofiles:\n  ours: { accelerator: H100-SXM, accelerators: 8, usd_per_accelerator_hour: 2, price_date: 2026-11-01, tokens_per_second: 50000 }\nconfigs: [{ path: run.yaml, profile: ours }]\n`,
    )
    const { profile: _asked, ...byPolicy } = flags
    const estimated = await runEstimate({ ...byPolicy, paths: ['run.yaml'], policy: 'policy.yml' }, here())
    const [{ wallClockHours }] = (
      JSON.parse(estimated.out) as { estimates: [{ wallClockHours: { expected: number } }] }
    ).estimates
    // 1,000 steps of 64 sequences of 8,192 tokens at 47,500 tokens a second.
    expect(wallClockHours.expected).toBeCloseTo((1000 * 64 * 8192) / 47_500 / 3600, 4)
  })

  it('turns steps into tokens by the config: 64 sequences of 8,192 tokens in 10 seconds', async () => {
    writeFileSync(
      join(cwd, 'nano.log'),
      Array.from({ length: 30 }, (_, i) => `iter ${i}: loss 3.0, time 10000.00ms`).join('\n'),
    )
    const report = JSON.parse((await calibrated(['nano.log'])).out) as { tokensPerSecond: number }
    expect(report.tokensPerSecond).toBeCloseTo(52_428.8, 6)
  })

  it('says samples, warm-up and outliers', async () => {
    writeFileSync(join(cwd, 'titan.log'), [...TITAN, 'step: 41 loss: 3.0 tps: 500'].join('\n'))
    const { out } = await calibrated(['titan.log'], { format: 'text' })
    expect(out).toMatch(/41 samples, the first 4 left out as warm-up.*1 off by more than a quarter/)
    expect(out).toMatch(/\ntokens_per_second: 50000\n/)
  })

  it.each([
    ['a log that is not there', ['none.log'], {}, /none\.log: is not there/],
    ['a log without a rate', ['run.yaml'], {}, /no line says how fast it ran/],
    ['no config', ['titan.log'], { config: undefined }, /needs --config/],
    ['no profile', ['titan.log'], { profile: undefined }, /accelerators/],
    ['a rate beyond the peak', ['fast.log'], {}, /% of the peak/],
  ])('%s is refused with the reason', async (_, logs, more, why) => {
    writeFileSync(join(cwd, 'fast.log'), 'step: 1 loss: 1 tps: 999999\n')
    const { code, err } = await calibrated(logs, more)
    expect(code).toBe(2)
    expect(err).toMatch(why)
  })
})
