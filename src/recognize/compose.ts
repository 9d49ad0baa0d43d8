import type { Problem } from '../facts/index.ts'
import type { Entry, Node } from '../parse/index.ts'
import { candidates } from './includes.ts'
import type { ParsedFiles } from './types.ts'

/** A config as its program sees it, after the files that it is built on. */
export interface Composed {
  readonly node: Node
  /** Every file that was wanted, there or not. */
  readonly includes: readonly string[]
  /** Names of bases and groups that were found nowhere. Without what they say, the rest says less than the config does. */
  readonly lacking: readonly string[]
  readonly problems: readonly Problem[]
}

const MAX_DEPTH = 8
const MAX_FILES = 64
/** Sections and lists of one file that are looked through for `!include`. */
const MAX_NODES = 20_000

interface Composing {
  readonly files: ParsedFiles
  readonly includes: Set<string>
  readonly lacking: Set<string>
  readonly problems: Problem[]
  readonly opened: Set<string>
}

/**
 * Lays a config over the files that it names as its base: `_base_` (MMEngine), `defaults` (Hydra), `base_config` (MaxText).
 * Entries keep the file that they stand in. A base that was not fetched is left out; its path is among the includes.
 */
export function composed(path: string, node: Node, files: ParsedFiles): Composed {
  const composing: Composing = {
    files,
    includes: new Set(),
    lacking: new Set(),
    problems: [],
    opened: new Set([path]),
  }
  const whole = build(composing, path, node, 0)
  includeTags(composing, path, node, { left: MAX_NODES })
  const { includes, lacking, problems } = composing
  return { node: whole, includes: [...includes], lacking: [...lacking], problems }
}

/** `!include other.yaml` is an edge: a change there re-prices the config. The tag is never constructed, its value stays unknown. */
function includeTags(composing: Composing, path: string, node: Node, budget: { left: number }): void {
  budget.left -= 1
  if (budget.left < 0) return
  switch (node.is) {
    case 'map':
      for (const { value } of node.entries.values())
        if (value.is !== 'scalar') includeTags(composing, path, value, budget)
      return
    case 'list':
      for (const item of node.items) if (item.is !== 'scalar') includeTags(composing, path, item, budget)
      return
    case 'unsupported':
      if (node.tag === '!include' && node.text !== undefined && composing.includes.size < MAX_FILES)
        for (const candidate of candidates(path, node.text)) composing.includes.add(candidate)
      return
    case 'scalar':
      return
    default:
      return node satisfies never
  }
}

function build(composing: Composing, path: string, node: Node, depth: number): Node {
  if (node.is !== 'map') return node
  const defaults = node.entries.get('defaults')?.value
  if (defaults !== undefined && looksLikeDefaults(defaults)) return hydra(composing, path, node, defaults, depth)
  for (const key of ['_base_', 'base_config']) {
    const bases = texts(node.entries.get(key)?.value)
    if (bases.length === 0 || (key === 'base_config' && !bases.every(base => /\.ya?ml$/.test(base)))) continue
    let under: Node | undefined
    for (const base of bases) {
      // MaxText ships its base beside its program, and its defaults are known.
      const read = opened(composing, path, base, depth, key === 'base_config')
      if (read !== undefined) under = under === undefined ? read : overlaid(under, read)
    }
    return under === undefined ? node : overlaid(under, node)
  }
  return node
}

/** A base file, composed in turn, its entries marked with its path. The first candidate that was fetched is taken. */
function opened(
  composing: Composing,
  from: string,
  name: string,
  depth: number,
  isOptional: boolean,
): Node | undefined {
  const paths = candidates(from, name)
  for (const path of paths) composing.includes.add(path)
  const path = paths.find(candidate => composing.files.has(candidate))
  const file = path === undefined ? undefined : composing.files.get(path)
  if (path === undefined || file === undefined) {
    if (!isOptional) composing.lacking.add(name)
    return undefined
  }
  for (const problem of file.problems) if (problem.severity === 'error') composing.problems.push(problem)
  const [document] = file.documents
  if (document === undefined) return undefined
  if (depth >= MAX_DEPTH || composing.opened.size >= MAX_FILES || composing.opened.has(path)) {
    if (composing.opened.has(path) && depth < MAX_DEPTH) return undefined
    composing.problems.push({
      code: 'include-too-deep',
      severity: 'error',
      message: `more than ${MAX_DEPTH} levels or ${MAX_FILES} files of includes`,
      at: { path: from },
    })
    return undefined
  }
  composing.opened.add(path)
  return marked(build(composing, path, document, depth + 1), path)
}

function marked(node: Node, path: string): Node {
  if (node.is !== 'map') return node
  const entries = new Map<string, Entry>()
  for (const [key, entry] of node.entries) entries.set(key, entry.path === undefined ? { ...entry, path } : entry)
  return { ...node, entries }
}

/** Sections are merged, everything else replaced; `_delete_: true` replaces a section too. */
function overlaid(under: Node, over: Node): Node {
  if (under.is !== 'map' || over.is !== 'map' || isTrue(over.entries.get('_delete_')?.value)) return over
  const entries = new Map(under.entries)
  for (const [key, entry] of over.entries) {
    const below = entries.get(key)
    const value = below === undefined ? entry.value : overlaid(inPlace(below), inPlace(entry))
    entries.set(key, { ...entry, value })
  }
  return { ...over, entries }
}

/** A section about to be merged no longer inherits its file from above: its entries carry it themselves. */
function inPlace(entry: Entry): Node {
  return entry.path === undefined ? entry.value : marked(entry.value, entry.path)
}

function isTrue(node: Node | undefined): boolean {
  return node?.is === 'scalar' && node.value === true
}

function texts(node: Node | undefined): readonly string[] {
  const items = node?.is === 'list' ? node.items : node === undefined ? [] : [node]
  return items.flatMap(item => (item.is === 'scalar' && typeof item.value === 'string' ? [item.value] : []))
}

// ---- Hydra ----

/** Texts and maps of one `group: name`, or one text (NeMo-RL); other lists under that name are something else. */
function looksLikeDefaults(node: Node): boolean {
  if (node.is === 'scalar') return typeof node.value === 'string' && /\.ya?ml$/.test(node.value)
  return (
    node.is === 'list' &&
    node.items.length > 0 &&
    node.items.every(
      item =>
        (item.is === 'scalar' && typeof item.value === 'string') ||
        (item.is === 'map' &&
          [...item.entries.values()].every(
            e => (e.value.is === 'scalar' && typeof e.value.value !== 'number') || e.value.is === 'list',
          )),
    )
  )
}

interface Choice {
  readonly group: string
  readonly name: string
  /** Dotted section that the file is put under; empty for the top. */
  readonly at: string
  /** It may be missing: `optional`, and what belongs to Hydra itself. */
  readonly isOptional: boolean
}

function hydra(composing: Composing, path: string, own: Node, defaults: Node, depth: number): Node {
  const choices: (Choice | 'self')[] = []
  const items = defaults.is === 'list' ? defaults.items : [defaults]
  for (const item of items) {
    if (item.is === 'scalar') {
      const name = String(item.value)
      choices.push(name === '_self_' ? 'self' : { group: '', name, at: '', isOptional: false })
    } else if (item.is === 'map')
      for (const [key, entry] of item.entries)
        for (const name of texts(entry.value)) {
          const [, override, optional, group = '', at] =
            /^(override\s+)?(optional\s+)?\/?([^@]*)(?:@(.*))?$/.exec(key) ?? []
          const choice: Choice = {
            group,
            name,
            at: at === undefined ? group.replaceAll('/', '.') : at === '_global_' ? '' : at,
            isOptional: optional !== undefined || /^hydra(\/|$)/.test(group),
          }
          const replaced = choices.findIndex(c => c !== 'self' && c.group === group)
          if (override !== undefined && replaced >= 0) choices[replaced] = choice
          else choices.push(choice)
        }
  }
  if (!choices.includes('self')) choices.push('self')
  let whole: Node = { is: 'map', entries: new Map(), at: own.at }
  for (const choice of choices) {
    if (choice === 'self') {
      whole = overlaid(whole, own)
      continue
    }
    const file = /\.ya?ml$/.test(choice.name) ? choice.name : `${choice.name}.yaml`
    const wanted = choice.group === '' ? file : `${choice.group}/${file}`
    const read = opened(composing, path, wanted, depth, choice.isOptional)
    if (read !== undefined) whole = overlaid(whole, under(choice.at, read))
  }
  return whole
}

function under(dotted: string, node: Node): Node {
  if (dotted === '') return node
  return dotted
    .split('.')
    .reverse()
    .reduce<Node>(
      (value, name) => ({ is: 'map', entries: new Map([[name, { keyAt: node.at, value }]]), at: node.at }),
      node,
    )
}
