import fc from 'fast-check'
import { apart, count } from '../../src/judge/words.ts'

it('prints two amounts with the digits that tell them apart', () => {
  expect(apart(120_000.01, 120_000)).toEqual(['120,000.01', '120,000'])
  expect(apart(80_000, 5000)).toEqual(['80,000', '5,000'])
  expect(apart(25, 25)).toEqual(['25', '25'])
  expect(apart(1234.5678, 1234.5679)).toEqual(['1,234.5678', '1,234.5679'])
  expect(apart(1234.56, 9)).toEqual(['1,235', '9'])
  expect(apart(0.1 + 0.2, 0.3)).toEqual(['0.30000000000000004', '0.3'])
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

it('counts in English', () => {
  expect([count(0, 'config'), count(1, 'config'), count(2, 'config')]).toEqual(['0 configs', '1 config', '2 configs'])
})
