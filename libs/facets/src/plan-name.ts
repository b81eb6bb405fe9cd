const MAX_NAME = 128;

/** Names become parts of message ids, which no database keeps with NUL or half a character. @returns why it is refused, or `null` */
export function whyNoName(name: unknown): string | null {
  if (typeof name !== 'string' || name === '') return 'must have a non-empty string as its name';
  if (name.length > MAX_NAME) return `has a name of more than ${MAX_NAME} characters`;
  const wellFormed = (name as unknown as { isWellFormed(): boolean }).isWellFormed() && !name.includes('\0');
  return wellFormed ? null : 'has NUL or a lone surrogate in its name';
}

/** For options that count. */
export function wholeFromOne(value: unknown): string | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 1 ? undefined : 'must be a whole number from 1 up';
}
