/** Jest reporter: writes how many tests passed and failed to a file, for scripts/check.mjs to add up. */
const { mkdirSync, writeFileSync } = require('node:fs')
const { dirname } = require('node:path')

module.exports = class TestCounts {
  constructor(_config, options) {
    this.file = options.file
  }

  onRunComplete(_contexts, results) {
    mkdirSync(dirname(this.file), { recursive: true })
    writeFileSync(
      this.file,
      JSON.stringify({
        passed: results.numPassedTests,
        failed: results.numFailedTests,
        // A file that does not load, or has no tests in it, runs none of them: it counts as one failure.
        brokenFiles: results.numRuntimeErrorTestSuites,
        skipped: results.numPendingTests + results.numTodoTests,
      }),
    )
  }
}
