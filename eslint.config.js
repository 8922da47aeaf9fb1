import { defineConfig } from 'eslint/config';
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

export default defineConfig(
  { ignores: ['.hostproof/', '.tap/', 'reports/test/golden/', 'tap-snapshots/'] },
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
      // A number has one obvious text; everything else in a template must be made one on purpose.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => stop()` reads better than a block, and its caller expects nothing.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // A parameter that only keeps the place of another, or that a signature asks for, says so by its name.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // tap itself waits for the tests of a file.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafePromises: [
            { from: 'package', name: 'PromiseWithSubtest', package: '@tapjs/core' },
          ],
        },
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
