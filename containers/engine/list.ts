import Table from 'cli-table3';
import { type CatalogEntry, listSets } from '../../core/catalog.ts';
import type { Config } from '../../core/config.ts';
import type { Kind } from '../../core/kinds.ts';
import { openBucket, proveBucket } from './storage/bucket.ts';

/** One line of `list`, as the result carries it. */
export interface ListedSet {
  readonly id: string;
  readonly state: CatalogEntry['state'];
  readonly snapshotAt: string | null;
  readonly tables: number | null;
  readonly rows: string | null;
  readonly plainBytes: number | null;
  readonly storedBytes: number | null;
  readonly verifiedAt: string | null;
  readonly problem: string | null;
}

/** All sets, newest first, with what is known of each; nothing is decrypted. */
export async function list(config: Config, kinds: readonly Kind[] | undefined): Promise<ListedSet[]> {
  const bucket = openBucket(config.upload.attempts);
  await proveBucket(bucket);
  return (await listSets(bucket, kinds)).map(describe);
}

function describe({ id, state, manifest, verification, problem }: CatalogEntry): ListedSet {
  const sum = (side: 'plain' | 'stored') =>
    manifest?.objects.reduce((total, object) => total + object[side].bytes, 0) ?? null;
  return {
    id,
    state,
    snapshotAt: manifest?.snapshot.time ?? null,
    tables: manifest?.tables.length ?? null,
    rows: manifest?.tables.reduce((total, table) => total + BigInt(table.rows), 0n).toString() ?? null,
    plainBytes: sum('plain'),
    storedBytes: sum('stored'),
    verifiedAt: verification?.at ?? null,
    problem: problem?.message ?? null,
  };
}

/** For a person: a table on standard error, while standard output carries the result. */
export function renderList(sets: readonly ListedSet[]): string {
  const table = new Table({
    head: ['set', 'state', 'snapshot (UTC)', 'tables', 'rows', 'stored MB'],
    style: { head: [], border: [], compact: true },
  });
  for (const set of sets) {
    const megabytes = set.storedBytes === null ? '?' : (set.storedBytes / 1e6).toFixed(1);
    table.push([set.id, set.state, set.snapshotAt ?? '?', set.tables ?? '?', set.rows ?? '?', megabytes]);
  }
  return table.toString();
}
