import { execa } from 'execa';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { loadSampleData } from '../../local/sample/load.ts';
import { type DeployedApp, deployApp } from '../support/cloud.ts';
import { describeDatabase, differences } from '../support/compare.ts';
import { makeDatabase, type TestDatabase } from '../support/engine.ts';

let app: DeployedApp;
let database: TestDatabase;
beforeAll(async () => {
  database = await makeDatabase(17);
  [app] = await Promise.all([deployApp(database.url), loadSampleData(database.url, { megabytes: 2 })]);
});
afterAll(() => app.stop());

/** The parameters of RunTask, from a command line of `aws ecs run-task` as a shell reads it. */
async function runTaskParameters(command: string): Promise<unknown> {
  const script = `aws() { printf '%s\\0' "$@"; }; ${command}`;
  const words = (await execa('bash', ['--norc', '-c', script])).stdout.split('\0');
  const option = (name: string) => words[words.indexOf(`--${name}`) + 1] ?? '';
  const network =
    /^awsvpcConfiguration=\{subnets=\[(.+)\],securityGroups=\[(.+)\],assignPublicIp=(\w+)\}$/.exec(
      option('network-configuration'),
    );
  const { containerOverrides } = JSON.parse(option('overrides'));
  expect(words.slice(0, 2)).toEqual(['ecs', 'run-task']);
  return {
    Cluster: option('cluster'),
    TaskDefinition: option('task-definition'),
    LaunchType: option('launch-type'),
    PlatformVersion: option('platform-version'),
    NetworkConfiguration: {
      AwsvpcConfiguration: {
        Subnets: network?.[1]?.split(','),
        SecurityGroups: network?.[2]?.split(','),
        AssignPublicIp: network?.[3],
      },
    },
    Overrides: {
      ContainerOverrides: containerOverrides.map(
        ({ name, command }: { name: string; command: string[] }) => ({
          Name: name,
          Command: command,
        }),
      ),
    },
  };
}

it('the command that the stack prints, as it stands, brings the newest set back into an empty database', async () => {
  expect((await app.backup({ kind: 'daily' })).status).toBe('SUCCEEDED');
  const target = await makeDatabase(17);
  await app.putSecret('target-database-url', target.url);
  await app.putSecret('gpg-private-key', inject('keys').privateKey);
  // a secret cannot be empty, and this key has no passphrase
  await app.putSecret('gpg-passphrase', 'none');
  const { StartRestore = '' } = app.cloud.outputs['VideoPlanetBackup-staging-Operations'] ?? {};
  const end = await app.cloud.runTask(await runTaskParameters(StartRestore));
  expect([end.exitCode, JSON.parse(end.stdout.trimEnd().split('\n').at(-1) ?? '')], end.stderr).toEqual([
    0,
    expect.objectContaining({ outcome: expect.any(String), tables: 18 }),
  ]);
  expect(app.cloud.refusals.filter((refusal) => refusal.includes('Reader'))).toEqual([]);
  const { binDir } = inject('servers')[17];
  const [source, restored] = await Promise.all(
    [database, target].map(({ url }) => describeDatabase({ url, binDir })),
  );
  expect(source && restored && differences(source, restored)).toEqual([]);
});
