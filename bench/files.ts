import { estimate } from '../src/estimate/index.ts'
import { parse } from '../src/parse/index.ts'
import { recognize } from '../src/recognize/index.ts'
import { emptyPolicy, resolveRun } from '../src/resolve/index.ts'

const WARM_UP = 10
const ROUNDS = 21

/** What no file may take on the way from text to price, at the median. */
const PROMISED_MILLISECONDS = 1

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

/** Text to price of one file: parsed, recognized, resolved without a policy, estimated. */
function price({ path, text }: File): boolean {
  const recognition = recognize(path, new Map([[path, parse(path, text)]]))
  if (recognition.is !== 'recognized') return false
  const run = resolveRun({
    config: recognition.config,
    entry: undefined,
    runHalf: emptyPolicy,
    costHalf: emptyPolicy,
    profile: '64 x aws/p5.48xlarge@us-east-1',
    set: new Map(),
    side: 'head',
  })
  estimate(run)
  return true
}

interface File {
  readonly path: string
  readonly text: string
}

/** @returns rows of [what, measured, against, ratio], over the files' times; of each file the least, which other work disturbs least */
export function measureFiles(files: readonly File[]): readonly (readonly string[])[] {
  const recognized = files.filter(price)
  if (recognized.length < files.length / 2) throw new Error('most files are not recognized')
  for (let round = 0; round < WARM_UP; round += 1) recognized.forEach(price)
  const least = recognized.map(() => Infinity)
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [i, file] of recognized.entries()) {
      const start = performance.now()
      price(file)
      least[i] = Math.min(least[i] ?? Infinity, performance.now() - start)
    }
  least.sort((a, b) => a - b)
  const row = (what: string, milliseconds: number) => [
    `${what} of ${recognized.length} files, text to price`,
    `${milliseconds.toFixed(2)} ms`,
    `${PROMISED_MILLISECONDS} ms`,
    `× ${(milliseconds / PROMISED_MILLISECONDS).toFixed(2)}`,
  ]
  return [row('median', quantile(least, 0.5)), row('ninetieth percentile', quantile(least, 0.9))]
}
