import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { parseReport } from '../../core/drill/report.ts';
import { configEnv, engine, engineEnv, makeBucket, makeDatabase } from '../support/engine.ts';
import { backUp, readManifest, readObject, said } from '../support/runs.ts';

it('a set that was verified and is damaged since fails the drill, and bounds no loss', async () => {
  const [source, bucket] = await Promise.all([makeDatabase(15), makeBucket()]);
  await source.query('CREATE TABLE users AS SELECT generate_series(1, 100) AS id');
  const env = {
    ...engineEnv(bucket, source),
    ...(await configEnv({ drill: { pgbench: { enabled: false } } })),
  };
  const older = await backUp(env, '--kind', 'daily', '--slot', '2026-01-01T00:00:00Z');
  const newer = await backUp(env, '--kind', 'daily', '--slot', '2026-01-02T00:00:00Z');
  const { objects } = await readManifest(bucket, newer.id);
  const Key = `daily/20260102T000000Z/${objects.find(({ role }) => role === 'rest')?.key}`;
  const Body = await readObject(bucket, Key);
  Body[Body.length >> 1] = (Body[Body.length >> 1] ?? 0) ^ 1;
  await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body }));
  const end = await engine(['drill'], env);
  expect(end, said(end)).toMatchObject({ exitCode: 1, result: { verdict: 'failed', recoverySeconds: null } });
  const key = String(end.result.report).replace('report.html', 'report.json');
  const report = parseReport((await readObject(bucket, key)).toString());
  expect(report?.set?.id).toBe(newer.id);
  expect(report?.checks.find(({ id }) => id === 'objects')).toMatchObject({ state: 'failed' });
  expect(report?.levels.map(({ newestSet }) => newestSet)).toEqual([older.id]);
});
