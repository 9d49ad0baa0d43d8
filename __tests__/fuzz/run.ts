import { setImmediate } from 'node:timers/promises'
import { seedsFrom } from './seeds.ts'
import { oneInput, Violation, type Outcome } from './targets.ts'

export interface Tally {
  readonly inputs: number
  /** `diff priced`, `parser refused`, … and how many. */
  readonly stages: ReadonlyMap<string, number>
  readonly slowestMs: number
  readonly violations: readonly string[]
}

/**
 * @param seed number of the first input; the n-th is seed + n
 * @param until stops early when it says so
 */
export async function fuzz(
  fixtures: string,
  seed: number,
  count: number,
  until: (done: number) => boolean = () => false,
): Promise<Tally> {
  const seeds = seedsFrom(fixtures)
  const stages = new Map<string, number>()
  const violations: string[] = []
  let [inputs, slowestMs] = [0, 0]
  for (; inputs < count && !until(inputs); inputs++) {
    // No input waits for anything: without a turn of the event loop now and then, no signal would be heard.
    if (inputs % 500 === 0) await setImmediate()
    try {
      const outcome: Outcome = await oneInput(seeds, seed + inputs)
      const key = `${outcome.target} ${outcome.stage}`
      stages.set(key, (stages.get(key) ?? 0) + 1)
      slowestMs = Math.max(slowestMs, outcome.ms)
    } catch (thrown) {
      if (!(thrown instanceof Violation)) throw thrown
      violations.push(thrown.message)
      if (violations.length >= 20) return { inputs: inputs + 1, stages, slowestMs, violations }
    }
  }
  return { inputs, stages, slowestMs, violations }
}

/** Of all inputs, those whose mutant the estimator looked at. */
export function shareEstimated({ stages, inputs }: Tally): number {
  let reached = 0
  for (const [key, count] of stages) if (/ (?:estimated|priced)$/.test(key)) reached += count
  return inputs === 0 ? 0 : reached / inputs
}

export function inWords(tally: Tally): string {
  const rows = [...tally.stages].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, count]) => `  ${key}: ${count}`)
  const share = (shareEstimated(tally) * 100).toFixed(1)
  return [
    `${tally.inputs} inputs, ${share} % reached the estimator, slowest ${tally.slowestMs.toFixed(0)} ms`,
    ...rows,
  ].join('\n')
}
