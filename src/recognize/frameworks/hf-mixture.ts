import { absent, combine, firstGiven, isAbsent, known, orDefault, type Fact, type RunFacts } from '../../facts/index.ts'
import type { Keys } from '../keys.ts'
import { notUnderstood } from '../meanings.ts'
import type { HfFamily } from './hf-families.ts'

/** Experts, how many a token takes, their width, and which layers are dense. Empty for a dense family. */
export function mixtureFacts(keys: Keys, family: HfFamily, source: string): RunFacts {
  const filled = (key: string, value: number): Fact<number> => orDefault(keys.integer(key), value, source)
  switch (family.mixture) {
    case undefined:
      return {}
    case 'local': {
      const big = source.includes('gpt_oss') ? 128 : source.includes('phimoe') ? 16 : 8
      return {
        experts: filled('num_local_experts', big),
        expertsPerToken: orDefault(
          firstGiven(keys.integer('num_experts_per_tok'), keys.integer('experts_per_token')),
          source.includes('gpt_oss') ? 4 : 2,
          source,
        ),
        // One expert is as wide as the key that is the dense width elsewhere.
        expertFfnSize: keys.integer('intermediate_size'),
      }
    }
    case 'olmoe':
      return {
        experts: expertsOf(keys, 64, source),
        expertsPerToken: filled('num_experts_per_tok', 8),
        expertFfnSize: filled('intermediate_size', 2048),
      }
    case 'qwen':
      return qwen(keys, source)
    case 'deepseek': {
      const [experts, perToken, width, shared, dense] = source.includes('deepseek_v3')
        ? [256, 8, 2048, 1, 3]
        : source.includes('glm4_moe')
          ? [128, 8, 1408, 1, 1]
          : [64, undefined, 1407, 2, 0]
      const k = keys.integer('num_experts_per_tok')
      return {
        experts: filled('n_routed_experts', experts),
        expertsPerToken: perToken === undefined ? k : orDefault(k, perToken, source),
        expertFfnSize: filled('moe_intermediate_size', width),
        // Null is said: none.
        sharedExperts: keys.has('n_shared_experts')
          ? orDefault(keys.integer('n_shared_experts'), 0, 'n_shared_experts: null')
          : filled('n_shared_experts', shared),
        firstDenseLayers: filled('first_k_dense_replace', dense),
        moeEvery: keys.integer('moe_layer_freq'),
      }
    }
    case 'llama4':
      return {
        experts: filled('num_local_experts', 16),
        expertsPerToken: filled('num_experts_per_tok', 1),
        expertFfnSize: filled('intermediate_size', 8192),
        sharedExperts: known(1, { kind: 'default', source }),
        ...llama4Layers(keys, source),
      }
    case 'jamba':
      return {
        experts: expertsOf(keys, 16, source),
        expertsPerToken: filled('num_experts_per_tok', 2),
        expertFfnSize: filled('intermediate_size', 14336),
        moeEvery: periodic(filled('expert_layer_period', 2), filled('expert_layer_offset', 1)),
      }
    case 'dbrx':
      return {
        experts: filled('ffn_config.moe_num_experts', 4),
        expertsPerToken: filled('ffn_config.moe_top_k', 1),
        expertFfnSize: filled('ffn_config.ffn_hidden_size', 3584),
      }
    default:
      return family.mixture satisfies never
  }
}

function qwen(keys: Keys, source: string): RunFacts {
  const second = source.includes('qwen2_moe')
  const filled = (key: string, value: number): Fact<number> => orDefault(keys.integer(key), value, source)
  const step = filled('decoder_sparse_step', 1)
  const denseList = keys.numbers('mlp_only_layers')
  const shared = second || keys.has('shared_expert_intermediate_size')
  return {
    experts: expertsOf(keys, second ? 60 : 128, source),
    expertsPerToken: filled('num_experts_per_tok', second ? 4 : 8),
    expertFfnSize: filled('moe_intermediate_size', second ? 1408 : 768),
    ...(shared
      ? {
          sharedExperts: known(1, { kind: 'default', source }),
          sharedExpertFfnSize: filled('shared_expert_intermediate_size', 5632),
        }
      : {}),
    moeEvery: step.known && step.value === 1 ? absent('moe_every') : step,
    firstDenseLayers: isAbsent(denseList) ? absent('first_dense_layers') : leading(denseList),
  }
}

/** Dense layers that are the first ones; any other set has no fact to say it. */
function leading(layers: Fact<readonly (number | null)[]>): Fact<number> {
  if (!layers.known) return layers
  const sorted = [...layers.value].sort((a, b) => (a ?? 0) - (b ?? 0))
  return sorted.every((layer, i) => layer === i)
    ? { ...layers, value: sorted.length }
    : notUnderstood('first_dense_layers', 'mlp_only_layers names layers that are not the first ones', layers.origins[0])
}

function llama4Layers(keys: Keys, source: string): RunFacts {
  const listed = keys.numbers('moe_layers')
  const step = orDefault(keys.integer('interleave_moe_layer_step'), 1, source)
  if (!listed.known) return { moeEvery: step }
  const every = (listed.value[0] ?? 0) + 1
  return {
    moeEvery: listed.value.every((layer, i) => layer === every * (i + 1) - 1)
      ? { ...listed, value: every }
      : notUnderstood('moe_every', 'moe_layers is not every n-th layer', listed.origins[0]),
  }
}

/** Layer i is a mixture where i mod period = offset; "every n-th, counted from 1" is offset = period − 1. */
function periodic(period: Fact<number>, offset: Fact<number>): Fact<number> {
  const both = combine({ period, offset }, v => v)
  if (!both.known) return both
  return both.value.offset === both.value.period - 1
    ? { ...both, value: both.value.period }
    : notUnderstood('moe_every', 'the mixture layers are not every n-th layer counted from 1', both.origins[0])
}

/** Transformers from v5 on writes the key `num_local_experts` where older ones wrote `num_experts` (`attribute_map`). */
function expertsOf(keys: Keys, count: number, source: string): Fact<number> {
  return orDefault(firstGiven(keys.integer('num_experts'), keys.integer('num_local_experts')), count, source)
}
