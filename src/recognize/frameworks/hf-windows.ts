import { combine, firstGiven, isAbsent, known, orDefault, type Fact, type LayerWindows } from '../../facts/index.ts'
import type { Keys } from '../keys.ts'
import { notUnderstood } from '../meanings.ts'
import type { HfFamily } from './hf-families.ts'

type Pattern = readonly (number | null)[]

const MAX_LAYERS = 1024

/** The shortest pattern that repeats to the given one, from its start. */
export function shortest(pattern: Pattern): Pattern {
  for (let length = 1; length < pattern.length; length += 1)
    if (pattern.every((window, i) => window === pattern[i % length])) return pattern.slice(0, length)
  return pattern
}

/** One layer in n sees everything: the last of each n. */
function everyNth(n: number, window: number): Pattern {
  return Array.from({ length: n }, (_, i) => (i === n - 1 ? null : window))
}

/** Attention windows over the layers; undefined for a family that has none. All full attention is no window. */
export function layerWindowsOf(
  keys: Keys,
  family: HfFamily,
  numLayers: Fact<number>,
  source: string,
): Fact<LayerWindows> | undefined {
  if (family.windows === undefined && !keys.has('layer_types')) return undefined
  const pattern = listedTypes(keys, family, source) ?? patternOf(keys, family, numLayers, source)
  if (pattern?.known !== true) return pattern
  if (pattern.value.every(window => window === null)) return undefined
  const chunked = family.windows === 'chunked'
  const twoSided = family.windows === 'modernbert' || family.windows === 'longformer'
  const plain = {
    pattern: shortest(pattern.value),
    ...(chunked ? { chunked } : {}),
    ...(twoSided ? { two_sided: true } : {}),
  }
  return keys.shaped('layerWindows', { ...pattern, value: plain })
}

function windowOf(keys: Keys, family: HfFamily, source: string): Fact<number> | undefined {
  const given = keys.integer('sliding_window')
  if (!isAbsent(given)) return given
  // Null is said: no window. Missing takes the class's default.
  if (keys.has('sliding_window') || family.window === null || family.window === undefined) return undefined
  return orDefault(given, family.window, source)
}

function listedTypes(keys: Keys, family: HfFamily, source: string): Fact<Pattern> | undefined {
  const types = keys.texts('layer_types')
  if (!types.known) return undefined
  const at = types.origins[0]
  if (types.value.length > MAX_LAYERS) return notUnderstood('layer_windows', 'layer_types is too long', at)
  const chunk = orDefault(keys.integer('attention_chunk_size'), 8192, source)
  const window = windowOf(keys, family, source)
  const lengths: (Fact<number> | null)[] = []
  for (const type of types.value) {
    if (type === 'full_attention' || type === 'attention') lengths.push(null)
    else if (type === 'sliding_attention' && window !== undefined) lengths.push(window)
    else if (type === 'sliding_attention') lengths.push(null)
    else if (type === 'chunked_attention') lengths.push(chunk)
    else return notUnderstood('layer_windows', `there is no formula here for layers of type ${type.slice(0, 60)}`, at)
  }
  const used = lengths.find(length => length !== null)
  if (used === undefined) return { ...types, value: [null] }
  return combine({ types, used }, v => lengths.map(length => (length === null ? null : v.used)))
}

function patternOf(keys: Keys, family: HfFamily, numLayers: Fact<number>, source: string): Fact<Pattern> | undefined {
  const window = windowOf(keys, family, source)
  const kind = family.windows
  switch (kind) {
    case undefined:
      return undefined
    case 'all':
      return window === undefined ? undefined : combine({ window }, v => [v.window])
    case 'switched': {
      if (keys.peek('use_sliding_window') !== true || window === undefined) return undefined
      // The class without max_window_layers (Qwen3-MoE) puts every layer under the window.
      const from = keys.has('max_window_layers') ? keys.integer('max_window_layers') : defaultFrom(source)
      return combine({ window, from, numLayers }, v =>
        Array.from({ length: Math.min(v.numLayers, MAX_LAYERS) }, (_, i) => (i >= v.from ? v.window : null)),
      )
    }
    case 'chunked': {
      const chunk = orDefault(keys.integer('attention_chunk_size'), 8192, source)
      const rotary = keys.numbers('no_rope_layers')
      if (rotary.known && rotary.value.length <= MAX_LAYERS)
        return combine({ chunk, rotary }, v => v.rotary.map(flag => (flag === 1 ? v.chunk : null)))
      const interval = orDefault(keys.integer('no_rope_layer_interval'), 4, source)
      return combine({ chunk, interval }, v => everyNth(Math.min(v.interval, MAX_LAYERS), v.chunk))
    }
    case 'modernbert': {
      const local = orDefault(keys.integer('local_attention'), 128, source)
      const every = orDefault(keys.integer('global_attn_every_n_layers'), 3, source)
      return combine({ local, every }, v =>
        Array.from({ length: Math.min(v.every, MAX_LAYERS) }, (_, i) => (i === 0 ? null : v.local)),
      )
    }
    case 'longformer': {
      const widths = orDefault(keys.numbers('attention_window'), [512], source)
      return combine({ widths }, v => v.widths.slice(0, MAX_LAYERS))
    }
    case 'neo': {
      const length = orDefault(keys.integer('window_size'), 256, source)
      const types = attentionTypes(keys)
      if (types === undefined)
        return notUnderstood(
          'layer_windows',
          'attention_types is not a list of patterns',
          keys.origin('attention_types'),
        )
      return combine({ length }, v => types.map(type => (type === 'local' ? v.length : null)))
    }
    default: {
      if (window === undefined) return undefined
      const every = orDefault(
        firstGiven(keys.integer('sliding_window_pattern'), keys.integer('_sliding_window_pattern')),
        kind,
        source,
      )
      return combine({ window, every }, v => everyNth(Math.min(v.every, MAX_LAYERS), v.window))
    }
  }
}

/** Qwen2 and Qwen3: `max_window_layers` 28; Qwen3-MoE has no such key. */
function defaultFrom(source: string): Fact<number> {
  return known(source.includes('qwen3_moe') ? 0 : 28, { kind: 'default', source })
}

/** `[[["global", "local"], 12]]`: patterns with how often each repeats; GPT-Neo's default where the key is missing. */
function attentionTypes(keys: Keys): readonly string[] | undefined {
  if (!keys.has('attention_types')) return ['global', 'local']
  const plain = keys.plain('attention_types')
  if (!plain.known || !Array.isArray(plain.value)) return undefined
  const types: string[] = []
  for (const group of plain.value as readonly unknown[]) {
    const [names, times] = Array.isArray(group) ? (group as readonly unknown[]) : []
    if (!Array.isArray(names) || typeof times !== 'number' || times < 1 || times > MAX_LAYERS) return undefined
    for (let i = 0; i < times && types.length <= MAX_LAYERS; i += 1) types.push(...names.map(String))
  }
  return types.length === 0 || types.length > MAX_LAYERS ? undefined : types
}
