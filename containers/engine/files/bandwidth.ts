import { setTimeout as sleep } from 'node:timers/promises';
import { MIB } from '../../../core/part-sizes.ts';

/** Lets so many bytes through in a second, of all who ask together. */
export class Bandwidth {
  readonly #bytesPerMs: number;
  #free = 0;

  /** @param mibps 0 for no limit */
  constructor(mibps: number) {
    this.#bytesPerMs = (mibps * MIB) / 1000;
  }

  async *through(source: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      await this.#take(chunk.length, signal);
      yield chunk;
    }
  }

  async #take(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.#bytesPerMs === 0) return;
    const now = performance.now();
    this.#free = Math.max(this.#free, now) + bytes / this.#bytesPerMs;
    if (this.#free > now) await sleep(this.#free - now, undefined, { signal });
  }
}
