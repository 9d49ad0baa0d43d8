/**
 * Pictures of what readers see, taken in a real browser (CHROMIUM=/usr/bin/chromium).
 *
 *   node scripts/screenshots.mjs              docs/images: the example pull request's comment, and its HTML report
 *   node scripts/screenshots.mjs --all [NAME…]
 *                                             screenshots/: every golden as GitHub would show it, the example and its page,
 *                                             light and dark, on a phone (360 px) and on a desk (1,280 px)
 */
import { mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Marked } from 'marked'
import { chromium } from 'playwright-core'
import { loadTypescript } from '../bench/load-typescript.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const css = createRequire(import.meta.url).resolve('github-markdown-css/github-markdown.css')
const styles = readFileSync(join(dirname(css), 'github-markdown-light.css'), 'utf8')
const darkStyles = readFileSync(join(dirname(css), 'github-markdown-dark.css'), 'utf8')
const goldens = join(root, '__tests__', 'golden')

const marked = new Marked({ gfm: true })

/** `> [!WARNING]` as GitHub shows it; marked knows no alerts. */
function withAlerts(html) {
  return html.replace(
    /<blockquote>\s*<p>\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*/g,
    (_, kind) =>
      `<blockquote class="markdown-alert markdown-alert-${kind.toLowerCase()}"><p class="markdown-alert-title">${
        kind.charAt(0) + kind.slice(1).toLowerCase()
      }</p><p>`,
  )
}

function page(markdown, theme) {
  const dark = theme === 'dark'
  const [back, line, header, text, quiet] = dark
    ? ['#0d1117', '#3d444d', '#151b23', '#f0f6fc', '#9198a1']
    : ['#ffffff', '#d1d9e0', '#f6f8fa', '#1f2328', '#59636e']
  return `<!doctype html><meta charset="utf-8"><style>${dark ? darkStyles : styles}
body { margin: 0; background: ${back}; padding: 16px; font-family: 'Liberation Sans', sans-serif }
.box { max-width: 920px; margin: 0 auto; border: 1px solid ${line}; border-radius: 6px }
.who { background: ${header}; border-bottom: 1px solid ${line}; color: ${quiet}; font-size: 14px; padding: 8px 16px; border-radius: 6px 6px 0 0 }
.who b { color: ${text} }
.markdown-body { padding: 16px; font-size: 14px; font-family: 'Liberation Sans', sans-serif }
.markdown-body table { display: block; width: max-content; max-width: 100%; overflow: auto }
blockquote.markdown-alert { border-left-width: .25em }
.markdown-alert-warning { border-left-color: #9a6700 !important; color: inherit !important }
.markdown-alert-caution { border-left-color: #cf222e !important; color: inherit !important }
.markdown-alert-title { font-weight: 600 } .markdown-alert-warning .markdown-alert-title { color: #9a6700 }
.markdown-alert-caution .markdown-alert-title { color: #cf222e }
</style><div class="box"><div class="who"><b>github-actions</b> bot commented now</div>
<article class="markdown-body">${withAlerts(marked.parse(markdown))}</article></div>`
}

/** What the command line prints for the example, from the sources as they are. */
async function exampleReports() {
  const { runDiff } = await loadTypescript(root, 'src/diff.ts')
  const [base, head] = ['base', 'head'].map(side => join(root, 'examples/pull-request', side))
  const here = { cwd: root, columns: 100, color: false, today: '2026-11-01' }
  const flags = { base, head, dirs: true, paths: [], set: [], color: 'never', quiet: false }
  const printed = async format => {
    const { out, err } = await runDiff({ ...flags, format }, here)
    if (out === '') throw new Error(`the example gives no ${format}: ${err}`)
    return out
  }
  return { markdown: await printed('markdown'), html: await printed('html') }
}

const MOST_BYTES = 300_000

/** The comment on a desk and on a phone, and the top of the page, each by day and by night. */
async function docsImages(browser) {
  const output = join(root, 'docs/images')
  mkdirSync(output, { recursive: true })
  const { markdown, html } = await exampleReports()
  for (const colorScheme of ['light', 'dark']) {
    const comment = page(markdown, colorScheme)
    const shots = [
      [`comment-${colorScheme}.png`, comment, { width: 1000, height: 300 }, true],
      [`comment-phone-${colorScheme}.png`, comment, { width: 360, height: 780 }, false],
      [`report-${colorScheme}.png`, html, { width: 1100, height: 1300 }, false],
    ]
    for (const [name, content, viewport, fullPage] of shots) {
      const context = await browser.newContext({ viewport, colorScheme })
      const tab = await context.newPage()
      await tab.setContent(content)
      const path = join(output, name)
      await tab.screenshot({ path, fullPage })
      await context.close()
      const { size } = statSync(path)
      if (size > MOST_BYTES) throw new Error(`${name} has ${size} bytes, more than ${MOST_BYTES}`)
      console.log(`docs/images/${name}, ${size} bytes`)
    }
  }
}

/** Goldens, the example and its page, at a phone's width and a desk's. */
async function goldenPictures(browser, wanted) {
  const output = join(root, 'screenshots')
  mkdirSync(output, { recursive: true })
  const { markdown, html } = await exampleReports()
  const sources = readdirSync(goldens)
    .filter(file => file.endsWith('.md'))
    .map(file => [file.slice(0, -3), readFileSync(join(goldens, file), 'utf8')])
  const comments = [...sources, ['example', markdown]]
    .filter(([name]) => wanted.length === 0 || wanted.includes(name))
    .map(([name, text]) => [name, theme => page(text, theme)])
  const pages = wanted.length === 0 || wanted.includes('page') ? [...comments, ['page', () => html]] : comments
  for (const theme of ['light', 'dark'])
    for (const width of [360, 1280]) {
      const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: theme })
      const tab = await context.newPage()
      for (const [name, contentIn] of pages) {
        await tab.setContent(contentIn(theme))
        await tab.screenshot({ path: join(output, `${name}-${theme}-${width}.png`), fullPage: name !== 'many-configs' })
      }
      await context.close()
    }
  console.log(`${pages.length * 4} pictures in ${output}`)
}

const [mode, ...wanted] = process.argv.slice(2)
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ],
})
try {
  if (mode === '--all') await goldenPictures(browser, wanted)
  else await docsImages(browser)
} finally {
  await browser.close()
}
