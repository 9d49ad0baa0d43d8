import type { Fact, RunFacts } from '../facts/index.ts'
import type { Node } from '../parse/index.ts'
import { frameworks } from './frameworks/index.ts'
import { keysOf } from './keys.ts'
import { namesWhatIsTrained, withModel } from './sections.ts'

/** Of the frameworks, a section holds the arguments of the Trainer alone; what is trained stands beside it. */
export const TRAINERS: readonly string[] = ['trl', 'hf_trainer']

/**
 * How many trainings of their own a config holds beside the one that is read: sections that are a training by themselves and
 * that give the read one nothing. What gives it a fact (`training` of a nested format, an anchor that is merged in) is its own.
 */
export function trainingsBeside(root: Node, path: string, facts: RunFacts): number {
  const gives = givers(path, placesOf(facts))
  // A node that several aliases share is looked at once, however many they are.
  const seen = new Set<Node>()
  const within = (around: Node): number => {
    if (seen.has(around)) return 0
    seen.add(around)
    let trainings = 0
    for (const section of sectionsOf(around)) {
      const own = section.is === 'map' && !gives(section) && isTraining(section, around, path)
      trainings += own ? 1 : within(section)
    }
    return trainings
  }
  return within(root)
}

function sectionsOf(node: Node): readonly Node[] {
  const nodes =
    node.is === 'map' ? [...node.entries.values()].map(entry => entry.value) : node.is === 'list' ? node.items : []
  return nodes.filter(({ is }) => is === 'map' || is === 'list')
}

/** By its keys alone: nothing is included, and no fact is read. */
function isTraining(section: Node, around: Node, path: string): boolean {
  const look = (folds: boolean) => keysOf({ problems: [], folds, open: () => undefined }, section, path)
  const [exact, folded] = [look(false), look(true)]
  const framework = frameworks.find(candidate => candidate.recognizes(candidate.folds === true ? folded : exact))
  if (framework === undefined) return false
  const { fragment = false, folds = false } = framework
  if (typeof fragment === 'function' ? fragment(folds ? folded : exact) : fragment) return false
  return !TRAINERS.includes(framework.name) || namesWhatIsTrained(withModel(section, around), around)
}

/** Where the facts of a training were read, as `path:line:column`. */
function placesOf(facts: RunFacts): ReadonlySet<string> {
  const places = new Set<string>()
  for (const fact of Object.values(facts) as readonly (Fact<unknown> | undefined)[])
    for (const at of fact === undefined ? [] : fact.known ? fact.origins : fact.missing.map(missing => missing.at))
      if (at?.line !== undefined && at.column !== undefined) places.add(placeOf(at.path ?? '', at.line, at.column))
  return places
}

/** Whether one of these places lies in a section; each node is looked into once, for aliases share them. */
function givers(path: string, read: ReadonlySet<string>): (section: Node) => boolean {
  const known = new Map<Node, boolean>()
  const gives = (section: Node): boolean => {
    const before = known.get(section)
    if (before !== undefined) return before
    known.set(section, false)
    const given =
      section.is === 'list'
        ? section.items.some(gives)
        : section.is === 'map' &&
          [...section.entries.values()].some(
            ({ keyAt, value, path: from = path }) => read.has(placeOf(from, keyAt.line, keyAt.column)) || gives(value),
          )
    known.set(section, given)
    return given
  }
  return gives
}

function placeOf(path: string, line: number, column: number): string {
  return `${path}:${line}:${column}`
}
