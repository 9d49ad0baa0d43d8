import type { Comparison } from '../../src/compare/index.ts'
import type { Fact, RunFacts } from '../../src/facts/index.ts'
import { judged as judgeSource } from './judged.ts'
import { memorySource, type Files } from './memory-source.ts'

/** 8 H100 of 80 GB at $2 an hour. The launch file says nothing of the model: the policy does. */
const POLICY = `version: 1
configs:
  - path: runs/*.yaml
    profile: h100
  - path: launch/*.yaml
    profile: h100-any
    facts: { base_model: meta-llama/Llama-3.1-8B, method: sft, seq_len: 4096, global_batch: 64, steps: 1000, packing: true }
profiles:
  h100: { accelerator: H100-80GB-SXM, accelerators: 8, usd_per_accelerator_hour: 2, price_date: 2026-11-01 }
  h100-any: { accelerator: H100-80GB-SXM, usd_per_accelerator_hour: 2, price_date: 2026-11-01 }
`
const TRL = `model_name_or_path: meta-llama/Llama-3.1-8B
per_device_train_batch_size: 2
gradient_accumulation_steps: 4
max_steps: 1000
max_length: 4096
packing: true
learning_rate: 1.0e-5
gradient_checkpointing: true
`
const ZERO2 = '{\n  "train_batch_size": "auto",\n  "zero_optimization": {\n    "stage": 2\n  }\n}\n'
const ZERO3 = ZERO2.replace('2\n  }', '3,\n    "offload_optimizer": { "device": "cpu" }\n  }')
const LAUNCH = `compute_environment: LOCAL_MACHINE
distributed_type: DEEPSPEED
mixed_precision: bf16
num_processes: 8
deepspeed_config:
  deepspeed_config_file: ../ds/zero.json
`

async function comparisons(base: Files, head: Files): Promise<readonly Comparison[]> {
  const policy = { '.github/traincost.yml': POLICY }
  const { report } = await judgeSource(memorySource({ ...policy, ...base }, { ...policy, ...head }))
  return report.comparisons
}
const paths = (found: readonly Comparison[]) => found.map(({ path }) => path)
const fact = (
  comparison: Comparison | undefined,
  side: 'base' | 'head',
  name: keyof RunFacts,
): Fact<unknown> | undefined => comparison?.[side]?.facts[name]

describe('a DeepSpeed file that a training config names', () => {
  const base = { 'runs/a.yaml': `${TRL}deepspeed: ../ds/zero.json\n`, 'runs/b.yaml': TRL, 'ds/zero.json': ZERO2 }

  it('says how that run is sharded, at its own line, and touches no other run', async () => {
    const found = await comparisons(base, { ...base, 'ds/zero.json': ZERO3 })
    expect(paths(found)).toEqual(['runs/a.yaml'])
    expect(fact(found[0], 'base', 'zeroStage')).toMatchObject({
      value: 2,
      origins: [{ path: 'ds/zero.json', line: 4 }],
    })
    expect(fact(found[0], 'head', 'zeroStage')).toMatchObject({
      value: 3,
      origins: [{ path: 'ds/zero.json', line: 4 }],
    })
    expect(fact(found[0], 'head', 'offload')).toMatchObject({ value: true })
  })

  it('takes the optimizer state from the accelerators into the memory of the host', async () => {
    const [a] = await comparisons(base, { ...base, 'ds/zero.json': ZERO3 })
    const [before, after] = [a?.base?.memory, a?.head?.memory]
    if (before?.known !== true || after?.known !== true) throw new Error('memory is not known')
    // Adam's two moments and the master weights, 12 bytes for each of 8.03 billion parameters, over 8 devices: 12 GB.
    const saved = before.value.bytesPerAccelerator.expected - after.value.bytesPerAccelerator.expected
    expect(saved).toBeGreaterThan(12e9)
  })

  it('leaves the batch that the config states, where it says auto', async () => {
    const [a] = await comparisons(base, { ...base, 'ds/zero.json': ZERO3 })
    // 2 a device × 4 accumulated × 8 devices.
    expect(fact(a, 'head', 'globalBatch')).toMatchObject({ value: 64 })
  })

  it('that is taken away makes the run unknown, not cheaper', async () => {
    const [a] = await comparisons(base, { 'runs/a.yaml': base['runs/a.yaml'], 'runs/b.yaml': TRL })
    expect(a?.path).toBe('runs/a.yaml')
    expect(a?.base?.usd.known).toBe(true)
    expect(a?.head?.usd.known).toBe(false)
    expect(a?.delta.usd.known).toBe(false)
  })
})

describe('an accelerate file whose run the policy describes', () => {
  const base = { 'launch/node.yaml': LAUNCH, 'ds/zero.json': ZERO2 }

  it('is priced by its processes: twice as many take about half the time', async () => {
    const head = { ...base, 'launch/node.yaml': LAUNCH.replace('num_processes: 8', 'num_processes: 16') }
    const [launch] = await comparisons(base, head)
    expect(fact(launch, 'base', 'accelerators')).toMatchObject({
      value: 8,
      origins: [{ kind: 'config', path: 'launch/node.yaml', line: 4 }],
    })
    const [before, after] = [launch?.base?.wallClockSeconds, launch?.head?.wallClockSeconds]
    if (before?.known !== true || after?.known !== true) throw new Error('the time is not known')
    expect(after.value.expected / before.value.expected).toBeGreaterThan(0.45)
    expect(after.value.expected / before.value.expected).toBeLessThan(0.65)
    // The same work on twice as many for half the time: the bill hardly moves.
    if (launch?.delta.usdPercent.known !== true) throw new Error('the difference is not known')
    expect(Math.abs(launch.delta.usdPercent.value)).toBeLessThan(20)
  })

  it('is read anew where only the DeepSpeed file that it names changes', async () => {
    const found = await comparisons(base, { ...base, 'ds/zero.json': ZERO3 })
    expect(paths(found)).toEqual(['launch/node.yaml'])
    expect(fact(found[0], 'base', 'zeroStage')).toMatchObject({ value: 2, origins: [{ path: 'ds/zero.json' }] })
    expect(fact(found[0], 'head', 'zeroStage')).toMatchObject({ value: 3, origins: [{ path: 'ds/zero.json' }] })
  })
})
