import tseslint from 'typescript-eslint';

/** Code that must give the same result every time it runs: its time and its chance are handed to it. */
const DETERMINISTIC = [
  'scenarios/**/*.ts',
  'harness/domain/**/*.ts',
  'harness/run/**/*.ts',
  'harness/scenario.ts',
];

const injected =
  'time and randomness are injected: see harness/ports/clock.ts and harness/domain/prng.ts';

export default tseslint.config(
  { ignores: ['.hostproof/', '.tap/', 'reports/test/golden/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
    },
  },
  {
    files: DETERMINISTIC,
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(node:|fs$|path$|os$|child_process$|crypto$|timers)',
              message: 'no Node modules here',
            },
          ],
        },
      ],
      'no-restricted-globals': [
        'error',
        ...[
          'Date',
          'performance',
          'setTimeout',
          'setInterval',
          'setImmediate',
          'queueMicrotask',
        ].map((name) => ({ name, message: injected })),
        ...['process', 'crypto', 'fetch', 'Buffer', 'globalThis', 'require'].map((name) => ({
          name,
          message: 'no access to the machine here: it comes through harness/ports',
        })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: injected },
        { object: 'AbortSignal', property: 'timeout', message: injected },
      ],
    },
  },
  {
    // The configuration files and the two programs that run before TypeScript can.
    files: ['**/*.{js,mjs,cjs}'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { 'no-console': 'off' },
  },
);
