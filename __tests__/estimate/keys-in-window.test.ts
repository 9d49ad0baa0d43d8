import {
  meanKeysAround,
  meanKeysCausal,
  meanKeysInChunks,
  meanKeysInWindow,
  meanKeysLongformer,
} from '../../src/estimate/keys-in-window.ts'

/** Keys that queries see, counted one by one. */
function counted(seqLen: number, sees: (query: number, key: number) => boolean): number {
  let keys = 0
  for (let query = 0; query < seqLen; query++) for (let key = 0; key < seqLen; key++) if (sees(query, key)) keys++
  return keys / seqLen
}

const LENGTHS = [
  [1, 1],
  [8, 3],
  [8, 8],
  [8, 20],
  [97, 10],
  [128, 64],
] as const

describe('mean attended keys', () => {
  it.each([1, 2, 7, 64])('a causal query sees itself and what came before: %i tokens', s => {
    expect(meanKeysCausal(s)).toBeCloseTo(
      counted(s, (q, k) => k <= q),
      10,
    )
  })

  it.each(LENGTHS)('counts every visible key of a sliding window: %i tokens, window %i', (s, w) => {
    expect(meanKeysInWindow(s, w)).toBeCloseTo(
      counted(s, (q, k) => k <= q && q - k < w),
      10,
    )
  })

  it.each([4096, 5000, 1e9])('a window as long as the sequence or longer is plain causal: %i', w => {
    expect(meanKeysInWindow(4096, w)).toBe(2048.5)
  })

  it.each(LENGTHS)('chunks see only themselves, the last one may be short: %i tokens, chunk %i', (s, c) => {
    expect(meanKeysInChunks(s, c)).toBeCloseTo(
      counted(s, (q, k) => k <= q && Math.floor(q / c) === Math.floor(k / c)),
      10,
    )
  })

  it.each(LENGTHS)('a two-sided window reaches half to each side: %i tokens, window %i', (s, w) => {
    expect(meanKeysAround(s, w)).toBeCloseTo(
      counted(s, (q, k) => Math.abs(q - k) <= Math.floor(w / 2)),
      10,
    )
  })

  it('Longformer sees its window and the global tokens twice, never more than the sequence', () => {
    expect(meanKeysLongformer(4096, 512, 16)).toBe(544)
    expect(meanKeysLongformer(256, 512, 16)).toBe(256)
  })
})
