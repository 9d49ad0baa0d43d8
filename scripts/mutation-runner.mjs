/**
 * Runs the tests of one mutant after the other in one process, for Stryker: `npm run mutation`.
 *
 * Jest takes seconds to load ES modules before its first test starts, and a mutant needs a run of its own. Here the test
 * files and our own sources, with all mutants in them, are bundled once; a run loads the bundle afresh, so that a mutant of
 * a table or of a regular expression at the top of a file is alive too. `describe`, `it` and `expect` are Jest's own.
 */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PluginKind, declareClassPlugin } from '@stryker-mutator/api/plugin'
import { DryRunStatus, TestStatus, determineHitLimitReached, toMutantRunResult } from '@stryker-mutator/api/test-runner'
import { build } from 'esbuild'
import { expect } from 'expect'
import fc from 'fast-check'
import * as circus from 'jest-circus'
import { FOR_NODE } from '../bench/load-typescript.mjs'

const { addEventHandler, afterAll, beforeAll, describe, getState, it, resetState, test } = circus

/** Properties are tried on the same inputs in every run: a score that can be repeated. */
const SEED = 20_261_124

/** Where the code with mutants in it looks for the one that is alive, and counts what was reached. */
const stryker = (globalThis.__stryker__ ??= {})

/** Test files, relative to the root; those that fall soonest first. */
function testFiles(root) {
  const ofJudge = readdirSync(join(root, '__tests__/judge')).filter(name => name.endsWith('.test.ts'))
  return [...ofJudge.sort().map(name => `judge/${name}`), 'report/escape.test.ts']
}

async function bundle(root, outfile) {
  const contents = testFiles(root)
    .map(file => `import './__tests__/${file}'`)
    .join('\n')
  await build({ ...FOR_NODE, stdin: { contents, resolveDir: root }, outfile, logLevel: 'error' })
}

/** Every test of a describe block and of those in it, in the order in which they run. */
function testsIn(block) {
  return block.children.flatMap(child => (child.type === 'describeBlock' ? testsIn(child) : [child]))
}

function titleOf({ name, parent }) {
  return parent === undefined || parent.name === 'ROOT_DESCRIBE_BLOCK' ? name : `${titleOf(parent)} ${name}`
}

class OneProcess {
  // The sandbox: Stryker starts this process in it.
  #root = process.cwd()
  #bundle = join(this.#root, `mutation-tests-${process.pid}.mjs`)
  #loads = 0
  /** What is being run: which tests, and whether one has failed. */
  #wanted = undefined
  #bail = false
  #results = []

  capabilities() {
    return { reloadEnvironment: true }
  }

  async init() {
    await bundle(this.#root, this.#bundle)
    Object.assign(globalThis, { afterAll, beforeAll, describe, expect, it, test })
    fc.configureGlobal({ seed: SEED })
    addEventHandler(event => this.#follow(event))
  }

  async dryRun() {
    stryker.activeMutant = undefined
    stryker.mutantCoverage = undefined
    const result = await this.#run({ bail: false })
    return { ...result, mutantCoverage: stryker.mutantCoverage }
  }

  async mutantRun({ activeMutant, mutantActivation, hitLimit, testFilter }) {
    Object.assign(stryker, { activeMutant: undefined, mutantCoverage: undefined, hitCount: 0, hitLimit })
    const isAliveAtLoad = mutantActivation === 'static'
    if (isAliveAtLoad) stryker.activeMutant = activeMutant.id
    const result = await this.#run({
      bail: true,
      wanted: testFilter && new Set(testFilter),
      loaded: () => (stryker.activeMutant = activeMutant.id),
    })
    return toMutantRunResult(determineHitLimitReached(stryker.hitCount, hitLimit) ?? result)
  }

  dispose() {
    rmSync(this.#bundle, { force: true })
  }

  async #run({ bail, wanted, loaded }) {
    this.#bail = bail
    this.#wanted = wanted
    this.#results = []
    resetState()
    try {
      await import(`${pathToFileURL(this.#bundle).href}?load=${this.#loads++}`)
    } catch (thrown) {
      // A mutant that the modules do not survive: as good as a failing test.
      return { status: DryRunStatus.Complete, tests: [failed({ id: 'load', name: 'load', timeSpentMs: 0 }, thrown)] }
    }
    loaded?.()
    const seen = new Map()
    for (const each of testsIn(getState().rootDescribeBlock)) {
      const title = titleOf(each)
      const times = (seen.get(title) ?? 0) + 1
      seen.set(title, times)
      each.id = times === 1 ? title : `${title} (${times})`
    }
    const { unhandledErrors } = await circus.run()
    if (unhandledErrors.length > 0) return { status: DryRunStatus.Error, errorMessage: unhandledErrors.join('\n') }
    return { status: DryRunStatus.Complete, tests: this.#results }
  }

  #follow({ name, test }) {
    if (name === 'test_start') {
      const isOver = this.#bail && this.#results.some(({ status }) => status === TestStatus.Failed)
      if (isOver || this.#wanted?.has(test.id) === false) test.mode = 'skip'
      stryker.currentTestId = test.id
    } else if (name === 'test_done') {
      stryker.currentTestId = undefined
      const about = { id: test.id, name: test.id, timeSpentMs: test.duration ?? 0 }
      const [error] = test.errors.flat()
      this.#results.push(error === undefined ? { ...about, status: TestStatus.Success } : failed(about, error))
    }
  }
}

function failed(about, thrown) {
  const failureMessage = thrown instanceof Error ? thrown.message : String(thrown)
  return { ...about, status: TestStatus.Failed, failureMessage }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'one-process', OneProcess)]
