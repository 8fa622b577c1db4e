import pg from 'pg';
import type { Addition } from '../../../core/supabase/additions.ts';
import type { SchemaArchive } from '../restore/archives.ts';
import type { RestoreRun } from '../restore/context.ts';
import { additionsOf, applyAdditions, hasVault } from './apply.ts';
import { giveToOwners } from './owners.ts';
import type { Project, Sandbox } from './project.ts';
import { notCarried } from './rows.ts';

/** What a project has beyond a plain database; of others all of it is empty. */
export interface Completed {
  readonly additions: readonly Addition[];
  /** Owners of the source that nobody can be here. */
  readonly unreachableOwners: ReadonlySet<string>;
  /** What is not as in the source, one sentence each. */
  readonly problems: readonly string[];
}

const NOTHING: Completed = { additions: [], unreachableOwners: new Set(), problems: [] };

/** Owners, and what users had added to the platform's schemas: it may call what the archive made. */
export async function completeProject(
  run: RestoreRun,
  client: pg.Client,
  archive: SchemaArchive,
): Promise<Completed> {
  if (run.sandbox !== undefined) return { ...NOTHING, problems: await notInSandbox(run, run.sandbox) };
  if (run.project === undefined) return NOTHING;
  const owners = await giveToOwners(run, client, archive);
  const additions = await additionsOf(run);
  const refused = await applyAdditions(client, additions);
  return {
    additions,
    unreachableOwners: owners.unreachable,
    problems: [
      ...run.project.unavailable.map((name) => `extension ${name}: no project of this version has it`),
      ...owners.problems,
      ...refused,
      ...notCarried(run.project, run),
    ],
  };
}

/** What only the platform can have, one sentence each. */
async function notInSandbox(run: RestoreRun, { unavailable }: Sandbox): Promise<string[]> {
  const additions = await additionsOf(run);
  return [
    ...unavailable.map((name) => `extension ${name}: this server does not have it`),
    ...additions.flatMap(({ kind, what }) => {
      if (kind === 'cron') return [`${what}: not scheduled, for only a project has jobs`];
      return kind === 'lost' ? [`${what}: it lay in a schema of the platform`] : [];
    }),
    ...(hasVault(run) ? ['the secrets of the vault: only a project has one; the set keeps them'] : []),
  ];
}

/** An extension brings its objects, but not the schema it is told to put them into, where that is the platform's. */
export async function makeExtensionSchemas(
  { manifest }: RestoreRun,
  client: pg.Client,
  { extensions, managed, unavailable }: Project,
): Promise<void> {
  const missing = manifest.extensions.filter(
    ({ name }) => !extensions.includes(name) && !unavailable.includes(name),
  );
  for (const schema of new Set(missing.map((extension) => extension.schema)))
    if (!managed.includes(schema) && !manifest.schemas.includes(schema) && schema !== 'pg_catalog')
      await client.query(`CREATE SCHEMA IF NOT EXISTS ${pg.escapeIdentifier(schema)}`);
}
