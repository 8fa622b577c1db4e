import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What has to be undone, synchronously, should the process end before its owner has done it. */
const undone = new Set<() => void>();

process.on('exit', () => {
  // the latest first: a program ends before the directory it runs in goes
  for (const undo of [...undone].reverse()) {
    try {
      undo();
    } catch {
      // the process is ending, and the other leftovers want their turn
    }
  }
});

/** Registers an undoing for the end of the process. @returns takes it off the list: it has been done otherwise */
export function undoAtExit(undo: () => void): () => void {
  undone.add(undo);
  return () => void undone.delete(undo);
}

/** A directory only this user can read, gone when disposed, and at the latest when the process ends. */
export interface PrivateDirectory extends AsyncDisposable {
  readonly path: string;
}

/**
 * @param prefix short: the key agent's socket lies below it, and its path must stay under 108 bytes
 * @param parent where temporary files go, unless said
 */
export async function makePrivateDirectory(
  prefix: string,
  parent: string = tmpdir(),
): Promise<PrivateDirectory> {
  const path = await mkdtemp(join(parent, prefix));
  const forget = undoAtExit(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await rm(path, { recursive: true, force: true });
      forget();
    },
  };
}
