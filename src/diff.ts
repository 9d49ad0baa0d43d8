import { relative, resolve, sep } from 'node:path'
import { formatOf, kindOf, plainFactsOf, policyText, problemLines, refused, written } from './commands.ts'
import type { Done, Format, RunFlags, Surroundings } from './commands.ts'
import type { Verdict } from './judge/index.ts'
import { judgeChange } from './pipeline.ts'
import { folderSource, gitSource, lastCommitDay, topOf } from './read/index.ts'
import type { Source } from './read/index.ts'
import { plainText, renderHtml, renderJson, renderMarkdown, renderText } from './report/index.ts'
import type { Report } from './report/index.ts'
import { matchesAny } from './resolve/index.ts'

export interface DiffFlags extends RunFlags {
  readonly base: string | undefined
  readonly head: string | undefined
  readonly dirs: boolean
  readonly paths: readonly string[]
}

const FORMATS = ['markdown', 'json', 'html', 'text'] as const

/** `traincost diff`: what the action would say of this change, and its verdict as the exit code. */
export async function runDiff(flags: DiffFlags, here: Surroundings): Promise<Done> {
  const format = formatOf(flags, FORMATS)
  const set = plainFactsOf(flags.set)
  if (typeof format !== 'string') return format
  if ('code' in set) return set
  const source = await sourceOf(flags, here)
  if ('code' in source) return source
  const policy = flags.policy === undefined ? undefined : await policyText(flags.policy, here)
  if (policy !== undefined && 'code' in policy) return policy
  const only = await onlyPaths(flags, source, here)
  if ('code' in only) return only
  const rawInputs = new Map(flags.profile === undefined ? [] : [['profile', flags.profile]])
  const { report } = await judgeChange({
    source,
    rawInputs,
    set,
    ...(policy === undefined ? {} : { policy }),
    only,
    labelsOf: () => Promise.resolve({ known: true, value: [], origins: [] }),
    linksOf: () => null,
  })
  const problems = report.comparisons.length === 0 ? problemLines(report.verdict.problems) : ''
  const notes = problems + (await slipOf(flags, here)) + unusedProfile(flags, report)
  return written(flags, rendered(report, format, here), exitCodeOf(report.verdict), notes)
}

async function sourceOf({ dirs, base, head }: DiffFlags, here: Surroundings): Promise<Source | Done> {
  if (!dirs)
    return gitSource({
      cwd: here.cwd,
      ...(base === undefined ? {} : { base }),
      ...(head === undefined ? {} : { head }),
    })
  if (base === undefined || head === undefined)
    return refused('traincost diff --dirs takes two folders: traincost diff --dirs BASE HEAD')
  const [from, to] = [resolve(here.cwd, base), resolve(here.cwd, head)]
  // Same folders, same report: the clock is asked only where no commit says a day.
  return folderSource(from, to, (await lastCommitDay(to)) ?? here.today)
}

/**
 * The paths behind `--`, as a person in this folder means them, in the terms of the tree's root: a folder stands for all below
 * it. One that neither side has is refused: nothing found there would read as a pass.
 */
async function onlyPaths({ dirs, paths }: DiffFlags, source: Source, here: Surroundings): Promise<string[] | Done> {
  if (paths.length === 0) return []
  const sides = await Promise.all([source.paths('base'), source.paths('head')])
  const known = sides.flatMap(side => (side.is === 'read' ? side.value : []))
  // The report says what keeps a side from being read.
  if (sides.some(side => side.is === 'failed')) return [...paths]
  const top = dirs ? here.cwd : ((await topOf(here.cwd)) ?? here.cwd)
  const only: string[] = []
  const lost: string[] = []
  for (const path of paths) {
    const rooted = relative(top, resolve(here.cwd, path)).split(sep).join('/')
    if (rooted === '') return []
    if (known.includes(rooted)) only.push(rooted)
    else if (known.some(file => file.startsWith(`${rooted}/`))) only.push(`${rooted}/**`)
    else if (known.some(file => matchesAny([path], file))) only.push(path)
    else lost.push(path)
  }
  if (lost.length > 0) return refused(lost.map(path => `${path}: neither side has such a file or folder`).join('\n'))
  return only
}

/** `traincost diff configs/7b.yaml` means a path, and git looks for a revision. */
async function slipOf({ dirs, base, head }: DiffFlags, here: Surroundings): Promise<string> {
  if (dirs) return ''
  const names = [base, head].filter(name => name !== undefined)
  const kinds = await Promise.all(names.map(name => kindOf(resolve(here.cwd, name))))
  const paths = names.filter((_, i) => kinds[i] !== 'not there')
  if (paths.length === 0) return ''
  return `paths stand behind --, folders to compare behind --dirs: traincost diff -- ${plainText(paths.join(' '), 1000)}\n`
}

/** As in the action, `--profile` fills what the policy leaves open: where it does not, a person should know. */
function unusedProfile({ profile }: DiffFlags, { comparisons }: Report): string {
  if (profile === undefined) return ''
  const other = comparisons.filter(({ head }) => head !== null && head.run.hardware.name !== profile)
  const [first] = other
  if (first?.head == null) return ''
  const more = other.length > 1 ? ` and ${other.length - 1} more` : ''
  return plainText(
    `--profile is not used for ${first.path}${more}: the policy gives it ${first.head.run.hardware.name}`,
    1000,
  ).concat('\n')
}

function rendered(report: Report, format: Format | 'html', here: Surroundings): string {
  switch (format) {
    case 'markdown':
      return `${renderMarkdown(report)}\n`
    case 'json':
      return renderJson(report)
    case 'html':
      return renderHtml(report)
    case 'text':
      return renderText(report, here)
    default:
      return format satisfies never
  }
}

/** 2 (it could not be judged) beats 1 (broken) beats 3 (closed only by an unknown). */
function exitCodeOf(verdict: Verdict): Done['code'] {
  switch (verdict.conclusion) {
    case 'error':
      return 2
    case 'fail':
      return verdict.onlyUnknown ? 3 : 1
    case 'pass':
    case 'warn':
    case 'overridden':
    case 'no-change':
      return 0
    default:
      return verdict.conclusion satisfies never
  }
}
