import { estimate } from '../../src/estimate/index.ts'
import { renderEstimates } from '../../src/report/index.ts'
import { columnsOf } from '../../src/report/text.ts'
import { H100, LLAMA3_8B, PRICE, run, type Plain } from '../estimate/runs.ts'

const one = (plain: Plain) =>
  estimate(
    run(
      { ...LLAMA3_8B, seqLen: 4096, totalTokens: 1e9, accelerators: 8, ...plain },
      { accelerator: H100, price: PRICE },
    ),
  )
const rowsOf = (text: string) => text.split('\n\n')[0]!.split('\n')

describe('several configs in one estimate', () => {
  it('end in a total', () => {
    const rows = rowsOf(renderEstimates([one({}), one({ totalTokens: 2e9 })], 'text'))
    expect(rows.at(-1)).toMatch(/^Total .*3 B/)
  })

  it('have an unknown total where one of them is unknown', () => {
    const rows = rowsOf(renderEstimates([one({}), one({ totalTokens: undefined })], 'text'))
    expect(rows.at(-1)).toMatch(/^Total +unknown +unknown +unknown/)
  })

  it('have no total where there is one', () => {
    expect(renderEstimates([one({})], 'markdown')).not.toContain('Total')
  })

  it('say what can be saved, with its dollars', () => {
    const text = renderEstimates([one({ globalBatch: 4, method: 'pretrain', totalTokens: 160e9 })], 'text')
    expect(text).toMatch(
      /note A batch of 4 sequences leaves 4 of 8 data-parallel ranks without one[^]* At stake:\s+\$[\d,]+\./,
    )
  })

  it.each([40, 60, 90])('fit a terminal of %i columns', columns => {
    const currency = { code: 'USD', perUsd: 1, date: '' }
    const estimates = [one({ globalBatch: 4, method: 'pretrain', totalTokens: 160e9 }), one({ totalTokens: undefined })]
    for (const line of renderEstimates(estimates, 'text', { columns, color: false, currency }).split('\n'))
      if (/\S\s+\S/.test(line)) expect(columnsOf(line)).toBeLessThanOrEqual(columns)
  })
})
