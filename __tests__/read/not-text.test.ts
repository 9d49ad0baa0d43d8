import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apiSource, githubClient, gitSource, readEvent, type FileText, type Source } from '../../src/read/index.ts'
import { type FileContent, type LocalGitHub, pullEvent, startGitHub } from '../github/index.ts'

const TEXT = 'seq_len: 4096\n'
const BIG_ENDIAN = Buffer.from(`\ufeff${TEXT}`, 'utf16le').swap16()
const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`

/** What a path may hold instead of plain text, and what it is read as: its text, or the reason why not. */
const CASES: readonly (readonly [what: string, path: string, content: FileContent, expected: string])[] = [
  ['plain text', 'plain.yaml', TEXT, TEXT],
  ['nothing', 'empty.yaml', '', ''],
  ['text behind a byte order mark, without it', 'bom.yaml', `\ufeff${TEXT}`, TEXT],
  ['letters of all planes', 'wide.yaml', 'größe: 😀\n', 'größe: 😀\n'],
  ['carriage returns as they are', 'crlf.yaml', 'a: 1\r\nb: 2\r\n', 'a: 1\r\nb: 2\r\n'],
  ['UTF-16, little end first', 'utf16le.yaml', Buffer.from(`\ufeff${TEXT}`, 'utf16le'), 'encoding'],
  ['UTF-16, big end first', 'utf16be.yaml', BIG_ENDIAN, 'encoding'],
  ['Latin-1', 'latin1.yaml', Buffer.from([0x61, 0x3a, 0x20, 0xe9, 0x0a]), 'encoding'],
  ['a cut-off letter', 'cut.yaml', Buffer.from([0x61, 0xf0, 0x9f, 0x98]), 'encoding'],
  ['bytes that are no text', 'binary.yaml', Buffer.from([1, 0, 2]), 'binary'],
  ['a pointer to a large file', 'pointer.yaml', POINTER, 'lfs-pointer'],
  ['a text that quotes such a pointer', 'quote.yaml', `# ${POINTER}`, `# ${POINTER}`],
  ['a link to a file', 'link.yaml', { symlink: 'plain.yaml' }, 'symlink'],
  ['a link out of the repository', 'out.yaml', { symlink: '../../etc/passwd' }, 'symlink'],
  ['another repository', 'module.yaml', { submodule: '1'.repeat(40) }, 'submodule'],
  ['1 MiB', 'exact.yaml', '#'.repeat(1024 * 1024), '#'.repeat(1024 * 1024)],
  ['more than 1 MiB', 'large.yaml', '#'.repeat(1024 * 1024 + 1), 'too-large'],
  ['more than GraphQL sends', 'long.yaml', `${'#'.repeat(599_999)}\n`, `${'#'.repeat(599_999)}\n`],
]

let gh: LocalGitHub
let clone: string
let sources: Readonly<Record<'api' | 'git', Source>>
beforeAll(async () => {
  gh = await startGitHub()
  const repository = gh.repository({ files: { 'a.txt': 'a' } })
  repository.commit({ branch: 'change', files: Object.fromEntries(CASES.map(([, path, content]) => [path, content])) })
  const pull = repository.pull({ head: 'change' })
  const { payload } = await pullEvent(gh, repository, pull)
  const env = { GITHUB_EVENT_NAME: 'pull_request', GITHUB_REPOSITORY: repository.fullName }
  const event = readEvent(env, JSON.stringify(payload), {})
  if (event.is === 'failed') throw new Error(event.problem.message)
  const client = await githubClient({ apiUrl: gh.url, token: gh.token().value, version: 'test', secondMs: 1 })
  clone = mkdtempSync(join(tmpdir(), 'not-text-'))
  const quiet = { PATH: process.env['PATH'], HOME: clone, GIT_CONFIG_NOSYSTEM: '1' }
  execFileSync('git', ['clone', '-q', '--no-checkout', `file://${repository.git.dir}`, join(clone, 'work')], {
    env: quiet,
  })
  sources = {
    api: apiSource({ client, event: event.value }),
    git: gitSource({ cwd: join(clone, 'work'), base: repository.tip('main'), head: pull.headSha }),
  }
})
afterAll(async () => {
  rmSync(clone, { recursive: true, force: true })
  await gh.close()
})

describe.each(['api', 'git'] as const)('read by %s', kind => {
  let texts: ReadonlyMap<string, FileText>
  beforeAll(async () => {
    const paths = CASES.map(([, path]) => path)
    const read = await sources[kind].texts('head', paths)
    if (read.is === 'failed') throw new Error(read.problem.message)
    texts = read.value
  })

  test.each(CASES)('%s', (_, path, _content, expected) => {
    const file = texts.get(path)
    expect(file?.is === 'text' ? file.text : file?.is === 'unreadable' ? file.reason : file).toBe(expected)
  })

  test('every one of them is a change', async () => {
    const changes = await sources[kind].changes()
    const added = changes.is === 'read' ? changes.value.map(({ path }) => path) : []
    expect(new Set(added)).toEqual(new Set(CASES.map(([, path]) => path)))
  })
})

test('a reason tells what to do, the same for both', async () => {
  for (const source of Object.values(sources)) {
    const paths = ['utf16le.yaml', 'latin1.yaml', 'module.yaml']
    const read = await source.texts('head', paths)
    const why = paths.map(path => {
      const file = read.is === 'read' ? read.value.get(path) : undefined
      return file?.is === 'unreadable' ? file.why : ''
    })
    expect(why).toEqual([
      expect.stringMatching(/UTF-16.*save it as UTF-8/),
      expect.stringContaining('save it as UTF-8'),
      expect.stringContaining('another repository'),
    ])
  }
})
