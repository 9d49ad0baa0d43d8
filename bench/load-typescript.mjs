import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

/** Loads a TypeScript module of this repository in plain Node: bundled to a temporary file, packages left outside. */
export async function loadTypescript(root, entry) {
  // Inside node_modules, so that the packages are found from there.
  const folder = mkdtempSync(join(root, 'node_modules/.bench-'))
  const outfile = join(folder, 'module.mjs')
  try {
    await build({
      entryPoints: [join(root, entry)],
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      outfile,
      logLevel: 'silent',
      // Modules that ask where they are, such as a test server that reads a file beside it.
      define: { 'import.meta.dirname': JSON.stringify(join(root, entry, '..')) },
    })
    return await import(pathToFileURL(outfile).href)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
