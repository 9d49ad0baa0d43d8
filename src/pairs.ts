import type { Problem } from './facts/index.ts'
import { syntaxOf } from './parse/index.ts'
import type { FileChange, Read, Source } from './read/index.ts'
import type { Recognized } from './recognize/index.ts'
import { entryFor, isCovered, matchesAny, resolveRun } from './resolve/index.ts'
import type { Effective, Inputs, PlainFacts, Run } from './resolve/index.ts'
import { withMeasuredRuns } from './measured.ts'
import type { Policies } from './policies.ts'
import { neighborsOf, selectChanged } from './selection.ts'
import type { Pair } from './selection.ts'
import { lostInclude, NO_DATA, opaque, readSide } from './side.ts'
import type { SideConfig, Trees } from './side.ts'

/** One side of a config: a run, nothing, or a file that must be mended first. */
export type PairSide =
  | { readonly is: 'run'; readonly run: Run }
  | { readonly is: 'none' }
  | { readonly is: 'broken'; readonly problems: readonly Problem[] }

export interface PairReading {
  readonly path: string
  readonly basePath: string
  readonly base: PairSide
  readonly head: PairSide
}

export interface PairsReading {
  readonly pairs: readonly PairReading[]
  /** Changed files outside every glob that are training configs all the same, or may be one that left. */
  readonly uncovered: readonly string[]
  readonly removedGated: readonly string[]
  readonly problems: readonly Problem[]
  /** What the report says of the uncovered ones. */
  readonly coverage: readonly Problem[]
}

export interface PairsRequest {
  readonly source: Source
  readonly changes: readonly FileChange[]
  readonly policies: Extract<Policies, { is: 'policies' }>
  readonly inputs: Inputs
  readonly set: PlainFacts
  readonly only: readonly string[]
}

/** Changed files outside the globs that are read to see whether they are training configs. */
const MOST_OUTSIDE = 500

/** Where nobody wrote globs: files near the changed ones that are read to see whether they include one. */
const MOST_NEIGHBORS = 500

/**
 * Reads every config that the change touches, on both sides: the changed ones, those that include a changed file, and all
 * covered ones where the two sides' policies describe their runs differently.
 */
export async function readPairs(request: PairsRequest): Promise<Read<PairsReading>> {
  const { source, changes, policies, inputs, only } = request
  const { halves } = policies
  const covers = hasGlobs(request) ? (path: string) => isCovered(halves, inputs.configs, path) : undefined
  const selection = selectChanged(changes, covers)
  const isWanted = (path: string): boolean => only.length === 0 || matchesAny(only, path) || only.includes(path)
  const trees: Trees = new Map()
  const formatOf = (side: 'base' | 'head') => (path: string) => entryFor(halves, side, path)?.framework

  const changed = selection.pairs.filter(pair => isWanted(pair.path))
  const outside = selection.outside.filter(isWanted).slice(0, MOST_OUTSIDE)
  const mayReach = selection.includable.size > 0 || policies.sidesDiffer
  const listing = covers !== undefined || mayReach ? await source.paths('head') : undefined
  if (listing?.is === 'failed') return listing
  const paths = listing?.value ?? []
  const known = new Set(changed.map(pair => pair.path))
  const others = mayReach
    ? paths.filter(path => !known.has(path) && syntaxOf(path) !== undefined && isWanted(path))
    : []
  const candidates =
    covers === undefined ? neighborsOf(selection.includable, others).slice(0, MOST_NEIGHBORS) : others.filter(covers)

  const isTouched = (config: SideConfig): boolean => policies.sidesDiffer || touches(config, selection.includable)
  const readBase = (pairs: readonly Pair[]) =>
    readSide(source, { side: 'base', paths: pairs.map(pair => pair.basePath), formatOf: formatOf('base'), trees })
  const [strangers, head, base] = await Promise.all([
    readSide(source, { side: 'head', paths: outside, formatOf: () => undefined, trees }),
    readSide(source, {
      side: 'head',
      paths: [...known, ...candidates],
      formatOf: formatOf('head'),
      trees,
      keeps: (path, config) => known.has(path) || isTouched(config),
    }),
    readBase(changed),
  ])
  if (strangers.is === 'failed') return strangers
  if (head.is === 'failed') return head
  if (base.is === 'failed') return base
  const reached = candidates.filter(path => head.value.configs.has(path)).map(path => ({ path, basePath: path }))
  const before = await readBase(reached)
  if (before.is === 'failed') return before
  const wanted = [...changed, ...reached]
  const baseConfigs = new Map([...base.value.configs, ...before.value.configs])

  const problems = [
    ...head.value.problems,
    ...base.value.problems,
    ...before.value.problems,
    ...selection.programs.filter(isWanted).map(path => notRecognized(path, NO_DATA)),
    ...(covers === undefined ? [] : emptyGlobs(halves, inputs, paths)),
  ]
  const pairs = wanted.flatMap((pair): PairReading[] => {
    const sides = {
      base: baseConfigs.get(pair.basePath) ?? NOTHING,
      head: head.value.configs.get(pair.path) ?? NOTHING,
    }
    const isOwn = known.has(pair.path)
    // An edit of the policy changes nothing about a file that nobody can read.
    if (!isOwn && isOpaque(sides.base) && isOpaque(sides.head) && !touches(sides.head, selection.includable)) return []
    const read = pairOf(pair, sides, request)
    if (read.is === 'not-a-config' && isOwn) problems.push(...read.problems)
    return read.is === 'pair' ? [read.pair] : []
  })
  // A README that goes is no config that left.
  const removedGated = selection.removedGated.filter(path => pairs.some(pair => pair.basePath === path))
  const outsiders = [...strangers.value.configs]
  const trainings = outsiders.filter(([, is]) => is.is === 'config' && !is.config.fragment && !isOpaque(is))
  const gone = new Set(removedGated.map(fileName))
  const unread = [
    ...outsiders.filter(([path, is]) => isOpaque(is) && gone.has(fileName(path))).map(([path]) => path),
    ...removedGated.flatMap(path => selection.unreadable.get(path) ?? []),
  ]
  const skipped = selection.outside.filter(isWanted).length - outside.length
  if (skipped > 0) problems.push(...tooManyOutside(skipped, removedGated.length > 0))
  const uncovered = trainings.map(([path]) => path)
  const measured = await withMeasuredRuns(source, halves.cost, pairs.flatMap(runsOf))
  if (measured.is === 'failed') return measured
  return {
    is: 'read',
    value: {
      pairs: pairs.map(pair => ({
        ...pair,
        base: withRun(pair.base, measured.value),
        head: withRun(pair.head, measured.value),
      })),
      uncovered: [...uncovered, ...unread],
      removedGated,
      problems,
      coverage: [...uncovered.map(notCovered), ...unread.map(notRead)],
    },
  }
}

function runsOf({ base, head }: PairReading): readonly Run[] {
  return [base, head].flatMap(side => (side.is === 'run' ? [side.run] : []))
}

function withRun(side: PairSide, given: (run: Run) => Run): PairSide {
  return side.is === 'run' ? { is: 'run', run: given(side.run) } : side
}

/** Where there are none, every changed file that is recognized is a config, and nobody says so of the others. */
function hasGlobs({ policies, inputs }: PairsRequest): boolean {
  return policies.halves.globs.length + inputs.configs.length > 0
}

/** There, and read as no training: a link, too large, several trainings in one. */
function isOpaque(side: SideConfig): boolean {
  return side.is === 'config' && side.config.framework === 'unknown'
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

const NOTHING: SideConfig = { is: 'absent' }

function touches(config: SideConfig, changed: ReadonlySet<string>): boolean {
  return 'reads' in config && [...config.reads.keys()].some(path => changed.has(path))
}

type PairOutcome =
  | { readonly is: 'pair'; readonly pair: PairReading }
  | { readonly is: 'not-a-config'; readonly problems: readonly Problem[] }

function pairOf(
  { path, basePath }: { readonly path: string; readonly basePath: string },
  sides: { readonly base: SideConfig; readonly head: SideConfig },
  request: PairsRequest,
): PairOutcome {
  const isNamed =
    syntaxOf(path) !== undefined && entryFor(request.policies.halves, 'head', path)?.framework !== undefined
  const isGated = isTraining(sides.base, request, basePath) || isTraining(sides.head, request, path) || isNamed
  const isBroken = sides.head.is === 'malformed' && hasGlobs(request)
  if (!isGated && !isBroken) return { is: 'not-a-config', problems: whyNot(path, sides.head, request) }
  return {
    is: 'pair',
    pair: {
      path,
      basePath,
      base: baseSide(basePath, readable(basePath, sides.base, sides.head, 'base'), request),
      head: headSide(path, readable(path, sides.head, sides.base, 'head'), isGated, request),
    },
  }
}

function readable(path: string, own: SideConfig, other: SideConfig, side: 'base' | 'head'): SideConfig {
  const why = lostInclude(own, other, side)
  return why === undefined || own.is !== 'config' ? own : { ...own, config: opaque(path, why) }
}

/** Why a changed file is no config, where the globs say that it is one, or where it may be one that cannot be read. */
function whyNot(path: string, head: SideConfig, request: PairsRequest): readonly Problem[] {
  if (head.is === 'unrecognized') return hasGlobs(request) ? [notRecognized(path, head.why)] : []
  const why = head.is === 'malformed' ? head.problems[0]?.message : isOpaque(head) ? whyOpaque(head) : undefined
  return why === undefined ? [] : [notLookedAt(path, why)]
}

function whyOpaque(side: SideConfig): string | undefined {
  return side.is === 'config' ? side.config.problems[0]?.message : undefined
}

/**
 * A run of its own. A model's shape counts as one, a section for a launcher does not: it acts through what includes it. Without
 * globs, a file that cannot be read is not taken for one: a repository holds many.
 */
function isTraining(side: SideConfig, request: PairsRequest, path: string): boolean {
  if (side.is !== 'config') return false
  if (!side.config.fragment) return hasGlobs(request) || side.reads.get(path)?.is !== 'unreadable'
  const hasFacts = (entryFor(request.policies.halves, 'head', path)?.facts.size ?? 0) > 0
  return hasFacts || side.config.facts.hiddenSize?.known === true
}

function headSide(path: string, side: SideConfig, isGated: boolean, request: PairsRequest): PairSide {
  switch (side.is) {
    case 'config':
      return side.config.problems.some(problem => problem.severity === 'error')
        ? { is: 'broken', problems: side.config.problems }
        : resolved(side.config, path, 'head', request)
    case 'absent':
      return { is: 'none' }
    case 'malformed':
      return { is: 'broken', problems: side.problems }
    case 'unrecognized':
      return isGated
        ? resolved(opaque(path, notRecognized(path, side.why).message), path, 'head', request)
        : { is: 'none' }
    default:
      return side satisfies never
  }
}

/** A base that cannot be read makes the increase unknown: the absolute rules still hold, and a warning says why. */
function baseSide(path: string, side: SideConfig, request: PairsRequest): PairSide {
  switch (side.is) {
    case 'config':
      return resolved({ ...side.config, problems: side.config.problems.map(asWarning) }, path, 'base', request)
    case 'absent':
    case 'unrecognized':
      return { is: 'none' }
    case 'malformed':
      return { is: 'broken', problems: side.problems.map(asWarning) }
    default:
      return side satisfies never
  }
}

function asWarning(problem: Problem): Problem {
  return { ...problem, severity: 'warning' }
}

export function resolved(
  config: Recognized,
  path: string,
  side: 'base' | 'head',
  { policies, inputs, set }: PairsRequest,
): PairSide {
  const { halves } = policies
  const run = resolveRun({
    config,
    entry: entryFor(halves, side, path),
    runHalf: side === 'base' ? halves.baseRun : halves.headRun,
    costHalf: halves.cost,
    profile: inputs.profile,
    set,
    side,
  })
  return { is: 'run', run }
}

function notRecognized(path: string, why: string): Problem {
  const message = `a glob covers ${path}, but it is not recognized as a training config: ${why}`
  return { code: 'not-recognized', severity: 'warning', message, at: { path } }
}

function notLookedAt(path: string, why: string): Problem {
  const message = `${path} is not looked at: ${why}; name it in configs if it is a training config`
  return { code: 'not-looked-at', severity: 'warning', message, at: { path } }
}

function emptyGlobs(halves: Effective, inputs: Inputs, paths: readonly string[]): readonly Problem[] {
  const written: readonly { readonly glob: string; readonly at?: Problem['at'] }[] = [
    ...halves.headRun.configs.map(entry => ({ glob: entry.path, at: entry.at })),
    ...inputs.configs.map(glob => ({ glob })),
  ]
  return written
    .filter(({ glob }) => !paths.some(path => matchesAny([glob], path)))
    .map(({ glob, at }) => ({
      code: 'glob-matches-nothing',
      severity: 'warning',
      message: `the glob ${glob} matches no file: correct it, or what it should cover is not gated`,
      ...(at === undefined ? {} : { at }),
    }))
}

function notCovered(path: string): Problem {
  const message = `${path} is a training config outside every glob: add it to configs, or it is not gated`
  return { code: 'not-covered', severity: 'warning', message, at: { path } }
}

function notRead(path: string): Problem {
  const message = `${path} takes the place of a training config and is not read: commit it as plain YAML, JSON or TOML`
  return { code: 'not-covered', severity: 'warning', message, at: { path } }
}

function tooManyOutside(skipped: number, somethingMoved: boolean): readonly Problem[] {
  return [
    {
      code: 'coverage-count',
      severity: somethingMoved ? 'error' : 'warning',
      message: `${skipped} changed files outside the globs were not looked at: split the change, or name them in configs`,
    },
  ]
}
