/** Whole numbers and bytes one after another, as the files of an archive hold them. */

/** What is written, in pieces. */
export class ByteWriter {
  private bytes = Buffer.allocUnsafe(1_024);
  private length = 0;

  /** @param value a whole number of at most 2^53 either way: 7 bits a byte, small ones first, the sign in the lowest */
  number(value: number): void {
    this.room(8);
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    while (rest >= 0x80) {
      this.bytes[this.length] = (rest % 0x80) | 0x80;
      this.length += 1;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.length] = rest;
    this.length += 1;
  }

  /** Bytes that the reader knows the length of. */
  raw(bytes: Uint8Array): void {
    this.room(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  text(text: string): void {
    const bytes = Buffer.from(text, 'utf8');
    this.number(bytes.length);
    this.raw(bytes);
  }

  taken(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  private room(more: number): void {
    const wanted = this.length + more;
    if (wanted <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(wanted, 2 * this.bytes.length));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}

/** Reads what a `ByteWriter` has written. */
export class ByteReader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  /** @throws RangeError where the bytes end before */
  number(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.bytes[this.at];
      if (byte === undefined) throw new RangeError('the bytes end within a number');
      this.at += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
      factor *= 0x80;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  raw(length: number): Buffer {
    const from = this.at;
    this.at += length;
    if (this.at > this.bytes.length) throw new RangeError('the bytes end within a value');
    return this.bytes.subarray(from, this.at);
  }

  text(): string {
    return this.raw(this.number()).toString('utf8');
  }
}

/** Bytes that `ByteWriter.number` takes for a value. */
export function bytesOfNumber(value: number): number {
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  let bytes = 1;
  for (; rest >= 0x80; bytes += 1) rest = Math.floor(rest / 0x80);
  return bytes;
}
