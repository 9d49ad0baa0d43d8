import { FACTS, factNamed, known, unknown, type Fact, type FactName, type RunFacts } from '../../facts/index.ts'
import type { Framework } from '../framework.ts'
import type { Keys } from '../keys.ts'

/** A file of facts: `traincost: 1` and fact names. What a config generator can print, so its numbers are the config's own. */
export const traincostFacts: Framework = {
  name: 'traincost',
  recognizes: keys => keys.peek('traincost') !== undefined && !keys.has('version'),
  facts: keys => {
    if (keys.peek('traincost') !== 1)
      keys.refuse('facts-version', 'traincost must be 1, the only version of facts files', 'traincost')
    const facts: Partial<Record<FactName, Fact<unknown>>> = {}
    const take = (section: Keys, key: string, published: string): void => {
      const name = factNamed(published)
      if (name === undefined) {
        section.refuse('unknown-fact', `${published} is no fact's name`, key)
        return
      }
      facts[name] = read(section, key, name)
    }
    for (const key of keys.names()) {
      if (key === 'traincost' || key === 'description') continue
      if (key === 'lora' && keys.hasSection(key))
        for (const inner of keys.under(key).names()) take(keys.under(key), inner, `lora.${inner}`)
      else take(keys, key, key)
    }
    // Each value was read by the reader of its own fact.
    return facts as RunFacts
  },
}

function read(keys: Keys, key: string, name: FactName): Fact<unknown> {
  const plain = keys.plain(key)
  if (!plain.known) return plain
  const value = FACTS[name].read(plain.value)
  if (value !== undefined) return known(value, ...plain.origins)
  const why = `${FACTS[name].name} must be ${FACTS[name].expects}`
  keys.refuse('malformed-value', why, key)
  return unknown({
    fact: FACTS[name].name,
    why,
    remedy: `correct ${key}`,
    absent: false,
    ...(plain.origins[0] ? { at: plain.origins[0] } : {}),
  })
}
