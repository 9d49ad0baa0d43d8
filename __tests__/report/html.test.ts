import type { Browser } from 'playwright-core'
import fc from 'fast-check'
import { renderHtml, type Report } from '../../src/report/index.ts'
import { compareRuns } from '../../src/compare/index.ts'
import { LLAMA3_8B, run } from '../estimate/runs.ts'
import { describeInBrowser, launched, visited } from './browser.ts'
import { at, band, comparison, missing, outcome, report, rule, share, verdict } from './reports.ts'
import { SITUATIONS } from './situations.ts'

const PLAN = {
  ...LLAMA3_8B,
  method: 'pretrain',
  trainable: 'full',
  seqLen: 4096,
  globalBatch: 1024,
  steps: 10_000,
  accelerators: 64,
  precision: 'bf16',
  recompute: 'none',
  packing: true,
  microBatch: 1,
  optimizer: 'adamw',
  zeroStage: 3,
} as const

/** A comparison of real runs, with every chart that there is. */
function charted(): Report {
  const compared = compareRuns({
    base: run(PLAN),
    head: run({ ...PLAN, seqLen: 8192, steps: 9000 }),
    attribute: true,
    alternatives: [run({ ...PLAN, seqLen: 8192, steps: 9000, accelerators: 32 })],
    curves: true,
  })
  return report({ comparisons: [compared], verdict: verdict('pass', { delta: 1 }) })
}

function hostile(t: string): Report {
  const made = charted()
  return {
    ...made,
    reportId: t,
    problems: [{ code: t, severity: 'error', message: t, at: { path: t, line: 3, column: 1 } }],
    waysToPass: {
      settings: [{ path: t, fact: t, from: 2, to: 1, at: at(t, 4) }],
      label: { label: t, minPermission: 'write', allowAuthor: false },
    },
    links: { repository: t, headSha: t, baseSha: t, tipSha: t, run: t, server: t },
    comparisons: [
      ...made.comparisons.map(c => ({ ...c, path: t, curves: (c.curves ?? []).map(curve => ({ ...curve, fact: t })) })),
      comparison({
        path: `${t}2`,
        base: { usd: band(1, 2, 3), hours: band(1, 2, 3), accelerator: t },
        head: { usd: band(2, 4, 6), hours: band(2, 4, 6), accelerator: t, unknown: [missing(t, t, t, at(t, 2))] },
        delta: { usd: 2, hours: 2, percent: 100 },
        attribution: [share(t, t, `${t}y`, 1, at(t, 2)), share(`${t}z`, t, undefined, 1, at(t, 2))],
      }),
    ],
    verdict: verdict(
      'fail',
      { delta: 2 },
      {
        outcomes: [
          outcome({
            rule: rule({ name: t, message: t, max: 1 }),
            limitKind: 'max',
            configs: [t],
            limit: 1,
            actual: 4,
            result: 'fail',
            why: t,
          }),
        ],
      },
    ),
  }
}

const ATTACKS = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</style><script>alert(2)</script>',
  '</title></svg><svg onload=alert(3)>',
  '<a href="javascript:alert(4)">x</a>',
  '`${alert(5)}`',
  '<iframe src="https://example.org">',
  '<link rel=stylesheet href=https://example.org/x.css>',
  '&lt;script&gt; &#0; &quot;',
  '\u202egnp.exe \u0000 \u001b[31m',
  '<!--',
  ']]>',
  '<base href=https://example.org/>',
]

/** The tags of a page, in order; text and attribute values taken out first. */
/** Without `<wbr>`, of which a path has one behind each slash. */
const tagsOf = (html: string): string[] =>
  [...html.replaceAll('/<wbr>', '/').matchAll(/<\/?([a-zA-Z!][a-zA-Z0-9-]*)/g)].map(match => match[1]!)

describe('the HTML report', () => {
  it('has the same elements whatever the names in it are', () => {
    const plain = tagsOf(renderHtml(hostile('name')))
    // Texts between backquotes become code, which is an element of ours.
    for (const attack of ATTACKS.filter(text => !text.includes('`')))
      expect(tagsOf(renderHtml(hostile(attack)))).toEqual(plain)
  })

  it('has the same elements for any name at all', () => {
    const plain = tagsOf(renderHtml(hostile('name')))
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), text => {
        fc.pre(!text.includes('`'))
        expect(tagsOf(renderHtml(hostile(text)))).toEqual(plain)
      }),
      { numRuns: 20 },
    )
  })

  it.each([...SITUATIONS.keys()])('holds no address that a browser would fetch, and no script: %s', name => {
    const html = renderHtml(SITUATIONS.get(name)!())
    expect(html).not.toMatch(/<(?:script|link|img|iframe|object|embed|video|audio|source|base)\b/i)
    expect(html).not.toMatch(/\s(?:src|srcset|on[a-z]+|style)=/i)
    expect(html).not.toMatch(/url\(|@import/i)
    expect(html).not.toMatch(/NaN|Infinity|undefined|\[object/)
  })

  it('says the verdict, every config, and what each setting brings', () => {
    const html = renderHtml(SITUATIONS.get('over-budget')!())
    expect(html).toContain('<span class="mark fail">fail</span> Training cost')
    for (const path of ['configs/pretrain/7b.yaml', 'configs/sft/chat.yaml', 'configs/ablation/tiny.yaml'])
      expect(html).toContain(`<code>${path.replaceAll('/', '/<wbr>')}</code>`)
    expect(html).toContain('What each changed setting of configs/pretrain/7b.yaml brings, adding up to +$98,300')
    expect(html).toContain('traincost-ok-400k')
  })

  it('never draws what is unknown', () => {
    const html = renderHtml(SITUATIONS.get('went-dark')!())
    expect(html).toContain('unknown')
    expect(html).not.toContain('$0')
  })

  it('of 500 configs lists all and describes the worst', () => {
    const html = renderHtml(SITUATIONS.get('many-configs')!())
    expect(html.match(/<tr>/g)!.length).toBeGreaterThan(500)
    expect(html.length).toBeLessThan(2_000_000)
  })
})

/** Contrast as WCAG 2 defines it, of a text against the first ancestor that has a background. Runs in the page. */
const CONTRASTS = `(() => {
  const channel = c => { const s = c / 255; return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4 }
  const rgb = text => text.match(/[\\d.]+/g).map(Number)
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b)
  const back = element => {
    for (let e = element; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c }
    return [255, 255, 255]
  }
  const low = []
  for (const element of document.querySelectorAll('body *:not(title)')) {
    if (![...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim() !== '')) continue
    const style = getComputedStyle(element)
    const [a, b] = [light(rgb(element.namespaceURI.endsWith('svg') ? style.fill : style.color)), light(back(element))]
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    if (ratio < 4.5) low.push(element.tagName + ' ' + element.className + ' ' + element.textContent.trim().slice(0, 40) + ' ' + ratio.toFixed(2))
  }
  return low
})()`

describeInBrowser('the HTML report in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launched()
  }, 60_000)
  afterAll(() => browser.close())

  it('asks for nothing and says nothing, whatever the names in it are', async () => {
    for (const attack of ATTACKS.slice(0, 5)) {
      const visit = await visited(browser, renderHtml(hostile(attack)))
      await visit.page.mouse.move(200, 300)
      expect({ attack, said: visit.said, asked: visit.asked }).toEqual({ attack, said: [], asked: [] })
      expect(await visit.page.locator('script, img, iframe, base, link').count()).toBe(0)
      await visit.close()
    }
  }, 120_000)

  it.each(['light', 'dark'] as const)(
    'has text of at least 4.5 : 1 against its ground: %s',
    async colorScheme => {
      for (const html of [renderHtml(charted()), renderHtml(SITUATIONS.get('over-budget')!())]) {
        const visit = await visited(browser, html, { colorScheme })
        await visit.page.locator('details').evaluateAll(all => {
          for (const each of all) each.setAttribute('open', '')
        })
        expect(await visit.page.evaluate(CONTRASTS)).toEqual([])
        await visit.close()
      }
    },
    60_000,
  )

  it('is as wide as a phone, and what is wider scrolls in its own box', async () => {
    const visit = await visited(browser, renderHtml(charted()), { viewport: { width: 360, height: 800 } })
    expect(await visit.page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    await visit.close()
  }, 60_000)

  it('opens its details by keyboard, without script', async () => {
    const visit = await visited(browser, renderHtml(charted()), { javaScriptEnabled: false })
    const first = visit.page.locator('details').first()
    await visit.page.locator('summary').first().press('Enter')
    expect(await first.getAttribute('open')).toBe('')
    await visit.close()
  }, 60_000)

  it('names its language, one heading of the first rank, each chart and each scrolling box', async () => {
    const visit = await visited(browser, renderHtml(charted()))
    const { page } = visit
    expect(await page.locator('html[lang=en]').count()).toBe(1)
    expect(await page.locator('h1').count()).toBe(1)
    expect(await page.locator('main#main').count()).toBe(1)
    const charts = await page.locator('svg').count()
    // Bands, waterfall, memory, cost by length and by batch, time by accelerators (of which cost is free), other hardware.
    expect(charts).toBe(7)
    expect(await page.locator('svg[role=img][aria-label]').count()).toBe(charts)
    const boxes = await page.locator('.scroll').count()
    expect(await page.locator('.scroll[role=region][tabindex="0"][aria-label]').count()).toBe(boxes)
    expect(await page.locator('table:not(:has(caption))').count()).toBe(0)
    await visit.close()
  }, 60_000)

  it('prints what is folded, dark on white', async () => {
    const visit = await visited(browser, renderHtml(charted()), { colorScheme: 'dark' })
    await visit.page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    expect(await visit.page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)')
    const box = await visit.page.locator('details table').first().boundingBox()
    expect(box!.height).toBeGreaterThan(20)
    expect(await visit.page.evaluate(CONTRASTS)).toEqual([])
    await visit.close()
  }, 60_000)
})
