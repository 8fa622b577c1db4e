import { UnsuitableSetError, UnsuitableTargetError } from '../../../../core/errors/index.ts';
import { makePrivateDirectory } from '../../programs/leftovers.ts';
import { fetchSchema, type SchemaArchive } from '../archives.ts';
import type { ArchiveRun } from '../context.ts';
import type { SelectiveRun } from './context.ts';
import { type Choice, chooseEntries } from './recreate-choose.ts';
import { type Entry, listEntries } from './recreate-entries.ts';
import { readPresent } from './recreate-present.ts';
import { type Scripts, writeScripts } from './recreate-scripts.ts';
import type { SetTable } from './set-tables.ts';

/** How tables that were dropped are made again. */
export interface RecreationPlan extends Choice {
  readonly scripts: Scripts;
}

/** Entries whose statements name an owner. */
const OWNED = ['SCHEMA', 'TYPE', 'DOMAIN', 'FUNCTION', 'PROCEDURE', 'SEQUENCE', 'TABLE', 'STATISTICS'];

/**
 * Reads the set's structure and finds what has to be made, before anything is.
 * @throws UnsuitableTargetError, UnsuitableSetError when it cannot be
 */
export async function planRecreation(
  run: SelectiveRun,
  tables: readonly SetTable[],
): Promise<RecreationPlan> {
  await using scratch = await makePrivateDirectory('vpb-tables-');
  const { manifest, opener, clients, signal, client } = run;
  const reading = { manifest, opener, clients, signal, scratch: scratch.path };
  const archive = await fetchSchema({ ...reading, missingTablespaces: [] });
  if (archive.encoding !== 'UTF8')
    throw new UnsuitableSetError(
      `the target lacks tables, and the names in the set's structure are in ${archive.encoding}; make the tables by hand`,
    );
  const { rows } = await client.query<{ name: string }>('SELECT rolname AS name FROM pg_catalog.pg_roles');
  const roles = rows.map(({ name }) => name);
  const withSpace: ArchiveRun = { ...reading, missingTablespaces: await lackingTablespaces(run, archive) };
  const entries = await listEntries(withSpace, archive, [...roles, ...manifest.roles]);
  const choice = chooseEntries(entries, tables, await readPresent(client));
  refuseOwnerless(choice.entries, roles);
  return { ...choice, scripts: await writeScripts(withSpace, archive, choice) };
}

async function lackingTablespaces(
  { client }: SelectiveRun,
  { tablespaces }: SchemaArchive,
): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT spcname AS name FROM pg_catalog.pg_tablespace',
  );
  const present = new Set(rows.map(({ name }) => name));
  return tablespaces.filter((name) => !present.has(name));
}

/** Owned by another, a function would run, and a table be read, with rights it was not meant to have. */
function refuseOwnerless(entries: readonly Entry[], roles: readonly string[]): void {
  const lacking = entries.filter(({ kind, owner }) => OWNED.includes(kind) && !roles.includes(owner));
  const owners = [...new Set(lacking.map(({ owner }) => owner))];
  if (owners.length > 0)
    throw new UnsuitableTargetError(
      `${lacking[0]?.schema}.${lacking[0]?.tag} belonged to role ${owners.join(', ')}, which is not on this server; ` +
        'CREATE ROLE it, then start again; nothing was done',
    );
}
