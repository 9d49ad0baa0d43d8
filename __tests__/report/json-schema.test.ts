import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { known, unknown } from '../../src/facts/index.ts'
import { JSON_SCHEMAS, renderEstimates, renderHistory, renderJson, type History } from '../../src/report/index.ts'
import { at, band, comparison, estimate, missing, report, share, verdict } from './reports.ts'
import { SITUATIONS } from './situations.ts'

const ajv = new Ajv2020({ strict: true, allErrors: true })
const published = (name: string) => JSON.parse(readFileSync(`schema/${name}.schema.json`, 'utf8')) as object
const [forReport, forEstimates, forHistory] = ['report', 'estimates', 'history'].map(n => ajv.compile(published(n)))

function expectValid(validate: typeof forReport, text: string) {
  validate!(JSON.parse(text))
  expect(validate!.errors ?? []).toEqual([])
}

it.each(Object.keys(JSON_SCHEMAS))(
  'the schema of %s is the published one: run `npm run schema` after a change',
  name => {
    expect(published(name)).toEqual(JSON.parse(JSON.stringify(JSON_SCHEMAS[name as keyof typeof JSON_SCHEMAS])))
  },
)

it.each([...SITUATIONS])('the report of %s is what its schema promises', (_, make) => {
  expectValid(forReport, renderJson(make()))
})

const PATH = 'a.yaml'

it('a report with advice and problems of the run is too, and the problems are there to be read', () => {
  const side = { usd: band(1, 2, 3), facts: { seqLen: known(4096, at(PATH, 3)) } }
  const made = report({
    comparisons: [
      {
        ...comparison({
          path: PATH,
          base: side,
          head: side,
          delta: { usd: 1 },
          attribution: [share('seq_len', '1', '2', 1)],
        }),
        advice: [{ code: 'padding', message: 'It pads.', usd: null, fact: 'packing' }],
      },
    ],
    verdict: verdict('pass', { delta: 1 }),
    problems: [
      { code: 'not-covered', severity: 'warning', message: 'b.yaml is not covered', at: { path: 'b.yaml' } },
      { code: 'not-covered', severity: 'warning', message: 'b.yaml is not covered', at: { path: 'b.yaml' } },
    ],
  })
  const text = renderJson(made)
  expectValid(forReport, text)
  expect(JSON.parse(text).problems).toEqual([
    { code: 'not-covered', message: 'b.yaml is not covered', path: 'b.yaml', line: null },
  ])
})

const lacks = missing('dataset_tokens', 'nothing says it', 'add it')

it('estimates are, with and without numbers', () => {
  const bare = estimate({ path: 'b.yaml', unknown: [lacks] })
  expectValid(forEstimates, renderEstimates([estimate({ path: PATH, usd: band(1, 2, 3), tokens: 1e9 }), bare], 'json'))
})

it('a history is, with versions that are unknown or gone', () => {
  const commit = { commit: 'a'.repeat(40), date: '2026-01-01', subject: 's', path: PATH, changed: [] }
  const numbers = estimate({ path: PATH, usd: band(1, 2, 3), unknown: [lacks] })
  const made: History = {
    path: PATH,
    isCut: false,
    newest: numbers,
    versions: [
      { ...commit, numbers },
      {
        ...commit,
        numbers: { ...numbers, usd: unknown(lacks) },
        changed: [{ name: 'optimizer', from: undefined, to: known('adamw') }],
      },
      { ...commit, numbers: null, why: 'removed' },
    ],
  }
  const options = { columns: 100, color: false, currency: { code: 'USD', perUsd: 1, date: '' } }
  const text = renderHistory([made], 'json', options)
  expectValid(forHistory, text)
  expect(JSON.parse(text).histories[0].versions[1].changed[0]).toEqual({ fact: 'optimizer', from: null, to: 'adamw' })
})

it('a key that nobody promised is refused', () => {
  const made = JSON.parse(renderJson(SITUATIONS.get('up')!()))
  expect(forReport!({ ...made, more: 1 })).toBe(false)
  expect(forReport!({ ...made, problems: undefined })).toBe(false)
})
