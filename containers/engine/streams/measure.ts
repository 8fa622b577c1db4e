import { createHash } from 'node:crypto';
import type { Content } from '../../../core/manifest.ts';

/** Counts and hashes bytes on their way through. */
export class Measure {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  /** Passes chunks on unchanged. `onBytes` sees each chunk's size. */
  async *through(source: AsyncIterable<Buffer>, onBytes?: (bytes: number) => void): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      this.#hash.update(chunk);
      this.#bytes += chunk.length;
      onBytes?.(chunk.length);
      yield chunk;
    }
  }

  /** So far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Once, after the last chunk. */
  result(): Content {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}
