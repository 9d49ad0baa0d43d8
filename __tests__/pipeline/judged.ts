import { judgeChange, type ChangeRequest, type Judged } from '../../src/pipeline.ts'

/** Judges what a source holds: nothing is set by hand, and nobody has put a label on it. */
export function judged(source: ChangeRequest['source'], more: Partial<ChangeRequest> = {}): Promise<Judged> {
  return judgeChange({
    source,
    rawInputs: new Map(),
    set: new Map(),
    only: [],
    labelsOf: () => Promise.resolve({ known: true, value: [], origins: [] }),
    linksOf: () => null,
    ...more,
  })
}
