import type { Problem } from './facts/index.ts'
import type { FileText, Read, Side, Source } from './read/index.ts'
import { effectivePolicies, readPolicy } from './resolve/index.ts'
import type { Effective, PolicyReading } from './resolve/index.ts'

export type Policies =
  | {
      readonly is: 'policies'
      readonly halves: Effective
      /** True where the two sides may describe their runs differently: then every covered config is compared. */
      readonly sidesDiffer: boolean
    }
  | { readonly is: 'malformed'; readonly problems: readonly Problem[] }

const SIDES = ['base', 'head', 'tip'] as const satisfies readonly Side[]

/**
 * Reads the policy file on the three revisions and decides whose half counts for what.
 *
 * @param file repository-relative
 * @param given stands for the file at the base and at its tip
 */
export async function readPolicies(
  source: Source,
  file: string,
  given: { readonly path: string; readonly text: string } | undefined,
): Promise<Policies> {
  if (/^[^/]+\/[^/]+\/.+@.+$/.test(file)) return malformed('policy-remote', REMOTE, file)
  const read = await Promise.all(SIDES.map(side => source.texts(side, [file])))
  const texts = read.map((answer): Read<FileText> => {
    if (answer.is === 'failed') return answer
    return { is: 'read', value: answer.value.get(file) ?? { is: 'absent' } }
  })
  const faults = texts.flatMap(text => (text.is === 'failed' ? [text.problem] : []))
  if (faults.length > 0) return { is: 'malformed', problems: faults }
  const [base, head, tip] = texts.map(text => (text.is === 'read' ? text.value : ABSENT))
  const own = given === undefined ? undefined : readPolicy(given.path, given.text)
  const halves = effectivePolicies({
    base: own ?? readingOf(file, base ?? ABSENT),
    head: readingOf(file, head ?? ABSENT),
    tip: own ?? readingOf(file, tip ?? ABSENT),
  })
  if (halves.is === 'malformed') return halves
  const sameText = given === undefined && base?.is === 'text' && head?.is === 'text' && base.text === head.text
  return { is: 'policies', halves, sidesDiffer: halves.baseRun !== halves.headRun && !sameText }
}

const ABSENT: FileText = { is: 'absent' }
const REMOTE = 'a policy in another repository is not supported by this version: commit the policy file here'

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
