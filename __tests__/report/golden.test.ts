import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderMarkdown, renderText } from '../../src/report/index.ts'
import { SITUATIONS } from './situations.ts'

const folder = join('__tests__', 'golden')

/** With UPDATE_GOLDENS=1 the files are written anew; their diff is what a reviewer reads. */
function expectGolden(name: string, text: string) {
  const path = join(folder, name)
  if (process.env['UPDATE_GOLDENS'] === '1') {
    mkdirSync(folder, { recursive: true })
    writeFileSync(path, text)
  }
  expect(text).toBe(readFileSync(path, 'utf8'))
}

describe.each([...SITUATIONS])('the report of the situation %s', (name, make) => {
  it('reads in Markdown as it was reviewed', () => {
    expectGolden(`${name}.md`, renderMarkdown(make()))
  })

  it('reads in a terminal as it was reviewed', () => {
    expectGolden(`${name}.txt`, renderText(make(), { columns: 100, color: false }))
  })

  it('is the same, byte for byte, when it is made again', () => {
    expect(renderMarkdown(make())).toBe(renderMarkdown(make()))
  })
})
