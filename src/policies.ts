import type { Problem } from './facts/index.ts'
import type { FileText, Read, Side, Source } from './read/index.ts'
import { effectivePolicies, extendedPolicy, INPUTS, readPolicy } from './resolve/index.ts'
import type { Effective, Halves, Policy, PolicyReading } from './resolve/index.ts'

export type Policies =
  | {
      readonly is: 'policies'
      readonly halves: Effective
      /** True where the two sides may describe their runs differently: then every covered config is compared. */
      readonly sidesDiffer: boolean
    }
  /** `fault`: the policy could not be reached, which says nothing of the change. */
  | { readonly is: 'malformed'; readonly problems: readonly Problem[]; readonly fault?: true }

/** Where a policy is looked for when nobody names another place. */
export const USUAL_PLACE = INPUTS['policy-file'].default

const SIDES = ['base', 'head', 'tip'] as const satisfies readonly Side[]

/**
 * Reads the policy file on the three revisions and decides whose half counts for what.
 *
 * @param file repository-relative, or `owner/repo/path@ref`: then that file alone is the policy of every side
 * @param given stands for the file at the base and at its tip
 * @param readRemote undefined where nothing but this repository can be read
 */
export async function readPolicies(
  source: Source,
  file: string,
  given: { readonly path: string; readonly text: string } | undefined,
  readRemote: ReadRemote | undefined,
): Promise<Policies> {
  if (given === undefined && /^[^/]+\/[^/]+\/.+@.+$/.test(file)) {
    const central = await remotePolicy(file, readRemote)
    const halves = effectivePolicies({ base: central, head: central, tip: central })
    return halves.is === 'malformed' ? halves : { is: 'policies', halves, sidesDiffer: false }
  }
  const read = await Promise.all(SIDES.map(side => source.texts(side, [file])))
  const texts = read.map((answer): Read<FileText> => {
    if (answer.is === 'failed') return answer
    return { is: 'read', value: answer.value.get(file) ?? { is: 'absent' } }
  })
  const faults = texts.flatMap(text => (text.is === 'failed' ? [text.problem] : []))
  if (faults.length > 0) return { is: 'malformed', problems: faults, fault: true }
  const [base, head, tip] = texts.map(text => (text.is === 'read' ? text.value : ABSENT))
  if (file !== USUAL_PLACE && given === undefined && tip?.is === 'absent') {
    const problem = await whyElsewhere(source, file, head ?? ABSENT)
    if (problem !== undefined) return problem
  }
  const own = given === undefined ? undefined : readPolicy(given.path, given.text)
  const halves = effectivePolicies({
    base: own ?? readingOf(file, base ?? ABSENT),
    // A change that leaves the file as it is, or absent, proposes nothing against the one that stands for it.
    head: own !== undefined && isSame(base, head) ? own : readingOf(file, head ?? ABSENT),
    tip: own ?? readingOf(file, tip ?? ABSENT),
  })
  if (halves.is === 'malformed') return halves
  const whole = await withCentral(halves, readRemote)
  if (whole.is === 'malformed') return whole
  return { is: 'policies', halves: whole, sidesDiffer: halves.baseRun !== halves.headRun && !isSame(base, head) }
}

function isSame(base: FileText | undefined, head: FileText | undefined): boolean {
  return base?.is === 'text' && head?.is === 'text'
    ? base.text === head.text
    : base?.is === 'absent' && head?.is === 'absent'
}

/** The half that decides, with the policy that it extends; and the half that the change proposes, where it extends the same. */
async function withCentral(halves: Effective, readRemote: ReadRemote | undefined): Promise<Halves> {
  const { cost, proposed } = halves
  if (cost.extends === undefined) return halves
  const central = await remotePolicy(cost.extends, readRemote)
  if (central.is !== 'policy') return central.is === 'malformed' ? central : halves
  const whole = extendedPolicy(cost, central.policy)
  if (whole.is !== 'policy') return whole.is === 'malformed' ? whole : halves
  const next = proposed?.extends === cost.extends ? extended(proposed, central.policy) : proposed
  return { ...halves, cost: whole.policy, ...(next === undefined ? {} : { proposed: next }) }
}

function extended(policy: Policy, central: Policy): Policy {
  const whole = extendedPolicy(policy, central)
  return whole.is === 'policy' ? whole.policy : policy
}

/** Without it there is no gate: whatever keeps it from us is an error, never "no policy", and no `on-error` forgives it. */
async function remotePolicy(reference: string, readRemote: ReadRemote | undefined): Promise<PolicyReading> {
  const at = { path: reference }
  const failed = (message: string): PolicyReading => ({
    is: 'malformed',
    problems: [{ code: 'policy-remote', severity: 'error', message, at }],
  })
  if (readRemote === undefined)
    return failed('a policy of another repository is read by the action only: name a copy with --policy')
  const read = await readRemote(reference)
  if (read.is === 'failed') return failed(`${read.problem.message}; ${OTHER_TOKEN}`)
  return read.value.is === 'text'
    ? readPolicy(reference, read.value.text)
    : failed(
        `it cannot be read: ${read.value.is === 'unreadable' ? read.value.why : 'it is not there'}; ${OTHER_TOKEN}`,
      )
}

/** Reads a file of another repository, named `owner/repo/path@ref`. */
export type ReadRemote = (reference: string) => Promise<Read<FileText>>

const OTHER_TOKEN =
  'for a private repository set policy-token, and run on pull_request_target, where forks get the secret'

/**
 * A policy that the workflow names must be there: on the base branch, or at the head alone where the base branch has none
 * at all. Otherwise naming another place would be a way to be judged by no policy.
 */
async function whyElsewhere(
  source: Source,
  file: string,
  head: FileText,
): Promise<Extract<Policies, { is: 'malformed' }> | undefined> {
  if (head.is === 'absent')
    return malformed(
      'policy-missing',
      `the workflow names the policy ${file}, which is not there: correct policy-file`,
      file,
    )
  const usual = await source.texts('tip', [USUAL_PLACE])
  if (usual.is === 'failed') return { is: 'malformed', problems: [usual.problem], fault: true }
  if ((usual.value.get(USUAL_PLACE) ?? ABSENT).is === 'absent') return undefined
  const message = `the base branch has ${USUAL_PLACE} and not yet ${file}: merge the new policy first, then name it`
  return malformed('policy-elsewhere', message, file)
}

const ABSENT: FileText = { is: 'absent' }

function readingOf(file: string, text: FileText): PolicyReading {
  switch (text.is) {
    case 'text':
      return readPolicy(file, text.text)
    case 'absent':
      return { is: 'none' }
    case 'unreadable':
      return malformed('policy-unreadable', `the policy file cannot be read: ${text.why}`, file)
    default:
      return text satisfies never
  }
}

function malformed(code: string, message: string, path: string) {
  return { is: 'malformed', problems: [{ code, severity: 'error', message, at: { path } }] } as const
}
