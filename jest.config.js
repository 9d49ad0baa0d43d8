/** Jest on ES modules: the libraries that we bundle are published as ES modules only. */
const counts = process.env.TEST_COUNTS

module.exports = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: '__tests__/tsconfig.json' }] },
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.stryker-tmp'],
  // More than the cores that CI has: the end-to-end tests mostly wait for GitHub's distance between two writes.
  maxWorkers: 3,
  // A busy machine is slow, not wrong: what hangs is still ended.
  testTimeout: 60_000,
  reporters: ['default', ...(counts ? [['<rootDir>/scripts/test-counts.cjs', { file: counts }]] : [])],
}
