/** Logs beyond this are refused: a long run writes some ten megabytes. */
export const MOST_LOG_BYTES = 64 * 1024 * 1024
/** Longer lines are no progress lines of any framework here. */
const MOST_LINE_CHARACTERS = 4000

export const LOG_FORMATS = ['hf-trainer-state', 'megatron', 'torchtitan', 'nanogpt', 'llm-foundry'] as const
export type LogFormat = (typeof LOG_FORMATS)[number]

/**
 * What a log says of the speed at one step, in the unit that its framework prints. Samples are sequences; `per`: of the
 * whole job, or of one accelerator.
 */
export interface Sample {
  readonly step: number | null
  readonly rate: number
  readonly unit: 'tokens' | 'samples' | 'steps'
  readonly per: 'job' | 'accelerator'
}

export type LogReading =
  | { readonly is: 'log'; readonly format: LogFormat; readonly samples: readonly Sample[]; readonly isAverage: boolean }
  | { readonly is: 'unreadable'; readonly why: string }

/** A positive number as frameworks print it, `1,234.5` included; undefined for anything else. */
function positive(text: string | undefined): number | undefined {
  if (text === undefined || text.length > 30) return undefined
  const value = Number(text.replaceAll(',', ''))
  return Number.isFinite(value) && value > 0 ? value : undefined
}

/** Colors of terminals, which torchtitan writes into its log. */
const COLOR = /\u001b\[[0-9;]{0,12}m/g

/** The number behind a label; undefined where the label is not there. Plain search: no pattern can run away on a line. */
function behind(line: string, label: string): string | undefined {
  const at = line.indexOf(label)
  if (at === -1) return undefined
  return /^\s{0,40}([\d.,]{1,30}(?:[eE][+-]?\d{1,3})?)/.exec(line.slice(at + label.length, at + label.length + 80))?.[1]
}

type LineReader = (line: string) => Sample | undefined

/** `iteration 100/ 500000 | … | elapsed time per iteration (ms): 5678.9 | … | global batch size: 1024 |` (Megatron-LM: training.py) */
const megatron: LineReader = line => {
  const milliseconds = positive(behind(line, 'elapsed time per iteration (ms):'))
  if (milliseconds === undefined) return undefined
  const step = positive(behind(line, 'iteration')) ?? null
  const batch = positive(behind(line, 'global batch size:'))
  const perSecond = 1000 / milliseconds
  return batch === undefined
    ? { step, rate: perSecond, unit: 'steps', per: 'job' }
    : { step, rate: perSecond * batch, unit: 'samples', per: 'job' }
}

/** `step: 10 loss: 7.1 … tps: 6,667 tflops: 300.1 mfu: 33.1%` (pytorch/torchtitan: components/metrics.py; formerly `wps`). Per accelerator. */
const torchtitan: LineReader = line => {
  if (!line.includes('step:') || !line.includes('loss:')) return undefined
  const rate = positive(behind(line, 'tps:') ?? behind(line, 'wps:'))
  return rate === undefined
    ? undefined
    : { step: positive(behind(line, 'step:')) ?? null, rate, unit: 'tokens', per: 'accelerator' }
}

/** `iter 100: loss 3.4567, time 256.78ms, mfu 38.12%` (karpathy/nanoGPT: train.py). One optimizer step, accumulation included. */
const nanogpt: LineReader = line => {
  if (!line.startsWith('iter ') || !line.includes(': loss ')) return undefined
  const milliseconds = positive(behind(line, ', time '))
  return milliseconds === undefined
    ? undefined
    : { step: positive(behind(line, 'iter ')) ?? null, rate: 1000 / milliseconds, unit: 'steps', per: 'job' }
}

/** `Train throughput/tokens_per_sec: 251658.24`, and the same for one device (mosaicml/composer: speed_monitor.py). */
const llmFoundry: LineReader = line => {
  const job = positive(behind(line, 'throughput/tokens_per_sec:'))
  if (job !== undefined) return { step: null, rate: job, unit: 'tokens', per: 'job' }
  const device = positive(behind(line, 'throughput/device/tokens_per_sec:'))
  return device === undefined ? undefined : { step: null, rate: device, unit: 'tokens', per: 'accelerator' }
}

const READERS: readonly (readonly [LogFormat, LineReader])[] = [
  ['megatron', megatron],
  ['torchtitan', torchtitan],
  ['nanogpt', nanogpt],
  ['llm-foundry', llmFoundry],
]

/** Samples of each format; the format that most lines have is the log's. */
function fromLines(text: string): LogReading {
  const found = new Map<LogFormat, Sample[]>(READERS.map(([format]) => [format, []]))
  let start = 0
  while (start < text.length) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    if (end - start <= MOST_LINE_CHARACTERS) {
      const line = text.slice(start, end).replace(COLOR, '').trim()
      for (const [format, read] of READERS) {
        const sample = read(line)
        if (sample !== undefined) found.get(format)?.push(sample)
      }
    }
    start = end + 1
  }
  const [format, samples] = [...found].reduce((most, each) => (each[1].length > most[1].length ? each : most))
  if (samples.length === 0)
    return {
      is: 'unreadable',
      why: `no line says how fast it ran; known are ${LOG_FORMATS.join(', ')}`,
    }
  // A job that prints both has each step twice: the job's own number says more.
  const ofJob = samples.filter(sample => sample.per === 'job')
  return { is: 'log', format, samples: ofJob.length > 0 ? ofJob : samples, isAverage: false }
}

/**
 * `trainer_state.json` of Transformers: the last entry of log_history has the mean over the run, warm-up included
 * (`train_steps_per_second`, or `train_runtime` with global_step).
 */
function trainerState(text: string): LogReading {
  let state: unknown
  try {
    state = JSON.parse(text)
  } catch {
    return { is: 'unreadable', why: 'it begins like JSON, but is none' }
  }
  const history = property(state, 'log_history')
  if (!Array.isArray(history)) return { is: 'unreadable', why: 'it is JSON without log_history: no trainer_state.json' }
  const entries: readonly unknown[] = history
  for (const entry of entries.toReversed()) {
    const steps = numberOf(entry, 'step') ?? numberOf(state, 'global_step')
    const runtime = numberOf(entry, 'train_runtime')
    const rate =
      numberOf(entry, 'train_steps_per_second') ??
      (runtime !== undefined && steps !== undefined ? steps / runtime : undefined)
    if (rate !== undefined)
      return {
        is: 'log',
        format: 'hf-trainer-state',
        samples: [{ step: steps ?? null, rate, unit: 'steps', per: 'job' }],
        isAverage: true,
      }
  }
  return {
    is: 'unreadable',
    why: 'log_history has no train_runtime: the run was not finished when it was written',
  }
}

function property(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null && Object.hasOwn(holder, name)
    ? (holder as Readonly<Record<string, unknown>>)[name]
    : undefined
}

function numberOf(holder: unknown, name: string): number | undefined {
  const value = property(holder, name)
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined
}

/** Reads a log of any known kind. Never throws; time grows with the length of the text. */
export function readLog(text: string): LogReading {
  if (text.length > MOST_LOG_BYTES) return { is: 'unreadable', why: 'it is longer than 64 MiB' }
  return /^\s{0,20}\{/.test(text) ? trainerState(text) : fromLines(text)
}
