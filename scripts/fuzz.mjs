/**
 * Long runs of the fuzzer of __tests__/fuzz in plain Node.
 *
 * npm run fuzz -- [--seed N] [--count N] [--seconds N]   mutants of the fixtures; exit code 1 and the input's number on a find
 * npm run fuzz -- --largest                              time of the largest files that are read, each hard in its own way
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadTypescript } from '../bench/load-typescript.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: 'Infinity' },
    largest: { type: 'boolean', default: false },
  },
})

if (values.largest) {
  const { worstOfLargest } = await loadTypescript(root, '__tests__/fuzz/worst.ts')
  const { times, medianMs, ratio } = await worstOfLargest()
  for (const { family, cpuMs } of times) console.log(`${cpuMs.toFixed(0).padStart(7)} ms  ${family}`)
  console.log(`median ${medianMs.toFixed(0)} ms; worst ÷ median × ${ratio.toFixed(1)}`)
} else {
  const { fuzz, inWords } = await loadTypescript(root, '__tests__/fuzz/run.ts')
  const [seed, count, seconds] = [values.seed, values.count, values.seconds].map(Number)
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(count) || Number.isNaN(seconds))
    throw new Error('--seed and --count are whole numbers, --seconds is a number')
  const started = performance.now()
  // A long run that is interrupted says what it found until then.
  let isInterrupted = false
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => {
      isInterrupted = true
    })
  const isOver = done => {
    if (done > 0 && done % 10_000 === 0)
      console.error(`${done} inputs, ${((performance.now() - started) / 1000).toFixed(0)} s`)
    return isInterrupted || performance.now() - started > seconds * 1000
  }
  const tally = await fuzz(join(root, '__tests__/fixtures'), seed, count, isOver)
  console.log(`seed ${seed}: ${inWords(tally)}`)
  for (const violation of tally.violations) console.error(violation)
  if (tally.violations.length > 0) process.exitCode = 1
}
