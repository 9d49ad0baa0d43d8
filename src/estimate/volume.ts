import {
  absent,
  combine,
  derived,
  isAbsent,
  known,
  unknown,
  type Fact,
  type Method,
  type Missing,
  type RunFacts,
} from '../facts/index.ts'
import { assume, combineChecked, maybe, need, valueOf } from './architecture.ts'

/** Sequences that one sample of a batch brings: preference pairs bring two. */
function sequencesPerSample(method: Method | undefined): number {
  return method === 'dpo' || method === 'orpo' || method === 'simpo' || method === 'reward' ? 2 : 1
}

function dataParallelOf(facts: RunFacts): Fact<number> {
  const given = need(facts, 'dp')
  if (!isAbsent(given)) return given
  return derived(
    combineChecked(
      {
        accelerators: need(facts, 'accelerators', 'nothing says how many accelerators the run uses'),
        tp: maybe(facts, 'tp'),
        pp: maybe(facts, 'pp'),
        cp: maybe(facts, 'cp'),
      },
      v => {
        const share = (v.tp ?? 1) * (v.pp ?? 1) * (v.cp ?? 1)
        return v.accelerators % share === 0
          ? known(v.accelerators / share)
          : unknown({
              fact: 'dp',
              why: `${v.accelerators} accelerators cannot be split into model-parallel groups of ${share}`,
              remedy: 'correct accelerators, or tp, pp and cp',
              absent: false,
            })
      },
    ),
    'accelerators ÷ (tp · pp · cp)',
  )
}

function globalBatchOf(facts: RunFacts, gradAccum: Fact<number>, dp: Fact<number>): Fact<number> {
  const microBatch = need(facts, 'microBatch', 'neither global_batch nor micro_batch is given')
  return derived(
    combine({ microBatch, gradAccum, dp }, v => v.microBatch * v.gradAccum * v.dp),
    'micro_batch × grad_accum × dp',
  )
}

/** True where each sample is a sequence of its own, shorter than seq_len, and filled up with padding. */
export function isPadded(facts: RunFacts): boolean {
  const [mean, seqLen] = [valueOf(facts, 'meanSampleTokens'), valueOf(facts, 'seqLen')]
  return valueOf(facts, 'packing') === false && mean !== undefined && seqLen !== undefined && mean < seqLen
}

/** Real tokens of one sequence: seq_len, or the mean sample where samples are not packed and their mean is given. */
function tokensPerSequence(facts: RunFacts): Fact<number> {
  return isPadded(facts)
    ? need(facts, 'meanSampleTokens')
    : need(facts, 'seqLen', 'no config says how long a sequence is')
}

/** Real tokens of one optimizer step, both sequences of a pair included. */
export function tokensPerStepOf(facts: RunFacts): Fact<number> {
  const pairs = sequencesPerSample(valueOf(facts, 'method'))
  return combine(
    { globalBatch: need(facts, 'globalBatch'), per: tokensPerSequence(facts) },
    v => v.globalBatch * v.per * pairs,
  )
}

/** What is added to the given facts: batch sizes and the assumptions of the volume. */
export function addedBatch(facts: RunFacts): RunFacts {
  const fineTunes = valueOf(facts, 'method') !== 'pretrain'
  const dp = dataParallelOf(facts)
  const batch = facts.globalBatch
  const gradAccum = assume(facts, 'gradAccum', 1, 'not given: every micro batch is a step')
  return {
    packing: assume(
      facts,
      'packing',
      !fineTunes,
      fineTunes ? 'not given: each sample is a sequence of its own' : 'not given: pretraining fills its sequences',
    ),
    dp,
    ...(batch !== undefined && !isAbsent(batch) ? {} : { gradAccum, globalBatch: globalBatchOf(facts, gradAccum, dp) }),
  }
}

interface Source {
  readonly tokens: Fact<number>
  readonly formula: string
}

const NO_LENGTH: Missing = {
  fact: 'steps',
  why: 'nothing says how long the run is: no steps, tokens, samples or epochs',
  remedy: 'add steps, total_tokens, or epochs with dataset_tokens, to the config or under facts in the policy',
  absent: true,
}

/** Which of its sources says how long the run is: steps, then tokens or samples, then epochs. */
function lengthOf(facts: RunFacts): Source {
  const method = valueOf(facts, 'method')
  const perSample = sequencesPerSample(method)
  const pairs = perSample === 2 ? ' × 2 sequences per pair' : ''
  const has = (fact: Fact<unknown> | undefined) => fact !== undefined && !isAbsent(fact)
  const per = tokensPerSequence(facts)
  const perName = isPadded(facts) ? 'mean_sample_tokens' : 'seq_len'
  if (has(facts.steps))
    return {
      tokens: combine(
        { steps: need(facts, 'steps'), globalBatch: need(facts, 'globalBatch'), per },
        v => v.steps * v.globalBatch * v.per * perSample,
      ),
      formula: `steps × global_batch × ${perName}${pairs}`,
    }
  if (has(facts.totalTokens)) return { tokens: need(facts, 'totalTokens'), formula: 'total_tokens' }
  if (has(facts.trainSamples))
    return {
      tokens: combine({ samples: need(facts, 'trainSamples'), per }, v => v.samples * v.per * perSample),
      formula: `train_samples × ${perName}${pairs}`,
    }
  if ((method === 'grpo' || method === 'ppo') && (has(facts.epochs) || has(facts.datasetTokens)))
    return {
      tokens: unknown({
        fact: 'steps',
        why: 'a data set of prompts does not say how many tokens are generated from it',
        remedy: 'add steps (or total_tokens: prompts and completions together)',
        absent: true,
      }),
      formula: '',
    }
  if (has(facts.epochs) || has(facts.datasetTokens))
    return {
      tokens: combine(
        {
          epochs: assume(facts, 'epochs', 1, 'not given: one pass over dataset_tokens'),
          datasetTokens: need(
            facts,
            'datasetTokens',
            'the run is given in epochs, but nothing says how many tokens the data set has',
          ),
        },
        v => v.epochs * v.datasetTokens,
      ),
      formula: 'epochs × dataset_tokens',
    }
  return { tokens: unknown(NO_LENGTH), formula: '' }
}

/**
 * Real tokens that the run still has to train, one run: docs/estimator.md §4.
 *
 * Encoder–decoders count encoder tokens. What a resumed run has trained before is subtracted.
 *
 * @param facts those of `withBatch`
 */
export function tokensOf(facts: RunFacts, fragment: boolean): Fact<number> {
  const { tokens, formula } = lengthOf(facts)
  if (fragment && isAbsent(tokens))
    return absent(
      'steps',
      'the file describes a part of a run (a model or a launcher), not how long it trains',
      'price the config that uses it, or add the length under facts in the policy',
    )
  return derived(
    combineChecked({ tokens, trained: maybe(facts, 'trainedTokens') }, v => {
      if (v.trained === null) return known(v.tokens)
      return v.trained < v.tokens
        ? known(v.tokens - v.trained)
        : unknown({
            fact: 'trained_tokens',
            why: `${v.trained} tokens are trained already, and the whole run has ${v.tokens}`,
            remedy: 'correct trained_tokens, or the length of the run',
            absent: false,
          })
    }),
    facts.trainedTokens?.known === true ? `${formula} − trained_tokens` : formula,
  )
}

/** Tokens that the accelerators compute for each real one: s ÷ mean length where samples are padded, else 1. */
export function paddingOf(facts: RunFacts): number {
  const [mean, seqLen] = [valueOf(facts, 'meanSampleTokens'), valueOf(facts, 'seqLen')]
  return isPadded(facts) && mean !== undefined && seqLen !== undefined ? seqLen / mean : 1
}

/**
 * Tokens that see each other. In pretraining the whole sequence. In fine-tuning, where the mean sample is given, the
 * sample: padding is masked, and trainers that pack keep samples apart.
 */
export function attendedLength(facts: RunFacts): Fact<number> {
  const seqLen = need(facts, 'seqLen', 'no config says how long a sequence is')
  const mean = valueOf(facts, 'meanSampleTokens')
  if (!seqLen.known || mean === undefined || mean >= seqLen.value) return seqLen
  if (valueOf(facts, 'method') === 'pretrain' && valueOf(facts, 'packing') !== false) return seqLen
  return derived(
    combine({ mean: need(facts, 'meanSampleTokens'), seqLen }, v => Math.max(1, Math.round(v.mean))),
    'mean_sample_tokens: samples do not see each other',
  )
}
