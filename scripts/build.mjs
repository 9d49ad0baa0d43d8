/** Builds dist/ from src/: the action, and the command line. The old dist/ is replaced only when both builds succeed. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const ncc = join(root, 'node_modules/@vercel/ncc/dist/ncc/cli.js')
const temporary = mkdtempSync(join(tmpdir(), 'traincost-build-'))
const fresh = join(temporary, 'dist')

/** Without ncc's cache, so that the same sources give the same bytes on every machine; types are checked by `npm run types`. */
function bundle(entry, out) {
  const args = [ncc, 'build', entry, '--out', out, '--no-cache', '--transpile-only', '--license', 'licenses.txt']
  const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (error) throw error
  return status === 0
}

try {
  if (bundle('src/main.ts', fresh) && bundle('src/cli.ts', join(fresh, 'cli'))) {
    rmSync(join(root, 'dist'), { recursive: true, force: true })
    cpSync(fresh, join(root, 'dist'), { recursive: true })
  } else {
    process.exitCode = 1
  }
} finally {
  rmSync(temporary, { recursive: true, force: true })
}
