import {
  absent,
  combine,
  derived,
  FACTS,
  isAbsent,
  known,
  orDefault,
  unknown,
  type EfficientAttention,
  type Extras,
  type Fact,
  type FactName,
  type FactTypes,
  type LayerWindows,
  type Mla,
  type RunFacts,
} from '../facts/index.ts'
import { resolvedSsm, type StateSpace } from './state-space.ts'

export interface Mixture {
  readonly experts: number
  readonly expertsPerToken: number
  readonly expertFfnSize: number
  /** Width of all shared experts together; 0 without. */
  readonly sharedFfnSize: number
  readonly firstDenseLayers: number
  readonly moeEvery: number
}

/** A model's shape in plain numbers, complete. Made only where every dimension that its formulas use is known. */
export interface Architecture {
  readonly family: string
  readonly hiddenSize: number
  readonly vocabSize: number
  /** Width of the embedding table; differs from the hidden size in few models (OPT-350M). */
  readonly embeddingSize: number
  readonly tied: boolean
  readonly numLayers: number
  readonly bidirectional: boolean
  /** 0 in a model without attention. */
  readonly numHeads: number
  readonly numKvHeads: number
  readonly headDim: number
  readonly mla: Mla | null
  readonly ssm: StateSpace | null
  /** 0 in a model without dense feed-forward layers. */
  readonly ffnSize: number
  readonly gated: boolean
  readonly moe: Mixture | null
  readonly windows: LayerWindows | null
  readonly efficient: EfficientAttention | null
  readonly mtpLayers: number
  readonly encoder: { readonly numLayers: number; readonly ffnSize: number; readonly numHeads: number } | null
  readonly extras: Extras
}

/**
 * Families whose layers have parts that no formula here covers: a cost from the flat dimensions would look complete
 * and be wrong. Gated delta-net and lightning attention, RWKV, RG-LRU, hybrids that place their layers by a list,
 * residual dense MoE, parameters shared between layers.
 */
const WITHOUT_FORMULA = new Map<string, string>([
  ...['qwen3_next', 'qwen3_5', 'qwen3_5_text', 'qwen3_5_moe', 'qwen3_5_moe_text', 'kimi_linear', 'olmo_hybrid'].map(
    family => [family, 'gated delta-net layers'] as const,
  ),
  ...['minimax', 'minimax_text_01', 'bailing_moe_linear'].map(family => [family, 'lightning attention'] as const),
  ...['rwkv', 'rwkv5', 'rwkv6', 'rwkv7'].map(family => [family, 'RWKV layers'] as const),
  ...['recurrent_gemma', 'lfm2', 'lfm2_moe'].map(family => [family, 'gated recurrent layers'] as const),
  ...['zamba', 'zamba2', 'bamba', 'nemotron_h', 'falcon_h1', 'granitemoehybrid'].map(
    family => [family, 'a hybrid of state-space and attention layers placed by a list'] as const,
  ),
  ['arctic', 'a dense residual beside its experts'],
  ['albert', 'layers that share their parameters'],
])

/**
 * A fact that the arithmetic cannot do without. What its source says of its absence is kept, unless that is only the
 * bare "not given".
 *
 * @param why what its absence means here, where that says more
 */
export function need<K extends FactName>(facts: RunFacts, name: K, why?: string): Fact<FactTypes[K]> {
  const given: Fact<FactTypes[K]> | undefined = facts[name]
  if (given?.known === true) return given
  const { name: published, expects } = FACTS[name]
  if (given !== undefined) {
    const bare = absent(published).missing[0]
    if (!isAbsent(given) || given.missing.some(m => m.fact !== published || m.why !== bare?.why)) return given
  }
  return absent(
    published,
    why ?? `no config, registry entry or policy says ${published}`,
    `add ${published} (${expects}) to the config, or under facts in the policy`,
  )
}

/** A fact that the arithmetic can do without: absent becomes null, malformed stays unknown. */
export function maybe<K extends FactName>(facts: RunFacts, name: K): Fact<FactTypes[K] | null> {
  const given: Fact<FactTypes[K]> | undefined = facts[name]
  return given === undefined || isAbsent(given) ? NOTHING : given
}

const NOTHING: Fact<null> = known(null)

export function assume<K extends FactName>(
  facts: RunFacts,
  name: K,
  value: FactTypes[K],
  source: string,
): Fact<FactTypes[K]> {
  const given: Fact<FactTypes[K]> | undefined = facts[name]
  return given === undefined ? known(value, { kind: 'assumed', source }) : orDefault(given, value, source, 'assumed')
}

function malformed(fact: string, why: string): Fact<never> {
  return unknown({ fact, why, remedy: `correct ${fact}, or the facts that it must agree with`, absent: false })
}

export function valueOf<K extends FactName>(facts: RunFacts, name: K): FactTypes[K] | undefined {
  const fact: Fact<FactTypes[K]> | undefined = facts[name]
  return fact?.known === true ? fact.value : undefined
}

function headDimOf(facts: RunFacts): Fact<number> {
  const given = need(facts, 'headDim')
  if (!isAbsent(given)) return given
  const { hiddenSize, numHeads } = { hiddenSize: need(facts, 'hiddenSize'), numHeads: need(facts, 'numHeads') }
  if (hiddenSize.known && numHeads.known && hiddenSize.value % numHeads.value !== 0)
    return malformed(
      'head_dim',
      `hidden_size ${hiddenSize.value} is not a multiple of num_heads ${numHeads.value}, so head_dim must be given`,
    )
  return derived(
    combine({ hiddenSize, numHeads }, v => v.hiddenSize / v.numHeads),
    'hidden_size ÷ num_heads',
  )
}

/** The facts of a mixture-of-experts model, or null for a dense one. `experts` of 0 or 1 is how configs say "dense". */
function mixtureOf(facts: RunFacts): Fact<Mixture | null> {
  const experts = maybe(facts, 'experts')
  if (!experts.known) return experts
  if (experts.value === null || experts.value <= 1) return known(null)
  const routed = experts.value
  const expertFfnSize = need(facts, 'expertFfnSize')
  return combineChecked(
    {
      experts,
      expertsPerToken: need(facts, 'expertsPerToken', 'the model routes tokens to experts, but nothing says how many'),
      expertFfnSize:
        isAbsent(expertFfnSize) && valueOf(facts, 'ffnSize') !== undefined
          ? derived(need(facts, 'ffnSize'), 'expert_ffn_size not given: ffn_size')
          : expertFfnSize,
      sharedExperts: maybe(facts, 'sharedExperts'),
      sharedExpertFfnSize: maybe(facts, 'sharedExpertFfnSize'),
      firstDenseLayers: maybe(facts, 'firstDenseLayers'),
      moeEvery: maybe(facts, 'moeEvery'),
    },
    v => {
      if (v.expertsPerToken > routed)
        return malformed('experts_per_token', `${v.expertsPerToken} experts per token, but only ${routed} experts`)
      const shared = v.sharedExperts ?? (v.sharedExpertFfnSize === null ? 0 : 1)
      return known({
        experts: routed,
        expertsPerToken: v.expertsPerToken,
        expertFfnSize: v.expertFfnSize,
        sharedFfnSize: shared * (v.sharedExpertFfnSize ?? v.expertFfnSize),
        firstDenseLayers: v.firstDenseLayers ?? 0,
        moeEvery: v.moeEvery ?? 1,
      })
    },
  )
}

/** `combine` for a single fact: its origins are kept as they are, which is most of the work that combining is. */
export function mapFact<T, R>(fact: Fact<T>, compute: (value: T) => R): Fact<R> {
  return fact.known ? { known: true, value: compute(fact.value), origins: fact.origins } : fact
}

/** `combine` for a computation that may itself end in "unknown". */
export function combineChecked<F extends Readonly<Record<string, Fact<unknown>>>, R>(
  facts: F,
  compute: (values: Parameters<Parameters<typeof combine<F, Fact<R>>>[1]>[0]) => Fact<R>,
): Fact<R> {
  const result = combine(facts, compute)
  if (!result.known) return result
  return result.value.known ? { ...result.value, origins: result.origins } : result.value
}

/** True where some layer of the model has a dense feed-forward block, so that `ffn_size` is needed. */
function hasDenseLayers(facts: RunFacts, moe: Mixture | null): boolean {
  if (moe !== null) return moe.firstDenseLayers > 0 || moe.moeEvery > 1
  return valueOf(facts, 'ssm') === undefined || facts.ffnSize?.known === true
}

/** What is added to the given facts: what follows from them or may be assumed. Each addition cites its reason. */
export function addedShape(facts: RunFacts): RunFacts {
  const ssm = valueOf(facts, 'ssm')
  const numHeads = ssm === undefined || ssm.attentionEvery !== undefined ? valueOf(facts, 'numHeads') : undefined
  return {
    tiedEmbeddings: assume(
      facts,
      'tiedEmbeddings',
      false,
      'not given: counted as untied; FLOPs are the same either way',
    ),
    bidirectional: assume(facts, 'bidirectional', false, 'not given: a causal decoder'),
    ...(numHeads === undefined
      ? {}
      : { numKvHeads: assume(facts, 'numKvHeads', numHeads, 'not given: one key/value head per query head') }),
    ...(numHeads === undefined || facts.mla?.known === true ? {} : { headDim: headDimOf(facts) }),
  }
}

/**
 * The plain architecture, or everything that lacks for it.
 *
 * @param facts those of `withShape`
 * @see docs/estimator.md §1
 */
export function architectureOf(facts: RunFacts): Fact<Architecture> {
  const family = valueOf(facts, 'family') ?? ''
  const strange = WITHOUT_FORMULA.get(family.toLowerCase().replaceAll('-', '_'))
  if (strange !== undefined)
    return unknown({
      fact: 'family',
      why: `${family} has ${strange}, for which traincost has no sourced formula yet`,
      remedy: 'price the run by hand, or name a known architecture of the same cost under models in the policy (like:)',
      absent: false,
    })
  const moe = mixtureOf(facts)
  const ssm = resolvedSsm(maybe(facts, 'ssm'))
  const attends = !ssm.known || ssm.value === null || ssm.value.attentionEvery > 0
  const hasMla = valueOf(facts, 'mla') !== undefined
  const dense = moe.known && hasDenseLayers(facts, moe.value)
  const feedsForward = dense || !moe.known || moe.value !== null
  return combineChecked(
    {
      hiddenSize: need(facts, 'hiddenSize'),
      vocabSize: need(facts, 'vocabSize'),
      numLayers: need(facts, 'numLayers'),
      embeddingSize: maybe(facts, 'embeddingSize'),
      tied: need(facts, 'tiedEmbeddings'),
      bidirectional: need(facts, 'bidirectional'),
      numHeads: attends ? need(facts, 'numHeads') : known(0),
      numKvHeads: attends && facts.numHeads?.known === true ? need(facts, 'numKvHeads') : known(0),
      headDim: attends && !hasMla && facts.numHeads?.known === true ? need(facts, 'headDim') : known(0),
      mla: maybe(facts, 'mla'),
      ssm,
      ffnSize: dense ? need(facts, 'ffnSize') : known(0),
      gated: feedsForward
        ? need(facts, 'gated', 'a gated feed-forward has three matrices and a plain one two; nothing says which')
        : known(false),
      moe,
      windows: maybe(facts, 'layerWindows'),
      efficient: maybe(facts, 'attention'),
      mtpLayers: maybe(facts, 'mtpLayers'),
      encoder: maybe(facts, 'encoder'),
      extras: maybe(facts, 'extras'),
    },
    v => {
      if (v.numHeads > 0 && (v.numKvHeads > v.numHeads || v.numHeads % v.numKvHeads !== 0))
        return malformed('num_kv_heads', `${v.numHeads} query heads cannot share ${v.numKvHeads} key/value heads`)
      return known({
        ...v,
        family,
        embeddingSize: v.embeddingSize ?? v.hiddenSize,
        mtpLayers: v.mtpLayers ?? 0,
        encoder:
          v.encoder === null
            ? null
            : {
                numLayers: v.encoder.numLayers,
                ffnSize: v.encoder.ffnSize ?? v.ffnSize,
                numHeads: v.encoder.numHeads ?? v.numHeads,
              },
        extras: v.extras ?? {},
      })
    },
  )
}
