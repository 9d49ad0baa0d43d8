import { axolotl, CONFIG, policy, POLICY } from '../e2e/scenario.ts'
import { judged } from './judged.ts'
import { memorySource } from './memory-source.ts'

const DEAR = axolotl({ epochs: 9 })
const both = (first: string, second: string) => `${first}---\n${second}`

async function verdictOf(base: string, head: string) {
  const files = (text: string) => ({ [POLICY]: policy(), [CONFIG]: text })
  const { report } = await judged(memorySource(files(base), files(head)))
  const [comparison] = report.comparisons
  return { conclusion: report.verdict.conclusion, status: comparison?.status, why: comparison?.head?.unknown[0]?.why }
}

it('a second training behind the first does not pass with the price of the first', async () => {
  expect(await verdictOf(axolotl(), both(axolotl(), DEAR))).toEqual({
    conclusion: 'fail',
    status: 'changed',
    why: 'it holds 2 trainings, and one is priced: give each a file of its own',
  })
})

it('a second training that grows where there were two is no file without a change', async () => {
  expect(await verdictOf(both(axolotl(), axolotl()), both(axolotl(), DEAR))).toMatchObject({
    conclusion: 'warn',
    status: 'changed',
  })
})

it('a document that is no training stands beside one without harm', async () => {
  expect(await verdictOf(axolotl(), both(axolotl({ epochs: 1.1 }), 'owner: research\n'))).toMatchObject({
    conclusion: 'pass',
    status: 'changed',
  })
})

it('a training is priced again once it has a file of its own', async () => {
  expect((await verdictOf(both(axolotl(), DEAR), axolotl())).why).toBeUndefined()
})
