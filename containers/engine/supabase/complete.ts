import pg from 'pg';
import type { Addition } from '../../../core/supabase/additions.ts';
import type { SchemaArchive } from '../restore/archives.ts';
import type { RestoreRun } from '../restore/context.ts';
import { tableOfContents, withoutNumbers } from '../restore/toc.ts';
import { readAddedBySql } from './additions.ts';
import { applyAdditions, hasVault, makeFunctionsFirst } from './apply.ts';
import { isLabel } from './entries.ts';
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
  /** Of these, what no database but a project can have. */
  readonly onlyInProjects: readonly string[];
}

const NOTHING: Completed = {
  additions: [],
  unreachableOwners: new Set(),
  problems: [],
  onlyInProjects: [],
};

/** Owners, and what users had added to the platform's schemas: it may call what the archive made. */
export async function completeProject(
  run: RestoreRun,
  client: pg.Client,
  archive: SchemaArchive,
  additions: readonly Addition[],
): Promise<Completed> {
  if (run.sandbox !== undefined) {
    const onlyInProjects = notInSandbox(run, run.sandbox, additions);
    return { ...NOTHING, problems: onlyInProjects, onlyInProjects };
  }
  if (run.project === undefined) return NOTHING;
  const owners = await giveToOwners(run, client, archive);
  const refused = await applyAdditions(client, additions);
  const beyond = await rightsBeyond(client, additions);
  const labels = (await tableOfContents(run, archive.file)).filter(isLabel).map(withoutNumbers);
  return {
    additions,
    unreachableOwners: owners.unreachable,
    onlyInProjects: [],
    problems: [
      ...run.project.unavailable.map((name) => `extension ${name}: no project of this version has it`),
      ...labels.map((label) => `${label}: left out; columns that pgsodium encrypted cannot be read here`),
      ...owners.problems,
      ...refused,
      ...beyond,
      ...notCarried(run.project, run),
    ],
  };
}

/** Rights that users have given in the project and not in the source: some may see more than there. */
async function rightsBeyond(client: pg.Client, additions: readonly Addition[]): Promise<string[]> {
  const wanted = new Set(additions.map(({ what }) => what));
  return (await readAddedBySql(client))
    .filter(({ kind, what }) => kind === 'grant' && !wanted.has(what))
    .map(({ what }) => `${what}: the project gives this right, and the source does not`);
}

/** What only the platform can have, one sentence each. */
export function notInSandbox(
  run: RestoreRun,
  { unavailable }: Sandbox,
  additions: readonly Addition[],
): string[] {
  return [
    ...unavailable.map((name) => `extension ${name}: this server does not have it`),
    ...additions.flatMap(({ kind, what }) => {
      if (kind === 'cron') return [`${what}: not scheduled, for only a project has jobs`];
      return kind === 'lost' ? [`${what}: it lay in a schema of the platform`] : [];
    }),
    ...(hasVault(run) ? ['the secrets of the vault: only a project has one; the set keeps them'] : []),
  ];
}

/** What tables, types and functions of the user may use, and no archive has. */
export async function prepareProject(
  run: RestoreRun,
  client: pg.Client,
  project: Project,
  additions: readonly Addition[],
): Promise<void> {
  await makeExtensionSchemas(run, client, project);
  await makeFunctionsFirst(client, additions);
}

/** An extension brings its objects, but not the schema it is told to put them into, where that is the platform's. */
async function makeExtensionSchemas(
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
