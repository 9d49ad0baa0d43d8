import type { Sha } from './types.ts'

const ZEROS = /^0{40}(0{24})?$/

/** A full commit id in lower case; undefined for anything else, also for the all-zeros id that means "no commit". */
export function shaFrom(plain: unknown): Sha | undefined {
  if (typeof plain !== 'string' || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(plain) || ZEROS.test(plain)) return undefined
  // The shape was just checked: this is where the brand is made.
  return plain as Sha
}

/** GitHub's way to say "no commit": the `before` of a new branch, the `after` of a deleted one. */
export function isNoCommit(plain: unknown): boolean {
  return typeof plain === 'string' && ZEROS.test(plain)
}

/**
 * A branch or tag name that git would take and that cannot be read as an option, a range or an expression.
 *
 * @see git-check-ref-format(1)
 */
export function isRefName(plain: unknown): plain is string {
  return (
    typeof plain === 'string' &&
    plain.length > 0 &&
    plain.length <= 1024 &&
    !/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^[-/.]|\/\.|\/$|\.$|\.lock(\/|$)/.test(plain) &&
    plain !== '@'
  )
}

/** Repository-relative, with forward slashes, staying inside: the only paths that are ever asked for. */
export function isInside(path: string): boolean {
  return (
    path.length > 0 &&
    path.length <= 4096 &&
    !path.includes('\0') &&
    path.split('/').every(part => part !== '' && part !== '.' && part !== '..')
  )
}
