import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Comment, FileContent, LocalGitHub, Pull, Repository, Role } from '../github/index.ts'
import { type ActionRun, type ActionStart, runAction } from './runner.ts'

export const POLICY = '.github/traincost.yml'
export const MARKER = '<!-- traincost:v1 id='

/** Eight A100 at $2 an hour, a dataset of 120 million tokens, and at most +25 % for each config. */
export const policy = ({
  profile = 'team',
  more = '',
  accelerator = 'A100-80GB-SXM',
  price = '2',
  rules = RULES,
} = {}) =>
  `version: 1
configs:
  - path: configs/**
    profile: ${profile}
    facts: { dataset_tokens: 120M }
profiles:
  team: { accelerator: ${accelerator}, accelerators: 8${price === '' ? '' : `, usd_per_accelerator_hour: ${price}, price_date: 2026-10-01`} }
${rules}${more}`

export const RULES = `rules:
  - name: quarter
    match: [configs/**]
    max_increase_percent: 25
`

/** A full fine-tuning in the manner of axolotl: cost grows with `num_epochs`, which stands on line 5. */
export const axolotl = ({ epochs = 1, model = 'meta-llama/Meta-Llama-3-8B', seqLen = 4096 } = {}) =>
  `base_model: ${model}
datasets:
  - path: our-org/instructions
    type: alpaca
num_epochs: ${epochs}
sequence_len: ${seqLen}
sample_packing: true
micro_batch_size: 2
gradient_accumulation_steps: 4
optimizer: adamw_torch
learning_rate: 0.00002
bf16: true
gradient_checkpointing: true
`

/** A supervised fine-tuning in the manner of TRL's scripts; packing fills every sequence. */
export const trl = ({ epochs = 1 } = {}) =>
  `model_name_or_path: mistralai/Mistral-7B-v0.1
dataset_name: our-org/chats
packing: true
max_length: 2048
num_train_epochs: ${epochs}
per_device_train_batch_size: 8
gradient_accumulation_steps: 2
gradient_checkpointing: true
learning_rate: 2.0e-05
bf16: true
output_dir: out
`

/** Files of others lie beside the project where it is developed, never in it. */
const CORPUS = resolve(import.meta.dirname, '..', '..', '..', 'shared', 'corpus')

export interface TwoFrameworks {
  readonly from: string
  readonly paths: readonly [string, string]
  readonly texts: readonly [string, string]
  /** The setting of each that says how many times the data is seen, as it stands in the file. */
  readonly epochs: readonly [RegExp, RegExp]
}

/** An axolotl and a TRL config: real ones where the corpus is at hand, else our own. */
export function twoFrameworks(): TwoFrameworks {
  const epochs = [/^num_epochs: .*$/m, /^num_train_epochs: .*$/m] as const
  const paths = ['configs/axolotl/fft-8b.yaml', 'configs/trl/sft-7b.yaml'] as const
  const files = [
    join(CORPUS, 'axolotl', 'axolotl-ai-cloud__axolotl__llama-3-fft-8b.yaml'),
    join(CORPUS, 'trl', 'huggingface__alignment-handbook__zephyr-7b-beta-sft-config_full.yaml'),
  ] as const
  if (!files.every(existsSync)) return { from: 'own files', paths, texts: [axolotl(), trl()], epochs }
  return { from: 'real files', paths, texts: [readFileSync(files[0], 'utf8'), readFileSync(files[1], 'utf8')], epochs }
}

export const lineOf = (text: string, pattern: RegExp) => text.slice(0, text.search(pattern)).split('\n').length

export const ours = (pull: Pull, id = 'default'): readonly Comment[] =>
  pull.comments.filter(({ body, author }) => body.startsWith(`${MARKER}${id}`) && author === 'github-actions[bot]')

/** The rows of the Markdown table whose head begins with `Config`, as a reader sees the cells. */
export function configRows(markdown: string): readonly (readonly string[])[] {
  const lines = markdown.split('\n')
  const head = lines.findIndex(line => /^\| *Config *\|/.test(line))
  if (head < 0) return []
  const rest = lines.slice(head + 2)
  const end = rest.findIndex(line => !line.startsWith('|'))
  return rest.slice(0, end < 0 ? undefined : end).map(cells)
}

const cells = (row: string) =>
  row
    .split('|')
    .slice(1, -1)
    .map(cell => plain(cell).trim())

/** Links and code shown as their text, numeric entities as their characters. */
export const plain = (markdown: string) =>
  markdown
    .replace(/\[((?:[^\]\\]|\\.)*)\]\([^)]*\)/g, '$1')
    .replace(/<\/?(?:code|wbr|a|b|strong|em|sub|br)(?: [^>]*)?>/g, '')
    .replace(/[`*]/g, '')
    .replace(/&#(x?)([0-9a-f]+);/gi, (_, hex: string, digits: string) =>
      String.fromCodePoint(Number.parseInt(digits, hex === '' ? 10 : 16)),
    )

export type Files = Readonly<Record<string, FileContent>>

export const CONFIG = 'configs/sft.yaml'

export interface Proposal {
  readonly repository: Repository
  readonly pull: Pull
  readonly run: (more?: Partial<ActionStart>) => Promise<ActionRun>
}

/** A repository with a policy (and one config, unless `base` says otherwise), and a pull request that changes `head`. */
export function propose(
  gh: LocalGitHub,
  head: Files,
  {
    base = { [CONFIG]: axolotl() },
    rules = policy(),
    branch = 'change',
    collaborators = {},
  }: {
    base?: Files
    /** The policy file; null for none. */
    rules?: string | null
    branch?: string
    collaborators?: Readonly<Record<string, Role>>
  } = {},
): Proposal {
  const files = { 'README.md': 'Models\n', ...(rules === null ? {} : { [POLICY]: rules }), ...base }
  const repository = gh.repository({ files, collaborators })
  repository.commit({ branch, files: head })
  const pull = repository.pull({ head: branch })
  return { repository, pull, run: more => runAction({ gh, repository, pull, ...more }) }
}

/** Requests that would change something on GitHub. */
export const writes = ({ requests }: Pick<ActionRun, 'requests'>): readonly string[] =>
  requests.filter(({ method, route }) => method !== 'GET' && route !== 'POST /graphql').map(({ route }) => route)
