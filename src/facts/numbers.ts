const SUFFIXES: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, b: 1e9, g: 1e9, t: 1e12 }

/**
 * Reads a number as training frameworks write it: `32_000`, `1e-5`, `2e12`, `-1`, `0.5`.
 *
 * @returns undefined where the text is not one finite number
 */
export function numberFromText(text: string): number | undefined {
  const plain = text.trim().replace(/(?<=\d)_(?=\d)/g, '')
  if (plain.length > 40 || !/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(plain)) return undefined
  const value = Number(plain)
  return Number.isFinite(value) ? value : undefined
}

/**
 * Reads a count as people write it: `120M`, `1.2T`, `3e11`, `32k` or plain; decimal suffixes only.
 *
 * @returns undefined where the text is not one finite number
 */
export function countFromText(text: string): number | undefined {
  const suffix = /[kmbgt]$/i.exec(text.trim())?.[0]
  if (suffix === undefined) return numberFromText(text)
  const value = numberFromText(text.trim().slice(0, -1))
  const factor = SUFFIXES[suffix.toLowerCase()]
  // 1.1 * 1e9 is not an integer in binary, but a count is meant: 1.1B is 1,100,000,000.
  return value === undefined || factor === undefined ? undefined : Math.round(value * factor * 1e6) / 1e6
}

/** `true`, `yes`, `on` and their opposites, as YAML 1.1 and the command lines of the frameworks mean them. */
export function booleanFromText(text: string): boolean | undefined {
  switch (text.trim().toLowerCase()) {
    case 'true':
    case 'yes':
    case 'on':
      return true
    case 'false':
    case 'no':
    case 'off':
      return false
    default:
      return undefined
  }
}

/** Empty, `null`, `???`, `auto` and `-1` say "not set" in every framework: never zero, never malformed. */
export function isUnsetText(text: string): boolean {
  return ['', 'null', 'none', '~', '???', 'auto', '-1'].includes(text.trim().toLowerCase())
}
