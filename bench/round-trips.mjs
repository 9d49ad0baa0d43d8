import { actionNode } from '../scripts/nodes.mjs'
import { loadTypescript } from './load-typescript.mjs'

export async function roundTrips(root) {
  const { measure } = await loadTypescript(root, 'bench/round-trips.ts')
  return measure(root, actionNode())
}
