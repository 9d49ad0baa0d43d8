import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunFacts } from '../../src/facts/index.ts'
import { calibrationOf, estimate } from '../../src/estimate/index.ts'
import { parse } from '../../src/parse/index.ts'
import { recognize } from '../../src/recognize/index.ts'
import { emptyPolicy, modelNamed, resolveRun } from '../../src/resolve/index.ts'
import { PUBLISHED } from './hf-published.ts'

interface Row {
  readonly id: string
  readonly aliases?: readonly string[]
  readonly params: number | null
  readonly params_active?: number
}
const DATA = join(dirname(fileURLToPath(import.meta.url)), '../../data/models.json')
const rows = (JSON.parse(readFileSync(DATA, 'utf8')) as { readonly models: readonly Row[] }).models
const rowOf = (id: string): Row => rows.find(row => row.id.toLowerCase() === id.toLowerCase())!

function read(config: object) {
  const path = 'model/config.json'
  const recognition = recognize(path, new Map([[path, parse(path, JSON.stringify(config, null, 2))]]))
  if (recognition.is !== 'recognized') throw new Error(JSON.stringify(recognition))
  return recognition.config
}
function counted(config: object) {
  const request = { entry: undefined, runHalf: emptyPolicy, costHalf: emptyPolicy, profile: undefined, set: new Map() }
  const run = resolveRun({ ...request, config: read(config), side: 'head' })
  return estimate(run, calibrationOf(run)).parameters
}

describe('config.json of published models', () => {
  it.each(PUBLISHED)('counts every parameter of %s', (id, config) => {
    const { total } = counted(config)
    expect(total).toMatchObject({ known: true, value: rowOf(id).params })
  })
  it.each(PUBLISHED.filter(([id]) => rowOf(id).params_active !== undefined))(
    'counts the parameters that a token passes in %s',
    (id, config) => {
      expect(counted(config).active).toMatchObject({ known: true, value: rowOf(id).params_active })
    },
  )
  it.each(PUBLISHED)('describes %s as the list of known models does', (id, config) => {
    const facts: RunFacts = read(config).facts
    const listed: RunFacts = modelNamed(id)!.facts
    for (const name of ['layerWindows', 'mla', 'gated', 'moeEvery', 'firstDenseLayers', 'ffnSize'] as const) {
      const [own, known] = [facts[name], listed[name]]
      if (known?.known !== true) continue
      // A list of known models leaves out what is the same for every layer.
      expect([name, own?.known === true ? own.value : undefined]).toEqual([name, known.value])
    }
  })
  it('reads every config without an error', () => {
    for (const [, config] of PUBLISHED) expect(read(config).problems.filter(p => p.severity === 'error')).toEqual([])
  })
  it('reads at least one config of fifty families', () => {
    const types = PUBLISHED.map(([, { model_type }]) => model_type)
    expect(new Set(types).size).toBeGreaterThanOrEqual(50)
  })
})

// Gemma 3 4B leaves its heads and its table of 262,208 rows to the class: 64 rows more than the list of known models.
it('fills in the class of a config that says little', () => {
  const text = { model_type: 'gemma3_text', hidden_size: 2560, intermediate_size: 10240, num_hidden_layers: 34 }
  const config = { model_type: 'gemma3', text_config: { ...text, sliding_window: 1024 } }
  const listed = rowOf('google/gemma-3-4b-it').params!
  expect(counted(config).total).toMatchObject({ value: listed + 64 * 2560 })
})
