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

/** What a command line of `aws stepfunctions start-execution` starts, as a shell reads it. */
async function started(command: string): Promise<{ machine: string; input: unknown }> {
  const script = `aws() { printf '%s\\0' "$@"; }; ${command}`;
  const words = (await execa('bash', ['--norc', '-c', script])).stdout.split('\0');
  const option = (name: string) => words[words.indexOf(`--${name}`) + 1] ?? '';
  expect(words.slice(0, 2)).toEqual(['stepfunctions', 'start-execution']);
  return {
    machine: option('state-machine-arn').split(':').at(-1) ?? '',
    input: JSON.parse(option('input')),
  };
}

it('the commands that the stack prints, as they stand, make a set and bring it back into an empty database', async () => {
  const { StartBackup = '', StartRestore = '' } =
    app.cloud.outputs['VideoPlanetBackup-staging-Operations'] ?? {};
  const backup = await started(StartBackup);
  expect((await app.cloud.start(backup.machine, backup.input).result).status).toBe('SUCCEEDED');
  const target = await makeDatabase(17);
  await app.putSecret('target-database-url', target.url);
  await app.putSecret('gpg-private-key', inject('keys').privateKey);
  // a secret cannot be empty, and this key has no passphrase
  await app.putSecret('gpg-passphrase', 'none');
  const { machine, input } = await started(StartRestore);
  const answers = { Integrity: [{ outcome: 'verified', findings: [] }] };
  const end = await app.cloud.start(machine, input, { answers }).result;
  expect(end, JSON.stringify(end.programs)).toMatchObject({
    status: 'SUCCEEDED',
    output: { report: { ended: 'verified', counts: { tables: 18 } } },
  });
  const { binDir } = inject('servers')[17];
  const [source, restored] = await Promise.all(
    [database, target].map(({ url }) => describeDatabase({ url, binDir })),
  );
  expect(source && restored && differences(source, restored)).toEqual([]);
});
