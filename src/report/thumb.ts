import type { Estimate } from '../estimate/index.ts'

/**
 * The rule of thumb 6 · parameters · tokens as a share of the model FLOPs, where the two count the same thing: one pass forward
 * and one back through every weight, for every token. With adapters and frozen layers most weights get no gradient, a preference
 * or generating method passes more often, and each token of an encoder–decoder sees one half of the weights: there the rule is
 * no check.
 */
export function sixNdOf(e: Estimate): number | undefined {
  const { trainable, method, encoder } = e.facts
  const isPartial = trainable?.known === true && trainable.value !== 'full'
  const passesMore = method?.known === true && method.value !== 'pretrain' && method.value !== 'sft'
  if (isPartial || passesMore || encoder?.known === true || !e.sixNdRatio.known) return undefined
  return e.sixNdRatio.value
}
