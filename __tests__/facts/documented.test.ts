import { readFileSync } from 'node:fs'
import { FACTS, FACT_NAMES } from '../../src/facts/index.ts'

const rows = readFileSync('docs/facts.md', 'utf8')
  .split('\n')
  .filter(line => line.startsWith('| `'))
  .map(line => line.split('|').slice(1, -1))
const quoted = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text!)
const published = FACT_NAMES.map(name => FACTS[name])

it('every fact has one row in docs/facts.md, and no row is about anything else', () => {
  expect(rows.flatMap(([names]) => quoted(names!)).sort()).toEqual(published.map(({ name }) => name).sort())
})

it('the rows name every word and key that a fact takes', () => {
  const listed = published.filter(({ expects }) => /^(?:one of|an object of) /.test(expects))
  expect(listed.length).toBeGreaterThan(8)
  for (const { name, expects } of listed) {
    const takes = rows.find(([names]) => quoted(names!).includes(name))?.[2]
    expect([name, quoted(takes!)]).toEqual([name, expects.replace(/^(?:one of|an object of) /, '').split(', ')])
  }
})
