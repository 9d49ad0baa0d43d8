import { join, resolve } from 'node:path'
import { fuzz, inWords, shareEstimated } from './run.ts'
import { mutated, raisedAt } from './mutate.ts'
import { randomFrom } from './random.ts'

const FIXTURES = join(resolve(import.meta.dirname, '..'), 'fixtures')
const SEED = 20_261_124
const COUNT = 3000
const BUDGET_MS = 15_000

it('no mutant of a config crashes, stalls, passes wrongly, or gets cheaper by a larger number', async () => {
  const started = performance.now()
  const tally = await fuzz(FIXTURES, SEED, COUNT, () => performance.now() - started > BUDGET_MS)
  console.info(`seed ${SEED}: ${inWords(tally)}`)
  expect(tally.violations).toEqual([])
  expect(tally.inputs).toBeGreaterThan(100)
  expect(shareEstimated(tally)).toBeGreaterThan(0.3)
}, 60_000)

it('gives the same mutants for the same seed, and others for another', () => {
  const text = 'a: 1\nb: 2\nc: 3\n'
  const of = (seed: number) => mutated(text, randomFrom(seed), [text])
  expect(of(7)).toBe(of(7))
  expect(new Set(Array.from({ length: 50 }, (_, i) => of(i))).size).toBeGreaterThan(25)
})

it.each([
  ['a: 1\nsteps: 1_000 # x\n', 2, 'a: 1\nsteps: 2000 # x\n'],
  ['  "layers2": 12,\n', 1, '  "layers2": 24,\n'],
  ['lr = 1e3\n', 1, 'lr = 2000\n'],
  ['max_duration: 2e12T\n', 1, undefined],
  ['x: -3\n', 1, undefined],
])('raises the number of a line and nothing else: %j', (text, line, expected) => {
  expect(raisedAt(text, { line }, 2)).toBe(expected)
})
