import {
  combine,
  derived,
  firstGiven,
  isAbsent,
  known,
  orDefault,
  type Encoder,
  type Extras,
  type Fact,
  type Mla,
  type Origin,
  type Ssm,
} from '../../facts/index.ts'
import type { Keys } from '../keys.ts'
import { mapped, notUnderstood } from '../meanings.ts'
import type { HfDefaults } from './hf-defaults.ts'
import type { HfFamily } from './hf-families.ts'

/** DeepSeek's widths. `q_lora_rank: null` is said: queries have no rank of their own. */
export function latentAttention(keys: Keys, source: string): Fact<Mla> {
  const filled = (key: string, value: number): Fact<number> => orDefault(keys.integer(key), value, source)
  const rank: Fact<number | null> = keys.has('q_lora_rank')
    ? orDefault<number | null>(keys.integer('q_lora_rank'), null, 'q_lora_rank: null')
    : filled('q_lora_rank', 1536)
  const plain = combine(
    {
      q_rank: rank,
      kv_rank: filled('kv_lora_rank', 512),
      nope: filled('qk_nope_head_dim', 128),
      rope: filled('qk_rope_head_dim', 64),
      v: filled('v_head_dim', 128),
    },
    v => ({ ...v }),
  )
  return keys.shaped('mla', plain)
}

export function stateSpace(
  keys: Keys,
  kind: NonNullable<HfFamily['ssm']>,
  hiddenSize: Fact<number>,
  numLayers: Fact<number>,
  source: string,
): Fact<Ssm> {
  const filled = (key: string, value: number): Fact<number> => orDefault(keys.integer(key), value, source)
  const inner = (key: string): Fact<number> =>
    combine({ expand: orDefault(keys.number(key), 2, source), hiddenSize }, v => Math.floor(v.expand * v.hiddenSize))
  // `auto` reads as absent, which is the same rule.
  const rank = (key: string): Fact<number> => {
    const given = keys.integer(key)
    return given.known ? given : mapped(hiddenSize, width => Math.ceil(width / 16))
  }
  switch (kind) {
    case 'mamba':
      return keys.shaped(
        'ssm',
        combine(
          {
            d_inner: firstGiven(keys.integer('intermediate_size'), inner('expand')),
            state: filled('state_size', 16),
            conv: filled('conv_kernel', 4),
            dt_rank: rank('time_step_rank'),
          },
          v => ({ version: 1, ...v }),
        ),
      )
    case 'mamba2':
      return keys.shaped(
        'ssm',
        combine(
          {
            d_inner: inner('expand'),
            state: filled('state_size', 128),
            conv: filled('conv_kernel', 4),
            groups: filled('n_groups', 8),
            heads: mamba2Heads(keys, inner('expand'), filled('head_dim', 64), source),
            head_dim: filled('head_dim', 64),
            chunk: filled('chunk_size', 256),
          },
          v => ({ version: 2, ...v }),
        ),
      )
    case 'jamba':
      return keys.shaped(
        'ssm',
        combine(
          {
            d_inner: inner('mamba_expand'),
            state: filled('mamba_d_state', 16),
            conv: filled('mamba_d_conv', 4),
            dt_rank: rank('mamba_dt_rank'),
            attention_every: filled('attn_layer_period', 8),
            attention_offset: filled('attn_layer_offset', 4),
          },
          v => ({ version: 1, ...v }),
        ),
      )
    case 'bamba':
      return bamba(keys, filled, inner('mamba_expand'), numLayers)
    default:
      return kind satisfies never
  }
}

/** The class refuses heads that do not fill the inner width, and kin of it compute them: its default stands only where it does. */
function mamba2Heads(keys: Keys, inner: Fact<number>, headDim: Fact<number>, source: string): Fact<number> {
  const given = keys.integer('num_heads')
  if (!isAbsent(given) || !inner.known || !headDim.known || inner.value === 128 * headDim.value)
    return orDefault(given, 128, source)
  return inner.value % headDim.value === 0
    ? derived(
        combine({ inner, headDim }, v => v.inner / v.headDim),
        `${source}: expand × hidden_size ÷ head_dim`,
      )
    : notUnderstood('ssm', 'head_dim does not divide expand × hidden_size', keys.origin('head_dim'))
}

/** Attention stands where a list says; only a list that is "every n-th from an offset" has a fact to say it. */
function bamba(
  keys: Keys,
  filled: (key: string, value: number) => Fact<number>,
  inner: Fact<number>,
  numLayers: Fact<number>,
): Fact<Ssm> {
  const indices = keys.numbers('attn_layer_indices')
  const heads = filled('mamba_n_heads', 128)
  const given = keys.integer('mamba_d_head')
  const headDim = given.known ? given : combine({ inner, heads }, v => Math.floor(v.inner / v.heads))
  const base = { d_inner: inner, state: filled('mamba_d_state', 256), conv: filled('mamba_d_conv', 4) }
  const sizes = {
    ...base,
    groups: filled('mamba_n_groups', 1),
    heads,
    head_dim: headDim,
    chunk: filled('mamba_chunk_size', 256),
  }
  if (!indices.known)
    return keys.shaped(
      'ssm',
      combine(sizes, v => ({ version: 2, ...v })),
    )
  const layers = numLayers.known ? numLayers.value : 0
  for (let every = 1; every <= Math.min(layers, 1024); every += 1) {
    const offset = indices.value[0] ?? 0
    const wanted = offset < every ? Math.ceil((layers - offset) / every) : -1
    if (wanted === indices.value.length && indices.value.every((layer, i) => layer === offset + i * every))
      return keys.shaped(
        'ssm',
        combine({ ...sizes, indices }, ({ indices: _, ...v }) => ({
          version: 2,
          ...v,
          attention_every: every,
          attention_offset: offset,
        })),
      )
  }
  return notUnderstood('ssm', 'attn_layer_indices is not every n-th layer', indices.origins[0])
}

/** The flat facts are the decoder's; this is the other half. */
export function encoderOf(
  keys: Keys,
  kind: NonNullable<HfFamily['encoder']>,
  defaults: HfDefaults | undefined,
  source: string,
): Fact<Encoder> {
  const filled = (key: string, value: number | undefined): Fact<number> =>
    value === undefined ? keys.integer(key) : orDefault(keys.integer(key), value, source)
  if (kind === 't5')
    return keys.shaped(
      'encoder',
      mapped(filled('num_layers', defaults?.numLayers), layers => ({ num_layers: layers })),
    )
  return keys.shaped(
    'encoder',
    combine(
      {
        num_layers: filled('encoder_layers', defaults?.numLayers),
        ffn_size: filled('encoder_ffn_dim', defaults?.ffnSize),
        num_heads: filled('encoder_attention_heads', defaults?.numHeads),
      },
      v => ({ ...v }),
    ),
  )
}

/** Norms, biases and learned positions, so that parameters come out exactly. */
export function extrasOf(
  keys: Keys,
  family: HfFamily,
  type: string,
  maxPositions: Fact<number>,
  source: string,
): Fact<Extras> {
  const origins: Origin[] = [{ kind: 'default', source }]
  const extras: { -readonly [K in keyof Extras]: Extras[K] } = { ...family.extras }
  for (const [key, bias] of Object.entries(family.biases ?? {})) {
    const on = orDefault(keys.boolean(key), bias.default, source)
    if (!on.known) return on
    if (on.value) for (const name of bias.on) Object.assign(extras, { [name]: true })
    origins.push(...on.origins.filter(origin => origin.kind === 'config'))
  }
  if (type === 'falcon') {
    const parallel = keys.peek('parallel_attn') !== false && keys.peek('new_decoder_architecture') !== true
    if (parallel) extras.normsPerLayer = 1
  }
  if (keys.peek('use_qk_norm') === true && extras.qkNorm === undefined && type !== 'llama4_text') extras.qkNorm = 'head'
  if (family.learnedPositions !== undefined) {
    if (!maxPositions.known) return maxPositions
    const types = orDefault(keys.integer('type_vocab_size'), 2, source)
    if (!types.known) return types
    extras.learnedPositions =
      maxPositions.value + (family.learnedPositions === 'token-types' ? types.value : family.learnedPositions)
    origins.push(...maxPositions.origins.filter(origin => origin.kind === 'config'))
  }
  return known(extras, ...origins)
}
