/** Parsed JSON: of any shape, held against GitHub's description where it matters. */
export type Parsed = ReturnType<typeof JSON.parse>
