import { booleanFromText, countFromText } from './numbers.ts'

/** How a plain value becomes a fact's value. */
export interface Reader<T> {
  /** Completes "… must be". */
  readonly expects: string
  /** A plain value (number, text, boolean, list, object) as the fact's value; undefined where it is not one, or out of range. */
  readonly read: (plain: unknown) => T | undefined
}

/** Counts may be written `120M`; the range keeps numeric tricks (1e309, -5, .inf) out of the arithmetic. */
export function integer(min: number, max: number): Reader<number> {
  return {
    expects: `a whole number from ${min.toLocaleString('en-US')} to ${max.toLocaleString('en-US')}`,
    read: plain => {
      const value = typeof plain === 'string' ? countFromText(plain) : plain
      return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : undefined
    },
  }
}

export function positive(max: number): Reader<number> {
  return {
    expects: `a number above 0 and at most ${max.toLocaleString('en-US')}`,
    read: plain => {
      const value = typeof plain === 'string' ? countFromText(plain) : plain
      return typeof value === 'number' && value > 0 && value <= max ? value : undefined
    },
  }
}

export const boolean: Reader<boolean> = {
  expects: 'true or false',
  read: plain => (typeof plain === 'boolean' ? plain : typeof plain === 'string' ? booleanFromText(plain) : undefined),
}

export const text: Reader<string> = {
  expects: 'a text of 1 to 500 characters',
  read: plain => (typeof plain === 'string' && plain.length > 0 && plain.length <= 500 ? plain : undefined),
}

export const texts: Reader<readonly string[]> = {
  expects: 'a text or a list of texts',
  read: plain => {
    const list: readonly unknown[] = Array.isArray(plain) ? plain : [plain]
    const read = list.map(item => text.read(item))
    return read.every(item => item !== undefined) && read.length > 0 && read.length <= 10_000 ? read : undefined
  },
}

export function oneOf<const T extends string>(...values: readonly T[]): Reader<T> {
  return { expects: `one of ${values.join(', ')}`, read: plain => values.find(value => value === plain) }
}

export function isRecord(plain: unknown): plain is Readonly<Record<string, unknown>> {
  return typeof plain === 'object' && plain !== null && !Array.isArray(plain)
}

type Field = readonly [external: string, reader: Reader<unknown>, optional?: 'optional']
type Shape<T> = { readonly [K in keyof T]-?: Field }

/** An object of facts, with snake_case keys outside and camelCase keys inside; a key that is not listed is refused. */
export function object<T>(shape: Shape<T>): Reader<T> {
  const fields = Object.entries<Field>(shape)
  return {
    expects: `an object of ${fields.map(([, [external]]) => external).join(', ')}`,
    read: plain => {
      if (!isRecord(plain) || Object.keys(plain).some(key => !fields.some(([, [external]]) => external === key)))
        return undefined
      const out: Record<string, unknown> = {}
      for (const [name, [external, reader, optional]] of fields) {
        const given = Object.hasOwn(plain, external) ? plain[external] : undefined
        if (given === undefined) {
          if (optional === undefined) return undefined
          continue
        }
        const value = reader.read(given)
        if (value === undefined) return undefined
        out[name] = value
      }
      // Every required field was read by its own reader.
      return out as T
    },
  }
}

export const nullable = (reader: Reader<number>): Reader<number | null> => ({
  expects: `${reader.expects} or null`,
  read: plain => (plain === null ? null : reader.read(plain)),
})

export const windows: Reader<readonly (number | null)[]> = {
  expects: 'a list of window lengths in tokens, null for full attention',
  read: plain => {
    if (!Array.isArray(plain) || plain.length === 0 || plain.length > 1024) return undefined
    const read = plain.map(item => nullable(integer(1, 1e9)).read(item))
    return read.every(item => item !== undefined) ? read : undefined
  },
}
