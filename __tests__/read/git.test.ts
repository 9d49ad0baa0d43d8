import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gitSource, type Read } from '../../src/read/index.ts'
import { temporaryRepository, type Repository } from './repository.ts'

let repo: Repository
beforeEach(() => {
  repo = temporaryRepository()
})
afterEach(() => {
  repo.remove()
})

function value<T>(read: Read<T>): T {
  if (read.is === 'failed') throw new Error(`${read.problem.code}: ${read.problem.message}`)
  return read.value
}

function code(read: Read<unknown>): string {
  return read.is === 'failed' ? read.problem.code : 'read'
}

const LINES = Array.from({ length: 20 }, (_, i) => `key_${i}: ${i}\n`).join('')

describe('a change between two revisions', () => {
  it('is compared with the merge base, while the policy comes from the end of the base branch', async () => {
    const cut = repo.commit({ 'a.yaml': 'one' }, '2026-01-01T12:00:00Z')
    repo.git('checkout', '-q', '-b', 'change')
    const head = repo.commit({ 'a.yaml': 'two' }, '2026-03-05T12:00:00Z')
    repo.git('checkout', '-q', 'main')
    const tip = repo.commit({ 'b.yaml': 'main moved on' }, '2026-02-01T12:00:00Z')
    const source = gitSource({ cwd: repo.dir, head: 'change' })
    expect(value(await source.revisions())).toEqual({ base: cut, head, tip, today: '2026-03-05', notes: [] })
    expect(value(await source.changes())).toEqual([{ status: 'modified', path: 'a.yaml' }])
    expect(value(await source.paths('tip'))).toEqual(['a.yaml', 'b.yaml'])
    expect(value(await source.paths('base'))).toEqual(['a.yaml'])
  })

  it('reads files of any other branch, tag or commit by its name, and finds nothing where there is none', async () => {
    const first = repo.commit({ 'a.yaml': 'one' })
    repo.git('tag', 'v1')
    repo.git('update-ref', 'refs/remotes/origin/main', first)
    repo.commit({ 'a.yaml': 'two' })
    const source = gitSource({ cwd: repo.dir, base: 'HEAD~1', head: 'HEAD' })
    // A branch is the one that was fetched.
    for (const name of ['v1', 'main', first, first.slice(0, 10)])
      expect(value(await source.textsAt(name, ['a.yaml'])).get('a.yaml')).toMatchObject({ text: 'one' })
    expect(value(await source.textsAt('v2', ['a.yaml'])).get('a.yaml')).toEqual({ is: 'absent' })
    expect(value(await source.textsAt('--all', ['a.yaml'])).get('a.yaml')).toEqual({ is: 'absent' })
  })

  it('takes the later committer date as today, in UTC', async () => {
    const base = repo.commit({ a: '1' }, '2026-05-01T23:30:00-0500')
    const head = repo.commit({ a: '2' }, '2026-04-01T00:00:00Z')
    expect(value(await gitSource({ cwd: repo.dir, base, head }).revisions()).today).toBe('2026-05-02')
  })

  it('keeps the identity of a renamed file that was edited, and says what was added and removed', async () => {
    const base = repo.commit({ 'old.yaml': LINES, 'gone.yaml': 'x', 'same.yaml': 's' })
    const head = repo.commit({ 'old.yaml': null, 'new.yaml': `${LINES}more: 1\n`, 'gone.yaml': null, 'add.yaml': '' })
    expect(value(await gitSource({ cwd: repo.dir, base, head }).changes())).toEqual([
      { status: 'added', path: 'add.yaml' },
      { status: 'removed', path: 'gone.yaml' },
      { status: 'renamed', path: 'new.yaml', previousPath: 'old.yaml' },
    ])
  })

  it('reads any file name as it is: spaces, quotes, newlines, umlauts, leading hyphens', async () => {
    const names = ['a b.yaml', '"q".yaml', 'new\nline.yaml', 'größe.yaml', '-rf.yaml', ':(top)x.yaml', '$(id).yaml']
    const base = repo.commit({ x: '1' })
    const head = repo.commit(Object.fromEntries(names.map(name => [name, `text of ${name}`])))
    const source = gitSource({ cwd: repo.dir, base, head })
    expect(new Set(value(await source.changes()).map(change => change.path))).toEqual(new Set(names))
    const texts = value(await source.texts('head', names))
    for (const name of names) expect(texts.get(name)).toMatchObject({ is: 'text', text: `text of ${name}` })
  })

  it('says what is no text and never follows it', async () => {
    const base = repo.commit({ a: '1' })
    symlinkSync('/etc/passwd', join(repo.dir, 'link.yaml'))
    const head = repo.commit({
      'binary.yaml': Buffer.from([1, 0, 2]),
      'utf16.yaml': Buffer.from('\ufeffa: 1', 'utf16le'),
      'latin1.yaml': Buffer.from([0x61, 0xe9]),
      'large.yaml': 'x'.repeat(101),
      'exact.yaml': 'x'.repeat(100),
      'lfs.yaml': 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n',
      'bom.yaml': '\ufeffa: 1',
    })
    const source = gitSource({ cwd: repo.dir, base, head, maxFileBytes: 100 })
    const asked = ['link.yaml', 'binary.yaml', 'utf16.yaml', 'latin1.yaml', 'large.yaml', 'lfs.yaml']
    const texts = value(
      await source.texts('head', [...asked, 'exact.yaml', 'bom.yaml', 'none.yaml', '../x', '/etc/passwd']),
    )
    expect(asked.map(path => texts.get(path))).toMatchObject([
      { is: 'unreadable', reason: 'symlink' },
      { is: 'unreadable', reason: 'binary' },
      { is: 'unreadable', reason: 'encoding' },
      { is: 'unreadable', reason: 'encoding' },
      { is: 'unreadable', reason: 'too-large' },
      { is: 'unreadable', reason: 'lfs-pointer' },
    ])
    expect(texts.get('exact.yaml')).toMatchObject({ is: 'text' })
    expect(texts.get('bom.yaml')).toMatchObject({ is: 'text', text: 'a: 1' })
    expect(texts.get('none.yaml')).toEqual({ is: 'absent' })
    expect(texts.get('../x')).toMatchObject({ reason: 'outside' })
    expect(texts.get('/etc/passwd')).toMatchObject({ reason: 'outside' })
  })

  it('needs no content but that of the files it reads: a clone may lack the others', async () => {
    const base = repo.commit({ 'a.yaml': 'a: 1', 'data.jsonl': 'much' })
    const head = repo.commit({ 'a.yaml': 'a: 2' })
    const id = repo.git('rev-parse', 'HEAD:data.jsonl')
    rmSync(join(repo.dir, '.git/objects', id.slice(0, 2), id.slice(2)))
    const source = gitSource({ cwd: repo.dir, base, head })
    expect(value(await source.paths('head'))).toEqual(['a.yaml', 'data.jsonl'])
    expect(value(await source.texts('head', ['a.yaml'])).get('a.yaml')).toMatchObject({ text: 'a: 2' })
    expect(code(await source.texts('head', ['a.yaml', 'data.jsonl']))).toBe('git-object-missing')
  })

  it("gives git's own blob id with a text", async () => {
    const base = repo.commit({ 'a.yaml': 'a: 1\n' })
    const source = gitSource({ cwd: repo.dir, base })
    const id = repo.git('rev-parse', 'HEAD:a.yaml')
    expect(value(await source.texts('base', ['a.yaml'])).get('a.yaml')).toEqual({ is: 'text', text: 'a: 1\n', id })
    expect(value(await source.texts('head', ['a.yaml'])).get('a.yaml')).toEqual({ is: 'text', text: 'a: 1\n', id })
  })

  it.each(['--output=/tmp/owned', '-h', '', 'a\0b', 'no-such-branch', 'main..main'])(
    'refuses %j as a revision',
    async revision => {
      repo.commit({ a: '1' })
      expect(code(await gitSource({ cwd: repo.dir, base: revision }).revisions())).toBe('git-revision')
    },
  )

  it('names fetch-depth where a shallow clone lacks the merge base', async () => {
    repo.commit({ a: '1' })
    repo.git('checkout', '-q', '-b', 'change')
    repo.commit({ a: '2' })
    repo.git('checkout', '-q', 'main')
    repo.commit({ b: '1' })
    const clone = mkdtempSync(join(tmpdir(), 'traincost-shallow-'))
    try {
      const from = `file://${repo.dir}`
      execFileSync('git', ['clone', '-q', '--depth=1', '--no-single-branch', '--branch=change', from, clone])
      const read = await gitSource({ cwd: clone }).revisions()
      expect(read).toMatchObject({ is: 'failed', problem: { code: 'git-shallow' } })
      expect(JSON.stringify(read)).toContain('fetch-depth: 0')
      execFileSync('git', ['-C', clone, 'fetch', '-q', '--unshallow'])
      expect(code(await gitSource({ cwd: clone }).revisions())).toBe('read')
    } finally {
      rmSync(clone, { recursive: true })
    }
  })

  it('compares with the end of the base branch, and says so, where no ancestor is shared', async () => {
    const tip = repo.commit({ a: '1' })
    repo.git('checkout', '-q', '--orphan', 'other')
    repo.commit({ a: '2' })
    const revisions = value(await gitSource({ cwd: repo.dir, head: 'other' }).revisions())
    expect(revisions.base).toBe(tip)
    expect(revisions.notes.map(note => note.code)).toEqual(['no-common-ancestor'])
  })

  it('says that a folder is no repository', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'traincost-plain-'))
    expect(code(await gitSource({ cwd: dir }).revisions())).toBe('git-repository')
    expect(code(await gitSource({ cwd: join(dir, 'none') }).revisions())).toBe('git-missing')
    rmSync(dir, { recursive: true })
  })
})

describe('a change in the work tree', () => {
  it('has staged, unstaged and untracked files, but not ignored ones', async () => {
    const base = repo.commit({ 'a.yaml': '1', 'b.yaml': '1', 'c.yaml': '1', 'd.yaml': '1', '.gitignore': '*.log\n' })
    repo.write({ 'a.yaml': '2', 'b.yaml': '2', 'c.yaml': null, 'e.yaml': 'new', 'x.log': 'ignored' })
    repo.git('add', 'b.yaml')
    repo.git('rm', '-q', '--cached', 'd.yaml')
    const source = gitSource({ cwd: repo.dir, base })
    expect(value(await source.changes())).toEqual([
      { status: 'modified', path: 'a.yaml' },
      { status: 'modified', path: 'b.yaml' },
      { status: 'removed', path: 'c.yaml' },
      { status: 'modified', path: 'd.yaml' },
      { status: 'added', path: 'e.yaml' },
    ])
    expect(new Set(value(await source.paths('head')))).toEqual(
      new Set(['.gitignore', 'a.yaml', 'b.yaml', 'd.yaml', 'e.yaml']),
    )
    const texts = value(await source.texts('head', ['a.yaml', 'c.yaml', 'e.yaml']))
    expect(texts.get('a.yaml')).toMatchObject({ text: '2' })
    expect(texts.get('c.yaml')).toEqual({ is: 'absent' })
    expect(texts.get('e.yaml')).toMatchObject({ text: 'new' })
    expect(value(await source.revisions()).head).toBeNull()
  })

  it('is the same from a subfolder', async () => {
    repo.commit({ 'configs/a.yaml': '1', 'b.yaml': '1' })
    repo.write({ 'configs/a.yaml': '2', 'b.yaml': '2' })
    const source = gitSource({ cwd: join(repo.dir, 'configs') })
    expect(value(await source.changes()).map(change => change.path)).toEqual(['b.yaml', 'configs/a.yaml'])
  })

  it('does not read through a folder that is a symbolic link', async () => {
    repo.commit({ a: '1' })
    const outside = mkdtempSync(join(tmpdir(), 'traincost-outside-'))
    writeFileSync(join(outside, 'secret.yaml'), 'secret')
    symlinkSync(outside, join(repo.dir, 'configs'))
    const texts = value(await gitSource({ cwd: repo.dir }).texts('head', ['configs/secret.yaml', 'configs']))
    expect(texts.get('configs/secret.yaml')).toMatchObject({ reason: 'symlink' })
    expect(texts.get('configs')).toMatchObject({ reason: 'symlink' })
    rmSync(outside, { recursive: true })
  })

  it('runs no program that the repository configures', async () => {
    repo.commit({ 'a.yaml': '1', '.gitattributes': '*.yaml diff=evil\n' })
    const proof = join(repo.dir, '.git', 'proof')
    for (const name of ['diff.evil.command', 'diff.evil.textconv', 'diff.external', 'core.fsmonitor', 'core.pager'])
      repo.git('config', name, `touch ${proof};`)
    repo.write({ 'a.yaml': '2' })
    const source = gitSource({ cwd: repo.dir })
    expect(value(await source.changes())).toEqual([{ status: 'modified', path: 'a.yaml' }])
    await source.paths('head')
    expect(() => execFileSync('ls', [proof], { stdio: 'ignore' })).toThrow()
  })

  it('reads a file that a sparse checkout left out from the index', async () => {
    repo.commit({ 'in/a.yaml': '1', 'out/b.yaml': 'kept' })
    repo.git('sparse-checkout', 'set', 'in')
    const source = gitSource({ cwd: repo.dir })
    expect(value(await source.texts('head', ['out/b.yaml'])).get('out/b.yaml')).toMatchObject({ text: 'kept' })
    expect(value(await source.changes())).toEqual([])
  })
})
