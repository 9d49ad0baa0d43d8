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
      .replace(/<\/?code>|<wbr>|\*\*/g, '')
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
      if (heading![0] === 'Config' && heading![1] === 'Δ cost') {
        const deltas = rows.map(row => amountIn(row[1]!))
        const [, headline] = /Training cost \*\*([^*]*)\*\*/.exec(markdown) ?? []
        const whole = amountIn(headline ?? '')
        if (whole !== undefined && deltas.every(delta => delta !== undefined)) expectSum(deltas, whole)
        for (const row of rows) {
          const [base, head, delta] = [row[3]!, row[4]!, row[1]!].map(amountIn)
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

/*
 * The fourteen situations, counted by hand: base, head, difference and its hours of each config, then the headline.
 *   the long context   385,300 − 287,000 = 98,300 · ÷ 287,000 = 34.25 % · 56,000 − 41,720 = 14,280 hours
 *                      25 % of 287,000 = 71,750 · 98,300 − 71,750 = 26,550 over it
 *   one epoch less     159 − 212 = −53 · ÷ 212 = −25 % · 23.1 − 30.8 = −7.7 hours
 *   a small model      $1,840 ÷ $6.88 an hour = 267 hours, where a whole instance of eight is $55.04
 *   all three          98,300 − 53 + 1,840 = 100,087 · ÷ (287,000 + 212) = 34.85 %
 *   another price      328,000 − 287,000 = 41,000 · ÷ 287,000 = 14.29 % · the hours stay
 *   500 of a sweep     run i costs 1,000 + 10 i dollars and 100 + i more: 500 · 100 + 499 · 500 ÷ 2 = 174,750;
 *                      ÷ (500 · 1,000 + 10 · 124,750 = 1,747,500) = 10 %; the 440 that are not listed bring
 *                      440 · 100 + 439 · 440 ÷ 2 = 140,580; those over 479 are i = 380 … 499: 120
 */
type Counted = readonly [base: string, head: string, delta: string, hours: string]
const LONGER: Counted = ['$287,000', '$385,300', '+$98,300 (+34 %)', '+14,280']
const SHORTER: Counted = ['$212', '$159', '−$53 (−25 %)', '−7.7']
const ADDED: Counted = ['–', '$1,840', '+$1,840 new', '+267']
const BY_HAND: readonly [name: string, headline: string, rows: readonly Counted[], said: string][] = [
  ['up', '✅ Training cost +$98,300 (+34 %)', [LONGER], ''],
  ['down', '✅ Training cost −$53 (−25 %)', [SHORTER], ''],
  ['new', '✅ Training cost +$1,840', [ADDED], ''],
  ['removed', '✅ Training cost −$1,840', [['$1,840', '–', '−$1,840 removed', '−267']], ''],
  ['unknown', '⚠️ Training cost unknown', [['unknown', 'unknown', 'unknown', 'unknown']], ''],
  ['went-dark', '❌ Training cost unknown', [['$212', 'unknown', 'unknown', 'unknown']], ''],
  [
    'part-unknown',
    '❌ Training cost +$98,300 and one config unknown: over the budget of +25 %',
    [LONGER, ['$212', 'unknown', 'unknown', 'unknown']],
    'The other one: +$98,300',
  ],
  ['locked', '❌ Training cost −$53 (−25 %): a locked fact changed', [SHORTER], 'epochs is locked'],
  ['out-of-memory', '⚠️ Training cost +$98,300 (+34 %)', [LONGER], '96 of 80 GiB'],
  ['over-budget', '❌ Training cost +$100,100 (+35 %)', [LONGER, SHORTER, ADDED], 'has to come down by $26,550'],
  ['ratchet', '❌ Training cost +$98,300 (+34 %): over the limit of $287,000', [LONGER], ''],
  ['overridden', '⚠️ Training cost +$100,100 (+35 %)', [LONGER, SHORTER, ADDED], 'allowed by label'],
  [
    'many-configs',
    '❌ Training cost +$174,800 (+10 %): over the budget of +$479, 120 configs',
    [],
    '440 more configs | +$140,600 |  |  |',
  ],
  ['price-only', '✅ Training cost +$41,000 (+14 %)', [['$287,000', '$328,000', '+$41,000 (+14 %)', '0']], ''],
  [
    'policy-edited',
    '❌ Training cost +$98,300 (+34 %): over the budget of +25 %',
    [LONGER],
    'The budget ends at +$71,750',
  ],
  ['fork', '✅ Training cost +$1,840', [ADDED], ''],
]

describe.each(BY_HAND)('the report of %s', (name, headline, rows, said) => {
  it('says what was counted by hand', () => {
    const markdown = renderMarkdown(SITUATIONS.get(name)!())
    const plain = markdown.replace(/\*\*|<\/?code>/g, '')
    expect(plain).toContain('### '.concat(headline))
    expect(plain).toContain(said)
    const [configs] = tablesOf(markdown)
    expect(configs![0]![0]).toBe('Config')
    const found = configs!.slice(2).map(([, delta, , ...sides]) => [...sides.slice(0, 2), delta!, ...sides.slice(2)])
    if (rows.length > 0) expect(found).toEqual(rows)
    for (const [base, head, delta] of rows.length > 0 ? [] : found.slice(0, -1))
      expectSum([amountIn(head!)!, -amountIn(base!)!], amountIn(delta!)!)
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
        '  Δ cost        +$98,300 (+34 %)',
        '  Status        FAIL over +25 %',
        '  Base          $287,000',
        '  Head          $385,300',
        '  Δ H100-hours  +14,280',
      ].join('\n'),
    )
  })

  it('of 80 columns lets a path go on behind a slash, and cuts none', () => {
    const text = renderText(SITUATIONS.get('over-budget')!(), { columns: 80, color: false })
    expect(text).toMatch(/^configs\/ +\+\$98,300 .*\n(?:pretrain\/.*\n)?(?:pretrain\/)?7b\.yaml/m)
    expect(text).not.toContain('…/')
    expect(text).not.toMatch(/con…/)
  })

  it('of any width shows other hardware for the config that matters most, and no more', () => {
    const { comparisons, verdict: over } = SITUATIONS.get('over-budget')!()
    const [first, ...others] = comparisons
    const all = [first!, ...others.map(c => ({ ...c, alternatives: first!.alternatives }))]
    const text = renderText(report({ comparisons: all, verdict: over }), { columns: 200, color: false })
    expect(text.match(/on other hardware/g)).toHaveLength(1)
    expect(text).toContain('configs/pretrain/7b.yaml on other hardware')
  })

  it('colors the mark of each line, and nothing without being asked', () => {
    const made = SITUATIONS.get('over-budget')!()
    expect(renderText(made, { columns: 100, color: true })).toContain('  \u001b[31mFAIL\u001b[0m pretrain allows')
    expect(renderText(made, { columns: 100, color: false })).not.toContain('\u001b')
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
