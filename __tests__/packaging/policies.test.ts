import { readFileSync } from 'node:fs'
import { readPolicy } from '../../src/resolve/index.ts'

const path = '.github/traincost.yml'
const readme = readFileSync('README.md', 'utf8')
const snippets = [...readme.matchAll(/```yaml\n([^]*?)```/g)].map(match => match[1]!)
const policies = snippets.filter(snippet => snippet.startsWith('version: 1'))

it('gives a policy in the README that is valid, and gates', () => {
  expect(policies).toHaveLength(1)
  const reading = readPolicy(path, policies[0]!)
  expect(reading).toMatchObject({ is: 'policy', problems: [] })
  expect(reading.is === 'policy' && reading.policy.rules).toMatchObject([{ maxIncreasePercent: 25, action: 'fail' }])
})

it('gives keys in the README that can be added to that policy', () => {
  const more = snippets.filter(snippet => snippet.startsWith('datasets:'))
  expect(more).toHaveLength(1)
  const reading = readPolicy(path, policies[0]! + more[0]!)
  expect(reading).toMatchObject({ is: 'policy', problems: [] })
  // 1.2T is 1.2 × 10¹² tokens.
  expect(reading.is === 'policy' && reading.policy.datasets.get('our-org/corpus-v3')?.tokens).toBe(1.2e12)
})

it.each(['base', 'head'])('ships an example whose %s has a valid policy', side => {
  const text = readFileSync(`examples/pull-request/${side}/${path}`, 'utf8')
  expect(readPolicy(path, text)).toMatchObject({ is: 'policy', problems: [] })
})
