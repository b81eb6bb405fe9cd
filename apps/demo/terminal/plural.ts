/** `1 crash`, `2 crashes`. */
export function plural(count: number, one: string, several: string): string {
  return `${count} ${count === 1 ? one : several}`;
}
