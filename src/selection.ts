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
  /** Where those went that were renamed or rewritten to a file that is not read as data, by their path at the base. */
  readonly unreadable: ReadonlyMap<string, string>
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
  const isCovered = covers ?? (path => syntaxOf(path) !== undefined)
  const pairs: Pair[] = []
  const outside: string[] = []
  const includable = new Set<string>()
  const removedGated: string[] = []
  const unreadable = new Map<string, string>()
  const written = changes.filter(({ status, path }) => status !== 'removed' && syntaxOf(path) === undefined)
  const byStem = new Map(written.map(({ path }) => [stemOf(path), path]))
  for (const { status, path, previousPath } of changes) {
    const before = previousPath ?? path
    const wasCovered = status !== 'added' && isCovered(before)
    const isNow = status !== 'removed' && isCovered(path)
    if (isNow) pairs.push({ path, basePath: wasCovered ? before : path })
    if (wasCovered && !isNow) {
      pairs.push({ path: before, basePath: before })
      removedGated.push(before)
      const successor = status === 'removed' ? byStem.get(stemOf(before)) : path
      if (successor !== undefined && syntaxOf(successor) === undefined) unreadable.set(before, successor)
    }
    if (!isNow && status !== 'removed' && syntaxOf(path) !== undefined) outside.push(path)
    for (const touched of [path, before]) if (syntaxOf(touched) !== undefined) includable.add(touched)
  }
  return { pairs, outside: covers === undefined ? [] : outside, includable, removedGated, unreadable }
}

/** A path without its extension: `configs/7b.py` in the place of `configs/7b.yaml` is the same config in another language. */
function stemOf(path: string): string {
  return path.replace(/\.[^./]+$/, '')
}
