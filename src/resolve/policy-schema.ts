import * as z from 'zod'
import { FACT_NAMES, FACTS, countFromText } from '../facts/index.ts'
import { globFault, type InputSpec, INPUTS, POLICY_INPUT_NAMES, readInput } from './inputs.ts'

/** A count or an amount: 120000, 120k, 1.2T, 3e11. Never negative, never infinite. */
const amountFrom = (plain: unknown): number | undefined => {
  const value = typeof plain === 'string' ? countFromText(plain) : plain
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}

/** The number that a validated amount stands for. */
export function amount(plain: number | string): number {
  const value = amountFrom(plain)
  if (value === undefined) throw new Error('an amount that the schema let through')
  return value
}

const amountOf = (expects: string, fits: (value: number) => boolean) =>
  z.union([z.number(), z.string()], { error: `must be ${expects}` }).refine(
    plain => {
      const value = amountFrom(plain)
      return value !== undefined && fits(value)
    },
    { error: `must be ${expects}` },
  )

const limit = amountOf('a number of at least 0, such as 120000 or 120k', () => true)
const positive = amountOf('a number above 0, such as 1.2T', value => value > 0)
const whole = amountOf('a whole number of at least 1', value => Number.isSafeInteger(value) && value >= 1)

const text = (max: number) =>
  z
    .string({ error: `must be a text of 1 to ${max} characters` })
    .min(1, { error: 'must not be empty' })
    .max(max, { error: `must be at most ${max} characters` })

const choice = <const T extends readonly [string, ...string[]]>(...of: T) =>
  z.enum(of, { error: `must be one of ${of.join(', ')}` })

const glob = z.string({ error: 'must be a glob' }).refine(pattern => globFault(pattern) === undefined, {
  error: issue => `must be ${globFault(String(issue.input)) ?? 'a glob'}`,
})

const flag = z.boolean({ error: 'must be true or false' })
const list = <T extends z.ZodType>(of: T) =>
  z.array(of, { error: 'must be a list' }).max(1000, { error: 'must have at most 1,000 items' })
const oneOrMore = <T extends z.ZodType>(of: T) => z.union([of, list(of).min(1)])

/** A day of the calendar as YYYY-MM-DD. */
export function isDay(value: string): boolean {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value)
  if (parts === null) return false
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  return days !== undefined && day >= 1 && day <= days
}

const day = z
  .string({ error: 'must be a date such as 2026-11-01' })
  .refine(isDay, { error: 'must be a date such as 2026-11-01' })
const dayOrMonth = z
  .string({ error: 'must be a date such as 2026-11-01 or 2026-11' })
  .refine(value => isDay(value) || isDay(`${value}-01`), { error: 'must be a date such as 2026-11-01 or 2026-11' })

type FactOwner = 'model' | 'run' | 'policy'

/** Facts by their published names; `lora:` may be an object or `lora.rank` and its like. Values are read by FACTS. */
function facts(owners: readonly FactOwner[]) {
  const shape: Record<string, z.ZodType> = {}
  const lora: Record<string, z.ZodType> = {}
  for (const name of FACT_NAMES) {
    const spec = FACTS[name]
    if (!owners.includes(spec.of)) continue
    // `read` of a union of specs: each takes any plain value and says undefined where it is none of its own.
    const read: (plain: unknown) => unknown = spec.read
    const field = z
      .unknown()
      .refine(plain => plain !== null && read(plain) !== undefined, { error: `must be ${spec.expects}` })
      .optional()
      .describe(`Must be ${spec.expects}.`)
    shape[spec.name] = field
    const [, member] = /^lora\.(.+)$/.exec(spec.name) ?? []
    if (member !== undefined) {
      lora[member] = field
      shape[`lora_${member}`] = field
    }
  }
  if (Object.keys(lora).length > 0) shape['lora'] = z.strictObject(lora).optional()
  return shape
}

const profile = z
  .strictObject({
    instance: text(200).optional().describe('provider/type of the catalog, such as aws/p5.48xlarge.'),
    region: text(60).optional(),
    pricing: choice('on-demand', 'spot', 'reserved-1y', 'reserved-3y').optional(),
    accelerator: text(200).optional().describe('An accelerator of the catalog, such as H100-SXM.'),
    accelerators: whole.optional().describe('How many the job uses, unless its config says so.'),
    usd_per_accelerator_hour: positive.optional(),
    usd_per_instance_hour: positive.optional(),
    price_date: dayOrMonth.optional().describe('When the rate was agreed or read.'),
    mfu: z
      .number({ error: 'must be a fraction of the dense peak, such as 0.42' })
      .gt(0, { error: 'must be above 0' })
      .max(1, { error: 'must be a fraction of at most 1, such as 0.42' })
      .optional(),
    tokens_per_second: positive.optional().describe('Measured rate of the whole job.'),
    measured_on: z
      .strictObject({
        config: text(500).describe('The config that ran, relative to the root.'),
        ref: z
          .string()
          .max(200)
          // HEAD is another commit in each clone, in some the one that is judged.
          .regex(/^(?!.*HEAD$)[\w][\w./-]*$/, { error: 'must be a branch, a tag or a commit id, and not HEAD' })
          .describe('The branch, tag or commit that it ran from.'),
      })
      .optional()
      .describe('The run that had tokens_per_second; without it each config counts as measured at its base.'),
  })
  .describe('Priced hardware: names of the catalog, or rates of your own.')

const config = z.strictObject({
  path: glob.describe('Glob over config files, relative to the root. The first entry that matches wins.'),
  framework: text(60).optional(),
  profile: text(200).optional(),
  runs: whole.optional().describe('Seeds, retries, sweeps: multiplies cost, not wall-clock.'),
  facts: z
    .strictObject(facts(['model', 'run', 'policy']))
    .optional()
    .describe('What the config itself does not say.'),
})

const rule = z.strictObject({
  name: text(100),
  match: oneOrMore(glob).optional().describe('Globs over config paths; every config where left out.'),
  scope: choice('each', 'total').optional(),
  metric: choice('cost', 'accelerator_hours', 'wall_clock_hours', 'model_flops', 'energy_kwh', 'co2_kg').optional(),
  max: limit.optional().describe('A ratchet: a base already above it fails only a higher head.'),
  max_increase: limit.optional(),
  max_increase_percent: limit.optional().describe('20 = +20 %.'),
  combine: choice('any', 'all').optional(),
  basis: choice('low', 'expected', 'high').optional(),
  new_config: z.strictObject({ max: limit }).optional().describe('Limits on configs that the base does not have.'),
  action: choice('fail', 'warn').optional(),
  message: text(500).optional(),
})

const override = z.strictObject({
  label: text(100),
  up_to: limit.describe('Caps the summed expected cost of the configs in breach.'),
  min_permission: choice('triage', 'write', 'maintain', 'admin').optional(),
  allow_author: flag.optional(),
})

const exception = z.strictObject({
  config: text(500).describe('Path of one config.'),
  max: limit,
  reason: text(500),
  expires: day.describe('Valid through that day.'),
})

function reportSettings() {
  const shape: Record<string, z.ZodType> = {}
  for (const name of POLICY_INPUT_NAMES) {
    const { kind, says }: InputSpec = INPUTS[name]
    const external = name.replaceAll('-', '_')
    switch (kind.is) {
      case 'boolean':
        shape[external] = flag.optional().describe(says)
        break
      case 'choice': {
        const of: readonly string[] = kind.of
        shape[external] = z
          .enum([...of], { error: `must be one of ${of.join(', ')}` })
          .optional()
          .describe(says)
        break
      }
      case 'number':
        shape[external] = limit
          .refine(plain => 'value' in readInput(kind, String(plain)), { error: 'must be a plain number' })
          .optional()
          .describe(says)
        break
      case 'text':
      case 'globs':
      case 'whole':
        // An input of another kind that moves to the policy needs its case here; a test reads every one of them.
        throw new Error(`report.${external} has no schema`)
    }
  }
  return shape
}

/** The policy file as users write it. `schema/policy.schema.json` is generated from this. */
export const POLICY_SCHEMA = z.strictObject({
  version: z.literal(1, { error: 'must be 1' }),
  configs: list(config).optional(),
  datasets: z.record(z.string(), z.strictObject({ tokens: positive })).optional(),
  models: z
    .record(z.string(), z.strictObject({ like: text(500).optional(), ...facts(['model']) }))
    .optional()
    .describe('Models that the registry does not have: like a public one, or with explicit dimensions.'),
  profiles: z.record(z.string(), profile).optional(),
  rules: list(rule).optional(),
  overrides: list(override).optional(),
  exceptions: list(exception).optional(),
  unknown: choice('auto', 'fail', 'warn', 'ignore').optional(),
  lock: list(z.string({ error: 'must be the name of a fact' }))
    .optional()
    .describe('Facts that a head may not change.'),
  prices: text(500).optional().describe('A price snapshot: cloud-2020, or a file.'),
  currency: z
    .strictObject({
      code: z.string().regex(/^[A-Z]{3}$/, { error: 'must be three capital letters, such as EUR' }),
      per_usd: positive.optional(),
      date: day.optional(),
    })
    .optional(),
  extends: text(500).optional().describe('owner/repo/path@ref of a policy that this one may only tighten.'),
  report: z.strictObject(reportSettings()).optional().describe('Defaults of action inputs, in snake_case.'),
})

export type PolicyFile = z.infer<typeof POLICY_SCHEMA>

/** The JSON Schema (2020-12) that editors complete from. */
export function policyJsonSchema(): Readonly<Record<string, unknown>> {
  return {
    ...z.toJSONSchema(POLICY_SCHEMA, { io: 'input' }),
    title: 'traincost policy',
    description:
      'The policy file of traincost, .github/traincost.yml: what the runs are, what they cost, what is allowed.',
  }
}
