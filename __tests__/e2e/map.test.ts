import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/**
 * What users are promised about events and failures, row by row, and the test that holds it: a file below __tests__ and
 * the beginning of its title. A test that is renamed or dropped leaves its row without one, and this file fails.
 */
const EVENTS: readonly Row[] = [
  ['pull_request, in every action, drafts included', 'e2e/moments', 'whatever happens to a pull request, draft or not'],
  ['an unrelated label recomputes', 'e2e/moments', 'whatever happens to a pull request, draft or not'],
  ['another base branch', 'e2e/moments', 'a pull request that is given another base is compared with that one'],
  ['another base branch during the run', 'read/api', 'the list of a pull request that has been given another base'],
  ['pull_request_target', 'e2e/events', 'pull_request_target gives the same verdict and the same comment'],
  ['pull_request_target from a fork', 'e2e/rows', 'a fork on pull_request_target, whose token may write'],
  ['the merge base, never base.sha', 'e2e/events', 'a base branch that moved on since the branch was cut'],
  ['the policy of the live tip', 'e2e/events', 'the policy that holds is that of the base branch as it is now'],
  ['a fork with a read-only token', 'e2e/events', 'the verdict and the summary are the same, and at most one refused'],
  ['a fork that was deleted', 'e2e/rows', 'a fork that was deleted meanwhile is judged by its commit'],
  ['Dependabot with a read-only token', 'e2e/moments', 'Dependabot, whose token may only read'],
  ['merge_group', 'e2e/events', 'the merge queue is gated without a comment'],
  ['overrides in the merge queue', 'e2e/rows', 'a label that opened the pull request opens the merge queue as well'],
  ['push', 'e2e/events', 'a push is judged between its two commits, and the first push of a branch passes'],
  ['push, forced', 'e2e/rows', 'a forced push is judged from the commit that was there before'],
  ['push of a branch that came or went', 'read/event', 'a push of a branch that came or went has nothing to compare'],
  ['workflow_dispatch', 'e2e/events', 'started by hand, it compares the revisions that it is given'],
  ['schedule', 'e2e/moments', 'a run by the clock compares the default branch with itself'],
  ['workflow_run, to comment for forks', 'e2e/moments', 'a run that follows the one of a fork comments'],
  ['its workflow trusts nothing of the fork', 'packaging/workflows', '%s never checks out what it judges'],
  ['more than 3,000 files', 'read/api', 'a change of more than 3,000 files is complete'],
  ['more than 3,000 files, the whole run', 'e2e/events', 'a config behind 3,200 other changed files is still found'],
  ['truncated trees', 'read/api', 'a list that stops short is not taken: the trees are compared'],
  ['truncated trees, the whole run', 'e2e/strict', 'is found in a tree that GitHub cuts off'],
  ['a list that cannot be completed is an error', 'read/api', 'a lasting fault is a failure that names its cause'],
  ['a changed file that configs include', 'pipeline/includes', 'prices every config anew that reaches it'],
  ['renames keep their identity', 'e2e/unknown', 'a config that is renamed and unchanged costs what it did'],
  ['renames among many files', 'read/api', 'a config that is moved and edited among many other files'],
  ['the head has moved on', 'e2e/events', 'a head that has been pushed over is judged, but its late report is not'],
  ['a forced push while the run reads', 'e2e/moments', 'a forced push while the run reads: the verdict stands'],
  ['the head branch was deleted', 'e2e/moments', 'a head branch that was deleted meanwhile is judged by its commit'],
  ['the base branch was deleted', 'e2e/moments', 'a base branch that was deleted meanwhile is an error'],
  ['no common ancestor', 'e2e/events', 'histories without a common ancestor are compared with the tip'],
  ['a config outside every glob', 'e2e/policy', 'a recognized config outside of every glob is named as not covered'],
  ['a gated config moved out', 'e2e/policy', 'a gated config that moves out of every glob fails'],
  ['a check run on the head', 'e2e/pull-request', 'has one completed check on the head, under a name of its own'],
  ['a commit status where it is asked for', 'e2e/publishing', 'a commit status carries the verdict where it is asked'],
  ['a token that may not write checks', 'e2e/publishing', 'a person’s token, which may not write checks'],
  ['source: git', 'e2e/ways', 'reads the clone of the workspace: the same verdict and comment'],
  ['source: git on pull_request_target', 'e2e/ways', 'is refused on pull_request_target'],
  ['a central policy that cannot be reached', 'e2e/strict', 'that no token can see is an error that names the way'],
  ['a renamed repository', 'e2e/strict', 'a repository that was renamed since the run was started'],
  ['an enterprise server behind a proxy', 'e2e/ways', 'an enterprise server behind a proxy is reached through it'],
]

const FAILURES: readonly Row[] = [
  ['no config changed', 'e2e/events', 'no training config changed: green, an old comment is refreshed'],
  ['red turns green', 'e2e/pull-request', 'turns green in the same comment when the change is taken back'],
  ['the head does not parse', 'e2e/unknown', 'a head that does not parse is an error with file, line and column'],
  ['the base does not parse', 'e2e/unknown', 'a base that did not parse does not stop the head from being priced'],
  ['the base does not exist', 'e2e/unknown', 'is new, not +100 %, and passes a rule about increases in percent'],
  ['unknown accelerator or price', 'e2e/unknown', '%s: unknown on both sides warns, with what to add'],
  ['unknown model', 'e2e/unknown', 'known at the base and unknown at the head fails'],
  ['unknown number of tokens', 'e2e/rows', 'a number of tokens that nobody gives is unknown'],
  ['a transient fault', 'e2e/publishing', 'one fault of each read (%s) ends in the verdict without faults'],
  ['each call, each fault, once and for ever', 'e2e/faults', 'each call of a run, failing once or for ever'],
  ['a limit, with retry-after or a reset', 'read/client', '%s: is waited for, and the answer comes'],
  ['a limit that ends in an hour', 'e2e/strict', 'a limit that is used up for the next hour is an error'],
  ['no answer', 'read/client', 'a server that never answers takes no longer than the run has'],
  ['a lasting fault and on-error', 'e2e/publishing', 'reads that fail for ever are an error, never a pass; on-error'],
  ['a lasting fault of writes', 'e2e/publishing', 'writes that fail for ever change no exit code'],
  ['a create whose answer is lost', 'e2e/publishing', 'an answer that is lost after the comment was made'],
  ['runs at once', 'e2e/at-once', 'runs at once on one pull request leave one comment'],
  ['comment 403, 404, 410, 422', 'e2e/rows', '%i on the first one: a warning, the verdict stays'],
  ['a refused update', 'e2e/rows', '%i on the next one: a warning, the old one stays and no second is made'],
  ['a locked conversation', 'e2e/publishing', 'a locked conversation is no failure of a harmless change'],
  ['a minimized comment', 'e2e/moments', 'is updated where somebody has minimized it'],
  ['a deleted comment', 'e2e/moments', 'is written anew where somebody has deleted it'],
  ['inputs that cannot be read', 'e2e/refused', 'an input that cannot be read turns the comment of an earlier run red'],
  ['a policy that cannot be read', 'e2e/moments', 'is refreshed by a run that could not judge'],
  ['globs that match nothing', 'e2e/rows', 'globs of which none matches anything say so'],
  ['symlink, submodule, pointer, binary, large', 'e2e/unknown', 'a config that turns into %s is not followed'],
  ['encodings, over the API and from git', 'read/not-text', 'a reason tells what to do, the same for both'],
]

/** [what is promised, the file below __tests__, the beginning of the test's title] */
type Row = readonly [promise: string, file: string, title: string]

const TESTS = resolve(import.meta.dirname, '..')

test.each([...EVENTS, ...FAILURES])('%s: %s holds it', (_, file, title) => {
  const source = readFileSync(join(TESTS, `${file}.test.ts`), 'utf8')
  expect(source).toContain(title)
})
