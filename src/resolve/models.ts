import { FACT_NAMES, FACTS, known, unknown, type Fact, type FactName, type Origin } from '../facts/index.ts'
import type { RunFacts } from '../facts/index.ts'
import data from '../../data/models.json' with { type: 'json' }
import { didYouMean } from './nearest.ts'

interface Row {
  readonly id: string
  readonly aliases: readonly string[]
  readonly source: string
  readonly verified: boolean
  readonly params: number | null
  readonly linear_attention?: unknown
  readonly [fact: string]: unknown
}

// The file's shape is held by __tests__/resolve/models.test.ts.
const rows = data.models as unknown as readonly Row[]

const byName = new Map(rows.flatMap(row => [row.id, ...row.aliases].map(name => [name.toLowerCase(), row])))

export interface Model {
  readonly id: string
  /** Parameters computed from the shape; null where they could not be. */
  readonly parameters: number | null
  readonly facts: RunFacts
}

/** Ids of every model that ships. */
export const MODEL_IDS: readonly string[] = rows.map(row => row.id)

/**
 * A public base model by its id or one of its aliases, whole string, in any case. `torchtune:llama3_8b` and other aliases
 * with a framework's prefix answer to that framework alone.
 */
export function modelNamed(id: string): Model | undefined {
  const row = byName.get(id.trim().toLowerCase())
  return row === undefined ? undefined : { id: row.id, parameters: row.params, facts: factsOf(row) }
}

const hints = new Map<string, string>()

/** `; did you mean …?` for a model that is not there. Many configs name the same one, and each search takes 300 µs. */
export function modelHint(id: string): string {
  const hint = hints.get(id) ?? didYouMean(id, MODEL_IDS)
  if (hints.size < MOST_HINTS) hints.set(id, hint)
  return hint
}

const MOST_HINTS = 1000

function factsOf(row: Row): RunFacts {
  const origin: Origin = {
    kind: 'registry',
    source: `${row.id}: ${row.source}${row.verified ? '' : ' (recalled)'}`,
  }
  const facts: Partial<Record<FactName, Fact<unknown>>> = {}
  for (const name of FACT_NAMES) {
    const spec = FACTS[name]
    const plain = spec.of === 'model' && Object.hasOwn(row, spec.name) ? row[spec.name] : undefined
    if (plain === undefined || plain === null) continue
    const value = spec.read(asFactsReadIt(name, plain))
    // Held by a test over every row: a value that its fact cannot read is a fault of the data.
    if (value === undefined) throw new Error(`data/models.json: ${row.id}.${spec.name} must be ${spec.expects}`)
    facts[name] = known(value, origin)
  }
  if (row.linear_attention !== undefined)
    facts.attention = unknown({
      fact: 'attention',
      why: `most layers of ${row.id} are gated delta-net attention, for which traincost has no formula yet`,
      remedy: 'describe a model of the same cost under models: in the policy',
      absent: false,
    })
  // Each value was read by its own fact's reader.
  return facts as RunFacts
}

/** The file writes "no query rank" as 0, and notes an encoder's fixed positions, which are no fact. */
function asFactsReadIt(name: FactName, plain: unknown): unknown {
  if (typeof plain !== 'object' || plain === null) return plain
  if (name === 'mla' && 'q_rank' in plain && plain.q_rank === 0) return { ...plain, q_rank: null }
  if (name === 'encoder' && 'positions' in plain) {
    const { positions: _positions, ...encoder } = plain
    return encoder
  }
  return plain
}
