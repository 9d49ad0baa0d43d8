import fc from 'fast-check'
import {
  bar,
  count,
  daysBetween,
  distinct,
  duration,
  hours,
  money,
  percent,
  plain,
  scaled,
  scientific,
  signed,
} from '../../src/report/numbers.ts'

const USD = { code: 'USD', perUsd: 1, date: '2026-11-01' }

describe('money', () => {
  it.each([
    [385_312, '$385,300'],
    [1_922_250, '$1,922,000'],
    [1840, '$1,840'],
    [212.4, '$212'],
    [53, '$53'],
    [6.88, '$6.88'],
    [0.5, '$0.50'],
    [0.0042, '$0.0042'],
    [0, '$0'],
    [-53, '−$53'],
    [-12_400, '−$12,400'],
  ])('%d dollars are written %s', (usd, text) => {
    expect(money(usd, USD)).toBe(text)
  })

  it('is shown in the currency of the policy', () => {
    expect(money(1000, { code: 'EUR', perUsd: 0.92, date: '' })).toBe('€920')
    expect(money(1000, { code: 'CHF', perUsd: 0.8, date: '' })).toBe('CHF 800')
  })

  it('always shows the sign of a difference, and none where there is none', () => {
    const print = signed((value, digits) => money(value, USD, digits))
    expect([12_400, -12_400, 0].map(v => print(v, 4))).toEqual(['+$12,400', '−$12,400', '$0'])
  })
})

describe('other figures', () => {
  it.each([
    [34.25, '34 %'],
    [4.62, '4.6 %'],
    [0.0083, '0.0083 %'],
    [134.6, '135 %'],
    [1240, '1,240 %'],
    [-28.8, '−29 %'],
    [0, '0 %'],
  ])('%d percent is written %s', (value, text) => {
    expect(percent(value)).toBe(text)
  })

  it.each([
    [1.2e21, '1.2e21'],
    [4.29e10, '4.29e10'],
    [1e24, '1e24'],
  ])('%d FLOPs are written %s', (value, text) => {
    expect(scientific(value)).toBe(text)
  })

  it.each([
    [1.048576e12, '1.05 T'],
    [120e6, '120 M'],
    [6.74e9, '6.74 B'],
    [12_400, '12,400'],
  ])('%d tokens are written %s', (value, text) => {
    expect(scaled(value)).toBe(text)
  })

  it.each([
    [9.1 * 86_400, '9.1 days'],
    [18.6 * 86_400, '18.6 days'],
    [446 * 86_400, '446 days'],
    [5.25 * 3600, '5.3 hours'],
    [36 * 3600, '36 hours'],
    [3600, '1 hour'],
    [720, '12 minutes'],
    [40, '40 seconds'],
  ])('%d seconds are %s', (value, text) => {
    expect(duration(value)).toBe(text)
  })

  it('counts exactly and measures roughly', () => {
    expect(count(131_072)).toBe('131,072')
    expect(hours(14_283.4)).toBe('14,280')
    expect(hours(267.4)).toBe('267')
    expect(hours(7.72)).toBe('7.7')
    expect(plain(0.3)).toBe('0.3')
  })

  it('draws a bar as long as the share, and never none for something', () => {
    expect(bar(1, true)).toBe('███████')
    expect(bar(-0.63, false)).toBe('░░░░')
    expect(bar(0.001, true)).toBe('█')
    expect(bar(0, true)).toBe('')
  })
})

describe('values next to each other', () => {
  const print = (value: number, digits: number) => money(value, USD, digits)

  it('get as many digits as it takes to see that they differ', () => {
    expect(distinct([120_000, 120_001], print)).toEqual(['$120,000', '$120,001'])
    expect(distinct([25, 25.04], percent)).toEqual(['25 %', '25.04 %'])
    expect(distinct([120_000, 130_000], print)).toEqual(['$120,000', '$130,000'])
    expect(distinct([5, 5], print)).toEqual(['$5', '$5'])
  })

  it('look different whenever they are, in every unit', () => {
    const amounts = fc.double({ min: 1e-3, max: 1e12, noNaN: true })
    fc.assert(
      fc.property(amounts, fc.integer({ min: 1, max: 9999 }), (value, parts) => {
        const close = value * (1 + parts / 1e9)
        fc.pre(close !== value)
        for (const unit of [print, percent, plain, duration, scientific, hours]) {
          const [a, b] = distinct([value, close], unit)
          expect(a).not.toBe(b)
        }
      }),
    )
  })

  it('read back as the number, to the digits that are printed', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-5, max: 1e14, noNaN: true }), value => {
        const read = Number(plain(value, 6).replaceAll(',', ''))
        expect(Math.abs(read - value) / value).toBeLessThan(5.1e-6)
      }),
    )
  })
})

describe('ages', () => {
  it.each([
    ['2026-03-15', '2026-11-20', 250],
    ['2024-02-28', '2024-03-01', 2],
    ['2023-02-28', '2023-03-01', 1],
    ['2026-11-20', '2026-11-20', 0],
    ['2025-12', '2026-01-01', 31],
    ['2000-01-01', '2001-01-01', 366],
  ])('from %s to %s it is %d days', (from, to, days) => {
    expect(daysBetween(from, to)).toBe(days)
  })

  it('are unknown where a text is no date', () => {
    expect(daysBetween('soon', '2026-01-01')).toBeUndefined()
    expect(daysBetween('2026-13-01', '2026-01-01')).toBeUndefined()
  })
})
