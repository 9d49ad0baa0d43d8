import type { Estimate } from '../../src/estimate/index.ts'
import { known } from '../../src/facts/index.ts'
import { renderHistory, type History, type HistoryVersion } from '../../src/report/index.ts'
import { at, band, estimate } from './reports.ts'

const PATH = 'configs/a.yaml'
const OPTIONS = { columns: 140, color: false, currency: { code: 'USD', perUsd: 1, date: '' } }

function version(
  n: number,
  usd: number | undefined,
  seqLen = 4096,
  more: Partial<HistoryVersion> = {},
): HistoryVersion & { readonly made: Estimate | null } {
  const facts = { seqLen: known(seqLen, at(PATH, 3)) }
  const made = usd === undefined ? null : estimate({ path: PATH, facts, usd: band(usd * 0.8, usd, usd * 1.5) })
  return {
    commit: String(n).repeat(40),
    date: `2026-01-0${n}`,
    subject: `commit ${n}`,
    path: PATH,
    numbers: made,
    changed: [],
    ...more,
    made,
  }
}

const longer: Partial<HistoryVersion> = { changed: [{ name: 'seqLen', from: known(4096), to: known(8192) }] }

const history = (...versions: ReturnType<typeof version>[]): History => ({
  path: PATH,
  versions: versions.map(({ made: _made, ...told }) => told),
  newest: versions.findLast(({ made }) => made !== null)?.made ?? null,
  isCut: false,
})

describe('the history of a config', () => {
  const made = history(version(1, 100), version(2, 100), version(3, 250, 8192, longer), version(4, 240, 8192))

  it('names the commit that moved the cost most, by how much, and what it changed', () => {
    expect(renderHistory([made], 'text', OPTIONS)).toContain(
      'The largest move: +$150 (+150 %), seq_len 4,096 → 8,192, by 3333333 of 2026-01-03 (commit 3).',
    )
  })

  it('leaves out commits that moved nothing', () => {
    const text = renderHistory([made], 'text', OPTIONS)
    expect(text).toContain('4 versions, 2 changes of the cost')
    expect(text).not.toContain('commit 2')
  })

  it('says why a version has no number, and never counts one from or to it', () => {
    const broken = history(version(1, 100), version(2, undefined, 4096, { why: 'it does not parse' }), version(3, 300))
    const markdown = renderHistory([broken], 'markdown', OPTIONS)
    expect(markdown).toContain('| unknown | unknown | it does not parse |')
    expect(markdown).toContain('| $300 | unknown | before: it does not parse |')
    expect(markdown).not.toContain('The largest move')
  })

  it('gives machines every version with what it changed, and null for what is unknown', () => {
    const out = JSON.parse(
      renderHistory(
        [history(version(1, 100), version(3, 250, 8192, longer), version(2, undefined, 1, { why: 'removed' }))],
        'json',
        OPTIONS,
      ),
    )
    expect(out.version).toBe(1)
    expect(out.histories[0].path).toBe(PATH)
    expect(out.histories[0].versions).toMatchObject([
      { commit: '1'.repeat(40), date: '2026-01-01', usd: { low: 80, expected: 100, high: 150 }, changed: [] },
      { commit: '3'.repeat(40), changed: [{ fact: 'seq_len', from: 4096, to: 8192 }] },
      { commit: '2'.repeat(40), usd: null, unknown: [{ fact: 'config', why: 'removed' }] },
    ])
  })

  it('draws the cost over the commits, and holds hostile subjects as text', () => {
    const page = renderHistory(
      [history(version(1, 100, 1, { subject: '<script>alert(1)</script>' }), version(2, 200, 2))],
      'html',
      OPTIONS,
    )
    expect(page).toContain('aria-label="Cost of configs/a.yaml over 2 versions"')
    expect(page).not.toContain('<script')
    expect(page).toContain('&lt;script&gt;')
  })
})
