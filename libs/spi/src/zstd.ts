import * as zlib from 'node:zlib';
import * as wasm from '@bokuweb/zstd-wasm';

/** Node has zstd from 22.15 on and works off the event loop; before that a WASM build does, on it. Frames interoperate. */
const native = zlib as unknown as {
  zstdCompress?: (bytes: Uint8Array, done: Done) => void;
  zstdDecompress?: (bytes: Uint8Array, options: { maxOutputLength: number }, done: Done) => void;
};
type Done = (error: Error | null, result: Uint8Array) => void;

const FIRST_GUESS_BYTES = 64 * 1024;
let ready: Promise<void> | undefined;
let pins = 0;
let underWay = 0;

/**
 * Test seam: until the function it gives is called, the WASM build does all the work whatever Node has, so that a
 * result is there within microtasks and a simulated run can be repeated.
 */
export async function pinZstdToThisThread(): Promise<() => void> {
  await (ready ??= wasm.init());
  pins++;
  return () => void pins--;
}

/**
 * Is a frame being made or read that nobody has yet? It happens outside the event loop, which therefore looks idle:
 * who moves a virtual clock must wait for it.
 */
export function isCompressing(): boolean {
  return underWay > 0;
}

/** One zstd frame, level 3. */
export function compress(bytes: Uint8Array): Promise<Uint8Array> {
  return counted(makeFrame(bytes));
}

/**
 * Inverse of {@link compress}. Rejects with an Error when `bytes` are no zstd, or hold more than `maxBytes`: a small
 * frame may claim any size, so the limit is checked before memory is taken. Callers know whose record it is and say so.
 */
export function decompress(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  return counted(readFrame(bytes, maxBytes));
}

async function counted<T>(work: Promise<T>): Promise<T> {
  underWay++;
  try {
    return await work;
  } finally {
    underWay--;
  }
}

async function makeFrame(bytes: Uint8Array): Promise<Uint8Array> {
  const { zstdCompress } = native;
  if (zstdCompress !== undefined && pins === 0) return promised((done) => zstdCompress(bytes, done));
  await (ready ??= wasm.init());
  return wasm.compress(bytes, 3);
}

async function readFrame(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const { zstdDecompress } = native;
  if (zstdDecompress !== undefined && pins === 0) {
    return promised((done) => zstdDecompress(bytes, { maxOutputLength: Math.max(1, maxBytes) }, done));
  }
  const claimed = contentSizeOf(bytes);
  if (claimed !== null && claimed > maxBytes) throw tooLarge(maxBytes);
  await (ready ??= wasm.init());
  if (claimed !== null) return wasm.decompress(bytes);
  for (let room = Math.min(FIRST_GUESS_BYTES, maxBytes); ; room = Math.min(room * 4, maxBytes)) {
    try {
      return wasm.decompress(bytes, { defaultHeapSize: room });
    } catch (error) {
      if (room >= maxBytes) throw new Error(`not a zstd frame of at most ${maxBytes} bytes`, { cause: error });
    }
  }
}

/** Size that the frame header states (RFC 8878 §3.1.1), or `null` where it states none. */
function contentSizeOf(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < 6 || view.getUint32(0, true) !== 0xfd2fb528) throw new Error('not a zstd frame');
  const descriptor = view.getUint8(4);
  const singleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  if (sizeFlag === 0 && !singleSegment) return null;
  const at = 5 + (singleSegment ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] as number);
  if (at + ([1, 2, 4, 8][sizeFlag] as number) > view.byteLength) throw new Error('not a whole zstd frame');
  switch (sizeFlag) {
    case 0:
      return view.getUint8(at);
    case 1:
      return view.getUint16(at, true) + 256;
    case 2:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}

function promised(start: (done: Done) => void): Promise<Uint8Array> {
  return new Promise((resolve, reject) => start((error, result) => (error === null ? resolve(result) : reject(error))));
}

function tooLarge(maxBytes: number): Error {
  return new Error(`the zstd frame holds more than ${maxBytes} bytes`);
}
