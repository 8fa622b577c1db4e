import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import type { Check, CheckId, TableFinding } from '../../../core/drill/report.ts';
import { checked, couldNotVerify, figure, judged, notRun } from '../../../core/drill/verdict.ts';
import { reason } from '../../../core/errors/index.ts';
import { connect } from '../database/connect.ts';
import { readFurniture } from '../database/inventory.ts';
import { Sessions } from '../database/sessions.ts';
import type { SchemaArchive } from '../restore/archives.ts';
import {
  compareLargeObjects,
  compareMaterializedViews,
  compareSequences,
} from '../restore/compare-others.ts';
import { comparePrivileges } from '../restore/compare-privileges.ts';
import { comparableTables, compareTables } from '../restore/compare-tables.ts';
import type { RestoreRun } from '../restore/context.ts';
import { dumpStructure } from '../restore/dump-structure.ts';
import { withoutNumbers } from '../restore/toc.ts';
import type { DrillRun } from './context.ts';
import { compareExtensions } from './inspect/extensions.ts';
import { checkIntegrity } from './inspect/integrity.ts';
import { asRestoreRun, fetchArchives, fetchRoles } from './inspect/open.ts';
import { type ComparedPlatform, comparePlatform } from './inspect/platform.ts';
import { dumpReference } from './inspect/reference.ts';
import { type ComparedRoles, compareRoles } from './inspect/roles.ts';
import {
  type ComparedDefinitions,
  compareDefinitions,
  type Findings,
  labelOfEntry,
  noFindings,
  unusableIndexes,
} from './inspect/structure.ts';
import { judgeTables, unseen } from './inspect/tables.ts';

/** Everything that is looked at here, in the order of the report. */
export const INSPECTED = [
  'tables',
  'structure',
  'roles',
  'extensions',
  'indexes',
  'constraints',
  'row-level-security',
  'privileges',
  'sequences',
  'large-objects',
  'materialized-views',
  'platform',
  'integrity',
] as const satisfies readonly CheckId[];

/** What was found of the target. */
export interface Inspection {
  /** One of each kind that is looked at here. */
  readonly checks: Check[];
  /** One of each table of the manifest, in its order. */
  readonly tables: TableFinding[];
}

/**
 * Looks at a restored database and says, check by check, whether it is what the set says. It takes nobody's word for it:
 * manifest and archives are those of the bucket, and somebody may have been at the target since the restore.
 * @throws only when the run is aborted
 */
export async function inspectTarget(drill: DrillRun): Promise<Inspection> {
  let client: pg.Client | undefined;
  try {
    client = await connect(drill.target, drill.signal);
    const run = await asRestoreRun(drill, client, await mkdtemp(join(drill.scratch, 'inspect-')));
    return await inspect(drill, run, client);
  } catch (error) {
    drill.signal.throwIfAborted();
    const why = `the target could not be looked at: ${reason(error)}`;
    return {
      checks: INSPECTED.map((id) => couldNotVerify(id, why)),
      tables: drill.manifest.tables.map((entry) => unseen(entry, 'could-not-verify')),
    };
  } finally {
    await client?.end().catch(() => undefined);
  }
}

async function inspect(drill: DrillRun, run: RestoreRun, client: pg.Client): Promise<Inspection> {
  const rows = await attempt(run, () => inspectTables(run, client));
  const archives = await attempt(run, () => fetchArchives(run));
  const restored = await attempt(run, async () => dumpStructure(run, resultOf(archives)[0].encoding));
  const definitions = await attempt(run, async () =>
    compareDefinitions(run, {
      archives: resultOf(archives),
      restored: resultOf(restored),
      reference:
        drill.targetKind === 'task' ? await dumpReference(run, resultOf(archives)[0].encoding) : undefined,
      leftOut: new Set(
        Array.from(drill.loaded?.leftOut ?? [], (entry) => labelOfEntry(withoutNumbers(entry))),
      ),
    }),
  );
  const roles = await attempt(run, async () => compareRoles(run, client, await fetchRoles(run)));
  const platform = await attempt(run, async () => comparePlatform(run, client, usersOf(resultOf(archives))));
  const privileges = await attempt(run, () => inspectPrivileges(run, resultOf(archives), resultOf(restored)));
  const asInSet = 'value' in rows && rows.value.check.state === 'verified';
  const sources: Sources = { run, client, asInSet, definitions, roles, platform, privileges };
  const checks: Check[] = ['value' in rows ? rows.value.check : couldNotVerify('tables', rows.why)];
  for (const id of INSPECTED) {
    if (id === 'tables') continue;
    const check = await attempt(run, () => LOOK[id](sources));
    checks.push('value' in check ? check.value : couldNotVerify(id, check.why));
  }
  const unread = () => run.manifest.tables.map((entry) => unseen(entry, 'could-not-verify'));
  return { checks, tables: 'value' in rows ? rows.value.tables : unread() };
}

/** What came of a part of the work, or why nothing did: other parts go on. */
type Attempt<T> = { readonly value: T } | { readonly why: string };

class PartMissing extends Error {}

async function attempt<T>({ signal }: RestoreRun, work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    signal.throwIfAborted();
    return {
      why: error instanceof PartMissing ? error.message : `it could not be looked at: ${reason(error)}`,
    };
  }
}

function resultOf<T>(part: Attempt<T>): T {
  if ('why' in part) throw new PartMissing(part.why);
  return part.value;
}

function usersOf(archives: readonly [...SchemaArchive[], SchemaArchive]): SchemaArchive {
  return archives.at(-1) ?? archives[0];
}

async function inspectTables(run: RestoreRun, client: pg.Client) {
  const sessions = await Sessions.open(run.workers, () => connect(run.target, run.signal));
  try {
    return judgeTables(run, await compareTables(run, await comparableTables(run, client), sessions));
  } finally {
    await sessions.end();
  }
}

async function inspectPrivileges(
  run: RestoreRun,
  archives: readonly SchemaArchive[],
  restored: string,
): Promise<Findings> {
  const files = archives.map(({ file }) => file);
  const { differences, notVerified } = await comparePrivileges(run, files, restored, new Set());
  return { wrong: [...differences], unknown: [...notVerified] };
}

/** What the checks are made of. */
interface Sources {
  readonly run: RestoreRun;
  readonly client: pg.Client;
  /** The rows are proved to be those of the set. */
  readonly asInSet: boolean;
  readonly definitions: Attempt<ComparedDefinitions>;
  readonly roles: Attempt<ComparedRoles>;
  readonly platform: Attempt<ComparedPlatform>;
  readonly privileges: Attempt<Findings>;
}

type Look = (sources: Sources) => Promise<Check>;

const LOOK: Readonly<Record<Exclude<(typeof INSPECTED)[number], 'tables'>, Look>> = {
  structure: async ({ definitions, roles, platform }) => {
    const of = resultOf(definitions);
    const all = together(of.of('structure'), resultOf(roles).structure, resultOf(platform).structure);
    return judged('structure', all, [figure('objects', of.count('structure'), 'objects')]);
  },
  roles: async ({ roles }) =>
    judged('roles', resultOf(roles).roles, [figure('roles', resultOf(roles).count, 'objects')]),
  extensions: async ({ run, client, definitions }) => {
    const { extensions } = await readFurniture(client, run.manifest.excludedSchemas);
    const { length } = run.manifest.extensions;
    const all = together(compareExtensions(run, extensions), resultOf(definitions).of('extensions'));
    return judged('extensions', all, [figure('extensions', length, 'objects')]);
  },
  indexes: async ({ client, definitions }) => {
    const of = resultOf(definitions);
    const all = together(of.of('indexes'), { wrong: await unusableIndexes(client), unknown: [] });
    return judged('indexes', all, [figure('indexes', of.count('indexes', 'INDEX'), 'objects')]);
  },
  constraints: async ({ definitions }) => {
    const of = resultOf(definitions);
    return judged('constraints', of.of('constraints'), [
      figure('constraints', of.count('constraints'), 'objects'),
    ]);
  },
  'row-level-security': async ({ definitions, platform }) => {
    const of = resultOf(definitions);
    const all = together(of.of('row-level-security'), resultOf(platform).rowLevelSecurity);
    return judged('row-level-security', all, [
      figure('policies', of.count('row-level-security', 'POLICY'), 'objects'),
    ]);
  },
  privileges: async ({ privileges, roles, platform }) =>
    judged(
      'privileges',
      together(resultOf(privileges), resultOf(roles).privileges, resultOf(platform).privileges),
    ),
  sequences: async ({ run, client, definitions }) => {
    const values = { wrong: await compareSequences(run, client), unknown: [] };
    const all = together(values, resultOf(definitions).of('sequences'));
    return judged('sequences', all, [figure('sequences', run.manifest.sequences.length, 'objects')]);
  },
  'large-objects': async ({ run, client }) => {
    const { count, checksum } = run.manifest.largeObjects;
    const wrong = await compareLargeObjects(run, client);
    const counted = checksum === null && count !== '0';
    const unknown = counted ? [`content of ${count} large objects: the set recorded counts only`] : [];
    return judged('large-objects', { wrong, unknown }, [figure('large-objects', Number(count), 'objects')]);
  },
  'materialized-views': async ({ run, client, definitions }) => {
    const filled = { wrong: await compareMaterializedViews(run, client), unknown: [] };
    const all = together(filled, resultOf(definitions).of('materialized-views'));
    return judged('materialized-views', all, [
      figure('materialized-views', run.manifest.materializedViews.length, 'objects'),
    ]);
  },
  platform: async ({ run, platform }) => {
    if (run.manifest.platform === undefined) return notRun('platform', 'the source is no Supabase project');
    const { wrong, unknown } = resultOf(platform).platform;
    // a plain database has no means for it, so that no drill in one could ever say more
    return run.sandbox !== undefined && unknown.length > 0
      ? checked('platform', 'not-run', unknown)
      : judged('platform', { wrong, unknown });
  },
  integrity: ({ run, client, asInSet }) => checkIntegrity(client, run.config, asInSet),
};

function together(...all: readonly Findings[]): Findings {
  const sum = noFindings();
  for (const { wrong, unknown } of all) {
    sum.wrong.push(...wrong);
    sum.unknown.push(...unknown);
  }
  return sum;
}
