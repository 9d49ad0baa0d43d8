import { firstGiven, unknown, type Fact, type RunFacts } from '../../facts/index.ts'
import { numberFromText } from '../../facts/index.ts'
import type { Keys } from '../keys.ts'

/**
 * Composer's and OLMo's lengths: `4800ba` batches, `2ep` epochs, `1e9tok` or `2e12T` tokens, `5000sp` samples.
 *
 * @param bare what a number without a unit counts
 */
export function durationOf(keys: Keys, key: string, bare: 'steps' | 'epochs'): RunFacts {
  const text = firstGiven(keys.text(key))
  if (!text.known) return { [bare]: text }
  const [, amount = '', unit = ''] = /^\s*([0-9._]+(?:[eE][+-]?[0-9]+)?)\s*([A-Za-z]*)\s*$/.exec(text.value) ?? []
  const value = numberFromText(amount)
  const said = (name: keyof RunFacts): RunFacts => ({ [name]: { ...text, value } })
  if (value === undefined) return { steps: notRead(keys, key) }
  switch (unit) {
    case '':
      return said(bare)
    case 'ba':
      return said('steps')
    case 'ep':
      return said('epochs')
    case 'tok':
    case 'T':
      return said('totalTokens')
    case 'sp':
      return said('trainSamples')
    default:
      return { steps: notRead(keys, key) }
  }
}

function notRead(keys: Keys, key: string): Fact<never> {
  const why = `${key} is not a length, such as 4800ba, 2ep or 1e9tok`
  keys.refuse('malformed-value', why, key)
  const at = keys.origin(key)
  return unknown({ fact: 'steps', why, remedy: `correct ${key}`, absent: false, ...(at === undefined ? {} : { at }) })
}
