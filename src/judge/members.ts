import type { Comparison } from '../compare/index.ts'
import { unknown } from '../facts/index.ts'
import type { Fact, Missing } from '../facts/index.ts'
import type { Estimate } from '../estimate/index.ts'
import type { Rule } from '../resolve/index.ts'
import type { Amounts } from './limits.ts'
import type { Measure } from './metrics.ts'

/** One config as a rule sees it: a number on each side, in the metric's unit and on the rule's basis. */
export interface Member {
  readonly path: string
  readonly status: Comparison['status']
  /** Null where the config is not there: an added one has no base, a removed one no head. */
  readonly base: Fact<number> | null
  readonly head: Fact<number> | null
}

const UNREADABLE_BASE = unknown({
  fact: 'base',
  why: 'the config could not be read at the base, so there is nothing to compare with',
  remedy: 'give the rule a max: it needs no base',
  absent: false,
})

const UNREADABLE_HEAD = unknown({
  fact: 'head',
  why: 'the config could not be read at the head',
  remedy: 'correct the errors listed for it',
  absent: false,
})

export function memberOf(comparison: Comparison, rule: Rule, measure: Measure): Member {
  const { path, status, base, head } = comparison
  const amount = (estimate: Estimate): Fact<number> => {
    const range = measure.of(estimate)
    return range.known ? { ...range, value: range.value[rule.basis] } : range
  }
  return {
    path,
    status,
    base: base !== null ? amount(base) : status === 'added' || status === 'error' ? null : UNREADABLE_BASE,
    head: head !== null ? amount(head) : status === 'removed' ? null : UNREADABLE_HEAD,
  }
}

function isWhole({ base, head }: Member): boolean {
  return (base === null || base.known) && (head === null || head.known)
}

const amountOf = (fact: Fact<number> | null): number[] => (fact?.known === true ? [fact.value] : [])
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

/** For limits on a difference: only members known on both of their sides can say anything. */
export function differences(members: readonly Member[]): Amounts {
  const whole = members.filter(isWhole)
  return {
    base: sum(whole.flatMap(m => amountOf(m.base))),
    head: sum(whole.flatMap(m => amountOf(m.head))),
    complete: whole.length === members.length,
  }
}

/** For limits on the head alone: an unknown base matters only to the ratchet, which it does not lift. */
export function levels(members: readonly Member[]): Amounts {
  const heads = members.filter(m => m.head === null || m.head.known)
  return {
    base: sum(heads.flatMap(m => amountOf(m.base))),
    head: sum(heads.flatMap(m => amountOf(m.head))),
    complete: heads.length === members.length,
  }
}

/** Went dark: unknown at the head, though known at the base or new. That is no way past a gate. */
export function wentDark({ base, head }: Member): boolean {
  return head !== null && !head.known && (base === null || base.known)
}

/** Everything that lacks, once each. */
export function missingOf(members: readonly Member[]): readonly Missing[] {
  const all = members.flatMap(({ base, head }) => [head, base].flatMap(f => (f === null || f.known ? [] : f.missing)))
  return all.filter((lack, i) => all.findIndex(m => m.fact === lack.fact && m.why === lack.why) === i)
}
