import { once } from 'node:events';
import { constants, createZstdCompress, zstdCompressSync } from 'node:zlib';
import type { Config } from '../../../core/config.ts';
import { type FileEntry, formatEntry } from '../../../core/files/entry.ts';
import { FILES } from '../../../core/files/manifest.ts';
import type { Content } from '../../../core/manifest.ts';
import type { Bucket } from '../storage/bucket.ts';
import { uploadStream } from '../storage/upload.ts';

const BATCH_CHARACTERS = 64 * 1024;
const ZSTD = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };

/** Streams the lines to the bucket; the object appears when all of them have come. */
export async function writeInventory(
  bucket: Bucket,
  key: string,
  entries: AsyncIterable<FileEntry>,
  upload: Config['upload'],
  signal: AbortSignal,
): Promise<Content & { lines: number }> {
  let lines = 0;
  const batches = async function* () {
    let batch = '';
    for await (const entry of entries) {
      batch += formatEntry(entry);
      lines += 1;
      if (batch.length < BATCH_CHARACTERS) continue;
      yield batch;
      batch = '';
    }
    if (batch !== '') yield batch;
  };
  const packed = createZstdCompress(ZSTD);
  const enough = new AbortController();
  let failure: unknown;
  const feed = async () => {
    try {
      for await (const batch of batches())
        if (!packed.write(batch)) await once(packed, 'drain', { signal: enough.signal });
      packed.end();
    } catch (error) {
      failure = error;
      packed.destroy(error as Error);
    }
  };
  const fed = feed();
  try {
    const stored = await uploadStream(bucket, key, packed as AsyncIterable<Buffer>, {
      gate: fed,
      firstPartMiB: upload.firstPartMiB,
      maxParts: upload.maxParts,
      signal,
    });
    return { ...stored, lines };
  } catch (error) {
    // what the upload has wrapped came from the lines
    throw failure ?? error;
  } finally {
    enough.abort();
    packed.destroy();
    await fed;
  }
}

/** When what was read is written down: after so many files, bytes or seconds, whichever is first. */
const PART = { entries: 500, bytes: 64 * 1024 * 1024, ms: 10_000 };

/** Writes down what was read as it goes, for a run that follows should this one die. */
export class PartsWriter {
  readonly #bucket: Bucket;
  readonly #folder: string;
  #pending: FileEntry[] = [];
  #bytes = 0;
  #since = performance.now();
  #number = 0;

  /** @param names the run's own folder, with its trailing slash */
  constructor(bucket: Bucket, names: string) {
    this.#bucket = bucket;
    this.#folder = names + FILES.parts;
  }

  async add(entry: FileEntry): Promise<void> {
    this.#pending.push(entry);
    this.#bytes += entry.size ?? 0;
    const due =
      this.#pending.length >= PART.entries ||
      this.#bytes >= PART.bytes ||
      performance.now() - this.#since >= PART.ms;
    if (due) await this.flush();
  }

  async flush(): Promise<void> {
    const entries = this.#pending.splice(0);
    this.#bytes = 0;
    this.#since = performance.now();
    if (entries.length === 0) return;
    this.#number += 1;
    const key = `${this.#folder}${String(this.#number).padStart(6, '0')}.jsonl.zst`;
    const body = zstdCompressSync(Buffer.from(entries.map(formatEntry).join('')), ZSTD);
    // nobody replaces anything in the bucket; a part that is there is ours, its answer was lost
    await this.#bucket.putText(key, body, { contentType: 'application/zstd', ifAbsent: true });
  }
}
