import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parseEnvironment } from '../../core/environment.ts';
import { WORKFLOW_ERROR } from '../../core/names.ts';
import { addEnvironment } from '../../lib/app.ts';
import { type LocalCloud, startCloud } from '../../local/cloud/cloud.ts';
import { asProcess } from '../../local/cloud/engine-image.ts';
import { adoptDirectory } from '../../local/processes.ts';
import { type LocalS3, startS3 } from '../../local/s3.ts';
import { engine } from '../support/engine.ts';
import { said } from '../support/runs.ts';
import { FLAGS } from '../support/stacks.ts';
import { makeProject, type TestProject } from '../support/storage.ts';

let cloud: LocalCloud;
let s3: LocalS3;
let project: TestProject;
let bucket: string;

beforeAll(async () => {
  [project, s3] = await Promise.all([makeProject(), startS3()]);
  await project.bucket('b');
  for (const name of ['one', 'two']) await project.put('b', name, 'content');
  const outdir = await mkdtemp(join(tmpdir(), 'vpb-cdk-'));
  adoptDirectory(outdir);
  const app = new App({ outdir, context: FLAGS });
  const config = { name: 'e2e', alertEmails: ['a@b.example'], files: { enabled: true } };
  addEnvironment(app, 'e2e', { e2e: parseEnvironment(config, 'a test') });
  app.synth();
  cloud = await startCloud({
    assembly: outdir,
    s3,
    secrets: {
      DATABASE_URL: project.database.url,
      GPG_PUBLIC_KEY: inject('keys').publicKey,
      TARGET_DATABASE_URL: undefined,
      GPG_PRIVATE_KEY: undefined,
      GPG_PASSPHRASE: undefined,
      ...project.storage.env(),
      STORAGE_S3_SESSION_TOKEN: '',
    },
    startImage: asProcess({ PATH: process.env.PATH ?? '' }),
  });
  bucket = cloud.outputs['VideoPlanetBackup-e2e-Vault']?.BucketName ?? '';
});
afterAll(async () => {
  await cloud?.stop();
  await Promise.all([s3.stop(), project.stop()]);
});

const run = (input: unknown) => cloud.start('videoplanet-e2e-files', input).result;
const keys = async (Prefix: string) =>
  ((await s3.client().send(new ListObjectsV2Command({ Bucket: bucket, Prefix }))).Contents ?? []).map(
    ({ Key = '' }) => Key,
  );

describe('the workflow of files', () => {
  it('copies them under the rights of its own task and the guard of the bucket, and records it', async () => {
    const end = await run({ slot: '2026-11-24T18:30:00Z' });
    expect(end, JSON.stringify(end.programs)).toMatchObject({
      status: 'SUCCEEDED',
      states: ['Receive', 'Slot?', 'OfSlot', 'CopyFiles', 'AuditSuccess', 'Copied'],
    });
    expect(await keys('assets/blobs/')).toHaveLength(1);
    expect(await keys('assets/inventories/20261124T183000Z/')).toContain(
      'assets/inventories/20261124T183000Z/manifest.json',
    );
    expect((await keys('audit/')).filter((key) => key.includes('-files-'))).toHaveLength(1);
    expect(cloud.refusals).toEqual([]);
  });

  it('takes the time it is started at where nobody names a slot, and reads nothing again', async () => {
    const end = await run({});
    expect(end, JSON.stringify(end.programs)).toMatchObject({ status: 'SUCCEEDED' });
    const [program] = end.programs.filter(({ state }) => state === 'CopyFiles');
    expect(JSON.parse(program?.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      read: 0,
      unchanged: 2,
    });
    expect(await keys('assets/blobs/')).toHaveLength(1);
  });

  it('what it stored can be restored with the private key', async () => {
    const target = await makeProject();
    const end = await engine(['files', 'restore', 'latest'], {
      ...s3.env,
      BACKUP_BUCKET: bucket,
      DATABASE_URL: target.database.url,
      GPG_PRIVATE_KEY: inject('keys').privateKey,
      ...target.storage.env(),
    });
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { verified: 2 } });
    await target.stop();
  });

  it.each([
    [
      'a file that is not what its row says',
      { slot: '2026-11-26T18:30:00Z' },
      WORKFLOW_ERROR.verificationFailed,
    ],
    ['an input that is no instant', { slot: 'yesterday' }, WORKFLOW_ERROR.configurationInvalid],
  ])('tells of %s', async (_, input, error) => {
    await project.database.query(
      `UPDATE storage.objects SET metadata = '{"size": 99, "eTag": "x"}' WHERE name = 'one'`,
    );
    const before = cloud.publications.length;
    const end = await run(input);
    expect(end, JSON.stringify(end.programs)).toMatchObject({ status: 'FAILED', error });
    const [mail] = cloud.publications.slice(before);
    expect(JSON.stringify(mail)).toMatch(/files backup failed/);
    expect(JSON.stringify(mail)).toMatch(/not every file of Storage is in the backup/);
  });
});
