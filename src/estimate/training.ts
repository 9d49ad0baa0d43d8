import {
  combine,
  known,
  orDefault,
  unknown,
  type Fact,
  type Method,
  type Recompute,
  type RunFacts,
  type Trainable,
} from '../facts/index.ts'
import { assume, combineChecked, maybe, need, valueOf } from './architecture.ts'
import { defaultLoraTargets, loraTargetsFrom, savesEmbedding, savesHead, type LoraTargets } from './lora.ts'

/** How a run trains, in plain numbers. */
export interface Training {
  readonly method: Method
  readonly trainable: Trainable
  readonly recompute: Recompute
  readonly lora: {
    readonly rank: number
    readonly targets: LoraTargets
    readonly savesHead: boolean
    readonly savesEmbedding: boolean
  } | null
  /** Layers trained by `freeze`: the last n, or the first −n. 0 for other kinds. */
  readonly trainableLayers: number
  readonly passes: Passes
}

/** How often a token passes the model in one step: docs/estimator.md §4. */
export interface Passes {
  /** Forward and backward passes, of models as large as the policy. */
  readonly learned: number
  /** Forward passes that nothing is learned from: reference and reward models. */
  readonly forwards: number
  /** 1 where the tokens are generated first. Bandwidth-bound, so timed on its own. */
  readonly generated: number
}

/**
 * Passes per token of each kind of training. Pairs (DPO, ORPO, SimPO, reward) cost twice because they bring twice the
 * tokens, which `volume.ts` counts. PPO's reward model and critic are taken to be as large as the policy.
 * KTO estimates its KL term by one more forward of the policy, and of the reference (huggingface/trl: kto_trainer.py).
 */
export function passesOf(method: Method, reference: boolean, iterations: number): Passes | undefined {
  const r = reference ? 1 : 0
  switch (method) {
    case 'pretrain':
    case 'sft':
    case 'orpo':
    case 'simpo':
    case 'reward':
      return { learned: 1, forwards: 0, generated: 0 }
    case 'dpo':
      return { learned: 1, forwards: r, generated: 0 }
    case 'kto':
      return { learned: 1, forwards: 1 + 2 * r, generated: 0 }
    case 'grpo':
      return { learned: iterations, forwards: r, generated: 1 }
    case 'ppo':
      return { learned: 2 * iterations, forwards: r + 1, generated: 1 }
    case 'distill':
      return undefined
  }
}

/** The method where nothing names one: an adapter, a frozen part or a base model says fine-tuning. */
function assumedMethod(facts: RunFacts): { readonly method: Method; readonly why: string } {
  const trainable = valueOf(facts, 'trainable')
  if (trainable !== undefined && trainable !== 'full')
    return { method: 'sft', why: `not given: ${trainable} training is fine-tuning` }
  return facts.baseModel?.known === true
    ? { method: 'sft', why: 'not given: training starts from a base model' }
    : { method: 'pretrain', why: 'not given: no base model, no adapter' }
}

/** What is added to the given facts: how the run trains. Each addition cites its reason. */
export function addedTraining(facts: RunFacts): RunFacts {
  const assumed = assumedMethod(facts)
  const method = assume(facts, 'method', assumed.method, assumed.why)
  const trainable = assume(facts, 'trainable', 'full', 'not given: all parameters are trained')
  const adapts = trainable.known && (trainable.value === 'lora' || trainable.value === 'qlora')
  const targets = adapts ? defaultLoraTargets(valueOf(facts, 'family') ?? '') : undefined
  const refers = method.known && ['dpo', 'kto', 'grpo', 'ppo'].includes(method.value)
  return {
    method,
    trainable,
    recompute: assume(facts, 'recompute', 'none', 'not given: activations are kept'),
    ...(refers
      ? { referenceModel: assume(facts, 'referenceModel', true, 'not given: the method has a reference model') }
      : {}),
    ...(targets === undefined
      ? {}
      : {
          loraTargets: orDefault(
            need(facts, 'loraTargets'),
            targets,
            'huggingface/peft:src/peft/utils/constants.py@v0.21.0',
          ),
        }),
  }
}

function loraOf(facts: RunFacts, trainable: Fact<Trainable>): Fact<Training['lora']> {
  if (!trainable.known) return trainable
  if (trainable.value !== 'lora' && trainable.value !== 'qlora') return known(null)
  return combineChecked(
    {
      trainable,
      rank: need(facts, 'loraRank'),
      names: need(facts, 'loraTargets'),
      saved: maybe(facts, 'loraModulesToSave'),
    },
    v => {
      const targets = loraTargetsFrom(v.names, valueOf(facts, 'family') ?? '')
      if ('unknown' in targets)
        return unknown({
          fact: 'lora.targets',
          why: `traincost does not know which matrix "${targets.unknown}" is`,
          remedy: 'name target modules such as q_proj, down_proj or all-linear',
          absent: false,
        })
      const saved = v.saved ?? []
      return known({ rank: v.rank, targets, savesHead: savesHead(saved), savesEmbedding: savesEmbedding(saved) })
    },
  )
}

/**
 * @param facts those of `withTraining`
 * @see docs/estimator.md §4
 */
export function trainingOf(facts: RunFacts): Fact<Training> {
  const trainable = need(facts, 'trainable')
  const freezes = trainable.known && trainable.value === 'freeze'
  return combineChecked(
    {
      method: need(facts, 'method'),
      trainable,
      recompute: need(facts, 'recompute'),
      lora: loraOf(facts, trainable),
      trainableLayers: freezes
        ? need(facts, 'trainableLayers', 'part of the layers is frozen, but nothing says how many')
        : known(0),
      reference: combine({ reference: maybe(facts, 'referenceModel') }, v => v.reference ?? false),
      iterations: combine({ iterations: maybe(facts, 'iterations') }, v => v.iterations ?? 1),
    },
    v => {
      const passes = passesOf(v.method, v.reference, v.iterations)
      if (passes === undefined)
        return unknown({
          fact: 'method',
          why: 'distillation runs a teacher as well, whose shape is no fact of the run',
          remedy: 'price the student alone with method: sft and add the teacher by hand',
          absent: false,
        })
      if (freezes && v.trainableLayers === 0)
        return unknown({
          fact: 'trainable_layers',
          why: 'trainable: freeze with 0 trainable layers trains nothing',
          remedy: 'set trainable_layers to the number of layers that are trained (negative: the first ones)',
          absent: false,
        })
      return known({
        method: v.method,
        trainable: v.trainable,
        recompute: v.recompute,
        lora: v.lora,
        trainableLayers: v.trainableLayers,
        passes,
      })
    },
  )
}
