import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'

/** Real configs where they lie beside the project, else the fixtures of the tests: [{ path, text }], each a config alone. */
export function corpusFiles(root) {
  const corpus = join(root, '../shared/corpus')
  return existsSync(join(corpus, 'MANIFEST.json')) ? labelled(corpus) : fixtures(join(root, '__tests__/fixtures'))
}

function labelled(corpus) {
  const { files } = JSON.parse(readFileSync(join(corpus, 'MANIFEST.json'), 'utf8'))
  return files
    .filter(({ copied, labelled }) => copied && labelled)
    .map(({ file, path }) => ({ path, text: readFileSync(join(corpus, file), 'utf8') }))
}

function fixtures(folder) {
  return readdirSync(folder).flatMap(framework =>
    readdirSync(join(folder, framework)).map(name => {
      const path = join(folder, framework, name)
      const file = statSync(path).isDirectory() ? join(path, configIn(path)) : path
      return { path: `${framework}/${name}${extname(file)}`, text: readFileSync(file, 'utf8') }
    }),
  )
}

const configIn = folder => JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')).config
