import {
  absent,
  booleanFromText,
  countFromText,
  FACTS,
  isUnsetText,
  known,
  numberFromText,
  unknown,
  type Fact,
  type FactName,
  type FactTypes,
  type Origin,
  type Problem,
  type Unknown,
} from '../facts/index.ts'
import type { Node } from '../parse/index.ts'
import { find, resolved, type Chain, type Place, type Resolved } from './interpolate.ts'

type Scalar = string | number | boolean | null

/**
 * Reads facts from one section of a config. A key may be dotted (`model.d_model`).
 * Not there, or unset (empty, `null`, `auto`, `-1`): absent; a number that is unset in writing has its place, see `isSetToNothing`.
 * Mandatory (`???`): unknown. Of the wrong type: malformed, with a problem at its place.
 * Behind an interpolation that cannot be computed, or in a section that is: unknown, without a problem.
 */
export interface Keys {
  /** File of the section. */
  readonly path: string
  /** The key stands there, with whatever value. */
  has(key: string): boolean
  hasAny(...keys: readonly string[]): boolean
  /** The key holds a section. */
  hasSection(key: string): boolean
  /** A look at a plain value, to recognize and to branch by; it reports nothing. Undefined where there is no plain value. */
  peek(key: string): Scalar | undefined
  /** All keys of this section, as they are written. */
  names(): readonly string[]
  text(key: string): Fact<string>
  /** Like text, but `none` and `auto` are words with a meaning of their own. */
  word(key: string): Fact<string>
  integer(key: string): Fact<number>
  /** An integer that may be negative: −1 is a value there. */
  signed(key: string): Fact<number>
  number(key: string): Fact<number>
  /** A number that may be written `120M`. */
  count(key: string): Fact<number>
  boolean(key: string): Fact<boolean>
  /** One text or a list of texts. */
  texts(key: string): Fact<readonly string[]>
  /** Texts that cost nothing by themselves, such as a dataset's name: any other value is absent, not malformed. */
  labels(key: string): Fact<readonly string[]>
  /** One number or a list of numbers; null items are kept. */
  numbers(key: string): Fact<readonly (number | null)[]>
  /** Any value as plain data, null only inside objects; for facts that are objects. */
  plain(key: string): Fact<unknown>
  /** A section; empty where the key holds none. */
  under(key: string): Keys
  /** The sections of a list. */
  items(key: string): readonly Keys[]
  /** A file that the config names, where it was read; it reads in its own place. */
  file(name: string): Keys | undefined
  /** A plain object with snake_case keys as an object fact (`mla`, `ssm`, …), range-checked. */
  shaped<N extends FactName>(name: N, plain: Fact<unknown>): Fact<FactTypes[N]>
  /** Where the key stands. */
  origin(key: string): Origin | undefined
  warn(code: string, message: string, key: string): void
  refuse(code: string, message: string, key: string): void
}

/** What reading one config collects and can reach. */
export interface Reading {
  readonly problems: Problem[]
  readonly folds: boolean
  readonly open: (from: string, name: string) => { readonly node: Node; readonly path: string } | undefined
}

export function keysOf(reading: Reading, node: Node, path: string): Keys {
  return section(reading, [{ node, path }])
}

function section(reading: Reading, chain: Chain): Keys {
  const here = chain.at(-1)
  const path = here?.path ?? ''

  const place = (key: string): Place | undefined => {
    const direct = find(key, chain, reading.folds)
    if (direct !== undefined || !key.includes('.')) return direct
    // A section may itself be an interpolation: `optim: ${defaults.optim}`.
    const dot = key.indexOf('.')
    const first = find(key.slice(0, dot), chain, reading.folds)
    if (first === undefined) return undefined
    const target = resolved(first.entry.value, first.path, first.chain)
    if (target.is === 'unknown' || target.node === first.entry.value) return undefined
    return find(key.slice(dot + 1), [...target.chain, { node: target.node, path: target.path }], reading.folds)
  }
  const value = (key: string): { readonly at: Origin; readonly value: Resolved; readonly raw: Node } | undefined => {
    const found = place(key)
    if (found === undefined) return undefined
    const at: Origin = { kind: 'config', path: found.path, ...found.entry.keyAt }
    return { at, value: resolved(found.entry.value, found.path, found.chain), raw: found.entry.value }
  }
  /** The section around a key, where it is there and cannot be read: what it says of the key is unknown, not absent. */
  const shutSection = (key: string): Shut | undefined => {
    if (here?.node.is === 'unsupported') return { why: here.node.why, at: { kind: 'config', path, ...here.node.at } }
    for (let dot = key.indexOf('.'); dot >= 0; dot = key.indexOf('.', dot + 1)) {
      const found = value(key.slice(0, dot))
      if (found === undefined) return undefined
      const why = whyShut(found.value)
      if (why !== undefined) return { why, at: found.at }
    }
    return undefined
  }
  const report = (severity: Problem['severity'], code: string, message: string, at: Origin | undefined): void => {
    const spot =
      at?.line === undefined || at.column === undefined
        ? { path: at?.path ?? path }
        : { path: at.path ?? path, line: at.line, column: at.column }
    const same = reading.problems.some(
      p => p.code === code && JSON.stringify(p.at) === JSON.stringify(spot) && p.severity === severity,
    )
    if (!same) reading.problems.push({ code, severity, message, at: spot })
  }
  const malformed = (key: string, expects: string, shown: string, at: Origin): Fact<never> => {
    const why = `${key} must be ${expects}, not ${shown}`
    report('error', 'malformed-value', why, at)
    return unknown({ fact: key, why, remedy: `correct ${key}`, absent: false, at })
  }

  /** Reads one value; `take` gives undefined where the type is wrong. */
  function read<T>(
    key: string,
    expects: string,
    unset: (v: Scalar) => boolean,
    take: (node: Node) => T | undefined,
    nothing: (at: Origin, node: Node) => Fact<never> = () => absent(key),
  ): Fact<T> {
    const found = value(key)
    if (found === undefined) {
      const shut = shutSection(key)
      return shut === undefined ? absent(key) : cannotTell(key, shut.why, shut.at)
    }
    const { at, value: target } = found
    if (target.is === 'unknown') return cannotTell(key, target.why, at)
    const { node } = target
    if (node.is === 'unsupported' && node.tag !== undefined) return cannotTell(key, node.why, at)
    // OmegaConf's mandatory value: the program does not start before the command line gives it, so no default stands for it.
    if (node.is === 'scalar' && node.value === '???') return cannotTell(key, MANDATORY, at)
    if (node.is === 'scalar' && unset(node.value)) return nothing(at, node)
    if (node.is === 'list' && node.items.length === 0) return absent(key)
    const taken = take(node)
    return taken === undefined ? malformed(key, expects, shownAs(node), at) : known(taken, at)
  }
  const scalar = <T>(
    key: string,
    expects: string,
    unset: (v: Scalar) => boolean,
    take: (v: Scalar) => T | undefined,
  ): Fact<T> => read(key, expects, unset, node => (node.is === 'scalar' ? take(node.value) : undefined))
  const numeric = (
    key: string,
    expects: string,
    take: (v: Scalar) => number | undefined,
    unset: (v: Scalar) => boolean = isUnset,
  ): Fact<number> =>
    read(
      key,
      expects,
      unset,
      node => (node.is === 'scalar' ? take(node.value) : undefined),
      (at, node) => setToNothing(key, shownAs(node), at),
    )

  const sectionAt = (key: string): Keys => {
    const found = place(key)
    const shut = shutSection(`${key}.`)
    if (shut !== undefined) return section(reading, [shutLink(shut, path)])
    if (found === undefined) return section(reading, [])
    const target = resolved(found.entry.value, found.path, found.chain)
    if (target.is === 'unknown' || target.node.is !== 'map') return section(reading, [])
    // A plain section keeps its way up, for relative interpolation; one behind an interpolation has the way of its target.
    const dots = target.node === found.entry.value ? found.chain : target.chain
    return section(reading, [...dots, { node: target.node, path: target.path }])
  }

  return {
    path,
    has: key => place(key) !== undefined,
    hasAny: (...keys) => keys.some(key => place(key) !== undefined),
    hasSection: key => {
      const found = value(key)
      return found?.value.is === 'node' && found.value.node.is === 'map'
    },
    peek: key => {
      const found = value(key)
      return found?.value.is === 'node' && found.value.node.is === 'scalar' ? found.value.node.value : undefined
    },
    names: () => (here?.node.is === 'map' ? [...here.node.entries.keys()] : []),
    text: key => scalar(key, 'a text', isUnset, textOf),
    word: key => scalar(key, 'a text', v => v === null || v === '' || v === '???' || v === '~' || v === 'null', textOf),
    integer: key => numeric(key, 'a whole number', integerOf),
    signed: key => numeric(key, 'a whole number', integerOf, v => v !== -1 && v !== '-1' && isUnset(v)),
    number: key => numeric(key, 'a number', numberOf),
    count: key => numeric(key, 'a count, such as 120M', v => (typeof v === 'string' ? countFromText(v) : numberOf(v))),
    boolean: key => scalar(key, 'true or false', isUnset, booleanOf),
    texts: key =>
      read(key, 'a text or a list of texts', isUnset, node => {
        const items = node.is === 'list' ? node.items : [node]
        const read = items.map(item => (item.is === 'scalar' ? textOf(item.value) : undefined))
        return read.every(item => item !== undefined) ? read : undefined
      }),
    labels: key => {
      const read = labelsOf(value(key)?.value)
      const at = value(key)?.at
      return read === undefined || at === undefined ? absent(key) : known(read, at)
    },
    numbers: key =>
      read(key, 'a number or a list of numbers', isUnset, node => {
        const items = node.is === 'list' ? node.items : [node]
        const read = items.map(item =>
          item.is !== 'scalar' ? undefined : item.value === null ? null : numberOf(item.value),
        )
        return read.every(item => item !== undefined) ? read : undefined
      }),
    plain: key => read(key, 'a value', isUnset, node => plainOf(node, { left: 10_000 })),
    under: sectionAt,
    items: key => {
      const found = place(key)
      if (found === undefined) return []
      const target = resolved(found.entry.value, found.path, found.chain)
      if (target.is === 'unknown' || target.node.is !== 'list') return []
      const list = { node: target.node, path: target.path }
      return target.node.items.map(item => section(reading, [...target.chain, list, { node: item, path: target.path }]))
    },
    file: name => {
      const opened = reading.open(path, name)
      return opened === undefined ? undefined : section(reading, [opened])
    },
    shaped: (name, plain) => {
      if (!plain.known) return plain
      const read = FACTS[name].read(plain.value)
      if (read !== undefined) return { ...plain, value: read }
      const at = plain.origins.find(origin => origin.line !== undefined)
      const why = `${FACTS[name].name} is out of range; each of its sizes must be a positive whole number`
      report('error', 'out-of-range', why, at)
      return unknown({
        fact: FACTS[name].name,
        why,
        remedy: 'correct these sizes',
        absent: false,
        ...(at ? { at } : {}),
      })
    },
    origin: key => value(key)?.at,
    warn: (code, message, key) => {
      report('warning', code, message, value(key)?.at)
    },
    refuse: (code, message, key) => {
      report('error', code, message, value(key)?.at)
    },
  }
}

/** A section that is there and cannot be read, and where it stands. */
interface Shut {
  readonly why: string
  readonly at: Origin
}

/** Behind a tag that is not constructed, or an interpolation that cannot be computed. */
function whyShut(target: Resolved): string | undefined {
  if (target.is === 'unknown') return target.why
  return target.node.is === 'unsupported' && target.node.tag !== undefined ? target.node.why : undefined
}

function shutLink({ why, at }: Shut, path: string): Chain[number] {
  const place = { line: at.line ?? 1, column: at.column ?? 1 }
  return { node: { is: 'unsupported', why, at: place }, path: at.path ?? path }
}

function labelsOf(target: Resolved | undefined): readonly string[] | undefined {
  if (target?.is !== 'node') return undefined
  const items = target.node.is === 'list' ? target.node.items : [target.node]
  const read = items.map(item => (item.is === 'scalar' && !isUnset(item.value) ? textOf(item.value) : undefined))
  return read.length > 0 && read.every(item => item !== undefined && item.length <= 500)
    ? (read as string[])
    : undefined
}

/** As JSON.parse would give it, but without a prototype to trick; undefined past a cap on its size. */
function plainOf(node: Node, budget: { left: number }): unknown {
  budget.left -= 1
  if (budget.left < 0) return undefined
  switch (node.is) {
    case 'scalar':
      return node.value
    case 'list':
      return node.items.map(item => plainOf(item, budget))
    case 'map': {
      // Object.create is typed any; a record without a prototype is what is made.
      const record = Object.create(null) as Record<string, unknown>
      for (const [key, entry] of node.entries) record[key] = plainOf(entry.value, budget)
      return record
    }
    case 'unsupported':
      return undefined
    default:
      return node satisfies never
  }
}

/** Why a value that is `???` is unknown. */
const MANDATORY = 'it is ???, which the command line must replace'

/** Everything that a fact lacks is left to the command line. */
export function isLeftToLaunch(fact: Fact<unknown>): boolean {
  return !fact.known && fact.missing.every(({ why }) => why.endsWith(MANDATORY))
}

const NOTHING = 'for which the program has a meaning of its own'

/** A number that is written as `null`, `auto` or -1: absent for whoever else can give it, but no default of the program stands for it. */
function setToNothing(key: string, shown: string, at: Origin): Fact<never> {
  return unknown({
    fact: key,
    why: `${key} is set to ${shown}, ${NOTHING}`,
    remedy: `write ${key} as a number, or leave it out`,
    absent: true,
    at,
  })
}

export function isSetToNothing(fact: Fact<unknown>): fact is Unknown {
  return !fact.known && fact.missing.some(({ why }) => why.endsWith(NOTHING))
}

/** The same, where no default and no assumption may stand for it. */
export function notLeftOut(fact: Unknown): Unknown {
  return unknown(...fact.missing.map(missing => ({ ...missing, absent: false })))
}

function cannotTell(key: string, why: string, at: Origin): Fact<never> {
  return unknown({
    fact: key,
    why: `${key} cannot be read from the file alone: ${why}`,
    remedy: 'write the value in the config, or give it in the policy',
    absent: false,
    at,
  })
}

function isUnset(value: Scalar): boolean {
  return value === null || value === -1 || (typeof value === 'string' && isUnsetText(value))
}

function textOf(value: Scalar): string | undefined {
  return value === null ? undefined : String(value)
}

function numberOf(value: Scalar): number | undefined {
  return typeof value === 'number' ? value : typeof value === 'string' ? numberFromText(value) : undefined
}

function integerOf(value: Scalar): number | undefined {
  const number = numberOf(value)
  return Number.isSafeInteger(number) ? number : undefined
}

function booleanOf(value: Scalar): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (value === 0 || value === 1) return value === 1
  return typeof value === 'string' ? booleanFromText(value) : undefined
}

function shownAs(node: Node): string {
  switch (node.is) {
    case 'map':
      return 'a section'
    case 'list':
      return 'a list'
    case 'unsupported':
      return node.why
    case 'scalar': {
      const text = JSON.stringify(node.value)
      return text.length > 60 ? `${text.slice(0, 60)}…` : text
    }
    default:
      return node satisfies never
  }
}
