import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { parseEnvironment } from '../../core/environment.ts';
import { STORAGE_SECRET } from '../../core/names.ts';
import { may, roleOf } from '../support/policies.ts';
import { definitionsOf, resourcesOf, testApp, testStacks, testTemplates } from '../support/stacks.ts';

const FILES = { files: { enabled: true } };
const off = testTemplates();
const on = testTemplates(FILES);
const BLOB = `assets/blobs/ab/${'a'.repeat(64)}.gpg`;
const IF_ABSENT = { 's3:if-none-match': '*', 's3:ObjectCreationOperation': 'true' };

const secretNames = ({ vault }: typeof on) =>
  resourcesOf(vault, 'AWS::SecretsManager::Secret').map(([, { Properties }]) => String(Properties.Name));
const alarmsOf = ({ operations }: typeof on) =>
  resourcesOf(operations, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => String(Properties.AlarmName));
const schedulesOf = ({ operations }: typeof on) =>
  resourcesOf(operations, 'AWS::Scheduler::Schedule').map(([, { Properties }]) => Properties);

describe('the backup of files', () => {
  it('is not there unless it is asked for', () => {
    expect(secretNames(off).filter((name) => name.endsWith('storage-s3'))).toEqual([]);
    expect(alarmsOf(off).filter((name) => name.includes('/Files/'))).toEqual([]);
    expect(definitionsOf(off.operations)).toHaveLength(3);
  });

  it('has a secret, a task that is given its members, and alarms', () => {
    expect(secretNames(on)).toContain('videoplanet-backup/test/storage-s3');
    expect(
      alarmsOf(on)
        .filter((name) => name.includes('/Files/'))
        .sort(),
    ).toEqual(
      ['Aborted', 'Failing', 'Stale', 'TimedOut'].map(
        (heading) => `videoplanet-backup/test/Files/${heading}`,
      ),
    );
    const [, task] =
      resourcesOf(on.operations, 'AWS::ECS::TaskDefinition').find(([id]) => id.startsWith('EngineFiles')) ??
      [];
    const containers = (task?.Properties.ContainerDefinitions ?? []) as {
      Secrets: { Name: string; ValueFrom: unknown }[];
    }[];
    const members = Object.fromEntries(
      (containers[0]?.Secrets ?? []).map(({ Name, ValueFrom }) => [
        Name,
        /:(\w+)::/.exec(JSON.stringify(ValueFrom))?.[1],
      ]),
    );
    expect(members).toEqual({ ...STORAGE_SECRET, DATABASE_URL: undefined, GPG_PUBLIC_KEY: undefined });
  });

  it('is due after the daily set, in the zone of the environment, or when it is configured', () => {
    const expressions = (templates: typeof on) =>
      schedulesOf(templates).map((each) => each.ScheduleExpression);
    expect(expressions(on)).toContain('cron(30 3 * * ? *)');
    expect(expressions(off)).not.toContain('cron(30 3 * * ? *)');
    const schedule = schedulesOf(on).find((each) => each.ScheduleExpression === 'cron(30 3 * * ? *)');
    expect(schedule).toMatchObject({ ScheduleExpressionTimezone: 'Asia/Seoul', State: 'ENABLED' });
    expect(expressions(testTemplates({ files: { enabled: true, cron: '0 4 * * ? *' } }))).toContain(
      'cron(0 4 * * ? *)',
    );
    expect(() =>
      parseEnvironment({ name: 'x', alertEmails: ['a@b.example'], files: { cron: 'x' } }, 'x'),
    ).toThrow('cron');
  });

  it('may add and read files, touches no set, and deletes nothing', async () => {
    const files = roleOf(on, 'EngineFilesDefinitionTaskRole');
    const asked = (action: string, key?: string, context?: Record<string, string>) =>
      may(on, files, action, key, context);
    expect(await asked('s3:PutObject', BLOB, IF_ABSENT)).toBe(true);
    expect(await asked('s3:GetObject', BLOB)).toBe(true);
    expect(await asked('s3:PutObject', BLOB, { 's3:ObjectCreationOperation': 'true' })).toBe(false);
    expect(await asked('s3:DeleteObject', BLOB)).toBe(false);
    for (const action of ['s3:PutObject', 's3:GetObject'])
      expect(await asked(action, 'daily/20261123T170000Z/rest.dump.zst.gpg', IF_ABSENT)).toBe(false);
    const monitor = roleOf(on, 'FunctionsMonitorRole');
    expect(await may(on, monitor, 's3:GetObject', 'assets/inventories/20261123T170000Z/manifest.json')).toBe(
      true,
    );
    expect(await may(on, monitor, 's3:GetObject', BLOB)).toBe(false);
  });

  it('ends in the failure path from every state, and within its time', () => {
    const [, definition] = definitionsOf(on.operations).find(([id]) => id.startsWith('Files')) ?? [];
    expect(definition?.States.CopyFiles).toMatchObject({
      Resource: expect.stringContaining('ecs:runTask.sync'),
      TimeoutSecondsPath: '$.plan.taskTimeoutSeconds',
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure.backup' }],
    });
    expect(definition?.TimeoutSeconds).toBeGreaterThan(365 * 60);
  });

  it('keeps the rules of AWS Solutions', () => {
    const app = testApp();
    testStacks(FILES, app);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(() => app.synth()).not.toThrow();
  });
});
