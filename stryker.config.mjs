/**
 * Mutation testing of what decides and of what keeps untrusted text harmless: `npm run mutation`.
 * Types are left out here: a mutant that the compiler refuses would be no news.
 */
export default {
  packageManager: 'npm',
  plugins: ['./scripts/mutation-runner.mjs'],
  testRunner: 'one-process',
  mutate: ['src/judge/**/*.ts', '!src/judge/{index,types}.ts', 'src/report/escape.ts'],
  coverageAnalysis: 'perTest',
  concurrency: 1,
  timeoutMS: 20_000,
  ignorePatterns: ['dist', 'examples', 'screenshots', 'coverage', 'reports', '__tests__/fixtures'],
  incremental: true,
  incrementalFile: 'reports/stryker-incremental.json',
  reporters: ['clear-text', 'progress-append-only', 'json'],
  jsonReporter: { fileName: 'reports/mutation.json' },
  clearTextReporter: { allowColor: false, logTests: false },
  thresholds: { high: 95, low: 90, break: 90 },
}
