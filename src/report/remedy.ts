import type { Missing } from '../facts/index.ts'
import type { Sentence } from './span.ts'

/** Behind the names of what lacks: why, and the line to add. */
export function toSupply({ why, remedy }: Pick<Missing, 'why' | 'remedy'>): Sentence {
  return [': ', why.replace(/[.]$/, ''), '. To supply it: ', /[.!?]$/.test(remedy) ? remedy : `${remedy}.`]
}
