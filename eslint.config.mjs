import tseslint from 'typescript-eslint'

// The rooms of src/, in the order in which data flows through them.
const rooms = ['facts', 'parse', 'recognize', 'resolve', 'estimate', 'compare', 'judge', 'report']
const libraries = {
  parse: 'yaml|toml-eslint-parser|jsonc-parser|@lezer/python|unbash',
  resolve: 'zod|minimatch',
  judge: 'minimatch',
  report: 'd3-scale|d3-shape',
}

const oneWay = rooms.map((room, i) => ({
  files: [`src/${room}/**`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          { group: ['read', 'publish', ...rooms.slice(i + 1)].map(r => `**/${r}/**`), message: 'Data flows one way.' },
          { regex: `^(\\.\\./)+(${rooms.join('|')})/(?!index\\.ts$)`, message: 'Enter a room by its index.ts.' },
          { regex: `^(?!\\.|(${libraries[room] ?? 'none'})$)`, message: 'The core reaches no world.' },
        ],
      },
    ],
    'no-restricted-globals': ['error', 'process', 'fetch', 'console', 'Date'],
  },
}))

const doors = {
  files: ['src/*.ts', 'src/read/**', 'src/publish/**'],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^(\\./|(\\.\\./)+)(${[...rooms, 'read', 'publish'].join('|')})/(?!index\\.ts$)`,
            message: 'Enter a room by its index.ts.',
          },
        ],
      },
    ],
  },
}

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'coverage/**', '**/*.js', '**/*.mjs', '**/*.cjs', '.stryker-tmp/**'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: ['./tsconfig.json', './__tests__/tsconfig.json', './bench/tsconfig.json'] },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  ...oneWay,
  doors,
  {
    files: ['__tests__/**'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },
)
