import type pg from 'pg';
import type { Addition } from '../../../../core/supabase/additions.ts';
import type { SchemaArchive } from '../../restore/archives.ts';
import type { RestoreRun } from '../../restore/context.ts';
import { tableOfContents, withoutNumbers } from '../../restore/toc.ts';
import { readAddedBySql, readCronJobs, readGranted } from '../../supabase/additions.ts';
import { additionsOf, compareAdditions } from '../../supabase/apply.ts';
import { notInSandbox } from '../../supabase/complete.ts';
import { isLabel } from '../../supabase/entries.ts';
import { type Findings, noFindings } from './structure.ts';

/** Findings about what users had added to a project's own schemas, by the check they belong to; none for other sets. */
export interface ComparedPlatform {
  /** What of it cannot be had here, or not by whoever restores. */
  readonly platform: Findings;
  readonly structure: Findings;
  readonly rowLevelSecurity: Findings;
  readonly privileges: Findings;
}

/** What of a project lies outside of its archive of the user, or cannot be where the target is. */
export async function comparePlatform(
  run: RestoreRun,
  client: pg.Client,
  archive: SchemaArchive,
): Promise<ComparedPlatform> {
  const compared = {
    platform: noFindings(),
    structure: noFindings(),
    rowLevelSecurity: noFindings(),
    privileges: noFindings(),
  };
  if (run.manifest.platform === undefined) return compared;
  const additions = await additionsOf(run);
  if (run.sandbox !== undefined) {
    compared.platform.unknown.push(...notInSandbox(run, run.sandbox, additions));
    return compared;
  }
  const ofKind = (...kinds: Addition['kind'][]) => additions.filter(({ kind }) => kinds.includes(kind));
  compared.rowLevelSecurity.wrong.push(...(await compareAdditions(client, ofKind('policy'), [])));
  compared.structure.wrong.push(
    ...(await compareAdditions(client, ofKind('function', 'trigger', 'publication'), [])),
  );
  compared.platform.unknown.push(
    ...(run.project?.unavailable ?? []).map((name) => `extension ${name}: no project of this version has it`),
    ...ofKind('lost').map(
      ({ what }) => `${what}: it lay in a schema of the platform, where nobody can make it again`,
    ),
    ...(await tableOfContents(run, archive.file))
      .filter(isLabel)
      .map(
        (label) => `${withoutNumbers(label)}: left out; columns that pgsodium encrypted cannot be read here`,
      ),
  );
  const jobs = new Set((await readCronJobs(client)).map(({ what }) => what));
  compared.platform.unknown.push(
    ...ofKind('cron').flatMap(({ what }) => (jobs.has(what) ? [] : [`${what}: it is not scheduled here`])),
  );
  await compareGrants(client, ofKind('grant'), compared.privileges);
  return compared;
}

/** Who restores may not grant everything in the platform's schemas, and a new project gives rights of its own. */
async function compareGrants(
  client: pg.Client,
  wanted: readonly Addition[],
  { unknown }: Findings,
): Promise<void> {
  const granted = await readGranted(client);
  for (const { what } of wanted) if (!granted.has(what)) unknown.push(`${what}: it does not hold here`);
  const names = new Set(wanted.map(({ what }) => what));
  for (const { kind, what } of await readAddedBySql(client))
    if (kind === 'grant' && !names.has(what))
      unknown.push(`${what}: the project gives this right, and the source does not`);
}
