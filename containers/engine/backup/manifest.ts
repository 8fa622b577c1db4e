import { levelOf } from '../../../core/config.ts';
import {
  type ForeignKeyEntry,
  MANIFEST_VERSION,
  type Manifest,
  type SetObject,
  type TableEntry,
} from '../../../core/manifest.ts';
import type { SetTraits } from '../../../core/reuse.ts';
import { formatSetId } from '../../../core/set-id.ts';
import { ACCOUNTS } from '../../../core/supabase/managed.ts';
import { nameOf, namesOf, type TableName } from '../../../core/table-names.ts';
import type { Furniture, SequenceState } from '../database/inventory.ts';
import type { Snapshot } from '../database/snapshot.ts';
import type { BackupRun } from './context.ts';
import type { DatabaseRead } from './read.ts';

/** Version of the product, as the manifest records it. */
export const PRODUCT_VERSION = '0.1.0';

function platformEntry({ scope }: BackupRun): Manifest['platform'] {
  const schemas = [...scope.platform.schemas];
  return { name: 'supabase', schemas, left: scope.managed.filter((name) => !schemas.includes(name)) };
}

/** Whether it says who may sign in to a project. */
function isAccounts({ scope }: BackupRun, table: TableName): boolean {
  return scope.supabase && ACCOUNTS.includes(nameOf(table));
}

/** Tables as the manifest lists them. */
export function tableEntries(run: BackupRun, snapshot: Snapshot, read: DatabaseRead): TableEntry[] {
  return snapshot.tables.map((table) => {
    const content = read.contents.get(table);
    const copied = read.copied.get(table);
    return {
      schema: table.schema,
      name: table.name,
      level: isAccounts(run, table) ? 'critical' : levelOf(run.config, namesOf(table)),
      rows: (content?.rows ?? 0n).toString(),
      checksum: content?.checksum?.toString() ?? null,
      looseColumns: [...table.looseColumns],
      looseChecksum: content?.loose?.toString() ?? null,
      columns: [...table.columns],
      columnTypes: [...table.columnTypes],
      primaryKey: [...table.primaryKey],
      partitionOf: table.partitionOf,
      storedIn: read.sliced.has(table) ? 'slices' : 'rest',
      condition: table.condition,
      wandersWithin: table.wandersWithin,
      ...(copied === undefined ? {} : { copied }),
    };
  });
}

/** What is known of the set before anything is read: whether another set's objects could be its own goes by that. */
export function setTraits(run: BackupRun, snapshot: Snapshot): SetTraits {
  const { user: _, dumpSettings: __, ...source } = run.facts;
  return {
    kind: run.id.kind,
    productVersion: PRODUCT_VERSION,
    source,
    snapshot: { time: snapshot.time.toISOString(), lsn: snapshot.lsn },
    encryption: {
      format: 'OpenPGP',
      recipients: [...run.sealer.keyring.fingerprints],
      keyIds: [...run.sealer.keyring.encryptionKeyIds],
    },
    compression: { format: 'zstd', level: run.sealer.compressionLevel },
    checksums: run.config.backup.checksums,
  };
}

/** Puts together what is known of the set; `finishedAt` is now. */
export function buildManifest(
  run: BackupRun,
  snapshot: Snapshot,
  parts: {
    read: DatabaseRead;
    tables: TableEntry[];
    objects: SetObject[];
    furniture: Furniture;
    foreignKeys: ForeignKeyEntry[];
    sequences: SequenceState[];
    limitedTo: readonly string[] | undefined;
  },
): Manifest {
  return {
    ...setTraits(run, snapshot),
    format: 'videoplanet-backup',
    formatVersion: MANIFEST_VERSION,
    id: formatSetId(run.id),
    slot: run.id.slot.toISOString(),
    startedAt: run.startedAt.toISOString(),
    finishedAt: new Date().toISOString(),
    client: {
      postgresMajor: run.clients.major,
      pgDump: run.clients.version,
      ...run.versions,
    },
    limitedTo: parts.limitedTo === undefined ? null : [...parts.limitedTo],
    excludedSchemas: [...run.scope.excluded],
    ...(run.scope.supabase ? { platform: platformEntry(run) } : {}),
    objects: parts.objects,
    ...parts.furniture,
    tables: parts.tables,
    foreignKeys: parts.foreignKeys,
    sequences: parts.sequences,
    largeObjects: parts.read.largeObjects,
    timings: { ...run.reporter.timings },
  };
}
