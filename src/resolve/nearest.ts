/**
 * The names that a reader most likely meant, best first, at most three.
 *
 * A name counts as near when its edit distance is at most a third of the longer length, or when one holds the other.
 */
export function nearest(text: string, names: Iterable<string>): readonly string[] {
  const wanted = folded(text.slice(0, 200))
  if (wanted === '') return []
  const scored: { name: string; distance: number }[] = []
  for (const name of names) {
    const candidate = folded(name.slice(0, 200))
    const longer = Math.max(candidate.length, wanted.length)
    const held = wanted.length >= 3 && (candidate.includes(wanted) || wanted.includes(candidate))
    // The distance is at least the difference of the lengths.
    if (!held && Math.abs(candidate.length - wanted.length) * 3 > longer) continue
    const distance = editDistance(wanted, candidate)
    if (distance * 3 <= longer || held) scored.push({ name, distance })
  }
  return scored
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name)
}

/** `; did you mean a, b?`, or nothing where no name is near. */
export function didYouMean(text: string, names: Iterable<string>): string {
  const near = nearest(text, names)
  return near.length === 0 ? '' : `; did you mean ${near.join(', ')}?`
}

const folded = (text: string) => text.toLowerCase().replace(/[^a-z0-9/]/g, '')

/**
 * Optimal string alignment distance: the fewest insertions, deletions and replacements of one character, and exchanges of
 * two neighbors, which is how fingers slip.
 */
export function editDistance(a: string, b: string): number {
  let before: readonly number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const exchanged =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(before, j - 2) + 1 : Infinity
      next.push(Math.min(replaced, at(row, j) + 1, at(next, j - 1) + 1, exchanged))
    }
    before = row
    row = next
  }
  return at(row, b.length)
}

function at(row: readonly number[], j: number): number {
  const value = row[j]
  if (value === undefined) throw new Error('edit distance: index outside the row')
  return value
}
