import type pg from 'pg';
import { type Config, tablesOfKind } from '../../../core/config.ts';
import {
  NoSuchTableError,
  ServerTooOldError,
  UnreadableLargeObjectsError,
  UnreadableTablesError,
} from '../../../core/errors/index.ts';
import type { Kind } from '../../../core/kinds.ts';
import { ACCOUNTS } from '../../../core/supabase/managed.ts';
import { nameOf, namesOf } from '../../../core/table-names.ts';
import { type DatabaseFacts, readFacts } from '../database/facts.ts';
import type { SourceTable } from '../database/inventory.ts';
import { unreadableLargeObjects } from '../database/large-objects.ts';
import { type Clients, clientsFor, programVersion } from '../programs/clients.ts';
import { readScope, type Scope, scopedTables } from '../supabase/scope.ts';

/** hash_record_extended and reading of ctid ranges came with this version. */
export const OLDEST_SERVER = 14;

/** What was found out before a row is read. */
export interface Preflight {
  readonly facts: DatabaseFacts;
  readonly scope: Scope;
  /** Tables the kind of set is limited to, qualified; nothing for the kinds that hold the whole database. */
  readonly limitedTo: readonly string[] | undefined;
  readonly clients: Clients;
  /** Of the programs that are not PostgreSQL's. */
  readonly versions: { readonly zstd: string; readonly gpg: string };
  /** Tables the configuration lists for this kind of set and the database lacks, qualified. */
  readonly missingTables: readonly string[];
}

/**
 * Everything that would make the set wrong or impossible, found before a row is read.
 * @throws ServerTooOldError, ClientTooOldError, MissingProgramError, NoSuchTableError, UnreadableTablesError,
 *   UnreadableLargeObjectsError
 */
export async function preflight(client: pg.Client, config: Config, kind: Kind): Promise<Preflight> {
  const facts = await readFacts(client);
  const major = Math.floor(facts.serverVersionNum / 10_000);
  if (major < OLDEST_SERVER) throw new ServerTooOldError(facts.serverVersion, OLDEST_SERVER);
  const clients = await clientsFor(major, `backing up PostgreSQL ${facts.serverVersion}`);
  const versions = { zstd: await programVersion('zstd'), gpg: await programVersion('gpg') };
  const scope = await readScope(client, config.backup.excludeSchemas);
  const tables = await scopedTables(client, scope);
  const limitedTo = limitOf(kind, config, scope);
  const wanted = selectTables(tables, limitedTo);
  if (limitedTo !== undefined && wanted.length === 0) {
    throw new NoSuchTableError(limitedTo, tables.map(nameOf));
  }
  // the structure of all tables is dumped, and even for that pg_dump wants to read them
  const denied = tables.filter((table) => !table.readable).map(nameOf);
  const filtered = wanted.filter((table) => table.readable && table.filtered).map(nameOf);
  if (denied.length > 0 || filtered.length > 0) throw new UnreadableTablesError(facts.user, denied, filtered);
  const closed = limitedTo === undefined ? await unreadableLargeObjects(client) : [];
  if (closed.length > 0) throw new UnreadableLargeObjectsError(facts.user, closed);
  return {
    facts,
    scope,
    limitedTo,
    clients,
    versions,
    missingTables: missingTables(tables, limitedTo ?? []),
  };
}

/** Of a project the accounts are critical, whether the policy names them or not. */
function limitOf(kind: Kind, config: Config, { supabase }: Scope): readonly string[] | undefined {
  const listed = tablesOfKind(config, kind);
  if (!supabase || kind !== 'critical' || listed === undefined) return listed;
  return [...new Set([...listed, ...ACCOUNTS])];
}

/**
 * The tables a set holds: all, or those named. A partitioned table is named by its root and stands for all its leaves.
 */
export function selectTables(tables: SourceTable[], limitedTo: readonly string[] | undefined): SourceTable[] {
  if (limitedTo === undefined) return tables;
  const names = new Set(limitedTo);
  return tables.filter((table) => namesOf(table).some((name) => names.has(name)));
}

/**
 * No reason to refuse: the policy of the team is one for databases of several ages. But the RPO of such a table is not
 * met, a misspelt name included, so it is told.
 */
function missingTables(tables: SourceTable[], listed: readonly string[]): string[] {
  const there = new Set(tables.flatMap(namesOf));
  return listed.filter((name) => !there.has(name));
}
