import { jest } from '@jest/globals'
import { absent, combine, derived, firstGiven, isAbsent, known, orDefault, unknown } from '../../src/facts/index.ts'
import type { Missing, Origin } from '../../src/facts/index.ts'

const line: Origin = { kind: 'config', path: 'a.yaml', line: 3, column: 1 }
const other: Origin = { kind: 'registry', source: 'gpt2' }
const malformed: Missing = { fact: 'steps', why: 'steps is "many"', remedy: 'write a whole number', absent: false }

describe('combine', () => {
  it('computes from known facts and keeps every origin once', () => {
    const sum = combine({ a: known(2, line), b: known(3, line, other) }, ({ a, b }) => a + b)
    expect(sum).toEqual({ known: true, value: 5, origins: [line, other] })
  })

  it('is unknown when one input is, and lacks all that they lack, once', () => {
    const sum = combine({ a: unknown(malformed), b: absent('seq_len'), c: unknown(malformed) }, () => 1)
    expect(sum.known).toBe(false)
    expect(!sum.known && sum.missing.map(m => m.fact)).toEqual(['steps', 'seq_len'])
  })

  it('keeps the order in which origins were first met, however lists overlap', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((source): Origin => ({ kind: 'registry', source }))
    const sum = combine({ x: known(1, b!, a!), y: known(2, a!, c!, b!), z: known(3, d!, c!, a!) }, () => 0)
    expect(sum.known && sum.origins).toEqual([b, a, c, d])
  })

  it('shares the list of origins where nothing is added, instead of copying it', () => {
    const many = known(1, line, other)
    const sum = combine({ many, one: known(2, other), none: known(3), again: many }, () => 0)
    expect(sum.known && sum.origins).toBe(many.origins)
  })

  it('never computes from an unknown', () => {
    const compute = jest.fn(() => 1)
    combine({ a: absent('steps') }, compute)
    expect(compute).not.toHaveBeenCalled()
  })
})

describe('orDefault', () => {
  it('fills what nobody mentioned, and cites the default', () => {
    expect(orDefault(absent('epochs'), 3, 'training_args.py@v4')).toEqual(
      known(3, { kind: 'default', source: 'training_args.py@v4' }),
    )
  })

  it('leaves a malformed value unknown: it is not "absent"', () => {
    expect(orDefault<number>(unknown(malformed), 3, 'training_args.py@v4').known).toBe(false)
  })

  it('leaves a given value as it is', () => {
    expect(orDefault(known(1, line), 3, 'x')).toEqual(known(1, line))
  })
})

it('takes the first source that says anything, also when what it says is malformed', () => {
  expect(firstGiven(absent('steps'), known(5, line))).toEqual(known(5, line))
  expect(firstGiven<number>(absent('steps'), unknown(malformed), known(5, line)).known).toBe(false)
  expect(isAbsent(firstGiven(absent('steps'), absent('steps')))).toBe(true)
})

it('puts the formula in front of the origins of a derived value', () => {
  const fact = derived(known(8, line), 'hidden_size ÷ num_heads')
  expect(fact.known && fact.origins).toEqual([{ kind: 'derived', source: 'hidden_size ÷ num_heads' }, line])
})
