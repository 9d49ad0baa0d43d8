import type { Read, FileText } from '../../src/read/index.ts'
import { axolotl, CONFIG, policy, POLICY } from '../e2e/scenario.ts'
import { judged as judgeSource } from './judged.ts'
import { memorySource, type Files } from './memory-source.ts'

const REFERENCE = 'acme/rules/traincost.yml@v1'
const LOCAL = `version: 1
extends: ${REFERENCE}
configs:
  - path: configs/**
    profile: team
    facts: { dataset_tokens: 120M }
`
const CENTRAL = `version: 1
profiles:
  team: { accelerator: A100-80GB-SXM, accelerators: 8, usd_per_accelerator_hour: 2, price_date: 2026-10-01 }
rules: [{ name: quarter, max_increase_percent: 25 }]
`

interface Given {
  readonly local?: string
  readonly central?: string
  readonly inputs?: Readonly<Record<string, string>>
  readonly epochs?: number
  readonly answer?: Read<FileText>
  readonly only?: 'this repository'
}

async function judged({ local, central = CENTRAL, inputs = {}, epochs = 3, answer, only }: Given) {
  const own: Files = local === undefined ? {} : { [POLICY]: local }
  const asked: string[] = []
  const read = answer ?? { is: 'read', value: { is: 'text', text: central, id: 'x' } }
  const { report, modes } = await judgeSource(
    memorySource({ ...own, [CONFIG]: axolotl() }, { ...own, [CONFIG]: axolotl({ epochs }) }),
    {
      rawInputs: new Map(Object.entries(inputs)),
      ...(only === undefined ? { readRemote: reference => (asked.push(reference), Promise.resolve(read)) } : {}),
    },
  )
  const messages = report.verdict.problems.filter(p => p.severity === 'error').map(p => p.message)
  return { conclusion: report.verdict.conclusion, asked, messages, onError: modes.onError }
}

describe('a policy in another repository', () => {
  it('that the local one extends brings rules and rates', async () => {
    expect(await judged({ local: LOCAL })).toMatchObject({ conclusion: 'fail', asked: [REFERENCE] })
    expect(await judged({ local: LOCAL, epochs: 1.1 })).toMatchObject({ conclusion: 'pass' })
  })

  it('that the workflow names is the policy, with no local file', async () => {
    const inputs = { 'policy-file': REFERENCE }
    expect(await judged({ central: policy(), inputs })).toMatchObject({ conclusion: 'fail', asked: [REFERENCE] })
    expect(await judged({ central: policy(), inputs, epochs: 1.1 })).toMatchObject({ conclusion: 'pass' })
  })

  it('that cannot be reached is an error that names the way, whatever on-error says', async () => {
    const problem = { code: 'github-not-found', severity: 'error', message: 'could not read it' } as const
    for (const given of [{ local: LOCAL }, { inputs: { 'policy-file': REFERENCE, 'on-error': 'warn' } }]) {
      const { conclusion, messages, onError } = await judged({ ...given, answer: { is: 'failed', problem } })
      expect([conclusion, onError]).toEqual(['error', 'fail'])
      expect(messages[0]).toMatch(/could not read it.*policy-token.*pull_request_target/)
    }
    expect(await judged({ local: LOCAL, only: 'this repository' })).toMatchObject({ conclusion: 'error' })
  })

  it('that is broken, or is loosened here, is an error', async () => {
    expect(await judged({ local: LOCAL, central: 'version: 2\n' })).toMatchObject({ conclusion: 'error' })
    const loosened = `${LOCAL}rules: [{ name: quarter, max_increase_percent: 1000 }]\n`
    expect(await judged({ local: loosened })).toMatchObject({ conclusion: 'error' })
  })
})
