import { absent, known, numberFromText, type Fact, type Origin, type RunFacts } from '../../facts/index.ts'
import type { Keys } from '../keys.ts'
import { mapped } from '../meanings.ts'

/** Keys of config.json that mean the same in every class that has them. */
const SIZES = {
  hiddenSize: ['hidden_size', 'n_embd', 'n_embed', 'd_model'],
  numLayers: ['num_hidden_layers', 'n_layer', 'n_layers', 'num_layers'],
  numHeads: ['num_attention_heads', 'n_head', 'n_heads', 'num_heads'],
  numKvHeads: ['num_key_value_heads', 'attn_config.kv_n_heads'],
  headDim: ['head_dim'],
  ffnSize: ['intermediate_size', 'n_inner', 'ffn_dim', 'd_ff'],
  vocabSize: ['vocab_size'],
  experts: ['num_local_experts', 'num_experts', 'n_routed_experts'],
  expertsPerToken: ['num_experts_per_tok'],
  expertFfnSize: ['moe_intermediate_size'],
  maxPositions: ['max_position_embeddings', 'n_positions'],
} as const satisfies Partial<Record<keyof RunFacts, readonly string[]>>

/** A program that loads a named model's config.json and then changes keys of it: a section of such keys. */
export function overriddenShape(section: Keys): RunFacts {
  return shapeFrom(
    key => section.integer(key),
    key => section.boolean(key),
  )
}

/** The same as one text, `n_embd=1024,n_layer=24`: `config_overrides` of transformers' examples/pytorch/language-modeling/run_clm.py. */
export function overriddenShapeInText(keys: Keys, key: string): RunFacts {
  const text = keys.text(key)
  if (!text.known) return {}
  const [at] = text.origins
  const pairs = new Map<string, string>()
  for (const part of text.value.split(',')) {
    const equals = part.indexOf('=')
    if (equals < 0) {
      keys.refuse('malformed-value', `${key} must be written name=value,name=value`, key)
      return {}
    }
    pairs.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim())
  }
  const value = <T>(name: string, read: (text: string) => T | undefined): Fact<T> => {
    const said = pairs.get(name)
    if (said === undefined) return absent(name)
    const taken = read(said)
    if (taken !== undefined) return known(taken, ...origin(at))
    keys.refuse('malformed-value', `${name} in ${key} must be a number or true or false`, key)
    return absent(name)
  }
  return shapeFrom(
    name => value(name, numberFromText),
    name => value(name, word => (/^true$/i.test(word) ? true : /^false$/i.test(word) ? false : undefined)),
  )
}

function origin(at: Origin | undefined): readonly Origin[] {
  return at === undefined ? [] : [at]
}

function shapeFrom(number: (key: string) => Fact<number>, flag: (key: string) => Fact<boolean>): RunFacts {
  const facts: { -readonly [K in keyof RunFacts]: RunFacts[K] } = {}
  for (const [name, spellings] of Object.entries(SIZES))
    for (const spelling of spellings) {
      const fact = number(spelling)
      // The names are those of number facts.
      if (fact.known) facts[name as keyof typeof SIZES] ??= fact
    }
  const tied = flag('tie_word_embeddings')
  if (tied.known) facts.tiedEmbeddings = tied
  // GPT-2's classes keep n_inner null: the feed-forward follows the width.
  const width = number('n_embd')
  if (width.known && facts.ffnSize === undefined) facts.ffnSize = mapped(width, size => 4 * size)
  return facts
}
