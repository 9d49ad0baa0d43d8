import type { PairReading, PairsRequest } from './pairs.ts'
import { resolved } from './pairs.ts'
import type { Read } from './read/index.ts'
import { pinnedFramework } from './resolve/index.ts'
import type { Run } from './resolve/index.ts'
import { readSide } from './side.ts'

/** A pair, and its head read by the framework of its base, where it is read by another one now. */
export interface RereadPair extends PairReading {
  readonly asBefore?: Run
}

/**
 * A few keys of another framework are enough for a file to be read as that one, while the program that trains with it looks
 * at the others as before. Where the base branch's policy does not name the framework, such a head is read both ways.
 */
export async function withFormerReading(
  request: PairsRequest,
  pairs: readonly PairReading[],
): Promise<Read<readonly RereadPair[]>> {
  const { source, policies } = request
  const former = new Map(
    pairs.flatMap(({ path, base, head }) => {
      if (base.is !== 'run' || head.is !== 'run') return []
      const [before, after] = [base.run.framework, head.run.framework]
      if (before === after || [before, after].includes('unknown')) return []
      return pinnedFramework(policies.halves, path) === after ? [] : [[path, before] as const]
    }),
  )
  if (former.size === 0) return { is: 'read', value: pairs }
  const reading = await readSide(source, {
    side: 'head',
    paths: [...former.keys()],
    formatOf: path => former.get(path),
    trees: new Map(),
  })
  if (reading.is === 'failed') return reading
  const { configs } = reading.value
  return {
    is: 'read',
    value: pairs.map(pair => {
      const read = configs.get(pair.path)
      if (read?.is !== 'config') return pair
      const side = resolved(read.config, pair.path, 'head', request)
      return side.is === 'run' ? { ...pair, asBefore: side.run } : pair
    }),
  }
}
