/** Values that some store, at some time, did not give back as they went in (J9). */
export const NASTY_IDS: readonly string[] = [
  'a/b',
  'a:b',
  'A',
  'a',
  ' a',
  'a ',
  'ü',
  'u\u0308',
  '🦊',
  '\uffee',
  '%',
  '%2f',
  '_',
  '..',
  '../../etc/passwd',
  '.',
  'con',
  "'; DROP TABLE ps_actor; --",
  '"quoted"',
  'back\\slash',
  'tab\tline\nreturn\r',
  '{p17}',
  '*',
  'null',
  '0',
  '1e3',
  '__proto__',
  'constructor',
  '\u200b',
  '\u202e',
  'k'.repeat(200),
  '鍵'.repeat(170),
];

/** Ids that are not valid Unicode without NUL: refused, since stores would mix them up. */
export const IMPOSSIBLE_IDS: readonly string[] = ['\ud800', 'a\udc00b', '\ude00\ud83d', 'a\0b'];

export const NASTY_BYTES: readonly (readonly [name: string, bytes: Uint8Array])[] = [
  ['nothing', new Uint8Array(0)],
  ['one zero byte', new Uint8Array(1)],
  ['every byte', Uint8Array.from({ length: 256 }, (_, i) => i)],
  ['invalid UTF-8', Uint8Array.from([0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80])],
  ['quotes and backslashes', new TextEncoder().encode('\'"\\x41 \\000')],
  ['a megabyte', Uint8Array.from({ length: 1024 * 1024 }, (_, i) => (i * 31 + (i >> 8)) & 0xff)],
  ['a view into a larger buffer', new Uint8Array(64).fill(7).subarray(13, 29)],
];
