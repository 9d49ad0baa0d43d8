import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '../facts/index.ts'

export interface WrittenFiles {
  /** Output name → path, for the files that were written. */
  readonly paths: ReadonlyMap<string, string>
  readonly problems: readonly Problem[]
}

/** Whole reports as files of the job, for later steps and artifacts. Best effort, like everything here. */
export async function writeReportFiles(
  directory: string,
  files: readonly { readonly output: string; readonly name: string; readonly content: string }[],
): Promise<WrittenFiles> {
  const paths = new Map<string, string>()
  try {
    await mkdir(directory, { recursive: true })
    for (const { output, name, content } of files) {
      const path = join(directory, name)
      await writeFile(path, content)
      paths.set(output, path)
    }
    return { paths, problems: [] }
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    const problem: Problem = {
      code: 'report-files',
      severity: 'warning',
      message: `the report files could not be written to ${directory}: ${why}`,
    }
    return { paths, problems: [problem] }
  }
}
