import type * as Core from '@actions/core'
import type { Problem } from '../facts/index.ts'
import type { Annotation } from '../report/index.ts'

/** GitHub takes 1 MiB from one step and drops a larger summary whole. */
const MAX_SUMMARY_BYTES = 900 * 1024
const MAX_ANNOTATIONS_OF_A_LEVEL = 10

/** Outputs of the step, by their kebab-case names. Null and undefined are written empty: a value that is not known. */
export async function writeOutputs(
  outputs: Readonly<Record<string, string | number | null | undefined>>,
): Promise<readonly Problem[]> {
  return attempted('outputs', 'write the outputs', async core => {
    for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value ?? '')
    return Promise.resolve()
  })
}

/** Appends Markdown to the job's summary, cut between two lines where it is too large. */
export async function writeSummary(markdown: string): Promise<readonly Problem[]> {
  return attempted('summary', 'write the job summary', async core => {
    await core.summary.addRaw(cutToBytes(markdown, MAX_SUMMARY_BYTES), true).write()
  })
}

/**
 * Annotations as workflow commands. GitHub shows ten of a level and step; the rest is counted in a notice.
 * Their texts are escaped by @actions/core, so that none can end its command and begin another.
 */
export async function writeAnnotations(annotations: readonly Annotation[]): Promise<readonly Problem[]> {
  return attempted('annotations', 'write annotations', async core => {
    const levels = { error: core.error, warning: core.warning, notice: core.notice }
    for (const level of ['error', 'warning', 'notice'] as const) {
      const all = annotations.filter(annotation => annotation.level === level)
      for (const { path, line, title, message } of all.slice(0, MAX_ANNOTATIONS_OF_A_LEVEL))
        levels[level](message, { file: path, startLine: line, title })
      const left = all.length - MAX_ANNOTATIONS_OF_A_LEVEL
      if (left > 0) core.info(`${left} more of level ${level} are in the report`)
    }
    return Promise.resolve()
  })
}

/** At most so many bytes, whole lines only. */
export function cutToBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text
  const note = '\n\n… the report was cut here: it is too large for a job summary.\n'
  const bytes = Buffer.from(text).subarray(0, maxBytes - Buffer.byteLength(note))
  const lineEnd = bytes.lastIndexOf('\n')
  return `${bytes.subarray(0, Math.max(lineEnd, 0)).toString('utf8')}${note}`
}

async function attempted(
  name: string,
  doing: string,
  write: (core: typeof Core) => Promise<void>,
): Promise<readonly Problem[]> {
  try {
    await write(await import('@actions/core'))
    return []
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    return [{ code: `${name}-not-written`, severity: 'warning', message: `could not ${doing}: ${why}` }]
  }
}
