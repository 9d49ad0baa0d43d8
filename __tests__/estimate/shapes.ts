import fc from 'fast-check'
import type { Plain } from './runs.ts'

/** Any dense model with any training of it. */
export const dense: fc.Arbitrary<Plain> = fc
  .record({
    heads: fc.integer({ min: 1, max: 16 }),
    groups: fc.integer({ min: 1, max: 4 }),
    headDim: fc.constantFrom(32, 64, 128),
    hiddenSize: fc.integer({ min: 1, max: 64 }).map(n => 64 * n),
    numLayers: fc.integer({ min: 1, max: 48 }),
    ffnSize: fc.integer({ min: 1, max: 20_000 }),
    gated: fc.boolean(),
    vocabSize: fc.integer({ min: 1, max: 200_000 }),
    tiedEmbeddings: fc.boolean(),
    window: fc.option(fc.integer({ min: 1, max: 10_000 }), { nil: undefined }),
    seqLen: fc.integer({ min: 1, max: 100_000 }),
    totalTokens: fc.integer({ min: 1, max: 1_000_000_000 }),
    accelerators: fc.integer({ min: 1, max: 5000 }),
    recompute: fc.constantFrom('none', 'selective', 'full'),
    method: fc.constantFrom('pretrain', 'sft', 'dpo', 'orpo', 'kto'),
    precision: fc.constantFrom('bf16', 'fp8'),
  })
  .map(({ heads, groups, window, ...plain }) => ({
    ...plain,
    numHeads: heads * groups,
    numKvHeads: heads,
    ...(window === undefined ? {} : { layerWindows: { pattern: [window, null] } }),
  }))

/** The same with experts. */
export const mixture: fc.Arbitrary<Plain> = fc
  .tuple(
    dense,
    fc.record({
      experts: fc.integer({ min: 3, max: 64 }),
      expertFfnSize: fc.integer({ min: 1, max: 4096 }),
      sharedExperts: fc.integer({ min: 0, max: 2 }),
      firstDenseLayers: fc.integer({ min: 0, max: 3 }),
      moeEvery: fc.integer({ min: 1, max: 3 }),
    }),
  )
  .chain(([plain, moe]) =>
    fc.integer({ min: 2, max: moe.experts }).map(expertsPerToken => ({ ...plain, ...moe, expertsPerToken })),
  )

export const shape = fc.oneof(dense, mixture)
