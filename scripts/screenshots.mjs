/**
 * Pictures of what readers see, taken in a real browser (CHROMIUM=/usr/bin/chromium).
 *
 *   node scripts/screenshots.mjs              docs/images: the example pull request's comment, and its HTML report
 *   node scripts/screenshots.mjs --goldens [NAME…]
 *                                             screenshots/: goldens as GitHub would show them, light and dark, on a phone
 *                                             and on a desk
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Marked } from 'marked'
import { chromium } from 'playwright-core'

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

/** What the command line prints for the example, as a reader of this repository can repeat it. */
function exampleReport(format) {
  const folders = ['base', 'head'].map(side => join(root, 'examples/pull-request', side))
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'dist/cli/index.js'), 'diff', '--dirs', ...folders, '--format', format],
    { encoding: 'utf8' },
  )
  if (stdout === '') throw new Error(`the example gives no ${format}: ${stderr}`)
  return stdout
}

const MOST_BYTES = 300_000

async function docsImages(browser) {
  const output = join(root, 'docs/images')
  mkdirSync(output, { recursive: true })
  const markdown = exampleReport('markdown')
  const shots = [
    ['comment.png', 'light', page(markdown, 'light'), 1000],
    ['comment-dark.png', 'dark', page(markdown, 'dark'), 1000],
    ['report.png', 'light', exampleReport('html'), 1100],
  ]
  for (const [name, colorScheme, html, width] of shots) {
    const context = await browser.newContext({
      viewport: { width, height: name === 'report.png' ? 1400 : 300 },
      colorScheme,
    })
    const tab = await context.newPage()
    await tab.setContent(html)
    const path = join(output, name)
    await tab.screenshot({ path, fullPage: name !== 'report.png' })
    await context.close()
    const { size } = statSync(path)
    if (size > MOST_BYTES) throw new Error(`${name} has ${size} bytes, more than ${MOST_BYTES}`)
    console.log(`docs/images/${name}, ${size} bytes`)
  }
}

async function goldenPictures(browser, wanted) {
  const output = join(root, 'screenshots')
  mkdirSync(output, { recursive: true })
  const names = readdirSync(goldens)
    .filter(file => file.endsWith('.md'))
    .map(file => file.slice(0, -3))
    .filter(name => wanted.length === 0 || wanted.includes(name))
  for (const theme of ['light', 'dark'])
    for (const width of [360, 1280]) {
      const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: theme })
      const tab = await context.newPage()
      for (const name of names) {
        await tab.setContent(page(readFileSync(join(goldens, `${name}.md`), 'utf8'), theme))
        await tab.screenshot({ path: join(output, `${name}-${theme}-${width}.png`), fullPage: name !== 'many-configs' })
      }
      await context.close()
    }
  console.log(`${names.length * 4} pictures in ${output}`)
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
  if (mode === '--goldens') await goldenPictures(browser, wanted)
  else await docsImages(browser)
} finally {
  await browser.close()
}
