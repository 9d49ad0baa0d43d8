/** Writes schema/policy.schema.json from the schema that reads policies: `node scripts/schema.ts`, Node 24. */
import { writeFileSync } from 'node:fs'
import { policyJsonSchema } from '../src/resolve/index.ts'

writeFileSync('schema/policy.schema.json', `${JSON.stringify(policyJsonSchema(), null, 2)}\n`)
