import type { FactName } from './names.ts'

/** What every dense model has: without these no FLOP and no parameter can be counted. */
export const CORE_SHAPE: readonly FactName[] = [
  'hiddenSize',
  'numLayers',
  'numHeads',
  'numKvHeads',
  'headDim',
  'ffnSize',
  'gated',
  'vocabSize',
  'tiedEmbeddings',
]
