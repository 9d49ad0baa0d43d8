import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { policyJsonSchema } from '../../src/resolve/index.ts'

const published: unknown = JSON.parse(readFileSync('schema/policy.schema.json', 'utf8'))

describe('the published schema', () => {
  it('is what reads policies: run `node scripts/schema.ts` after a change', () => {
    expect(published).toEqual(JSON.parse(JSON.stringify(policyJsonSchema())))
  })

  it('accepts a policy and refuses unknown keys, for editors that complete from it', () => {
    const validate = new Ajv2020({ strict: false }).compile(published as object)
    expect(
      validate({ version: 1, rules: [{ name: 'a', max: '120k' }], configs: [{ path: 'a', facts: { seq_len: 8 } }] }),
    ).toBe(true)
    expect(validate({ version: 1, rule: [] })).toBe(false)
    expect(validate({ rules: [] })).toBe(false)
    expect(validate({ version: 1, configs: [{ path: 'a', facts: { seqlen: 8 } }] })).toBe(false)
  })
})
