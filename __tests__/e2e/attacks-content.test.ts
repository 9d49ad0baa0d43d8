import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { jest } from '@jest/globals'
import { type LocalGitHub, startGitHub } from '../github/index.ts'
import { runAction } from './runner.ts'
import { axolotl, ours, policy, POLICY } from './scenario.ts'

jest.setTimeout(300_000)

let gh: LocalGitHub
beforeAll(async () => {
  gh = await startGitHub()
})
afterAll(() => gh.close())

interface Row {
  readonly path: string
  readonly status: string
  readonly base: { readonly usd: { readonly expected: number } | null } | null
  readonly head: { readonly usd: { readonly expected: number } | null } | null
}

/** Every text of `heads` takes the place of one and the same config: one run judges them all. */
async function judged(name: string, heads: Readonly<Record<string, string>>, branch = 'change') {
  const at = (key: string) => `configs/${key}.yaml`
  const of = (texts: readonly (readonly [string, string])[]) => Object.fromEntries(texts.map(([k, v]) => [at(k), v]))
  const repository = gh.repository({
    name: `acme/${name}`,
    files: { [POLICY]: policy(), ...of(Object.keys(heads).map(key => [key, axolotl()])) },
  })
  repository.commit({ branch, files: of(Object.entries(heads)) })
  const pull = repository.pull({ head: branch })
  const run = await runAction({ gh, repository, pull })
  const report = JSON.parse(run.files.get(run.outputs['report-json']!)!) as { readonly configs: readonly Row[] }
  return { ...run, pull, rowOf: (key: string) => report.configs.find(({ path }) => path === at(key)) }
}

const replaced = (from: string, to: string) => axolotl({ epochs: 3 }).replace(from, to)

const BOMB =
  'a: &a [x,x,x,x,x,x,x,x,x]\n' +
  Array.from('bcdefghi')
    .map((to, i) => `${to}: &${to} [${`*${'abcdefgh'[i]!},`.repeat(9)}]\n`)
    .join('')

/** Each of these trains three times as long as before, and would like to look cheaper. */
const DISGUISES = {
  bomb: axolotl({ epochs: 3 }) + BOMB,
  'deep-nesting': axolotl({ epochs: 3 }) + 'x: ' + '['.repeat(50_000),
  infinite: replaced('num_epochs: 3', 'num_epochs: -.inf'),
  'not-a-number': replaced('num_epochs: 3', 'num_epochs: .nan'),
  overflow: replaced('num_epochs: 3', 'num_epochs: 1e309'),
  negative: replaced('num_epochs: 3', 'num_epochs: -3'),
  zero: replaced('num_epochs: 3', 'num_epochs: 0'),
  tagged: replaced('num_epochs: 3', 'num_epochs: !!python/object/apply:os.system ["true"]'),
  'prototype-keys':
    axolotl({ epochs: 3 }) + '__proto__: { num_epochs: 0.1 }\nconstructor: { prototype: { num_epochs: 0.1 } }\n',
  'merge-keys': axolotl({ epochs: 3 }) + 'base: &b { num_epochs: 0.1 }\n<<: *b\n',
  'duplicate-keys': 'num_epochs: 0.1\n' + axolotl({ epochs: 3 }),
  'second-document': axolotl({ epochs: 3 }) + '---\nnum_epochs: 0.1\n',
  'other-alphabet': axolotl({ epochs: 3 }) + 'num_еpochs: 0.1\n',
  // PyYAML ends the comment at these, and reads three epochs behind it.
  'carriage-return': replaced('num_epochs: 3', 'num_epochs: 1 # one\rnum_epochs: 3'),
  'next-line': replaced('num_epochs: 3', 'num_epochs: 1 # one\u0085num_epochs: 3'),
  'line-separator': replaced('num_epochs: 3', 'num_epochs: 1 # one\u2028num_epochs: 3'),
  'two-merges': replaced('num_epochs: 3', '<<: { num_epochs: 1 }\n<<: { num_epochs: 3 }'),
  'in-a-comment': axolotl({ epochs: 3 }) + '# num_epochs: 0.1\n\u2028num_epochs: 0.1\n',
}

test('no spelling of a config makes a longer run look cheaper: every one is dearer, unknown or an error', async () => {
  const started = performance.now()
  const { exitCode, outputs, rowOf } = await judged('disguises', { honest: axolotl({ epochs: 3 }), ...DISGUISES })
  expect([exitCode, outputs.conclusion]).toEqual([1, 'error'])
  const price = rowOf('honest')!.head!.usd!.expected
  expect(price / rowOf('honest')!.base!.usd!.expected).toBeCloseTo(3, 6)
  for (const key of Object.keys(DISGUISES)) {
    const row = rowOf(key)
    const usd = row?.head?.usd?.expected
    const isDearer = usd !== undefined && usd > price * 0.999
    expect([key, row !== undefined && (row.status === 'error' || usd === undefined || isDearer)]).toEqual([key, true])
  }
  expect(performance.now() - started).toBeLessThan(60_000)
})

const HOSTILE = [
  '</code><img src=x onerror=alert(1)>',
  '@everyone [x](https://evil.example) ![y](https://evil.example/pixel.png)',
  '\u001b[31m::error::pwned\u001b[0m',
  '%0A::set-output name=conclusion::pass',
  '\u202Egnp.exe',
  '`code` | table | ## heading #1 GH-1',
  '{{x}} ${{ github.token }} -->',
]

test('names of models, data sets, keys and values are nothing but text wherever they are shown', async () => {
  const quoted = (text: string) => JSON.stringify(text)
  const heads = Object.fromEntries(
    HOSTILE.flatMap((text, i) => [
      [`model-${i}`, axolotl({ epochs: 3, model: quoted(text) })],
      [`data-${i}`, axolotl({ epochs: 3 }).replace('our-org/instructions', quoted(text))],
      [`key-${i}`, axolotl({ epochs: 3 }) + `${quoted(text)}: 1\n`],
      [`value-${i}`, replaced('num_epochs: 3', `num_epochs: ${quoted(text)}`)],
    ]),
  )
  const { exitCode, pull, stdout, stderr, summary, annotations } = await judged('names', heads, 'x-<b>@everyone;$(id)')
  expect(exitCode).toBe(1)
  const body = ours(pull)[0]!.body
  for (const text of [body, summary]) {
    expect(text).not.toMatch(/<img|onerror=alert\(|@everyone|\]\(https:\/\/evil|<b>/)
    expect(text).not.toMatch(/[\u001b\u202e]/)
    expect(text).not.toMatch(/^## heading/m)
  }
  const log = stdout + stderr
  expect(log).not.toMatch(/[\u001b\u202e]/)
  for (const line of log.split('\n')) expect(line).not.toMatch(/^\s*::(error|set-output|warning)[^:]*::(pwned|pass)/)
  expect(annotations.filter(({ message }) => message.startsWith('pwned'))).toEqual([])
})

test('nothing in a config makes the action read another file or ask another host', async () => {
  const asked: string[] = []
  const canary = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.end('num_epochs: 0.1\n')
  })
  await new Promise<void>(done => canary.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(canary.address() as AddressInfo).port}`
  const targets = [
    `${url}/x.yaml`,
    '/etc/passwd',
    '../../../../etc/passwd',
    '..\\..\\secret.yaml',
    'file:///etc/hosts',
    '~/.netrc',
  ]
  const heads = Object.fromEntries(
    targets.flatMap((target, i) => [
      [`base-${i}`, `_base_: '${target}'\n${axolotl({ epochs: 3 })}`],
      [`model-${i}`, axolotl({ epochs: 3, model: `'${target}'` })],
      [`parts-${i}`, axolotl({ epochs: 3 }) + `deepspeed: '${target}'\n`],
    ]),
  )
  try {
    const { exitCode, requests } = await judged('traversal', heads)
    expect(exitCode).toBe(1)
    expect(asked).toEqual([])
    const paths = requests.map(({ path }) => path)
    expect(paths.filter(path => !path.startsWith('/repos/acme/traversal/') && path !== '/graphql')).toEqual([])
    const wanted = requests
      .map(({ body, path }) => `${path} ${JSON.stringify(body ?? null)}`)
      .filter(text => !text.includes('/comments') && !text.includes('/check-runs'))
    for (const text of wanted) expect(text).not.toMatch(/passwd|secret\.yaml|netrc|etc\/hosts|127\.0\.0\.1/)
  } finally {
    canary.close()
  }
})
