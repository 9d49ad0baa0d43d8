import { numberFromText } from '../facts/index.ts'
import type { Entry, Node } from '../parse/index.ts'

/** The maps and lists from the document down to where a value stands, each with the file that it came from. */
export type Chain = readonly { readonly node: Node; readonly path: string }[]

export interface Place {
  readonly entry: Entry
  /** File of the entry. */
  readonly path: string
  /** Ends with the map that holds the entry. */
  readonly chain: Chain
}

export type Resolved =
  | { readonly is: 'node'; readonly node: Node; readonly path: string; readonly chain: Chain }
  | { readonly is: 'unknown'; readonly why: string }

/** Interpolations may multiply (`a: ${b}${b}`, `b: ${c}${c}`, …): steps and length are capped for one value. */
const MAX_STEPS = 500
const MAX_LENGTH = 10_000
const MAX_DEPTH = 24

interface Walk {
  steps: number
}

/**
 * The value behind OmegaConf interpolations: `${a.b}`, `${.x}`, `${oc.env:X,default}`, `${multiply:a,b}`.
 * A value without any is returned as it is. An unknown environment variable, another resolver or a cycle is unknown.
 */
export function resolved(node: Node, path: string, chain: Chain, walk: Walk = { steps: 0 }, depth = 0): Resolved {
  if (node.is !== 'scalar' || typeof node.value !== 'string' || !node.value.includes('${'))
    return { is: 'node', node, path, chain }
  const parts = split(node.value)
  if (parts === undefined) return { is: 'unknown', why: 'its interpolation is not closed' }
  const [only] = parts
  if (parts.length === 1 && only?.is === 'expression') return evaluated(only.text, node, path, chain, walk, depth)
  let text = ''
  for (const part of parts) {
    if (part.is === 'literal') text += part.text
    else {
      const value = evaluated(part.text, node, path, chain, walk, depth)
      if (value.is === 'unknown') return value
      if (value.node.is !== 'scalar') return { is: 'unknown', why: 'it interpolates a whole section into a text' }
      text += String(value.node.value ?? '')
    }
    if (text.length > MAX_LENGTH) return { is: 'unknown', why: 'its interpolations grow too long' }
  }
  return { is: 'node', node: { is: 'scalar', value: text, at: node.at }, path, chain }
}

function evaluated(expression: string, from: Node, path: string, chain: Chain, walk: Walk, depth: number): Resolved {
  walk.steps += 1
  if (walk.steps > MAX_STEPS || depth > MAX_DEPTH)
    return { is: 'unknown', why: 'its interpolations refer to each other' }
  const literal = (value: string | number): Resolved => {
    const node: Node = { is: 'scalar', value, at: from.at }
    return resolved(node, path, chain, walk, depth + 1)
  }
  const resolver = /^\s*([A-Za-z_][\w.]*)\s*:([\s\S]*)$/.exec(expression)
  if (resolver === null) {
    const inner = resolved({ is: 'scalar', value: expression, at: from.at }, path, chain, walk, depth + 1)
    if (inner.is === 'unknown') return inner
    const key = inner.node.is === 'scalar' ? String(inner.node.value).trim() : ''
    const place = follow(key, chain)
    if (place === undefined) return { is: 'unknown', why: `nothing in the file is named ${key.slice(0, 100)}` }
    return resolved(place.entry.value, place.path, place.chain, walk, depth + 1)
  }
  const name = resolver[1] ?? ''
  const args = commaSeparated(resolver[2] ?? '')
  switch (name) {
    case 'oc.env': {
      const [variable = '', ...rest] = args
      if (rest.length === 0) return { is: 'unknown', why: `it is the environment variable ${variable.slice(0, 100)}` }
      return literal(unquoted(rest.join(',')))
    }
    case 'oc.select': {
      const place = follow(args[0] ?? '', chain)
      if (place !== undefined) return resolved(place.entry.value, place.path, place.chain, walk, depth + 1)
      return args.length > 1
        ? literal(unquoted(args[1] ?? ''))
        : { is: 'unknown', why: 'it selects a key that is not there' }
    }
    case 'multiply': {
      let product = 1
      for (const arg of args) {
        const value = literal(arg)
        if (value.is === 'unknown') return value
        const scalar = value.node.is === 'scalar' ? value.node.value : undefined
        const factor =
          typeof scalar === 'number' ? scalar : typeof scalar === 'string' ? numberFromText(scalar) : undefined
        if (factor === undefined) return { is: 'unknown', why: 'it multiplies what is no number' }
        product *= factor
      }
      return Number.isFinite(product) ? literal(product) : { is: 'unknown', why: 'its product is not finite' }
    }
    default:
      return { is: 'unknown', why: `the resolver ${name.slice(0, 100)} is not computed` }
  }
}

/** `a.b[0].c` from the document, `.a` from the map that holds the value, `..a` from the one above. */
function follow(key: string, chain: Chain): Place | undefined {
  const dots = /^\.*/.exec(key)?.[0].length ?? 0
  const start = dots === 0 ? chain.slice(0, 1) : chain.slice(0, Math.max(0, chain.length - dots + 1))
  return find(key.slice(dots), start, false)
}

/** The entry at a dotted path below the last link of a chain. A key that holds dots itself is found as it stands. */
export function find(dotted: string, chain: Chain, folds: boolean): Place | undefined {
  const last = chain.at(-1)
  if (last === undefined) return undefined
  const whole = entryOf(last.node, dotted, folds)
  if (whole !== undefined) return { entry: whole, path: whole.path ?? last.path, chain }
  if (!dotted.includes('.') && !dotted.includes('[')) return undefined
  const names = namesIn(dotted)
  let links: Chain = chain
  let here = last
  for (const [i, name] of names.entries()) {
    const entry = entryOf(here.node, name, folds)
    if (entry === undefined) return undefined
    const path = entry.path ?? here.path
    if (i === names.length - 1) return { entry, path, chain: links }
    here = { node: entry.value, path }
    links = [...links, here]
  }
  return undefined
}

/**
 * The parts of a dotted key. Frameworks ask for the same few hundred keys in every file: most of the time of recognition
 * went into taking them apart. Interpolations ask for others, so there is an end to what is kept.
 */
const taken = new Map<string, readonly string[]>()
const MOST_TAKEN = 2000

function namesIn(dotted: string): readonly string[] {
  const known = taken.get(dotted)
  if (known !== undefined) return known
  const names = dotted.replace(/\[(\w+)\]/g, '.$1').split('.')
  if (taken.size < MOST_TAKEN && dotted.length < 100) taken.set(dotted, names)
  return names
}

function entryOf(node: Node, name: string, folds: boolean): Entry | undefined {
  if (node.is === 'map')
    return (
      node.entries.get(name) ?? (folds && name.includes('_') ? node.entries.get(name.replaceAll('_', '-')) : undefined)
    )
  if (node.is !== 'list' || !/^\d{1,6}$/.test(name)) return undefined
  const item = node.items[Number(name)]
  return item === undefined ? undefined : { keyAt: item.at, value: item }
}

type Part = { readonly is: 'literal' | 'expression'; readonly text: string }

/** Literals and the insides of `${…}`, which may nest; undefined where a brace is not closed. */
function split(text: string): readonly Part[] | undefined {
  const parts: Part[] = []
  let from = 0
  while (from < text.length) {
    const open = text.indexOf('${', from)
    if (open < 0) break
    let level = 1
    let end = open + 2
    for (; end < text.length && level > 0; end += 1) {
      const c = text.charAt(end)
      if (c === '{') level += 1
      else if (c === '}') level -= 1
    }
    if (level > 0) return undefined
    if (open > from) parts.push({ is: 'literal', text: text.slice(from, open) })
    parts.push({ is: 'expression', text: text.slice(open + 2, end - 1) })
    from = end
  }
  if (from < text.length) parts.push({ is: 'literal', text: text.slice(from) })
  return parts
}

function commaSeparated(text: string): readonly string[] {
  const args: string[] = []
  let level = 0
  let from = 0
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charAt(i)
    if (c === '{' || c === '[') level += 1
    else if (c === '}' || c === ']') level -= 1
    else if (c === ',' && level === 0) {
      args.push(text.slice(from, i).trim())
      from = i + 1
    }
  }
  args.push(text.slice(from).trim())
  return args
}

function unquoted(text: string): string {
  const quoted = /^\s*(['"])([\s\S]*)\1\s*$/.exec(text)
  return quoted?.[2] ?? text
}
