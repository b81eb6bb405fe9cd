const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LAST = 'Z';

/**
 * The ULID after `previous` in their order: entries of one append share one draw of time and randomness and still
 * have ids of their own. (A carry out of the random part is no harm: the id stays larger.)
 */
export function nextUlid(previous: string): string {
  let at = previous.length - 1;
  while (at >= 0 && previous[at] === LAST) at--;
  if (at < 0) throw new RangeError(`${previous} is the last ULID there is`);
  const raised = ALPHABET[ALPHABET.indexOf(previous[at] as string) + 1] as string;
  return previous.slice(0, at) + raised + '0'.repeat(previous.length - 1 - at);
}
