import { booleanFromText, countFromText, isUnsetText, numberFromText } from '../../src/facts/index.ts'

it.each([
  ['32_000', 32_000],
  ['1e-5', 1e-5],
  ['-1', -1],
  ['+3', 3],
  ['.5', 0.5],
  ['5.', 5],
  [' 12 ', 12],
])('reads the number %j', (text, value) => {
  expect(numberFromText(text)).toBe(value)
})

it.each(['', 'abc', '1_', '_1', '1__0', '0x10', '1e999', '.inf', 'NaN', '1,000', '--1', '9'.repeat(50)])(
  'does not take %j for a number',
  text => {
    expect(numberFromText(text)).toBeUndefined()
  },
)

it.each([
  ['120M', 120e6],
  ['1.2T', 1.2e12],
  ['1.1B', 1.1e9],
  ['32k', 32e3],
  ['2e12', 2e12],
  ['7', 7],
])('reads the count %j', (text, value) => {
  expect(countFromText(text)).toBe(value)
})

it.each(['M', '1MM', '7b-model', '1 000'])('does not take %j for a count', text => {
  expect(countFromText(text)).toBeUndefined()
})

it('knows the booleans of YAML 1.1', () => {
  expect(['yes', 'On', 'TRUE'].map(booleanFromText)).toEqual([true, true, true])
  expect(['no', 'Off', 'false'].map(booleanFromText)).toEqual([false, false, false])
  expect(booleanFromText('1')).toBeUndefined()
})

it('knows what says "not set"', () => {
  expect(['', 'null', 'None', '???', 'auto', '-1', '~'].every(isUnsetText)).toBe(true)
  expect(['0', 'false', '1'].some(isUnsetText)).toBe(false)
})
