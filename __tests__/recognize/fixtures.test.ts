import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { factNamed } from '../../src/facts/index.ts'
import { parse } from '../../src/parse/index.ts'
import { recognize } from '../../src/recognize/index.ts'

const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), '../fixtures')

/** What a fixture must be read as: `config` is its path among the files, `facts` go by their published names. */
interface Case {
  readonly framework: string
  readonly name: string
  readonly config: string
  readonly facts: Readonly<Record<string, unknown>>
  readonly texts: ReadonlyMap<string, string>
}

const read = (...path: readonly string[]): string => readFileSync(join(FIXTURES, ...path), 'utf8')

/** A folder is a test: `<framework>/<case>/` with its files and `expected.json` (`config`, `facts`, `source`). */
function folderCase(framework: string, name: string): Case {
  const { config, facts } = JSON.parse(read(framework, name, 'expected.json')) as Pick<Case, 'config' | 'facts'>
  const files = readdirSync(join(FIXTURES, framework, name)).filter(file => file !== 'expected.json')
  return { framework, name, config, facts, texts: new Map(files.map(file => [file, read(framework, name, file)])) }
}

/** So is a file: `<framework>/<case>.<ext>`, whose first line is `# source: …` and its second `# facts: {…}`. */
function fileCase(framework: string, name: string): Case {
  const text = read(framework, name)
  const facts = /^# source: .+\n# facts: (\{.*\})\n/.exec(text)?.[1]
  if (facts === undefined) throw new Error(`${framework}/${name} does not begin with # source: and # facts:`)
  return { framework, name, config: name, facts: JSON.parse(facts) as Case['facts'], texts: new Map([[name, text]]) }
}

const cases = readdirSync(FIXTURES).flatMap(framework =>
  readdirSync(join(FIXTURES, framework)).map(name =>
    statSync(join(FIXTURES, framework, name)).isDirectory() ? folderCase(framework, name) : fileCase(framework, name),
  ),
)

it.each(cases)('reads $framework/$name as its framework does', ({ framework, config: path, facts, texts }) => {
  expect(Object.keys(facts)).not.toEqual([])
  const recognition = recognize(path, new Map([...texts].map(([file, text]) => [file, parse(file, text)])))
  if (recognition.is !== 'recognized') throw new Error(JSON.stringify(recognition))
  const { config } = recognition
  expect(config.framework).toBe(framework)
  expect(config.problems.filter(problem => problem.severity === 'error')).toEqual([])
  const found = Object.fromEntries(
    Object.keys(facts).map(published => {
      const fact = config.facts[factNamed(published)!]
      return [published, fact?.known === true ? fact.value : fact]
    }),
  )
  expect(found).toEqual(facts)
})
