import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiTimes } from '../../../containers/engine/drill/api.ts';
import { percentile } from '../../../containers/engine/drill/percentile.ts';
import { type ProjectApi, startProjectApi } from '../../../local/supabase/project-api.ts';
import { type LocalSupabase, type Project, startSupabase } from '../../../local/supabase/projects.ts';
import { projectRun } from '../../support/drill-run.ts';
import { asPostgres } from '../../support/supabase.ts';

let supabase: LocalSupabase;
let target: Project;
const apis: ProjectApi[] = [];

beforeAll(async () => {
  supabase = await startSupabase({ major: 17 });
  target = await supabase.makeProject();
  await asPostgres(
    target,
    `CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users VALUES (1), (2);
     CREATE TABLE "주문 내역" (id int); CREATE TABLE closed (id int); REVOKE ALL ON closed FROM service_role;
     CREATE TABLE parts (id int) PARTITION BY RANGE (id); CREATE TABLE part PARTITION OF parts DEFAULT`,
  );
});
afterAll(async () => {
  for (const api of apis) await api.stop();
  await supabase.stop();
});

async function api(kind: 'legacy' | 'new' = 'legacy'): Promise<ProjectApi> {
  const started = await startProjectApi(target, kind);
  apis.push(started);
  return started;
}

describe('percentile', () => {
  it('is the value at the nearest rank, whatever the order', () => {
    const hundred = Array.from({ length: 100 }, (_, number) => 100 - number);
    expect([50, 95, 99, 100, 0.1].map((percent) => percentile(hundred, percent))).toEqual([
      50, 95, 99, 100, 1,
    ]);
    expect([50, 95, 99].map((percent) => percentile([7], percent))).toEqual([7, 7, 7]);
    expect([50, 95].map((percent) => percentile([3, 1, 2], percent))).toEqual([2, 3]);
    expect(percentile([1, 2, 3, 4], 50)).toBe(2);
    expect(percentile([10, 9], 50)).toBe(9);
  });
});

describe('times of the REST API', () => {
  const drill = { api: { requests: 12 } };

  it.each(['legacy', 'new'] as const)(
    'are those of the critical tables that are open, with %s keys',
    async (kind) => {
      const served = await api(kind);
      const critical = ['users', '주문 내역', 'closed', 'part', 'gone'];
      const check = await apiTimes(projectRun({ target, api: served, drill, critical }));
      expect(check).toMatchObject({ state: 'verified', findings: [] });
      expect(check.figures.map(({ name, unit }) => `${name} ${unit}`)).toEqual([
        'p50 milliseconds',
        'p95 milliseconds',
        'p99 milliseconds',
        'requests requests',
      ]);
      expect(check.figures.at(-1)?.value).toBe(12);
      const paths = new Set(served.requests.map(({ call }) => decodeURIComponent(call)));
      expect(paths).toEqual(new Set(['GET /rest/v1/users?limit=1', 'GET /rest/v1/주문 내역?limit=1']));
      // two to warm up
      expect(served.requests).toHaveLength(14);
      for (const { headers } of served.requests)
        expect(headers.authorization).toBe(kind === 'new' ? undefined : `Bearer ${served.serviceRoleKey}`);
    },
  );

  it('are those of the configured paths', async () => {
    const served = await api();
    const paths = ['/rest/v1/users?id=eq.1'];
    const check = await apiTimes(
      projectRun({ target, api: served, drill: { api: { requests: 10, paths } } }),
    );
    expect(check).toMatchObject({ state: 'verified' });
    expect(served.requests.every(({ call }) => call === `GET ${paths[0]}`)).toBe(true);
  });

  it('wait for an API that is only just there', async () => {
    const served = await api();
    served.fail('GET /rest', { status: 503, body: { code: 'PGRST002' }, times: 1 });
    served.fail('GET /rest', { how: 'cut', times: 1 });
    served.fail('GET /rest', { status: 404, body: { code: 'PGRST205' }, times: 1 });
    const check = await apiTimes(projectRun({ target, api: served, drill, critical: ['users'] }), 2000);
    expect(check).toMatchObject({ state: 'verified' });
  });

  it('tell PostgREST to look at the schema anew', async () => {
    const served = await api();
    const { default: pg } = await import('pg');
    const listener = new pg.Client(target.url);
    await listener.connect();
    await listener.query('LISTEN pgrst');
    const told = new Promise((resolve) => listener.once('notification', ({ payload }) => resolve(payload)));
    await apiTimes(projectRun({ target, api: served, drill, critical: ['users'] }));
    await expect(told).resolves.toBe('reload schema');
    await listener.end();
  });

  it('are not measured where there is no API, or nothing to ask it for', async () => {
    expect(await apiTimes(projectRun({ target }))).toMatchObject({
      state: 'not-run',
      findings: [expect.stringContaining('bare PostgreSQL')],
    });
    const closed = projectRun({ target, api: await api(), critical: ['closed'] });
    expect(await apiTimes(closed)).toMatchObject({
      state: 'not-run',
      findings: [expect.stringContaining('drill.api.paths')],
    });
  });
});
