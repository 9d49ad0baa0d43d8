import { known, unknown } from './facts/index.ts'
import type { Fact } from './facts/index.ts'
import type { Read, Source } from './read/index.ts'
import { matchConfig, resolveRun } from './resolve/index.ts'
import type { MeasuredOn, Policy, Run } from './resolve/index.ts'
import { lostInclude, readSide } from './side.ts'
import type { SideConfig } from './side.ts'

/**
 * Reads the runs that the rates of profiles were measured on, each at its own revision and as the deciding policy describes
 * it, and gives them to the runs that are priced by these rates.
 *
 * @param policy the one whose profiles have the rates
 * @returns what to do with each run; one without such a rate stays as it is
 */
export async function withMeasuredRuns(
  source: Pick<Source, 'textsAt'>,
  policy: Policy,
  runs: readonly Run[],
): Promise<Read<(run: Run) => Run>> {
  const asked = new Map<string, MeasuredOn>()
  for (const { hardware } of runs) if (hardware.measuredOn.known) asked.set(hardware.name, hardware.measuredOn.value)
  const found = new Map<string, Fact<Run>>()
  for (const [profile, measuredOn] of asked) {
    const read = await measuredRun(source, policy, profile, measuredOn)
    if (read.is === 'failed') return read
    found.set(profile, read.value)
  }
  const given = (run: Run): Run => {
    const { hardware } = run
    const measured = found.get(hardware.name)
    if (measured === undefined || !hardware.measuredOn.known) return run
    const { value, origins } = hardware.measuredOn
    return { ...run, hardware: { ...hardware, measuredOn: known({ ...value, run: measured }, ...origins) } }
  }
  return { is: 'read', value: given }
}

async function measuredRun(
  source: Pick<Source, 'textsAt'>,
  policy: Policy,
  profile: string,
  { config: path, ref }: MeasuredOn,
): Promise<Read<Fact<Run>>> {
  const entry = matchConfig(policy, path)
  const there = { texts: (_side: unknown, paths: readonly string[]) => source.textsAt(ref, paths) }
  const side = await readSide(there, {
    side: 'base',
    paths: [path],
    formatOf: () => entry?.framework,
    trees: new Map(),
  })
  if (side.is === 'failed') return side
  const reading = side.value.configs.get(path) ?? { is: 'absent' }
  const why = whyLost(reading) ?? side.value.problems[0]?.message
  if (reading.is !== 'config' || why !== undefined)
    return {
      is: 'read',
      value: unknown({
        fact: 'tokens_per_second',
        why: `it was measured on ${path} at ${ref}, which cannot be read: ${why ?? ''}`,
        remedy: `correct measured_on of profile ${profile}`,
        absent: false,
      }),
    }
  const run = resolveRun({
    config: reading.config,
    entry: entry === undefined ? undefined : { ...entry, profile },
    runHalf: policy,
    costHalf: policy,
    profile,
    set: new Map(),
    side: 'base',
  })
  return { is: 'read', value: known(run) }
}

/** Why a reading is no config, or not a whole one. */
function whyLost(reading: SideConfig): string | undefined {
  switch (reading.is) {
    case 'config':
      return lostInclude(reading, { is: 'absent' }, 'base')
    case 'absent':
      return 'it is not there'
    case 'malformed':
      return reading.problems[0]?.message ?? 'it does not parse'
    case 'unrecognized':
      return reading.why
    default:
      return reading satisfies never
  }
}
