import { FACTS } from '../facts/index.ts'
import type { Fact, FactName } from '../facts/index.ts'
import type { Estimate } from '../estimate/index.ts'
import type { Hardware } from '../resolve/index.ts'
import type { Part, Setting } from './settings.ts'

/** The name that a reader looks for: `seq_len`, `base_model`, `profile`; several, and then how many more. */
export function nameOf({ parts, baseModel }: Setting): string {
  if (baseModel) return 'base_model'
  const names = parts.map(part =>
    part === 'hardware' ? 'profile' : part in FACTS ? FACTS[part as FactName].name : part,
  )
  return names.length <= MOST_PARTS ? names.join(', ') : `${names.slice(0, MOST_PARTS - 1).join(', ')} and more`
}

const MOST_PARTS = 4

/** The setting's value on one side, as people write it; undefined where that side has none. Raw: escaped where it is printed. */
export function textOf({ parts, baseModel }: Setting, { run, facts }: Estimate): string | undefined {
  const shown: readonly Part[] = baseModel ? ['baseModel'] : parts.slice(0, MOST_PARTS)
  const texts = shown.map(part => {
    if (part === 'hardware') return hardwareText(run.hardware)
    if (part === 'runs') return factText(run.runs)
    if (part === 'framework') return run.framework
    return factText(run.facts[part]) ?? defaultText(facts[part])
  })
  if (texts.every(text => text === undefined)) return undefined
  return texts.map(text => text ?? '–').join(', ')
}

function factText(fact: Fact<unknown> | undefined): string | undefined {
  return fact?.known === true ? valueText(fact.value) : undefined
}

/** What holds where nothing was said; a value that was merely derived is not a setting. */
function defaultText(fact: Fact<unknown> | undefined): string | undefined {
  const kind = fact?.known === true ? fact.origins[0]?.kind : undefined
  return kind === 'default' || kind === 'assumed' ? factText(fact) : undefined
}

const NUMBERS = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 15 })

function valueText(value: unknown): string {
  if (typeof value === 'number') return NUMBERS.format(value)
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value.join(', ')
  return JSON.stringify(value).slice(0, MOST_CHARACTERS)
}

const MOST_CHARACTERS = 120

function hardwareText({ name, accelerator, price }: Hardware): string {
  const parts = [accelerator.known ? accelerator.value.id : undefined]
  if (price.known) parts.push(price.value.instance, price.value.region, price.value.pricing)
  const text = parts.filter(part => part !== undefined).join(' ')
  return text === '' ? name : `${name} (${text})`
}
