import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Files that exercise the code instead of being it. */
const tests = ['**/*.spec.ts', '**/*.suite.ts', 'test/**/*.ts'];

const injected = 'comes from Env, so that tests can hold, advance and repeat it (libs/spi/src/env.ts).';
const timeGlobals = ['performance', 'setTimeout', 'setInterval', 'setImmediate'];
const timeModules = ['timers', 'timers/promises', 'perf_hooks'].flatMap((name) => [name, `node:${name}`]);
const randomNames = [
  'randomBytes',
  'randomInt',
  'randomUUID',
  'randomFill',
  'randomFillSync',
  'getRandomValues',
  'webcrypto',
];
/** What reads the clock. A Date made from a number, or recognised as one, is a value like any other. */
const clock = [
  "NewExpression[callee.name='Date'][arguments.length=0]",
  "CallExpression[callee.name='Date']",
  "MemberExpression[object.name='Date'][property.name='now']",
];

export default defineConfig(
  {
    ignores: ['dist/', 'coverage/', '.cache/', 'bench/peers/', 'test/e2e/fixtures/'],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },

  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 60 }],
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],

      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // It does not see what a callback changes meanwhile, and would have such checks taken out.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Types here are shapes: who fits one need not be made by its class.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/class-literal-property-style': 'off',
      // What a user's code throws is passed on as it is.
      '@typescript-eslint/prefer-promise-reject-errors': [
        'error',
        { allowThrowingUnknown: true, allowThrowingAny: true },
      ],
      // `async` without `await` makes a throw a rejection, which is what a port promises.
      '@typescript-eslint/require-await': 'off',
      // It would replace `as T` by `!`, which is refused as well.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',

      // A caller may say what comes back: `facet<Cache>('cache')`.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',

      // A class imported as a type is erased from the metadata that Nest injects by.
      '@typescript-eslint/consistent-type-imports': 'off',
      // A Nest module is a class that holds nothing.
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },

  {
    files: ['src/**/*.ts', 'libs/**/*.ts'],
    ignores: ['libs/spi/src/env*.ts', ...tests],
    rules: {
      'no-restricted-syntax': ['error', ...clock.map((selector) => ({ selector, message: `The time ${injected}` }))],
      'no-restricted-globals': ['error', ...timeGlobals.map((name) => ({ name, message: `It ${injected}` }))],
      'no-restricted-imports': [
        'error',
        ...timeModules.map((name) => ({ name, message: `Time ${injected}` })),
        { name: 'node:crypto', importNames: randomNames, message: `Randomness ${injected}` },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: `Randomness ${injected}` },
        { object: 'process', property: 'hrtime', message: `Time ${injected}` },
        ...['Date', ...timeGlobals].map((property) => ({
          object: 'globalThis',
          property,
          message: `It ${injected}`,
        })),
      ],
    },
  },

  {
    files: tests,
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      // They look into what has no type, and send what no type allows.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/await-thenable': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/use-unknown-in-catch-callback-variable': 'off',
    },
  },

  {
    files: ['apps/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^#', message: 'An app imports the package by name, as its user does.' }] },
      ],
    },
  },

  // Programs with a terminal.
  { files: ['apps/**/*.ts', 'bench/**/*.ts', 'test/**/*.ts'], rules: { 'no-console': 'off' } },
);
