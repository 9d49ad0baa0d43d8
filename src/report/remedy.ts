import type { Missing } from '../facts/index.ts'
import { named, type Sentence } from './span.ts'

/** Behind the names of what lacks: why, and the line to add. */
export function toSupply({ why, remedy }: Pick<Missing, 'why' | 'remedy'>): Sentence {
  return [': ', why.replace(/[.]$/, ''), '. To supply it: ', /[.!?]$/.test(remedy) ? remedy : `${remedy}.`]
}

/** What lacks, with the line to add; one sentence where one step supplies several. */
export function lackSentences(missing: readonly Missing[]): readonly Sentence[] {
  const steps = new Map<string, Missing[]>()
  for (const lack of missing) {
    const key = JSON.stringify([lack.why, lack.remedy])
    const step = steps.get(key)
    if (step === undefined) steps.set(key, [lack])
    else if (!step.some(other => other.fact === lack.fact)) step.push(lack)
  }
  return [...steps.values()].map((lacks): Sentence => {
    const [first] = lacks
    const names = lacks.flatMap(({ fact }, i) => [i === 0 ? '' : i === lacks.length - 1 ? ' and ' : ', ', named(fact)])
    return first === undefined
      ? []
      : [...names, lacks.length === 1 ? ' is unknown' : ' are unknown', ...toSupply(first)]
  })
}
