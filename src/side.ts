import type { Missing, Problem } from './facts/index.ts'
import { known, unknown } from './facts/index.ts'
import { parse, syntaxOf } from './parse/index.ts'
import type { ParsedFile } from './parse/index.ts'
import { readClosure } from './read/index.ts'
import type { FileText, Read, Side, Source } from './read/index.ts'
import { includesOf, recognize } from './recognize/index.ts'
import type { ParsedFiles, Recognition, Recognized } from './recognize/index.ts'

/** What one side holds at a path: a training, nothing, or a file that cannot be used as one. */
export type SideConfig =
  | { readonly is: 'config'; readonly config: Recognized; readonly reads: Reads }
  | { readonly is: 'absent' }
  | { readonly is: 'unrecognized'; readonly why: string; readonly reads: Reads }
  | { readonly is: 'malformed'; readonly problems: readonly Problem[]; readonly reads: Reads }

/** The files that a config rests on, itself included, and what each is on that side. Some are only places to look in. */
export type Reads = ReadonlyMap<string, Seen>

/** What is at a path, without its text: thousands of configs are held at the same time. */
export type Seen = Exclude<FileText, { readonly is: 'text' }> | { readonly is: 'text' }

export interface SideReading {
  readonly configs: ReadonlyMap<string, SideConfig>
  readonly problems: readonly Problem[]
}

/** Trees of included files by path and blob id: many configs include the same ones, on both sides. */
export type Trees = Map<string, ParsedFile>

/** Configs that are read together: their texts and trees are let go before the next ones come. */
const AT_ONCE = 2500

/** Configs of one side to read, and what is asked of them. */
export interface SideRequest {
  readonly side: Side
  readonly paths: readonly string[]
  /** The framework that the policy names for a path, where it names one. */
  readonly formatOf: (path: string) => string | undefined
  readonly trees: Trees
  /** Which of them are kept; all where it is left out. */
  readonly keeps?: (path: string, config: SideConfig) => boolean
}

/**
 * Reads configs and all that they include on one side, and recognizes them.
 *
 * @returns an entry for each path that is kept
 */
export async function readSide(source: Pick<Source, 'texts'>, request: SideRequest): Promise<Read<SideReading>> {
  const paths = [...new Set(request.paths)]
  const configs = new Map<string, SideConfig>()
  const problems: Problem[] = []
  for (let start = 0; start < paths.length; start += AT_ONCE) {
    const reading = await readTogether(source, request, paths.slice(start, start + AT_ONCE))
    if (reading.is === 'failed') return reading
    for (const [path, config] of reading.value.configs)
      if (request.keeps?.(path, config) ?? true) configs.set(path, config)
    problems.push(...reading.value.problems)
  }
  return { is: 'read', value: { configs, problems } }
}

async function readTogether(
  source: Pick<Source, 'texts'>,
  { side, formatOf, trees }: SideRequest,
  paths: readonly string[],
): Promise<Read<SideReading>> {
  const wanted = new Set(paths)
  const recognized = new Map<string, Recognition>()
  /** Includes of each config that had not been read when it was recognized: one that is there now may change everything. */
  const awaited = new Map<string, readonly string[]>()
  const recognitionOf = (path: string, texts: Texts): Recognition => {
    const before = recognized.get(path)
    if (before !== undefined && awaited.get(path)?.some(include => isData(include, texts)) !== true) return before
    const recognition = recognize(path, parsedFor(path, texts, trees), formatOf(path))
    recognized.set(path, recognition)
    awaited.set(
      path,
      includesOf(recognition).filter(include => !isData(include, texts)),
    )
    return recognition
  }
  const closure = await readClosure(source, side, paths, (path, texts) =>
    wanted.has(path) && isData(path, texts) ? includesOf(recognitionOf(path, texts)) : [],
  )
  if (closure.is === 'failed') return closure
  const { files, problems } = closure.value
  const configs = new Map(paths.map(path => [path, configAt(path, files, () => recognitionOf(path, files))] as const))
  return { is: 'read', value: { configs, problems } }
}

type Texts = ReadonlyMap<string, FileText>

/** There, and of a syntax that is read. */
function isData(path: string, texts: Texts): boolean {
  return texts.get(path)?.is === 'text' && syntaxOf(path) !== undefined
}

/** The files that one config can see. Its own tree is needed once and not kept: ten thousand of them are gigabytes. */
function parsedFor(config: string, texts: Texts, trees: Trees): ParsedFiles {
  return {
    has: path => isData(path, texts),
    get: path => {
      const file = texts.get(path)
      if (file?.is !== 'text' || !isData(path, texts)) return undefined
      if (path === config) return parse(path, file.text)
      const key = `${file.id} ${path}`
      const tree = trees.get(key) ?? parse(path, file.text)
      trees.set(key, tree)
      return tree
    },
  }
}

export const NO_DATA = 'it is not YAML, JSON or TOML'

function configAt(path: string, files: Texts, recognition: () => Recognition): SideConfig {
  const file = files.get(path)
  if (file === undefined || file.is === 'absent') return { is: 'absent' }
  const itself: Reads = new Map([[path, seen(file)]])
  if (syntaxOf(path) === undefined) return { is: 'unrecognized', why: NO_DATA, reads: itself }
  if (file.is === 'unreadable') return { is: 'config', config: opaque(path, file.why), reads: itself }
  const found = recognition()
  // What makes a file a training may stand in one that it includes: a change there still touches it.
  const reads: Reads = new Map([...includesOf(found).map(to => [to, seen(files.get(to))] as const), ...itself])
  switch (found.is) {
    case 'recognized':
      return {
        is: 'config',
        // What runs of it is not known, and a dear one must not hide behind the first.
        config: found.trainings === 1 ? found.config : opaque(path, several(found.trainings)),
        reads,
      }
    case 'malformed':
      return { is: 'malformed', problems: found.problems, reads }
    case 'unrecognized':
      return { is: 'unrecognized', why: found.why, reads }
    default:
      return found satisfies never
  }
}

const several = (trainings: number) => `it holds ${trainings} trainings, and one is priced: give each a file of its own`

const TEXT: Seen = { is: 'text' }
const ABSENT: Seen = { is: 'absent' }

function seen(file: FileText | undefined): Seen {
  return file === undefined ? ABSENT : file.is === 'text' ? TEXT : file
}

/**
 * An included file that one side alone cannot read: taken for absent, what it says would fall back to defaults, and the run
 * would look cheaper than it is. A file that both sides lack is only a place that was looked in; so is one that the head brings:
 * the base was what it was without it, and a head that could make it unknown would have no increase. A base or a group that
 * the head names and that is found nowhere is lost too, unless the other side names and lacks the same.
 *
 * @returns the reason in words; undefined where nothing was lost
 */
export function lostInclude(own: SideConfig, other: SideConfig, side: 'base' | 'head'): string | undefined {
  if (own.is !== 'config') return undefined
  const there: Reads = other.is === 'absent' ? new Map() : other.reads
  for (const [path, file] of own.reads) {
    if (path === own.config.path || file.is === 'text') continue
    const before = there.get(path)?.is ?? 'absent'
    if (file.is === 'unreadable' && before !== 'unreadable')
      return `it includes ${path}, which is not read: ${file.why}`
    if (side === 'head' && file.is === 'absent' && before === 'text' && !hasMoved(path, own.reads, there))
      return `it includes ${path}, which is not there any more`
  }
  const before: readonly string[] = other.is === 'config' ? other.config.lacking : []
  const name = side === 'head' ? own.config.lacking.find(lacking => !before.includes(lacking)) : undefined
  return name === undefined ? undefined : `it is built on ${name.slice(0, 200)}, which no file of the repository is`
}

/** A name can mean several places: it is found in another one now. */
function hasMoved(path: string, own: Reads, other: Reads): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return [...own].some(([to, file]) => file.is === 'text' && other.get(to)?.is !== 'text' && to.endsWith(`/${name}`))
}

/** A config that is there and cannot be read as one: every number that it would give is unknown, with the reason. */
export function opaque(path: string, why: string): Recognized {
  const missing: Missing = {
    fact: 'config',
    why,
    remedy: `commit ${path} as a plain training config`,
    absent: false,
    at: { kind: 'config', path },
  }
  const lost = unknown(missing)
  const problems: readonly Problem[] = [{ code: 'unreadable', severity: 'warning', message: why, at: { path } }]
  const facts = { hiddenSize: lost, numLayers: lost, seqLen: lost, steps: lost, totalTokens: lost, epochs: lost }
  return {
    path,
    framework: 'unknown',
    fragment: false,
    facts: { ...facts, family: known('unknown') },
    problems,
    includes: [],
    lacking: [],
  }
}
