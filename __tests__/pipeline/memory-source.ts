import type { FileChange, FileText, Sha, Source } from '../../src/read/index.ts'

export type Files = Readonly<Record<string, string>>

const BASE = '1'.repeat(40) as Sha
const HEAD = '2'.repeat(40) as Sha

/**
 * Two trees in memory as a source: what changed is what differs.
 *
 * @param revisions trees of other revisions, by name
 */
export function memorySource(base: Files, head: Files, revisions: Readonly<Record<string, Files>> = {}): Source {
  const tree = (side: string): Files => (side === 'head' ? head : base)
  const paths = [...new Set([...Object.keys(base), ...Object.keys(head)])].sort()
  const changes = paths.flatMap((path): FileChange[] => {
    if (base[path] === head[path]) return []
    return [{ path, status: base[path] === undefined ? 'added' : head[path] === undefined ? 'removed' : 'modified' }]
  })
  const read = <T>(value: T) => Promise.resolve({ is: 'read' as const, value })
  return {
    revisions: () => read({ base: BASE, head: HEAD, tip: BASE, today: '2026-11-24', notes: [] }),
    changes: () => read(changes),
    paths: side => read(Object.keys(tree(side))),
    texts: (side, wanted) => read(textsOf(tree(side), wanted)),
    textsAt: (ref, wanted) => read(textsOf(revisions[ref] ?? {}, wanted)),
  }
}

function textsOf(files: Files, wanted: readonly string[]): ReadonlyMap<string, FileText> {
  return new Map(
    wanted.map((path): [string, FileText] => {
      const text = files[path]
      return [path, text === undefined ? { is: 'absent' } : { is: 'text', text, id: `${path}\n${text}` }]
    }),
  )
}
