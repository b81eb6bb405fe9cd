/** A benchmark of wrong answers would be worth nothing. */
export function check(what: string, actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`${what} is ${actual} instead of ${expected}.`);
}
