import {
  absent,
  combine,
  firstGiven,
  isAbsent,
  known,
  orDefault,
  unknown,
  type Fact,
  type Method,
  type Origin,
  type Precision,
  type Recompute,
} from '../facts/index.ts'
import { isSetToNothing, notLeftOut, type Keys } from './keys.ts'

/** One fact through a function. */
export function mapped<T, R>(fact: Fact<T>, f: (value: T) => R): Fact<R> {
  return combine({ fact }, values => f(values.fact))
}

/** One fact through a function that may not understand it: then unknown, with the key's place, and no default applies. */
export function understood<T, R>(fact: Fact<T>, what: string, f: (value: T) => R | undefined): Fact<R> {
  if (!fact.known) return fact
  const value = f(fact.value)
  return value === undefined
    ? notUnderstood(what, `${what} ${String(fact.value).slice(0, 60)} is not one that is known`, fact.origins[0])
    : { ...fact, value }
}

/** Said, but not in a way that can be computed with: no default applies. */
export function notUnderstood(what: string, why: string, at?: Origin): Fact<never> {
  return unknown({
    fact: what,
    why,
    remedy: `give ${what} in the policy's facts`,
    absent: false,
    ...(at ? { at } : {}),
  })
}

/**
 * A program's default for a number that the file leaves out. One that it sets to `null`, `auto` or -1 is not left out: the
 * program cuts nothing, computes it, or does not start.
 */
export function whereLeftOut<T>(fact: Fact<T>, value: T, source: string): Fact<T> {
  if (!isSetToNothing(fact)) return orDefault(fact, value, source)
  return notLeftOut(fact)
}

/** The first of several names of one number that says anything; else the first that is set to nothing. */
export function firstNumber(...facts: readonly [Fact<number>, ...Fact<number>[]]): Fact<number> {
  const given = firstGiven(...facts)
  return isAbsent(given) ? (facts.find(isSetToNothing) ?? given) : given
}

/** A choice that the file makes by the presence of a key: the value, with the key's place. */
export function saidBy<T>(keys: Keys, key: string, value: T): Fact<T> {
  const at = keys.origin(key)
  return known(value, ...(at === undefined ? [] : [at]))
}

/** All spellings of a number format that the frameworks use; `bf16-mixed`, `amp_bf16`, `p=f32,c=bfloat16` name the compute format. */
export function precisionOf(fact: Fact<string>): Fact<Precision> {
  return understood(fact, 'precision', text => {
    const compute = /(?:^|[\s,])c(?:ompute)?=([a-z0-9]+)/i.exec(text)?.[1] ?? text
    const name = compute
      .toLowerCase()
      .replace(/^(amp_|torch\.)/, '')
      .replace(/-(mixed|true)$/, '')
    switch (name) {
      case 'bf16':
      case 'bfloat16':
        return 'bf16'
      case 'fp16':
      case 'float16':
      case 'f16':
      case 'half':
      case '16':
        return 'fp16'
      case 'fp32':
      case 'float32':
      case 'f32':
      case 'float':
      case '32':
      case 'no':
      case 'tf32':
        return 'fp32'
      case 'fp8':
      case 'float8':
      case 'transformer-engine':
        return 'fp8'
      case 'nvfp4':
      case 'fp4':
        return 'fp4'
      default:
        return undefined
    }
  })
}

/** `bf16: true`, `fp16: true` side by side; neither set: absent. `off` is what both being false means. */
export function precisionOfFlags(
  keys: Keys,
  off: Precision | undefined,
  ...flags: readonly (readonly [key: string, is: Precision])[]
): Fact<Precision> {
  let denied: Fact<Precision> | undefined
  for (const [key, is] of flags) {
    const word = keys.peek(key)
    if (word === undefined || word === null || word === 'auto' || word === '') continue
    // Axolotl writes `bf16: full`.
    const flag: Fact<boolean> = word === 'full' ? saidBy(keys, key, true) : keys.boolean(key)
    if (!flag.known) return flag
    if (flag.value) return { ...flag, value: is }
    if (off !== undefined) denied = { ...flag, value: off }
  }
  return denied ?? absent('precision')
}

/** A switch of recomputation: true = the whole block. Words other than the booleans turn it on (`unsloth`, `offload`). */
export function recomputeOfSwitch(keys: Keys, key: string): Fact<Recompute> {
  return understood(keys.word(key), 'recompute', text => {
    const word = text.toLowerCase()
    if (['false', 'no', 'off', 'none', '0'].includes(word)) return 'none'
    if (word === 'auto') return undefined
    return word.includes('selective') ? 'selective' : 'full'
  })
}

/** `a,b c` → a, b, c; lists as they are. */
export function listed(fact: Fact<readonly string[]>): Fact<readonly string[]> {
  return mapped(fact, items =>
    items
      .flatMap(item => item.split(','))
      .map(item => item.trim())
      .filter(item => item !== ''),
  )
}

export function product(...facts: readonly Fact<number>[]): Fact<number> {
  return facts.reduce((a, b) => combine({ a, b }, values => values.a * values.b), known(1))
}

/** What a DeepSpeed JSON says of sharding, as a section or in a file of its own. */
export function zeroStageOf(
  keys: Keys,
  key: string,
): { readonly zeroStage: Fact<number>; readonly offload: Fact<boolean> } | undefined {
  const name = keys.peek(key)
  const json = keys.hasSection(key) ? keys.under(key) : typeof name === 'string' ? keys.file(name) : undefined
  if (json === undefined) return undefined
  return {
    zeroStage: json.integer('zero_optimization.stage'),
    offload: offloadOf(json),
  }
}

/** Optimizer state or parameters that live in the host's memory; the device `none` says that they do not. */
export function offloadOf(json: Keys): Fact<boolean> {
  let kept: Fact<boolean> | undefined
  for (const key of ['zero_optimization.offload_optimizer.device', 'zero_optimization.offload_param.device']) {
    const device = json.word(key)
    if (!device.known) continue
    if (device.value !== 'none') return { ...device, value: true }
    kept = { ...device, value: false }
  }
  return firstGiven(json.boolean('zero_optimization.cpu_offload'), kept ?? absent('offload'))
}

/** FSDP strategies in ZeRO's terms (PyTorch's ShardingStrategy; numbers are accelerate's). */
export function zeroStageOfFsdp(fact: Fact<string>): Fact<number> {
  return understood(fact, 'zero_stage', text => {
    const word = text.toLowerCase()
    if (/full_shard|hybrid_shard$|^1$|^4$/.test(word)) return 3
    if (/shard_grad_op|^2$|^5$/.test(word)) return 2
    return /no_shard|^3$/.test(word) ? 0 : undefined
  })
}

export function methodNamed(word: string): Method | undefined {
  switch (word.toLowerCase()) {
    case 'pretrain':
    case 'pt':
      return 'pretrain'
    case 'sft':
      return 'sft'
    case 'dpo':
    case 'ipo':
      return 'dpo'
    case 'kto':
      return 'kto'
    case 'orpo':
      return 'orpo'
    case 'simpo':
      return 'simpo'
    case 'rm':
    case 'reward':
      return 'reward'
    case 'grpo':
      return 'grpo'
    case 'ppo':
      return 'ppo'
    default:
      return undefined
  }
}

/** Several switches of one meaning: on where one of them is. */
export function anyOf(keys: Keys, first: string, ...others: readonly string[]): Fact<boolean> {
  const facts = [first, ...others].map(key => keys.boolean(key))
  return facts.find(fact => fact.known && fact.value) ?? firstGiven(keys.boolean(first), ...facts)
}
