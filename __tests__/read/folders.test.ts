import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { folderSource, type Read } from '../../src/read/index.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'traincost-folders-'))
})
afterEach(() => {
  rmSync(root, { recursive: true })
})

function folder(name: string, files: Readonly<Record<string, string>>): string {
  const dir = join(root, name)
  mkdirSync(dir)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
  return dir
}

function value<T>(read: Read<T>): T {
  if (read.is === 'failed') throw new Error(read.problem.message)
  return read.value
}

test('two folders are compared by content; moved files keep their identity, empty ones do not move', async () => {
  const base = folder('base', { 'a/x.yaml': '1', 'b.yaml': 'same', 'old.yaml': 'moved', 'gone.yaml': 'g', e1: '' })
  const head = folder('head', { 'a/x.yaml': '2', 'b.yaml': 'same', 'new.yaml': 'moved', 'come.yaml': 'c', e2: '' })
  const source = folderSource(base, head, '2026-11-24')
  expect(value(await source.changes())).toEqual([
    { status: 'modified', path: 'a/x.yaml' },
    { status: 'added', path: 'come.yaml' },
    { status: 'removed', path: 'e1' },
    { status: 'added', path: 'e2' },
    { status: 'removed', path: 'gone.yaml' },
    { status: 'renamed', path: 'new.yaml', previousPath: 'old.yaml' },
  ])
  const today = '2026-11-24'
  expect(value(await source.revisions())).toEqual({ base: null, head: null, tip: null, today, notes: [] })
})

test('the policy side is the base', async () => {
  const source = folderSource(folder('base', { p: 'base' }), folder('head', { p: 'head' }), '2026-11-24')
  expect(value(await source.texts('tip', ['p'])).get('p')).toMatchObject({ text: 'base' })
  expect(value(await source.texts('head', ['p', 'q'])).get('p')).toMatchObject({ text: 'head' })
})

test('nothing outside of a folder is read, neither by a path nor through links', async () => {
  writeFileSync(join(root, 'secret'), 'secret')
  const head = folder('head', { 'sub/a': '1' })
  symlinkSync(root, join(head, 'up'))
  symlinkSync('../secret', join(head, 'link'))
  const source = folderSource(folder('base', {}), head, '2026-11-24')
  const texts = value(
    await source.texts('head', ['../secret', 'sub/../../secret', 'up/secret', 'link', 'sub', '/etc/passwd']),
  )
  expect([...texts.values()].map(text => (text.is === 'unreadable' ? text.reason : text.is))).toEqual([
    'outside',
    'outside',
    'symlink',
    'symlink',
    'not-a-file',
    'outside',
  ])
  expect(value(await source.paths('head'))).toEqual(['link', 'sub/a', 'up'])
})

test('a folder that does not exist is a problem, not an empty side', async () => {
  const source = folderSource(folder('base', {}), join(root, 'none'), '2026-11-24')
  for (const read of [await source.revisions(), await source.changes(), await source.paths('head')])
    expect(read).toMatchObject({ is: 'failed', problem: { code: 'folder' } })
})
