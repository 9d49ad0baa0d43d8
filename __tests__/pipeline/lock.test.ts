import { axolotl } from '../e2e/scenario.ts'
import { judged as judgeSource } from './judged.ts'
import { memorySource, type Files } from './memory-source.ts'

const CONFIG = 'configs/sft.yaml'
const POLICY = '.github/traincost.yml'
const FACTS =
  'traincost: 1\nbase_model: our-org/base\nseq_len: 2048\nmicro_batch: 8\ntotal_tokens: 1B\nprecision: bf16\n'

const policy = (lock: string) => `version: 1
configs:
  - path: configs/facts.yaml
    profile: team
  - path: configs/**
    profile: team
    facts: { mean_sample_tokens: 512 }
datasets:
  our-org/instructions: { tokens: 120M }
models:
  our-org/base: { like: meta-llama/Llama-2-7b-hf }
profiles:
  team: { accelerator: A100-80GB-SXM, accelerators: 8, usd_per_accelerator_hour: 2, price_date: 2026-10-01 }
lock: [${lock}]
`

/** What the lock says when the head replaces `from` by `to` in one of its files. */
async function locked(lock: string, path: string, from: string, to: string, head: Files = {}) {
  const base: Files = { [POLICY]: policy(lock), [CONFIG]: axolotl(), 'configs/facts.yaml': FACTS }
  const text = base[path] ?? ''
  if (!text.includes(from)) throw new Error(`${path} has no ${from}`)
  const { report } = await judgeSource(memorySource(base, { ...base, [path]: text.replace(from, to), ...head }))
  const rows = report.verdict.outcomes.filter(outcome => outcome.limitKind === 'lock')
  return { conclusion: report.verdict.conclusion, configs: rows.flatMap(row => row.configs) }
}

describe('a locked fact', () => {
  it.each([
    ['the config itself', 'sequence_len: 4096', 'seq_len', CONFIG, 'sequence_len: 2048', CONFIG],
    ['what follows from the config', 'micro_batch_size: 2', 'global_batch', CONFIG, 'micro_batch_size: 4', CONFIG],
    ["the policy's facts", '512', 'mean_sample_tokens', POLICY, '256', CONFIG],
    ["the policy's data sets", 'tokens: 120M', 'dataset_tokens', POLICY, 'tokens: 60M', CONFIG],
    ['a new value above the data sets', '512 }', 'dataset_tokens', POLICY, '512, dataset_tokens: 60M }', CONFIG],
    ["the policy's models", 'Llama-2-7b-hf', 'num_layers', POLICY, 'Llama-2-13b-hf', 'configs/facts.yaml'],
    ['another data set', 'our-org/instructions', 'dataset_tokens', CONFIG, 'our-org/other', CONFIG],
  ])('cannot be changed through %s', async (_, from, lock, path, to, config) => {
    expect(await locked(lock, path, from, to)).toEqual({ conclusion: 'fail', configs: [config] })
    expect((await locked('vocab_size', path, from, to)).configs).toEqual([])
  })

  it("cannot be changed through a profile's count, in any config that uses it", async () => {
    expect(await locked('accelerators', POLICY, 'accelerators: 8', 'accelerators: 4')).toEqual({
      conclusion: 'fail',
      configs: [CONFIG, 'configs/facts.yaml'],
    })
  })

  it('cannot be unlocked by the head that changes it', async () => {
    const unlocked = policy('seq_len').replace('lock: [seq_len]\n', '')
    expect(await locked('seq_len', CONFIG, 'sequence_len: 4096', 'sequence_len: 2048', { [POLICY]: unlocked })).toEqual(
      { conclusion: 'fail', configs: [CONFIG] },
    )
  })

  it('may be said by another source, as long as it says the same', async () => {
    const same = await locked('dataset_tokens', POLICY, '512 }', '512, dataset_tokens: 120M }')
    expect(same.configs).toEqual([])
  })

  it('says nothing of a config that is new', async () => {
    const added = { 'configs/new.yaml': axolotl({ seqLen: 1024 }) }
    expect((await locked('seq_len', CONFIG, 'num_epochs: 1', 'num_epochs: 1.1', added)).configs).toEqual([])
  })
})
