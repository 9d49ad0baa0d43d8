import type { Entry, Node } from '../parse/index.ts'
import { ADAPTER_SECTIONS } from './frameworks/hf-adapter.ts'

/** The adapter that is trained belongs to the run although it stands beside such a section. */
export function withAdapter(section: Node, around: Node): Node {
  if (section.is !== 'map' || around.is !== 'map') return section
  const entries = new Map(section.entries)
  for (const name of ADAPTER_SECTIONS) {
    const entry = around.entries.get(name)
    if (entry?.value.is === 'map' && !entries.has(name)) entries.set(name, entry)
  }
  return entries.size === section.entries.size ? section : { ...section, entries }
}

const MODEL_NAMES = ['model_name_or_path', 'name_or_path', 'model_name', 'model_id', 'base_model', 'name']

/** The model by its name, its length and its quantization, of the sections `model` and `data` or beside them. */
export function withModel(section: Node, around: Node): Node {
  if (section.is !== 'map' || around.is !== 'map') return section
  const entries = new Map(section.entries)
  const find = (from: Node | undefined, ...names: readonly string[]): Entry | undefined =>
    from?.is === 'map'
      ? names
          .map(name => from.entries.get(name))
          .find(entry => entry?.value.is === 'scalar' && entry.value.value !== null)
      : undefined
  const model = around.entries.get('model')?.value
  const data = ['data', 'dataset'].map(name => around.entries.get(name)?.value).find(node => node?.is === 'map')
  const name = find(model, ...MODEL_NAMES) ?? find(around, ...MODEL_NAMES.slice(0, -1))
  if (name !== undefined && !entries.has('model_name_or_path') && !entries.has('config_name'))
    entries.set('model_name_or_path', name)
  const length = find(data, ...SAMPLE_LENGTHS) ?? find(model, ...SAMPLE_LENGTHS)
  // Under the name that says nothing of which trainer it is.
  if (length !== undefined && !LENGTHS.some(key => entries.has(key))) entries.set('model_max_length', length)
  const fourBit = find(model, 'load_in_4bit')
  for (const key of ADAPTER_SECTIONS) {
    const adapter = entries.get(key)
    if (fourBit === undefined || adapter?.value.is !== 'map' || adapter.value.entries.has('load_in_4bit')) continue
    const own = new Map(adapter.value.entries).set('load_in_4bit', fourBit)
    entries.set(key, { ...adapter, value: { ...adapter.value, entries: own } })
  }
  return { ...section, entries }
}

const SAMPLE_LENGTHS = ['max_seq_length', 'max_seq_len', 'max_length']
/** Arguments of the Trainer that stand beside no model, data or place for an output, by its name, are somebody's defaults. */
export function namesWhatIsTrained(section: Node, around: Node): boolean {
  const named = (node: Node, speaks: (key: string) => boolean): boolean =>
    node.is === 'map' &&
    [...node.entries].some(
      ([key, { value }]) => speaks(key) && value.is === 'scalar' && typeof value.value === 'string',
    )
  return (
    named(section, key => ['model_name_or_path', 'config_name', 'output_dir'].includes(key)) ||
    named(around, key => /model|checkpoint|data|output/.test(key))
  )
}

const LENGTHS = ['max_length', 'max_seq_length', 'model_max_length', 'block_size', 'cutoff_len']
