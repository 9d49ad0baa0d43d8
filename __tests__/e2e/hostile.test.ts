import { jest } from '@jest/globals'
import { type LocalGitHub, startGitHub } from '../github/index.ts'
import { axolotl, CONFIG, ours, plain, propose } from './scenario.ts'

jest.setTimeout(300_000)

let gh: LocalGitHub
beforeEach(async () => {
  gh = await startGitHub()
})
afterEach(() => gh.close())

const NAMES = [
  'configs/<img src=x onerror=alert(1)>.yaml',
  'configs/@everyone.yaml',
  'configs/a|b`c`.yaml',
  'configs/](https:evil.example) .yaml',
  'configs/new\nline\n::error::pwned.yaml',
  'configs/%0A::warning::pwned.yaml',
  'configs/--><script>alert(1)<!--.yaml',
  'configs/\u202Egnp.yaml',
  'configs/#1 GH-1 acme.yaml',
  'configs/{{x}} ${{ github.token }}.yaml',
]

test('hostile file names are priced like others and are nothing but text wherever they are shown', async () => {
  const files = (epochs: number) => Object.fromEntries(NAMES.map(name => [name, axolotl({ epochs })]))
  const { pull, run } = propose(gh, files(3), { base: files(1) })
  const { exitCode, outputs, stdout, stderr, summary, annotations } = await run()
  expect([exitCode, outputs.conclusion, outputs['changed-count']]).toEqual([1, 'fail', String(NAMES.length)])
  const body = ours(pull)[0]!.body
  for (const text of [body, summary]) {
    expect(text).not.toMatch(/<img|<script|onerror=alert\(/)
    expect(text).not.toMatch(/@everyone/)
    expect(text).not.toMatch(/\]\(https:evil/)
    expect(text).not.toContain('\u202E')
    expect(plain(text)).toContain('everyone.yaml')
  }
  // No line of the log is a command that a name has made up.
  expect(annotations.filter(({ message }) => message.startsWith('pwned'))).toEqual([])
  for (const line of (stdout + stderr).split('\n')) expect(line).not.toMatch(/^\s*::(error|warning)::pwned/)
})

test('a bomb of aliases, a deep nest and a prototype key end in an error, soon', async () => {
  const bomb =
    'a: &a [x,x,x,x,x,x,x,x,x]\n' +
    'bcdefghi'
      .split('')
      .map((to, i) => `${to}: &${to} [${`*${'abcdefgh'[i]!},`.repeat(9)}]\n`)
      .join('')
  const { run } = propose(gh, {
    [CONFIG]: axolotl() + bomb,
    'configs/deep.yaml': '['.repeat(20_000),
    'configs/proto.yaml': axolotl() + '__proto__: { polluted: true }\nconstructor: { prototype: { num_epochs: 9 } }\n',
  })
  const startMs = performance.now()
  const { exitCode, outputs } = await run()
  expect(exitCode).toBe(1)
  expect(['error', 'fail']).toContain(outputs.conclusion)
  expect(performance.now() - startMs).toBeLessThan(60_000)
})

test.each(['.inf', '-.inf', '.nan', '1e309', '-3', '0'])(
  'an impossible number of epochs (%s) is unknown, not cheap',
  async epochs => {
    const { run } = propose(gh, { [CONFIG]: axolotl().replace('num_epochs: 1', `num_epochs: ${epochs}`) })
    const { exitCode, outputs } = await run()
    expect(exitCode).toBe(1)
    expect(outputs['cost-delta']).toBe('unknown')
  },
)

test('a title, a branch and a description full of markup reach neither the log nor the comment', async () => {
  const { repository, pull, run } = propose(gh, { [CONFIG]: axolotl({ epochs: 3 }) }, { branch: 'x-<b>&;$(id)`id`' })
  pull.title = '::set-output name=conclusion::pass\n<script>'
  pull.body = '-->\n::error::pwned'
  const { outputs, stdout } = await run()
  expect(outputs.conclusion).toBe('fail')
  expect(stdout).not.toContain('pwned')
  expect(ours(pull)[0]?.body).not.toMatch(/<script|<b>/)
  expect(repository.checkRuns).toHaveLength(1)
})

test('the token is printed nowhere', async () => {
  const token = gh.token()
  const { run } = propose(gh, { [CONFIG]: axolotl({ epochs: 3 }) })
  const { stdout, stderr, summary, outputs } = await run({ token })
  expect(stdout + stderr + summary + JSON.stringify(outputs)).not.toContain(token.value)
})
