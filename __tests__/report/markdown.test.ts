import type { Advice } from '../../src/estimate/index.ts'
import { known } from '../../src/facts/index.ts'
import {
  commentMarker,
  headline,
  renderHtml,
  renderJson,
  renderMarkdown,
  renderSummary,
  renderText,
  type Report,
} from '../../src/report/index.ts'
import { at, band, comparison, estimate, missing, outcome, report, rule, share, verdict } from './reports.ts'
import { SITUATIONS } from './situations.ts'

const situation = (name: string): Report => SITUATIONS.get(name)!()

/** `+$98,300` → 98300, `−$53` → −53; NaN for anything else. */
const dollars = (text: string) => Number(text.replace('−', '-').replace(/[$+,*]/g, ''))

interface Table {
  readonly heading: string[]
  readonly rows: string[][]
}

function tablesOf(markdown: string): Table[] {
  const blocks = markdown.split('\n\n').filter(block => block.startsWith('| '))
  return blocks.map(block => {
    const [heading, , ...rows] = block.split('\n').map(line => line.slice(2, -2).split(' | '))
    return { heading: heading!, rows }
  })
}

const changeOf = (cell: string) => dollars(/^\**([+−]?\$[\d,.]+)/.exec(cell)?.[1] ?? 'none')

const advised = (code: Advice['code'], usd: number | null, fact: Advice['fact'], line: number): Advice => ({
  code,
  message: `It is ${code}.`,
  usd,
  fact,
  at: at('configs/pretrain/7b.yaml', line),
})
const ADVICE = [
  advised('padding', 900, 'packing', 1),
  advised('does-not-fit', 99_000, 'microBatch', 2),
  advised('traffic', 12_345, 'globalBatch', 3),
  advised('repeated-data', null, 'epochs', 4),
  advised('attention-dominates', 5000, 'seqLen', 5),
]

describe('a run of which nothing is known, and that no rule judges', () => {
  const lack = (fact: string) => missing(fact, 'no profile is named', 'name a profile')
  const unknown = ['accelerators', 'accelerator', 'price'].map(lack)
  const side = { unknown }
  const change = comparison({
    path: 'configs/7b.yaml',
    base: side,
    head: side,
    alternatives: [estimate({ path: 'configs/7b.yaml', unknown })],
  })
  const markdown = renderMarkdown(report({ comparisons: [change], verdict: verdict('pass', { unknown: 1 }) }))

  it('asks once for what one step supplies', () => {
    expect(markdown).toContain(
      ' <code>accelerators</code>, <code>accelerator</code> and <code>price</code> of <code>configs/7b.yaml</code>: no profile is named. To supply it: name a profile.',
    )
    expect(markdown.match(/To supply it/g)).toHaveLength(1)
  })

  it('is not shown on other hardware, where nothing is known either', () => {
    expect(markdown).not.toContain('other hardware')
  })

  it('bears no mark of approval', () => {
    expect(markdown).toContain('### ⚠️ Training cost')
    expect(markdown).not.toContain('✅')
  })
})

describe('what could be had for less', () => {
  const { comparisons, verdict: fine } = situation('up')
  const withAdvice = report({ comparisons: [{ ...comparisons[0]!, advice: ADVICE }], verdict: fine })
  const found = (text: string) => [...text.matchAll(/It is ([a-z-]+)\./g)].map(([, code]) => code)
  const most = ['traffic', 'attention-dominates', 'padding']

  it('is told under the fold, at most three, the dearest first, with the line and what is at stake', () => {
    const markdown = renderMarkdown(withAdvice)
    const [, fold] =
      /<summary>What the numbers stand on, and what could be had for less<\/summary>([\s\S]*?)<\/details>/.exec(
        markdown,
      ) ?? []
    expect(found(fold!)).toEqual(most)
    expect(found(markdown)).toEqual(most)
    expect(fold).toMatch(
      /\[<code>global_batch<\/code>\]\(\S+\/configs\/pretrain\/7b.yaml#L3\): .* At stake: \*\*\$12,300\*\*\./,
    )
  })

  it('is told in the terminal and on the page as well, and all of it to machines', () => {
    expect(found(renderText(withAdvice, { columns: 100, color: false }))).toEqual(most)
    expect(found(renderHtml(withAdvice))).toEqual(most)
    const [config] = JSON.parse(renderJson(withAdvice)).configs
    expect(config.advice).toHaveLength(5)
    expect(config.advice[0]).toEqual({
      code: 'padding',
      message: 'It is padding.',
      fact: 'packing',
      path: 'configs/pretrain/7b.yaml',
      line: 1,
      usd: 900,
    })
  })

  it('is nothing for a config that this change leaves as it is', () => {
    const still = { ...comparisons[0]!, status: 'unchanged' as const, advice: ADVICE }
    expect(found(renderMarkdown(report({ comparisons: [still], verdict: fine })))).toEqual([])
  })
})

describe('the comment', () => {
  it.each([...SITUATIONS.keys()])('starts with its marker, its state and the verdict: %s', name => {
    const [marker, state, headlineLine] = renderMarkdown(situation(name)).split('\n')
    expect(marker).toBe(commentMarker('default'))
    expect(JSON.parse(state!.replace('<!-- traincost:state ', '').replace(' -->', ''))).toMatchObject({ v: 1 })
    expect(headlineLine).toMatch(/^### (✅|⚠️|❌) Training (cost|compute|time) \*\*/)
  })

  it.each([...SITUATIONS.keys()])('keeps within what GitHub takes: %s', name => {
    const markdown = renderMarkdown(situation(name))
    expect(markdown.length).toBeLessThanOrEqual(60_000)
    expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(200_000)
    expect(Buffer.byteLength(renderSummary(situation(name)))).toBeLessThanOrEqual(900 * 1024)
  })

  it.each([
    'up',
    'down',
    'new',
    'removed',
    'unknown',
    'went-dark',
    'out-of-memory',
    'ratchet',
    'price-only',
    'policy-edited',
    'no-profile',
  ])('of one config takes at most 40 lines, folds included: %s', name => {
    expect(renderMarkdown(situation(name)).trimEnd().split('\n').length).toBeLessThanOrEqual(40)
  })

  it('of one config takes at most 40 lines whatever there is to say, verdict and reasons first', () => {
    const { comparisons, verdict: over } = situation('over-budget')
    const [pretrain] = comparisons
    const everything = {
      ...pretrain!,
      attribution: Array.from({ length: 12 }, (_, i) => share(`setting_${i}`, '1', '2', 9000 - i, at('a.yaml', i + 1))),
      alternatives: Array.from({ length: 9 }, () => pretrain!.alternatives[0]!),
      advice: ADVICE,
      problems: Array.from({ length: 9 }, (_, i) => ({
        code: 'x',
        severity: 'warning' as const,
        message: `note ${i}`,
      })),
    }
    const markdown = renderMarkdown(report({ comparisons: [everything], verdict: over }))
    expect(markdown.trimEnd().split('\n').length).toBeLessThanOrEqual(40)
    expect(markdown).toMatch(/^### ❌ Training cost .*: over the budget of \+25 %/m)
    expect(markdown).toContain('<code>setting_0</code>')
  })

  it('lists changes that add up to the headline', () => {
    const [configs] = tablesOf(renderMarkdown(situation('over-budget')))
    const changes = configs!.rows.map(row => changeOf(row[1]!))
    expect(changes).toEqual([98_300, -53, 1840])
    expect(changes.reduce((a, b) => a + b)).toBe(100_087)
    expect(headline(situation('over-budget'))).toContain('+$100,100')
  })

  it('explains a difference by settings that add up to all of it', () => {
    const why = tablesOf(renderMarkdown(situation('up'))).find(t => t.heading[1] === 'Setting')!
    expect(why.rows.map(row => changeOf(row[0]!))).toEqual([267_700, -169_400, 98_300])
    expect(267_700 - 169_400).toBe(98_300)
  })

  it('folds small settings into one line that keeps the sum', () => {
    const settings = Array.from({ length: 12 }, (_, i) => share(`setting_${i}`, '1', '2', 100 - i, at('a.yaml', i + 1)))
    const side = (usd: number) => ({ usd: band(usd, usd, usd), hours: band(1, 1, 1), accelerator: 'H100-SXM' })
    // 100 + 99 + … + 89 = 1134.
    const made = report({
      comparisons: [
        comparison({
          path: 'a.yaml',
          base: side(1000),
          head: side(2134),
          delta: { usd: 1134, hours: 0 },
          attribution: settings,
        }),
      ],
      verdict: verdict('pass', { delta: 1134 }),
    })
    const why = tablesOf(renderMarkdown(made)).find(t => t.heading[1] === 'Setting')!
    const shares = why.rows.map(row => changeOf(row[0]!))
    expect(shares.slice(0, -1).reduce((a, b) => a + b)).toBe(1134)
    expect(shares.at(-1)).toBe(1134)
    expect(why.rows.length).toBeLessThanOrEqual(9)
  })

  it('of 500 configs shows breaches first and keeps the sum of what it leaves out', () => {
    const markdown = renderMarkdown(situation('many-configs'))
    const [configs] = tablesOf(markdown)
    const shown = configs!.rows.slice(0, -1)
    for (const row of shown) expect(row[2]).toBe('❌ over +$479')
    // The largest of 100 + i is 599; the difference of all is 174,750.
    const sum = shown.map(row => changeOf(row[1]!)).reduce((a, b) => a + b)
    const rest = configs!.rows.at(-1)!
    expect(rest[0]).toBe(`and ${500 - shown.length} more configs`)
    expect(Math.abs(sum + changeOf(rest[1]!) - 174_750)).toBeLessThan(50)
    expect(markdown).toContain(
      '120 configs are above, most of all <code>configs/sweep/llama-3-8b/learning-rate/run-499.yaml</code>',
    )
  })

  it('still says verdict and breaches where every text is as long as it can be', () => {
    const long = (i: number) => `${'ü'.repeat(118)}${String(i).padStart(3, '0')}`
    const lacks = missing('dataset_tokens', 'é'.repeat(600), 'ø'.repeat(600))
    const comparisons = Array.from({ length: 400 }, (_, i) =>
      comparison({ path: long(i), base: { usd: band(1, 1, 1) }, head: { unknown: [lacks] } }),
    )
    const outcomes = comparisons.map(c =>
      outcome({
        rule: rule({ name: long(1), message: 'ß'.repeat(600) }),
        limitKind: 'max',
        configs: [c.path],
        limit: 1,
        actual: 2 + Number(c.path.slice(-3)),
        result: 'fail',
      }),
    )
    const made = report({ comparisons, verdict: verdict('fail', { unknown: 400 }, { outcomes }) })
    const markdown = renderMarkdown(made)
    expect(markdown.length).toBeLessThanOrEqual(60_000)
    expect(markdown).toContain('### ❌ Training cost **unknown**: over the limit of $1, 400 configs')
    expect(markdown).toContain('**Budget**')
    expect(Buffer.byteLength(renderSummary(made))).toBeLessThanOrEqual(900 * 1024)
  })

  it('never prints nothing, zero or a dash for what is unknown', () => {
    for (const name of ['unknown', 'went-dark']) {
      const [configs] = tablesOf(renderMarkdown(situation(name)))
      const [row] = configs!.rows
      expect(row![1]).toBe('unknown')
      expect(row![4]).toBe('unknown')
      expect(row![2]).toContain('needs <code>dataset_tokens</code>')
    }
  })

  it('says what is known to be dearer beside what nobody can price', () => {
    expect(headline(situation('part-unknown'))).toBe(
      'Training cost +$98,300 and one config unknown: over the budget of +25 %',
    )
  })

  it('claims no saving while a config is unknown that may take it back', () => {
    const [dark] = situation('went-dark').comparisons
    const cheaper = situation('down').comparisons
    expect(headline(report({ comparisons: [...cheaper, dark!], verdict: situation('went-dark').verdict }))).toBe(
      'Training cost unknown: dataset_tokens is missing',
    )
  })

  it('promises no way to pass where another config keeps the gate closed', () => {
    const over = situation('over-budget')
    const settings = over.waysToPass!.settings
    const shownWays = (paths: readonly string[], label = {}) =>
      /\*\*To [a-z ]+\*\*/.exec(
        renderMarkdown({
          ...over,
          waysToPass: { settings, ...label },
          verdict: {
            ...over.verdict,
            outcomes: paths.map(path => ({ ...over.verdict.outcomes[0]!, configs: [path] })),
          },
        }),
      )?.[0]
    expect(shownWays(['configs/pretrain/7b.yaml'])).toBe('**To pass**')
    expect(shownWays(['configs/pretrain/7b.yaml', 'configs/sft/chat.yaml'])).toBe('**To come closer**')
    const label = { label: { label: 'ok', minPermission: 'write', allowAuthor: false } }
    expect(shownWays(['configs/pretrain/7b.yaml', 'configs/sft/chat.yaml'], label)).toBe('**To pass**')
  })

  it('says how sure a difference is, in digits that mean something', () => {
    const { comparisons, verdict: fine } = situation('up')
    const shownBand = (low: number, high: number) => {
      const sure = { ...comparisons[0]!.delta, usdPercentBand: known(band(low, 34.25, high)) }
      const markdown = renderMarkdown(report({ comparisons: [{ ...comparisons[0]!, delta: sure }], verdict: fine }))
      return /surer than the totals([^)]*)\)/.exec(markdown)?.[1]
    }
    expect(shownBand(31, 36)).toBe(': +31 % to +36 %')
    expect(shownBand(34.251, 34.254)).toBe('')
  })

  it('says what to add where a number is missing', () => {
    expect(renderMarkdown(situation('went-dark'))).toContain(
      'To supply it: add <code>datasets&#58; &#123; our-org/corpus-v4&#58; &#123; tokens&#58; 1.2T &#125; &#125;</code>',
    )
  })

  it('counts FLOPs where there is no price, and asks for a profile', () => {
    const markdown = renderMarkdown(situation('no-profile'))
    expect(markdown).toContain('The same run on other hardware')
    expect(markdown).not.toContain('(this run)')
    expect(markdown).toContain('Training compute **+1.54e22 FLOPs (+34 %)**')
    expect(markdown).toContain('add the input profile: 64 x <code>H100-SXM</code>')
    expect(markdown).not.toContain('$0')
  })

  it('always says of when the prices are, and warns when they are old', () => {
    expect(renderMarkdown(situation('up'))).toContain('prices of 2026-11-01')
    expect(renderMarkdown(situation('up'))).not.toContain('days old')
    expect(renderMarkdown(situation('price-only'))).toContain('is 250 days old (2026-03-15)')
  })

  it('names old prices in the headline only where a price 25 % off would turn the result', () => {
    // 41,000 of 50,000: a quarter more is 51,250.
    expect(headline(situation('price-only'))).toContain('(at prices of 2026-03-15)')
    const old = { ...situation('down'), prices: { date: '2026-03-15', source: 'x' } }
    expect(headline(old)).not.toContain('2026-03-15')
  })

  it('shows the digits that decide', () => {
    const made = { ...situation('up') }
    const [outcomeOf] = made.verdict.outcomes
    const close: Report = {
      ...made,
      verdict: {
        ...made.verdict,
        conclusion: 'fail',
        outcomes: [{ ...outcomeOf!, limit: 25, actual: 25.004, result: 'fail' }],
      },
    }
    expect(renderMarkdown(close)).toContain(
      'allows at most +25 % for one changed config; <code>configs/pretrain/7b.yaml</code> is at **+25.004 %**',
    )
  })

  it('leaves details out where they are not wanted', () => {
    expect(renderMarkdown({ ...situation('up'), details: 'none' })).not.toContain('<details>')
    const changed = tablesOf(renderMarkdown({ ...situation('up'), details: 'changed' })).find(
      t => t.heading[0] === 'Fact',
    )!
    expect(changed.rows.map(row => row[0])).toContain('<code>seq_len</code>')
    expect(changed.rows.map(row => row[0])).not.toContain('<code>steps</code>')
  })

  it('has no links outside of GitHub', () => {
    expect(renderMarkdown({ ...situation('over-budget'), links: null })).not.toContain('](')
  })
})

describe('the headline', () => {
  it.each([
    ['up', 'Training cost +$98,300 (+34 %): within the budget'],
    ['down', 'Training cost −$53 (−25 %): a saving'],
    ['new', 'Training cost +$1,840: one new config, within the budget'],
    ['removed', 'Training cost −$1,840: one config removed'],
    ['unknown', 'Training cost unknown: dataset_tokens is missing'],
    ['went-dark', 'Training cost unknown: dataset_tokens is missing'],
    ['over-budget', 'Training cost +$100,100 (+35 %): over the budget of +25 %'],
    ['ratchet', 'Training cost +$98,300 (+34 %): over the limit of $287,000'],
    ['out-of-memory', 'Training cost +$98,300 (+34 %): no budget rule applies, but out of memory'],
    ['overridden', 'Training cost +$100,100 (+35 %): over the budget of +25 %, allowed by label traincost-ok-400k'],
    ['no-change', 'Training cost unchanged: no training config changed'],
    ['parse-error', 'Training cost unknown: configs/sft/chat.yaml cannot be read'],
    ['euro', 'Training cost +€1,693: one new config, within the budget'],
  ])('of the situation %s is: %s', (name, text) => {
    expect(headline(situation(name))).toBe(text)
  })
})

describe('the terminal', () => {
  const ansi = '\u001b['

  it('gets colors only where it asks for them', () => {
    expect(renderText(situation('over-budget'), { columns: 100, color: false })).not.toContain(ansi)
    expect(renderText(situation('over-budget'), { columns: 100, color: true })).toContain(`${ansi}31m`)
  })

  it('gets the same text with and without color', () => {
    for (const [, make] of SITUATIONS) {
      const plain = renderText(make(), { columns: 100, color: false })

      expect(renderText(make(), { columns: 100, color: true }).replace(/\u001b\[\d+m/g, '')).toBe(plain)
    }
  })

  it('gets columns that line up', () => {
    const lines = renderText(situation('over-budget'), { columns: 120, color: false }).split('\n')
    const start = lines.findIndex(line => line.startsWith('Config '))
    const ends = lines.slice(start, start + 4).map(line => line.search(/ {2}(Status|FAIL|pass)/))
    expect(new Set(ends).size).toBe(1)
  })

  it('gets lines that fit, where words let them', () => {
    const text = renderText(situation('up'), { columns: 90, color: false })
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(90)
  })
})
