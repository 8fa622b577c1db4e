import { FILES } from '../../../core/files/manifest.ts';
import { type Bucket, listSizes } from '../storage/bucket.ts';
import { inParallel } from '../streams/parallel.ts';

const HEX = [...'0123456789abcdef'];
const FIRST_SLOTS = 1 << 12;
const FULLEST = 0.6;

/**
 * Which blobs are in the bucket, and how large they are, by the first 64 bits of their names: 16 bytes a place, 34 MB for a
 * million. Open addressing; a blob of size -1 is a free place.
 */
export class BlobIndex {
  #high = new Uint32Array(FIRST_SLOTS);
  #low = new Uint32Array(FIRST_SLOTS);
  #sizes = new Float64Array(FIRST_SLOTS).fill(-1);
  #count = 0;

  /** Lists what is there: one request for a thousand blobs, sixteen at once. */
  static async load(bucket: Bucket): Promise<BlobIndex> {
    const index = new BlobIndex();
    const list = (digit: string) => async () => {
      for await (const { key, bytes } of listSizes(bucket, FILES.blobs + digit)) {
        const [, sha256] = /\/([0-9a-f]{64})\.gpg$/.exec(key) ?? [];
        if (sha256 !== undefined) index.add(sha256, bytes);
      }
    };
    await inParallel(HEX.length, HEX.map(list));
    return index;
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes of the blob, or nothing where it is not there. */
  sizeOf(sha256: string): number | undefined {
    const size = this.#sizes[this.#place(high(sha256), low(sha256))];
    return size === undefined || size < 0 ? undefined : size;
  }

  add(sha256: string, bytes: number): void {
    if (this.#count >= this.#sizes.length * FULLEST) this.#grow();
    this.#put(high(sha256), low(sha256), bytes);
  }

  #put(h: number, l: number, bytes: number): void {
    const place = this.#place(h, l);
    if ((this.#sizes[place] ?? 0) < 0) this.#count += 1;
    this.#high[place] = h;
    this.#low[place] = l;
    this.#sizes[place] = bytes;
  }

  /** Where it is, or where it would go. */
  #place(h: number, l: number): number {
    const mask = this.#sizes.length - 1;
    let place = l & mask;
    while ((this.#sizes[place] ?? -1) >= 0 && (this.#high[place] !== h || this.#low[place] !== l))
      place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const [highs, lows, sizes] = [this.#high, this.#low, this.#sizes];
    const slots = sizes.length * 2;
    this.#high = new Uint32Array(slots);
    this.#low = new Uint32Array(slots);
    this.#sizes = new Float64Array(slots).fill(-1);
    this.#count = 0;
    for (const [place, size] of sizes.entries())
      if (size >= 0) this.#put(highs[place] ?? 0, lows[place] ?? 0, size);
  }
}

const high = (sha256: string) => Number.parseInt(sha256.slice(0, 8), 16);
const low = (sha256: string) => Number.parseInt(sha256.slice(8, 16), 16);
