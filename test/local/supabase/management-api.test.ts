import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSupabaseApi, type SupabaseApi, type SupabaseApiOptions } from '../../../core/supabase/api.ts';
import {
  LOCAL_ORGANIZATION,
  LOCAL_TOKEN,
  type ManagementApi,
  type ManagementOptions,
  startManagementApi,
} from '../../../local/supabase/management-api.ts';
import { type LocalSupabase, startSupabase } from '../../../local/supabase/projects.ts';

const PASSWORD = 'a pass/word with: @ and ?';
const CREATE = { name: 'drill', organization: LOCAL_ORGANIZATION, databasePassword: PASSWORD };
const ABSENT = 'abcdefghijklmnopqrst';

let supabase: LocalSupabase;
let standIn: ManagementApi;
let api: SupabaseApi;
const others: ManagementApi[] = [];
const rewound: string[] = [];

const clientOf = ({ endpoint, poolerPort }: ManagementApi, options: Partial<SupabaseApiOptions> = {}) =>
  openSupabaseApi({
    token: LOCAL_TOKEN,
    fetch,
    baseUrl: endpoint,
    poolerHosts: ['127.0.0.1'],
    poolerPort,
    sleep: async () => undefined,
    ...options,
  });

/** Another stand-in on the same server. */
async function another(options: ManagementOptions): Promise<ManagementApi> {
  const started = await startManagementApi(supabase, options);
  others.push(started);
  return started;
}

beforeAll(async () => {
  supabase = await startSupabase({ major: 17 });
  standIn = await startManagementApi(supabase, {
    onPitr: async ({ ref }, at) => void rewound.push(`${ref} ${at.toISOString()}`),
  });
  api = clientOf(standIn);
});

afterAll(async () => {
  for (const one of others) await one.stop();
  await standIn?.stop();
  await supabase?.stop();
});

async function query(config: string | pg.ClientConfig, sql: string): Promise<unknown[]> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('it went well'),
    (error) => error,
  );

const NAMES = 'SELECT current_user, current_database()';

describe('a project', () => {
  it('is made, comes up, is reached, and is gone when deleted', async () => {
    const { ref, status } = await api.createProject(CREATE);
    expect(status).toBe('COMING_UP');
    expect((await api.listProjects(LOCAL_ORGANIZATION)).map((project) => project.ref)).toContain(ref);
    expect((await api.project(ref)).status).toBe('COMING_UP');
    expect((await api.health(ref, ['db', 'auth'])).map((service) => service.status)).toEqual([
      'COMING_UP',
      'COMING_UP',
    ]);
    expect((await api.health(ref, ['db', 'auth'])).map((service) => service.status)).toEqual([
      'ACTIVE_HEALTHY',
      'ACTIVE_HEALTHY',
    ]);
    expect(await api.project(ref)).toMatchObject({
      status: 'ACTIVE_HEALTHY',
      database: { postgresEngine: '17' },
    });
    expect(await query(standIn.connectionString(ref), NAMES)).toEqual([['postgres', ref]]);
    await api.deleteProject(ref);
    expect((await failure(api.project(ref))).name).toBe('SupabaseNotFound');
    expect((await failure(api.deleteProject(ref))).name).toBe('SupabaseNotFound');
    expect(await api.listProjects(LOCAL_ORGANIZATION)).toEqual([]);
    expect(await supabase.server.psql('postgres', `SELECT 1 FROM pg_database WHERE datname = '${ref}'`)).toBe(
      '',
    );
  });

  it('comes up by the clock, or fails, or never does', async () => {
    let now = Date.parse('2026-10-01T00:00:00Z');
    const timed = await another({ now: () => now });
    timed.nextProject(
      { phases: [{ status: 'COMING_UP', milliseconds: 90_000 }, { status: 'ACTIVE_HEALTHY' }] },
      { phases: [{ status: 'COMING_UP', looks: 1 }, { status: 'INIT_FAILED' }] },
      { phases: [{ status: 'COMING_UP' }], unhealthy: [] },
    );
    const client = clientOf(timed);
    const [slow, failed, never] = [
      await client.createProject(CREATE),
      await client.createProject(CREATE),
      await client.createProject(CREATE),
    ];
    expect(slow.createdAt).toEqual(new Date(now));
    expect((await client.project(slow.ref)).status).toBe('COMING_UP');
    now += 90_000;
    expect((await client.project(slow.ref)).status).toBe('ACTIVE_HEALTHY');
    await client.project(failed.ref);
    expect((await client.project(failed.ref)).status).toBe('INIT_FAILED');
    expect((await client.health(failed.ref, ['db']))[0]?.status).toBe('UNHEALTHY');
    now += 1e9;
    for (let look = 0; look < 5; look++) expect((await client.project(never.ref)).status).toBe('COMING_UP');
    for (const { ref } of [slow, failed, never]) await client.deleteProject(ref);
  });

  it('may keep a service that is not healthy', async () => {
    standIn.nextProject({ phases: [{ status: 'ACTIVE_HEALTHY' }], unhealthy: ['pooler'] });
    const { ref } = await api.createProject(CREATE);
    expect(await api.health(ref, ['db', 'pooler'])).toEqual([
      { name: 'db', status: 'ACTIVE_HEALTHY', error: undefined },
      { name: 'pooler', status: 'UNHEALTHY', error: 'pooler does not answer' },
    ]);
    await api.deleteProject(ref);
  });
});

describe('a healthy project', () => {
  let ref: string;
  beforeAll(async () => {
    const project = await supabase.makeProject();
    ref = project.ref;
    standIn.adopt(project, { name: 'production', password: PASSWORD });
  });

  it('goes back in time where that was bought', async () => {
    expect(await api.backups(ref)).toEqual({ pitrEnabled: false, earliest: undefined, latest: undefined });
    expect((await failure(api.restorePitr(ref, new Date()))).message).toContain('not enabled');
    const [earliest, latest] = [new Date('2026-09-01T00:00:00Z'), new Date('2026-09-08T00:00:00Z')];
    standIn.setPitr(ref, { earliest, latest });
    expect(await api.backups(ref)).toEqual({ pitrEnabled: true, earliest, latest });
    expect((await api.addons(ref)).pitr).toBe('pitr_7');
    expect((await failure(api.restorePitr(ref, new Date('2026-08-31T00:00:00Z')))).message).toContain(
      'outside of the window',
    );
    await api.restorePitr(ref, new Date('2026-09-03T00:00:00Z'));
    expect(rewound).toEqual([`${ref} 2026-09-03T00:00:00.000Z`]);
    expect((await api.project(ref)).status).toBe('RESTORING');
    await api.project(ref);
    expect((await api.project(ref)).status).toBe('ACTIVE_HEALTHY');
    standIn.nextRestore([{ status: 'RESTORING', looks: 1 }, { status: 'RESTORE_FAILED' }]);
    await api.restorePitr(ref, earliest);
    await api.project(ref);
    expect((await api.project(ref)).status).toBe('RESTORE_FAILED');
    standIn.nextRestore([{ status: 'ACTIVE_HEALTHY' }]);
    await api.restorePitr(ref, latest);
  });

  it('has keys, a plan and prices', async () => {
    const keys = await api.apiKeys(ref);
    expect(keys.map(({ name, type }) => [name, type])).toEqual([
      ['anon', 'legacy'],
      ['service_role', 'legacy'],
    ]);
    const claims = Buffer.from(keys[1]?.key?.split('.')[1] ?? '', 'base64url').toString();
    expect(JSON.parse(claims)).toMatchObject({ ref, role: 'service_role' });
    expect(await api.organization(LOCAL_ORGANIZATION)).toMatchObject({ plan: 'pro' });
    expect((await api.addons(ref)).available.map(({ type }) => type)).toEqual(['compute_instance', 'pitr']);
  });

  describe('through its pooler', () => {
    const pooled = async (user?: string, password = PASSWORD): Promise<pg.ClientConfig> => {
      const address = await api.pooler(ref);
      return { ...address, user: user ?? address.user, password, database: 'postgres' };
    };

    it('is reached by the address that the client gives, with the password of its making', async () => {
      expect(await query(await pooled(), NAMES)).toEqual([['postgres', ref]]);
      const rows = await query(await pooled(), "SELECT repeat('x', 1000) FROM generate_series(1, 5000)");
      expect(rows).toHaveLength(5000);
    });

    it('is reached by a role of its own', async () => {
      await query(await pooled(), "CREATE ROLE visitor LOGIN PASSWORD 'own'");
      expect(await query(await pooled(`visitor.${ref}`, 'own'), NAMES)).toEqual([['visitor', ref]]);
      await query(await pooled(), 'DROP ROLE visitor');
    });

    it.each([
      ['a wrong password', undefined, 'wrong', /password authentication failed for user "postgres"/],
      ['another project', `postgres.${ABSENT}`, PASSWORD, /Tenant or user not found/],
      ['no project', 'postgres', PASSWORD, /Tenant or user not found/],
      ['a role that is not there', 'nobody', 'x', /password authentication failed|not found/],
    ])('is not reached with %s', async (_, user, password, says) => {
      const named = user === 'nobody' ? `nobody.${ref}` : user;
      expect((await failure(query(await pooled(named, password), NAMES))).message).toMatch(says);
    });

    it('is not reached while it is restored', async () => {
      standIn.nextRestore([{ status: 'RESTORING' }]);
      await api.restorePitr(ref, new Date('2026-09-03T00:00:00Z'));
      expect((await failure(query(await pooled(), NAMES))).message).toContain('the project is RESTORING');
    });
  });
});

describe('a request', () => {
  it('with another token is unknown', async () => {
    const stranger = clientOf(standIn, { token: 'sbp_other' });
    expect((await failure(stranger.organization(LOCAL_ORGANIZATION))).name).toBe('SupabaseTokenRejected');
  });

  it('for what does not exist finds nothing', async () => {
    expect((await failure(api.project(ABSENT))).name).toBe('SupabaseNotFound');
    expect((await failure(api.organization('other'))).name).toBe('SupabaseNotFound');
    expect((await failure(api.createProject({ ...CREATE, organization: 'other' }))).name).toBe(
      'SupabaseNotFound',
    );
  });

  const post = (body: unknown, path = '/v1/projects') =>
    fetch(standIn.endpoint + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${LOCAL_TOKEN}` },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const body = { name: 'x', db_pass: 'x', organization_slug: LOCAL_ORGANIZATION };

  it.each([
    ['more than the contract knows', { ...body, postgres_engine: '17' }],
    ['less than it wants', { ...body, db_pass: undefined }],
    ['a region of the wrong form', { ...body, region_selection: { type: 'any', code: 'x' } }],
    ['no JSON', 'nothing'],
  ])('that holds %s is refused, and nothing is made', async (_, wrong) => {
    const before = standIn.refs();
    expect((await post(wrong)).status).toBe(400);
    expect(standIn.refs()).toEqual(before);
  });

  it.each([{ recovery_time_target_unix: '1' }, { recovery_time_target_unix: 1, more: 1 }, {}])(
    'for a point in time in another form is refused: %j',
    async (wrong) => {
      const path = `/v1/projects/${ABSENT}/database/backups/restore-pitr`;
      expect((await post(wrong, path)).status).toBe(400);
    },
  );

  it('for health without services, and for a page too long, is refused', async () => {
    const get = (path: string) =>
      fetch(standIn.endpoint + path, { headers: { authorization: `Bearer ${LOCAL_TOKEN}` } });
    expect((await get(`/v1/projects/${ABSENT}/health`)).status).toBe(400);
    expect((await get(`/v1/organizations/${LOCAL_ORGANIZATION}/projects?limit=101`)).status).toBe(400);
    expect((await get('/v1/nothing')).status).toBe(404);
  });

  it('too many are held back, and counted for each project by itself', async () => {
    let now = 0;
    const strict = await another({ rateLimit: 2, now: () => now });
    const waits: number[] = [];
    const client = clientOf(strict, {
      random: () => 0,
      sleep: async (milliseconds) => {
        waits.push(milliseconds);
        now += milliseconds;
      },
    });
    await client.organization(LOCAL_ORGANIZATION);
    now += 20_000;
    await client.organization(LOCAL_ORGANIZATION);
    await client.listProjects(LOCAL_ORGANIZATION);
    expect(waits).toEqual([]);
    await client.organization(LOCAL_ORGANIZATION);
    expect(waits).toEqual([40_000]);
  });
});

describe('a fault', () => {
  it('comes as often as was said, and with what was said', async () => {
    standIn.fail('GET /v1/organizations/', { status: 503, times: 2 });
    await api.organization(LOCAL_ORGANIZATION);
    standIn.fail(/^DELETE /, {
      status: 403,
      body: { message: 'Forbidden', missing_permissions: ['project_admin_write'] },
    });
    expect((await failure(api.deleteProject(ABSENT))).message).toContain('it lacks project_admin_write');
    standIn.fail('POST /v1/projects', { status: 429, headers: { 'retry-after': '30' } });
    expect((await failure(api.createProject(CREATE))).name).toBe('SupabaseRateLimited');
    expect(standIn.refs()).toHaveLength(1);
  });

  it.each([true, false])('that loses the answer leaves open whether it was done: %s', async (done) => {
    const before = standIn.refs();
    standIn.lose('POST /v1/projects', { done });
    const posts = () => standIn.requests.filter((request) => request === 'POST /v1/projects').length;
    const sent = posts();
    expect((await failure(api.createProject({ ...CREATE, name: `lost ${done}` }))).name).toBe(
      'SupabaseAnswerLost',
    );
    expect(posts()).toBe(sent + 1);
    const found = (await api.listProjects(LOCAL_ORGANIZATION)).filter(({ name }) => name === `lost ${done}`);
    expect(found).toHaveLength(done ? 1 : 0);
    for (const { ref } of found) await api.deleteProject(ref);
    expect(standIn.refs()).toEqual(before);
  });

  it('that loses what was read is made good by another try', async () => {
    standIn.lose('GET /v1/organizations/', { done: true });
    expect((await api.organization(LOCAL_ORGANIZATION)).plan).toBe('pro');
  });
});
