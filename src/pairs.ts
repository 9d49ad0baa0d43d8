import type { Problem } from './facts/index.ts'
import { syntaxOf } from './parse/index.ts'
import type { FileChange, Read, Source } from './read/index.ts'
import type { Recognized } from './recognize/index.ts'
import { entryFor, isCovered, matchesAny, resolveRun } from './resolve/index.ts'
import type { Effective, Inputs, PlainFacts, Run } from './resolve/index.ts'
import type { Policies } from './policies.ts'
import { selectChanged } from './selection.ts'
import type { Pair } from './selection.ts'
import { lostInclude, opaque, readSide } from './side.ts'
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
  /** Changed files outside every glob that are training configs all the same. */
  readonly uncovered: readonly string[]
  readonly removedGated: readonly string[]
  readonly problems: readonly Problem[]
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

/**
 * Reads every config that the change touches, on both sides: the changed ones, those that include a changed file, and all
 * covered ones where the two sides' policies describe their runs differently.
 */
export async function readPairs(request: PairsRequest): Promise<Read<PairsReading>> {
  const { source, changes, policies, inputs, only } = request
  const { halves } = policies
  const hasGlobs = halves.globs.length + inputs.configs.length > 0
  const covers = hasGlobs ? (path: string) => isCovered(halves, inputs.configs, path) : undefined
  const selection = selectChanged(changes, covers)
  const isWanted = (path: string): boolean => only.length === 0 || matchesAny(only, path) || only.includes(path)
  const trees: Trees = new Map()
  const formatOf = (side: 'base' | 'head') => (path: string) => entryFor(halves, side, path)?.framework

  const changed = selection.pairs.filter(pair => isWanted(pair.path))
  const outside = selection.outside.filter(isWanted).slice(0, MOST_OUTSIDE)
  const listing = covers === undefined ? undefined : await source.paths('head')
  if (listing?.is === 'failed') return listing
  const paths = listing?.value ?? []
  const mayReach = selection.includable.size > 0 || policies.sidesDiffer
  const known = new Set(changed.map(pair => pair.path))
  const others =
    mayReach && covers !== undefined ? paths.filter(path => !known.has(path) && covers(path) && isWanted(path)) : []
  const candidates = others.filter(path => syntaxOf(path) !== undefined)

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
    ...emptyGlobs(halves, inputs, paths, hasGlobs),
  ]
  const pairs = wanted.flatMap((pair): PairReading[] => {
    const sides = {
      base: baseConfigs.get(pair.basePath) ?? NOTHING,
      head: head.value.configs.get(pair.path) ?? NOTHING,
    }
    const read = pairOf(pair, sides, request)
    if (read.is === 'not-a-config' && covers !== undefined && changed.includes(pair)) problems.push(...read.problems)
    return read.is === 'pair' ? [read.pair] : []
  })
  // A README that goes is no config that left.
  const removedGated = selection.removedGated.filter(path => pairs.some(pair => pair.basePath === path))
  const uncovered = [
    ...[...strangers.value.configs]
      .filter(([, is]) => is.is === 'config' && !is.config.fragment && is.config.framework !== 'unknown')
      .map(([path]) => path),
    ...removedGated.flatMap(path => selection.unreadable.get(path) ?? []),
  ]
  const skipped = selection.outside.filter(isWanted).length - outside.length
  if (skipped > 0) problems.push(...tooManyOutside(skipped, removedGated.length > 0))
  return { is: 'read', value: { pairs, uncovered, removedGated, problems } }
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
  const isNamed = entryFor(request.policies.halves, 'head', path)?.framework !== undefined
  const isGated = isTraining(sides.base, request, basePath) || isTraining(sides.head, request, path) || isNamed
  const isBroken = sides.head.is === 'malformed'
  if (!isGated && !isBroken)
    return {
      is: 'not-a-config',
      problems: sides.head.is === 'unrecognized' ? [notRecognized(path, sides.head.why)] : [],
    }
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

/** A run of its own. A model's shape counts as one, a section for a launcher does not: it acts through what includes it. */
function isTraining(side: SideConfig, { policies }: PairsRequest, path: string): boolean {
  if (side.is !== 'config') return false
  if (!side.config.fragment) return true
  const hasFacts = (entryFor(policies.halves, 'head', path)?.facts.size ?? 0) > 0
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

function resolved(
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

function emptyGlobs(
  halves: Effective,
  inputs: Inputs,
  paths: readonly string[],
  hasGlobs: boolean,
): readonly Problem[] {
  if (!hasGlobs) return []
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

/** Which training configs no glob covers, for the report. */
export function coverage(uncovered: readonly string[]): readonly Problem[] {
  return uncovered.map(path => ({
    code: 'not-covered',
    severity: 'warning',
    message:
      syntaxOf(path) === undefined
        ? `${path} takes the place of a training config and is not read: it is not YAML, JSON or TOML`
        : `${path} is a training config outside every glob: add it to configs, or it is not gated`,
    at: { path },
  }))
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
