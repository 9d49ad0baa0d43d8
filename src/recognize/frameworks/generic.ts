import { absent, combine, firstGiven, isAbsent, type Fact, type RunFacts } from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'
import { mapped, notUnderstood, precisionOf, recomputeOfSwitch } from '../meanings.ts'

const WIDTH = ['hidden_size', 'd_model', 'n_embd', 'dim', 'hidden_dim', 'embed_dim', 'model_dim', 'emb_dim']
const LAYERS = ['num_hidden_layers', 'num_layers', 'n_layers', 'n_layer', 'depth']
const HEADS = ['num_attention_heads', 'num_heads', 'n_heads', 'n_head', 'nhead']
const KV_HEADS = ['num_key_value_heads', 'num_kv_heads', 'n_kv_heads', 'num_query_groups']
const FFN = ['intermediate_size', 'ffn_hidden_size', 'ffn_dim', 'd_ff', 'dim_feedforward', 'mlp_dim', 'n_inner']
const SEQUENCE = [
  'seq_len',
  'seq_length',
  'sequence_length',
  'max_seq_len',
  'max_seq_length',
  'block_size',
  'context_length',
  'n_ctx',
]
const MICRO = ['micro_batch_size', 'per_device_batch_size', 'per_device_train_batch_size', 'local_batch_size']
const GLOBAL = ['global_batch_size', 'train_batch_size']
const STEPS = ['max_steps', 'train_steps', 'total_steps', 'steps', 'max_iters', 'train_iters']
const EPOCHS = ['epochs', 'num_epochs', 'max_epochs']
const TOKENS = ['max_tokens', 'train_tokens', 'total_tokens']
const ACCUMULATION = [
  'gradient_accumulation_steps',
  'gradient_accumulation',
  'grad_accum_steps',
  'grad_accum',
  'accumulate_grad_batches',
  'update_freq',
]
const RUN = [...MICRO, ...GLOBAL, ...STEPS, ...EPOCHS, ...TOKENS, 'batch_size']

/** A program's own config: width, layers, heads and a run key side by side, under names that mean one thing. Nothing is defaulted. */
export const generic: Framework = {
  name: 'generic',
  recognizes: keys => (hasShape(keys) && keys.hasAny(...RUN)) || inSections(keys),
  facts: keys => {
    if (inSections(keys)) return sectioned(keys)
    return {
      ...shape(keys),
      seqLen: genericSequence(keys),
      ...batches([keys]),
      ...length([keys]),
    }
  },
}

/** Where programs that keep their model apart say how it is trained. */
const RUN_SECTIONS = ['training', 'train', 'schedule'] as const

function runSections(keys: Keys): readonly Keys[] {
  return RUN_SECTIONS.filter(name => keys.hasSection(name)).map(name => keys.under(name))
}

/**
 * The same in two sections, `model` and `training`: only for a model of language, which has a vocabulary and a length, and only
 * where the other section has both a batch and an end. Pictures and agents have neither vocabulary nor such a length.
 */
function inSections(keys: Keys): boolean {
  const model = keys.under('model')
  const runs = runSections(keys)
  return (
    hasShape(model) &&
    typeof model.peek('vocab_size') === 'number' &&
    [model, keys.under('data'), ...runs].some(section => section.hasAny(...SEQUENCE)) &&
    runs.some(section => section.hasAny(...STEPS, ...EPOCHS, ...TOKENS)) &&
    runs.some(section => section.hasAny(...MICRO, ...GLOBAL, 'batch_size'))
  )
}

function sectioned(keys: Keys): RunFacts {
  const model = keys.under('model')
  const runs = runSections(keys)
  const said = same([keys.under('data'), ...runs], 'seq_len', SEQUENCE)
  const words = runs.flatMap(run => ['precision', 'mixed_precision', 'dtype'].map(key => run.word(key)))
  const switches = runs.flatMap(run =>
    ['gradient_checkpointing', 'grad_checkpointing', 'activation_checkpointing'].map(key =>
      recomputeOfSwitch(run, key),
    ),
  )
  return {
    ...shape(model),
    // What the data are cut to, else what the model takes.
    seqLen: isAbsent(said) ? genericSequence(model) : said,
    ...batches(runs),
    ...length(runs),
    precision: precisionOf(firstGiven(absent('precision'), ...words)),
    recompute: firstGiven(absent('recompute'), ...switches),
  }
}

/** Width, layers and heads of one section, where they stand together and in range. */
export function genericShape(keys: Keys): RunFacts | undefined {
  return hasShape(keys) ? shape(keys) : undefined
}

export function genericSequence(keys: Keys): Fact<number> {
  return same([keys], 'seq_len', SEQUENCE)
}

function hasShape(keys: Keys): boolean {
  const [d, l, n] = [numberAt(keys, WIDTH), numberAt(keys, LAYERS), numberAt(keys, HEADS)]
  if (d === undefined || l === undefined || n === undefined) return false
  return d >= 32 && d <= 65_536 && l >= 1 && l <= 512 && n >= 1 && (d % n === 0 || keys.has('head_dim'))
}

function shape(keys: Keys): RunFacts {
  const hiddenSize = same([keys], 'hidden_size', WIDTH)
  const numHeads = same([keys], 'num_heads', HEADS)
  const activation = firstGiven(keys.word('activation'), keys.word('hidden_act'))
  const headDim = keys.integer('head_dim')
  return {
    hiddenSize,
    numLayers: same([keys], 'num_layers', LAYERS),
    numHeads,
    numKvHeads: same([keys], 'num_kv_heads', KV_HEADS),
    headDim: isAbsent(headDim) ? combine({ hiddenSize, numHeads }, v => v.hiddenSize / v.numHeads) : headDim,
    ffnSize: ffn(keys, hiddenSize),
    gated: activation.known && activation.value.includes('glu') ? mapped(activation, () => true) : absent('gated'),
    vocabSize: keys.integer('vocab_size'),
  }
}

function batches(sections: readonly Keys[]): RunFacts {
  return {
    microBatch: same(sections, 'micro_batch', MICRO),
    globalBatch: same(sections, 'global_batch', GLOBAL),
    gradAccum: same(sections, 'grad_accum', ACCUMULATION),
  }
}

function length(sections: readonly Keys[]): RunFacts {
  return {
    steps: same(sections, 'steps', STEPS),
    epochs: same(sections, 'epochs', EPOCHS),
    totalTokens: same(sections, 'total_tokens', TOKENS),
  }
}

function ffn(keys: Keys, hiddenSize: Fact<number>): Fact<number> {
  const given = same([keys], 'ffn_size', FFN)
  const ratio = keys.number('mlp_ratio')
  return isAbsent(given) && ratio.known
    ? combine({ ratio, hiddenSize }, v => Math.floor(v.ratio * v.hiddenSize))
    : given
}

function numberAt(keys: Keys, names: readonly string[]): number | undefined {
  const name = names.find(candidate => typeof keys.peek(candidate) === 'number')
  const value = name === undefined ? undefined : keys.peek(name)
  return typeof value === 'number' ? value : undefined
}

/** The value of whichever synonym is there; two that disagree make it unknown. */
function same(sections: readonly Keys[], fact: string, names: readonly string[]): Fact<number> {
  const given = sections.flatMap(keys => names.map(name => keys.count(name))).filter(read => !isAbsent(read))
  const [first, ...rest] = given
  if (first === undefined) return absent(fact)
  const disagrees = rest.some(other => first.known && other.known && other.value !== first.value)
  return disagrees
    ? notUnderstood(fact, `two keys that mean ${fact} disagree`, first.known ? first.origins[0] : undefined)
    : first
}
