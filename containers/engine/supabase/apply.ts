import pg from 'pg';
import type { SetObject } from '../../../core/manifest.ts';
import {
  type Addition,
  type CronJob,
  type MadeBySql,
  readAdditions,
  readSecrets,
  type VaultSecret,
} from '../../../core/supabase/additions.ts';
import type { RestoreRun } from '../restore/context.ts';
import { readText } from '../streams/open.ts';
import { readAddedBySql, readCronJobs, readGranted } from './additions.ts';
import { refusalOf } from './refusal.ts';

/** How long one of these waits for the platform's tables, which its services use all the time. */
const LOCK_WAIT = '10s';

/** What users had added to the platform's schemas, as the set has it. */
export async function additionsOf(run: RestoreRun): Promise<Addition[]> {
  const text = await textOf(run, 'supabase');
  return text === undefined ? [] : readAdditions(text);
}

/** Whether the set has secrets of the vault. */
export function hasVault({ manifest }: RestoreRun): boolean {
  return manifest.objects.some(({ role }) => role === 'vault');
}

async function textOf(run: RestoreRun, role: SetObject['role']): Promise<string | undefined> {
  const object = run.manifest.objects.find((candidate) => candidate.role === role);
  return object === undefined ? undefined : await readText(run.opener, object);
}

/**
 * Makes functions that tables may use, as many of them as can be made by now: those that use types or tables of the user
 * come with the other additions.
 */
export async function makeFunctionsFirst(client: pg.Client, additions: readonly Addition[]): Promise<void> {
  for (const addition of additions) if (addition.kind === 'function') await attempt(client, addition);
}

function isMadeBySql(addition: Addition): addition is MadeBySql {
  return 'sql' in addition;
}

/**
 * Makes policies, triggers and grants on the platform's tables as they were. Each is a transaction of its own: on the
 * platform a policy locks every table that users may have policies on, until its end (supautils, policy_grants.c).
 * @returns what is not as in the source, one sentence each
 */
export async function applyAdditions(client: pg.Client, additions: readonly Addition[]): Promise<string[]> {
  const problems: string[] = [];
  const [made, granted] = [await madeHere(client), await readGranted(client)];
  await client.query(`SET lock_timeout = '${LOCK_WAIT}'`);
  for (const addition of additions) {
    if (addition.kind === 'lost') {
      problems.push(`${addition.what}: it lay in a schema of the platform, where nobody can make it again`);
      continue;
    }
    if (addition.kind === 'cron' || made.has(fingerprint(addition)) || granted.has(addition.what)) continue;
    const refused = await attempt(client, addition);
    if (refused !== undefined) problems.push(`${addition.what}: refused (${refused})`);
  }
  await client.query('RESET lock_timeout');
  return [...problems, ...(await withoutEffect(client, additions, problems))];
}

async function madeHere(client: pg.Client): Promise<ReadonlySet<string>> {
  return new Set((await readAddedBySql(client)).map(fingerprint));
}

/** A grant of what one may not grant is a warning to the server. */
async function withoutEffect(
  client: pg.Client,
  additions: readonly Addition[],
  told: readonly string[],
): Promise<string[]> {
  const granted = await readGranted(client);
  return additions
    .filter(({ kind, what }) => kind === 'grant' && !granted.has(what) && !isTold(told, what))
    .map(({ what }) => `${what}: without effect, for the restoring role may not grant it here`);
}

function isTold(told: readonly string[], what: string): boolean {
  return told.some((sentence) => sentence.startsWith(`${what}: `));
}

function attempt(client: pg.Client, { sql }: MadeBySql): Promise<string | undefined> {
  return refusalOf(client, async () => {
    for (const statement of sql) await client.query(statement);
  });
}

/** @returns what but grants is not there to the letter, and was not told already */
export async function compareAdditions(
  client: pg.Client,
  additions: readonly Addition[],
  told: readonly string[],
): Promise<string[]> {
  const made = await madeHere(client);
  return additions
    .flatMap((addition) => (isMadeBySql(addition) && addition.kind !== 'grant' ? [addition] : []))
    .filter((addition) => !made.has(fingerprint(addition)) && !isTold(told, addition.what))
    .map(({ what }) => `missing from the platform's schemas: ${what}`);
}

function fingerprint({ kind, sql }: MadeBySql): string {
  return JSON.stringify([kind, sql]);
}

/**
 * Schedules the jobs of pg_cron, none of them active: in a copy beside the source, mails would go out twice.
 * @returns what could not be scheduled, one sentence each
 */
export async function scheduleJobs(
  client: pg.Client,
  additions: readonly Addition[],
  database: string,
): Promise<string[]> {
  const problems: string[] = [];
  const me = (await client.query<{ me: string }>('SELECT current_user AS me')).rows[0]?.me;
  const there = new Set(
    (await readCronJobs(client)).map(({ what, command }) => JSON.stringify([what, command])),
  );
  for (const job of additions) {
    if (job.kind !== 'cron' || there.has(JSON.stringify([job.what, job.command]))) continue;
    // as another's its command could do what that one may not, and as ours more than it was meant to
    if (job.username !== me || job.database !== database) {
      problems.push(
        `${job.what}: it ran as ${job.username} in database ${job.database}, and was not scheduled`,
      );
      continue;
    }
    const refused = await schedule(client, job);
    if (refused !== undefined) problems.push(`${job.what}: refused (${refused})`);
  }
  return problems;
}

/** In one transaction: as soon as it ends the job could start, and by then it is off. */
function schedule(client: pg.Client, job: CronJob): Promise<string | undefined> {
  const { name, schedule: when, command } = job;
  return refusalOf(client, async () => {
    const { rows } = await client.query<{ id: string }>(
      name === null
        ? 'SELECT cron.schedule($1::pg_catalog.text, $2::pg_catalog.text)::pg_catalog.text AS id'
        : 'SELECT cron.schedule($3::pg_catalog.text, $1::pg_catalog.text, $2::pg_catalog.text)::pg_catalog.text AS id',
      name === null ? [when, command] : [when, command, name],
    );
    await client.query('SELECT cron.alter_job(job_id := $1::pg_catalog.int8, active := false)', [
      rows[0]?.id,
    ]);
  });
}

/** The jobs that were on in the source, with the statement that turns each on again. */
export function jobsToTurnOn(additions: readonly Addition[]): { job: string; sql: string }[] {
  return additions.flatMap((job) =>
    job.kind === 'cron' && job.active
      ? [
          {
            job: job.what,
            sql: `SELECT cron.alter_job(job_id := jobid, active := true) FROM cron.job WHERE ${
              job.name === null
                ? `jobname IS NULL AND schedule = ${pg.escapeLiteral(job.schedule)} AND command = ${pg.escapeLiteral(job.command)}`
                : `jobname = ${pg.escapeLiteral(job.name)}`
            };`,
          },
        ]
      : [],
  );
}

/**
 * Puts the secrets of the vault back, where the set has them; under the key of this project, so their ids are new. One
 * that has its name already is left as it is.
 * @returns what is not there, by name; never a value
 */
export async function restoreVault(run: RestoreRun, client: pg.Client): Promise<string[]> {
  const text = await textOf(run, 'vault');
  if (text === undefined) return [];
  const problems: string[] = [];
  for (const secret of readSecrets(text)) {
    const refused = await createSecret(client, secret);
    if (refused !== undefined) problems.push(`vault secret ${secret.name ?? '(without a name)'}: ${refused}`);
  }
  return problems;
}

/** What the server says could repeat the secret, so only its code is told. */
async function createSecret(
  client: pg.Client,
  { secret, name, description }: VaultSecret,
): Promise<string | undefined> {
  try {
    await client.query(
      'SELECT vault.create_secret($1::pg_catalog.text, $2::pg_catalog.text, $3::pg_catalog.text)',
      [secret, name, description],
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    if (error.code === '23505') return 'the project has one of that name, which was left as it is';
    return `refused (SQLSTATE ${error.code})`;
  }
}
