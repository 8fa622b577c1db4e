import type pg from 'pg';
import type { SqlProbe } from '../../../core/drill/config.ts';
import type { Check } from '../../../core/drill/report.ts';
import { figure, judged, notRun } from '../../../core/drill/verdict.ts';
import { reason } from '../../../core/errors/index.ts';
import { connect } from '../database/connect.ts';
import type { DrillRun } from './context.ts';

/** A probe asks for something that a page of the application would; what takes longer would not be a page. */
const TIMEOUT_MS = 60_000;

/** Questions of the configuration to the restored database, such as the application asks them (spec D3). */
export async function sqlProbes(run: DrillRun): Promise<Check> {
  const { sqlProbes: probes } = run.config.drill;
  if (probes.length === 0) return notRun('sql-probes', 'none are configured (drill.sqlProbes)');
  const client = await connect(run.target, run.signal);
  try {
    const wrong: string[] = [];
    let slowest = 0;
    for (const probe of probes) {
      const began = performance.now();
      const problem = await ask(client, probe);
      slowest = Math.max(slowest, performance.now() - began);
      run.signal.throwIfAborted();
      if (problem !== undefined) wrong.push(`${probe.name}: ${problem}`);
    }
    return judged('sql-probes', { wrong }, [
      figure('passed', probes.length - wrong.length, 'probes'),
      figure('slowest', slowest, 'milliseconds'),
    ]);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** @returns what is wrong; a cursor fetches no more rows than are asked for, and takes nothing but one query */
async function ask(client: pg.Client, { query, equals, minRows }: SqlProbe): Promise<string | undefined> {
  await client.query('BEGIN TRANSACTION READ ONLY');
  try {
    // names as the application writes them, by the search path that role or database have
    await client.query('SET LOCAL search_path TO DEFAULT');
    await client.query(`SET LOCAL statement_timeout = ${TIMEOUT_MS}`);
    // the extended protocol takes one statement: a COMMIT behind the query would end what keeps it from writing
    const text = `DECLARE probe NO SCROLL CURSOR FOR ${query.replace(/;\s*$/, '')}`;
    await client.query({ text, queryMode: 'extended' } as pg.QueryConfig);
    const { rows } = await client.query<unknown[]>({
      text: `FETCH ${Math.max(minRows, 1)} FROM probe`,
      rowMode: 'array',
    });
    if (rows.length < minRows) return `got ${rows.length} rows, expected ${minRows} or more`;
    if (equals === undefined) return undefined;
    const got = shown(rows[0]?.[0]);
    return got === equals ? undefined : `got ${got.slice(0, 100)}, expected ${equals}`;
  } catch (error) {
    return reason(error);
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
  }
}

function shown(value: unknown): string {
  if (value === undefined) return 'no row';
  if (value === null) return 'NULL';
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
