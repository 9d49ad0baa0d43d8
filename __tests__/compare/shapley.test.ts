import fc from 'fast-check'
import { addingUpTo, mergedUntilWorth, shapleyValues } from '../../src/compare/shapley.ts'

const bitsOf = (mask: number): number => mask.toString(2).replaceAll('0', '').length

describe('the share of a player', () => {
  it('is half of what two can only do together', () => {
    expect(shapleyValues([1, 2], coalition => (coalition === 3 ? 10 : 0))).toEqual([5, 5])
  })

  it('of the glove game: one left and two right gloves are 4/6, 1/6 and 1/6', () => {
    const pair = (coalition: number): number => ((coalition & 1) !== 0 && (coalition & 6) !== 0 ? 1 : 0)
    const [left, right, other] = shapleyValues([1, 2, 4], pair)!
    expect(left).toBeCloseTo(4 / 6, 12)
    expect(right).toBeCloseTo(1 / 6, 12)
    expect(other).toBeCloseTo(1 / 6, 12)
  })

  it('of a product, tokens × price, is the mean of joining first and joining last', () => {
    // 100 → 200 tokens at 3 → 4 dollars: 300 → 800. Tokens first: +300, last: +400; price first: +100, last: +200.
    const cost = (coalition: number): number => ((coalition & 1) !== 0 ? 200 : 100) * ((coalition & 2) !== 0 ? 4 : 3)
    expect(shapleyValues([1, 2], cost)).toEqual([350, 150])
  })

  it('is nothing for one who changes nothing', () => {
    expect(shapleyValues([1, 2, 4], coalition => bitsOf(coalition & 5))).toEqual([1, 0, 1])
  })

  it('is unknown where one mixture is', () => {
    expect(shapleyValues([1, 2], coalition => (coalition === 1 ? null : coalition))).toBeNull()
  })

  it('of all players adds up to the whole, whatever the game', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 6 })
          .chain(n =>
            fc.tuple(
              fc.constant(n),
              fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 2 ** n, maxLength: 2 ** n }),
            ),
          ),
        ([n, worths]) => {
          const players = Array.from({ length: n }, (_, i) => 1 << i)
          const sum = shapleyValues(players, c => worths[c]!)!.reduce((a, b) => a + b, 0)
          expect(sum).toBeCloseTo(worths.at(-1)! - worths[0]!, 6)
        },
      ),
    )
  })
})

describe('players that make no sense apart', () => {
  it('are merged, and only they: a width and its heads', () => {
    // Bits: width, sequence length, heads, steps. Worthless wherever width and heads come from different sides.
    const parted = (coalition: number): boolean => ((coalition & 1) !== 0) !== ((coalition & 4) !== 0)
    expect(mergedUntilWorth([1, 2, 4, 8], parted)).toEqual([5, 2, 8])
  })

  it('end as one where nothing between the two sides makes sense', () => {
    expect(mergedUntilWorth([1, 2, 4], c => c !== 0 && c !== 7)).toEqual([7])
  })

  it('stay as they are where everything does', () => {
    expect(mergedUntilWorth([1, 2, 4], () => false)).toEqual([1, 2, 4])
  })
})

describe('rounding', () => {
  it('goes into the largest share, so that the shares add up to the last bit', () => {
    const thirds = addingUpTo(1000, [1000 / 3, 2000 / 3, 0.1 - 0.1])
    expect(thirds.reduce((a, b) => a + b, 0)).toBe(1000)
    const money = addingUpTo(385_300.17 - 287_000.41, [267_700.123, -169_400.363])
    expect(money.reduce((a, b) => a + b, 0)).toBe(385_300.17 - 287_000.41)
  })

  it('makes no number that is none, however small the amounts', () => {
    expect(addingUpTo(5e-324, [5e-324, 0])).toEqual([5e-324, 0])
    expect(addingUpTo(0, [0, 0])).toEqual([0, 0])
  })

  it('leaves sums exact for differences of amounts of any everyday size', () => {
    const amount = fc.double({ min: 1, max: 1e7, noNaN: true })
    fc.assert(
      fc.property(
        amount,
        amount,
        fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { maxLength: 8 }),
        (a, b, parts) => {
          const total = b - a
          const weight = parts.reduce((x, y) => x + y, 1)
          const shares = [1, ...parts].map(part => (total * part) / weight)
          const added = addingUpTo(total, shares)
          expect(added.reduce((x, y) => x + y, 0)).toBe(total)
          added.forEach((share, i) => {
            expect(Math.abs(share - shares[i]!)).toBeLessThanOrEqual(1e-12 * Math.abs(total))
          })
        },
      ),
    )
  })
})
