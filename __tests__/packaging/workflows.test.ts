import { readFileSync, readdirSync } from 'node:fs'
import { parse } from 'yaml'

interface Workflow {
  readonly on: Readonly<Record<string, { types?: readonly string[]; paths?: unknown } | null>>
  readonly permissions: Readonly<Record<string, string>>
  readonly concurrency?: unknown
  readonly jobs: Readonly<Record<string, { steps: readonly { uses?: string; run?: string }[] }>>
}

const names = readdirSync('examples/workflows').filter(name => name.endsWith('.yml'))
// Parsed by GitHub's own parser in scripts/check-workflows.mjs; here we look at what it cannot know.
const workflows = names.map(
  name => [name, parse(readFileSync(`examples/workflows/${name}`, 'utf8')) as Workflow] as const,
)
const gates = workflows.filter(([, workflow]) => 'merge_group' in workflow.on)

it('has a gate for one team, for inputs alone, for a matrix and for forks', () => {
  expect(gates.map(([name]) => name)).toEqual(['forks.yml', 'inputs-only.yml', 'matrix.yml', 'traincost.yml'])
})

it.each(gates)('%s reports on every pull request, and again when a label comes or goes', (_, { on }) => {
  const event = on['pull_request'] ?? on['pull_request_target']
  expect(event?.types).toEqual([
    'opened',
    'synchronize',
    'reopened',
    'ready_for_review',
    'edited',
    'labeled',
    'unlabeled',
  ])
  expect(event).not.toHaveProperty('paths')
})

it.each(gates)('%s is never cancelled half-way, which a required check would take for a failure', (_, workflow) => {
  expect(workflow).not.toHaveProperty('concurrency')
})

it.each(workflows)('%s asks for no more than it writes', (name, { permissions }) => {
  const reads = { contents: 'read' }
  const comments = { ...reads, 'pull-requests': 'write' }
  const needed = new Map<string, object>([
    ['manual.yml', reads],
    ['comment-for-forks.yml', comments],
  ])
  expect(permissions).toEqual(needed.get(name) ?? { ...comments, checks: 'write' })
})

it.each(workflows)('%s never checks out what it judges', (_, { jobs }) => {
  const uses = Object.values(jobs).flatMap(job => job.steps.map(step => step.uses ?? ''))
  expect(uses.filter(text => text.startsWith('actions/checkout'))).toEqual([])
})
