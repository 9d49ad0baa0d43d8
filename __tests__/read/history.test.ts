import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileHistory } from '../../src/read/index.ts'
import type { FileHistory } from '../../src/read/index.ts'

let top: string
let day = 0
const git = (...args: string[]): string => {
  const date = `2026-01-${String(++day).padStart(2, '0')}T12:00:00Z`
  const env = { PATH: process.env['PATH'] ?? '', HOME: top, GIT_COMMITTER_DATE: date, GIT_AUTHOR_DATE: date }
  return execFileSync('git', ['-C', top, '-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], {
    env,
    encoding: 'utf8',
  })
}
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(top, path)), { recursive: true })
  writeFileSync(join(top, path), text)
}
const commit = (subject: string): void => {
  git('add', '-A')
  git('commit', '-q', '-m', subject)
}

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'traincost-history-'))
  day = 0
  git('init', '-q', '-b', 'main')
})
afterEach(() => {
  rmSync(top, { recursive: true, force: true })
})

async function historyOf(path: string, most?: number): Promise<FileHistory> {
  const read = await fileHistory(top, path, most)
  if (read.is === 'failed') throw new Error(read.problem.message)
  return read.value
}

const LONG = 'a: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\n'

it('lists the commits that changed a file, oldest first, with their days and subjects', async () => {
  write('a.yaml', 'steps: 1')
  commit('first')
  write('other.yaml', 'x: 1')
  commit('not about it')
  write('a.yaml', 'steps: 2')
  commit('a subject with "quotes", \u00e4 and \u0002')
  const { versions, isCut } = await historyOf('a.yaml')
  expect(versions.map(v => v.subject)).toEqual(['first', 'a subject with "quotes", \u00e4 and \u0002'])
  expect(versions[0]!.date < versions[1]!.date).toBe(true)
  expect(isCut).toBe(false)
})

it('reads the file as each commit had it, under the name that it had', async () => {
  write('old name.yaml', `${LONG}steps: 1`)
  commit('first')
  git('mv', 'old name.yaml', 'new.yaml')
  commit('rename')
  write('new.yaml', `${LONG}steps: 2`)
  commit('more')
  const history = await historyOf('new.yaml')
  expect(history.versions.map(v => v.path)).toEqual(['old name.yaml', 'new.yaml', 'new.yaml'])
  const texts = await Promise.all(
    history.versions.map(async v => {
      const read = await history.at(v).texts('head', [v.path])
      return read.is === 'read' ? read.value.get(v.path) : undefined
    }),
  )
  expect(texts.map(text => (text?.is === 'text' ? text.text.slice(-8) : text))).toEqual([
    'steps: 1',
    'steps: 1',
    'steps: 2',
  ])
})

it('reads what a version includes from the same commit', async () => {
  write('a.yaml', 'x: 1')
  write('b.json', '1')
  commit('first')
  write('a.yaml', 'x: 2')
  write('b.json', '2')
  commit('second')
  const history = await historyOf('a.yaml')
  const read = await history.at(history.versions[0]!).texts('head', ['b.json', 'none.json'])
  expect(read.is === 'read' && [...read.value.values()]).toMatchObject([{ is: 'text', text: '1' }, { is: 'absent' }])
})

it('follows no symbolic link and leaves no repository', async () => {
  write('target.yaml', 'x: 1')
  symlinkSync('target.yaml', join(top, 'a.yaml'))
  commit('a link')
  const history = await historyOf('a.yaml')
  const read = await history.at(history.versions[0]!).texts('head', ['a.yaml', '../x', 'b\nHEAD:target.yaml'])
  expect(read.is === 'read' && [...read.value.values()]).toMatchObject([
    { is: 'unreadable', reason: 'symlink' },
    { is: 'unreadable', reason: 'outside' },
    { is: 'unreadable', reason: 'outside' },
  ])
  expect((await fileHistory(top, '../x')).is).toBe('failed')
})

it('says where a commit took the file away, and that older commits were not read', async () => {
  write('a.yaml', 'x: 1')
  commit('first')
  unlinkSync(join(top, 'a.yaml'))
  commit('gone')
  write('a.yaml', 'x: 3')
  commit('back')
  expect((await historyOf('a.yaml')).versions.map(v => v.exists)).toEqual([true, false, true])
  const cut = await historyOf('a.yaml', 2)
  expect(cut.isCut).toBe(true)
  expect(cut.versions.map(v => v.subject)).toEqual(['gone', 'back'])
})
