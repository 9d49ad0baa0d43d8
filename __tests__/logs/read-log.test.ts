import fc from 'fast-check'
import { readLog, steadyRate, type LogReading, type Sample } from '../../src/logs/index.ts'

function samplesOf(text: string): readonly Sample[] {
  const reading = readLog(text)
  if (reading.is !== 'log') throw new Error(reading.why)
  return reading.samples
}
const formatOf = (reading: LogReading) => (reading.is === 'log' ? reading.format : reading.why)

const MEGATRON = [
  'training ...',
  ' [2026-10-01 12:00:00] iteration       10/  500000 | consumed samples:        10240 | elapsed time per iteration (ms): 12500.0 | learning rate: 1.5E-05 | global batch size:  1024 | lm loss: 9.1E+00 |',
  ' [2026-10-01 12:02:05] iteration       20/  500000 | consumed samples:        20480 | elapsed time per iteration (ms): 8000.0 | throughput per GPU (TFLOP/s/GPU): 410.2 | global batch size:  1024 | lm loss: 7.0E+00 |',
].join('\n')
const TORCHTITAN = [
  '[rank0]:[titan] 2026-10-01 12:00:00,000 - root - INFO - Training starts at step 1',
  '[rank0]:[titan] 2026-10-01 12:00:10,000 - root - INFO - \u001b[31mstep:  1  \u001b[32mloss: 12.25  \u001b[33mmemory: 40.1GiB(42%)  \u001b[34mtps: 312  \u001b[36mtflops: 15.2  \u001b[35mmfu: 1.5%\u001b[39m',
  '[rank0]:[titan] 2026-10-01 12:00:20,000 - root - INFO - \u001b[31mstep: 10  \u001b[32mloss: 10.50  \u001b[33mmemory: 40.1GiB(42%)  \u001b[34mtps: 6,250  \u001b[36mtflops: 310.0  \u001b[35mmfu: 31.3%\u001b[39m',
].join('\r\n')
const NANOGPT = [
  'step 0: train loss 10.9, val loss 10.9',
  'iter 0: loss 10.9321, time 31000.12ms, mfu -100.00%',
  'iter 10: loss 9.8000, time 250.00ms, mfu 40.12%',
].join('\n')
const FOUNDRY = [
  '[batch=2/100]:',
  '         Train time/batch: 1',
  '         Train loss/train/total: 9.1',
  '         Train throughput/batches_per_sec: 0.5',
  '         Train throughput/tokens_per_sec: 262144.0000',
  '         Train throughput/device/tokens_per_sec: 32768.0000',
].join('\n')

describe('logs of finished runs', () => {
  it('Megatron: 1,024 sequences in 8 seconds are 128 a second', () => {
    expect(formatOf(readLog(MEGATRON))).toBe('megatron')
    expect(samplesOf(MEGATRON)).toEqual([
      { step: 10, rate: 1024 / 12.5, unit: 'samples', per: 'job' },
      { step: 20, rate: 128, unit: 'samples', per: 'job' },
    ])
  })

  it('torchtitan: tokens per second of one accelerator, through colors, carriage returns and thousands commas', () => {
    expect(formatOf(readLog(TORCHTITAN))).toBe('torchtitan')
    expect(samplesOf(TORCHTITAN)).toEqual([
      { step: 1, rate: 312, unit: 'tokens', per: 'accelerator' },
      { step: 10, rate: 6250, unit: 'tokens', per: 'accelerator' },
    ])
  })

  it('nanoGPT: a step in 250 ms is 4 steps a second; evaluations are no steps', () => {
    expect(formatOf(readLog(NANOGPT))).toBe('nanogpt')
    expect(samplesOf(NANOGPT).map(sample => [sample.rate, sample.unit])).toEqual([
      [1000 / 31000.12, 'steps'],
      [4, 'steps'],
    ])
  })

  it('llm-foundry: the rate of the job, not that of one device beside it', () => {
    expect(samplesOf(FOUNDRY)).toEqual([{ step: null, rate: 262_144, unit: 'tokens', per: 'job' }])
    const device = FOUNDRY.split('\n')
      .filter(line => !line.includes('throughput/tokens'))
      .join('\n')
    expect(samplesOf(device)).toEqual([{ step: null, rate: 32_768, unit: 'tokens', per: 'accelerator' }])
  })

  it('Transformers: the mean over the run, from the last entry that has one', () => {
    const state = {
      global_step: 500,
      log_history: [
        { step: 10, loss: 2.1 },
        { step: 500, train_runtime: 1000.0, train_steps_per_second: 0.5, train_loss: 1.2 },
      ],
    }
    const reading = readLog(JSON.stringify(state, null, 2))
    expect(reading).toMatchObject({ is: 'log', format: 'hf-trainer-state', isAverage: true })
    expect(samplesOf(JSON.stringify(state))).toEqual([{ step: 500, rate: 0.5, unit: 'steps', per: 'job' }])
    const older = { global_step: 500, log_history: [{ train_runtime: 250 }] }
    expect(samplesOf(JSON.stringify(older))[0]?.rate).toBe(2)
  })

  it.each([
    ['an empty file', ''],
    ['prose', 'all went well\n'],
    ['JSON of another kind', '{"log_history": 5}'],
    ['JSON that ends early', '{"log_history": ['],
    ['a run that was not finished', '{"log_history": [{"step": 10, "loss": 2}]}'],
    ['deep JSON', `{"log_history":${'['.repeat(1e5)}`],
    ['numbers that are none', 'iter 1: loss 1, time NaNms\niter 2: loss 1, time -5ms\niter 3: loss 1, time 1e999ms'],
    ['zero', 'iter 1: loss 1, time 0.00ms, mfu 1%'],
  ])('%s is refused with a reason', (_, text) => {
    const reading = readLog(text)
    expect(reading.is === 'unreadable' && reading.why.length > 10).toBe(true)
  })

  it('hostile names in JSON are only names', () => {
    const text = '{"__proto__": {"log_history": [{"train_steps_per_second": 5}]}}'
    expect(readLog(text).is).toBe('unreadable')
  })

  it('no text makes it throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map(json => `{"log_history": ${json}}`),
        ),
        text => {
          const reading = readLog(text)
          if (reading.is === 'log')
            for (const { rate } of reading.samples) expect(rate > 0 && Number.isFinite(rate)).toBe(true)
        },
      ),
    )
  })

  it('four megabytes of almost-lines are read in seconds', () => {
    const hostile = [
      `iter ${' '.repeat(2000)}: loss , time ${'1'.repeat(1500)}ms`,
      `step:${' '.repeat(1000)}loss:tps:${'1,'.repeat(900)}`,
      'elapsed time per iteration (ms):'.repeat(100),
      '\u001b[0;'.repeat(700),
    ].join('\n')
    const started = performance.now()
    readLog(`${hostile}\n`.repeat(Math.ceil(4e6 / hostile.length)))
    readLog('x'.repeat(4e6))
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

describe('the steady rate', () => {
  const at = (rate: number): Sample => ({ step: null, rate, unit: 'steps', per: 'job' })

  it('is the median without the first tenth', () => {
    // Twenty samples: two of warm-up, then 18 around 4 with one checkpoint.
    const samples = [at(0.1), at(1), ...Array.from({ length: 17 }, (_, i) => at(4 + (i % 3) / 10)), at(0.5)]
    const steady = steadyRate(samples)!
    expect(steady).toMatchObject({ samples: 20, warmUp: 2, outliers: 1 })
    expect(steady.rate).toBeCloseTo(4.1, 10)
  })

  it('of one sample is that sample, and of none is nothing', () => {
    expect(steadyRate([at(3)])).toMatchObject({ rate: 3, warmUp: 0, outliers: 0 })
    expect(steadyRate([])).toBeUndefined()
  })
})
