import { once } from 'node:events';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { TASK_START_ERRORS, WORKFLOW_ERROR } from '../../core/names.ts';
import type { ExecutionResult, HistoryEvent } from '../../local/cloud/execution.ts';
import { loadSampleData } from '../../local/sample/load.ts';
import { type LocalSlack, startSlack } from '../../local/slack.ts';
import { type DeployedApp, deployApp } from '../support/cloud.ts';
import { describeDatabase, differences } from '../support/compare.ts';
import { makeDatabase, type TestDatabase } from '../support/engine.ts';

const READY = { ready: true, waitSeconds: 0, objects: 0, bytes: 0, readyAt: null, costUsd: 0 };

let app: DeployedApp;
let slack: LocalSlack;
let source: TestDatabase;
let target: TestDatabase;
/** A verified set that no test changes. */
let setId: string;

beforeAll(async () => {
  source = await makeDatabase(17);
  [app, slack] = await Promise.all([
    deployApp(source.url),
    startSlack(),
    loadSampleData(source.url, { megabytes: 2 }),
  ]);
  await app.putSecret('gpg-private-key', inject('keys').privateKey);
  // a secret cannot be empty, and this key has no passphrase
  await app.putSecret('gpg-passphrase', 'none');
  setId = await newSet();
});
afterAll(async () => {
  await app.stop();
  await slack.stop();
});
beforeEach(async () => {
  target = await makeDatabase(17);
  await app.putSecret('target-database-url', target.url);
  await app.putSecret('slack-webhook-url', slack.webhookUrl);
  slack.answerWith(200);
});
afterEach(() => app.putSecret('database-url', source.url));

let hour = 0;
async function newSet(): Promise<string> {
  const slot = new Date(Date.UTC(2026, 10, 1, hour++)).toISOString();
  const end = await app.backup({ kind: 'daily', slot });
  expect(end.status, JSON.stringify(end.programs)).toBe('SUCCEEDED');
  return (end.output as { plan: { setId: string } }).plan.setId;
}

/** Runs a restore whose rules are found kept, unless the options say otherwise. */
function restore(input: unknown, options: Parameters<DeployedApp['restore']>[1] = {}) {
  return app.restore(input, { ...options, answers: { ...options.answers } });
}

const folderOf = (id: string) => `${id.replace('-', '/')}/`;
const taskRan = (end: ExecutionResult) =>
  end.states.filter((name) => /^(Restore|RestoreInPlace)$/.test(name));

/** Overwrites an object, as somebody who may might. @returns how to put it back */
async function damage(id: string, name: string): Promise<() => Promise<unknown>> {
  const [Key = ''] = (await app.versions(folderOf(id))).filter((key) => key.endsWith(name));
  const object = { Bucket: app.bucket, Key };
  const { Body } = await app.s3.client().send(new GetObjectCommand(object));
  const before = (await Body?.transformToByteArray()) ?? '';
  await app.s3.client().send(new PutObjectCommand({ ...object, Body: 'not what was there' }));
  return () => app.s3.client().send(new PutObjectCommand({ ...object, Body: before }));
}

async function records(name: string): Promise<Record<string, unknown>[]> {
  const keys = (await app.versions('audit/')).filter((key) => key.includes(`-restore-${name}-`));
  return Promise.all(keys.sort().map(async (key) => JSON.parse(await app.readText(key))));
}

async function tablesIn({ url }: TestDatabase): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query("SELECT count(*)::int AS n FROM pg_tables WHERE schemaname = 'public'");
  await client.end();
  return rows[0].n;
}

describe('a full restore into an empty database', () => {
  it('is verified, recorded and told of, from the shortest input there is', async () => {
    const [told, mailed, refused] = [
      slack.messages.length,
      app.cloud.publications.length,
      app.cloud.refusals.length,
    ];
    const end = await restore({ mode: 'full' }, { name: 'a-good-one' });
    expect(end, JSON.stringify(end.programs)).toMatchObject({
      status: 'SUCCEEDED',
      states: [
        ...[
          'Receive',
          'Plan',
          'PlanOnly?',
          'AuditStarted',
          'TellStarted',
          'Thaw?',
          'Thaw',
          'Thawed?',
          'Preserve?',
        ],
        ...[
          'Where?',
          'Restore',
          'Report',
          'Ended?',
          'Integrity',
          'Proved?',
          'AuditSuccess',
          'TellVerified',
          'Verified',
        ],
      ],
      output: { report: { ended: 'verified', exitCode: 0, setId, counts: { tables: 18 } } },
    });
    const { binDir } = inject('servers')[17];
    const [was, is] = await Promise.all([source, target].map(({ url }) => describeDatabase({ url, binDir })));
    expect(was && is && differences(was, is)).toEqual([]);
    expect(await records('a-good-one')).toEqual([
      expect.objectContaining({ event: 'restore', status: 'started', input: { mode: 'full' } }),
      expect.objectContaining({
        status: 'succeeded',
        details: {
          restore: expect.objectContaining({ mode: 'full', target: 'target' }),
          report: expect.objectContaining({ ended: 'verified' }),
          integrity: expect.objectContaining({ outcome: 'verified' }),
        },
      }),
    ]);
    expect(slack.messages.slice(told)).toEqual([
      expect.stringMatching(/복원을 시작했습니다[\s\S]*daily-[\s\S]*데이터베이스 전체/),
      expect.stringMatching(/복원을 마쳤고 검증했습니다[\s\S]*테이블 18개/),
    ]);
    expect(app.cloud.publications.slice(mailed)).toEqual([]);
    expect(app.cloud.refusals.slice(refused)).toEqual([]);
  });

  it('is of the set that is named, and of the moment that is meant', async () => {
    const end = await restore({ mode: 'full', at: '2026-11-01T00:00:01Z' });
    // snapshots are of today, whatever slot they were made for
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.restoreInputInvalid });
    expect(end.cause).toContain('no usable set at or before 2026-11-01T00:00:01.000Z');
    const named = await restore({ mode: 'full', set: setId });
    expect(named).toMatchObject({ status: 'SUCCEEDED', output: { report: { setId } } });
  });

  it('starts its task again when that could not be started, and gives up in the end', async () => {
    const failures = TASK_START_ERRORS.slice(0, 3);
    const end = await restore({ mode: 'full' }, { retryIntervalMs: 0, startFailures: { Restore: failures } });
    expect(end.status).toBe('SUCCEEDED');
    expect(end.history.filter(({ type }) => type === 'StateRetried')).toHaveLength(3);
    const never = await restore(
      { mode: 'full' },
      { retryIntervalMs: 0, startFailures: { Restore: Array(20).fill('AmazonECS.Unknown') } },
    );
    expect(never).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.taskNotStarted });
    expect(never.programs.filter(({ state }) => state === 'Restore')).toEqual([]);
  });
});

describe('a plan', () => {
  it('that the engine made is recorded and told of', async () => {
    const told = slack.messages.length;
    const planned = {
      ended: 'verified',
      exitCode: 0,
      counts: { tables: 18, rows: null },
      plan: { reads: { objects: 3, storedBytes: 1 } },
    };
    const end = await restore(
      { mode: 'full', plan: true },
      { name: 'planned', answers: { Restore: [{}], Report: [planned] } },
    );
    expect(end).toMatchObject({ status: 'SUCCEEDED' });
    expect(end.states.slice(-4)).toEqual(['Ended?', 'AuditPlanned', 'TellPlanned', 'Planned']);
    expect(await records('planned')).toEqual([expect.objectContaining({ status: 'planned' })]);
    expect(slack.messages.slice(told)).toEqual([expect.stringContaining('객체 3개')]);
  });
});

describe('a restore that is refused in words', () => {
  it.each([
    ['no object at all', 'full', 'expected an object in braces'],
    ['a slip', { mode: 'full', plna: true }, 'did you mean "plan"?'],
    ['no name over the source', { mode: 'full', target: 'source' }, '"confirm" is missing'],
    [
      'a set there is not',
      { mode: 'full', set: 'daily-20200101T000000Z' },
      'the nearest ones are daily-2026',
    ],
    [
      'a table there is not',
      { mode: 'table', tables: ['project'] },
      'There is no usable set that holds project',
    ],
    [
      'a table the set has not',
      () => ({ mode: 'table', set: setId, tables: ['project'] }),
      'public.projects',
    ],
  ])('%s', async (_what, given, words) => {
    const told = slack.messages.length;
    const end = await restore(typeof given === 'function' ? given() : given);
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.restoreInputInvalid });
    expect(end.cause).toContain(words);
    expect(end.cause).toContain('아무 작업도 하지 않았습니다');
    expect(end.states).toEqual([
      'Receive',
      'Plan',
      'Explain',
      'AuditFailure',
      'Alert',
      'TellFailure',
      'Failed',
    ]);
    expect(slack.messages.slice(told)).toHaveLength(1);
  });

  it('by the engine: the target is not empty, and stays as it is', async () => {
    await loadSampleData(target.url, { megabytes: 1 });
    const end = await restore({ mode: 'full' });
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.restoreRefused });
    expect(end.cause).toContain('is not empty');
    expect(await tablesIn(target)).toBeGreaterThan(10);
  });

  it('while another one runs into the same target', async () => {
    const client = new pg.Client(target.url);
    await client.connect();
    // the engine's own lock on its target, held by somebody else: the first one waits at its thaw instead
    await client.end();
    const entered = new EventTarget();
    const first = app.cloud.start(
      'videoplanet-staging-restore',
      { mode: 'full' },
      {
        name: 'the-first',
        waitMs: 20_000,
        answers: { Thaw: [{ ...READY, ready: false, waitSeconds: 900, objects: 2, bytes: 1e9 }] },
        onEvent: (event: HistoryEvent) => {
          if (event.type === 'StateEntered') entered.dispatchEvent(new Event(event.state.name));
        },
      },
    );
    await once(entered, 'WaitForThaw');
    const second = await restore({ mode: 'full' });
    expect(second).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.restoreRefused });
    expect(second.cause).toContain('the-first');
    first.abort();
    expect((await first.result).status).toBe('ABORTED');
  });
});

describe('a restore that fails', () => {
  it('on a damaged set leaves the target empty, and says what was damaged', async () => {
    const mailed = app.cloud.publications.length;
    const id = await newSet();
    const repair = await damage(id, 'rest.dump.zst.gpg');
    const end = await restore({ mode: 'full', set: id }, { name: 'damaged' });
    await repair();
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.restoreFailed });
    expect(end.cause).toContain('rest.dump.zst.gpg');
    expect(end.states.slice(-8)).toEqual(
      ['Report', 'Ended?', 'Explain', 'AuditFailure', 'Alert', 'TellFailure', 'Failed'].toSpliced(
        0,
        0,
        'Restore',
      ),
    );
    expect(await tablesIn(target)).toBe(0);
    const [mail] = app.cloud.publications.slice(mailed);
    expect(mail?.message).toContain('runbook.md#restorefailed');
    expect((await records('damaged')).map(({ status }) => status)).toEqual(['failed', 'started']);
  });

  it('by taking too long is stopped, and the target is empty again', async () => {
    const lock = new pg.Client(target.url);
    await lock.connect();
    // whoever looks at what the target holds waits here, however fast the machine is
    await lock.query('BEGIN; LOCK TABLE pg_catalog.pg_largeobject_metadata IN ACCESS EXCLUSIVE MODE');
    const end = await restore({ mode: 'full' }, { timeoutSeconds: { Restore: 4 } });
    await lock.end();
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.timedOut });
    expect(await tablesIn(target)).toBe(0);
  });

  it('names no secret, whatever fails', async () => {
    await app.putSecret('target-database-url', 'postgresql://u:s3cret-password@127.0.0.1:1/none');
    const end = await restore({ mode: 'full' });
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.restoreRefused });
    expect(JSON.stringify([end, slack.messages, app.cloud.publications])).not.toContain('s3cret-password');
  });
});

describe('a restore that is there and not proved', () => {
  const unproved = {
    ended: 'not-verified',
    exitCode: 2,
    notVerified: ['index public.a_idx: it cannot be built'],
    restoreId: 'r-1',
    counts: { tables: 18, rows: '9' },
    error: null,
    keptAs: 'db_old',
  };

  it('ends as not verified, and says what was not', async () => {
    const told = slack.messages.length;
    const end = await restore(
      { mode: 'full' },
      { name: 'unproved', answers: { Restore: [{}], Report: [unproved] } },
    );
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.restoreNotVerified });
    expect(end.states).toContain('Integrity');
    expect(end.cause).toContain('index public.a_idx');
    expect(slack.messages.slice(told).at(-1)).toMatch(/데이터는 들어 있습니다[\s\S]*a_idx/);
    expect((await records('unproved'))[0]).toMatchObject({
      status: 'failed',
      error: { error: WORKFLOW_ERROR.restoreNotVerified },
    });
  });

  it('ends so too where the rules could not be checked', async () => {
    const end = await restore(
      { mode: 'full' },
      {
        answers: {
          Integrity: [
            {
              outcome: 'could-not-verify',
              findings: [{ name: 'an owner', state: 'could-not-check', reason: 'no session' }],
            },
          ],
        },
      },
    );
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.restoreNotVerified });
    expect(end.cause).toContain('integrity rules could not be checked: an owner (no session)');
    expect(await tablesIn(target)).toBeGreaterThan(10);
  });

  it('ends as violating the rules where they are broken, and leads to the rollback', async () => {
    const violated = {
      outcome: 'violated',
      findings: [{ name: 'projects have an owner', state: 'violated', severity: 'error', violations: '3' }],
    };
    const end = await restore(
      { mode: 'full' },
      {
        answers: {
          Integrity: [violated],
          Restore: [{}],
          Report: [{ ...unproved, ended: 'verified', notVerified: [] }],
        },
      },
    );
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.restoreViolatesIntegrity });
    expect(end.cause).toContain('projects have an owner (3 rows)');
    expect(end.cause).toContain('for mode rollback, is r-1');
  });
});

describe('a set in an archive', () => {
  it('is waited for, told of once, and restored when it can be read', async () => {
    const told = slack.messages.length;
    const frozen = {
      ready: false,
      waitSeconds: 900,
      objects: 3,
      bytes: 2e9,
      readyAt: '2026-11-28T00:00:00Z',
      costUsd: 0.04,
    };
    const end = await restore(
      { mode: 'full' },
      { waitMs: 0, answers: { Thaw: [frozen, frozen, frozen, READY] } },
    );
    expect(end.status).toBe('SUCCEEDED');
    expect(end.states.filter((name) => name === 'WaitForThaw')).toHaveLength(3);
    const [, thaw, done] = slack.messages.slice(told);
    expect(thaw).toMatch(/객체 3개\(2\.00 GB\)[\s\S]*2026-11-28T00:00:00Z[\s\S]*\$0\.04/);
    expect(done).toContain('검증했습니다');
  });
});

describe('Slack', () => {
  it('that is down keeps nobody from restoring, and what it did not take is mailed', async () => {
    const mailed = app.cloud.publications.length;
    slack.answerWith(503);
    const end = await restore({ mode: 'full' });
    expect(end.status).toBe('SUCCEEDED');
    expect(end.states.slice(-2)).toEqual(['TellVerified', 'Verified']);
    expect(app.cloud.publications.slice(mailed).map(({ message }) => message)).toEqual([
      expect.stringMatching(/^Slack이 이 메시지를 받지 않았습니다[\s\S]*복원을 시작했습니다/),
      expect.stringMatching(/^Slack이 이 메시지를 받지 않았습니다[\s\S]*복원을 마쳤고 검증했습니다/),
    ]);
  });

  it('that is not set up is no failure', async () => {
    const told = slack.messages.length;
    await app.putSecret('slack-webhook-url', 'none');
    const end = await restore({ mode: 'ful' });
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.restoreInputInvalid });
    expect(end.history.filter(({ type }) => type === 'StateCaught')).toHaveLength(1);
    expect(slack.messages.slice(told)).toEqual([]);
  });
});

describe('a restore in place', () => {
  it('is run by the task that knows the source, after the source was kept as a set and read back', async () => {
    const end = await restore(
      { mode: 'full', target: 'source', confirm: 'x' },
      { answers: { PreserveSource: [{}], VerifyPreserved: [{}] } },
    );
    expect(end.states).toEqual(
      expect.arrayContaining(['PreserveSource', 'VerifyPreserved', 'RestoreInPlace']),
    );
    // the engine is asked to replace a database of another name, or does not know the option yet: it refuses
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.restoreRefused });
  });

  it('is not begun where what is there could not be kept', async () => {
    const end = await restore(
      { mode: 'full', confirm: 'x' },
      { retryIntervalMs: 0, startFailures: { PreserveTarget: Array(20).fill('AmazonECS.Unknown') } },
    );
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.taskNotStarted });
    expect(taskRan(end)).toEqual([]);
  });
});

describe('rows of the database that people work with', () => {
  const described = () => describeDatabase({ url: source.url, binDir: inject('servers')[17].binDir });

  it('come back with what hung on them: the plan says so first, and changes nothing', async () => {
    const told = slack.messages.length;
    const before = await described();
    const { rows } = await source.query(
      `SELECT project_id AS id FROM public.stories s WHERE NOT EXISTS (SELECT FROM public.scenarios c
         JOIN public.prompts p ON p.scenario_id = c.id JOIN public.video_generations g ON g.prompt_id = p.id
         WHERE c.story_id = s.id) LIMIT 1`,
    );
    const id = rows[0]?.id ?? (await source.query('SELECT id FROM public.projects LIMIT 1')).rows[0].id;
    await source.query('DELETE FROM public.video_generations');
    await source.query('DELETE FROM public.projects WHERE id = $1', [id]);
    const damaged = differences(before, await described());
    expect(damaged.length).toBeGreaterThan(1);
    const generations = { mode: 'table', tables: ['video_generations'], strategy: 'merge' };
    const database = new URL(source.url).pathname.slice(1);
    const asked = {
      mode: 'rows',
      set: setId,
      rows: [`projects:id=${id}`],
      withDependents: true,
      target: 'source',
      confirm: database,
    };

    const planned = await restore({ ...asked, plan: true });
    expect(planned, JSON.stringify(planned.programs)).toMatchObject({ status: 'SUCCEEDED' });
    expect(planned.states.at(-1)).toBe('Planned');
    expect(slack.messages.slice(told)).toEqual([expect.stringContaining('public.projects')]);
    expect(differences(before, await described())).toEqual(damaged);

    const end = await restore(asked);
    expect(end, JSON.stringify(end.programs)).toMatchObject({
      status: 'SUCCEEDED',
      output: { report: { counts: { changed: { updated: 0, deleted: 0 } } } },
    });
    expect(taskRan(end)).toEqual(['RestoreInPlace']);
    // what hung on other projects is brought back as a table
    const table = await restore({ ...generations, set: setId, target: 'source', confirm: database });
    expect(table.status, JSON.stringify(table.programs)).toBe('SUCCEEDED');
    expect(differences(before, await described())).toEqual([]);
  });

  it('lie beside it where somebody only wants to look', async () => {
    const before = await described();
    const end = await restore({
      mode: 'table',
      tables: ['projects'],
      strategy: 'inspect',
      target: 'source',
      set: setId,
    });
    expect(end.status, JSON.stringify(end.programs)).toBe('SUCCEEDED');
    const { rows } = await source.query(
      "SELECT nspname AS name FROM pg_namespace WHERE nspname ~ '^restore|inspect'",
    );
    expect(rows).toHaveLength(1);
    await source.query(`DROP SCHEMA ${JSON.stringify(rows[0].name)} CASCADE`);
    expect(differences(before, await described())).toEqual([]);
  });
});

describe('a database that is replaced', () => {
  it('is planned, kept as a set, replaced, proved, and comes back by its restore id', async () => {
    const database = await makeDatabase(17);
    await loadSampleData(database.url, { megabytes: 1 });
    await app.putSecret('database-url', database.url);
    const name = new URL(database.url).pathname.slice(1);
    const { binDir } = inject('servers')[17];
    const described = () => describeDatabase({ url: database.url, binDir });
    const [wanted, before] = [await describeDatabase({ url: source.url, binDir }), await described()];
    const asked = { mode: 'full', set: setId, target: 'source', confirm: name };

    const planned = await restore({ ...asked, plan: true });
    expect(planned, JSON.stringify(planned.programs)).toMatchObject({
      status: 'SUCCEEDED',
      output: { report: { plan: { mode: 'full', target: { database: name, way: 'replace' } } } },
    });
    expect(differences(before, await described())).toEqual([]);

    const end = await restore(asked);
    expect(end, JSON.stringify(end.programs)).toMatchObject({
      status: 'SUCCEEDED',
      output: { report: { restoreId: expect.any(String), setId } },
    });
    expect(end.states).toEqual(
      expect.arrayContaining(['PreserveSource', 'VerifyPreserved', 'RestoreInPlace', 'Integrity']),
    );
    const { report, plan } = end.output as {
      report: { restoreId: string };
      plan: { facts: { keptAs: string } };
    };
    expect(await app.versions(folderOf(plan.facts.keptAs))).toContain(
      `${folderOf(plan.facts.keptAs)}verification.json`,
    );
    expect(differences(wanted, await described())).toEqual([]);

    const back = await restore({
      mode: 'rollback',
      restoreId: report.restoreId,
      target: 'source',
      confirm: name,
    });
    expect(back, JSON.stringify(back.programs)).toMatchObject({ status: 'SUCCEEDED' });
    expect(back.states.at(-1)).toBe('Verified');
    expect(differences(before, await described())).toEqual([]);
  });
});
