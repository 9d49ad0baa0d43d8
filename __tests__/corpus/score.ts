import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { estimate } from '../../src/estimate/index.ts'
import { FACTS, type FactName, type RunFacts } from '../../src/facts/index.ts'
import { parse } from '../../src/parse/index.ts'
import { recognize, type Recognized } from '../../src/recognize/index.ts'
import { emptyPolicy, resolveRun } from '../../src/resolve/index.ts'

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

/** What became of the files of one framework. Facts are counted over all labels; the other numbers count files. */
export interface Row {
  files: number
  /** Taken for the right framework; the fallback does not count. */
  recognized: number
  right: number
  wrong: number
  missing: number
  /** Said by the file, as we read it, while the label says that the file does not. */
  invented: number
  /** Describe a run; the others are fragments, a model or a launch alone. */
  runs: number
  flopsKnown: number
  priced: number
  /** Without a wrong, missing or invented fact. */
  readRight: number
  warned: number
}

const NOTHING: Row = {
  files: 0,
  recognized: 0,
  right: 0,
  wrong: 0,
  missing: 0,
  invented: 0,
  runs: 0,
  flopsKnown: 0,
  priced: 0,
  readRight: 0,
  warned: 0,
}

export interface Score {
  readonly rows: ReadonlyMap<string, Row>
  /** Everything that is not as labelled, and each warning on a file that is. */
  readonly notes: readonly string[]
}

/** Each file alone, as the labels were made: what it includes is not followed. */
export function score(corpus: string): Score {
  const manifest = JSON.parse(readFileSync(join(corpus, 'MANIFEST.json'), 'utf8')) as {
    readonly files: readonly Labelled[]
  }
  const rows = new Map<string, Row>()
  const notes: string[] = []
  for (const entry of manifest.files) {
    if (!entry.copied || entry.file === null || !entry.labelled || entry.expect === undefined) continue
    const row = rows.get(entry.framework) ?? { ...NOTHING }
    rows.set(entry.framework, row)
    const found = scoreFile(entry, entry.expect, readFileSync(join(corpus, entry.file), 'utf8'))
    // A row has these keys and no others.
    for (const name of Object.keys(row) as (keyof Row)[]) row[name] += found.row[name]
    notes.push(...found.notes.map(note => `${entry.file ?? ''}: ${note}`))
  }
  return { rows, notes }
}

function scoreFile(
  { framework, path }: Labelled,
  expect: Readonly<Record<string, unknown>>,
  text: string,
): { readonly row: Row; readonly notes: readonly string[] } {
  const row: Row = { ...NOTHING, files: 1 }
  const notes: string[] = []
  const labels = labelsOf(expect)
  const recognition = recognize(path, new Map([[path, parse(path, text)]]))
  if (recognition.is !== 'recognized') {
    row.missing = labels.size
    return { row, notes: [`${recognition.is} ${JSON.stringify(recognition).slice(0, 200)}`] }
  }
  const { config } = recognition
  if (config.framework === framework || (framework === 'trl' && config.framework === 'hf_trainer')) row.recognized = 1
  else notes.push(`taken for ${config.framework}`)
  for (const problem of config.problems)
    if (problem.severity === 'error') notes.push(`${problem.code} ${problem.message}`)
  for (const [name, label] of labels) {
    const fact: RunFacts[FactName] = config.facts[name]
    if (fact?.known !== true) {
      row.missing += 1
      const why = fact === undefined ? '' : ` (${fact.missing.map(m => m.why).join('; ')})`
      notes.push(`missing ${name} = ${JSON.stringify(label)}${why}`)
    } else if (agrees(framework, name, label, fact.value)) row.right += 1
    else {
      row.wrong += 1
      notes.push(`wrong ${name} = ${JSON.stringify(fact.value)}, label ${JSON.stringify(label)}`)
    }
  }
  for (const name of inventedIn(config, expect, labels)) {
    row.invented += 1
    notes.push(`invented ${name}`)
  }
  const { flopsKnown, priced, warnings } = pricedAlone(config)
  row.runs = Number(!config.fragment)
  row.flopsKnown = Number(flopsKnown)
  row.priced = Number(priced)
  if (row.recognized === 1 && row.wrong + row.missing + row.invented === 0) {
    row.readRight = 1
    row.warned = Number(warnings.length > 0)
    notes.push(...warnings.map(warning => `warned of ${warning}`))
  }
  return { row, notes }
}

function inventedIn(
  config: Recognized,
  expect: Readonly<Record<string, unknown>>,
  labels: ReadonlyMap<FactName, unknown>,
): readonly FactName[] {
  const lacking = Array.isArray(expect['missing']) ? (expect['missing'] as readonly string[]) : []
  return SCORED.filter(name => {
    const fact: RunFacts[FactName] = config.facts[name]
    const fromFile =
      fact?.known === true &&
      fact.origins.some(o => o.kind === 'config') &&
      fact.origins.every(o => o.kind === 'config')
    return fromFile && !labels.has(name) && lacking.includes(FACTS[name].name)
  })
}

/**
 * What someone gets who has no policy yet and names a profile: of as many accelerators as the file says, or of 64. Counts
 * the warnings of reading and of resolving; that a run does not fit into memory is a finding, not a warning of ours.
 */
function pricedAlone(config: Recognized): {
  readonly flopsKnown: boolean
  readonly priced: boolean
  readonly warnings: readonly string[]
} {
  const instance = 'aws/p5.48xlarge@us-east-1'
  const run = resolveRun({
    config,
    entry: undefined,
    runHalf: emptyPolicy,
    costHalf: emptyPolicy,
    profile: config.facts.accelerators?.known === true ? instance : `64 x ${instance}`,
    set: new Map(),
    side: 'head',
  })
  const { flops, usd } = estimate(run)
  const warnings = run.problems.filter(problem => problem.severity === 'warning').map(problem => problem.code)
  return { flopsKnown: flops.perToken.known, priced: usd.known, warnings }
}
