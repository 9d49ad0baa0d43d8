import type { Problem } from '../facts/index.ts'
import { unreadable } from './content.ts'
import type { FileText, Read, Side, Source } from './types.ts'

export interface ClosureCaps {
  /** How many steps of "a file that includes a file" are followed. */
  readonly depth: number
  /** Included files, and places where one was looked for, however few configs there are. */
  readonly files: number
  /** The same for one of many configs, on average. */
  readonly filesOfEach: number
}

export const DEFAULT_CLOSURE_CAPS: ClosureCaps = { depth: 8, files: 2000, filesOfEach: 10 }

export interface Closure {
  /** Every path that was asked for, and everything that these include; what lies beyond a cap is unreadable. */
  readonly files: ReadonlyMap<string, FileText>
  /** A cap that was reached: what lies beyond it was not read, and what depends on it is not known. */
  readonly problems: readonly Problem[]
}

/**
 * Reads files and what they include until nothing new appears, one request for each depth.
 *
 * @param includesOf paths that one file includes, given all texts so far; it is asked again for every file in each
 *   round, because a list of defaults may only be understood once the file that it names has been read
 */
export async function readClosure(
  source: Pick<Source, 'texts'>,
  side: Side,
  paths: readonly string[],
  includesOf: (path: string, texts: ReadonlyMap<string, FileText>) => readonly string[],
  caps: ClosureCaps = DEFAULT_CLOSURE_CAPS,
): Promise<Read<Closure>> {
  const files = new Map<string, FileText>()
  let wanted = [...new Set(paths)]
  const asked = wanted.length
  const most = Math.max(caps.files, asked * caps.filesOfEach)
  for (let depth = 0; wanted.length > 0; depth++) {
    if (depth > caps.depth)
      return ended(files, wanted, `includes are nested more than ${caps.depth} deep`, 'include-depth')
    if (files.size + wanted.length - asked > most)
      return ended(files, wanted, `the configs include more than ${most} files`, 'include-count')
    const read = await source.texts(side, wanted)
    if (read.is === 'failed') return read
    for (const [path, text] of read.value) files.set(path, text)
    const found = new Set<string>()
    for (const path of files.keys())
      for (const included of includesOf(path, files)) if (!files.has(included)) found.add(included)
    wanted = [...found]
  }
  return { is: 'read', value: { files, problems: [] } }
}

function ended(
  files: ReadonlyMap<string, FileText>,
  left: readonly string[],
  what: string,
  code: string,
): Read<Closure> {
  const [first] = left
  // Taken for absent, what such a file says would fall back to defaults.
  const beyond = unreadable('beyond-cap', what)
  const message = `${what}: ${left.length} files were not read, the first is ${first ?? 'unnamed'}`
  const problem: Problem = {
    code,
    severity: 'warning',
    message,
    ...(first === undefined ? {} : { at: { path: first } }),
  }
  return {
    is: 'read',
    value: { files: new Map([...files, ...left.map(path => [path, beyond] as const)]), problems: [problem] },
  }
}
