import { git } from './git-command.ts'

/** The top of the git work tree around a folder; undefined outside of one, or where there is no git. */
export async function topOf(cwd: string): Promise<string | undefined> {
  const ran = await git(cwd, ['rev-parse', '--show-toplevel'])
  return ran.is === 'read' && ran.value.code === 0 ? ran.value.out.toString('utf8').replace(/\n$/, '') : undefined
}

/** The day of the last commit around a folder, ISO date: "today" for what carries no date of its own. */
export async function lastCommitDay(cwd: string): Promise<string | undefined> {
  const ran = await git(cwd, ['show', '--no-patch', '--format=%cI', 'HEAD'])
  if (ran.is === 'failed' || ran.value.code !== 0) return undefined
  const at = new Date(ran.value.out.toString('utf8').trim())
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString().slice(0, 10)
}
