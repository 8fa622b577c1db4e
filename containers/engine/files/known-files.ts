import { compareKeys, type FileEntry, isStored, type StoredFile } from '../../../core/files/entry.ts';
import { type FileRow, sameFile, saysWhich } from './rows.ts';

interface Stream {
  readonly entries: AsyncIterator<FileEntry>;
  head: FileEntry | undefined;
}

/**
 * What earlier runs know of files, in the order of their names: asked for one file after the other, it reads its sources
 * just as far, and holds one line of each.
 */
export class KnownFiles {
  readonly #streams: Stream[] = [];

  static async open(sources: readonly AsyncGenerator<FileEntry>[]): Promise<KnownFiles> {
    const known = new KnownFiles();
    for (const entries of sources) {
      const { value, done } = await entries.next();
      if (!done) known.#streams.push({ entries, head: value });
    }
    return known;
  }

  /** The file as it was stored, if it has not changed since. Rows must come in order. */
  async find(row: FileRow): Promise<StoredFile | undefined> {
    let found: StoredFile | undefined;
    for (const stream of this.#streams) {
      while (stream.head !== undefined && compareKeys(stream.head, row) < 0) {
        const { value, done } = await stream.entries.next();
        stream.head = done ? undefined : value;
      }
      const { head } = stream;
      if (head === undefined || compareKeys(head, row) !== 0 || !isStored(head) || !saysWhich(row)) continue;
      if (found === undefined && sameFile({ ...head, size: row.size === null ? null : head.size }, row))
        found = head;
    }
    return found;
  }

  async close(): Promise<void> {
    for (const { entries } of this.#streams) await entries.return?.();
  }
}
