import { setTimeout as sleep } from 'node:timers/promises';
import type { Check } from '../../../core/drill/report.ts';
import { couldNotVerify, figure, judged, notRun } from '../../../core/drill/verdict.ts';
import { reason } from '../../../core/errors/index.ts';
import { connect } from '../database/connect.ts';
import { inParallel } from '../streams/parallel.ts';
import { type Answer, ask, codeOf, isGood, keyHeaders, NO_API, outcome } from './ask-api.ts';
import type { DrillRun, TargetApi } from './context.ts';
import { percentile } from './percentile.ts';

/** An API that was just made reads its schema first; a large one takes its time. */
const READY_MS = 120_000;
const PAUSE_MS = 2000;
/** Requests on their way at once: this is a measurement, no load test. */
const AT_ONCE = 4;
/** After so many bad answers the rest would tell nothing new. */
const ENOUGH_BAD = 10;

/** How fast the REST API of the restored project answers (spec D3). */
export async function apiTimes(run: DrillRun, readyMs = READY_MS): Promise<Check> {
  const { api } = run;
  if (api === undefined) return notRun('api', NO_API);
  let paths: readonly string[];
  try {
    paths = await choosePaths(run);
  } catch (error) {
    run.signal.throwIfAborted();
    return couldNotVerify('api', `which tables can be asked for is not known: ${reason(error)}`);
  }
  if (paths.length === 0)
    return notRun(
      'api',
      'no table of the critical level lies in schema public and is open to service_role; name paths in drill.api.paths',
    );
  const notReady = await warmUp(run, api, paths, readyMs);
  return notReady === undefined ? await measure(run, api, paths) : judged('api', { wrong: [notReady] });
}

/** The configured ones, else the critical tables; PostgREST is told to look at the schema anew in either case. */
async function choosePaths(run: DrillRun): Promise<readonly string[]> {
  const { paths, requests } = run.config.drill.api;
  const names = run.manifest.tables.flatMap(({ schema, name, level }) =>
    schema === 'public' && level === 'critical' ? [name] : [],
  );
  const client = await connect(run.target, run.signal);
  try {
    await client.query("NOTIFY pgrst, 'reload schema'");
    if (paths.length > 0) return paths;
    const { rows } = await client.query<{ name: string }>(OPEN_TABLES, [names]);
    // more than there are requests would only be warmed up
    return rows.slice(0, requests).map(({ name }) => `/rest/v1/${encodeURIComponent(name)}?limit=1`);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A table that nobody has granted to service_role is closed in the source too, and partitions are no resources. */
const OPEN_TABLES = `SELECT c.relname::text AS name FROM pg_catalog.pg_class c
  WHERE c.relnamespace = 'public'::pg_catalog.regnamespace AND c.relname = ANY ($1::text[]) AND NOT c.relispartition
    AND c.relkind IN ('r', 'p', 'f')
    AND EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = 'service_role'
      AND pg_catalog.has_table_privilege(r.oid, c.oid, 'SELECT'))
  ORDER BY c.relname`;

const request = (run: DrillRun, api: TargetApi, path: string): Promise<Answer> =>
  ask({ url: api.url + path, headers: keyHeaders(api.serviceRoleKey) }, run);

/** Asks for every path until it has been answered well once. @returns what is wrong */
async function warmUp(
  run: DrillRun,
  api: TargetApi,
  paths: readonly string[],
  readyMs: number,
): Promise<string | undefined> {
  const end = performance.now() + readyMs;
  const pauseMs = Math.min(PAUSE_MS, readyMs / 4);
  for (const path of paths) {
    for (;;) {
      const answer = await request(run, api, path);
      if (isGood(answer)) break;
      if (!mayBecomeGood(answer)) return `GET ${shown(path)} ${outcome(answer)}, expected 2xx`;
      if (performance.now() + pauseMs > end)
        return `GET ${shown(path)} ${outcome(answer)}, and did not become ready within ${readyMs / 1000} seconds`;
      await pause(run.signal, pauseMs);
    }
  }
  return undefined;
}

/** While the gateway, the name or the schema cache are not there yet. */
function mayBecomeGood(answer: Answer): boolean {
  if (answer.kind === 'lost') return true;
  return [502, 503, 504].includes(answer.status) || codeOf(answer) === 'PGRST205';
}

async function pause(signal: AbortSignal, milliseconds: number): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
}

async function measure(run: DrillRun, api: TargetApi, paths: readonly string[]): Promise<Check> {
  const times: number[] = [];
  const bad = new Map<string, number>();
  let badCount = 0;
  const tasks = Array.from({ length: run.config.drill.api.requests }, (_, number) => async () => {
    if (badCount >= ENOUGH_BAD) return;
    const path = paths[number % paths.length] ?? '';
    const answer = await request(run, api, path);
    if (answer.kind === 'answer' && isGood(answer)) return void times.push(answer.milliseconds);
    badCount += 1;
    const what = `GET ${shown(path)} ${outcome(answer)}`;
    bad.set(what, (bad.get(what) ?? 0) + 1);
  });
  await inParallel(AT_ONCE, tasks);
  const sent = times.length + badCount;
  const wrong = [...bad].map(([what, count]) => `${what}, expected 2xx; ${count} of ${sent} requests`);
  const percentiles = times.length === 0 ? [] : [50, 95, 99];
  return judged('api', { wrong }, [
    ...percentiles.map((percent) => figure(`p${percent}`, percentile(times, percent), 'milliseconds')),
    figure('requests', sent, 'requests'),
  ]);
}

/** Without its query, which may hold what is nobody's business. */
const shown = (path: string) => path.split('?')[0];
