import { git } from './git-command.ts'

/** The top of the git work tree around a folder; undefined outside of one, or where there is no git. */
export async function topOf(cwd: string): Promise<string | undefined> {
  const ran = await git(cwd, ['rev-parse', '--show-toplevel'])
  return ran.is === 'read' && ran.value.code === 0 ? ran.value.out.toString('utf8').replace(/\n$/, '') : undefined
}
