import type { Missing, Problem } from './facts/index.ts'
import { known, unknown } from './facts/index.ts'
import { parse, syntaxOf } from './parse/index.ts'
import type { ParsedFile } from './parse/index.ts'
import { readClosure } from './read/index.ts'
import type { FileText, Read, Side, Source } from './read/index.ts'
import { includesOf, recognize } from './recognize/index.ts'
import type { Recognized } from './recognize/index.ts'

/** What one side holds at a path: a training, nothing, or a file that cannot be used as one. */
export type SideConfig =
  | { readonly is: 'config'; readonly config: Recognized; readonly reads: Reads }
  | { readonly is: 'absent' }
  | { readonly is: 'unrecognized'; readonly why: string; readonly reads: Reads }
  | { readonly is: 'malformed'; readonly problems: readonly Problem[]; readonly reads: Reads }

/** The files that a config rests on, itself included, and what each is on that side. Some are only places to look in. */
export type Reads = ReadonlyMap<string, FileText>

export interface SideReading {
  readonly configs: ReadonlyMap<string, SideConfig>
  readonly problems: readonly Problem[]
}

/** Parsed trees by path and blob id: most files are the same on both sides, and includes ask again in each round. */
export type Trees = Map<string, ParsedFile>

/**
 * Reads configs and all that they include on one side, and recognizes them.
 *
 * @param formatOf the framework that the policy names for a path, where it names one
 * @returns an entry for each path
 */
export async function readSide(
  source: Pick<Source, 'texts'>,
  side: Side,
  paths: readonly string[],
  formatOf: (path: string) => string | undefined,
  trees: Trees,
): Promise<Read<SideReading>> {
  const parsedOf = (texts: ReadonlyMap<string, FileText>) => {
    const parsed = new Map<string, ParsedFile>()
    for (const [path, text] of texts) {
      if (text.is !== 'text' || syntaxOf(path) === undefined) continue
      const key = `${text.id} ${path}`
      const tree = trees.get(key) ?? parse(path, text.text)
      trees.set(key, tree)
      parsed.set(path, tree)
    }
    return parsed
  }
  const closure = await readClosure(source, side, paths, (path, texts) => includesOf(path, parsedOf(texts)))
  if (closure.is === 'failed') return closure
  const { files, problems } = closure.value
  const parsed = parsedOf(files)
  const configs = new Map(paths.map(path => [path, configAt(path, files, parsed, formatOf(path))]))
  return { is: 'read', value: { configs, problems } }
}

function configAt(
  path: string,
  files: ReadonlyMap<string, FileText>,
  parsed: ReadonlyMap<string, ParsedFile>,
  format: string | undefined,
): SideConfig {
  const file = files.get(path)
  if (file === undefined || file.is === 'absent') return { is: 'absent' }
  const itself: Reads = new Map([[path, file]])
  if (file.is === 'unreadable') return { is: 'config', config: opaque(path, file.why), reads: itself }
  if (!parsed.has(path)) return { is: 'unrecognized', why: 'it is not YAML, JSON or TOML', reads: itself }
  const recognition = recognize(path, parsed, format)
  switch (recognition.is) {
    case 'recognized':
      return { is: 'config', config: recognition.config, reads: readsOf(recognition.config.includes, files, itself) }
    // What makes it a training may stand in a file that it includes: a change there still touches it.
    case 'malformed':
      return {
        is: 'malformed',
        problems: recognition.problems,
        reads: readsOf(recognition.includes, files, itself),
      }
    case 'unrecognized':
      return { is: 'unrecognized', why: recognition.why, reads: readsOf(recognition.includes, files, itself) }
    default:
      return recognition satisfies never
  }
}

const ABSENT: FileText = { is: 'absent' }

function readsOf(includes: readonly string[], files: ReadonlyMap<string, FileText>, itself: Reads): Reads {
  return new Map([...includes.map(path => [path, files.get(path) ?? ABSENT] as const), ...itself])
}

/**
 * An included file that one side alone cannot read: taken for absent, what it says would fall back to defaults, and the run
 * would look cheaper than it is. A file that both sides lack is only a place that was looked in.
 *
 * @returns the reason in words; undefined where nothing was lost
 */
export function lostInclude(own: SideConfig, other: SideConfig): string | undefined {
  if (own.is !== 'config') return undefined
  const there: Reads = other.is === 'absent' ? new Map() : other.reads
  for (const [path, file] of own.reads) {
    if (path === own.config.path || file.is === 'text') continue
    const before = there.get(path)?.is ?? 'absent'
    if (file.is === 'unreadable' && before !== 'unreadable')
      return `it includes ${path}, which is not read: ${file.why}`
    if (file.is === 'absent' && before === 'text' && !hasMoved(path, own.reads, there))
      return `it includes ${path}, which is not there any more`
  }
  return undefined
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
  }
}
