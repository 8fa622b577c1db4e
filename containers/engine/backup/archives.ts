import { Readable } from 'node:stream';
import type { SetObject } from '../../../core/manifest.ts';
import { OBJECT } from '../../../core/names.ts';
import type { SourceTable } from '../database/inventory.ts';
import { writeServiceFile } from '../database/service-file.ts';
import { qualify } from '../database/session.ts';
import type { Snapshot } from '../database/snapshot.ts';
import { startProgram } from '../programs/child.ts';
import { sealStream } from '../streams/seal.ts';
import { type ExpectedArchive, proveArchive } from './archive-proof.ts';
import type { BackupRun } from './context.ts';

/**
 * The two archives are the three sections of one dump: pre-data and post-data here, data there. Sections leave
 * nothing out between them; `--schema-only` would lose the refresh of materialized views and the large objects' owners.
 */
export function sealSchema(run: BackupRun, snapshot: Snapshot): Promise<SetObject> {
  const tables = snapshot.tables.filter((table) => !table.ofExtension);
  const args = ['--section=pre-data', '--section=post-data'];
  return sealDump(run, 'schema', snapshot.id, args, { entries: 'TABLE', tables }, () => undefined);
}

/**
 * Rows of all tables that have no slices, sequences, large objects, extension configuration.
 * @param whole the set holds the whole database, not the tables of the snapshot alone
 * @param wandering some rows may belong into another leaf on the server they are restored to
 */
export function sealRest(
  run: BackupRun,
  snapshot: Snapshot,
  sliced: ReadonlySet<SourceTable>,
  whole: boolean,
  wandering: boolean,
): Promise<SetObject> {
  const pattern = (table: SourceTable) => qualify(table.schema, table.name);
  const args = [
    '--section=data',
    ...(whole ? [] : snapshot.tables).map((table) => `--table=${pattern(table)}`),
    ...[...sliced].map((table) => `--exclude-table-data=${pattern(table)}`),
    // pg_dump itself does so for enums alone, and an array or a row may hold one
    ...(wandering ? ['--load-via-partition-root'] : []),
  ];
  // a standby's pg_dump leaves the rows of unlogged tables out
  const tables = snapshot.tables.filter((table) => !sliced.has(table) && !table.absent);
  const expected = { entries: 'TABLE DATA', tables } as const;
  return sealDump(run, 'rest', snapshot.id, args, expected, (bytes) => run.reporter.advance(bytes));
}

/** Our arguments name tables in UTF-8, and pg_dump compares them in the encoding of its session. */
function inUtf8({ facts }: BackupRun): string[] {
  return facts.encoding === 'SQL_ASCII' ? [] : ['--encoding=UTF8'];
}

async function sealDump(
  run: BackupRun,
  role: 'schema' | 'rest',
  snapshotId: string,
  args: readonly string[],
  expected: Omit<ExpectedArchive, 'key'>,
  onPlain: (bytes: number) => void,
): Promise<SetObject> {
  await using service = await writeServiceFile(run.address, run.facts.dumpSettings);
  const fixed = [
    '--format=custom',
    '--compress=0',
    '--no-password',
    ...inUtf8(run),
    `--snapshot=${snapshotId}`,
    `--lock-wait-timeout=${Math.round(run.lockWaitSeconds * 1000)}`,
    ...run.config.backup.excludeSchemas.map((name) => `--exclude-schema="${name.replaceAll('"', '""')}"`),
    `--dbname=${service.dbname}`,
  ];
  const key = run.namesBelow + OBJECT[role];
  const sealed = await sealStream(
    run.sealer,
    run.folder + key,
    (signal) => {
      const dump = startProgram(run.clients.program('pg_dump'), [...fixed, ...args], {
        stdin: 'ignore',
        env: service.env,
        signal,
      });
      return proveArchive(run.clients, dump, { key, ...expected }, signal);
    },
    { onPlain },
  );
  return { key, role, ...sealed };
}

/** @param text what roles.sql says, from the same snapshot as the archives */
export async function sealRoles(run: BackupRun, text: string): Promise<SetObject> {
  const key = run.namesBelow + OBJECT.roles;
  const sealed = await sealStream(run.sealer, run.folder + key, () => ({
    output: Readable.from([Buffer.from(text)]),
    whole: Promise.resolve(),
  }));
  return { key, role: 'roles', ...sealed };
}
