import fc from 'fast-check'
import { editDistance, nearest } from '../../src/resolve/nearest.ts'

describe('the nearest name', () => {
  // Wagner and Fischer 1974: kitten → sitting takes two replacements and one insertion.
  it.each([
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['flaw', 'lawn', 2],
    ['same', 'same', 0],
    // Damerau 1964: an exchange of two neighbors is one slip.
    ['ruels', 'rules', 1],
  ])('%s to %s takes %i edits', (a, b, edits) => {
    expect(editDistance(a, b)).toBe(edits)
  })

  it('is a distance: symmetric, zero only for equals, never beyond the longer text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        const edits = editDistance(a, b)
        expect(edits).toBe(editDistance(b, a))
        expect(edits === 0).toBe(a === b)
        expect(edits).toBeLessThanOrEqual(Math.max(a.length, b.length))
      }),
    )
  })

  it('offers the key that was meant, and nothing for noise', () => {
    expect(nearest('max_incraese', ['max', 'max_increase', 'message'])[0]).toBe('max_increase')
    expect(nearest('ruels', ['rules', 'runs', 'models'])).toEqual(['rules'])
    expect(nearest('zzz', ['max', 'message'])).toEqual([])
  })
})
