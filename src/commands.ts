import { readFile, stat, writeFile } from 'node:fs/promises'
import { relative, resolve, sep } from 'node:path'
import { calibrationOf, estimate } from './estimate/index.ts'
import { FACTS, factNamed, place } from './facts/index.ts'
import type { FactName, Problem } from './facts/index.ts'
import { withMeasuredRuns } from './measured.ts'
import { folderSource, gitSource, topOf } from './read/index.ts'
import type { Source } from './read/index.ts'
import { plainText, renderEstimates } from './report/index.ts'
import { effectivePolicies, entryFor, readPolicy, resolveRun } from './resolve/index.ts'
import type { ConfigEntry, Effective, PlainFacts, Policy, Run } from './resolve/index.ts'
import { readSide } from './side.ts'

/** What a command ends with. The entry prints it and exits. */
export interface Done {
  readonly code: 0 | 1 | 2 | 3
  readonly out: string
  readonly err: string
}

export interface CommonFlags {
  readonly format: string
  readonly output?: string
  readonly color: string
  readonly quiet: boolean
}

export interface RunFlags extends CommonFlags {
  readonly policy?: string
  readonly profile?: string
  readonly set: readonly string[]
}

export interface EstimateFlags extends RunFlags {
  readonly paths: readonly string[]
}

export interface CheckFlags extends CommonFlags {
  readonly path: string
}

/** What the terminal allows, read by the entry: the width in columns, color, and today's date (ISO). */
export interface Surroundings {
  readonly cwd: string
  readonly columns: number
  readonly color: boolean
  readonly today: string
  /** Told how far long work has come; what it shows of it, and whether, is up to the entry. */
  readonly progress?: (done: number, of: number) => void
}

export type Format = 'markdown' | 'json' | 'text'
const FORMATS: readonly Format[] = ['markdown', 'json', 'text']
const POLICY_FILE = '.github/traincost.yml'

/** `--set`, and the policy of `--policy` or of the repository itself. */
export async function withPolicy(
  flags: RunFlags,
  root: string,
  here: Surroundings,
): Promise<{ readonly halves: Effective; readonly set: PlainFacts } | Done> {
  const set = plainFactsOf(flags.set)
  if ('code' in set) return set
  const source = folderSource(root, root, here.today)
  const policy = flags.policy === undefined ? await ownPolicy(source) : await policyText(flags.policy, here)
  if (policy !== undefined && 'code' in policy) return policy
  const reading = policy === undefined ? ({ is: 'none' } as const) : readPolicy(policy.path, policy.text)
  const halves = effectivePolicies({ base: reading, head: reading, tip: reading })
  if (halves.is === 'malformed') return { code: 2, out: '', err: problemLines(halves.problems) }
  return { halves, set }
}

interface ReadRuns {
  readonly runs: readonly Run[]
  readonly currency: Policy['currency']
  readonly problems: readonly Problem[]
}

/** What `--set`, `--policy`, `--profile` and the paths say, resolved; or why it cannot be. */
export async function readRuns(flags: EstimateFlags, here: Surroundings): Promise<ReadRuns | Done> {
  const files = await Promise.all(
    flags.paths.map(async path => ({ path: resolve(here.cwd, path), is: await kindOf(resolve(here.cwd, path)) })),
  )
  const wrong = files.filter(file => file.is !== 'file')
  if (wrong.length > 0) return refused(wrong.map(({ path, is }) => `${path} is ${is}: name config files`).join('\n'))
  const top = await topOf(here.cwd)
  const root = top ?? here.cwd
  const paths = files.map(file => relative(root, file.path).split(sep).join('/'))
  const outside = paths.filter(path => path.startsWith('..'))
  if (outside.length > 0)
    return refused(outside.map(path => `${path} lies outside ${root}: run this from its repository`).join('\n'))

  const policy = await withPolicy(flags, root, here)
  if ('code' in policy) return policy
  const { halves, set } = policy
  const source = folderSource(root, root, here.today)
  const side = await readSide(source, {
    side: 'head',
    paths,
    formatOf: path => entryFor(halves, 'head', path)?.framework,
    trees: new Map(),
  })
  if (side.is === 'failed') return { code: 2, out: '', err: problemLines([side.problem]) }

  const problems: Problem[] = [...side.value.problems]
  const runs: Run[] = []
  for (const [path, found] of side.value.configs) {
    if (found.is === 'malformed') problems.push(...found.problems)
    else if (found.is === 'unrecognized')
      problems.push({
        code: 'not-recognized',
        severity: 'error',
        message: `not recognized as a training config: ${found.why}; docs/formats.md has the formats, and \`framework\` in the policy names one`,
        at: { path },
      })
    else if (found.is === 'config') {
      const entry = profiled(entryFor(halves, 'head', path), flags.profile)
      const halvesOfRun = { entry, runHalf: halves.headRun, costHalf: halves.cost }
      const run = resolveRun({ config: found.config, ...halvesOfRun, profile: flags.profile, set, side: 'head' })
      problems.push(...run.problems)
      runs.push(run)
    }
  }
  const measured = await withMeasuredRuns(top === undefined ? source : gitSource({ cwd: top }), halves.cost, runs)
  if (measured.is === 'failed') return { code: 2, out: '', err: problemLines([measured.problem]) }
  return { runs: runs.map(measured.value), currency: halves.cost.currency, problems }
}

/** What the policy says of a config; its choice of a profile gives way where a person asks for one, and nothing is judged. */
export function profiled(entry: ConfigEntry | undefined, profile: string | undefined): ConfigEntry | undefined {
  if (entry?.profile === undefined || profile === undefined) return entry
  const { profile: _policys, ...rest } = entry
  return { ...rest, lines: new Map([...entry.lines].filter(([key]) => key !== 'profile')) }
}

export async function runEstimate(flags: EstimateFlags, here: Surroundings): Promise<Done> {
  const format = formatOf(flags)
  if (typeof format !== 'string') return format
  const read = await readRuns(flags, here)
  if ('code' in read) return read
  const estimates = read.runs.map(run => estimate(run, calibrationOf(run)))
  const out = estimates.length === 0 ? '' : renderEstimates(estimates, format, { ...here, currency: read.currency })
  return ended(flags, out, read.problems)
}

/** Writes what a command that judges nothing found: an error among its problems is exit code 2. */
export async function ended(flags: CommonFlags, out: string, problems: readonly Problem[]): Promise<Done> {
  const hasErrors = problems.some(problem => problem.severity === 'error')
  return written(flags, out, hasErrors ? 2 : 0, flags.quiet && !hasErrors ? '' : problemLines(problems))
}

export async function runCheck(flags: CheckFlags, here: Surroundings): Promise<Done> {
  const format = formatOf(flags)
  if (typeof format !== 'string') return format
  const policy = await policyText(flags.path, here)
  if ('code' in policy) return policy
  const reading = readPolicy(policy.path, policy.text)
  const problems = reading.is === 'none' ? [] : reading.problems
  const isValid = reading.is === 'policy'
  if (format === 'json') {
    const out = `${JSON.stringify({ version: 1, valid: isValid, problems }, null, 2)}\n`
    return written(flags, out, isValid ? 0 : 2, '')
  }
  const verdict = isValid ? `${policy.path} is valid.\n` : ''
  return written(flags, flags.quiet ? '' : verdict, isValid ? 0 : 2, problemLines(problems))
}

export async function kindOf(path: string): Promise<'file' | 'a folder' | 'not there' | 'not a file'> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) return 'not there'
  return found.isFile() ? 'file' : found.isDirectory() ? 'a folder' : 'not a file'
}

async function ownPolicy(source: Source): Promise<{ readonly path: string; readonly text: string } | Done | undefined> {
  const read = await source.texts('head', [POLICY_FILE])
  if (read.is === 'failed') return { code: 2, out: '', err: problemLines([read.problem]) }
  const file = read.value.get(POLICY_FILE)
  if (file?.is === 'unreadable') return refused(`${POLICY_FILE} cannot be read: ${file.why}`)
  return file?.is === 'text' ? { path: POLICY_FILE, text: file.text } : undefined
}

export async function policyText(
  file: string,
  here: Surroundings,
): Promise<{ readonly path: string; readonly text: string } | Done> {
  try {
    return { path: file, text: await readFile(resolve(here.cwd, file), 'utf8') }
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT')
      return refused(`there is no policy file ${file}: give its path, or write one after docs/policy.md`)
    return refused(`the policy ${file} cannot be read: ${reasonOf(thrown)}`)
  }
}

/** One of the formats that a command prints; the three of all of them where it says nothing. */
export function formatOf(flags: CommonFlags): Format | Done
export function formatOf<F extends string>(flags: CommonFlags, formats: readonly F[]): F | Done
export function formatOf({ format }: CommonFlags, formats: readonly string[] = FORMATS): string | Done {
  return formats.find(name => name === format) ?? refused(`--format ${format}: choose ${formats.join(', ')}`)
}

/** `--set seq_len=8192`, with the names and values of a facts file. */
export function plainFactsOf(settings: readonly string[]): PlainFacts | Done {
  const facts = new Map<
    FactName,
    { readonly value: string; readonly at: { path: string; line: number; column: number } }
  >()
  for (const [index, setting] of settings.entries()) {
    const [published = '', ...rest] = setting.split('=')
    const name = factNamed(published.trim())
    const value = rest.join('=').trim()
    if (name === undefined)
      return refused(`--set ${setting}: ${published} is no fact; see docs/facts.md for their names`)
    if (FACTS[name].read(value) === undefined)
      return refused(`--set ${setting}: ${published} must be ${FACTS[name].expects}`)
    facts.set(name, { value, at: { path: `--set ${published}`, line: index + 1, column: 1 } })
  }
  return facts
}

export async function written(flags: CommonFlags, out: string, code: Done['code'], err: string): Promise<Done> {
  if (flags.output === undefined) return { code, out, err }
  try {
    await writeFile(flags.output, out)
  } catch (thrown) {
    return refused(`--output ${flags.output} cannot be written: ${reasonOf(thrown)}`)
  }
  return { code, out: '', err }
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such folder'],
  ['ENOTDIR', 'there is no such folder'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'permission denied'],
  ['EROFS', 'the file system is read-only'],
  ['ENOSPC', 'the disk is full'],
])

/** What the system says of a file, in words. */
function reasonOf(thrown: unknown): string {
  const code = (thrown as NodeJS.ErrnoException).code ?? ''
  return REASONS.get(code) ?? (thrown instanceof Error ? thrown.message : String(thrown))
}

export function refused(message: string): Done {
  return { code: 2, out: '', err: `${message}\n` }
}

export function problemLines(problems: readonly Problem[]): string {
  return problems
    .map(
      ({ severity, message, at }) =>
        `${plainText(`${at === undefined ? '' : `${place(at)}: `}${severity}: ${message}`, 1000)}\n`,
    )
    .join('')
}
