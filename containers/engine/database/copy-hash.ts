import type { ContentSum } from './checksum.ts';

const TAB = 0x09;
const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;
/** What COPY writes after a backslash, and what it stands for; any other byte stands for itself. */
const ESCAPED: Readonly<Record<string, number>> = { b: 8, f: 12, n: NEWLINE, r: 13, t: TAB, v: 11 };
const NULL_TEXT = Buffer.from('\\N');
const GOLDEN = 0x9e3779b9 + 3923095;

/**
 * Counts and hashes rows from their COPY text, to the same numbers as the SQL of checksum.ts: hash_bytes_extended of
 * PostgreSQL (hashfn.c, Bob Jenkins' lookup3) for each value, hash_record_extended for a row. For tables that no query
 * should be planned on, see `SourceTable.plannable`.
 */
export class CopyHash {
  /** Fields in the order in which the hash takes them: by the names of their columns. */
  readonly #order: readonly number[];
  readonly #mode: 'full' | 'counts';
  #rest: Buffer = Buffer.alloc(0);
  #rows = 0n;
  #checksum = 0n;

  /**
   * @param columns as COPY carries them
   * @param left out of the hash
   */
  constructor(columns: readonly string[], left: readonly string[], mode: 'full' | 'counts') {
    const hashed = columns.filter((name) => !left.includes(name)).sort();
    this.#order = hashed.map((name) => columns.indexOf(name));
    this.#mode = mode;
  }

  /** Passes COPY text on unchanged. */
  async *through(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      this.#take(chunk);
      yield chunk;
    }
  }

  /** After the last chunk. */
  result(): ContentSum {
    return { rows: this.#rows, checksum: this.#mode === 'full' ? this.#checksum : null, loose: null };
  }

  #take(chunk: Buffer): void {
    const text = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    for (let end = text.indexOf(NEWLINE); end >= 0; end = text.indexOf(NEWLINE, start)) {
      this.#rows += 1n;
      if (this.#mode === 'full' && this.#order.length > 0)
        this.#checksum += this.#rowHash(text.subarray(start, end));
      start = end + 1;
    }
    // a copy: the chunk may be a small view of a large buffer
    this.#rest = Buffer.from(text.subarray(start));
  }

  #rowHash(row: Buffer): bigint {
    const fields = fieldsOf(row);
    let hash = 0n;
    for (const index of this.#order) {
      const field = fields[index] ?? NULL_TEXT;
      const element = field.equals(NULL_TEXT) ? 0n : hashBytes(unescaped(field));
      hash = BigInt.asUintN(64, hash * 31n + element);
    }
    return BigInt.asIntN(64, hashBytes(Buffer.from(BigInt.asIntN(64, hash).toString())));
  }
}

function fieldsOf(row: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  let start = 0;
  for (let end = row.indexOf(TAB); end >= 0; end = row.indexOf(TAB, start)) {
    fields.push(row.subarray(start, end));
    start = end + 1;
  }
  fields.push(row.subarray(start));
  return fields;
}

function unescaped(field: Buffer): Buffer {
  if (!field.includes(BACKSLASH)) return field;
  const value = Buffer.allocUnsafe(field.length);
  let length = 0;
  for (let i = 0; i < field.length; i += 1) {
    let byte = field[i] as number;
    if (byte === BACKSLASH && i + 1 < field.length) {
      i += 1;
      byte = field[i] as number;
      byte = ESCAPED[String.fromCharCode(byte)] ?? byte;
    }
    value[length] = byte;
    length += 1;
  }
  return value.subarray(0, length);
}

const rotate = (x: number, by: number) => (x << by) | (x >>> (32 - by));

/** hash_bytes_extended with seed 0, as an unsigned 64-bit number; all arithmetic modulo 2^32. */
export function hashBytes(bytes: Buffer): bigint {
  let a = (GOLDEN + bytes.length) | 0;
  let b = a;
  let c = a;
  let at = 0;
  for (; bytes.length - at >= 12; at += 12) {
    a = (a + bytes.readInt32LE(at)) | 0;
    b = (b + bytes.readInt32LE(at + 4)) | 0;
    c = (c + bytes.readInt32LE(at + 8)) | 0;
    a = ((a - c) ^ rotate(c, 4)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 6)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 8)) | 0;
    b = (b + a) | 0;
    a = ((a - c) ^ rotate(c, 16)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 19)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 4)) | 0;
    b = (b + a) | 0;
  }
  // the lowest byte of the last word is the length's
  const byteAt = (index: number, shift: number) => (bytes[at + index] ?? 0) << shift;
  a = (a + (byteAt(0, 0) | byteAt(1, 8) | byteAt(2, 16) | byteAt(3, 24))) | 0;
  b = (b + (byteAt(4, 0) | byteAt(5, 8) | byteAt(6, 16) | byteAt(7, 24))) | 0;
  c = (c + (byteAt(8, 8) | byteAt(9, 16) | byteAt(10, 24))) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return (BigInt(b >>> 0) << 32n) | BigInt(c >>> 0);
}
