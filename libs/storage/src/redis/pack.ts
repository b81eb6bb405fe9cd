/** Text, bytes, and lists of such. */
export type Packable = string | Uint8Array | readonly Packable[];

const SMALLEST = 64 * 1024;
const LARGEST_KEPT = 4 * 1024 * 1024;
let buffer = Buffer.allocUnsafeSlow(SMALLEST);
let at = 0;

/** As msgpack, which scripts unpack with `cmsgpack`: one argument instead of thousands. @returns bytes of their own */
export function pack(value: Packable): Buffer {
  at = 0;
  put(value);
  const packed = Buffer.from(buffer.subarray(0, at));
  if (buffer.length > LARGEST_KEPT) buffer = Buffer.allocUnsafeSlow(SMALLEST);
  return packed;
}

/** A flat list of text and bytes, as {@link pack} made it. */
export function unpackList(packed: Uint8Array): Buffer[] {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.length);
  const items: Buffer[] = [];
  for (let from = 5; from < bytes.length;) {
    const end = from + 5 + bytes.readUInt32BE(from + 1);
    items.push(bytes.subarray(from + 5, end));
    from = end;
  }
  return items;
}

function put(value: Packable): void {
  if (typeof value === 'string') putText(value);
  else if (ArrayBuffer.isView(value)) putBytes(value);
  else putList(value);
}

function putText(text: string): void {
  reserve(5 + 3 * text.length);
  const length = buffer.write(text, at + 5);
  buffer[at] = 0xdb;
  buffer.writeUInt32BE(length, at + 1);
  at += 5 + length;
}

function putBytes(bytes: Uint8Array): void {
  reserve(5 + bytes.length);
  buffer[at] = 0xdb; // Redis knows no other type for bytes
  buffer.writeUInt32BE(bytes.length, at + 1);
  buffer.set(bytes, at + 5);
  at += 5 + bytes.length;
}

function putList(list: readonly Packable[]): void {
  reserve(5);
  buffer[at] = 0xdd;
  buffer.writeUInt32BE(list.length, at + 1);
  at += 5;
  for (const item of list) put(item);
}

function reserve(bytes: number): void {
  if (at + bytes <= buffer.length) return;
  const larger = Buffer.allocUnsafeSlow(Math.max(2 * buffer.length, at + bytes));
  buffer.copy(larger, 0, 0, at);
  buffer = larger;
}
