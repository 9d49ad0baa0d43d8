import { jest } from '@jest/globals'
import { publishComment } from '../../src/publish/index.ts'
import { type LocalGitHub, startGitHub } from '../github/index.ts'
import { quickClient } from './in-process.ts'
import { axolotl, CONFIG, MARKER, ours, propose } from './scenario.ts'

jest.setTimeout(300_000)

let gh: LocalGitHub
beforeEach(async () => {
  gh = await startGitHub()
})
afterEach(() => gh.close())

const RUNS = 20
const TRIES = 20

test(`${RUNS} runs at once on one pull request leave one comment, ${TRIES} times out of ${TRIES}`, async () => {
  const { pull } = propose(gh, { [CONFIG]: axolotl({ epochs: 3 }) })
  const client = await quickClient(gh, gh.token().value)
  const marker = `${MARKER}default -->`
  for (let round = 0; round < TRIES; round++) {
    pull.comments.splice(0)
    const published = await Promise.all(
      Array.from({ length: RUNS }, (_, run) =>
        publishComment(client, {
          event: { owner: 'acme', repo: 'models', number: pull.number, canComment: 'yes' },
          headSha: pull.headSha,
          marker,
          body: `${marker}\nrun ${run}`,
          mode: 'always',
          style: 'update',
          conclusion: 'fail',
          changed: true,
        }),
      ),
    )
    expect(ours(pull)).toHaveLength(1)
    expect(published.flatMap(({ problems }) => problems)).toEqual([])
  }
})

test('five jobs at once, started by five events, leave one comment and the same verdict', async () => {
  const { pull, run } = propose(gh, { [CONFIG]: axolotl({ epochs: 3 }) })
  const runs = await Promise.all(Array.from({ length: 5 }, () => run()))
  expect(runs.map(({ exitCode, outputs }) => [exitCode, outputs.conclusion])).toEqual(runs.map(() => [1, 'fail']))
  expect(ours(pull)).toHaveLength(1)
})
