import { loadTypescript } from './load-typescript.mjs'

/** What it takes to say what each of eight changed facts brings: goal 10 ms. */
export async function attributionTimes(root) {
  const { measure } = await loadTypescript(root, 'bench/attribution.ts')
  const { withIt, without, one } = await measure()
  const took = withIt - without
  return [
    [
      'shares of eight changed facts, against one estimate',
      `${took.toFixed(2)} ms`,
      `${(one * 1000).toFixed(1)} µs`,
      `× ${Math.round(took / one)}`,
    ],
  ]
}
