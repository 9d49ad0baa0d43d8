import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FACTS, type FactName, type RunFacts } from '../../src/facts/index.ts'
import { parse, type ParsedFile } from '../../src/parse/index.ts'
import { recognize } from '../../src/recognize/index.ts'

/** Real configs with labels made by hand lie beside the project where they are at hand; they are not part of it. */
const CORPUS = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/corpus')
const present = existsSync(join(CORPUS, 'MANIFEST.json'))

interface Labelled {
  readonly file: string | null
  readonly copied: boolean
  readonly labelled: boolean
  readonly framework: string
  readonly path: string
  readonly expect?: Readonly<Record<string, unknown>>
}

/** Labels whose facts have another name. */
const RENAMED: Readonly<Record<string, FactName>> = {
  model_id: 'baseModel',
  num_accelerators: 'accelerators',
  lora_rank: 'loraRank',
  moe_num_experts: 'experts',
  moe_top_k: 'expertsPerToken',
  moe_ffn_size: 'expertFfnSize',
  tokens: 'totalTokens',
  parallel_tp: 'tp',
  parallel_pp: 'pp',
  parallel_cp: 'cp',
  parallel_ep: 'ep',
}
const SCORED: readonly FactName[] = [
  'baseModel',
  'seqLen',
  'microBatch',
  'gradAccum',
  'globalBatch',
  'steps',
  'epochs',
  'totalTokens',
  'hiddenSize',
  'numLayers',
  'numHeads',
  'numKvHeads',
  'headDim',
  'ffnSize',
  'vocabSize',
  'experts',
  'expertsPerToken',
  'expertFfnSize',
  'loraRank',
  'tiedEmbeddings',
  'tp',
  'pp',
  'cp',
  'ep',
  'packing',
  'recompute',
  'zeroStage',
  'accelerators',
]

function labelsOf(expect: Readonly<Record<string, unknown>>): ReadonlyMap<FactName, unknown> {
  const labels = new Map<FactName, unknown>()
  for (const name of SCORED) {
    const external = Object.entries(RENAMED).find(
      ([, fact]) => fact === name && expect[Object.keys(RENAMED).find(k => RENAMED[k] === fact)!] !== undefined,
    )?.[0]
    const key = external ?? FACTS[name].name
    if (expect[key] !== undefined && expect[key] !== null) labels.set(name, expect[key])
  }
  // MaxText counts pairs of layers in one file; the label says both.
  if (expect['num_layers_real'] !== undefined) labels.set('numLayers', expect['num_layers_real'])
  // The table that is multiplied with, where a file gives both sizes (docs/formats.md, OLMo).
  if (expect['embedding_size'] !== undefined) labels.set('vocabSize', expect['embedding_size'])
  const sizes = expect['parallel_dp_tp_pp']
  if (Array.isArray(sizes)) {
    labels.set('tp', sizes[1])
    labels.set('pp', sizes[2])
  }
  return labels
}

/** Model ids of the frameworks' own naming, with the prefix of their registry aliases. */
const PREFIX: Readonly<Record<string, string>> = {
  torchtitan: 'torchtitan:',
  torchtune: 'torchtune:',
  litgpt: 'litgpt:',
  maxtext: 'maxtext:',
  fairseq: 'fairseq:',
}

function agrees(framework: string, name: FactName, label: unknown, value: unknown): boolean {
  if (name === 'recompute')
    return typeof label === 'boolean'
      ? (value !== 'none') === label
      : label === 'one_in_four'
        ? value === 'selective'
        : value === label
  if (name === 'baseModel') {
    const bare = String(label).replace(/^(lora|qlora)_/, '')
    return [label, bare, `${PREFIX[framework] ?? ''}${bare}`].includes(value)
  }
  // 0 pipeline stages and 1 are the same.
  if (name === 'pp' && label === 0) return value === 1
  return value === label
}

interface Row {
  files: number
  recognized: number
  right: number
  wrong: number
  missing: number
  invented: number
}

function score(): { readonly rows: ReadonlyMap<string, Row>; readonly notes: readonly string[] } {
  const manifest = JSON.parse(readFileSync(join(CORPUS, 'MANIFEST.json'), 'utf8')) as {
    readonly files: readonly Labelled[]
  }
  const rows = new Map<string, Row>()
  const notes: string[] = []
  for (const entry of manifest.files) {
    if (!entry.copied || entry.file === null || !entry.labelled || entry.expect === undefined) continue
    const row = rows.get(entry.framework) ?? { files: 0, recognized: 0, right: 0, wrong: 0, missing: 0, invented: 0 }
    rows.set(entry.framework, row)
    row.files += 1
    const files = new Map<string, ParsedFile>([
      [entry.path, parse(entry.path, readFileSync(join(CORPUS, entry.file), 'utf8'))],
    ])
    const recognition = recognize(entry.path, files)
    const labels = labelsOf(entry.expect)
    if (recognition.is !== 'recognized') {
      row.missing += labels.size
      notes.push(`${entry.file}: ${recognition.is} ${JSON.stringify(recognition).slice(0, 200)}`)
      continue
    }
    const { config } = recognition
    if (config.framework === entry.framework || (entry.framework === 'trl' && config.framework === 'hf_trainer'))
      row.recognized += 1
    else notes.push(`${entry.file}: taken for ${config.framework}`)
    for (const problem of config.problems)
      if (problem.severity === 'error') notes.push(`${entry.file}: ${problem.code} ${problem.message}`)
    for (const [name, label] of labels) {
      const fact: RunFacts[FactName] = config.facts[name]
      const said = fact?.known === true
      if (!said) {
        row.missing += 1
        notes.push(
          `${entry.file}: missing ${name} = ${JSON.stringify(label)}${fact === undefined ? '' : ` (${fact.missing.map(m => m.why).join('; ')})`}`,
        )
      } else if (agrees(entry.framework, name, label, fact.value)) row.right += 1
      else {
        row.wrong += 1
        notes.push(`${entry.file}: wrong ${name} = ${JSON.stringify(fact.value)}, label ${JSON.stringify(label)}`)
      }
    }
    const lacking = Array.isArray(entry.expect['missing']) ? (entry.expect['missing'] as readonly string[]) : []
    for (const name of SCORED) {
      const fact: RunFacts[FactName] = config.facts[name]
      const fromFile =
        fact?.known === true &&
        fact.origins.some(o => o.kind === 'config') &&
        fact.origins.every(o => o.kind === 'config')
      if (fromFile && !labels.has(name) && lacking.includes(FACTS[name].name)) {
        row.invented += 1
        notes.push(`${entry.file}: invented ${name} = ${JSON.stringify(fact.value)}`)
      }
    }
  }
  return { rows, notes }
}

;(present ? describe : describe.skip)('configs of other people, labelled by hand', () => {
  const { rows, notes } = present ? score() : { rows: new Map<string, Row>(), notes: [] }
  const sum = (pick: (row: Row) => number): number => [...rows.values()].reduce((total, row) => total + pick(row), 0)
  const labels = sum(row => row.right + row.wrong + row.missing)

  it('are recognized, and their labels found', () => {
    const lines = [...rows].map(([name, r]) =>
      [
        name.padEnd(14),
        ...[r.files, r.recognized, r.right, r.wrong, r.missing, r.invented].map(n => String(n).padStart(6)),
      ].join(''),
    )
    process.stdout.write(
      `${['framework      files recog. right wrong missing invented', ...lines, ...notes].join('\n')}\n`,
    )
    expect(sum(row => row.recognized) / sum(row => row.files)).toBeGreaterThanOrEqual(0.99)
    expect(sum(row => row.right) / labels).toBeGreaterThanOrEqual(0.97)
    expect(sum(row => row.wrong + row.invented) / labels).toBeLessThanOrEqual(0.005)
  })
})
if (!present) process.stdout.write('the corpus of labelled configs is not at hand: its suite is skipped\n')
