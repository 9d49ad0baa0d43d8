function digits(value: number, significant: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: significant })
}

/** Two numbers with as many digits as it takes to tell them apart: at least four, the same for both. */
export function apart(a: number, b: number): readonly [string, string] {
  for (let significant = 4; significant < 17; significant++) {
    const pair = [digits(a, significant), digits(b, significant)] as const
    if (a === b || pair[0] !== pair[1]) return pair
  }
  return [String(a), String(b)]
}

export function count(n: number, one: string): string {
  return `${n} ${one}${n === 1 ? '' : 's'}`
}
