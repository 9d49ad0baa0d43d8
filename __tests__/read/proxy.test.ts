import { jest } from '@jest/globals'
import { proxyFetch } from '../../src/read/index.ts'
import { startGitHub, startTunnels, type LocalGitHub, type Tunnels } from '../github/index.ts'

let gh: LocalGitHub
let proxy: Tunnels
/** What the runner's environment says of the server and the way to it. */
const NAMES = [
  'GITHUB_API_URL',
  'http_proxy',
  'HTTP_PROXY',
  'https_proxy',
  'HTTPS_PROXY',
  'no_proxy',
  'NO_PROXY',
] as const
let before: Readonly<Record<string, string | undefined>>

beforeEach(async () => {
  before = Object.fromEntries(NAMES.map(name => [name, process.env[name]]))
  for (const name of NAMES) Reflect.deleteProperty(process.env, name)
  gh = await startGitHub()
  gh.repository()
  proxy = await startTunnels(Number(new URL(gh.url).port))
})
afterEach(async () => {
  for (const [name, value] of Object.entries(before))
    if (value === undefined) Reflect.deleteProperty(process.env, name)
    else process.env[name] = value
  await proxy.close()
  await gh.close()
})

/** As a job's process does it, which reads its environment once. */
async function name(apiUrl: string): Promise<string> {
  process.env['GITHUB_API_URL'] = apiUrl
  jest.resetModules()
  const { githubClient, problemFrom, proxyFetch } = await import('../../src/read/index.ts')
  const send = await proxyFetch(process.env)
  const client = await githubClient({
    apiUrl,
    token: gh.token().value,
    version: 'test',
    secondMs: 1,
    ...(send === undefined ? {} : { fetch: send }),
  })
  return client.reader.repos.get({ owner: 'acme', repo: 'models' }).then(
    ({ data }) => data.full_name,
    (thrown: unknown) => problemFrom(thrown, 'read', 'contents: read').code,
  )
}

test('without a proxy in the environment Node’s own fetch is used', async () => {
  expect(await proxyFetch({})).toBeUndefined()
  expect(await proxyFetch({ https_proxy: '', HTTP_PROXY: '' })).toBeUndefined()
})

test.each(['http_proxy', 'HTTP_PROXY'])('%s is the way to a server that only the proxy knows', async variable => {
  process.env[variable] = proxy.url
  expect(await name('http://ghes.invalid/api/v3')).toBe('acme/models')
  expect(proxy.asked).toEqual(['ghes.invalid:80'])
})

test('a host that no_proxy names is asked directly', async () => {
  process.env['http_proxy'] = proxy.url
  process.env['no_proxy'] = 'ghes.invalid'
  expect(await name('http://ghes.invalid/api/v3')).toBe('github-unreachable')
  expect(proxy.asked).toEqual([])
})

test('a proxy that is not there is a fault with a name, not a hang', async () => {
  process.env['http_proxy'] = 'http://127.0.0.1:9'
  expect(await name('http://ghes.invalid/api/v3')).toBe('github-unreachable')
})
