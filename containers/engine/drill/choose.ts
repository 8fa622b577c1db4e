import {
  type CatalogEntry,
  findSet,
  listSets,
  manifestSha256,
  newestAt,
  type UsableEntry,
} from '../../../core/catalog.ts';
import type { DrillReport } from '../../../core/drill/report.ts';
import { checked, couldNotVerify, figure } from '../../../core/drill/verdict.ts';
import { FULL_KINDS, SCHEDULED_KINDS } from '../../../core/kinds.ts';
import { OBJECT } from '../../../core/names.ts';
import { proveWhole } from '../restore/sets.ts';
import type { Bucket } from '../storage/bucket.ts';
import type { DrillRecord } from './record.ts';

/** The set of a drill, and all there were when it was chosen. */
export interface Chosen {
  readonly set: UsableEntry;
  readonly all: readonly CatalogEntry[];
  readonly manifestSha256: string;
}

/**
 * The newest verified set of the whole database, or the one that was asked for.
 * @returns nothing where there is none at all, which is what a drill is there to find out
 * @throws NoSuchSetError, UsageError, UnsuitableSetError for a set that somebody named
 */
export async function chooseSet(
  bucket: Bucket,
  asked: string,
  record: DrillRecord,
): Promise<Chosen | undefined> {
  const all = await listSets(bucket, SCHEDULED_KINDS);
  const set =
    asked === 'latest'
      ? newestAt(all.filter(({ kind }) => FULL_KINDS.includes(kind)))
      : await findSet(bucket, asked);
  if (set === undefined) {
    record.add(
      checked('set', 'failed', [
        'the bucket has no set of the whole database that could be restored; see why the daily backup makes none',
      ]),
    );
    return undefined;
  }
  proveWhole(set.manifest);
  const age = (Date.now() - Date.parse(set.manifest.snapshot.time)) / 60_000;
  record.add(
    set.state === 'verified'
      ? checked('set', 'verified', [], [figure('age', Math.max(0, age), 'minutes')])
      : set.state === 'failed'
        ? checked('set', 'failed', [`${set.id} was found damaged: ${firstProblems(set)}`])
        : couldNotVerify('set', `${set.id} has not been verified since it was made; run verify ${set.id}`),
  );
  const text = (await bucket.getText(set.folder + OBJECT.manifest)) ?? '';
  return { set, all, manifestSha256: manifestSha256(text) };
}

function firstProblems({ verification }: CatalogEntry): string {
  return verification?.problems.slice(0, 3).join('; ') ?? 'its verification says so';
}

/** What a report says of the set. */
export function describeSet({ set: { manifest }, manifestSha256: sha256 }: Chosen): DrillReport['set'] {
  const sum = (side: 'plain' | 'stored') =>
    manifest.objects.reduce((total, object) => total + object[side].bytes, 0);
  return {
    id: manifest.id,
    snapshotAt: manifest.snapshot.time,
    serverVersion: manifest.source.serverVersion,
    tables: manifest.tables.length,
    rows: manifest.tables.reduce((total, table) => total + BigInt(table.rows), 0n).toString(),
    plainBytes: sum('plain'),
    storedBytes: sum('stored'),
    objects: manifest.objects.length,
    manifestSha256: sha256,
    recipients: manifest.encryption.recipients,
  };
}
