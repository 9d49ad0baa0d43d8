import { isAbsent } from '../facts/index.ts'
import type { Fact } from '../facts/index.ts'

/** Values of facts are plain data of a few levels; the order of an object's keys says nothing. */
function sameValue(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b)
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const right = new Map<string, unknown>(Object.entries(b))
  const left = Object.entries(a)
  return left.length === right.size && left.every(([key, value]) => right.has(key) && sameValue(value, right.get(key)))
}

/**
 * Two facts say the same when their values are equal, wherever they come from, when neither says anything, or when neither
 * can be used. Silence and an unusable value differ: only silence takes a default.
 */
export function saysTheSame(a: Fact<unknown> | undefined, b: Fact<unknown> | undefined): boolean {
  if (a?.known === true && b?.known === true) return sameValue(a.value, b.value)
  if (a?.known === true || b?.known === true) return false
  return (a === undefined || isAbsent(a)) === (b === undefined || isAbsent(b))
}
