import { inBand, meanWidth, refittedWithout, stretchHolding, worsened } from './figures.ts'
import type { Judged } from './judged.ts'

/** A run of 100 hours, estimated as said, from half to twice of it. */
function row(expected: number, family = 'a'): Judged {
  return {
    id: `${family}-${expected}`,
    family,
    source: family,
    accelerator: 'H100',
    table: 'runs',
    published: 100,
    estimated: { low: expected / 2, expected, high: 2 * expected },
    ratio: expected / 100,
  }
}

describe('the figures that the published runs are held to', () => {
  it('a median that is worse by more than a point is named', () => {
    expect(worsened({ hours: 17 }, { hours: 17.9 })).toEqual([])
    expect(worsened({ hours: 17 }, { hours: 18.1 })).toEqual(['hours: 17.0 % reached, 18.1 % measured'])
  })

  it('a kind that was never written down is named, and one that is no longer measured', () => {
    expect(worsened({}, { hours: 17 })).toEqual(['hours: not in reached.json'])
    expect(worsened({ hours: 17 }, {})).toEqual(['hours: no longer measured'])
  })

  it('a band that just holds eight of ten is stretched by 1; one that is twice too wide in the logarithm by a half', () => {
    // Six hit the middle, two lie at an end, two far outside: eight of ten need the whole band.
    const ends = [row(100), row(100), row(100), row(100), row(100), row(100), row(50), row(200), row(10), row(1000)]
    expect(ends.filter(inBand)).toHaveLength(8)
    expect(stretchHolding(ends, 0.8)).toBeCloseTo(1, 12)
    // √2 off, in a band of 2 to each side.
    expect(
      stretchHolding(
        Array.from({ length: 10 }, () => row(100 * Math.SQRT2)),
        0.8,
      ),
    ).toBeCloseTo(0.5, 12)
    expect(meanWidth(ends)).toBe(4)
  })

  it('a family that is left out is judged by the level of the others alone', () => {
    const rows = [row(400, 'b'), row(80), row(80, 'c'), row(80, 'd')]
    const [left, ...others] = refittedWithout(
      rows,
      each => each.family,
      () => 'all',
    )
    // The others are 20 % low; raised by that, b is five times too high and not four.
    expect(left?.ratio).toBeCloseTo(5, 12)
    // Where b is among the others, it does not move their median.
    for (const other of others) expect(other.ratio).toBeCloseTo(1, 12)
  })
})
