import { relative, resolve, sep } from 'node:path'
import { ended, formatOf, profiled, refused, withPolicy } from './commands.ts'
import type { Done, RunFlags, Surroundings } from './commands.ts'
import { changedFacts, pricedOnly } from './compare/index.ts'
import { calibrationOf, estimate } from './estimate/index.ts'
import type { Calibration, Estimate } from './estimate/index.ts'
import { known } from './facts/index.ts'
import type { Fact, Problem } from './facts/index.ts'
import { withMeasuredRuns } from './measured.ts'
import { fileHistory, gitSource, topOf } from './read/index.ts'
import type { FileHistory, FileVersion, Source } from './read/index.ts'
import { renderHistory } from './report/index.ts'
import type { History, HistoryNumbers, HistoryVersion } from './report/index.ts'
import type { Recognized } from './recognize/index.ts'
import { entryFor, resolveRun } from './resolve/index.ts'
import type { Effective, PlainFacts, Run } from './resolve/index.ts'
import { readSide } from './side.ts'
import type { SideConfig, Trees } from './side.ts'

export interface HistoryFlags extends RunFlags {
  readonly paths: readonly string[]
}

const FORMATS = ['markdown', 'json', 'html', 'text'] as const

/**
 * `traincost history PATH…`: what each committed version of a config would cost today: the policy, prices and facts of now,
 * so that only the config moves.
 */
export async function runHistory(flags: HistoryFlags, here: Surroundings): Promise<Done> {
  const format = formatOf(flags, FORMATS)
  if (typeof format !== 'string') return format
  if (flags.paths.length === 0) return refused('name a config: traincost history -- configs/train.yaml')
  const top = await topOf(here.cwd)
  if (top === undefined) return refused(`${here.cwd} is not in a git work tree: history is read from commits`)
  const policy = await withPolicy(flags, top, here)
  if ('code' in policy) return policy

  const source = gitSource({ cwd: top })
  const histories: History[] = []
  const problems: Problem[] = []
  for (const given of new Set(flags.paths)) {
    const path = relative(top, resolve(here.cwd, given)).split(sep).join('/')
    const read = await fileHistory(top, path)
    if (read.is === 'failed') problems.push(read.problem)
    else if (read.value.versions.length === 0)
      problems.push({
        code: 'history-empty',
        severity: 'error',
        message: 'no commit has this file; is it committed, and is the clone complete (fetch-depth: 0)?',
        at: { path },
      })
    else {
      const history = await priced(path, read.value, { ...policy, source }, flags.profile, here.progress)
      if ('code' in history) problems.push(history)
      else histories.push(history)
    }
  }
  const options = { ...here, currency: policy.halves.cost.currency }
  return ended(flags, histories.length === 0 ? '' : renderHistory(histories, format, options), problems)
}

/** Versions that are held in memory at once, with what they include; each such lot costs one or two calls of git. */
const TOGETHER = 250

interface Priced {
  readonly halves: Effective
  readonly set: PlainFacts
  readonly source: Pick<Source, 'textsAt'>
}

async function priced(
  path: string,
  { versions, isCut, at }: FileHistory,
  { halves, set, source }: Priced,
  profile: string | undefined,
  progress: Surroundings['progress'],
): Promise<History | Problem> {
  const entry = entryFor(halves, 'head', path)
  const half = {
    entry: profiled(entry, profile),
    runHalf: halves.headRun,
    costHalf: halves.cost,
    profile,
    set,
    side: 'head',
  } as const
  const newestFirst: HistoryVersion[] = []
  let newest: Estimate | null = null
  // One calibration for all: a difference is then a difference of the configs. It is that of the newest that has a time.
  let calibration: Calibration | undefined
  let later: { readonly version: Unsettled; readonly run: Run | null } | undefined
  const settle = (before: Run | null): void => {
    if (later === undefined) return
    const changed = before === null || later.run === null ? [] : changedFacts(before.facts, later.run.facts)
    newestFirst.push({ ...later.version, changed })
  }
  let measured: ((run: Run) => Run) | undefined
  const resolvedRun = async (config: Recognized): Promise<Run | Problem> => {
    const run = resolveRun({ config, ...half })
    if (measured === undefined) {
      const read = await withMeasuredRuns(source, halves.cost, [run])
      if (read.is === 'failed') return read.problem
      measured = read.value
    }
    return measured(run)
  }
  for (let end = versions.length; end > 0; end -= TOGETHER) {
    const lot = versions.slice(Math.max(0, end - TOGETHER), end).reverse()
    const trees: Trees = new Map()
    const readings = await Promise.all(lot.map(version => readingOf(version, at, entry?.framework, trees)))
    for (const [i, { version, reading }] of readings.entries()) {
      progress?.(versions.length - end + i + 1, versions.length)
      if (reading.is === 'failed') return reading.problem
      const { commit, date, subject, path: then } = version
      const commitOf = { commit, date, subject, path: then }
      if (reading.is !== 'config') {
        settle(null)
        later = { version: { ...commitOf, numbers: null, why: whyNot(reading) }, run: null }
        continue
      }
      const run = await resolvedRun(reading.config)
      if ('code' in run) return run
      const bare = pricedOnly(run)
      const own = calibration ?? calibrationOf(bare)
      const found = estimate(bare, own)
      if (found.acceleratorSeconds.known) calibration ??= own
      newest ??= found
      settle(run)
      later = { version: { ...commitOf, numbers: numbersOf(found) }, run }
    }
  }
  settle(null)
  return { path, isCut, newest, versions: newestFirst.reverse() }
}

type Unsettled = Omit<HistoryVersion, 'changed'>

/** A thousand estimates with all that they rest on would be a hundred megabytes. */
function numbersOf({ usd, acceleratorSeconds, flops, unknown }: Estimate): HistoryNumbers {
  const bare = <T>(fact: Fact<T>): Fact<T> => (fact.known ? known(fact.value) : fact)
  return {
    usd: bare(usd),
    acceleratorSeconds: bare(acceleratorSeconds),
    flops: { model: bare(flops.model) },
    unknown,
  }
}

async function readingOf(version: FileVersion, at: FileHistory['at'], framework: string | undefined, trees: Trees) {
  if (!version.exists) return { version, reading: { is: 'absent' } as const }
  const side = await readSide(at(version), { side: 'head', paths: [version.path], formatOf: () => framework, trees })
  const reading = side.is === 'failed' ? side : (side.value.configs.get(version.path) ?? ({ is: 'absent' } as const))
  return { version, reading }
}

function whyNot(reading: Exclude<SideConfig, { is: 'config' }>): string {
  switch (reading.is) {
    case 'absent':
      return 'removed'
    case 'malformed':
      return reading.problems[0]?.message ?? 'it does not parse'
    case 'unrecognized':
      return `not recognized: ${reading.why}`
    default:
      return reading satisfies never
  }
}
