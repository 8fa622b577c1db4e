import { randomBytes } from 'node:crypto';
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { Check } from '../../../core/drill/report.ts';
import { checked, couldNotVerify, figure, notRun } from '../../../core/drill/verdict.ts';
import { ProgramFailedError, reason } from '../../../core/errors/index.ts';
import { connect } from '../database/connect.ts';
import { readFacts } from '../database/facts.ts';
import { type ServiceFile, writeServiceFile } from '../database/service-file.ts';
import { runProgram } from '../programs/child.ts';
import { clientsFor } from '../programs/clients.ts';
import type { DrillRun } from './context.ts';

/**
 * Throughput of the restored server by PostgreSQL's own benchmark (spec D3). It works in a schema of its own: pgbench drops
 * the tables it is about to make, and somebody's may have the same names.
 */
export async function pgbench(run: DrillRun): Promise<Check> {
  if (!run.config.drill.pgbench.enabled)
    return notRun('pgbench', 'it is switched off (drill.pgbench.enabled)');
  const program = await findPgbench(run);
  if (program === undefined)
    return couldNotVerify(
      'pgbench',
      'the program pgbench is not installed; install postgresql-17, or name its folder in BACKUP_POSTGRES_BINDIRS',
    );
  const schema = `vpb_pgbench_${randomBytes(4).toString('hex')}`;
  await inSession(run, (client) => client.query(`CREATE SCHEMA ${schema}`));
  try {
    await using service = await writeServiceFile(run.target, { search_path: schema });
    return await measure(run, program, service);
  } finally {
    await inSession(run, (client) =>
      client.query(`DROP SCHEMA IF EXISTS ${pg.escapeIdentifier(schema)} CASCADE`),
    );
  }
}

/** It comes with the server, beside that major's pg_dump. */
async function findPgbench(run: DrillRun): Promise<string | undefined> {
  const { serverVersionNum } = await inSession(run, readFacts);
  const clients = await clientsFor(Math.floor(serverVersionNum / 10_000), 'running pgbench');
  const program = join(clients.program('pg_dump'), '..', 'pgbench');
  return await access(program, constants.X_OK).then(
    () => program,
    () => undefined,
  );
}

async function measure(run: DrillRun, program: string, service: ServiceFile): Promise<Check> {
  const { clients, threads, transactions, scale } = run.config.drill.pgbench;
  // a connection string as a name would be taken for a database called so; the environment is read by every libpq
  const env = { ...service.env, PGSERVICE: 'backup', PGDATABASE: run.target.keywords.dbname ?? '' };
  const options = { env, signal: run.signal };
  try {
    await runProgram(program, ['--initialize', '--quiet', `--scale=${scale}`, '--init-steps=dtgvp'], options);
    const counts = [
      `--client=${clients}`,
      `--jobs=${Math.min(threads, clients)}`,
      `--transactions=${transactions}`,
    ];
    return judge(await runProgram(program, ['--no-vacuum', ...counts], options));
  } catch (error) {
    run.signal.throwIfAborted();
    if (!(error instanceof ProgramFailedError)) throw error;
    return couldNotVerify('pgbench', `pgbench did not run to its end: ${lastLine(reason(error))}`);
  }
}

function judge(output: string): Check {
  const number = (pattern: RegExp) => {
    const text = pattern.exec(output)?.[1];
    return text === undefined ? undefined : Number(text);
  };
  const tps = number(/^tps = ([\d.]+)/m);
  if (tps === undefined)
    return couldNotVerify('pgbench', 'pgbench said no number of transactions per second');
  const latency = number(/^latency average = ([\d.]+) ms/m);
  const failed = number(/^number of failed transactions: (\d+)/m) ?? 0;
  const figures = [
    figure('throughput', tps, 'transactions-per-second'),
    ...(latency === undefined ? [] : [figure('latency', latency, 'milliseconds')]),
  ];
  return failed === 0
    ? checked('pgbench', 'verified', [], figures)
    : checked('pgbench', 'failed', [`${failed} transactions failed, expected none`], figures);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? text;
}

async function inSession<T>(run: DrillRun, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connect(run.target, run.signal);
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
