import { join } from 'node:path'
import { loadTypescript } from './load-typescript.mjs'

export async function roomTimes(root) {
  const { measure } = await loadTypescript(root, 'bench/rooms.ts')
  return measure(join(root, 'examples/pull-request/head'))
}
