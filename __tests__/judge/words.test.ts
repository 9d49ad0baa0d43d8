import fc from 'fast-check'
import { apart } from '../../src/judge/words.ts'

it('prints two amounts with the digits that tell them apart', () => {
  expect(apart(120_000.01, 120_000)).toEqual(['120,000.01', '120,000'])
  expect(apart(80_000, 5000)).toEqual(['80,000', '5,000'])
  expect(apart(25, 25)).toEqual(['25', '25'])
})

it('never prints different amounts alike', () => {
  const amount = fc.double({ noNaN: true, noDefaultInfinity: true })
  fc.assert(
    fc.property(amount, amount, (a, b) => {
      fc.pre(a !== b)
      const [left, right] = apart(a, b)
      expect(left).not.toBe(right)
    }),
  )
})
