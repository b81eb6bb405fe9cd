const { strip } = jest.requireActual<{ strip(code: string, file: string): { stripped: string; count: number } }>(
  '../../scripts/strip-failpoints.cjs',
);

const call = "(0, _spi_1.failpoint)('turn.beforeCommit')";

describe('strip-failpoints', () => {
  it('leaves blanks, so that every line and column stays where the source map says', () => {
    const code = `a();\n    ${call};\n    if (i > 0) ${call};\nb();`;
    const blank = ' '.repeat(call.length);
    expect(strip(code, 'x.js')).toEqual({
      stripped: `a();\n    ${blank};\n    if (i > 0) ${blank};\nb();`,
      count: 2,
    });
  });

  it.each([
    ['the body of an arrow function', `run(() => ${call});`],
    ['part of an expression', `const x = ${call};`],
    ['a name that is no literal', '(0, _spi_1.failpoint)(name);'],
    ['an import under its own name', "failpoint('turn.beforeCommit');"],
  ])('refuses %s', (_, code) => {
    expect(() => strip(code, 'x.js')).toThrow(/^x\.js: /);
  });
});
