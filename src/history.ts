import { relative, resolve, sep } from 'node:path'
import { ended, formatOf, refused, withPolicy } from './commands.ts'
import type { Done, RunFlags, Surroundings } from './commands.ts'
import { calibrationOf, estimate } from './estimate/index.ts'
import type { Problem } from './facts/index.ts'
import { fileHistory, topOf } from './read/index.ts'
import type { FileHistory, FileVersion } from './read/index.ts'
import { renderHistory } from './report/index.ts'
import type { History } from './report/index.ts'
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
      const history = await priced(path, read.value, policy, flags.profile, here.progress)
      if ('code' in history) problems.push(history)
      else histories.push(history)
    }
  }
  const options = { ...here, currency: policy.halves.cost.currency }
  return ended(flags, histories.length === 0 ? '' : renderHistory(histories, format, options), problems)
}

async function priced(
  path: string,
  { versions, isCut, at }: FileHistory,
  { halves, set }: { readonly halves: Effective; readonly set: PlainFacts },
  profile: string | undefined,
  progress: Surroundings['progress'],
): Promise<History | Problem> {
  const entry = entryFor(halves, 'head', path)
  const trees: Trees = new Map()
  const readings = await Promise.all(
    versions.map(async version => {
      if (!version.exists) return { is: 'absent' } as const
      const side = await readSide(at(version), 'head', [version.path], () => entry?.framework, trees)
      return side.is === 'failed' ? side : (side.value.configs.get(version.path) ?? ({ is: 'absent' } as const))
    }),
  )
  const fault = readings.find(reading => reading.is === 'failed')
  if (fault?.is === 'failed') return fault.problem
  const runs = readings.map((reading): Run | string =>
    reading.is !== 'config'
      ? whyNot(reading)
      : resolveRun({
          config: reading.config,
          entry,
          runHalf: halves.headRun,
          costHalf: halves.cost,
          profile,
          set,
          side: 'head',
        }),
  )
  // One calibration for all: a difference is then a difference of the configs.
  const newest = runs.findLast(run => typeof run !== 'string' && estimate(run).acceleratorSeconds.known)
  const calibration = newest === undefined || typeof newest === 'string' ? undefined : calibrationOf(newest)
  return {
    path,
    isCut,
    versions: runs.map((run, i) => {
      progress?.(i + 1, runs.length)
      const found = commitOf(versions[i])
      return typeof run === 'string'
        ? { ...found, estimate: null, why: run }
        : { ...found, estimate: estimate(run, calibration ?? calibrationOf(run)) }
    }),
  }
}

function commitOf(version: FileVersion | undefined): Pick<FileVersion, 'commit' | 'date' | 'subject' | 'path'> {
  if (version === undefined) throw new Error('a run without its version')
  const { commit, date, subject, path } = version
  return { commit, date, subject, path }
}

function whyNot(reading: Exclude<SideConfig, { is: 'config' }> | { readonly is: 'failed' }): string {
  switch (reading.is) {
    case 'absent':
      return 'removed'
    case 'malformed':
      return reading.problems[0]?.message ?? 'it does not parse'
    case 'unrecognized':
      return `not recognized: ${reading.why}`
    case 'failed':
      return 'it could not be read'
    default:
      return reading satisfies never
  }
}
