import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ended, formatOf, readRuns, refused } from './commands.ts'
import type { Done, RunFlags, Surroundings } from './commands.ts'
import { calibrationOf, stepTokens, tokensPerSecondOf, utilizationOf, withRate } from './estimate/index.ts'
import type { Fact } from './facts/index.ts'
import { MOST_LOG_BYTES, readLog, steadyRate, type Sample } from './logs/index.ts'
import { renderCalibration, type CalibrationReport, type MeasuredLog } from './report/index.ts'
import type { Run } from './resolve/index.ts'

export interface CalibrateFlags extends RunFlags {
  readonly logs: readonly string[]
  /** The config that the logged run had: its FLOPs per token turn a rate into an efficiency. */
  readonly config?: string
}

/** `traincost calibrate LOG… --config PATH`: the efficiency of a finished run, as lines for the profile. */
export async function runCalibrate(flags: CalibrateFlags, here: Surroundings): Promise<Done> {
  const format = formatOf(flags)
  if (typeof format !== 'string') return format
  if (flags.config === undefined)
    return refused('traincost calibrate needs --config PATH: the config that the logged run had')
  const read = await readRuns({ ...flags, paths: [flags.config] }, here)
  if ('code' in read) return read
  const [run] = read.runs
  if (run === undefined) return ended(flags, '', read.problems)
  const logs: MeasuredLog[] = []
  for (const path of flags.logs) {
    const measured = await measuredLog(path, run, here)
    if (typeof measured === 'string') return refused(`${path}: ${measured}`)
    logs.push(measured)
  }
  const report = reportOf(run, logs)
  if (typeof report === 'string') return refused(report)
  return ended(flags, renderCalibration(report, format, here), read.problems)
}

/** What a log says, as tokens per second of the whole job; or why it says nothing. */
async function measuredLog(path: string, run: Run, here: Surroundings): Promise<MeasuredLog | string> {
  const file = resolve(here.cwd, path)
  const found = await stat(file).catch(() => undefined)
  if (found?.isFile() !== true) return found === undefined ? 'is not there' : 'is not a file'
  if (found.size > MOST_LOG_BYTES) return `has ${found.size} bytes, more than 64 MiB: cut out a part of it`
  const reading = readLog(await readFile(file, 'utf8'))
  if (reading.is === 'unreadable') return reading.why
  const steady = steadyRate(reading.samples)
  const [first] = reading.samples
  if (steady === undefined || first === undefined) return 'has no sample'
  const factor = tokensPer(first, run)
  if (typeof factor === 'string') return factor
  return {
    path,
    format: reading.format,
    isAverage: reading.isAverage,
    steady: {
      ...steady,
      rate: steady.rate * factor,
      quartiles: [steady.quartiles[0] * factor, steady.quartiles[1] * factor],
    },
  }
}

/** Tokens of the whole job in one unit of a sample. */
function tokensPer({ unit, per }: Sample, run: Run): number | string {
  if (unit === 'tokens') {
    if (per === 'job') return 1
    const { accelerators } = run.facts
    return accelerators?.known === true
      ? accelerators.value
      : 'it has the rate of one accelerator, and nothing says how many there were: name a profile with accelerators'
  }
  const tokens = stepTokens(run)
  if (!tokens.known) return `it counts ${unit}, which cannot be turned into tokens: ${whyOf(tokens)}`
  return unit === 'steps' ? tokens.value.perStep : tokens.value.perSample
}

function whyOf(fact: Fact<unknown>): string {
  return fact.known ? '' : fact.missing.map(m => `${m.fact}: ${m.why}. To supply it: ${m.remedy}`).join('; ')
}

/** The calibration, or why there is none. Several logs: the mean of their rates, each counting as much as it has samples. */
function reportOf(run: Run, logs: readonly MeasuredLog[]): CalibrationReport | string {
  const samples = logs.reduce((sum, log) => sum + log.steady.samples, 0)
  const tokensPerSecond = logs.reduce((sum, log) => sum + log.steady.rate * log.steady.samples, 0) / samples
  const rated = withRate(run, tokensPerSecond, logs.map(log => log.path).join(', '))
  const calibration = calibrationOf(rated)
  if (calibration.refused !== undefined)
    return `${calibration.refused.why}. To supply it: ${calibration.refused.remedy}`
  const utilization = utilizationOf(run, tokensPerSecond)
  const after = tokensPerSecondOf(rated, calibration)
  if (!utilization.known || !after.known || calibration.measured === undefined)
    return `the rate cannot be turned into an efficiency: ${whyOf(utilization.known ? after : utilization)}`
  return {
    config: run.path,
    profile: run.hardware.name,
    accelerators: run.facts.accelerators?.known === true ? run.facts.accelerators.value : 1,
    logs,
    tokensPerSecond,
    matrixEfficiency: calibration.measured.matrixEfficiency,
    utilization: utilization.value,
    before: tokensPerSecondOf(run),
    after: after.value,
  }
}
