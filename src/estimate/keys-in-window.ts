/** How many keys a query sees, on average over the sequence: docs/estimator.md §2. All in keys per query. */

/** Plain causal attention: query i sees i keys, itself included. */
export function meanKeysCausal(seqLen: number): number {
  return (seqLen + 1) / 2
}

/**
 * Mean keys that a query attends under a causal sliding window.
 *
 * Query i sees min(i, window) keys; exact mean over i = 1 … s.
 * A window of s or more is plain causal attention, (s + 1) / 2.
 *
 * @param seqLen tokens, integer ≥ 1
 * @param window tokens, integer ≥ 1
 * @returns keys per query, 1 to (s + 1) / 2; not FLOPs
 * @see docs/estimator.md §2
 */
export function meanKeysInWindow(seqLen: number, window: number): number {
  const w = Math.min(window, seqLen)
  return w - (w * (w - 1)) / (2 * seqLen)
}

/** Blocks of `chunk` tokens that see only themselves, causally; the last block may be shorter. */
export function meanKeysInChunks(seqLen: number, chunk: number): number {
  const whole = Math.floor(seqLen / chunk)
  const rest = seqLen - whole * chunk
  return (whole * chunk * (chunk + 1) + rest * (rest + 1)) / (2 * seqLen)
}

/**
 * A window around the query, half of it on each side, in a bidirectional layer: itself, and up to ⌊window / 2⌋ keys
 * to the left and to the right, cut off at the ends of the sequence.
 */
export function meanKeysAround(seqLen: number, window: number): number {
  const half = Math.min(Math.floor(window / 2), seqLen - 1)
  return 1 + 2 * (half - (half * (half + 1)) / (2 * seqLen))
}

/** Longformer and BigBird: a window, and global tokens that all see and that see all. */
export function meanKeysLongformer(seqLen: number, window: number, globals: number): number {
  return Math.min(seqLen, Math.min(seqLen, window) + 2 * globals)
}
