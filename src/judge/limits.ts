/** What one limit says of one config, or of a total. Numbers in the unit of the rule's metric. */
export type Finding =
  | { readonly is: 'within'; readonly limit: number; readonly actual: number }
  | { readonly is: 'breach'; readonly limit: number; readonly actual: number }
  | { readonly is: 'unknown'; readonly limit: number }

/** Amounts of the members that a limit looks at, as far as they are known on the sides that they have. */
export interface Amounts {
  readonly base: number
  readonly head: number
  /** False where a member lacks a side: then the amounts are those of the others. */
  readonly complete: boolean
}

/**
 * Costs only add up: where what is known breaks the limit, what is unknown cannot mend it. Only then is the rest a reason to
 * say unknown. Written so that a number that is none breaks the limit.
 */
function found(limit: number, actual: number, holds: boolean, complete: boolean): Finding {
  if (!holds) return { is: 'breach', limit, actual }
  return complete ? { is: 'within', limit, actual } : { is: 'unknown', limit }
}

/** `max` is a ratchet: a base already above it fails only a head that is higher still. Equality passes. */
export function judgeMax(limit: number, { base, head, complete }: Amounts): Finding {
  const ceiling = Math.max(limit, base)
  return found(ceiling, head, head <= ceiling, complete)
}

/** `max_increase` holds head − base, in the metric's unit; a config without a base brings all of itself. Equality passes. */
export function judgeMaxIncrease(limit: number, { base, head, complete }: Amounts): Finding {
  const increase = head - base
  return found(limit, increase, increase <= limit, complete)
}

/**
 * `max_increase_percent` holds head − base as percent of the base. Equality passes: +10 % of 100 is exactly 110.
 * From a base of nothing any increase is more than any percentage.
 */
export function judgeMaxIncreasePercent(limit: number, { base, head, complete }: Amounts): Finding {
  const increase = head - base
  const percent = base > 0 ? (increase * 100) / base : increase > 0 ? Infinity : 0
  return found(limit, percent, increase * 100 <= limit * base, complete)
}

/** `new_config.max` holds what an added config costs, the sum of them under `scope: total`. Equality passes. */
export function judgeNewConfig(limit: number, { head, complete }: Amounts): Finding {
  return found(limit, head, head <= limit, complete)
}
