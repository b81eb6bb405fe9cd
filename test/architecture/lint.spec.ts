import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const isTypeScript = (file: string): boolean => file.endsWith('.ts');

interface Plant {
  readonly file: string;
  readonly text: string;
}

/** Reads plants from stdin and prints, for each, what ESLint says of the text as if it stood in the file. */
const lintAll = `
  import { ESLint } from 'eslint';
  import { text } from 'node:stream/consumers';
  const eslint = new ESLint();
  const findings = [];
  for (const { file, text: code } of JSON.parse(await text(process.stdin))) {
    const [result] = await eslint.lintText(code, { filePath: file });
    findings.push(result.messages.map(({ ruleId, message }) => ruleId ?? message));
  }
  console.log(JSON.stringify(findings));
`;

function lint(plants: readonly Plant[]): string[][] {
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', lintAll], {
    cwd: root,
    input: JSON.stringify(plants),
    encoding: 'utf8',
  });
  return JSON.parse(output) as string[][];
}

// Typed rules need a file of the project, so each text is linted in place of an existing one.
const library = 'libs/spi/src/index.ts';
const environment = 'libs/spi/src/env-system.ts';
const app = join(
  'apps',
  readdirSync(join(root, 'apps'), { recursive: true, encoding: 'utf8' }).find(isTypeScript) ?? '',
);

/** [what, file, text, the rule that must speak; undefined: none may] */
const plants: readonly (readonly [what: string, file: string, text: string, rule: string | undefined])[] = [
  ['the clock', library, 'export const now = () => Date.now();', 'no-restricted-syntax'],
  ['a new date', library, 'export const now = () => new Date();', 'no-restricted-syntax'],
  ['a timer', library, 'export const later = (fn: () => void) => setTimeout(fn, 1);', 'no-restricted-globals'],
  ['a timer of globalThis', library, 'export const later = globalThis.setTimeout;', 'no-restricted-properties'],
  ['an imported timer', library, `export { setTimeout } from 'node:timers/promises';`, 'no-restricted-imports'],
  ['a stop-watch', library, 'export const start = performance.now();', 'no-restricted-globals'],
  ['hrtime', library, 'export const start = process.hrtime.bigint();', 'no-restricted-properties'],
  ['randomness', library, 'export const dice = Math.random();', 'no-restricted-properties'],
  ['cryptographic randomness', library, `export { randomUUID } from 'node:crypto';`, 'no-restricted-imports'],
  ['the console', library, `console.log('x');\nexport {};`, 'no-console'],
  ['a floating promise', library, 'Promise.resolve(1);\nexport {};', '@typescript-eslint/no-floating-promises'],
  ['an unused disable', library, '// eslint-disable-next-line no-console\nexport {};', 'Unused eslint-disable'],
  ['a long file', library, 'export {};\n'.repeat(301), 'max-lines'],
  ['a long function', library, `export function f() {\n${'f();\n'.repeat(60)}}`, 'max-lines-per-function'],
  ['an inner alias in an app', app, `import '#core';`, 'no-restricted-imports'],
  ['the clock of the environment', environment, 'export const now = (): number => Date.now();\n', undefined],
  ['a date as a value', library, 'export const at = (ms: number): Date => new Date(ms);\n', undefined],
];

describe('lint', () => {
  let findings: string[][];

  beforeAll(() => {
    findings = lint(plants.map(([, file, text]) => ({ file, text })));
  });

  it.each(plants.map((plant, index) => [plant[3] ? 'refuses' : 'accepts', plant[0], plant[3], index] as const))(
    '%s %s',
    (_, __, rule, index) => {
      const expected: unknown = rule ? expect.arrayContaining([expect.stringContaining(rule)]) : [];
      expect(findings[index]).toEqual(expected);
    },
  );
});
