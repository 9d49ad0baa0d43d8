import { judged as judgeSource } from '../pipeline/judged.ts'
import { memorySource } from '../pipeline/memory-source.ts'
import { POLICY_TEXT } from './targets.ts'

const BYTES = 1024 * 1024

/** Lines until the cap, each made from its number. */
function lines(of: (i: number) => string, before = '', after = ''): string {
  const parts: string[] = []
  let size = before.length + after.length
  for (let i = 0; ; i++) {
    const part = `${of(i)}\n`
    if (size + part.length > BYTES) return before + parts.join('') + after
    parts.push(part)
    size += part.length
  }
}

const RUN =
  'base_model: meta-llama/Meta-Llama-3-8B\ndatasets: [{ path: a/b, type: alpaca }]\nnum_epochs: 1\nsequence_len: 4096\nmicro_batch_size: 2\n'

/** The largest files that are read, each hard in a way of its own; ASCII, so that a character is a byte. */
const LARGEST: Readonly<Record<string, () => { readonly name: string; readonly text: string }>> = {
  comments: () => ({ name: 'x.yaml', text: lines(i => `# ${i} ${'c'.repeat(80)}`, RUN) }),
  'flat map': () => ({ name: 'x.yaml', text: lines(i => `key_${i}: ${i}`, RUN) }),
  'one key over and over': () => ({ name: 'x.yaml', text: lines(() => 'k: 1', RUN) }),
  'list of paths': () => ({ name: 'x.yaml', text: lines(i => `  - s3://bucket/part-${i}.npy`, `${RUN}paths:\n`) }),
  'list in brackets': () => ({ name: 'x.yaml', text: lines(i => `${i},`, `${RUN}a: [\n`, ']\n') }),
  'maps in a list': () => ({ name: 'x.yaml', text: lines(i => `  - { a: ${i}, b: ${i} }`, `${RUN}a:\n`) }),
  'one long text': () => ({ name: 'x.yaml', text: `${RUN}t: "${'x'.repeat(BYTES - RUN.length - 8)}"\n` }),
  'a text full of escapes': () => ({ name: 'x.yaml', text: `${RUN}t: "${'\\u00e9'.repeat(170_000)}"\n` }),
  'block text': () => ({ name: 'x.yaml', text: lines(i => `  line ${i}`, `${RUN}t: |\n`) }),
  anchors: () => ({ name: 'x.yaml', text: lines(i => `k${i}: &a${i} 1`, RUN) }),
  aliases: () => ({ name: 'x.yaml', text: lines(i => `k${i}: *a`, `${RUN}a: &a 1\n`) }),
  merges: () => ({ name: 'x.yaml', text: lines(i => `k${i}: { <<: *a }`, `${RUN}a: &a { b: 1 }\n`) }),
  documents: () => ({ name: 'x.yaml', text: lines(i => `---\nk: ${i}`, RUN) }),
  'open brackets': () => ({ name: 'x.yaml', text: `${RUN}a: ${'['.repeat(BYTES - RUN.length - 4)}\n` }),
  stairs: () => ({ name: 'x.yaml', text: lines(i => `${' '.repeat(i % 90)}k:`, RUN) }),
  'question marks': () => ({ name: 'x.yaml', text: lines(() => '? ', RUN) }),
  spaces: () => ({ name: 'x.yaml', text: RUN + ' '.repeat(BYTES - RUN.length - 1) + '\n' }),
  references: () => ({ name: 'x.yaml', text: lines(i => `k${i}: \${k${i + 1}}`, RUN) }),
  'references within references': () => ({ name: 'x.yaml', text: `${RUN}k: ${'${a'.repeat(300_000)}\n` }),
  tags: () => ({ name: 'x.yaml', text: lines(i => `k${i}: !!t${i} 1`, RUN) }),
  'json map': () => ({ name: 'x.json', text: lines(i => `"k${i}": ${i},`, '{"num_epochs": 1,\n', '"z": 1}') }),
  'json numbers': () => ({ name: 'x.json', text: lines(i => `${i},`, '{"a": [\n', '1]}') }),
  'json brackets': () => ({ name: 'x.json', text: '['.repeat(BYTES) }),
  'json one key': () => ({ name: 'x.json', text: lines(() => '"k": 1,', '{\n', '"k": 1}') }),
  'toml keys': () => ({ name: 'x.toml', text: lines(i => `k${i} = ${i}`, '[training]\n') }),
  'toml tables': () => ({ name: 'x.toml', text: lines(i => `[t${i}]\nk = 1`) }),
  'toml dotted': () => ({ name: 'x.toml', text: lines(i => `a.b.c${i} = 1`) }),
  'toml arrays of tables': () => ({ name: 'x.toml', text: lines(i => `[[t]]\nk = ${i}`) }),
}

interface Timed {
  readonly family: string
  readonly cpuMs: number
}

/** Processor time of a whole comparison whose head is one such file: the better of two, so that a busy machine counts less. */
async function timesOfLargest(): Promise<readonly Timed[]> {
  const times: Timed[] = []
  for (const [family, make] of Object.entries(LARGEST)) {
    const { name, text } = make()
    if (text.length > BYTES) throw new Error(`${family} is over the cap`)
    const tries: number[] = []
    for (let i = 0; i < 2; i++) {
      const start = process.cpuUsage()
      await judgeSource(
        memorySource(
          { '.github/traincost.yml': POLICY_TEXT, [`configs/${name}`]: RUN },
          { '.github/traincost.yml': POLICY_TEXT, [`configs/${name}`]: text },
        ),
      )
      const { user, system } = process.cpuUsage(start)
      tries.push((user + system) / 1000)
    }
    times.push({ family, cpuMs: Math.min(...tries) })
  }
  return times
}

/** A worst file may take this many times as long as a median one. */
const WORST_TO_MEDIAN = 20

export interface Largest {
  /** Slowest first. */
  readonly times: readonly Timed[]
  readonly medianMs: number
  readonly ratio: number
}

/** @throws where the worst family takes more than its share of the median one */
export async function worstOfLargest(): Promise<Largest> {
  const times = [...(await timesOfLargest())].sort((a, b) => b.cpuMs - a.cpuMs)
  const medianMs = times[Math.floor(times.length / 2)]?.cpuMs ?? Number.NaN
  const ratio = (times[0]?.cpuMs ?? Number.NaN) / medianMs
  if (ratio <= WORST_TO_MEDIAN) return { times, medianMs, ratio }
  const worst = times.slice(0, 3).map(({ family, cpuMs }) => `${family} ${cpuMs.toFixed(0)} ms`)
  throw new Error(`${worst.join(', ')}: more than × ${WORST_TO_MEDIAN} of the median ${medianMs.toFixed(0)} ms`)
}
