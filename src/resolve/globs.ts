import { Minimatch } from 'minimatch'
import { globFault } from './inputs.ts'
import type { ConfigEntry, Policy } from './types.ts'

/** Braces expand before matching: few enough that no pattern is slow. */
const OPTIONS = { dot: true, nonegate: true, nocomment: true, noext: true, braceExpandMax: 200 } as const

/** Each glob of a policy is held against every path: compiled once. Undefined for one that is refused. */
const compiledGlobs = new Map<string, Minimatch | undefined>()

function compiled(glob: string): Minimatch | undefined {
  if (!compiledGlobs.has(glob))
    compiledGlobs.set(
      glob,
      globFault(glob) === undefined ? new Minimatch(glob.replace(/^\.\//, ''), OPTIONS) : undefined,
    )
  return compiledGlobs.get(glob)
}

/** True where one of the globs matches the path. Globs are relative to the root; one that is refused matches nothing. */
export function matchesAny(globs: readonly string[], path: string): boolean {
  if (path.length > 4096) return false
  return globs.some(glob => compiled(glob)?.match(path) === true)
}

/** The first entry of the policy whose glob matches: later ones do not count. */
export function matchConfig(policy: Policy, path: string): ConfigEntry | undefined {
  return policy.configs.find(entry => matchesAny([entry.path], path))
}
