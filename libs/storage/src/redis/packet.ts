/** Numbers, text and bytes one behind the other, for a script that takes them apart with `struct`: one argument instead of thousands. */
export class Packet {
  private at = 0;

  private constructor(private memory: Buffer) {}

  /** `size`: what it may come to; it grows as needed. */
  static of(size: number): Packet {
    return new Packet(Buffer.allocUnsafe(size));
  }

  /** A view of what was put. */
  get bytes(): Buffer {
    return this.memory.subarray(0, this.at);
  }

  putByte(value: number): void {
    this.reserve(1);
    this.memory[this.at++] = value;
  }

  putNumber(value: number): void {
    this.reserve(4);
    this.at = this.memory.writeUInt32BE(value, this.at);
  }

  putText(text: string): void {
    this.reserve(4 + 3 * text.length);
    const length = this.memory.write(text, this.at + 4);
    this.at = this.memory.writeUInt32BE(length, this.at) + length;
  }

  putBytes(bytes: Uint8Array): void {
    this.putFilled(bytes.length).set(bytes);
  }

  /** Puts so many bytes, which the caller fills before it puts anything else. */
  putFilled(length: number): Buffer {
    this.reserve(4 + length);
    const start = this.memory.writeUInt32BE(length, this.at);
    this.at = start + length;
    return this.memory.subarray(start, this.at);
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.memory.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.memory.length, this.at + bytes));
    this.memory.copy(larger, 0, 0, this.at);
    this.memory = larger;
  }
}
