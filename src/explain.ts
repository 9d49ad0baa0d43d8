import { ended, formatOf, readRuns, refused } from './commands.ts'
import type { Done, RunFlags, Surroundings } from './commands.ts'
import { calibrationOf, estimate, workingsOf } from './estimate/index.ts'
import { explainable, EXPLAINABLE_SECTIONS, renderExplanation } from './report/index.ts'

export interface ExplainFlags extends RunFlags {
  readonly path: string
  /** A fact's name, or a part of the page; the whole page where there is none. */
  readonly topic: string | undefined
}

/** `traincost explain PATH [FACT]`: the arithmetic of one config, term by term. */
export async function runExplain(flags: ExplainFlags, here: Surroundings): Promise<Done> {
  const format = formatOf(flags)
  if (typeof format !== 'string') return format
  const topic = flags.topic === undefined ? undefined : explainable(flags.topic)
  if (flags.topic !== undefined && topic === undefined)
    return refused(
      `${flags.topic.slice(0, 80)} is no fact and no part of the explanation: name a fact (docs/facts.md) or one of ${EXPLAINABLE_SECTIONS.join(', ')}`,
    )
  const read = await readRuns({ ...flags, paths: [flags.path] }, here)
  if ('code' in read) return read
  const [run] = read.runs
  if (run === undefined) return ended(flags, '', read.problems)
  const calibration = calibrationOf(run)
  const explanation = { estimate: estimate(run, calibration), workings: workingsOf(run, calibration) }
  return ended(flags, renderExplanation(explanation, format, topic, here), read.problems)
}
