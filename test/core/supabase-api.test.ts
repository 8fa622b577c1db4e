import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { openSupabaseApi, type SupabaseApiOptions } from '../../core/supabase/api.ts';

const TOKEN = 'sbp_0123456789abcdef0123456789abcdef01234567';
const PASSWORD = 'p"ss/wörd & more';
const REF = 'abcdefghijklmnopqrst';
const NOW = Date.parse('2026-10-01T00:00:00Z');

type Step = { status?: number; body?: unknown; headers?: Record<string, string> } | Error | 'silence';

const summary = (ref: string) => ({
  ref,
  name: `project ${ref}`,
  region: 'eu-central-1',
  status: 'ACTIVE_HEALTHY',
  inserted_at: '2026-09-30T12:00:00Z',
});
const project = {
  id: REF,
  ref: REF,
  organization_slug: 'acme',
  name: 'drill',
  region: 'eu-central-1',
  created_at: '2026-09-30T12:00:00.5Z',
  status: 'COMING_UP',
};
const CREATE = { name: 'drill', organization: 'acme', databasePassword: PASSWORD };

/** A client whose answers are given, one for each request; the last one stays. */
function scripted(steps: readonly Step[], options: Partial<SupabaseApiOptions> = {}) {
  const requests: { url: string; init: RequestInit }[] = [];
  const waits: number[] = [];
  const fetchStep = async (url: unknown, init: RequestInit = {}): Promise<Response> => {
    requests.push({ url: String(url), init });
    const step = steps[Math.min(requests.length, steps.length) - 1] ?? {};
    if (step instanceof Error) throw step;
    if (step === 'silence')
      return new Promise((_, reject) => {
        init.signal?.addEventListener('abort', () => reject(init.signal?.reason));
      });
    const { status = 200, body, headers = {} } = step;
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers });
  };
  const api = openSupabaseApi({
    token: TOKEN,
    fetch: fetchStep as typeof fetch,
    now: () => NOW,
    random: () => 0,
    sleep: async (milliseconds) => {
      waits.push(milliseconds);
    },
    ...options,
  });
  return { api, requests, waits };
}

const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('it went well'),
    (error) => error,
  );

const network = (code: string) =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(`connect ${code}`), { code }) });

describe('requests', () => {
  it('carry the token, and follow no redirect', async () => {
    const { api, requests } = scripted([{ body: { ...project, database: DATABASE } }]);
    expect(await api.project(REF)).toEqual({
      ref: REF,
      name: 'drill',
      organization: 'acme',
      region: 'eu-central-1',
      createdAt: new Date('2026-09-30T12:00:00.500Z'),
      status: 'COMING_UP',
      database: { host: 'db.x.supabase.co', version: '17.4.1.074', postgresEngine: '17' },
    });
    expect(requests[0]?.url).toBe(`https://api.supabase.com/v1/projects/${REF}`);
    expect(requests[0]?.init).toMatchObject({
      redirect: 'manual',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
  });

  it('of a creation hold what the contract knows, and nothing that was left out', async () => {
    const { api, requests } = scripted([{ status: 201, body: project }]);
    await api.createProject(CREATE);
    await api.createProject({
      ...CREATE,
      region: { type: 'specific', code: 'eu-west-1' },
      instanceSize: 'small',
    });
    expect(requests.map(({ init }) => JSON.parse(String(init.body)))).toEqual([
      { name: 'drill', organization_slug: 'acme', db_pass: PASSWORD },
      {
        name: 'drill',
        organization_slug: 'acme',
        db_pass: PASSWORD,
        region_selection: { type: 'specific', code: 'eu-west-1' },
        desired_instance_size: 'small',
      },
    ]);
  });

  it('for a point in time hold whole seconds', async () => {
    const { api, requests } = scripted([{ status: 201, body: '' }]);
    await api.restorePitr(REF, new Date('2026-09-30T12:00:00.999Z'));
    expect(requests[0]?.init).toMatchObject({
      method: 'POST',
      body: '{"recovery_time_target_unix":1790769600}',
    });
    expect((await failure(api.restorePitr(REF, new Date(Number.NaN)))).name).toBe('SupabaseArgumentInvalid');
  });

  it.each(['', 'short', `${REF}/..`, 'ABCDEFGHIJKLMNOPQRST', `${REF}\n`])(
    'are not sent with the ref %j',
    async (ref) => {
      const { api, requests } = scripted([{ body: [] }]);
      const calls = [
        api.project(ref),
        api.health(ref, ['db']),
        api.deleteProject(ref),
        api.backups(ref),
        api.restorePitr(ref, new Date(NOW)),
        api.pooler(ref),
        api.apiKeys(ref),
        api.addons(ref),
      ];
      for (const call of calls) expect((await failure(call)).name).toBe('SupabaseArgumentInvalid');
      expect(requests).toHaveLength(0);
    },
  );

  it.each(['', '..', 'a/b', 'a?b', 'a b'])('are not sent with the slug %j', async (slug) => {
    const { api, requests } = scripted([{ body: {} }]);
    for (const call of [
      api.organization(slug),
      api.listProjects(slug),
      api.createProject({ ...CREATE, organization: slug }),
    ])
      expect((await failure(call)).name).toBe('SupabaseArgumentInvalid');
    expect(requests).toHaveLength(0);
  });

  it('need a token that can be one, and an address that does not give it away', () => {
    expect(() => scripted([], { token: `${TOKEN}\nx` })).toThrow(/access token/);
    expect(() => scripted([], { token: `${TOKEN}\nx` })).not.toThrow(TOKEN);
    expect(() => scripted([], { token: ' ' })).toThrow(/empty/);
    expect(() => scripted([], { baseUrl: 'http://api.supabase.com' })).toThrow(/http:/);
    expect(() => scripted([], { baseUrl: 'nothing' })).toThrow(/nothing/);
    expect(() => scripted([], { baseUrl: 'http://127.0.0.1:1' })).not.toThrow();
    expect(() => scripted([], { token: `${TOKEN}\n` })).not.toThrow();
  });
});

const DATABASE = {
  host: 'db.x.supabase.co',
  version: '17.4.1.074',
  postgres_engine: '17',
  release_channel: 'ga',
};

describe('what is read', () => {
  it('ignores fields it does not know, and passes unknown words on', async () => {
    const body = { ...project, status: 'PROMOTING', database: { ...DATABASE, new: 1 }, new: {} };
    expect((await scripted([{ body }]).api.project(REF)).status).toBe('PROMOTING');
  });

  it.each([
    ['2026-09-30 12:00:00.5+00', '2026-09-30T12:00:00.500Z'],
    ['2026-09-30T12:00:00.123456', '2026-09-30T12:00:00.123Z'],
    ['2026-09-30T21:00:00+09:00', '2026-09-30T12:00:00.000Z'],
    ['2026-09-30T07:00:00-05', '2026-09-30T12:00:00.000Z'],
    ['2026-09-30', '2026-09-30T00:00:00.000Z'],
  ])('takes %s as a time', async (text, time) => {
    const { api } = scripted([{ status: 201, body: { ...project, created_at: text } }]);
    expect((await api.createProject(CREATE)).createdAt.toISOString()).toBe(time);
  });

  it('of health has an entry for every service that was asked about', async () => {
    const { api, requests } = scripted([
      { body: [{ name: 'db', status: 'UNHEALTHY', healthy: false, error: 'down' }] },
    ]);
    expect(await api.health(REF, ['db', 'auth'])).toEqual([
      { name: 'db', status: 'UNHEALTHY', error: 'down' },
      { name: 'auth', status: 'UNKNOWN', error: undefined },
    ]);
    expect(requests[0]?.url).toContain('/health?services=db&services=auth');
  });

  it('of backups has the times as dates, where there are any', async () => {
    const none = { pitr_enabled: false, physical_backup_data: {}, backups: [] };
    const some = {
      pitr_enabled: true,
      physical_backup_data: {
        earliest_physical_backup_date_unix: 1790000000,
        latest_physical_backup_date_unix: 1790769600,
      },
    };
    const { api } = scripted([{ body: none }, { body: some }]);
    expect(await api.backups(REF)).toEqual({ pitrEnabled: false, earliest: undefined, latest: undefined });
    expect(await api.backups(REF)).toEqual({
      pitrEnabled: true,
      earliest: new Date(1790000000_000),
      latest: new Date('2026-09-30T12:00:00Z'),
    });
  });

  it('of keys, plan and addons is what a restore needs', async () => {
    const { api, requests } = scripted([
      {
        body: [
          { name: 'anon', type: 'legacy', api_key: 'a' },
          { name: 'hidden', type: null, api_key: null },
        ],
      },
      { body: { id: 'acme', name: 'Acme', plan: 'pro' } },
      { body: { id: 'acme', name: 'Acme' } },
      {
        body: {
          selected_addons: [{ type: 'pitr', variant: variant('pitr_7') }],
          available_addons: [{ type: 'compute_instance', name: 'Compute', variants: [variant('ci_small')] }],
        },
      },
      { body: { selected_addons: [], available_addons: [] } },
    ]);
    expect(await api.apiKeys(REF)).toEqual([
      { name: 'anon', type: 'legacy', key: 'a' },
      { name: 'hidden', type: undefined, key: undefined },
    ]);
    expect(requests[0]?.url).toContain('reveal=true');
    expect(await api.organization('acme')).toEqual({ slug: 'acme', name: 'Acme', plan: 'pro' });
    expect((await api.organization('acme')).plan).toBeUndefined();
    expect(await api.addons(REF)).toMatchObject({
      pitr: 'pitr_7',
      available: [{ variants: [{ id: 'ci_small', price: { amount: 0.0206, interval: 'hourly' } }] }],
    });
    expect((await api.addons(REF)).pitr).toBeUndefined();
  });

  it('is refused with the place where it does not fit', async () => {
    const body = { ...project, status: 7, database: { ...DATABASE, version: null } };
    const error = await failure(scripted([{ body }]).api.project(REF));
    expect(error.name).toBe('SupabaseAnswerInvalid');
    expect(error.message).toContain('status: ');
    expect(error.message).toContain('database.version: ');
    const noTime = await failure(
      scripted([{ body: { ...project, created_at: 'soon', database: DATABASE } }]).api.project(REF),
    );
    expect(noTime.message).toContain('created_at: expected a time');
    expect((await failure(scripted([{ body: '<html>' }]).api.project(REF))).message).toContain('no JSON');
  });
});

const variant = (id: string) => ({
  id,
  name: id,
  price: { description: '$', type: 'usage', interval: 'hourly', amount: 0.0206 },
});

describe('the list of projects', () => {
  const refs = Array.from({ length: 250 }, (_, i) => `p${i}`);
  const page = (of: readonly string[], count = of.length, size = 100) =>
    ((url: unknown) => {
      const offset = Number(new URL(String(url)).searchParams.get('offset'));
      const projects = of.slice(offset, offset + size).map(summary);
      return Response.json({ projects, pagination: { count, limit: size, offset } });
    }) as unknown as typeof fetch;
  const refsOf = async (answer: typeof fetch) =>
    (await scripted([], { fetch: answer }).api.listProjects('acme')).map(({ ref }) => ref);

  it('has every page, also of a server that makes them shorter, and without a filter', async () => {
    expect(await refsOf(page(refs))).toEqual(refs);
    expect(await refsOf(page(refs, 250, 30))).toEqual(refs);
    // a count of the page, and not of all
    expect(await refsOf(page(refs, 100))).toEqual(refs);
    expect(await refsOf(page([]))).toEqual([]);
    const { api, requests } = scripted([{ body: { projects: [], pagination: { count: 0 } } }]);
    expect(await api.listProjects('acme')).toEqual([]);
    expect(requests[0]?.url).toMatch(/\/v1\/organizations\/acme\/projects\?offset=0&limit=100$/);
  });

  it('ends when a server sends the same page for ever', async () => {
    const same = (() =>
      Response.json({
        projects: refs.slice(0, 100).map(summary),
        pagination: { count: 500 },
      })) as unknown as typeof fetch;
    expect(await refsOf(same)).toHaveLength(100);
  });

  it('is read again when a project goes meanwhile, for then another slips past', async () => {
    let left = refs.slice(0, 150);
    let requests = 0;
    const shrinking = ((url: unknown, init?: RequestInit) => {
      requests++;
      if (requests === 2) left = left.slice(1);
      return page(left)(String(url), init);
    }) as typeof fetch;
    expect(await refsOf(shrinking)).toContain('p100');
  });

  it('names the organization in each', async () => {
    const { api } = scripted([{ body: { projects: [summary(REF)], pagination: { count: 1 } } }]);
    expect(await api.listProjects('acme')).toEqual([
      expect.objectContaining({ organization: 'acme', createdAt: new Date('2026-09-30T12:00:00Z') }),
    ]);
  });
});

describe('tries', () => {
  const good = { body: { id: 'acme', name: 'Acme' } };
  const organization = (steps: readonly Step[], options?: Partial<SupabaseApiOptions>) => {
    const { api, requests, waits } = scripted(steps, options);
    return { done: api.organization('acme'), requests, waits };
  };

  it.each([{ status: 408 }, { status: 500 }, { status: 503 }, network('ECONNRESET')])(
    'to read are four, with growing waits: %o',
    async (step) => {
      const { done, waits } = organization([step, step, step, good]);
      expect((await done).name).toBe('Acme');
      expect(waits).toEqual([1000, 2000, 4000]);
      const failed = organization([step]);
      const error = await failure(failed.done);
      expect(error.name).toBe(step instanceof Error ? 'SupabaseUnreachable' : 'SupabaseUnavailable');
      expect(error.message).toContain('tried 4 times');
      expect(failed.requests).toHaveLength(4);
    },
  );

  it('are spread', async () => {
    const { done, waits } = organization([{ status: 500 }, good], { random: () => 0.99 });
    await done;
    expect(waits[0]).toBeLessThan(600);
  });

  it.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': 'Thu, 01 Oct 2026 00:00:09 GMT' }, 9000],
    [{ 'x-ratelimit-reset': '42' }, 42_000],
    [{ 'x-ratelimit-reset': String(NOW / 1000 + 13) }, 13_000],
    [{ 'retry-after': '3', 'x-ratelimit-reset': '42' }, 3000],
    [{ 'retry-after': 'nonsense' }, 5000],
    [{}, 5000],
  ] as const)('after a rate limit wait for its end: %o', async (headers, wait) => {
    const { done, waits } = organization([{ status: 429, headers }, good]);
    await done;
    expect(waits).toEqual([wait]);
  });

  it('wait 70 s together at the longest, and say when to come back', async () => {
    const long = organization([{ status: 429, headers: { 'retry-after': '3600' } }]);
    const error = await failure(long.done);
    expect(error).toMatchObject({
      name: 'SupabaseRateLimited',
      retryAt: new Date('2026-10-01T01:00:00Z'),
    });
    expect(error.message).toContain('2026-10-01T01:00:00.000Z');
    expect(long.requests).toHaveLength(1);
    const twice = organization([{ status: 429, headers: { 'x-ratelimit-reset': '60' } }]);
    expect((await failure(twice.done)).name).toBe('SupabaseRateLimited');
    expect(twice.waits).toEqual([60_000]);
    const silent = organization([{ status: 429 }]);
    expect((await failure(silent.done)).message).toContain('in a minute');
    expect(silent.waits).toEqual([5000, 20_000, 40_000]);
  });

  it('end with the signal, also while waiting', async () => {
    const stop = new AbortController();
    const reason = new Error('stopped by SIGTERM');
    const { api, requests } = scripted([{ status: 503 }], { signal: stop.signal, sleep: undefined });
    const asked = api.organization('acme');
    setTimeout(() => stop.abort(reason), 10);
    expect(await failure(asked)).toBe(reason);
    expect(await failure(api.createProject(CREATE))).toBe(reason);
    expect(requests).toHaveLength(1);
  });

  it('end with the signal while an answer is awaited', async () => {
    const stop = new AbortController();
    const reason = new Error('stopped by SIGTERM');
    const { api, requests } = scripted(['silence'], { signal: stop.signal });
    const asked = api.organization('acme');
    setTimeout(() => stop.abort(reason), 5);
    expect(await failure(asked)).toBe(reason);
    expect(requests).toHaveLength(1);
  });

  it('have a time limit each', async () => {
    const { done, requests } = organization(['silence'], { timeLimitMs: 5 });
    const error = await failure(done);
    expect(error.name).toBe('SupabaseUnreachable');
    expect(error.message).toContain('no answer within 0.005 s');
    expect(requests).toHaveLength(4);
  });
});

describe('a change', () => {
  const changes = [
    ['a creation', (api: ReturnType<typeof openSupabaseApi>) => api.createProject(CREATE)],
    ['a deletion', (api: ReturnType<typeof openSupabaseApi>) => api.deleteProject(REF)],
    [
      'a point-in-time restore',
      (api: ReturnType<typeof openSupabaseApi>) => api.restorePitr(REF, new Date(NOW)),
    ],
  ] as const;

  describe.each(changes)('%s', (_, change) => {
    it.each([{ status: 500 }, { status: 502 }, { status: 408 }, network('ECONNRESET'), 'silence'] as const)(
      'is sent once, and whoever loses its answer is told to look: %o',
      async (step) => {
        const { api, requests, waits } = scripted([step], { timeLimitMs: 20 });
        const error = await failure(change(api));
        expect(error.name).toBe('SupabaseAnswerLost');
        expect(error.message).toContain('it may or may not have been done; look first');
        expect(requests).toHaveLength(1);
        expect(waits).toEqual([]);
      },
    );

    it('that was never sent is no lost answer', async () => {
      const { api, requests } = scripted([network('ECONNREFUSED')]);
      const error = await failure(change(api));
      expect(error.name).toBe('SupabaseUnreachable');
      expect(error.message).toContain('nothing was changed');
      expect(requests).toHaveLength(1);
    });

    it('that comes too often was not done, and may be tried again later', async () => {
      const { api, requests } = scripted([{ status: 429, headers: { 'x-ratelimit-reset': '30' } }]);
      const error = await failure(change(api));
      expect(error).toMatchObject({
        name: 'SupabaseRateLimited',
        retryAt: new Date('2026-10-01T00:00:30Z'),
      });
      expect(error.message).toContain('try again after 2026-10-01T00:00:30.000Z');
      expect(requests).toHaveLength(1);
    });

    it('that is stopped while it is under way may have been done', async () => {
      const stop = new AbortController();
      const { api } = scripted(['silence'], { signal: stop.signal });
      const changed = change(api);
      setTimeout(() => stop.abort(new Error('stopped by SIGTERM')), 5);
      expect(await failure(changed)).toMatchObject({
        name: 'SupabaseAnswerLost',
        message: expect.stringContaining('stopped by SIGTERM'),
      });
    });
  });

  it.each(['', '<html>', { ...project, ref: undefined }])(
    'whose answer cannot be read may have been done: %j',
    async (body) => {
      const error = await failure(scripted([{ status: 201, body }]).api.createProject(CREATE));
      expect(error.name).toBe('SupabaseAnswerLost');
    },
  );

  it('of which nothing is to be read needs no body', async () => {
    const { api } = scripted([{ status: 200, body: '<html>' }]);
    await api.deleteProject(REF);
    await api.restorePitr(REF, new Date(NOW));
  });
});

describe('a refusal', () => {
  it.each([
    [301, 'SupabaseAnswerInvalid', 'a redirect'],
    [400, 'SupabaseRefused', 'state of the project'],
    [401, 'SupabaseTokenRejected', 'make a new one'],
    [402, 'SupabasePlanRefused', 'Billing'],
    [403, 'SupabaseForbidden', 'names no missing permission'],
    [404, 'SupabaseNotFound', 'finds nothing'],
    [409, 'SupabaseRefused', '409'],
  ])('%i is %s, said in words and not tried again', async (status, name, words) => {
    const { api, requests } = scripted([{ status, body: { message: 'Because.' } }]);
    const error = await failure(api.project(REF));
    expect(error.name).toBe(name);
    expect(error.message).toContain(words);
    if (status >= 400) expect(error.message).toContain('Because.');
    expect(error.message).toContain(`GET /v1/projects/${REF}`);
    expect(requests).toHaveLength(1);
  });

  it('of a permission names the ones that are missing', async () => {
    const body = { message: 'Forbidden', missing_permissions: ['backups_write', 'database_read'] };
    const error = await failure(scripted([{ status: 403, body }]).api.restorePitr(REF, new Date(NOW)));
    expect(error.message).toContain('it lacks backups_write, database_read');
    expect(error).toMatchObject({ missingPermissions: ['backups_write', 'database_read'] });
  });

  it.each([
    [{ message: ['a is wrong', 'b is wrong'] }, 'a is wrong; b is wrong'],
    [{ error: 'wrong' }, 'it said: wrong'],
    ['<html>\n gateway', 'it said: <html> gateway'],
    ['', 'it gave no reason'],
    [null, 'it said: null'],
    [{ message: 7, missing_permissions: 'all' }, 'it said: {'],
  ])('shows what was said: %j', async (body, says) => {
    expect((await failure(scripted([{ status: 403, body }]).api.addons(REF))).message).toContain(says);
  });

  it('is cut where it is long', async () => {
    const error = await failure(scripted([{ status: 400, body: 'x'.repeat(1e5) }]).api.addons(REF));
    expect(error.message.length).toBeLessThan(700);
  });
});

describe('the secrets', () => {
  it('are not shown where a token is given for a ref', async () => {
    const error = await failure(scripted([]).api.project(TOKEN));
    expect(error.message).toContain('"(a token)"');
    expect(error.message).not.toContain(TOKEN);
  });

  const forms = [TOKEN, PASSWORD, JSON.stringify(PASSWORD).slice(1, -1), encodeURIComponent(PASSWORD)];
  const echo = `${forms.join(' | ')} ${'x'.repeat(60)} sbp_fcother ${'y'.repeat(30)} ${TOKEN}`;

  it.each([400, 401, 402, 403, 404, 409, 429, 500, 302])('are in no error of %i', async (status) => {
    const body = { message: echo, missing_permissions: [echo] };
    for (const said of [body, echo]) {
      const error = await failure(scripted([{ status, body: said }]).api.createProject(CREATE));
      const shown = inspect(error, { depth: 10 });
      for (const form of forms) expect(shown).not.toContain(form);
      expect(shown).not.toContain('sbp_');
    }
  });

  it('are in no error of a connection, nor in what caused it', async () => {
    const inner = Object.assign(new Error(`header ${echo}`), { code: 'EPIPE' });
    const step = new TypeError(`fetch failed ${echo}`, { cause: inner });
    for (const call of [
      scripted([step]).api.createProject(CREATE),
      scripted([step]).api.addons(REF),
      scripted([{ body: { [TOKEN]: TOKEN, status: TOKEN } }]).api.project(REF),
    ]) {
      const error = await failure(call);
      const shown = inspect(error, { depth: 10 }) + JSON.stringify(error);
      expect(shown).not.toContain(TOKEN);
      if (error.name === 'SupabaseAnswerLost') expect(shown).not.toContain(PASSWORD);
    }
  });
});

describe('the pooler', () => {
  const entry = {
    database_type: 'PRIMARY',
    db_user: `postgres.${REF}`,
    db_host: 'aws-0-eu-central-1.pooler.supabase.com',
    db_port: 6543,
    pool_mode: 'transaction',
  };
  const pooler = (body: unknown, options?: Partial<SupabaseApiOptions>) =>
    scripted([{ body }], options).api.pooler(REF);

  it('is that of sessions, whatever port the answer names', async () => {
    const expected = { host: entry.db_host, user: entry.db_user, port: 5432 };
    expect(await pooler([entry])).toEqual(expected);
    const session = { ...entry, pool_mode: 'session', db_host: 'aws-1-eu-central-1.pooler.supabase.com' };
    expect(await pooler([entry, session])).toEqual({ ...expected, host: session.db_host });
    const replica = { ...entry, database_type: 'READ_REPLICA', pool_mode: 'session', db_host: 'x' };
    expect(await pooler([replica, entry])).toEqual(expected);
    expect(await pooler([{ ...entry, db_user: 'postgres' }])).toEqual(expected);
  });

  it.each([
    ['evil.example', entry.db_user],
    ['pooler.supabase.com.evil.example', entry.db_user],
    ['evilpooler.supabase.com', entry.db_user],
    ['evil.example/aws-0.pooler.supabase.com', entry.db_user],
    ['evil.example\n.pooler.supabase.com', entry.db_user],
    ['127.0.0.1', entry.db_user],
    [entry.db_host, 'postgres.tsrqponmlkjihgfedcba'],
  ])('of a forged answer is refused: %j as %s', async (db_host, db_user) => {
    const error = await failure(pooler([{ ...entry, db_host, db_user }]));
    expect(error.name).toBe('SupabasePoolerForeign');
    expect(error.message).toContain('nothing was sent there');
  });

  it('that an answer leaves out is none', async () => {
    expect((await failure(pooler([]))).name).toBe('SupabasePoolerForeign');
    expect((await failure(pooler([{ ...entry, database_type: 'READ_REPLICA' }]))).name).toBe(
      'SupabasePoolerForeign',
    );
  });

  it('may be one on this machine where the caller says so', async () => {
    const options = { poolerHosts: ['127.0.0.1'], poolerPort: 15432 };
    expect(await pooler([{ ...entry, db_host: '127.0.0.1' }], options)).toEqual({
      host: '127.0.0.1',
      user: entry.db_user,
      port: 15432,
    });
  });
});
