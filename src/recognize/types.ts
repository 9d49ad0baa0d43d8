import type { Problem, RunFacts } from '../facts/index.ts'
import type { ParsedFile } from '../parse/index.ts'

/** Parsed files of one side, by repository-relative path: the config and everything it includes, as far as it was fetched. */
export type ParsedFiles = Pick<ReadonlyMap<string, ParsedFile>, 'get' | 'has'>

/** One training (or a fragment of one) that a file describes. */
export interface Recognized {
  readonly path: string
  readonly framework: string
  /** A model shape or a parallelism section without a run of its own (HF config.json, DeepSpeed JSON): never gated alone. */
  readonly fragment: boolean
  readonly facts: RunFacts
  /** Malformed values, deprecated keys, disagreeing synonyms. An error here makes the config an error. */
  readonly problems: readonly Problem[]
  /** Repository-relative paths of included files, followed or not, as edges for re-pricing. */
  readonly includes: readonly string[]
  /** Names of bases and Hydra groups that it is built on and that were found nowhere. */
  readonly lacking: readonly string[]
}

export type Recognition =
  /** `trainings`: how many the file holds, in documents of their own; `config` is the first. */
  | { readonly is: 'recognized'; readonly config: Recognized; readonly trainings: number }
  /** `includes`: what the file wanted to read, for it may be a training again once that is mended. */
  | { readonly is: 'malformed'; readonly problems: readonly Problem[]; readonly includes: readonly string[] }
  | { readonly is: 'unrecognized'; readonly why: string; readonly includes: readonly string[] }
