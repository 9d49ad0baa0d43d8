import { axolotl, CONFIG, policy, POLICY, trl } from '../e2e/scenario.ts'
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

describe('a training in a section of its own', () => {
  const under = (name: string, text: string) => `${name}:\n${text.replace(/^(?=.)/gm, '  ')}`
  const listed = (text: string) => `jobs:\n  - name: second\n    config:\n${text.replace(/^(?=.)/gm, '      ')}`
  const why = 'it holds 2 trainings, and one is priced: give each a file of its own'

  it('does not go unpriced when a cheap one comes beside it at the top', async () => {
    for (const [base, cheap] of [
      [DEAR, axolotl({ epochs: 0.1 })],
      [trl({ epochs: 9 }), trl({ epochs: 0.1 })],
      [DEAR, trl({ epochs: 0.1 })],
    ] as const)
      expect(await verdictOf(under('parameters', base), cheap + under('parameters', base))).toEqual({
        conclusion: 'fail',
        status: 'changed',
        why,
      })
  })

  it.each([
    ['train', (text: string) => under('train', text)],
    ['a section of any name', (text: string) => under('second_stage', text)],
    ['a section in a section', (text: string) => under('experiments', under('longer', text))],
    [
      'a section far down',
      (text: string) => ['a', 'b', 'c', 'd', 'e'].reduce((inner, name) => under(name, inner), text),
    ],
    ['a list of jobs', listed],
  ])('does not come without a change of price: %s', async (_, put) => {
    expect(await verdictOf(trl(), trl() + put(trl({ epochs: 9 })))).toEqual({
      conclusion: 'fail',
      status: 'changed',
      why,
    })
    expect(await verdictOf(axolotl(), axolotl() + put(DEAR))).toEqual({ conclusion: 'fail', status: 'changed', why })
  })

  it('does not come beside another section that is one', async () => {
    const both = under('parameters', axolotl()) + under('train', DEAR)
    expect(await verdictOf(under('parameters', axolotl()), both)).toEqual({
      conclusion: 'fail',
      status: 'changed',
      why,
    })
  })

  it('is the one that is priced where the file holds no other', async () => {
    const grown = (epochs: number) => `team: research\n${under('parameters', axolotl({ epochs }))}`
    expect(await verdictOf(grown(1), grown(1.1))).toEqual({ conclusion: 'pass', status: 'changed', why: undefined })
    expect(await verdictOf(grown(1), grown(9))).toEqual({ conclusion: 'fail', status: 'changed', why: undefined })
  })

  it('is no second one where what is read comes from it, or where it trains nothing', async () => {
    const anchored = (epochs: number) =>
      `common: &common\n${axolotl({ epochs }).replace(/^(?=.)/gm, '  ')}<<: *common\n`
    const evaluation = under('eval', 'model_name_or_path: gpt2\ntasks: [hellaswag]\nbatch_size: 8\n')
    const model = under('model', 'model_type: llama\nhidden_size: 4096\n')
    for (const base of [anchored(1), axolotl() + evaluation, trl() + model]) {
      const { why: reason } = await verdictOf(base, base.replace(/epochs: 1$/m, 'epochs: 1.1'))
      expect(reason).toBeUndefined()
    }
  })
})
