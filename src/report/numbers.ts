/**
 * Figures as people read them, always in English notation, whatever the machine's locale: no Intl.
 * Every function takes the number of significant digits, so that `distinct` can ask for more where two would look equal.
 */
import type { Currency } from '../resolve/index.ts'

/** Digits that are printed unless more are needed to show a difference. */
const USUAL_DIGITS = 4
const MOST_DIGITS = 17

/** Bytes. */
export const GIB = 1024 ** 3

export type Print = (value: number, digits: number) => string

function grouped(unsigned: string): string {
  const [whole = '', fraction] = unsigned.split('.')
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? groups : `${groups}.${fraction}`
}

/** floor(log10) without the errors of Math.log10 at powers of ten. Not for 0. */
function exponentOf(value: number): number {
  return Number(value.toExponential().split('e')[1])
}

/** Rounds to `decimals` places after the point; before it where negative. Value ≥ 0 and below 1e15. */
function fixed(value: number, decimals: number): string {
  if (decimals >= 0) return grouped(value.toFixed(Math.min(decimals, 20)))
  const step = 10 ** -decimals
  return grouped((Math.round(value / step) * step).toFixed(0))
}

/** `1.2e21`: for what has no everyday scale. */
export function scientific(value: number, digits = 3): string {
  if (value === 0) return '0'
  const [mantissa = '', exponent = ''] = Math.abs(value)
    .toExponential(Math.min(digits, MOST_DIGITS) - 1)
    .split('e')
  const short = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa
  return `${value < 0 ? '−' : ''}${short}e${exponent.replace('+', '')}`
}

/** A plain number: `14,280`, `31.5`, `0.0042`. */
export function plain(value: number, digits = USUAL_DIGITS): string {
  const size = Math.abs(value)
  if (size === 0) return '0'
  if (size >= 1e15 || size < 1e-6) return scientific(value, digits)
  const exponent = exponentOf(size)
  const decimals = digits - 1 - exponent
  const text = fixed(size, decimals)
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text
  return `${value < 0 ? '−' : ''}${short}`
}

/** A whole count, exactly: `131,072`. Counts beyond 1e15 are written as `1.2e21`. */
export function count(value: number): string {
  if (!Number.isInteger(value) || Math.abs(value) >= 1e15) return plain(value)
  return `${value < 0 ? '−' : ''}${grouped(String(Math.abs(value)))}`
}

/** `1.05 T`, `480 M`, `12,400`: tokens and parameters. */
export function scaled(value: number, digits = 3): string {
  const size = Math.abs(value)
  const sign = value < 0 ? '−' : ''
  for (const [unit, letter] of [
    [1e12, 'T'],
    [1e9, 'B'],
    [1e6, 'M'],
  ] as const)
    if (size >= unit && size < 1e18) return `${sign}${plain(size / unit, digits)} ${letter}`
  return size >= 1e15 ? scientific(value, digits) : plain(value, Math.max(digits, USUAL_DIGITS))
}

const SYMBOLS: ReadonlyMap<string, string> = new Map([
  ['USD', '$'],
  ['EUR', '€'],
  ['GBP', '£'],
])

/** An amount that is already in the currency. */
export function amount(value: number, currency: Currency, digits = USUAL_DIGITS): string {
  const size = Math.abs(value)
  const symbol = SYMBOLS.get(currency.code) ?? `${currency.code} `
  const sign = value < 0 ? '−' : ''
  if (size === 0) return `${symbol}0`
  if (size >= 1e15) return `${sign}${symbol}${scientific(size, digits)}`
  const exponent = exponentOf(size)
  const more = digits - USUAL_DIGITS
  const decimals =
    exponent >= 2
      ? digits - 1 - Math.max(exponent, 3)
      : exponent >= 0
        ? 2 + more
        : Math.max(2 + more, digits - 3 - exponent)
  return `${sign}${symbol}${fixed(size, decimals).replace(/\.0+$/, '')}`
}

/** Dollars, printed in the currency of the policy. */
export function money(usd: number, currency: Currency, digits = USUAL_DIGITS): string {
  return amount(usd * currency.perUsd, currency, digits)
}

/** `34 %`, `4.6 %`, `0.008 %`. Takes percent, not a fraction. */
export function percent(value: number, digits = USUAL_DIGITS): string {
  const size = Math.abs(value)
  if (size === 0) return '0 %'
  const exponent = exponentOf(size)
  // 34, 4.6, 0.08: two digits, three above a hundred, all that are there above a thousand.
  const wanted = Math.max(2, Math.min(exponent + 1, 4)) + digits - USUAL_DIGITS
  return `${plain(value, wanted)} %`
}

/** Hours of accelerators: `14,280`, `267`, `7.7`. */
export function hours(value: number, digits = USUAL_DIGITS): string {
  return plain(value, digits + (Math.abs(value) < 100 ? -2 : Math.abs(value) < 1000 ? -1 : 0))
}

/** `18.6 days`, `5.3 hours`, `12 minutes`, `40 seconds`. */
export function duration(seconds: number, digits = USUAL_DIGITS): string {
  const units = [
    [86_400 * 2, 86_400, 'days'],
    [3600, 3600, 'hours'],
    [60, 60, 'minutes'],
  ] as const
  const [, unit, name] = units.find(([from]) => Math.abs(seconds) >= from) ?? [0, 1, 'seconds']
  const size = seconds / unit
  const whole = Math.abs(size) >= 1 ? exponentOf(Math.abs(size)) + 1 : 1
  // One decimal below a hundred, none above.
  const text = plain(size, Math.max(whole, Math.min(whole + 1, 3)) + digits - USUAL_DIGITS)
  return `${text} ${text === '1' ? name.slice(0, -1) : name}`
}

/** Prefixes the sign: `+$12,400`, `−$53`, `$0`. */
export function signed(print: Print): Print {
  return (value, digits) => (value > 0 ? `+${print(value, digits)}` : print(value, digits))
}

/** Prints values side by side, with as many digits as it takes that those which differ also look different. */
export function distinct(values: readonly number[], print: Print, from = USUAL_DIGITS): string[] {
  const different = new Set(values).size
  for (let digits = from; digits < MOST_DIGITS; digits++) {
    const texts = values.map(value => print(value, digits))
    if (new Set(texts).size >= different) return texts
  }
  return values.map(value => print(value, MOST_DIGITS))
}

/** `██████░░░░`: a share of the largest, at least one block where there is anything. */
export function bar(share: number, increase: boolean, width = 7): string {
  const blocks = share === 0 ? 0 : Math.max(1, Math.min(width, Math.round(Math.abs(share) * width)))
  return (increase ? '█' : '░').repeat(blocks)
}

/** Days from one ISO date to another; a month stands for its first day. Undefined where a text is no date. */
export function daysBetween(from: string, to: string): number | undefined {
  const [start, end] = [dayNumber(from), dayNumber(to)]
  return start === undefined || end === undefined ? undefined : end - start
}

/** Days since an era's start, by the civil calendar: 400 years have 146,097 days, and a year begins in March. */
function dayNumber(iso: string): number | undefined {
  const match = /^(\d{4})-(\d{2})(?:-(\d{2}))?(?:T|$)/.exec(iso)
  if (match === null) return undefined
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3] ?? '1')]
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
}
