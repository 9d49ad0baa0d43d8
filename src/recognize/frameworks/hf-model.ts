import {
  absent,
  combine,
  derived,
  firstGiven,
  isAbsent,
  known,
  orDefault,
  unknown,
  type Fact,
  type RunFacts,
} from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'
import { mapped, notUnderstood } from '../meanings.ts'
import { hfDefaults, type HfDefaults } from './hf-defaults.ts'
import { hfFamilies, type HfFamily } from './hf-families.ts'
import { mixtureFacts } from './hf-mixture.ts'
import { encoderOf, extrasOf, latentAttention, stateSpace } from './hf-parts.ts'
import { layerWindowsOf } from './hf-windows.ts'

const WIDTHS = [
  'hidden_size',
  'n_embd',
  'n_embed',
  'd_model',
  'dim',
  'text_config',
  'llm_config',
  'language_config',
  'thinker_config',
]

/** config.json of a Hugging Face model: a shape without a run. */
export const hfModel: Framework = {
  name: 'hf_config',
  fragment: true,
  recognizes: keys =>
    typeof keys.peek('model_type') === 'string' &&
    !keys.hasAny('per_device_train_batch_size', 'base_model', 'traincost') &&
    // Megatron has a model_type too.
    !keys.hasAny('untie_embeddings_and_output_weights', 'num_query_groups', 'swiglu') &&
    (keys.hasAny('architectures', 'transformers_version') || keys.hasAny(...WIDTHS)) &&
    keys.hasAny(...WIDTHS, 'num_hidden_layers', 'n_layer', 'vocab_size'),
  facts: hfModelFacts,
}

/** The text part of a model of several parts; the file itself where it has one part. */
function textPart(root: Keys): Keys {
  for (const key of ['thinker_config.text_config', 'text_config', 'llm_config', 'language_config'])
    if (root.hasSection(key)) return root.under(key)
  return root
}

export function hfModelFacts(root: Keys): RunFacts {
  const keys = textPart(root)
  const own = keys.text('model_type')
  const type = own.known ? own : root.text('model_type')
  if (!type.known) return { family: type }
  const family = hfFamilies.get(type.value)
  if (family === undefined) return unknownType(type)
  return { family: type, ...shapeOf(keys, root, type.value, family) }
}

/** Nothing is guessed from keys that look familiar: the class decides what they mean. */
function unknownType(type: Extract<Fact<string>, { known: true }>): RunFacts {
  const at = type.origins[0]
  const lack = (fact: string): Fact<never> =>
    unknown({
      fact,
      why: `model_type ${type.value.slice(0, 80)} is not one that traincost knows`,
      remedy: "describe the model under the policy's `models`, or give its dimensions as facts",
      absent: true,
      ...(at === undefined ? {} : { at }),
    })
  return {
    family: type,
    hiddenSize: lack('hidden_size'),
    numLayers: lack('num_layers'),
    numHeads: lack('num_heads'),
    ffnSize: lack('ffn_size'),
    gated: lack('gated'),
    vocabSize: lack('vocab_size'),
  }
}

function cite(type: string): string {
  return `huggingface/transformers:src/transformers/models/${type.replace('-', '_')}/configuration_${type.replace('-', '_').replace(/_text$/, '')}.py@v4.57.6`
}

function shapeOf(keys: Keys, root: Keys, type: string, family: HfFamily): RunFacts {
  const defaults: HfDefaults | undefined = hfDefaults.get(type)
  const filled = (fact: Fact<number>, value: number | undefined): Fact<number> =>
    value === undefined ? fact : orDefault(fact, value, cite(type))
  const { names } = family
  const hiddenSize = filled(
    firstGiven(keys.integer(names.hiddenSize), keys.integer('hidden_size')),
    defaults?.hiddenSize,
  )
  const numLayers = filled(
    family.encoder === 't5'
      ? firstGiven(keys.integer('num_decoder_layers'), keys.integer('num_layers'))
      : firstGiven(keys.integer(names.numLayers), keys.integer('num_hidden_layers')),
    defaults?.numLayers,
  )
  const attends = family.ssm !== 'mamba' && family.ssm !== 'mamba2'
  const numHeads = attends
    ? filled(firstGiven(keys.integer(names.numHeads), keys.integer('num_attention_heads')), defaults?.numHeads)
    : absent('num_heads')
  const positions = firstGiven(keys.integer(names.maxPositions), keys.integer('max_position_embeddings'))
  const maxPositions = filled(positions, defaults?.maxPositions)
  const vocabSize = filled(firstGiven(keys.integer('vocab_size'), root.integer('vocab_size')), defaults?.vocabSize)
  const windows = layerWindowsOf(keys, family, numLayers, cite(type))
  if (family.unsupported !== undefined) return unsupported(keys, family.unsupported)
  return {
    hiddenSize,
    numLayers,
    numHeads,
    numKvHeads: attends ? kvHeadsOf(keys, family, numHeads, defaults, cite(type)) : absent('num_kv_heads'),
    headDim: attends ? headDimOf(keys, family, hiddenSize, numHeads, defaults, cite(type)) : absent('head_dim'),
    ffnSize: attends ? ffnSizeOf(keys, family, hiddenSize, defaults, cite(type)) : absent('ffn_size'),
    gated: gatedOf(keys, family, type),
    vocabSize,
    tiedEmbeddings: orDefault(
      firstGiven(keys.boolean('tie_word_embeddings'), root.boolean('tie_word_embeddings')),
      family.tied,
      cite(type),
    ),
    maxPositions,
    embeddingSize: embeddingSizeOf(keys, hiddenSize),
    bidirectional:
      family.bidirectional === true ? known(true, { kind: 'default', source: cite(type) }) : absent('bidirectional'),
    ...(windows === undefined ? {} : { layerWindows: windows }),
    ...mixtureFacts(keys, family, cite(type)),
    ...(family.mla === true ? { mla: latentAttention(keys, cite(type)) } : {}),
    ...(family.ssm === undefined ? {} : { ssm: stateSpace(keys, family.ssm, hiddenSize, numLayers, cite(type)) }),
    ...(family.encoder === undefined ? {} : { encoder: encoderOf(keys, family.encoder, defaults, cite(type)) }),
    extras: extrasOf(keys, family, type, maxPositions, cite(type)),
  }
}

function unsupported(keys: Keys, what: string): RunFacts {
  const at = keys.origin('model_type')
  return {
    hiddenSize: notUnderstood('hidden_size', `the model has ${what}, for which there is no formula here`, at),
    numLayers: keys.integer('num_hidden_layers'),
  }
}

/** Null means "as many as heads" in every class that has the key; missing means the class's own default. */
function kvHeadsOf(
  keys: Keys,
  family: HfFamily,
  numHeads: Fact<number>,
  defaults: HfDefaults | undefined,
  source: string,
): Fact<number> {
  switch (family.kv) {
    case 'heads':
      return derived(numHeads, `${source}: as many as heads`)
    case 'key': {
      const given = keys.integer('num_key_value_heads')
      if (!isAbsent(given)) return given
      if (keys.has('num_key_value_heads') || defaults?.numKvHeads === undefined)
        return derived(numHeads, `${source}: as many as heads`)
      return orDefault(given, defaults.numKvHeads, source)
    }
    case 'dbrx':
      return orDefault(keys.integer('attn_config.kv_n_heads'), 1, source)
    case 'multi-query':
      return combine({ one: orDefault(keys.boolean('multi_query'), true, source), numHeads }, v =>
        v.one ? 1 : v.numHeads,
      )
    case 'falcon': {
      const groups = orDefault(keys.boolean('new_decoder_architecture'), false, source)
      if (!groups.known) return groups
      if (groups.value) return firstGiven(keys.integer('num_kv_heads'), numHeads)
      return combine({ one: orDefault(keys.boolean('multi_query'), true, source), numHeads }, v =>
        v.one ? 1 : v.numHeads,
      )
    }
    default:
      return family.kv satisfies never
  }
}

function headDimOf(
  keys: Keys,
  family: HfFamily,
  hiddenSize: Fact<number>,
  numHeads: Fact<number>,
  defaults: HfDefaults | undefined,
  source: string,
): Fact<number> {
  // Latent attention has widths of its own; its head_dim key means something else.
  if (family.mla === true) return absent('head_dim')
  const given = keys.integer(family.encoder === 't5' ? 'd_kv' : 'head_dim')
  const fallback = keys.has('head_dim') ? undefined : defaults?.headDim
  if (!isAbsent(given)) return given
  if (fallback !== undefined) return orDefault(given, fallback, source)
  const share = combine({ hiddenSize, numHeads }, v => v.hiddenSize / v.numHeads)
  return share.known && !Number.isInteger(share.value)
    ? notUnderstood(
        'head_dim',
        'the width is not divisible by the heads and head_dim is not given',
        keys.origin(family.names.numHeads),
      )
    : share
}

function ffnSizeOf(
  keys: Keys,
  family: HfFamily,
  hiddenSize: Fact<number>,
  defaults: HfDefaults | undefined,
  source: string,
): Fact<number> {
  if (family.mixture === 'dbrx') return orDefault(keys.integer('ffn_config.ffn_hidden_size'), 3584, source)
  if (family.mixture === 'llama4') return orDefault(keys.integer('intermediate_size_mlp'), 16384, source)
  const given = firstGiven(keys.integer(family.names.ffnSize), keys.integer('intermediate_size'))
  if (!isAbsent(given)) return given
  const ratio = keys.number('expansion_ratio')
  if (ratio.known) return combine({ ratio, hiddenSize }, v => Math.floor(v.ratio * v.hiddenSize))
  if (family.ffnRatio !== undefined) {
    const times = family.ffnRatio
    return derived(
      mapped(hiddenSize, width => times * width),
      `${source}: ${times} × width`,
    )
  }
  return defaults?.ffnSize === undefined ? given : orDefault(given, defaults.ffnSize, source)
}

function gatedOf(keys: Keys, family: HfFamily, type: string): Fact<boolean> {
  if (family.gated === 't5') {
    const projection = orDefault(keys.text('feed_forward_proj'), type === 't5' ? 'relu' : 'gated-gelu', cite(type))
    return mapped(projection, word => word.startsWith('gated-'))
  }
  return known(family.gated, { kind: 'default', source: cite(type) })
}

/** OPT's and ELECTRA's tables are narrower than the model; only a width of its own is a fact. */
function embeddingSizeOf(keys: Keys, hiddenSize: Fact<number>): Fact<number> {
  const own = firstGiven(keys.integer('word_embed_proj_dim'), keys.integer('embedding_size'))
  return own.known && hiddenSize.known && own.value === hiddenSize.value ? absent('embedding_size') : own
}

/** A base model that is a folder of the repository: the shape in its config.json. */
export function modelFolder(keys: Keys, key: string): RunFacts {
  const name = keys.peek(key)
  const config = typeof name === 'string' ? keys.file(`${name}/config.json`) : undefined
  return config === undefined ? {} : hfModelFacts(config)
}

export function modelFolderFiles(keys: Keys, key = 'model_name_or_path'): readonly string[] {
  const name = keys.peek(key)
  return typeof name === 'string' && name.trim() !== '' ? [`${name}/config.json`] : []
}
