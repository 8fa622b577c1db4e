import { Readable } from 'node:stream';
import type { SetObject } from '../../../core/manifest.ts';
import { OBJECT } from '../../../core/names.ts';
import type { SourceTable } from '../database/inventory.ts';
import type { Pattern } from '../database/pattern.ts';
import { writeServiceFile } from '../database/service-file.ts';
import type { Snapshot } from '../database/snapshot.ts';
import { startProgram } from '../programs/child.ts';
import { sealStream } from '../streams/seal.ts';
import { isManaged } from '../supabase/scope.ts';
import { type ExpectedArchive, proveArchive } from './archive-proof.ts';
import type { BackupRun } from './context.ts';

/** What pg_dump reads, and how it is told of what. */
export interface DumpedFrom {
  readonly snapshot: Snapshot;
  /** What it writes in: UTF-8, unless the database's bytes have no known meaning or cannot be converted. */
  readonly encoding: string;
  readonly pattern: Pattern;
  /** Schemas it leaves out. */
  readonly excluded: readonly string[];
}

/**
 * The two archives are the three sections of one dump: pre-data and post-data here, data there. Sections leave
 * nothing out between them; `--schema-only` would lose the refresh of materialized views and the large objects' owners.
 */
export function sealSchema(run: BackupRun, from: DumpedFrom): Promise<SetObject> {
  const tables = from.snapshot.tables.filter((table) => !table.ofExtension && !isManaged(run.scope, table));
  const args = ['--section=pre-data', '--section=post-data'];
  return sealDump(run, 'schema', from, args, { entries: 'TABLE', tables }, () => undefined);
}

/**
 * Structure of the platform's schemas in a project. A project has it, and none takes it; it is for a database without the
 * platform, where users' policies, keys and functions need what they call.
 */
export function sealPlatform(run: BackupRun, from: DumpedFrom): Promise<SetObject> {
  const { schemas, unreadable } = run.scope.platform;
  const tables = from.snapshot.tables.filter((table) => isManaged(run.scope, table));
  const args = [
    ...['--section=pre-data', '--section=post-data'],
    ...schemas.map((name) => `--schema=${from.pattern(name)}`),
    ...unreadable.map(({ schema, name }) => `--exclude-table=${from.pattern(schema, name)}`),
  ];
  return sealDump(
    run,
    'platform',
    { ...from, excluded: [] },
    args,
    { entries: 'TABLE', tables },
    () => undefined,
  );
}

/**
 * Rows of all tables that have no slices, sequences, large objects, extension configuration.
 * @param whole the set holds the whole database, not the tables of the snapshot alone
 * @param wandering some rows may belong into another leaf on the server they are restored to
 */
export function sealRest(
  run: BackupRun,
  from: DumpedFrom,
  sliced: ReadonlySet<SourceTable>,
  whole: boolean,
  wandering: boolean,
): Promise<SetObject> {
  const { snapshot } = from;
  const pattern = (table: SourceTable) => from.pattern(table.schema, table.name);
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
  return sealDump(run, 'rest', from, args, expected, (bytes) => run.reporter.advance(bytes));
}

async function sealDump(
  run: BackupRun,
  role: 'schema' | 'rest' | 'platform',
  { snapshot, encoding, pattern, excluded }: DumpedFrom,
  args: readonly string[],
  expected: Omit<ExpectedArchive, 'key'>,
  onPlain: (bytes: number) => void,
): Promise<SetObject> {
  await using service = await writeServiceFile(run.address, run.facts.dumpSettings);
  const fixed = [
    '--format=custom',
    '--compress=0',
    '--no-password',
    // a restored copy must not begin to take its publisher's changes
    '--no-subscriptions',
    `--encoding=${encoding}`,
    `--snapshot=${snapshot.id}`,
    `--lock-wait-timeout=${Math.round(run.lockWaitSeconds * 1000)}`,
    ...excluded.map((name) => `--exclude-schema=${pattern(name)}`),
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

/** An object of a text that was read from the same snapshot as the archives. */
export async function sealText(
  run: BackupRun,
  role: 'roles' | 'supabase' | 'vault',
  text: string,
): Promise<SetObject> {
  const key = run.namesBelow + OBJECT[role];
  const sealed = await sealStream(run.sealer, run.folder + key, () => ({
    output: Readable.from([Buffer.from(text)]),
    whole: Promise.resolve(),
  }));
  return { key, role, ...sealed };
}
