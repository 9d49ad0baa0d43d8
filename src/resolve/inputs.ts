import { numberFromText, type Problem } from '../facts/index.ts'
import { didYouMean } from './nearest.ts'
import type { Override, Policy, Rule, UnknownMode } from './types.ts'

export type FailOn = 'fail' | 'warn' | 'none'
export type OnError = 'fail' | 'warn'

/** The action's inputs and the command line's flags, read and filled with their defaults. Money in USD or the policy's currency. */
export interface Inputs {
  readonly githubToken?: string
  readonly policyFile: string
  readonly policyToken?: string
  readonly configs: readonly string[]
  readonly profile?: string
  readonly baseRef?: string
  readonly headRef?: string
  readonly prNumber?: number
  readonly source: 'auto' | 'api' | 'git'
  readonly maxIncrease?: number
  readonly maxIncreasePercent?: number
  readonly maxCost?: number
  readonly warnIncrease?: number
  readonly warnIncreasePercent?: number
  readonly warnCost?: number
  /** Undefined where neither the workflow nor the policy says it: `effectiveModes` decides. */
  readonly failOn?: FailOn
  readonly onUnknown?: UnknownMode
  readonly onError?: OnError
  readonly comment: 'always' | 'changes' | 'threshold' | 'on-failure' | 'never'
  readonly commentStyle: 'update' | 'new'
  readonly reportId: string
  readonly check: 'check-run' | 'commit-status' | 'none'
  readonly annotations: boolean
  readonly jobSummary: boolean
  readonly overrideLabel?: string
  /** Display only: rules ignore it. */
  readonly minDelta: number
  readonly details: 'full' | 'changed' | 'none'
  readonly reportDir?: string
  readonly dryRun: boolean
}

/** Where an input may be set: a secret or a revision never comes from a file of the repository. */
type Scope = 'workflow' | 'both'

type Kind =
  | { readonly is: 'text'; readonly max: number; readonly pattern?: RegExp; readonly expects?: string }
  | { readonly is: 'globs' }
  | { readonly is: 'number' }
  | { readonly is: 'whole' }
  | { readonly is: 'boolean' }
  | { readonly is: 'choice'; readonly of: readonly string[] }

export interface InputSpec {
  readonly kind: Kind
  readonly scope: Scope
  /** As the workflow would write it; undefined = stays unset. */
  readonly default?: string
  readonly says: string
}

const choice = (...of: readonly string[]): Kind => ({ is: 'choice', of })
const number: Kind = { is: 'number' }
const boolean: Kind = { is: 'boolean' }
const text: Kind = { is: 'text', max: 500 }
const identifier: Kind = {
  is: 'text',
  max: 64,
  pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
  expects: 'letters, digits, dots, dashes and underscores',
}

/** Every input of the action, once: its kind, its default, and whether the policy file may set it under `report:`. */
export const INPUTS = {
  'github-token': { kind: text, scope: 'workflow', says: 'Token of the job.' },
  'policy-file': {
    kind: text,
    scope: 'workflow',
    default: '.github/traincost.yml',
    says: 'Path of the policy file, or owner/repo/path@ref.',
  },
  'policy-token': { kind: text, scope: 'workflow', says: 'Token that may read a policy in another repository.' },
  configs: { kind: { is: 'globs' }, scope: 'workflow', says: 'Globs of training configs, one a line.' },
  profile: { kind: text, scope: 'workflow', says: 'A profile of the policy, or 64 x aws/p5.48xlarge@us-east-1.' },
  'base-ref': { kind: text, scope: 'workflow', says: 'Base revision where the event names none.' },
  'head-ref': { kind: text, scope: 'workflow', says: 'Head revision where the event names none.' },
  'pr-number': { kind: { is: 'whole' }, scope: 'workflow', says: 'Pull request to comment on.' },
  source: {
    kind: choice('auto', 'api', 'git'),
    scope: 'workflow',
    default: 'auto',
    says: 'Where files are read from.',
  },
  'max-increase': { kind: number, scope: 'workflow', says: 'Fail when a config costs more than this on top.' },
  'max-increase-percent': { kind: number, scope: 'workflow', says: 'The same in percent: 20 = +20 %.' },
  'max-cost': {
    kind: number,
    scope: 'workflow',
    says: 'Fail when a config costs more than this and more than before.',
  },
  'warn-increase': { kind: number, scope: 'workflow', says: 'Like max-increase, as a warning.' },
  'warn-increase-percent': { kind: number, scope: 'workflow', says: 'Like max-increase-percent, as a warning.' },
  'warn-cost': { kind: number, scope: 'workflow', says: 'Like max-cost, as a warning.' },
  'fail-on': {
    kind: choice('fail', 'warn', 'none'),
    scope: 'both',
    says: 'Which results fail the job; fail by default.',
  },
  'on-unknown': {
    kind: choice('auto', 'fail', 'warn', 'ignore'),
    scope: 'workflow',
    says: 'What an unknown cost does; the policy file says it as `unknown`.',
  },
  'on-error': { kind: choice('fail', 'warn'), scope: 'both', says: 'What a lasting fault does; fail by default.' },
  comment: {
    kind: choice('always', 'changes', 'threshold', 'on-failure', 'never'),
    scope: 'both',
    default: 'changes',
    says: 'When to comment.',
  },
  'comment-style': {
    kind: choice('update', 'new'),
    scope: 'both',
    default: 'update',
    says: 'Update one comment, or write a new one each time.',
  },
  'report-id': { kind: identifier, scope: 'workflow', default: 'default', says: 'Tells several reports apart.' },
  check: {
    kind: choice('check-run', 'commit-status', 'none'),
    scope: 'both',
    default: 'check-run',
    says: 'How the verdict is published beside the job.',
  },
  annotations: { kind: boolean, scope: 'both', default: 'true', says: 'Annotate the lines that drive a breach.' },
  'job-summary': { kind: boolean, scope: 'both', default: 'true', says: 'Write the job summary.' },
  'override-label': { kind: text, scope: 'workflow', says: 'A label that overrides the limits of the inputs.' },
  'min-delta': {
    kind: number,
    scope: 'both',
    default: '1',
    says: 'Smaller differences are not listed; rules ignore it.',
  },
  details: {
    kind: choice('full', 'changed', 'none'),
    scope: 'both',
    default: 'full',
    says: 'How much a comment holds.',
  },
  'report-dir': { kind: text, scope: 'workflow', says: 'Folder for the report files.' },
  'dry-run': { kind: boolean, scope: 'workflow', default: 'false', says: 'Write nothing to GitHub.' },
} as const satisfies Readonly<Record<string, InputSpec>>

export type InputName = keyof typeof INPUTS

// INPUTS has exactly these keys.
export const INPUT_NAMES = Object.keys(INPUTS) as readonly InputName[]

/** Inputs that the policy file may set under `report:`, in snake_case there. */
export const POLICY_INPUT_NAMES: readonly InputName[] = INPUT_NAMES.filter(name => INPUTS[name].scope === 'both')

export interface InputsReading {
  readonly inputs: Inputs
  /** `bad-input`, `unknown-input`. */
  readonly problems: readonly Problem[]
}

/**
 * Reads all inputs at once.
 *
 * @param raw by kebab-case name, as the runner hands them over; empty and blank texts are unset
 * @param policyInputs what the policy file sets under `report:`; a workflow that sets the same input wins here, and
 *   `effectiveModes` keeps the stricter one where it matters
 */
export function readInputs(
  raw: ReadonlyMap<string, string>,
  policyInputs: ReadonlyMap<string, string> = new Map(),
): InputsReading {
  const problems: Problem[] = []
  for (const name of raw.keys())
    if (!Object.hasOwn(INPUTS, name))
      problems.push({
        code: 'unknown-input',
        severity: 'error',
        message: `there is no input "${name.slice(0, 60)}"${didYouMean(name, INPUT_NAMES)}`,
      })

  const given = (name: InputName): string | undefined => {
    const spec: InputSpec = INPUTS[name]
    const fromPolicy = spec.scope === 'both' ? policyInputs.get(name) : undefined
    return [raw.get(name), fromPolicy].find(value => value !== undefined && value.trim() !== '')?.trim() ?? spec.default
  }
  const refuse = (name: InputName, value: string, expects: string) => {
    const shown = name.endsWith('-token') ? 'the value' : `"${value.slice(0, 60)}"`
    problems.push({ code: 'bad-input', severity: 'error', message: `input ${name}: ${shown} must be ${expects}` })
  }

  const out: Record<string, unknown> = {}
  for (const name of INPUT_NAMES) {
    const value = given(name)
    if (value === undefined) continue
    const read = readInput(INPUTS[name].kind, value)
    if ('expects' in read) refuse(name, value, read.expects)
    else out[camelCase(name)] = read.value
    // A value that is refused falls back to its default, so that the report of the refusal can still be published.
    if ('expects' in read) {
      const fallback = (INPUTS[name] as InputSpec).default
      const safe = fallback === undefined ? undefined : readInput(INPUTS[name].kind, fallback)
      if (safe !== undefined && 'value' in safe) out[camelCase(name)] = safe.value
    }
  }
  out['configs'] ??= []
  // Every required field has a default in INPUTS, read by its own kind; held by a test.
  return { inputs: out as unknown as Inputs, problems }
}

/** What one input says as text, or what it must be. */
export function readInput(kind: Kind, value: string): { readonly value: unknown } | { readonly expects: string } {
  switch (kind.is) {
    case 'text':
      if (value.length > kind.max) return { expects: `at most ${kind.max} characters` }
      return kind.pattern === undefined || kind.pattern.test(value)
        ? { value }
        : { expects: kind.expects ?? 'of another form' }
    case 'globs': {
      const globs = value
        .split(/[\n,](?![^{]*\})/)
        .map(glob => glob.trim())
        .filter(glob => glob !== '')
      const bad = globs.map(globFault).find(fault => fault !== undefined)
      return bad === undefined ? { value: globs } : { expects: bad }
    }
    case 'number': {
      const read = numberFromText(value.replace(/^\$/, '').replace(/%$/, ''))
      return read === undefined || read < 0 ? { expects: 'a number of at least 0, such as 20' } : { value: read }
    }
    case 'whole': {
      const read = numberFromText(value)
      return read === undefined || !Number.isSafeInteger(read) || read < 1
        ? { expects: 'a whole number of at least 1' }
        : { value: read }
    }
    case 'boolean': {
      const folded = value.toLowerCase()
      return folded === 'true' || folded === 'false' ? { value: folded === 'true' } : { expects: 'true or false' }
    }
    case 'choice':
      return kind.of.includes(value) ? { value } : { expects: `one of ${kind.of.join(', ')}` }
    default:
      return kind satisfies never
  }
}

const MAX_GLOB_LENGTH = 300

/** What a glob must be, where it is not; undefined for a good one. Patterns are relative to the tree's root. */
export function globFault(glob: string): string | undefined {
  if (glob === '' || glob.length > MAX_GLOB_LENGTH) return `a glob of 1 to ${MAX_GLOB_LENGTH} characters`
  if (glob.startsWith('/')) return 'a glob relative to the root of the repository, without a leading /'
  if (glob.split('/').includes('..')) return 'a glob without ".."'
  if (glob.startsWith('!')) return 'a glob that names files; one that excludes them (!) is not supported'
  if ((glob.match(/[{*]/g) ?? []).length > 20) return 'a glob with at most 20 stars and braces'
  return undefined
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** Each limit among the inputs as a rule over every config. They stand beside the policy's rules: an input never loosens. */
export function inputRules(inputs: Inputs): readonly Rule[] {
  const rules: Rule[] = []
  const add = (
    input: InputName,
    action: Rule['action'],
    limit: Pick<Rule, 'max' | 'maxIncrease' | 'maxIncreasePercent'>,
  ) =>
    rules.push({
      name: input,
      match: [],
      scope: 'each',
      metric: 'cost',
      combine: 'any',
      basis: 'expected',
      action,
      origin: { kind: 'policy', source: `input ${input}` },
      ...limit,
    })
  if (inputs.maxIncrease !== undefined) add('max-increase', 'fail', { maxIncrease: inputs.maxIncrease })
  if (inputs.maxIncreasePercent !== undefined)
    add('max-increase-percent', 'fail', { maxIncreasePercent: inputs.maxIncreasePercent })
  if (inputs.maxCost !== undefined) add('max-cost', 'fail', { max: inputs.maxCost })
  if (inputs.warnIncrease !== undefined) add('warn-increase', 'warn', { maxIncrease: inputs.warnIncrease })
  if (inputs.warnIncreasePercent !== undefined)
    add('warn-increase-percent', 'warn', { maxIncreasePercent: inputs.warnIncreasePercent })
  if (inputs.warnCost !== undefined) add('warn-cost', 'warn', { max: inputs.warnCost })
  return rules
}

/** The override that `override-label` stands for: of the inputs' limits only, so none where a policy decides. */
export function inputOverrides(inputs: Inputs, policy: Policy | undefined): readonly Override[] {
  if (inputs.overrideLabel === undefined || policy !== undefined) return []
  return [
    {
      label: inputs.overrideLabel,
      upTo: Number.POSITIVE_INFINITY,
      minPermission: 'write',
      allowAuthor: false,
      at: { path: 'input override-label', line: 1, column: 1 },
    },
  ]
}

export interface Modes {
  readonly failOn: FailOn
  readonly onUnknown: UnknownMode
  readonly onError: OnError
  /** `input-loosens`: an input that would open what the policy closes, and is not followed. */
  readonly problems: readonly Problem[]
}

const STRICTEST_FIRST = {
  failOn: ['warn', 'fail', 'none'],
  onUnknown: ['fail', 'auto', 'warn', 'ignore'],
  onError: ['fail', 'warn'],
} as const satisfies {
  failOn: readonly FailOn[]
  onUnknown: readonly UnknownMode[]
  onError: readonly OnError[]
}

/**
 * The stricter of workflow and policy, mode by mode. Where a policy file stands, what it leaves unsaid counts as its
 * default, so a workflow cannot switch a policy off; without one, or with one that is not merged yet, the workflow
 * decides alone.
 *
 * @param policy the one that decides (`Effective.cost`), undefined where there is none
 * @param enforced `Effective.enforced`: an unknown then fails nothing unless an input sets a limit
 */
export function effectiveModes(inputs: Inputs, policy: Policy | undefined, enforced = true): Modes {
  const problems: Problem[] = []
  const deciding = enforced ? policy : undefined
  const stricter = <T extends string>(name: InputName, order: readonly T[], asked: T | undefined, floor: T): T => {
    if (asked === undefined || deciding === undefined) return asked ?? floor
    if (order.indexOf(asked) <= order.indexOf(floor)) return asked
    problems.push({
      code: 'input-loosens',
      severity: 'warning',
      message: `input ${name}: ${asked} is looser than the policy's ${floor}, which holds`,
      at: { path: deciding.path },
    })
    return floor
  }
  const said = <T extends string>(name: InputName, order: readonly T[], otherwise: T): T =>
    order.find(value => value === deciding?.inputs.get(name)) ?? otherwise
  const { failOn, onUnknown, onError } = STRICTEST_FIRST
  const unmergedAlone = !enforced && inputRules(inputs).length === 0
  return {
    failOn: stricter('fail-on', failOn, inputs.failOn, said<FailOn>('fail-on', failOn, 'fail')),
    onUnknown: stricter(
      'on-unknown',
      onUnknown,
      inputs.onUnknown,
      deciding?.unknown ?? (unmergedAlone ? 'warn' : 'auto'),
    ),
    onError: stricter('on-error', onError, inputs.onError, said<OnError>('on-error', onError, 'fail')),
    problems,
  }
}
