import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WORKFLOW_ERROR } from '../../core/names.ts';
import { LOCAL_TOKEN, type Phase } from '../../local/supabase/management-api.ts';
import type { CallEnd } from '../support/functions.ts';
import { type SupabaseStage, startSupabaseStage } from '../support/supabase-functions.ts';

const MINUTE = 60_000;
const EARLIEST = new Date(Date.UTC(2026, 10, 20, 17));
const RESTORING: readonly Phase[] = [{ status: 'RESTORING', looks: 1 }, { status: 'ACTIVE_HEALTHY' }];

let stage: SupabaseStage;
let ref: string;
const said: CallEnd[] = [];
const rewound: string[] = [];
beforeAll(async () => {
  stage = await startSupabaseStage(['supabase-pitr'], {
    onPitr: async (project, at) => void rewound.push(`${project.ref} ${at.toISOString()}`),
  });
});
afterAll(() => stage.stop());

/** The second that is asked for. */
let at: string;
beforeEach(async () => {
  const project = await stage.supabase.makeProject();
  stage.api.adopt(project, { name: 'videoplanet', password: 'x' });
  ref = project.ref;
  at = new Date(Date.now() - 90 * MINUTE).toISOString();
  stage.api.setPitr(ref, { earliest: EARLIEST, latest: new Date() });
});

async function call(event: unknown): Promise<CallEnd> {
  const end = await stage.call('supabase-pitr', event, { SUPABASE_PROJECT_REF: ref });
  said.push(end);
  return end;
}
const plan = (more: object = { plan: true }) =>
  call({ action: 'plan', input: { mode: 'pitr', at, ...more } });
const start = () => call({ action: 'start', at });
const look = (watch: unknown) => call({ action: 'look', watch });

async function lookOn(watch: unknown, most = 6): Promise<CallEnd> {
  let end = await look(watch);
  for (let looks = 1; looks < most && end.error === undefined && !end.result.done; looks++)
    end = await look(end.result);
  return end;
}

const posts = () => stage.changes().filter((request) => request.includes(ref)).length;

describe('the plan of going back', () => {
  it('says to which second, what is lost, and what has to be confirmed, and asks for nothing', async () => {
    const { result, error } = await plan();
    expect(error).toBeUndefined();
    expect(result.report).toMatchObject({
      ended: 'verified',
      plan: {
        mode: 'pitr',
        project: { ref, name: 'videoplanet', status: 'ACTIVE_HEALTHY' },
        earliest: '2026-11-20T17:00:00Z (2026-11-21 02:00:00 Asia/Seoul)',
        confirmNeeded: ref,
        kept: true,
      },
    });
    expect(result.report.plan.lostMinutes).toBeGreaterThanOrEqual(90);
    expect(result.report.plan.lostMinutes).toBeLessThan(95);
    expect(posts()).toBe(0);
  });

  it.each([
    [
      'earlier than it can',
      '2026-11-20T16:59:59Z',
      /any second from 2026-11-20T17:00:00Z \(2026-11-21 02:00:00 Asia\/Seoul\)/,
    ],
    ['into the future', '2036-01-01T00:00:00+09:00', /to 20\d\d-.*wait, or restore the newest set/],
  ])('is refused with both ends where it would go %s', async (_, second, words) => {
    at = second;
    const { error } = await plan();
    expect(error?.name).toBe(WORKFLOW_ERROR.restoreRefused);
    expect(error?.message).toMatch(words);
    expect(error?.message).toMatch(/되돌릴 수 있는 범위: 2026-11-20T17:00:00Z/);
  });

  it('takes the first and the last second there is', async () => {
    at = '2026-11-21T02:00:00+09:00';
    expect((await plan()).error).toBeUndefined();
  });

  it('is refused where point-in-time recovery is off, and leads to a set', async () => {
    stage.api.setPitr(ref, undefined);
    const { error } = await plan();
    expect(error?.message).toMatch(/recovery is off in the project .*\{"mode": "full"\}/);
  });

  it.each(['nonsense', 'postgres'])(
    'is refused with another name than that of the project: %s',
    async (confirm) => {
      const { error } = await plan({ confirm });
      expect(error?.name).toBe(WORKFLOW_ERROR.restoreRefused);
      expect(error?.message).toContain(`"confirm" is "${confirm}", and the project that goes back is ${ref}`);
      expect((await plan({ confirm: ref })).error).toBeUndefined();
    },
  );

  it.each([
    [{ status: 403, body: { missing_permissions: ['backups_read'] } }, /it lacks backups_read/],
    [{ status: 404, body: { message: 'Project not found' } }, /finds nothing there/],
  ])('is refused in words where Supabase answers %j', async (fault, words) => {
    stage.api.fail(`GET /v1/projects/${ref}/database/backups`, fault);
    const { error } = await plan();
    expect(error?.name).toBe(WORKFLOW_ERROR.restoreRefused);
    expect(error?.message).toMatch(words);
  });
});

describe('going back', () => {
  it('is asked once, waited for, and reported with the minutes it took', async () => {
    stage.api.nextRestore(RESTORING);
    const { result, error } = await start();
    expect(error).toBeUndefined();
    expect(result).toMatchObject({ answer: 'taken', before: 'ACTIVE_HEALTHY', began: false, done: false });
    const second = new Date(Math.floor(Date.parse(at) / 1000) * 1000).toISOString();
    expect(rewound).toContain(`${ref} ${second}`);
    const end = await lookOn(result);
    expect(end.result).toMatchObject({
      done: true,
      report: { ended: 'verified', notVerified: [], minutes: expect.any(Number) },
    });
    expect(posts()).toBe(1);
  });

  it('counts as done only once the project was seen going: before, healthy means nothing', async () => {
    stage.api.nextRestore([{ status: 'ACTIVE_HEALTHY', looks: 2 }, ...RESTORING]);
    const first = await look((await start()).result);
    expect(first.result).toMatchObject({ began: false, done: false, status: 'ACTIVE_HEALTHY' });
    expect((await lookOn(first.result, 8)).result).toMatchObject({ done: true, began: true });
  });

  it.each([true, false])('whose answer was lost is told by the project itself (done: %s)', async (done) => {
    if (done) stage.api.nextRestore(RESTORING);
    stage.api.lose(`POST /v1/projects/${ref}`, { done });
    const { result } = await start();
    expect(result).toMatchObject({ answer: 'unclear', done: false });
    if (done) expect((await lookOn(result)).result).toMatchObject({ done: true });
    else {
      const last = await look({ ...(await look(result)).result, quiet: 59 });
      expect(last.error?.name).toBe(WORKFLOW_ERROR.pitrUnclear);
      expect(last.error?.message).toMatch(/answer to the request was lost.*most probably nothing was begun/);
    }
    expect(posts()).toBe(1);
  });

  it('counts as perhaps begun after a 500, and is not asked again', async () => {
    stage.api.fail(`POST /v1/projects/${ref}`, { status: 500, body: { message: 'oops' } });
    expect((await start()).result).toMatchObject({ answer: 'unclear' });
    expect(posts()).toBe(1);
  });

  it.each([
    [{ status: 429, body: { message: 'Too Many Requests' } }, /too many requests/],
    [{ status: 403, body: { missing_permissions: ['backups_write'] } }, /it lacks backups_write/],
    [{ status: 400, body: { message: 'outside of the window' } }, /outside of the window/],
  ])('that is refused with %j has changed nothing, and says why', async (fault, words) => {
    stage.api.fail(`POST /v1/projects/${ref}`, fault);
    const { error } = await start();
    expect(error?.name).toBe(WORKFLOW_ERROR.restoreRefused);
    expect(error?.message).toMatch(words);
  });

  it.each(['RESTORE_FAILED', 'REMOVED'] as const)(
    'that ends in %s says so, and what to do',
    async (status) => {
      stage.api.nextRestore([{ status: 'RESTORING', looks: 1 }, { status }]);
      const { error } = await lookOn((await start()).result);
      expect(error?.name).toBe(WORKFLOW_ERROR.pitrFailed);
      expect(error?.message).toMatch(new RegExp(`is ${status}.*support.*new-project`));
    },
  );

  it('waits on a state nobody has heard of', async () => {
    const { result } = await start();
    stage.api.fail(new RegExp(`GET /v1/projects/${ref}$`), {
      status: 200,
      body: {
        ...{ id: ref, ref, name: 'n', organization_id: 'o', organization_slug: 'o', region: 'r' },
        ...{ created_at: '2026-01-01T00:00:00Z', status: 'REWINDING' },
        database: { host: 'h', version: '17', postgres_engine: '17', release_channel: 'ga' },
      },
    });
    expect((await look(result)).result).toMatchObject({ began: true, done: false, status: 'REWINDING' });
  });

  it('names the services that do not get well, after waiting for them', async () => {
    stage.api.nextRestore([{ status: 'RESTORING', looks: 1 }, { status: 'ACTIVE_HEALTHY' }]);
    const begun = await look((await start()).result);
    stage.api.fail(/health/, {
      status: 200,
      body: [{ name: 'db', healthy: true, status: 'ACTIVE_HEALTHY' }],
      times: 2,
    });
    expect((await look(begun.result)).result).toMatchObject({ done: false, unwell: 1 });
    const { result } = await look({ ...begun.result, unwell: 39 });
    expect(result).toMatchObject({ done: true, report: { ended: 'not-verified' } });
    expect(result.report.notVerified).toContain(
      'the project is back, and its service pooler (UNKNOWN) is not well',
    );
  });

  it('is given up when it is not back in time, or cannot be looked at any more', async () => {
    stage.api.nextRestore([{ status: 'RESTORING' }]);
    const { result } = await look((await start()).result);
    const late = await look({ ...result, looks: 719 });
    expect(late.error?.name).toBe(WORKFLOW_ERROR.pitrUnclear);
    expect(late.error?.message).toContain('is RESTORING 6 hours after');
    const old = await look({ ...result, askedAt: '2026-01-01T00:00:00.000Z' });
    expect(old.error?.name).toBe(WORKFLOW_ERROR.pitrUnclear);
    stage.api.fail(`GET /v1/projects/${ref}`, { status: 401, body: { message: 'Unauthorized' }, times: 2 });
    expect((await look(result)).result).toMatchObject({ missed: 1, done: false });
    const blind = await look({ ...result, missed: 19 });
    expect(blind.error?.message).toMatch(
      /was RESTORING when it was last seen.*does not know the access token/,
    );
  });

  it('is not asked of a project that is doing something else', async () => {
    stage.api.nextRestore([{ status: 'RESTORING' }]);
    await start();
    const { error } = await plan({ confirm: ref });
    expect(error?.message).toContain(`The project ${ref} is RESTORING`);
  });

  it('shows the token to nobody', () => {
    expect(said.length).toBeGreaterThan(30);
    expect(JSON.stringify(said)).not.toContain(LOCAL_TOKEN);
  });
});
