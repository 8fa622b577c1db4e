import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { billingMonth } from '../../core/cost/month.ts';
import { parseReport } from '../../core/drill/report.ts';
import { WORKFLOW_ERROR } from '../../core/names.ts';
import type { ExecutionResult } from '../../local/cloud/execution.ts';
import { loadSampleData } from '../../local/sample/load.ts';
import { type LocalSlack, startSlack } from '../../local/slack.ts';
import { type DeployedApp, deployApp } from '../support/cloud.ts';
import { makeDatabase, type TestDatabase } from '../support/engine.ts';

let app: DeployedApp;
let slack: LocalSlack;
let source: TestDatabase;

beforeAll(async () => {
  source = await makeDatabase(17);
  await loadSampleData(source.url, { megabytes: 1 });
  [app, slack] = await Promise.all([deployApp(source.url), startSlack()]);
  await app.putSecret('gpg-private-key', inject('keys').privateKey);
  await app.putSecret('gpg-passphrase', 'none');
  await app.putSecret('slack-webhook-url', slack.webhookUrl);
});
afterAll(async () => {
  await app?.stop();
  await slack?.stop();
});

const drill = (
  input: unknown,
  options?: Parameters<DeployedApp['cloud']['start']>[2],
): Promise<ExecutionResult> => app.cloud.start('videoplanet-staging-drill', input, options).result;
const said = (end: ExecutionResult) => JSON.stringify(end, null, 1);

describe('the drill workflow', () => {
  it('finds that there is no set to hold one with', async () => {
    const end = await drill({});
    expect(end, said(end)).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.drillFailed });
    expect(end.cause).toMatch(/set: the bucket has no set of the whole database/);
  });

  it('restores, verifies, puts it on record, tells Slack, under the rights of its own task', async () => {
    const made = await app.backup({ kind: 'daily' });
    expect(made, said(made)).toMatchObject({ status: 'SUCCEEDED' });
    const end = await drill({});
    expect(end, said(end)).toMatchObject({
      status: 'SUCCEEDED',
      states: [
        'Receive',
        'Plan',
        'Run?',
        'Drill',
        'Report',
        'Ended?',
        'AuditSuccess',
        'TellDrill',
        'Verified',
      ],
    });
    const keys = await app.versions('drills/');
    const report = keys.filter((key) => key.endsWith('report.json')).at(-1) ?? '';
    expect(parseReport(await app.readText(report))).toMatchObject({
      verdict: 'verified',
      target: { kind: 'task' },
    });
    expect(keys.filter((key) => key.endsWith('.asc')).length).toBeGreaterThanOrEqual(2);
    expect((await app.versions('audit/')).filter((key) => /-drill-.*succeeded/.test(key))).toHaveLength(1);
    expect(slack.messages.at(-1)).toMatch(/훈련에서 모두 복원하고 검증했습니다/);
    expect(slack.messages.at(-1)).toMatch(/핵심: RTO .*분 \(목표 60분\)/);
    expect(slack.messages.at(-1)).toContain('report.html');
    // a set is not called verified by whoever can decrypt it
    const ofDrill = app.cloud.refusals.filter((refusal) => /EngineDrill|FunctionsDrill/.test(refusal));
    expect(ofDrill.filter((refusal) => !refusal.includes('verification.json'))).toEqual([]);
  });

  it('is not held while drills are off for the month, and backups are made all the same', async () => {
    const SWITCH = '/videoplanet-backup/staging/drills';
    const because = '$260.12 > $250.00';
    await app.cloud.putParameter(SWITCH, JSON.stringify({ offForMonth: billingMonth(new Date()), because }));
    const before = (await app.versions('drills/')).length;
    const end = await drill({});
    expect(end, said(end)).toMatchObject({
      status: 'SUCCEEDED',
      states: ['Receive', 'Plan', 'Run?', 'AuditSkipped', 'TellSkipped', 'Skipped'],
    });
    expect((await app.versions('drills/')).length).toBe(before);
    const [record = ''] = (await app.versions('audit/')).filter((key) => /-drill-.*-skipped/.test(key));
    expect(JSON.parse(await app.readText(record))).toMatchObject({
      status: 'skipped',
      details: { plan: { run: false, skipped: { en: expect.stringContaining(because) } } },
    });
    expect(slack.messages.at(-1)).toMatch(/훈련을 하지 않았습니다.*\$260\.12/);
    const made = await app.backup({ kind: 'daily' });
    expect(made, said(made)).toMatchObject({ status: 'SUCCEEDED' });
    expect(made.states).toContain('Verified');
    const wanted = await drill({ aboveCeiling: true });
    expect(wanted, said(wanted)).toMatchObject({ status: 'SUCCEEDED' });
    expect(wanted.states).toContain('Drill');
    await app.cloud.putParameter(SWITCH, '{}');
  });

  it('fails by the name of what it found, and says so in a mail, in Slack and on record', async () => {
    // rows that no restore can make right: the source breaks a rule of its own
    await source.query(`ALTER TABLE stories DROP CONSTRAINT stories_project_id_fkey;
      ALTER TABLE stories ADD CONSTRAINT stories_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects (id) NOT VALID;
      SET session_replication_role = replica;
      UPDATE stories SET project_id = gen_random_uuid() WHERE id = (SELECT id FROM stories ORDER BY id LIMIT 1)`);
    const made = await app.backup({ kind: 'daily' });
    expect(made, said(made)).toMatchObject({ status: 'SUCCEEDED' });
    const mails = app.cloud.publications.length;
    const end = await drill({});
    expect(end, said(end)).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.drillFailed });
    expect(end.cause).toMatch(/integrity: .*stories_project_id_fkey/);
    expect(
      app.cloud.publications
        .slice(mails)
        .map(({ message }) => message)
        .join(),
    ).toMatch(/a drill found something wrong.*report\.html/s);
    expect(slack.messages.at(-1)).toMatch(/훈련: DrillFailed/);
    expect(
      (await app.versions('audit/')).filter((key) => /-drill-.*failed/.test(key)).length,
    ).toBeGreaterThan(0);
  });

  it.each([
    ['a target that there is not', { target: 'moon' }, /target/],
    ['a target that is not configured', { target: 'supabase' }, /no supabase\.drill/],
    ['a set id that is none', { backup: 'yesterday' }, /no set id/],
    ['a member that it does not know', { kind: 'daily' }, /kind/],
  ])('refuses %s in words', async (_, input, says) => {
    const end = await drill(input);
    expect(end, said(end)).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.drillInputInvalid });
    expect(end.cause).toMatch(says);
    expect(end.states).not.toContain('Drill');
  });

  it('refuses a set that there is not, and says so', async () => {
    const end = await drill({ backup: 'daily-20200101T000000Z' });
    expect(end, said(end)).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.drillInputInvalid });
    expect(end.cause).toMatch(/NoSuchSetError/);
  });
});
