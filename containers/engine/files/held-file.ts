import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Content } from '../../../core/manifest.ts';
import { Measure } from '../streams/measure.ts';

/** A file whose size and hash are known, and whose bytes can be had again. */
export interface HeldFile extends AsyncDisposable {
  readonly content: Content;
  /** All of it, where it is small. */
  readonly bytes: Buffer | undefined;
  open(): AsyncIterable<Buffer>;
}

export interface Holding {
  /** A private directory. */
  readonly directory: string;
  /** What is larger is not kept: `again` reads it once more. */
  readonly spoolBytes: number;
  readonly again: () => AsyncIterable<Buffer>;
}

/** Up to here a file is kept in memory: workers times this is what it takes. */
export const IN_MEMORY_BYTES = 1024 * 1024;
const READ_BYTES = 256 * 1024;

let number = 0;

/** Reads a file to its end, hashing, and keeps it: in memory, in the directory, or not at all, as large as it is. */
export async function hold(source: AsyncIterable<Buffer>, holding: Holding): Promise<HeldFile> {
  const measure = new Measure();
  const small: Buffer[] = [];
  number += 1;
  const path = join(holding.directory, `${number}`);
  let file: FileHandle | undefined;
  let spooled = true;
  const remove = () => rm(path, { force: true });
  try {
    for await (const chunk of measure.through(source)) {
      if (measure.bytes > Math.max(holding.spoolBytes, IN_MEMORY_BYTES)) {
        if (spooled && file !== undefined) await file.truncate();
        spooled = false;
        small.length = 0;
        continue;
      }
      if (measure.bytes <= IN_MEMORY_BYTES) {
        small.push(chunk);
        continue;
      }
      file ??= await open(path, 'wx', 0o600);
      for (const kept of [...small.splice(0), chunk]) await file.appendFile(kept);
    }
  } catch (error) {
    await file?.close();
    await remove();
    throw error;
  }
  await file?.close();
  const content = measure.result();
  const bytes = spooled && file === undefined ? Buffer.concat(small) : undefined;
  return {
    content,
    bytes,
    open: () => {
      if (bytes !== undefined) return pieces(bytes);
      return spooled ? createReadStream(path, { highWaterMark: READ_BYTES }) : holding.again();
    },
    [Symbol.asyncDispose]: async () => {
      if (file !== undefined) await remove();
    },
  };
}

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  if (bytes.length > 0) yield bytes;
}
