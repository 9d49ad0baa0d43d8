/** The Node versions that the bundles must start on: the machine's own, and the one that the action runs on. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const ACTION_MAJOR = '24'

/** The version that an executable prints, or null where it does not run. */
function versionOf(executable) {
  const { status, stdout } = spawnSync(executable, ['--version'], { encoding: 'utf8', timeout: 30_000 })
  return status === 0 ? stdout.trim() : null
}

const isActionNode = executable => versionOf(executable)?.startsWith(`v${ACTION_MAJOR}.`) ?? false

/** The first `node` of PATH outside node_modules: npm puts the project's own one first. */
export function hostNode() {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(f => f !== '' && !f.includes('node_modules'))
  for (const folder of folders) {
    const candidate = join(folder, 'node')
    try {
      accessSync(candidate, constants.X_OK)
      return candidate
    } catch {
      // Not here: the next folder of PATH.
    }
  }
  return process.execPath
}

/**
 * Node 24, the action's runtime: the project's own, or, where its install script was blocked, the package with the
 * bare executable, put into a temporary folder.
 */
export function actionNode() {
  const own = join(root, 'node_modules/.bin/node')
  if (isActionNode(own)) return own
  if (isActionNode(process.execPath)) return process.execPath

  const prefix = mkdtempSync(join(tmpdir(), 'traincost-node-'))
  const name = `node-${process.platform}-${process.arch}`
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', prefix, `${name}@${ACTION_MAJOR}`]
  const { status } = spawnSync('npm', args, { cwd: prefix, stdio: ['ignore', 'inherit', 'inherit'] })
  const fetched = join(prefix, 'node_modules', name, 'bin/node')
  if (status !== 0 || !isActionNode(fetched)) throw new Error(`No Node ${ACTION_MAJOR}: npm could not install ${name}`)
  return fetched
}

export { versionOf }
