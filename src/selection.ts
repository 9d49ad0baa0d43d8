import { syntaxOf } from './parse/index.ts'
import type { FileChange } from './read/index.ts'

/** One config to compare: where it is at the head, and where it was at the base. */
export interface Pair {
  readonly path: string
  readonly basePath: string
}

export interface Selection {
  readonly pairs: readonly Pair[]
  /** Changed files outside every glob that could be training configs: read at the head, to say what is not covered. */
  readonly outside: readonly string[]
  /** Changed files that a config might include: where there are any, every covered config is asked. */
  readonly includable: ReadonlySet<string>
  /** Configs that the globs covered at the base and do not cover at the head any more: removed, or moved out. */
  readonly removedGated: readonly string[]
  /** What took the place of those and is not read as data: a file of the same name, or one where their folder was. */
  readonly unreadable: ReadonlyMap<string, string>
  /** Programs and templates that a glob covers and that are at the head: a training may be written in one, and none is read. */
  readonly programs: readonly string[]
}

/**
 * Which changed files are configs.
 *
 * A rename keeps its identity only between two covered paths: otherwise a config moved out of the globs would vanish without
 * a trace, and a huge file moved into them would count as unchanged.
 *
 * @param covers whether a glob covers a path; undefined where nobody wrote globs: then every changed data file is a candidate
 */
export function selectChanged(
  changes: readonly FileChange[],
  covers: ((path: string) => boolean) | undefined,
): Selection {
  const isData = (path: string): boolean => syntaxOf(path) !== undefined
  const isCovered = covers ?? isData
  const pairs: Pair[] = []
  const programs: string[] = []
  const outside: string[] = []
  const includable = new Set<string>()
  const removedGated: string[] = []
  const unreadable = new Map<string, string>()
  const written = changes.filter(({ status }) => status !== 'removed').map(({ path }) => path)
  const unread = new Map(written.filter(path => !isData(path)).map(path => [nameOf(path), path]))
  const places = new Set(written)
  for (const { status, path, previousPath } of changes) {
    const before = previousPath ?? path
    const wasCovered = status !== 'added' && isCovered(before)
    const isNow = status !== 'removed' && isCovered(path)
    const basePath = wasCovered ? before : path
    // A picture or a tokenizer beside the configs is none, however it reads.
    if (isNow && (isData(path) || isData(basePath))) pairs.push({ path, basePath })
    else if (isNow && PROGRAM.test(path)) programs.push(path)
    if (wasCovered && !isNow && isData(before)) {
      pairs.push({ path: before, basePath: before })
      removedGated.push(before)
      const renamedTo = isData(path) ? undefined : path
      const successor = status === 'removed' ? successorOf(before, unread, places) : renamedTo
      if (successor !== undefined) unreadable.set(before, successor)
    }
    if (!isNow && status !== 'removed' && isData(path)) outside.push(path)
    for (const touched of [path, before]) if (isData(touched)) includable.add(touched)
  }
  return { pairs, outside: covers === undefined ? [] : outside, includable, removedGated, unreadable, programs }
}

const PROGRAM = /\.(?:py|sh|bash|slurm|sbatch|jsonnet|libsonnet|j2|jinja2?|tmpl|tpl|gin|ini|cfg|conf|hocon|cue|lua)$/i

/**
 * What a config that is gone may have become: the same name in another language or as a template (`7b-sft.yaml` →
 * `7b_sft.py`, `7b-sft.yaml.j2`), or the link or submodule that its folder is now, behind which it may stand as before.
 */
function successorOf(
  path: string,
  unread: ReadonlyMap<string, string>,
  written: ReadonlySet<string>,
): string | undefined {
  return unread.get(nameOf(path)) ?? foldersOf(path).find(folder => written.has(folder))
}

/** A path for comparison: without extensions that only say the language, and with one mark for all that join words. */
function nameOf(path: string): string {
  const plain = path.replace(/(?:\.(?:[a-z][a-z0-9]{0,9}))+$/i, '')
  return plain.toLowerCase().replace(/[-_. ]+/g, '_')
}

/** Files in the order of their nearness to the changed ones: of one folder first. Hidden folders hold no trainings. */
export function neighborsOf(changed: ReadonlySet<string>, paths: readonly string[]): readonly string[] {
  const folders = new Set([...changed].flatMap(foldersOf))
  const nearness = (path: string): number => foldersOf(path).filter(folder => folders.has(folder)).length
  return paths
    .filter(path => !path.split('/').some(part => part.startsWith('.')))
    .map(path => ({ path, near: nearness(path) }))
    .sort((a, b) => b.near - a.near)
    .map(({ path }) => path)
}

/** Every folder above a path, the nearest last. */
function foldersOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
}
