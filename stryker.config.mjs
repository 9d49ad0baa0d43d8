/**
 * Mutation testing of what decides and of what keeps untrusted text harmless: `npm run mutation`.
 * Types are left out here: a mutant that the compiler refuses would be no news.
 */
export default {
  packageManager: 'npm',
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules'],
  plugins: ['@stryker-mutator/jest-runner'],
  mutate: ['src/judge/**/*.ts', '!src/judge/{index,types}.ts', 'src/report/escape.ts'],
  coverageAnalysis: 'perTest',
  concurrency: 1,
  timeoutMS: 20_000,
  ignorePatterns: ['dist', 'examples', 'screenshots', 'coverage', 'reports'],
  incrementalFile: 'reports/stryker-incremental.json',
  reporters: ['clear-text', 'progress-append-only', 'json'],
  jsonReporter: { fileName: 'reports/mutation.json' },
  clearTextReporter: { allowColor: false, logTests: false },
  thresholds: { high: 95, low: 90, break: 90 },
  jest: {
    projectType: 'custom',
    config: {
      testEnvironment: 'node',
      extensionsToTreatAsEsm: ['.ts'],
      transform: {
        '^.+\\.ts$': [
          'ts-jest',
          { useESM: true, tsconfig: '__tests__/tsconfig.json', diagnostics: false, isolatedModules: true },
        ],
      },
      testMatch: ['<rootDir>/__tests__/judge/*.test.ts', '<rootDir>/__tests__/report/escape.test.ts'],
    },
  },
}
