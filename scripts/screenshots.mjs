/**
 * Renders the Markdown goldens as GitHub would show them, in light and dark, on a phone and on a desk, into screenshots/.
 *
 *   node scripts/screenshots.mjs [NAME…]      CHROMIUM=/usr/bin/chromium
 */
import { mkdirSync, readFileSync, readdirSync } from 'node:fs'
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
const output = join(root, 'screenshots')

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

const wanted = process.argv.slice(2)
const names = readdirSync(goldens)
  .filter(file => file.endsWith('.md'))
  .map(file => file.slice(0, -3))
  .filter(name => wanted.length === 0 || wanted.includes(name))

mkdirSync(output, { recursive: true })
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
} finally {
  await browser.close()
}
console.log(`${names.length * 4} pictures in ${output}`)
