/** A real browser for what only one can say. Where there is none, the tests that need it are left out, by name. */
import { existsSync } from 'node:fs'
import { chromium, type Browser, type Page } from 'playwright-core'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

export const describeInBrowser = existsSync(executablePath) ? describe : describe.skip

export const launched = (): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  })

export interface Visit {
  readonly page: Page
  /** Everything that the page said on its console or threw. */
  readonly said: readonly string[]
  /** Every address that it asked for. */
  readonly asked: readonly string[]
  readonly close: () => Promise<void>
}

export async function visited(browser: Browser, html: string, options: object = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  const said: string[] = []
  const asked: string[] = []
  page.on('console', message => said.push(message.text()))
  page.on('pageerror', error => said.push(error.message))
  page.on('dialog', dialog => {
    said.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', request => asked.push(request.url()))
  await page.setContent(html, { waitUntil: 'load' })
  return { page, said, asked, close: () => context.close() }
}
