import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { factNamed } from '../../src/facts/index.ts'
import { parse } from '../../src/parse/index.ts'
import { recognize } from '../../src/recognize/index.ts'

/** A folder is a test: `<framework>/<case>/` with its files and `expected.json`: `config`, `facts` by published name, `source`. */
const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), '../fixtures')

const foldersOf = (path: string): readonly string[] =>
  readdirSync(path).filter(name => statSync(join(path, name)).isDirectory())
const cases = foldersOf(FIXTURES).flatMap(framework =>
  foldersOf(join(FIXTURES, framework)).map(name => [framework, name] as const),
)

it.each(cases)('reads %s/%s as its framework does', (framework, name) => {
  const folder = join(FIXTURES, framework, name)
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'))
  const names = readdirSync(folder).filter(file => file !== 'expected.json')
  const files = new Map(names.map(file => [file, parse(file, readFileSync(join(folder, file), 'utf8'))]))
  const recognition = recognize(expected.config, files)
  if (recognition.is !== 'recognized') throw new Error(JSON.stringify(recognition))
  const { config } = recognition
  expect(config.framework).toBe(framework)
  expect(config.problems.filter(problem => problem.severity === 'error')).toEqual([])
  const read = Object.fromEntries(
    Object.keys(expected.facts).map(published => {
      const fact = config.facts[factNamed(published)!]
      return [published, fact?.known === true ? fact.value : fact]
    }),
  )
  expect(read).toEqual(expected.facts)
})
