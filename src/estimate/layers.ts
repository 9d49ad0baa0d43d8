import type { Architecture } from './architecture.ts'

/** How many layers of each kind lie in a range. A layer has one mixer (attention or state space) and at most one feed-forward. */
export interface LayerCounts {
  /** Attention layers by what they see: a window in tokens, or null for everything. */
  readonly attention: readonly { readonly window: number | null; readonly count: number }[]
  readonly attentionTotal: number
  readonly ssm: number
  readonly dense: number
  readonly moe: number
}

/** True where layer i (from 0) is a mixture layer: after the dense first ones, every n-th, counted from 1. */
function isMixture({ moe }: Architecture, i: number): boolean {
  return moe !== null && i >= moe.firstDenseLayers && (i + 1) % moe.moeEvery === 0
}

function attends({ ssm }: Architecture, i: number): boolean {
  return ssm === null || (ssm.attentionEvery > 0 && i % ssm.attentionEvery === ssm.attentionOffset)
}

/**
 * Counts the layers of the (decoder) stack from `from` up to, not including, `to`.
 *
 * @see docs/estimator.md §2 for windows, §3 for which layers are mixtures
 */
export function layersBetween(architecture: Architecture, from: number, to: number): LayerCounts {
  const attention: { window: number | null; count: number }[] = []
  const pattern = architecture.windows?.pattern
  const hasFeedForward = architecture.ffnSize > 0
  let attentionTotal = 0
  let ssm = 0
  let dense = 0
  let moe = 0
  for (let i = from; i < to; i++) {
    if (attends(architecture, i)) {
      attentionTotal++
      const window = pattern?.[i % pattern.length] ?? null
      const group = attention.find(entry => entry.window === window)
      if (group === undefined) attention.push({ window, count: 1 })
      else group.count++
    } else ssm++
    if (isMixture(architecture, i)) moe++
    else if (hasFeedForward) dense++
  }
  return { attention, attentionTotal, ssm, dense, moe }
}
