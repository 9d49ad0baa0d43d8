import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { known } from '../../src/facts/index.ts'
import { columnsOf } from '../../src/report/text.ts'
import { renderEstimates, renderMarkdown, renderText } from '../../src/report/index.ts'
import { at, band, comparison, estimate, ON_DEMAND, report, share, verdict } from './reports.ts'
import { SITUATIONS } from './situations.ts'

const folder = join('__tests__', 'golden')
const goldens = readdirSync(folder).filter(name => name.endsWith('.md'))

/** The rows of each table, cells as texts without markup. */
function tablesOf(markdown: string): string[][][] {
  const plain = (cell: string) =>
    cell
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/<\/?code>|\*\*/g, '')
      .trim()
  return [...markdown.matchAll(/(?:^\|.*\|\n?)+/gm)].map(([block]) =>
    block
      .trim()
      .split('\n')
      .map(line => line.slice(1, -1).split('|').map(plain)),
  )
}

/** `+$98,300 (+34 %)` → 98300; undefined where the cell has no amount. */
function amountIn(cell: string): number | undefined {
  const [, sign = '', digits] = /^([+−]?)[$€]([\d,]+(?:\.\d+)?)/.exec(cell) ?? []
  return digits === undefined ? undefined : Number(digits.replace(/,/g, '')) * (sign === '−' ? -1 : 1)
}

/** Half of the last digit that four significant digits show. */
const rounding = (value: number) => (value === 0 ? 0 : 0.5 * 10 ** (Math.floor(Math.log10(Math.abs(value))) - 3))

function expectSum(parts: readonly number[], whole: number) {
  const slack = [...parts, whole].reduce((sum, value) => sum + rounding(value), 0) + 1e-9
  expect(Math.abs(parts.reduce((a, b) => a + b, 0) - whole)).toBeLessThanOrEqual(slack)
}

describe.each(goldens)('the tables of %s', name => {
  const markdown = readFileSync(join(folder, name), 'utf8')
  const tables = tablesOf(markdown)

  it('have as many cells in every row as in the heading', () => {
    for (const [heading, ...rows] of tables) for (const row of rows) expect(row).toHaveLength(heading!.length)
  })

  it('add up: configs to the headline, sides to the difference, settings to the whole', () => {
    for (const [heading, , ...rows] of tables) {
      if (heading![0] === 'Config' && heading![3] === 'Δ cost') {
        const deltas = rows.map(row => amountIn(row[3]!))
        const [, headline] = /Training cost \*\*([^*]*)\*\*/.exec(markdown) ?? []
        const whole = amountIn(headline ?? '')
        if (whole !== undefined && deltas.every(delta => delta !== undefined)) expectSum(deltas, whole)
        for (const row of rows) {
          const [base, head, delta] = [row[1]!, row[2]!, row[3]!].map(amountIn)
          if (base !== undefined && head !== undefined && delta !== undefined) expectSum([head, -base], delta)
        }
      }
      if (heading![1] === 'Setting') {
        const shares = rows.map(row => amountIn(row[0]!))
        const whole = shares.at(-1)
        if (whole !== undefined)
          expectSum(
            shares.slice(0, -1).map(value => value ?? NaN),
            whole,
          )
      }
    }
  })
})

const PATH = 'configs/a.yaml'

function facts(over: object) {
  const side = {
    usd: band(1, 2, 3),
    hours: band(1, 2, 3),
    accelerator: 'H100-SXM',
    tokens: 1e9,
    sixNd: 1.5,
    perToken: 3e10,
  }
  return comparison({
    path: PATH,
    base: { ...side, ...over },
    head: { ...side, ...over, usd: band(2, 4, 6) },
    delta: { usd: 2 },
  })
}

const of = (...comparisons: ReturnType<typeof comparison>[]) =>
  report({ comparisons, verdict: verdict('pass', { delta: 2 }) })

describe('the rule of thumb', () => {
  it.each([
    ['adapters', { trainable: known('lora') }],
    ['frozen layers', { trainable: known('freeze') }],
    ['a preference method', { method: known('dpo') }],
    ['an encoder–decoder', { encoder: known({ numLayers: 12 }) }],
  ])('is no check for %s, and is not held against it', (_, given) => {
    expect(renderMarkdown(of(facts({ facts: given })))).not.toMatch(/6ND|rule of thumb/)
  })

  it('is held against a run that trains every weight once forward and back', () => {
    const markdown = renderMarkdown(of(facts({ facts: { trainable: known('full'), method: known('sft') } })))
    expect(markdown).toContain('The rule of thumb 6 × parameters × tokens would be 50 % higher')
  })
})

describe('the date of the prices', () => {
  const priced = (date: string) => facts({ price: { ...ON_DEMAND, date } })

  it('is that of the price in use, not of the list that holds it', () => {
    const made = { ...of(priced('2026-07-01')), prices: { date: '2026-11-23', source: 'the list' } }
    expect(renderMarkdown(made)).toContain('prices of 2026-07-01 ·')
    expect(renderMarkdown(made)).not.toContain('2026-11-23')
  })

  it('is a span where prices are of several days, and absent where none was used', () => {
    const other = { ...priced('2026-09-01'), path: 'configs/b.yaml' }
    const instance = { ...ON_DEMAND, date: '2026-10-01', instance: 'aws/p4d.24xlarge' }
    const third = { ...facts({ price: instance }), path: 'configs/c.yaml' }
    expect(renderMarkdown(of(other, third))).toContain('prices of 2026-09-01 to 2026-10-01')
    expect(renderMarkdown(SITUATIONS.get('no-change')!())).toContain('no prices used')
  })
})

describe('the table of facts', () => {
  const registry = { kind: 'registry', source: 'org/model' } as const
  const model = {
    hiddenSize: known(4096, registry),
    bidirectional: known(false, { kind: 'assumed', source: 'not given' } as const),
    numLayers: known(32, registry),
    extras: known({ norm: 'rms' as const }, registry),
    seqLen: known(4096, at(PATH, 3)),
    totalTokens: known(1e9, { kind: 'derived', source: 'steps × global_batch × seq_len' } as const, at(PATH, 4)),
  }

  it('says in one row what one registry entry says of the model, and leaves out what goes without saying', () => {
    const rows = tablesOf(renderMarkdown(of(facts({ facts: model })))).find(([heading]) => heading![0] === 'Fact')!
    const names = rows.slice(2).map(row => row[0])
    expect(names.filter(name => name === 'the model')).toHaveLength(1)
    expect(rows.find(row => row[0] === 'the model')![1]).toBe('hidden_size 4,096 · num_layers 32')
    expect(names).toContain('seq_len')
    for (const quiet of ['extras', 'bidirectional', 'total_tokens']) expect(names).not.toContain(quiet)
    expect(rows.find(row => row[0] === 'tokens')![2]).toContain('line 4')
  })

  it('of a single estimate lists every fact', () => {
    const text = renderEstimates([estimate({ path: PATH, facts: model, tokens: 1e9 })], 'markdown')
    expect(text).toContain('extras')
    expect(text).toContain('bidirectional')
  })
})

describe('a difference that is one setting', () => {
  it('is said in a sentence instead of a table', () => {
    const one = { ...facts({}), attribution: [share('epochs', '1', '2', 2, at(PATH, 8))] }
    const markdown = renderMarkdown({ ...of(one), links: null })
    expect(markdown).toContain('**Why** <code>configs/a.yaml</code> costs more: <code>epochs</code> 1 → 2, line 8.')
  })
})

describe('the terminal', () => {
  it.each([40, 52, 60, 76, 80, 100, 120])('of %i columns gets no longer lines', columns => {
    for (const make of SITUATIONS.values())
      for (const line of renderText(make(), { columns, color: false }).split('\n'))
        // A word that is longer than the line stays whole: it is there to be copied.
        if (/\S\s+\S/.test(line)) expect(columnsOf(line)).toBeLessThanOrEqual(columns)
  })

  it('of 40 columns tells of each config below its name, and of all that the table has', () => {
    const text = renderText(SITUATIONS.get('over-budget')!(), { columns: 40, color: false })
    expect(text).toContain(
      [
        'configs/pretrain/7b.yaml',
        '  Base          $287,000',
        '  Head          $385,300',
        '  Δ cost        +$98,300 (+34 %)',
        '  Δ H100-hours  +14,280',
        '  Status        FAIL over +25 %',
      ].join('\n'),
    )
  })

  it('aligns names of wide characters by the columns that they take', () => {
    const wide = { ...facts({}), path: 'configs/\u8bad\u7ec3.yaml' }
    const lines = renderText(of(wide, { ...facts({}), path: 'configs/plain-name.yaml' }), {
      columns: 100,
      color: false,
    }).split('\n')
    const ends = lines
      .filter(line => line.startsWith('configs/'))
      .map(line => columnsOf(line.replace(/(\$\d\.\d+).*/, '$1')))
    expect(ends).toHaveLength(2)
    expect(new Set(ends).size).toBe(1)
  })

  it('loses no word of a cell that goes on over several lines', () => {
    const wide = renderText(SITUATIONS.get('over-budget')!(), { columns: 400, color: false })
    const narrow = renderText(SITUATIONS.get('over-budget')!(), { columns: 60, color: false })
    for (const word of ['within', '$10,000', '+25', 'traincost-ok-400k']) {
      expect(wide).toContain(word)
      expect(narrow).toContain(word)
    }
  })
})
