import { axolotl, CONFIG, policy, POLICY, RULES } from '../e2e/scenario.ts'
import { judged as judgeSource } from './judged.ts'
import { memorySource, type Files } from './memory-source.ts'

const DEARER = { [CONFIG]: axolotl({ epochs: 3 }) }

async function judged(head: Files, base: Files = { [CONFIG]: axolotl(), [POLICY]: policy() }) {
  const { report } = await judgeSource(memorySource(base, head))
  const lines = report.verdict.problems.filter(problem => problem.code === 'policy-proposed')
  return { conclusion: report.verdict.conclusion, lines: lines.map(({ message }) => message), at: lines[0]?.at }
}

describe('a change that edits rates or rules', () => {
  it('is judged by the base, and told what the edited policy would say: a looser one', async () => {
    const loose = policy().replace('max_increase_percent: 25', 'max_increase_percent: 300')
    expect(await judged({ ...DEARER, [POLICY]: loose })).toEqual({
      conclusion: 'fail',
      lines: ['the edited policy would say: pass'],
      at: { path: POLICY },
    })
  })

  it('is told of a stricter one, with the rule that it would break', async () => {
    const strict = policy().replace('max_increase_percent: 25', 'max_increase_percent: 5')
    const { conclusion, lines } = await judged({ [CONFIG]: axolotl({ epochs: 1.1 }), [POLICY]: strict })
    expect(conclusion).toBe('pass')
    expect(lines).toEqual([`the edited policy would say: fail (rule quarter, ${CONFIG}: a change of +10 %, over +5 %)`])
  })

  it('is priced at the edited rates for that line, and at the present ones for the verdict', async () => {
    // $2 an hour against a limit that lies between the cost at $2 and at $600.
    const limited = policy({ rules: RULES.replace('max_increase_percent: 25', 'max: 1000') })
    const before = { [CONFIG]: axolotl({ epochs: 0.1 }), [POLICY]: limited }
    const dear = limited.replace('usd_per_accelerator_hour: 2,', 'usd_per_accelerator_hour: 600,')
    const { conclusion, lines } = await judged({ [CONFIG]: axolotl({ epochs: 0.2 }), [POLICY]: dear }, before)
    expect(conclusion).toBe('pass')
    expect(lines[0]).toMatch(/^the edited policy would say: fail \(rule quarter, .* USD, over 1,000 USD\)$/)
  })

  it('that deletes the policy is told that nothing would hold', async () => {
    expect(await judged(DEARER)).toMatchObject({
      conclusion: 'fail',
      lines: ['without the policy, which this change deletes, no limit of it would hold'],
    })
  })

  it('has no such line where the file stands as it is and another policy was given in its place', async () => {
    for (const own of [{}, { [POLICY]: policy({ profile: 'other' }) }]) {
      const source = memorySource({ [CONFIG]: axolotl(), ...own }, { ...DEARER, ...own })
      const { report } = await judgeSource(source, { policy: { path: '/etc/central.yml', text: policy() } })
      expect(report.verdict.conclusion).toBe('fail')
      expect(report.verdict.problems.map(({ code }) => code).filter(code => code.startsWith('policy'))).toEqual([])
    }
  })

  it('has no such line where only what the run is changes', async () => {
    const more = policy().replace('120M', '130M')
    expect((await judged({ [CONFIG]: axolotl(), [POLICY]: more })).lines).toEqual([])
    expect((await judged({ ...DEARER, [POLICY]: policy() })).lines).toEqual([])
  })
})
