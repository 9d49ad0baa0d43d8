import { saysTheSame } from '../compare/index.ts'
import type { Comparison } from '../compare/index.ts'
import { FACTS } from '../facts/index.ts'
import type { FactName } from '../facts/index.ts'
import type { Rule } from '../resolve/index.ts'
import type { RuleOutcome } from './types.ts'
import { count } from './words.ts'

/** A rule that no policy writes out: its name is its kind. */
function ours(name: 'lock' | 'coverage'): Rule {
  return {
    name,
    match: [],
    scope: name === 'lock' ? 'each' : 'total',
    metric: 'cost',
    combine: 'any',
    basis: 'expected',
    action: 'fail',
    origin: { kind: 'policy', source: name === 'lock' ? 'lock in the policy' : 'the globs under configs' },
  }
}

const LOCK = ours('lock')
const COVERAGE = ours('coverage')

/**
 * `lock` names facts that a head may not change, whichever key supplies them: a value that differs, appears or goes away
 * fails. A config that is new has nothing to change.
 */
export function judgeLock(lock: readonly FactName[], comparisons: readonly Comparison[]): readonly RuleOutcome[] {
  return comparisons.flatMap(({ path, base, head }) => {
    if (base === null || head === null) return []
    const broken = lock.filter(name => !saysTheSame(base.facts[name], head.facts[name]))
    return broken.map((name): RuleOutcome => {
      const at = head.facts[name]
      const origin = at?.known === true ? at.origins.find(o => o.line !== undefined) : undefined
      const where = origin?.path === undefined ? '' : ` (${origin.path}:${origin.line ?? 1})`
      return {
        rule: LOCK,
        limitKind: 'lock',
        configs: [path],
        limit: null,
        actual: null,
        result: 'fail',
        byUnknown: false,
        missing: [],
        why: `${FACTS[name].name} is locked by the policy and this change alters it${where}; take it out of lock on the base branch first`,
      }
    })
  })
}

/**
 * Moving a config out of the globs is no way out: a training config outside every glob together with a gated one that was
 * removed or moved there fails.
 */
export function judgeCoverage(uncovered: readonly string[], removed: readonly string[]): readonly RuleOutcome[] {
  if (uncovered.length === 0 || removed.length === 0) return []
  const others = count(uncovered.length, 'training config')
  const why = `${count(removed.length, 'config')} left the policy's globs while ${others} outside them changed; add the new path to configs, or split the pull request`
  return [moved([...uncovered, ...removed], why)]
}

/**
 * Nor is moving it to a path that a glob covers and no rule matches: what became dearer there, together with a config under
 * a rule that was removed, fails.
 */
export function judgeUnruled(unruled: readonly string[], removed: readonly string[]): readonly RuleOutcome[] {
  if (unruled.length === 0 || removed.length === 0) return []
  const others = count(unruled.length, 'config')
  const why = `${count(removed.length, 'config')} that a rule matches left while ${others} that no rule matches became dearer; add the path to a rule, or split the pull request`
  return [moved([...unruled, ...removed], why)]
}

function moved(configs: readonly string[], why: string): RuleOutcome {
  return {
    rule: COVERAGE,
    limitKind: 'coverage',
    configs: [...new Set(configs)],
    limit: null,
    actual: null,
    result: 'fail',
    byUnknown: false,
    missing: [],
    why,
  }
}
