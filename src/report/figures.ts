/** Numbers written out in full, and formulas with their numbers put in: what `traincost explain` prints. */

/** `1,048,576`, `4,096.5`: all digits of a whole number, at most three decimals of another, seven below 1. */
export function grouped(value: number): string {
  const isWhole = Number.isInteger(value)
  const text =
    isWhole && Math.abs(value) < 1e21
      ? BigInt(value).toString()
      : value.toFixed(isWhole ? 0 : Math.abs(value) < 1 ? 7 : 3)
  if (text.includes('e')) return text
  const [left = '', right] = text.replace(/(\.\d*?)0+$/, '$1').split('.')
  const digits = left.replace(/\B(?=(\d{3})+$)/g, ',')
  return right === undefined || right === '' ? digits : `${digits}.${right}`
}

export interface Whole {
  readonly parts: readonly string[]
  readonly total: string
  /** The unrounded sum. */
  readonly sum: number
}

/**
 * Rounds to whole numbers so that the parts as printed add up to the total as printed: all are rounded down, and those
 * with the largest rest are rounded up until the sum is right.
 */
export function whole(values: readonly number[]): Whole {
  const sum = values.reduce((a, b) => a + b, 0)
  const floors = values.map(Math.floor)
  const total = Math.round(sum)
  const lacking = total - floors.reduce((a, b) => a + b, 0)
  const byRest = values.map((value, i) => ({ i, rest: value - Math.floor(value) })).sort((a, b) => b.rest - a.rest)
  const up = new Set(byRest.slice(0, lacking).map(({ i }) => i))
  return { parts: floors.map((floor, i) => grouped(up.has(i) ? floor + 1 : floor)), total: grouped(total), sum }
}

/** Symbols of the formulas, longest first: `kv` is one, `qd` is two. */
const SYMBOL =
  /h_nope|h_rope|kv_enc|q_enc|f_enc|s_enc|channels|buckets|rounds|weights|width|chunk|rank|r_kv|r_q|f_e|f_s|k_p|h_v|kv|[a-zA-Z]/g

/**
 * A formula with the numbers of its symbols, products written out: `2d(q + 2kv)` → `2·4,096·(4,096 + 2·1,024)`.
 *
 * @returns undefined where a symbol has no number
 */
export function withNumbers(formula: string, symbols: Readonly<Record<string, number>>): string | undefined {
  const names = formula.match(SYMBOL) ?? []
  if (names.some(name => !Object.hasOwn(symbols, name))) return undefined
  const marked = formula.replace(SYMBOL, name => `·${grouped(symbols[name] ?? 0)}·`)
  return marked
    .replace(/·²/g, '²·')
    .replace(/([\d²])([([])/g, '$1·$2')
    .replace(/([)\]])([([\d])/g, '$1·$2')
    .replace(/·{2,}/g, '·')
    .replace(/(^|[([+−] ?)·/g, '$1')
    .replace(/·($|[)\]]| )/g, '$1')
}
