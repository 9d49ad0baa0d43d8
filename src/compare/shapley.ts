/** What each coalition of settings is worth; null where the mixture makes no sense, or lacks something. */
export type Worth = (coalition: number) => number | null

/**
 * Shapley values: what each player adds to a coalition, in the mean over all orders in which they can join.
 * φᵢ = Σ over coalitions S without i of |S|!·(n−|S|−1)!/n! · (v(S ∪ i) − v(S)). They add up to v(all) − v(none).
 *
 * @param players bit masks, disjoint; a player can stand for several settings
 * @param worth of a union of players
 * @returns one value for each player; null where a coalition has no worth
 * @see Shapley (1953), A value for n-person games
 */
export function shapleyValues(players: readonly number[], worth: Worth): readonly number[] | null {
  const n = players.length
  const size = 2 ** n
  const worths: number[] = []
  for (let coalition = 0; coalition < size; coalition++) {
    const value = worth(unionOf(players, coalition))
    if (value === null) return null
    worths.push(value)
  }
  const weights = weightsOf(n)
  const values = new Array<number>(n).fill(0)
  for (let coalition = 0; coalition < size; coalition++) {
    const members = bits(coalition)
    for (let i = 0; i < n; i++) {
      if ((coalition & (1 << i)) !== 0) continue
      const gain = (worths[coalition | (1 << i)] ?? 0) - (worths[coalition] ?? 0)
      values[i] = (values[i] ?? 0) + (weights[members] ?? 0) * gain
    }
  }
  return values
}

/** |S|!·(n−|S|−1)!/n! for |S| = 0 … n−1: the share of all orders in which exactly these come before a player. */
function weightsOf(n: number): readonly number[] {
  const weights = n === 0 ? [] : [1 / n]
  for (let s = 1; s < n; s++) weights.push(((weights[s - 1] ?? 0) * s) / (n - s))
  return weights
}

function unionOf(players: readonly number[], coalition: number): number {
  let union = 0
  players.forEach((player, i) => {
    if ((coalition & (1 << i)) !== 0) union |= player
  })
  return union
}

function bits(mask: number): number {
  let count = 0
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++
  return count
}

/**
 * Merges players that make no sense apart (a width and the heads that divide it), as few as it takes: each time the two
 * that stand on opposite sides of the most worthless coalitions.
 *
 * @param isWorthless of a union of players; never of none or of all
 */
export function mergedUntilWorth(
  players: readonly number[],
  isWorthless: (coalition: number) => boolean,
): readonly number[] {
  let merged = players
  while (merged.length > 1) {
    const bad: number[] = []
    for (let c = 0; c < 2 ** merged.length; c++) if (isWorthless(unionOf(merged, c))) bad.push(c)
    if (bad.length === 0) break
    let [first, second, most] = [0, 1, -1]
    for (let i = 0; i < merged.length; i++)
      for (let j = i + 1; j < merged.length; j++) {
        const parted = bad.filter(c => ((c >> i) & 1) !== ((c >> j) & 1)).length
        if (parted > most) [first, second, most] = [i, j, parted]
      }
    const union = (merged[first] ?? 0) | (merged[second] ?? 0)
    merged = merged.flatMap((player, i) => (i === first ? [union] : i === second ? [] : [player]))
  }
  return merged
}

/**
 * Moves what rounding left over into the largest share, so that the shares, added in their order, are the total itself.
 * Exact wherever binary numbers of this size can be: the shares are first put on the grid of the largest partial sum.
 */
export function addingUpTo(total: number, shares: readonly number[]): readonly number[] {
  const sizes = shares.map(Math.abs)
  const reach = sizes.reduce((a, b) => a + b, Math.abs(total))
  const grid = reach === 0 ? 0 : 2 ** (Math.ceil(Math.log2(reach)) - 52)
  if (shares.length === 0 || grid === 0 || !Number.isFinite(reach)) return shares
  const largest = sizes.indexOf(Math.max(...sizes))
  const rounded = shares.map(share => Math.round(share / grid) * grid)
  const others = rounded.reduce((sum, share, i) => (i === largest ? sum : sum + share), 0)
  return rounded.map((share, i) => (i === largest ? total - others : share))
}
