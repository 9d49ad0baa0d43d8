import type { Location, Problem } from '../facts/index.ts'
import type { Node, Position } from '../parse/index.ts'

/** A policy is a page or two; aliases that multiply into more are an attack or a mistake. */
const MAX_NODES = 20_000

export interface Plain {
  readonly value: unknown
  /** `policy-unsupported`, `policy-too-large`. */
  readonly problems: readonly Problem[]
}

/** The tree as plain values for the schema. Objects have no prototype, so that `__proto__` is a key like any other. */
export function plainOf(root: Node, path: string): Plain {
  const problems: Problem[] = []
  let nodes = 0
  const at = (position: Position): Location => ({ path, line: position.line, column: position.column })
  const walk = (node: Node): unknown => {
    if (++nodes > MAX_NODES) return null
    switch (node.is) {
      case 'scalar':
        return node.value
      case 'list':
        return node.items.map(walk)
      case 'map': {
        const object = Object.create(null) as Record<string, unknown>
        for (const [key, entry] of node.entries) {
          if (nodes > MAX_NODES) break
          // A library further on may build ordinary objects; no name of a policy needs this key.
          if (key === '__proto__')
            problems.push({
              code: 'policy-unknown-key',
              severity: 'error',
              message: '"__proto__" is not a key',
              at: at(entry.keyAt),
            })
          else object[key] = walk(entry.value)
        }
        return object
      }
      case 'unsupported':
        problems.push({ code: 'policy-unsupported', severity: 'error', message: node.why, at: at(node.at) })
        return null
      default:
        return node satisfies never
    }
  }
  const value = walk(root)
  if (nodes > MAX_NODES)
    problems.push({
      code: 'policy-too-large',
      severity: 'error',
      message: `the policy has more than ${MAX_NODES} values, aliases counted each time`,
      at: at(root.at),
    })
  return { value, problems }
}

/**
 * Where a value stands: the key of the last step that exists, so that a missing key points at its parent.
 *
 * @param steps keys and list indexes from the root
 */
export function locate(root: Node, path: string, steps: readonly PropertyKey[]): Location {
  let node = root
  let position = root.at
  for (const step of steps) {
    if (node.is === 'map') {
      const entry = node.entries.get(String(step))
      if (entry === undefined) break
      position = entry.keyAt
      node = entry.value
    } else if (node.is === 'list' && typeof step === 'number') {
      const item: Node | undefined = node.items[step]
      if (item === undefined) break
      position = item.at
      node = item
    } else break
  }
  return { path, line: position.line, column: position.column }
}
