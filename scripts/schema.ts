/** Writes schema/: of policies, from the schema that reads them, and of what is printed as JSON. Node 24: `npm run schema`. */
import { writeFileSync } from 'node:fs'
import { JSON_SCHEMAS } from '../src/report/index.ts'
import { policyJsonSchema } from '../src/resolve/index.ts'

for (const [name, schema] of Object.entries({ policy: policyJsonSchema(), ...JSON_SCHEMAS }))
  writeFileSync(`schema/${name}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`)
