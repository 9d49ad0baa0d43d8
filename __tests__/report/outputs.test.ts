import { headline, outputs, renderMarkdown } from '../../src/report/index.ts'
import { report, verdict } from './reports.ts'

test('where nothing could be judged, no output is a number and no sentence says that nothing changed', () => {
  const problems = [
    { code: 'a-warning', severity: 'warning', message: 'first' } as const,
    {
      code: 'policy-unknown-key',
      severity: 'error',
      message: 'no key',
      at: { path: 'p.yml', line: 2, column: 1 },
    } as const,
  ]
  const broken = report({ verdict: verdict('error', {}, { problems }) })
  const given = Object.fromEntries(outputs(broken))
  for (const name of ['cost-base', 'cost-head', 'cost-delta', 'cost-delta-percent', 'changed-count', 'unknown-count'])
    expect([name, given[name]]).toEqual([name, 'unknown'])
  for (const name of ['accelerator-hours-base', 'accelerator-hours-delta', 'flops-base', 'flops-head'])
    expect([name, given[name]]).toEqual([name, 'unknown'])
  expect(headline(broken)).toContain('unknown: an error in p.yml')
  expect(renderMarkdown(broken)).not.toMatch(/unchanged|No training config/)
})
