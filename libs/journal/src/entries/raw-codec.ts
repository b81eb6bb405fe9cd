import { Packr } from 'msgpackr';

/**
 * Arrays of primitives, bytes and further arrays, for what the library itself lays out. Plain MessagePack, so that
 * other languages can read a journal; Uint8Array and Buffer are both `bin`, read back as copies.
 */
export const rawCodec = new Packr({
  useRecords: false,
  structuredClone: false,
  moreTypes: false,
  useBigIntExtension: true,
  useToJSON: false,
  copyBuffers: true,
});
