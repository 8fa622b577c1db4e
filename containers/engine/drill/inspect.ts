import type pg from 'pg';
import type { Check, CheckId, TableFinding } from '../../../core/drill/report.ts';
import { couldNotVerify, judged } from '../../../core/drill/verdict.ts';
import { reason } from '../../../core/errors/index.ts';
import { connect } from '../database/connect.ts';
import { Sessions } from '../database/sessions.ts';
import { fetchArchive, fetchSchema } from '../restore/archives.ts';
import type { RestoreRun } from '../restore/context.ts';
import { dumpStructure } from '../restore/dump-structure.ts';
import { additionsOf, compareAdditions } from '../supabase/apply.ts';
import type { DrillRun } from './context.ts';
import { inspectExtensions } from './inspect/extensions.ts';
import { inspectIntegrity } from './inspect/integrity.ts';
import { dumpReference } from './inspect/reference.ts';
import { inspectRoles } from './inspect/roles.ts';
import { inspectOthers, inspectTables } from './inspect/rows.ts';
import { inspectStructure } from './inspect/structure.ts';
import { openInspection } from './inspect/surroundings.ts';

/** What was found in a restored database. */
export interface Inspected {
  readonly checks: readonly Check[];
  readonly tables: TableFinding[];
}

/**
 * Looks at a database and says, check by check, whether it is what the set says (spec V3, D3). Nothing is taken from the
 * restore but what it knows to be missing: the manifest and the archives are read anew, and so is the target.
 */
export async function inspectTarget(drill: DrillRun): Promise<Inspected> {
  await using inspection = await openInspection(drill);
  const { run } = inspection;
  const open = () => connect(run.target, run.signal);
  const client = await open();
  const sessions = await Sessions.open(run.workers, open).catch(async (error: unknown) => {
    await client.end().catch(() => undefined);
    throw error;
  });
  try {
    return await inspectAll(drill, run, client, sessions);
  } finally {
    await Promise.all([client.end().catch(() => undefined), sessions.end()]);
  }
}

async function inspectAll(
  drill: DrillRun,
  run: RestoreRun,
  client: pg.Client,
  sessions: Sessions,
): Promise<Inspected> {
  const checks: Check[] = [];
  let tables: TableFinding[] = [];
  /** One that breaks must not take the others with it. */
  const look = async (ids: readonly CheckId[], work: () => Promise<readonly Check[]>) => {
    try {
      checks.push(...(await work()));
    } catch (error) {
      run.signal.throwIfAborted();
      checks.push(...ids.map((id) => couldNotVerify(id, reason(error))));
    }
  };
  const leftOut = drill.loaded?.leftOut ?? new Set<string>();
  await look(['tables'], async () => {
    const found = await inspectTables(run, client, sessions);
    tables = found.tables;
    return [found.check];
  });
  await look(['structure', 'indexes', 'constraints', 'row-level-security', 'privileges'], () =>
    structureChecks(drill, run, client, leftOut),
  );
  await look(['roles'], async () => [
    await inspectRoles(run, client, {
      own: drill.targetKind === 'task',
      told: drill.loaded?.notVerified ?? [],
    }),
  ]);
  await look(['extensions'], async () => [await inspectExtensions(run, client)]);
  await look(['sequences', 'large-objects', 'materialized-views'], () => inspectOthers(run, client, leftOut));
  await look(['integrity'], async () => [await inspectIntegrity(drill, client)]);
  return { checks, tables };
}

async function structureChecks(
  { loaded, targetKind }: DrillRun,
  run: RestoreRun,
  client: pg.Client,
  leftOut: ReadonlySet<string>,
): Promise<readonly Check[]> {
  const users = await fetchSchema(run);
  const archives = run.sandbox === undefined ? [users] : [await fetchArchive(run, 'platform'), users];
  const file = await dumpStructure(run, users.encoding);
  const reference = targetKind === 'task' ? await dumpReference(run, users.encoding) : undefined;
  const unreachableOwners = loaded?.ofProject.unreachableOwners ?? new Set<string>();
  const checks = await inspectStructure(
    run,
    client,
    { archives, file, reference },
    { leftOut, unreachableOwners },
  );
  if (run.project === undefined) return checks;
  const additions = await additionsOf(run);
  const missing = await compareAdditions(client, additions, loaded?.ofProject.problems ?? []);
  return checks.map((check) =>
    check.id === 'structure' && missing.length > 0
      ? judged(
          'structure',
          { wrong: [...(check.state === 'failed' ? check.findings : []), ...missing] },
          check.figures,
        )
      : check,
  );
}
