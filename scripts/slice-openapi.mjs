/**
 * Cuts the operations that traincost uses out of GitHub's OpenAPI description, for the local GitHub of the tests.
 *
 * The package is large (385 MB), so install it outside of this repository:
 *
 *     mkdir /tmp/openapi && cd /tmp/openapi && npm init -y && npm i @octokit/openapi@23.0.2
 *     node scripts/slice-openapi.mjs /tmp/openapi/node_modules/@octokit/openapi
 *
 * Writes __tests__/github/openapi.json: the operations below and every schema that they reach, without prose. The
 * description is published by GitHub under the MIT license.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const OPERATIONS = [
  'GET /rate_limit',
  'GET /user',
  'GET /repos/{owner}/{repo}',
  'GET /repos/{owner}/{repo}/branches/{branch}',
  'POST /repos/{owner}/{repo}/check-runs',
  'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}',
  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs',
  'GET /repos/{owner}/{repo}/collaborators/{username}/permission',
  'GET /repos/{owner}/{repo}/commits/{ref}',
  'GET /repos/{owner}/{repo}/commits/{ref}/statuses',
  'GET /repos/{owner}/{repo}/compare/{basehead}',
  'GET /repos/{owner}/{repo}/contents/{path}',
  'GET /repos/{owner}/{repo}/git/blobs/{file_sha}',
  'GET /repos/{owner}/{repo}/git/commits/{commit_sha}',
  'GET /repos/{owner}/{repo}/git/matching-refs/{ref}',
  'GET /repos/{owner}/{repo}/git/ref/{ref}',
  'GET /repos/{owner}/{repo}/git/trees/{tree_sha}',
  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
  'GET /repos/{owner}/{repo}/issues/comments/{comment_id}',
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}',
  'DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}',
  'GET /repos/{owner}/{repo}/issues/{issue_number}/events',
  'GET /repos/{owner}/{repo}/issues/{issue_number}/labels',
  'GET /repos/{owner}/{repo}/issues/{issue_number}/timeline',
  'GET /repos/{owner}/{repo}/pulls/{pull_number}',
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/files',
  'POST /repos/{owner}/{repo}/statuses/{sha}',
]

const PROSE = new Set([
  'description',
  'summary',
  'example',
  'examples',
  'externalDocs',
  'title',
  'tags',
  'deprecated',
  'headers',
  'links',
])
const MAPS = new Set(['properties', 'patternProperties', 'schemas', 'responses', 'content', 'paths'])

/** A copy without prose. Inside a map of names, a name such as `description` is no keyword and stays. */
function withoutProse(value, insideMap = false) {
  if (Array.isArray(value)) return value.map(item => withoutProse(item))
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value)
    .filter(([key]) => insideMap || !(PROSE.has(key) || key.startsWith('x-')))
    .map(([key, child]) => [key, isData(key, insideMap) ? child : withoutProse(child, !insideMap && MAPS.has(key))])
  return insideMap ? Object.fromEntries(kept) : withNulls(Object.fromEntries(kept))
}

const isData = (key, insideMap) => !insideMap && (key === 'enum' || key === 'default' || key === 'required')

/**
 * `nullable: true` with an enum that lacks null would refuse the nulls that GitHub sends; without a type beside it,
 * validators of JSON schemas refuse the keyword itself, so it becomes an alternative.
 */
function withNulls(schema) {
  if (schema.nullable !== true) return schema
  if (Array.isArray(schema.enum) && !schema.enum.includes(null)) return { ...schema, enum: [...schema.enum, null] }
  if (schema.type !== undefined) return schema
  const { nullable: _, ...rest } = schema
  return { anyOf: [rest, { type: 'null' }] }
}

function references(value, found = new Set()) {
  if (Array.isArray(value)) for (const item of value) references(item, found)
  else if (typeof value === 'object' && value !== null)
    for (const [key, child] of Object.entries(value))
      if (key === '$ref' && typeof child === 'string') found.add(child)
      else references(child, found)
  return found
}

const from = process.argv[2]
if (from === undefined) throw new Error('usage: node scripts/slice-openapi.mjs PATH_OF_@octokit/openapi')
const whole = JSON.parse(readFileSync(join(from, 'generated', 'api.github.com.json'), 'utf8'))
const { version } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'))

const paths = {}
for (const operation of OPERATIONS) {
  const [method, path] = operation.split(' ')
  const found = whole.paths[path]?.[method.toLowerCase()]
  if (found === undefined) throw new Error(`@octokit/openapi ${version} does not describe ${operation}`)
  const { operationId, parameters, requestBody, responses } = found
  paths[path] ??= {}
  paths[path][method.toLowerCase()] = withoutProse({ operationId, parameters, requestBody, responses })
}

const components = {}
const queue = [...references(paths)]
for (let reference = queue.shift(); reference !== undefined; reference = queue.shift()) {
  const [, , kind, name] = reference.split('/')
  if (components[kind]?.[name] !== undefined) continue
  components[kind] ??= {}
  components[kind][name] = withoutProse(whole.components[kind][name])
  queue.push(...references(components[kind][name]))
}

const slice = {
  openapi: whole.openapi,
  info: { title: "A slice of GitHub's REST API description", version, license: { name: 'MIT' } },
  paths,
  components,
}
const target = new URL('../__tests__/github/openapi.json', import.meta.url)
writeFileSync(target, JSON.stringify(slice) + '\n')
process.stdout.write(`${OPERATIONS.length} operations, ${JSON.stringify(slice).length} bytes\n`)
