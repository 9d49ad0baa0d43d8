import { Bench } from 'tinybench'
import { compareRuns } from '../src/compare/index.ts'
import { estimate } from '../src/estimate/index.ts'
import { parse } from '../src/parse/index.ts'
import { recognize } from '../src/recognize/index.ts'
import { emptyPolicy, resolveRun, type Run } from '../src/resolve/index.ts'

const PATH = 'configs/7b.yaml'
const FACTS = ['hidden_size', 'num_layers', 'ffn_size', 'vocab_size', 'seq_len', 'global_batch', 'steps', 'recompute']

/** Eight facts differ, and each of them moves the cost. */
const textOf = (values: readonly (number | string)[]): string => `traincost: 1
num_heads: 32
num_kv_heads: 8
head_dim: 128
gated: true
tied_embeddings: false
method: pretrain
trainable: full
packing: true
precision: bf16
optimizer: adamw
micro_batch: 1
zero_stage: 3
${FACTS.map((name, i) => `${name}: ${values[i]}`).join('\n')}
`

function runOf(text: string): Run {
  const recognition = recognize(PATH, new Map([[PATH, parse(PATH, text)]]))
  if (recognition.is !== 'recognized') throw new Error(`${PATH} is not recognized`)
  const halves = { runHalf: emptyPolicy, costHalf: emptyPolicy, set: new Map(), side: 'head' as const }
  const profile = '64 x aws/p5.48xlarge@us-east-1'
  return resolveRun({ config: recognition.config, entry: undefined, profile, ...halves })
}

/** Milliseconds of one comparison, with what each of eight changed facts brings and without, and of one estimate. */
export async function measure() {
  const base = runOf(textOf([4096, 32, 11_008, 32_000, 4096, 1024, 10_000, 'none']))
  const head = runOf(textOf([5120, 40, 13_824, 50_000, 8192, 640, 12_000, 'full']))
  const compare = (attribute: boolean) => compareRuns({ base, head, attribute, alternatives: [] })
  const { attribution } = compare(true)
  if (attribution.length !== FACTS.length) throw new Error(`${attribution.length} of ${FACTS.length} facts`)
  const bench = new Bench({ time: 1000, warmupTime: 300 })
  bench
    .add('with', () => void compare(true))
    .add('without', () => void compare(false))
    // A copy: what was prepared for a run once is kept with it.
    .add('estimate', () => void estimate({ ...base }))
  await bench.run()
  const [withIt, without, one] = bench.tasks.map(({ name, result }) => {
    if (result.state !== 'completed') throw new Error(`${name}: ${result.state}`)
    // What disturbs a measurement only ever makes it longer.
    return result.latency.min
  })
  return { withIt, without, one }
}
