import {
  absent,
  FACT_NAMES,
  FACTS,
  isAbsent,
  unknown,
  type Fact,
  type FactName,
  type Problem,
  type RunFacts,
} from '../facts/index.ts'
import type { Node, ParsedFile } from '../parse/index.ts'
import { trainingsBeside, TRAINERS } from './beside.ts'
import { composed, type Composed } from './compose.ts'
import type { Framework } from './framework.ts'
import { frameworks } from './frameworks/index.ts'
import { candidates } from './includes.ts'
import { isLeftToLaunch, isSetToNothing, keysOf, notLeftOut, type Keys, type Reading } from './keys.ts'
import { warnOfResumption } from './resume.ts'
import { namesWhatIsTrained, withAdapter, withModel } from './sections.ts'
import type { ParsedFiles, Recognition, Recognized } from './types.ts'

/** The names that a policy may give as `framework`, in the order in which they are tried. */
export const frameworkNames: readonly string[] = frameworks.map(framework => framework.name)

/**
 * The training that a file describes.
 *
 * @param path of the config; it and everything that it includes are looked up in `files`
 * @param format a framework's name, where the policy says which it is; else it is detected
 * @throws never: what cannot be read is a problem with its place
 */
export function recognize(path: string, files: ParsedFiles, format?: string): Recognition {
  const file = files.get(path)
  if (file === undefined) return { is: 'unrecognized', why: 'the file was not read', includes: [] }
  if (file.documents.length > MOST_DOCUMENTS) return { is: 'malformed', problems: [tooMany(file)], includes: [] }
  if (file.problems.some(problem => problem.severity === 'error'))
    return { is: 'malformed', problems: file.problems, includes: [] }
  const named = format === undefined ? undefined : frameworks.find(framework => framework.name === format)
  if (format !== undefined && named === undefined)
    return {
      is: 'unrecognized',
      why: `there is no framework ${format}; known are ${frameworkNames.join(', ')}`,
      includes: [],
    }

  const found: Recognized[] = []
  let trainings = 0
  for (const document of file.documents) {
    const config = recognizedIn(path, document, files, named)
    if (config === undefined) continue
    found.push(config)
    trainings += 1 + trainingsBeside(document, path, config.facts)
  }
  const [config] = found
  if (config === undefined) return notFound(path, file, files)
  const problems = [...file.problems, ...config.problems]
  return { is: 'recognized', config: { ...config, problems }, trainings }
}

/** A config may be one only together with its base: then a base that is broken is the reason, and one that is gone an edge. */
function notFound(path: string, file: ParsedFile, files: ParsedFiles): Recognition {
  const wholes = file.documents.map(document => composed(path, document, files))
  const includes = [...new Set(wholes.flatMap(whole => whole.includes))]
  const problems = wholes.flatMap(whole => whole.problems)
  if (problems.length > 0) return { is: 'malformed', problems, includes }
  const why =
    file.documents.length === 0 ? 'the file is empty' : 'its keys are not those of a training config that is known'
  return { is: 'unrecognized', why, includes }
}

/** Every document is held against every framework: a file of a hundred thousand would keep a gate busy for minutes. */
const MOST_DOCUMENTS = 100

function tooMany({ path, documents }: ParsedFile): Problem {
  const message = `the file holds ${documents.length} documents, more than the ${MOST_DOCUMENTS} that are read`
  return { code: 'too-many-documents', severity: 'error', message, at: { path } }
}

/**
 * Repository-relative paths that a config wants to read, directly or through files already there.
 * Candidates: a path may not exist. No URLs, no absolute paths, nothing outside the repository.
 */
export function includesOf(recognition: Recognition): readonly string[] {
  return recognition.is === 'recognized' ? recognition.config.includes : recognition.includes
}

function recognizedIn(
  path: string,
  document: Node,
  files: ParsedFiles,
  named: Framework | undefined,
  nested = false,
): Recognized | undefined {
  if (document.is !== 'map') return undefined
  const whole = composed(path, document, files)
  const problems: Problem[] = [...whole.problems]
  const edges = new Set(whole.includes)
  const open: Reading['open'] = (from, name) => {
    const paths = candidates(from, name)
    for (const candidate of paths) edges.add(candidate)
    const target = paths.find(candidate => files.has(candidate))
    const file = target === undefined ? undefined : files.get(target)
    if (target === undefined || file === undefined) return undefined
    for (const problem of file.problems)
      if (problem.severity === 'error' && !problems.includes(problem)) problems.push(problem)
    const [node] = file.documents
    if (node === undefined) return undefined
    const opened = composed(target, node, files)
    for (const include of opened.includes) edges.add(include)
    problems.push(...opened.problems.filter(problem => !problems.includes(problem)))
    return { node: opened.node, path: target }
  }
  // Two ways to look at one tree, whatever the number of frameworks that look.
  const exact = keysOf({ problems, folds: false, open }, whole.node, path)
  const folded = keysOf({ problems, folds: true, open }, whole.node, path)
  const keysFor = (framework: Framework): Keys => (framework.folds === true ? folded : exact)
  const framework = named ?? frameworks.find(candidate => candidate.recognizes(keysFor(candidate)))
  if (framework === undefined) return nested ? undefined : recognizedInside(path, whole, files)
  const keys = keysFor(framework)
  warnOfResumption(keys)
  for (const name of framework.includes?.(keys) ?? [])
    for (const candidate of candidates(path, name)) edges.add(candidate)
  const fragment = typeof framework.fragment === 'function' ? framework.fragment(keys) : (framework.fragment ?? false)
  const facts = checked(framework.facts(keys), fragment, problems, path)
  const { lacking } = whole
  return { path, framework: framework.name, fragment, facts, problems, includes: [...edges], lacking }
}

/** Sections in which launchers and experiment trackers keep a config whole; one with several backends names it so. */
const WRAPPERS = [
  'config',
  'configs',
  'parameters',
  'params',
  'train',
  'training',
  'train_config',
  'training_args',
  'trainer',
  'llamafactory',
  ...frameworks.map(framework => framework.name),
]

/**
 * A training config that stands whole in a section: a launcher's `parameters`, a tracker's `config`. It is read as if it were
 * the file; only a section that is one by itself counts, and of two the first is read.
 */
function recognizedInside(path: string, whole: Composed, files: ParsedFiles): Recognized | undefined {
  if (whole.node.is !== 'map') return undefined
  const found: Recognized[] = []
  for (const name of WRAPPERS) {
    const entry = whole.node.entries.get(name)
    if (entry === undefined || entry.path !== undefined || entry.value.is !== 'map') continue
    const section = withAdapter(entry.value, whole.node)
    const config = recognizedIn(path, section, files, undefined, true)
    if (config === undefined || config.fragment) continue
    if (!TRAINERS.includes(config.framework)) found.push(config)
    else {
      const run = withModel(section, whole.node)
      if (!namesWhatIsTrained(run, whole.node)) continue
      found.push(recognizedIn(path, run, files, undefined, true) ?? config)
    }
  }
  const [config] = found
  if (config === undefined) return undefined
  const includes = [...new Set([...config.includes, ...whole.includes])]
  return { ...config, includes, lacking: [...new Set([...config.lacking, ...whole.lacking])] }
}

/** Built by `Keys.shaped`, which has read them already. */
const SHAPED: ReadonlySet<FactName> = new Set(['mla', 'layerWindows', 'ssm', 'encoder', 'attention', 'extras'])

/** What an estimate takes for 1 where nobody says it, or anything that counts first; a file that says `auto` does not say 1. */
function isAssumed(name: FactName, facts: RunFacts): boolean {
  const says = (...names: readonly FactName[]) => names.some(other => !isAbsent(facts[other] ?? absent(other)))
  if (name === 'gradAccum') return !says('globalBatch')
  return name === 'epochs' && !says('steps', 'totalTokens', 'trainSamples')
}

/** Every value held against the fact's own range, and every missing one under the fact's published name. */
function checked(facts: RunFacts, fragment: boolean, problems: Problem[], path: string): RunFacts {
  const out: Record<string, Fact<unknown>> = {}
  for (const name of FACT_NAMES) {
    const fact: Fact<unknown> | undefined = facts[name]
    // What was not mentioned is left out; what is absent for a reason that has a place keeps its reason.
    if (fact === undefined || (isAbsent(fact) && !hasPlace(fact))) continue
    if (isAbsent(fact) && isSetToNothing(fact)) {
      if (!fragment && isAssumed(name, facts)) out[name] = renamed(name, notLeftOut(fact))
      continue
    }
    // How many devices run is the profile's to say, where the launcher says it.
    if (name === 'accelerators' && isLeftToLaunch(fact)) continue
    out[name] = fact.known ? inRange(name, fact, problems, path) : renamed(name, fact)
  }
  // Each value was read by its own fact's reader, or by `shaped`.
  return out
}

function hasPlace(fact: Fact<unknown>): boolean {
  return !fact.known && fact.missing.some(missing => missing.at !== undefined)
}

function inRange(
  name: FactName,
  fact: Extract<Fact<unknown>, { known: true }>,
  problems: Problem[],
  path: string,
): Fact<unknown> {
  if (SHAPED.has(name)) return fact
  const value = FACTS[name].read(fact.value)
  if (value !== undefined) return { ...fact, value }
  const at = fact.origins.find(origin => origin.line !== undefined)
  const why = `${FACTS[name].name} must be ${FACTS[name].expects}, not ${String(fact.value).slice(0, 60)}`
  problems.push({
    code: 'out-of-range',
    severity: 'error',
    message: why,
    at:
      at?.line === undefined || at.column === undefined
        ? { path: at?.path ?? path }
        : { path: at.path ?? path, line: at.line, column: at.column },
  })
  return unknown({ fact: FACTS[name].name, why, remedy: 'correct the value', absent: false, ...(at ? { at } : {}) })
}

function renamed(name: FactName, fact: Extract<Fact<unknown>, { known: false }>): Fact<unknown> {
  return { known: false, missing: fact.missing.map(missing => ({ ...missing, fact: FACTS[name].name })) }
}
