import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

/** In a bundle, a module that reads a file beside itself would look beside the bundle. */
const ownAddress = {
  name: 'own-address',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
      loader: 'ts',
    }))
  },
}

/** For a bundle of our own sources that plain Node runs; packages are left outside. */
export const FOR_NODE = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  plugins: [ownAddress],
}

/** Loads a TypeScript module of this repository in plain Node: bundled to a temporary file, packages left outside. */
export async function loadTypescript(root, entry) {
  // Inside node_modules, so that the packages are found from there.
  const folder = mkdtempSync(join(root, 'node_modules/.bench-'))
  const outfile = join(folder, 'module.mjs')
  try {
    await build({ ...FOR_NODE, entryPoints: [join(root, entry)], outfile, logLevel: 'silent' })
    return await import(pathToFileURL(outfile).href)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
