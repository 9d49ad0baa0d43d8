import fc from 'fast-check'
import { acceleratorNamed, instanceNamed, modelNamed, readInputs, readPolicy } from '../../src/resolve/index.ts'

const KEYS = [
  'version',
  'configs',
  'rules',
  'profiles',
  'models',
  'datasets',
  'lock',
  'currency',
  'report',
  '__proto__',
  'constructor',
  'x',
]

describe('untrusted bytes', () => {
  it('never crash the reading of a policy: any JSON is a policy, or malformed with problems', () => {
    const tree = fc.letrec(tie => ({
      node: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(1, -1, 1e308, 0, true, null, '', '120M', 'aws/p5.48xlarge', '*'),
        fc.string({ maxLength: 8 }),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 6 })), tie('node'), { maxKeys: 4 }),
      ),
    })).node
    const file = fc.dictionary(fc.constantFrom(...KEYS), tree, { maxKeys: 8 })
    fc.assert(
      fc.property(file, content => {
        const reading = readPolicy('p.json', JSON.stringify({ ...content, version: 1 }))
        expect(reading.is === 'policy' || (reading.is === 'malformed' && reading.problems.length > 0)).toBe(true)
      }),
      { numRuns: 300 },
    )
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('never crash the reading of a policy: nor does any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), text => {
        expect(['policy', 'malformed']).toContain(readPolicy('p.yml', text).is)
      }),
      { numRuns: 200 },
    )
  })

  it('never crash a name or an input', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), text => {
        expect(typeof acceleratorNamed(text).known).toBe('boolean')
        expect(typeof instanceNamed(text).known).toBe('boolean')
        expect(modelNamed(text)?.id ?? 'none').toBeTruthy()
        expect(
          readInputs(
            new Map([
              ['max-cost', text],
              [text, text],
              ['configs', text],
            ]),
          ).inputs.source,
        ).toBe('auto')
      }),
      { numRuns: 200 },
    )
  })
})
