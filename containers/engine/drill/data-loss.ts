import type pg from 'pg';
import { levelOf } from '../../../core/config.ts';
import type { DrillReport, TableLoss } from '../../../core/drill/report.ts';
import { reason } from '../../../core/errors/index.ts';
import { keyOf, nameOf } from '../../../core/table-names.ts';
import { addContent, type ChecksumTable, type ContentSum, readContent } from '../database/checksum.ts';
import { connect } from '../database/connect.ts';
import { readTables, type SourceTable } from '../database/inventory.ts';
import { limitLockWaits, lockFailure } from '../database/snapshot.ts';
import type { DatabaseAddress } from '../database/url.ts';
import { readScope, scopedTables } from '../supabase/scope.ts';
import type { DrillRun } from './context.ts';
import { rowDifference } from './loss/row-difference.ts';
import { tablesOf, type Unit, unitsOf } from './loss/units.ts';

type DataLoss = DrillReport['dataLoss'];

/** A migration that waits behind this look would stop the application: it gives way soon. */
const LOCK_SECONDS = 5;

/** What comparing works with: both databases, as they are at one instant each. */
interface Sides {
  readonly run: DrillRun;
  readonly source: pg.Client;
  readonly target: pg.Client;
  readonly inSource: ReadonlyMap<string, SourceTable>;
  readonly inTarget: ReadonlyMap<string, SourceTable>;
  /** From the snapshot of the set to the look at the source. */
  readonly minutes: number;
}

/**
 * What would be lost if the source were lost now, and this set were all there is (spec D4): table by table the rows that the
 * source has and the restored database has not. Costs the source one reading of each table; what is unknown is said.
 * @param source nothing where the environment names none
 */
export async function measureLoss(run: DrillRun, source: DatabaseAddress | undefined): Promise<DataLoss> {
  if (!run.config.drill.dataLoss) return unknown('looking at the source is switched off (drill.dataLoss)');
  if (source === undefined)
    return unknown('no source is named (DATABASE_URL), so nobody knows what it has by now');
  const sessions: pg.Client[] = [];
  const open = async (address: DatabaseAddress) => {
    const client = await connect(address, run.signal);
    sessions.push(client);
    await limitLockWaits(client, LOCK_SECONDS);
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    return client;
  };
  try {
    const sides = await lookAt(run, await open(source), await open(run.target));
    return await compare(sides);
  } catch (error) {
    run.signal.throwIfAborted();
    return unknown(`the source could not be looked at: ${reason(lockFailure(error, LOCK_SECONDS))}`);
  } finally {
    await Promise.all(sessions.map((client) => client.end().catch(() => undefined)));
  }
}

function unknown(why: string): DataLoss {
  return { lookedAt: null, reason: why, tables: [] };
}

async function lookAt(run: DrillRun, source: pg.Client, target: pg.Client): Promise<Sides> {
  const { excludedSchemas, snapshot } = run.manifest;
  const byName = (tables: readonly SourceTable[]) => new Map(tables.map((table) => [keyOf(table), table]));
  const scope = await readScope(source, excludedSchemas);
  return {
    run,
    source,
    target,
    inSource: byName(await scopedTables(source, scope)),
    inTarget: byName(await readTables(target, excludedSchemas)),
    minutes: Math.max(0, Math.round((Date.now() - Date.parse(snapshot.time)) / 6000) / 10),
  };
}

async function compare(sides: Sides): Promise<DataLoss> {
  const lookedAt = new Date().toISOString();
  const tables: TableLoss[] = [];
  for (const unit of unitsOf(sides.run.manifest.tables)) {
    sides.run.signal.throwIfAborted();
    tables.push(await lossOf(sides, unit));
  }
  const known = new Set(sides.run.manifest.tables.map(keyOf));
  for (const table of sides.inSource.values())
    if (!known.has(keyOf(table))) tables.push(await newTable(sides, table));
  return { lookedAt, tables };
}

async function lossOf(sides: Sides, unit: Unit): Promise<TableLoss> {
  const [entry] = unit.entries;
  const about = {
    ...(unit.entries.length > 1 && entry.partitionOf ? entry.partitionOf : nameParts(entry)),
    level: entry.level,
  };
  const { minutes } = sides;
  const unsaid = (why: string): TableLoss => ({
    ...about,
    rows: null,
    gone: null,
    minutes: null,
    reason: why,
  });
  const saved = unit.entries.reduce((sum, each) => sum + BigInt(each.rows), 0n);
  if (unit.entries.every((each) => !sides.inSource.has(keyOf(each))))
    return {
      ...about,
      rows: '0',
      gone: saved.toString(),
      minutes,
      reason: 'the source has this table no more',
    };
  const here = tablesOf(unit, sides.inSource, 'the source');
  if ('reason' in here) return unsaid(here.reason);
  try {
    return await guarded([sides.source, sides.target], async () => {
      const now = await contentOf(sides, here.tables);
      if (isAsSaved(unit, now)) return { ...about, rows: '0', gone: '0', minutes: 0 };
      const there = tablesOf(unit, sides.inTarget, 'the restored database');
      if ('reason' in there) return unsaid(there.reason);
      const difference = await rowDifference(
        { client: sides.source, tables: here.tables },
        { client: sides.target, tables: there.tables },
        now.rows,
      );
      if (difference === undefined)
        return {
          ...unsaid(`too many rows differ to be counted; the source has ${now.rows}, the set ${saved}`),
          minutes,
        };
      const { onlyHere, onlyThere } = difference;
      const same = onlyHere === 0n && onlyThere === 0n;
      return { ...about, rows: onlyHere.toString(), gone: onlyThere.toString(), minutes: same ? 0 : minutes };
    });
  } catch (error) {
    sides.run.signal.throwIfAborted();
    return unsaid(reason(lockFailure(error, LOCK_SECONDS)));
  }
}

/** A table that cannot be read must not keep the transaction from reading the next. */
async function guarded<T>(clients: readonly pg.Client[], work: () => Promise<T>): Promise<T> {
  for (const client of clients) await client.query('SAVEPOINT one_table');
  try {
    return await work();
  } finally {
    for (const client of clients)
      await client.query('ROLLBACK TO SAVEPOINT one_table').catch(() => undefined);
  }
}

const nameParts = ({ schema, name }: { schema: string; name: string }) => ({ schema, name });

async function contentOf({ source }: Sides, tables: readonly ChecksumTable[]): Promise<ContentSum> {
  let sum: ContentSum = { rows: 0n, checksum: 0n, loose: null };
  for (const table of tables) sum = addContent(sum, await readContent(source, table, 'full'));
  return sum;
}

function isAsSaved({ entries }: Unit, now: ContentSum): boolean {
  if (entries.some(({ checksum }) => checksum === null)) return false;
  const sum = (number: (entry: Unit['entries'][number]) => string) =>
    entries.reduce((total, entry) => total + BigInt(number(entry)), 0n);
  return sum(({ rows }) => rows) === now.rows && sum(({ checksum }) => checksum ?? '0') === now.checksum;
}

/** One that came after the set: all of it would be lost. */
async function newTable({ source, run, minutes }: Sides, table: SourceTable): Promise<TableLoss> {
  const level = levelOf(run.config, [
    nameOf(table),
    ...(table.partitionOf === null ? [] : [nameOf(table.partitionOf)]),
  ]);
  const about = { ...nameParts(table), level };
  try {
    const rows = await guarded([source], async () => (await readContent(source, table, 'counts')).rows);
    return { ...about, rows: rows.toString(), gone: '0', minutes, reason: 'the table is newer than the set' };
  } catch (error) {
    run.signal.throwIfAborted();
    return {
      ...about,
      rows: null,
      gone: null,
      minutes: null,
      reason: reason(lockFailure(error, LOCK_SECONDS)),
    };
  }
}
