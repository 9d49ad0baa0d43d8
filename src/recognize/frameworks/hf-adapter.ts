import { absent, combine, isAbsent, orDefault, type Fact, type RunFacts, type Trainable } from '../../facts/index.ts'
import type { Keys } from '../keys.ts'
import { listed, notUnderstood, saidBy, understood } from '../meanings.ts'

/** Sections in which programs around the Trainer keep PEFT's LoraConfig. */
export const ADAPTER_SECTIONS = ['peft_config', 'lora_config', 'lora', 'peft'] as const
/** TRL's own switch, and those that programs like it have. */
const SWITCHES = ['use_peft', 'use_lora', 'use_qlora'] as const
/** The kind of adapter by name: PEFT's own key, and what programs call it. */
const KINDS = ['peft_type', 'peft_method'] as const
const OTHER_SWITCH = /^use_(ia3|adalora|prefix_tuning|prompt_tuning|p_?tuning|adapters?)$/

/**
 * Which weights a run on the Trainer trains, and the adapter's sizes.
 *
 * @param nothingSaid why all weights are trained where nothing speaks of an adapter: a default with its source
 */
export function adapterFacts(keys: Keys, nothingSaid: Fact<Trainable>): RunFacts {
  const section = ADAPTER_SECTIONS.find(name => keys.hasSection(name))
  const own = section === undefined ? undefined : keys.under(section)
  const trainable = trainableOf(keys, own, section, nothingSaid)
  if (!trainable.known || trainable.value === 'full') return { trainable }
  const first = <T>(read: (from: Keys, key: string) => Fact<T>, flat: readonly string[], nested: readonly string[]) => {
    const places = [...flat.map(key => [keys, key] as const), ...nested.map(key => [own, key] as const)]
    for (const [from, key] of places) if (from?.has(key) === true) return read(from, key)
    return absent(flat[0] ?? '')
  }
  const rank = first((from, key) => from.integer(key), ['lora_r', 'lora_rank'], ['r', 'rank', 'lora_r', 'lora_rank'])
  const names = (flat: string, nested: string) => listed(first((from, key) => from.texts(key), [flat], [nested, flat]))
  return {
    trainable,
    loraRank: keys.has('use_peft') ? orDefault(rank, 16, TRL_RANK) : rank,
    loraTargets: names('lora_target_modules', 'target_modules'),
    loraModulesToSave: names('lora_modules_to_save', 'modules_to_save'),
  }
}

const TRL_RANK = 'huggingface/trl:trl/trainer@f2cd5771 lora_r'

function trainableOf(
  keys: Keys,
  own: Keys | undefined,
  section: string | undefined,
  nothingSaid: Fact<Trainable>,
): Fact<Trainable> {
  const other = keys.names().find(name => OTHER_SWITCH.test(name) && keys.peek(name) === true)
  if (other !== undefined) return unreadable(keys, other)
  const fourBit =
    keys.peek('use_qlora') === true || keys.peek('load_in_4bit') === true || own?.peek('load_in_4bit') === true
  const lora = fourBit ? 'qlora' : 'lora'
  const kind = kindOf(keys, own)
  const isKind = (word: string): Trainable | undefined => {
    switch (word.toLowerCase()) {
      case 'lora':
      case 'dora':
        return lora
      case 'qlora':
        return 'qlora'
      case 'full':
      case 'none':
        return 'full'
      default:
        return undefined
    }
  }
  const switches = SWITCHES.filter(name => keys.has(name) && keys.peek(name) !== null)
  const on = switches.find(name => keys.peek(name) === true)
  if (on !== undefined) return kind === undefined ? saidBy(keys, on, lora) : understood(kind, 'peft_type', isKind)
  const [off] = switches
  if (off !== undefined) return combine({ on: keys.boolean(off) }, v => (v.on ? lora : 'full'))
  if (kind !== undefined) return understood(kind, 'peft_type', isKind)
  if (section !== undefined && own !== undefined && own.hasAny('r', 'rank', 'lora_r', 'lora_rank'))
    return own.peek('enabled') === false ? saidBy(keys, section, 'full') : saidBy(keys, section, lora)
  if (keys.hasAny('lora_r', 'lora_rank'))
    keys.warn(
      'adapter-not-chosen',
      'lora_r is set but use_peft is not: the run counts as full fine-tuning',
      keys.has('lora_r') ? 'lora_r' : 'lora_rank',
    )
  return nothingSaid
}

function kindOf(keys: Keys, own: Keys | undefined): Fact<string> | undefined {
  for (const from of [keys, own])
    for (const key of KINDS) {
      const word = from?.word(key)
      if (word !== undefined && !isAbsent(word)) return word
    }
  return undefined
}

function unreadable(keys: Keys, key: string): Fact<never> {
  return notUnderstood('trainable', `${key} names an adapter whose size is not read`, keys.origin(key))
}
