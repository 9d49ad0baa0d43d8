/**
 * The shapes that machines read, as JSON schemas of draft 2020-12: `diff --format json` and `report-json`, `estimate`,
 * `history`. A release may add keys, here and there at once; it never changes or takes away one of the same version.
 */

type Schema = Readonly<Record<string, unknown>>

const TEXT: Schema = { type: 'string' }
const NUMBER: Schema = { type: 'number' }
const COUNT: Schema = { type: 'integer', minimum: 0 }
const ANYTHING: Schema = {}

const listOf = (items: Schema): Schema => ({ type: 'array', items })
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] })
const oneOf = (...values: readonly string[]): Schema => ({ enum: values })
const ref = (name: string): Schema => ({ $ref: `#/$defs/${name}` })

/** Every key is always there: what is unknown is null. */
function object(properties: Readonly<Record<string, Schema>>, description?: string): Schema {
  return {
    type: 'object',
    ...(description === undefined ? {} : { description }),
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  }
}

const LINE = orNull({ type: 'integer', minimum: 1 })

const ESTIMATE = {
  facts: {
    type: 'object',
    description: 'by the names of docs/facts.md',
    additionalProperties: object({ value: ANYTHING, origins: listOf(ref('origin')) }),
  },
  parameters: object({ total: orNull(NUMBER), active: orNull(NUMBER), trainable: orNull(NUMBER) }),
  tokens: orNull(NUMBER),
  flops: object({ perToken: orNull(NUMBER), model: orNull(NUMBER), hardware: orNull(NUMBER) }),
  acceleratorHours: orNull(ref('band')),
  wallClockHours: orNull(ref('band')),
  usd: orNull(ref('band')),
  energyKwh: orNull(ref('band')),
  co2Kg: orNull(ref('band')),
  memory: object({
    gibPerAccelerator: orNull(ref('band')),
    verdict: oneOf('fits', 'tight', 'out-of-memory', 'unknown'),
  }),
  unknown: listOf(ref('missing')),
}

const DEFINITIONS = {
  band: object({ low: NUMBER, expected: NUMBER, high: NUMBER }),
  origin: object({
    kind: oneOf('config', 'registry', 'policy', 'profile', 'script', 'default', 'derived', 'assumed'),
    path: orNull(TEXT),
    line: LINE,
    source: orNull(TEXT),
  }),
  missing: object({ fact: TEXT, why: TEXT, remedy: orNull(TEXT) }, 'what lacks for a number, and how to supply it'),
  problem: object({ code: TEXT, message: TEXT, path: orNull(TEXT), line: LINE }),
}

const CONFIG = object({
  path: TEXT,
  framework: TEXT,
  status: oneOf('changed', 'added', 'removed', 'unchanged', 'error'),
  base: orNull(ref('estimate')),
  head: orNull(ref('estimate')),
  delta: object(
    {
      usd: orNull(NUMBER),
      usdPercent: orNull(NUMBER),
      acceleratorHours: orNull(NUMBER),
      modelFlops: orNull(NUMBER),
    },
    'head − base of the expected values',
  ),
  attribution: listOf(
    object({ fact: TEXT, from: orNull(TEXT), to: orNull(TEXT), path: orNull(TEXT), line: LINE, usd: orNull(NUMBER) }),
  ),
  advice: listOf(
    object({ code: TEXT, message: TEXT, fact: TEXT, path: orNull(TEXT), line: LINE, usd: orNull(NUMBER) }),
  ),
  warnings: listOf(ref('problem')),
})

const RULE = object({
  name: TEXT,
  metric: oneOf('cost', 'accelerator_hours', 'wall_clock_hours', 'model_flops', 'energy_kwh', 'co2_kg'),
  limit: orNull(NUMBER),
  actual: orNull(NUMBER),
  result: oneOf('pass', 'warn', 'fail', 'unknown'),
  configs: listOf(TEXT),
})

const HISTORY_VERSION = object({
  commit: TEXT,
  date: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' },
  subject: TEXT,
  path: TEXT,
  usd: orNull(ref('band')),
  acceleratorHours: orNull(ref('band')),
  modelFlops: orNull(NUMBER),
  changed: listOf(object({ fact: TEXT, from: ANYTHING, to: ANYTHING }, 'against the version before')),
  unknown: listOf(ref('missing')),
})

function published(title: string, root: Readonly<Record<string, Schema>>, more: Readonly<Record<string, Schema>> = {}) {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title,
    ...object({ version: { const: 1 }, ...root }),
    $defs: { ...DEFINITIONS, ...more },
  }
}

/** By the names of their files in `schema/`. */
export const JSON_SCHEMAS = {
  report: published(
    'What traincost diff prints as JSON, and the action writes as report-json',
    {
      base: object({ sha: orNull(TEXT) }),
      head: object({ sha: orNull(TEXT) }),
      conclusion: oneOf('pass', 'warn', 'fail', 'error', 'overridden', 'no-change'),
      configs: listOf(CONFIG),
      totals: object({
        base: orNull(ref('band')),
        head: orNull(ref('band')),
        delta: orNull(NUMBER),
        unknown: COUNT,
      }),
      rules: listOf(RULE),
      prices: orNull(object({ date: TEXT, source: TEXT })),
      problems: listOf(ref('problem')),
    },
    { estimate: object(ESTIMATE) },
  ),
  estimates: published('What traincost estimate prints as JSON', {
    estimates: listOf(object({ path: TEXT, framework: TEXT, ...ESTIMATE })),
  }),
  history: published('What traincost history prints as JSON', {
    histories: listOf(object({ path: TEXT, cut: { type: 'boolean' }, versions: listOf(HISTORY_VERSION) })),
  }),
} as const
