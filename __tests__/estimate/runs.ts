import { known, absent, type Fact, type FactTypes, type RunFacts } from '../../src/facts/index.ts'
import type { Accelerator, Hardware, Price, Run } from '../../src/resolve/index.ts'

export type Plain = { readonly [K in keyof FactTypes]?: FactTypes[K] | undefined }

/** Facts as a config would give them, each with a line of its own. */
export function facts(plain: Plain): RunFacts {
  const out: Record<string, Fact<unknown>> = {}
  let line = 0
  for (const [name, value] of Object.entries(plain))
    if (value !== undefined) out[name] = known(value, { kind: 'config', path: 'train.yaml', line: ++line })
  return out
}

export const H100: Accelerator = {
  id: 'H100-SXM',
  name: 'H100 SXM',
  vendor: 'nvidia',
  peakFlops: { fp32: 67e12, fp16: 989e12, bf16: 989e12, fp8: 1979e12 },
  memoryBytes: 80 * 2 ** 30,
  memoryBytesPerSecond: 3352e9,
  tdpWatts: 700,
  source: 'test',
}
export const A100: Accelerator = {
  ...H100,
  id: 'A100-SXM4-80GB',
  name: 'A100 80GB',
  peakFlops: { fp32: 19.5e12, fp16: 312e12, bf16: 312e12 },
  memoryBytesPerSecond: 2039e9,
  tdpWatts: 400,
}
export const V100: Accelerator = {
  ...H100,
  id: 'V100-SXM2-16GB',
  name: 'V100',
  peakFlops: { fp32: 15.7e12, fp16: 125e12 },
  memoryBytes: 16 * 2 ** 30,
  memoryBytesPerSecond: 900e9,
  tdpWatts: 300,
}

/** Eight accelerators an instance, 32 USD an hour: 4 USD per accelerator-hour. */
export const PRICE: Price = {
  usdPerInstanceHour: 32,
  acceleratorsPerInstance: 8,
  provider: 'aws',
  instance: 'p5.48xlarge',
  region: 'us-east-1',
  pricing: 'on-demand',
  date: '2026-11-01',
  source: 'test',
  status: 'verified',
}

export interface PlainHardware {
  readonly accelerator?: Accelerator | undefined
  readonly price?: Price | undefined
  readonly mfu?: number
  readonly tokensPerSecond?: number
  readonly carbonKgPerKwh?: number
  readonly pue?: number
}

function orAbsent<T>(value: T | undefined, name: string): Fact<T> {
  return value === undefined ? absent(name) : known(value, { kind: 'profile', source: 'test profile' })
}

export function hardware(plain: PlainHardware): Hardware {
  return {
    name: 'test',
    accelerator: orAbsent(plain.accelerator, 'accelerator'),
    price: orAbsent(plain.price, 'price'),
    matrixEfficiency: orAbsent(plain.mfu, 'mfu'),
    tokensPerSecond: orAbsent(plain.tokensPerSecond, 'tokens_per_second'),
    measuredOn: absent('measured_on'),
    carbonKgPerKwh: orAbsent(plain.carbonKgPerKwh, 'carbon'),
    pue: orAbsent(plain.pue, 'pue'),
  }
}

/** A run as the resolve room hands it over: facts after precedence, hardware, no derived facts. */
export function run(plain: Plain, plainHardware: PlainHardware = { accelerator: H100, price: PRICE }, runs = 1): Run {
  return {
    path: 'train.yaml',
    framework: 'test',
    fragment: false,
    facts: facts(plain),
    hardware: hardware(plainHardware),
    runs: known(runs, { kind: 'policy', path: '.github/traincost.yml', line: 5 }),
    problems: [],
  }
}

export const LLAMA3_8B: Plain = {
  family: 'llama',
  hiddenSize: 4096,
  numLayers: 32,
  numHeads: 32,
  numKvHeads: 8,
  headDim: 128,
  ffnSize: 14336,
  gated: true,
  vocabSize: 128256,
  tiedEmbeddings: false,
}

export const MIXTRAL: Plain = {
  family: 'mixtral',
  hiddenSize: 4096,
  numLayers: 32,
  numHeads: 32,
  numKvHeads: 8,
  headDim: 128,
  gated: true,
  vocabSize: 32000,
  tiedEmbeddings: false,
  experts: 8,
  expertsPerToken: 2,
  expertFfnSize: 14336,
}

export const DEEPSEEK_V3: Plain = {
  family: 'deepseek_v3',
  hiddenSize: 7168,
  numLayers: 61,
  numHeads: 128,
  numKvHeads: 128,
  ffnSize: 18432,
  gated: true,
  vocabSize: 129280,
  tiedEmbeddings: false,
  experts: 256,
  expertsPerToken: 8,
  sharedExperts: 1,
  expertFfnSize: 2048,
  firstDenseLayers: 3,
  mla: { qRank: 1536, kvRank: 512, nope: 128, rope: 64, v: 128 },
}

/** The value of a known fact; fails the test with its reasons where it is unknown. */
export function value<T>(fact: Fact<T>): T {
  if (!fact.known) throw new Error(fact.missing.map(m => `${m.fact}: ${m.why}`).join('; '))
  return fact.value
}

/** Published names of what an unknown fact lacks; empty where it is known. */
export function lacks(fact: Fact<unknown>): readonly string[] {
  return fact.known ? [] : fact.missing.map(m => m.fact)
}
