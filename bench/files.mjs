import { corpusFiles } from './corpus-files.mjs'
import { loadTypescript } from './load-typescript.mjs'

export async function fileTimes(root) {
  const { measureFiles } = await loadTypescript(root, 'bench/files.ts')
  return measureFiles(corpusFiles(root))
}
