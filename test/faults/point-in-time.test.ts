import { PutObjectCommand } from '@aws-sdk/client-s3';
import pg from 'pg';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { engine, makeDatabase, startEngine, type TestDatabase } from '../support/engine.ts';
import { expectEmpty } from '../support/fault-restore.ts';
import { startS3Line } from '../support/fault-s3-proxy.ts';
import { type Levels, makeLevels } from '../support/levels.ts';
import { readObject, said, until } from '../support/runs.ts';

let levels: Levels;
let target: TestDatabase;
let env: Record<string, string>;
beforeAll(async () => {
  levels = await makeLevels(15);
});
beforeEach(async () => {
  target = await makeDatabase(15);
  env = { ...levels.env, TARGET_DATABASE_URL: target.url };
});

const RESTORE = ['restore', 'latest', '--mode', 'full', '--at', '2099-01-01T00:00:00Z'];

describe('a restore of a point in time', () => {
  it('that is stopped while rows give way is taken back', async () => {
    const line = await startS3Line(({ operation, key }) =>
      operation === 'GetObject' && /^important\/.*rest\.dump/.test(key) ? 'hold' : undefined,
    );
    const run = startEngine(RESTORE, { ...env, ...line.env });
    await line.struck;
    // the base's rows are there; nobody may take one out of this table any more
    const holder = new pg.Client(target.url);
    holder.on('error', () => undefined);
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE public.tags IN SHARE MODE');
    line.release();
    const { name } = target;
    await until(async () => {
      const { rows } = await target.query(
        `SELECT FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock' AND query LIKE 'DELETE FROM %tags%'`,
        [name],
      );
      return rows.length === 1;
    });
    run.child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 200));
    await holder.end();
    const end = await run.end;
    expect(end, said(end)).toMatchObject({ exitCode: 1, result: { error: { name: 'InterruptedError' } } });
    await expectEmpty(target);
    await line.stop();
  });

  it('whose newer set is cut off by S3 is taken back', async () => {
    const line = await startS3Line(({ operation, key }) =>
      operation === 'GetObject' && /^critical\/.*rest\.dump/.test(key)
        ? { status: 404, code: 'NoSuchKey' }
        : undefined,
    );
    const end = await engine(RESTORE, { ...env, ...line.env });
    expect(end, said(end)).toMatchObject({
      exitCode: 1,
      result: {
        error: { name: 'ObjectDamagedError', message: expect.stringMatching(/^critical\/.*rest\.dump/) },
      },
    });
    await expectEmpty(target);
    await line.stop();
  });

  it('whose newer set is damaged is taken back; found damaged, the one before is taken', async () => {
    const { client, name } = levels.bucket;
    const [key = ''] = (await levels.bucket.keys('critical/')).filter((each) =>
      each.endsWith('rest.dump.zst.gpg'),
    );
    const whole = await readObject(levels.bucket, key);
    const damaged = Buffer.from(whole);
    damaged[damaged.length - 40] = (damaged[damaged.length - 40] ?? 0) ^ 1;
    await client.send(new PutObjectCommand({ Bucket: name, Key: key, Body: damaged }));
    const end = await engine(RESTORE, env);
    expect(end, said(end)).toMatchObject({
      exitCode: 1,
      result: {
        error: { name: 'ObjectDamagedError', message: expect.stringMatching(/^critical\/.*rest\.dump/) },
      },
    });
    await expectEmpty(target);

    expect(await engine(['verify', levels.critical.id], env)).toMatchObject({ exitCode: 1 });
    const next = await engine(RESTORE, env);
    expect(next, said(next)).toMatchObject({
      exitCode: 2,
      result: { levels: [{ set: levels.daily.id }, { set: levels.important.id }] },
    });
  });
});
