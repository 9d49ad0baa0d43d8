function digits(value: number, significant: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: significant })
}

/** Two numbers with as many digits as it takes to tell them apart: at least four, the same for both; 17 tell any two. */
export function apart(a: number, b: number): readonly [string, string] {
  let significant = 4
  while (a !== b && significant < 17 && digits(a, significant) === digits(b, significant)) significant += 1
  return [digits(a, significant), digits(b, significant)]
}

export function count(n: number, one: string): string {
  return `${n} ${one}${n === 1 ? '' : 's'}`
}
