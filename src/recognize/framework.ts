import type { RunFacts } from '../facts/index.ts'
import type { Keys } from './keys.ts'

/** One training framework's configs: how to know one, and what its keys mean. Pure data and pure functions. */
export interface Framework {
  /** Published in reports as `framework`, and the name by which a policy chooses it. Never renamed. */
  readonly name: string
  /** The decisive keys (docs/formats.md §2). May peek at values; must not read facts. */
  readonly recognizes: (keys: Keys) => boolean
  readonly facts: (keys: Keys) => RunFacts
  /** A model or a parallelism section without a run of its own. */
  readonly fragment?: boolean | ((keys: Keys) => boolean)
  /** Files that the config names, as it names them. Each is looked for beside the config and at the repository's root. */
  readonly includes?: (keys: Keys) => readonly string[]
  /** `num-layers` and `num_layers` are one key. */
  readonly folds?: boolean
}
