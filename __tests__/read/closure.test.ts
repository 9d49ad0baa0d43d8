import { readClosure, type FileText, type Source } from '../../src/read/index.ts'

/** A source whose files are lists of the files that they include. */
function chain(files: Readonly<Record<string, string>>) {
  const asked: (readonly string[])[] = []
  const unused = () => Promise.reject(new Error('not asked'))
  const source: Source = {
    revisions: unused,
    changes: unused,
    paths: unused,
    textsAt: unused,
    texts: (_side, paths) => {
      asked.push(paths)
      const textOf = (path: string): FileText => {
        const text = files[path]
        return text === undefined ? { is: 'absent' } : { is: 'text', text, id: path }
      }
      return Promise.resolve({ is: 'read', value: new Map(paths.map(path => [path, textOf(path)])) })
    },
  }
  return { source, asked }
}

const includesOf = (path: string, texts: ReadonlyMap<string, FileText>) => {
  const text = texts.get(path)
  return text?.is === 'text' ? text.text.split(' ').filter(word => word !== '') : []
}

test('follows includes until nothing new appears, one request a level, cycles and all', async () => {
  const { source, asked } = chain({ a: 'b c', b: 'd', c: 'd missing', d: 'a' })
  const read = await readClosure(source, 'head', ['a', 'a'], includesOf)
  expect(asked).toEqual([['a'], ['b', 'c'], ['d', 'missing']])
  expect(read.is === 'read' && [...read.value.files.keys()]).toEqual(['a', 'b', 'c', 'd', 'missing'])
  expect(read).toMatchObject({ value: { problems: [] } })
})

test('a file may name its includes only once another has been read', async () => {
  const { source, asked } = chain({ main: 'group', group: 'choice', late: '' })
  const needsGroup = (path: string, texts: ReadonlyMap<string, FileText>) =>
    path === 'main' ? ['group', ...(texts.has('group') ? ['late'] : [])] : []
  await readClosure(source, 'head', ['main'], needsGroup)
  expect(asked).toEqual([['main'], ['group'], ['late']])
})

test('a chain as deep as the cap is read, one level more is said to be left out', async () => {
  const { source } = chain({ a: 'b', b: 'c', c: 'd', d: '' })
  const whole = await readClosure(source, 'head', ['a'], includesOf, { depth: 3, files: 10, filesOfEach: 1 })
  expect(whole).toMatchObject({ value: { problems: [] } })
  const cut = await readClosure(source, 'head', ['a'], includesOf, { depth: 2, files: 10, filesOfEach: 1 })
  expect(cut).toMatchObject({ value: { problems: [{ code: 'include-depth', at: { path: 'd' } }] } })
  const few = await readClosure(source, 'head', ['a'], includesOf, { depth: 9, files: 1, filesOfEach: 1 })
  expect(few).toMatchObject({ value: { problems: [{ code: 'include-count', at: { path: 'c' } }] } })
})

test('the configs themselves are read however many they are, and the cap on includes grows with them', async () => {
  const { source } = chain({ a: 'x', b: 'x y', c: '', d: '' })
  const caps = { depth: 9, files: 1, filesOfEach: 0.5 }
  const whole = await readClosure(source, 'head', ['a', 'b', 'c', 'd'], includesOf, caps)
  expect(whole.is === 'read' && [...whole.value.files.keys()]).toEqual(['a', 'b', 'c', 'd', 'x', 'y'])
  expect(whole).toMatchObject({ value: { problems: [] } })
  const cut = await readClosure(source, 'head', ['a', 'b'], includesOf, caps)
  expect(cut).toMatchObject({ value: { problems: [{ code: 'include-count', at: { path: 'x' } }] } })
})

test('a failed read is a failure, not a file without includes', async () => {
  const { source } = chain({})
  const problem = { code: 'x', severity: 'error', message: 'down' } as const
  const broken: Source = { ...source, texts: () => Promise.resolve({ is: 'failed', problem }) }
  expect(await readClosure(broken, 'head', ['a'], includesOf)).toEqual({ is: 'failed', problem })
})
