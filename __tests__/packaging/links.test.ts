import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync('docs')
    .filter(name => name.endsWith('.md'))
    .map(name => join('docs', name)),
]

/** Targets of inline links and pictures, without those that leave the repository. */
function localTargets(page: string): string[] {
  const text = readFileSync(page, 'utf8').replace(/```[^]*?```/g, '')
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(match => match[1]!)
  return targets.filter(target => !/^[a-z]+:/.test(target) && !target.startsWith('#'))
}

it.each(pages)('%s links to files that exist', page => {
  const missing = localTargets(page).filter(target => !existsSync(join(dirname(page), target.split('#')[0]!)))
  expect(missing).toEqual([])
})
