import { loadTypescript } from './load-typescript.mjs'

/** Processor time of a whole comparison whose head is the hardest file of 1 MiB that the fuzzer knows. */
export async function worstInput(root) {
  const { worstOfLargest } = await loadTypescript(root, '__tests__/fuzz/worst.ts')
  const { times, medianMs, ratio } = await worstOfLargest()
  const [{ family, cpuMs }] = times
  return [
    [
      `${family}, the worst of ${times.length} kinds`,
      `${cpuMs.toFixed(0)} ms`,
      `${medianMs.toFixed(0)} ms`,
      `× ${ratio.toFixed(1)}`,
    ],
  ]
}
