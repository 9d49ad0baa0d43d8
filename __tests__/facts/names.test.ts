import fc from 'fast-check'
import { FACTS, FACT_NAMES, factNamed } from '../../src/facts/index.ts'

it('finds every fact by its published name, and no other', () => {
  for (const name of FACT_NAMES) expect(factNamed(FACTS[name].name)).toBe(name)
  expect(factNamed('lora_rank')).toBe('loraRank')
  for (const stranger of ['numKvHeads', '__proto__', 'constructor', 'toString', ''])
    expect(factNamed(stranger)).toBeUndefined()
})

it.each([
  ['steps', 250_000, 250_000],
  ['steps', '32_000', 32_000],
  ['datasetTokens', '1.2T', 1.2e12],
  ['datasetTokens', '120M', 120e6],
  ['datasetTokens', '3e11', 3e11],
  ['epochs', 0.5, 0.5],
  ['gated', 'yes', true],
  ['dataset', 'c4', ['c4']],
  [
    'mla',
    { q_rank: null, kv_rank: 512, nope: 128, rope: 64, v: 128 },
    { qRank: null, kvRank: 512, nope: 128, rope: 64, v: 128 },
  ],
  ['layerWindows', { pattern: [128, null] }, { pattern: [128, null] }],
  [
    'attention',
    { kind: 'lsh', rounds: 4, chunk: 64, buckets: 128 },
    { kind: 'lsh', rounds: 4, chunk: 64, buckets: 128 },
  ],
  ['attention', { kind: 'linear' }, { kind: 'linear' }],
] as const)('reads %s from %j', (name, plain, value) => {
  expect(FACTS[name].read(plain)).toEqual(value)
})

it.each([
  ['steps', 1e309],
  ['steps', -5],
  ['steps', 0],
  ['steps', 2.5],
  ['steps', Number.NaN],
  ['steps', '0x10'],
  ['seqLen', '.inf'],
  ['totalTokens', 1e19],
  ['numHeads', true],
  ['gated', 1],
  ['precision', 'int3'],
  ['dataset', []],
  ['mla', { kv_rank: 512 }],
  ['mla', { q_rank: 1, kv_rank: 1, nope: 1, rope: 1, v: 1, __proto__x: 1 }],
  ['ssm', { version: 3, d_inner: 1, state: 1, conv: 1 }],
  ['attention', { kind: 'magic' }],
  ['attention', { kind: 'linear', rounds: 1 }],
] as const)('refuses %s: %j', (name, plain) => {
  expect(FACTS[name].read(plain)).toBeUndefined()
})

it('never throws and never lets a number through that is not finite', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...FACT_NAMES),
      fc.anything({ withBigInt: true, withNullPrototype: true }),
      (name, plain) => {
        const value: unknown = FACTS[name].read(plain)
        if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true)
      },
    ),
    { numRuns: 2000 },
  )
})
