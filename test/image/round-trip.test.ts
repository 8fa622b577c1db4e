import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { OBJECT } from '../../core/names.ts';
import type { EngineImage } from '../../local/image/image.ts';
import {
  type EngineEnd,
  engineEnv,
  makeBucket,
  makeDatabase,
  SLICE_EVERYTHING,
  type TestBucket,
  type TestDatabase,
  withClient,
} from '../support/engine.ts';
import { buildImage, startInImage } from '../support/image.ts';
import { expectEqual, readManifest, said } from '../support/runs.ts';
import { loadZoo } from '../support/zoo/load.ts';

const BUILD_LIMIT_MS = 900_000;
/** Fargate kills 120 s after SIGTERM; the promise is 20 s. */
const PROMISED_MS = 20_000;

let image: EngineImage;
beforeAll(async () => {
  image = await buildImage();
}, BUILD_LIMIT_MS);

/** What a task of one purpose gets; the programs are the image's own. */
function taskEnv(bucket: TestBucket, source: { url: string }, target?: { url: string }) {
  const { BACKUP_POSTGRES_BINDIRS: _, GPG_PRIVATE_KEY = '', ...writer } = engineEnv(bucket, source, target);
  const config = { BACKUP_CONFIG_JSON: JSON.stringify(SLICE_EVERYTHING) };
  const { GPG_PUBLIC_KEY: _key, ...reader } = writer;
  return { writer: { ...writer, ...config }, reader: { ...reader, ...config, GPG_PRIVATE_KEY } };
}

/** One run, after which its scratch volume must be as empty as it was. */
async function inImage(args: readonly string[], env: Readonly<Record<string, string>>): Promise<EngineEnd> {
  const run = await startInImage(image, args, env);
  try {
    const end = await run.end;
    expect(await readdir(run.scratch)).toEqual([]);
    return end;
  } finally {
    await run.remove();
  }
}

describe.each([15, 17] as const)('a database of PostgreSQL %i that the image backs up', (major) => {
  it('is verified and restored by the image, and comes back equal', async () => {
    const [source, target] = [await makeDatabase(major), await makeDatabase(major)];
    await loadZoo(source.url);
    const bucket = await makeBucket();
    const { writer, reader } = taskEnv(bucket, source, target);
    const made = await inImage(['backup', '--kind', 'daily', '--no-verify'], writer);
    expect(made, said(made)).toMatchObject({ exitCode: 0 });
    expect(
      (await bucket.keys()).filter((key) => key.includes(`/${OBJECT.dataFolder}/`)).length,
    ).toBeGreaterThan(10);
    const read = await inImage(['verify', made.result.id], reader);
    expect(read, said(read)).toMatchObject({ exitCode: 0, result: { depth: 'content', problems: [] } });
    const restored = await inImage(['restore', made.result.id, '--mode', 'full'], reader);
    expect(restored, said(restored)).toMatchObject({ exitCode: 0, result: { notVerified: [] } });
    await expectEqual(major, source.url, target.url);
  });
});

describe.each([15, 17] as const)('a drill of a database of PostgreSQL %i in the image', (major) => {
  it('restores into a server of its own below its scratch volume, and leaves nothing there', async () => {
    const source = await makeDatabase(major);
    await loadZoo(source.url);
    const bucket = await makeBucket();
    const { writer, reader } = taskEnv(bucket, source);
    const made = await inImage(['backup', '--kind', 'daily'], writer);
    expect(made, said(made)).toMatchObject({ exitCode: 0 });
    const drilled = await inImage(['drill'], reader);
    // two rules of integrity are broken in the zoo, on purpose
    const broken = expect.stringMatching(/^integrity: .*:zoo\..*those of the set/);
    expect(drilled, said(drilled)).toMatchObject({
      exitCode: 1,
      result: { failed: [broken, broken], notVerified: [], target: { kind: 'task' } },
    });
  });
});

describe('a set that the image made', () => {
  it('names the clients of PostgreSQL 17 of the image, whatever the server is', async () => {
    const source = await makeDatabase(15);
    const bucket = await makeBucket();
    const made = await inImage(['backup', '--kind', 'daily'], taskEnv(bucket, source).writer);
    expect(made, said(made)).toMatchObject({ exitCode: 0 });
    const manifest = await readManifest(bucket, made.result.id);
    expect(manifest.client).toMatchObject({ postgresMajor: 17, pgDump: expect.stringMatching(/^17\./) });
  });
});

async function untilWaiting(database: TestDatabase): Promise<void> {
  for (;;) {
    const { rows } = await database.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if (rows.length > 0) return;
    await sleep(20);
  }
}

describe('a container that is told to stop', () => {
  it('takes back what it began and ends with exit code 1', async () => {
    const source = await makeDatabase(17);
    await source.query('CREATE TABLE held AS SELECT 1 AS a');
    const bucket = await makeBucket();
    await withClient(source.url, async (holder) => {
      await holder.query('BEGIN; LOCK TABLE held IN ACCESS EXCLUSIVE MODE');
      const run = await startInImage(image, ['backup', '--kind', 'daily'], taskEnv(bucket, source).writer);
      try {
        await untilWaiting(source);
        const told = performance.now();
        run.child.kill('SIGTERM');
        const end = await run.end;
        expect(performance.now() - told).toBeLessThan(PROMISED_MS);
        expect(end, said(end)).toMatchObject({
          exitCode: 1,
          result: { error: { name: 'InterruptedError' } },
        });
        expect(await readdir(run.scratch)).toEqual([]);
      } finally {
        await run.remove();
      }
    });
    expect(await bucket.openUploads()).toBe(0);
    expect((await bucket.keys()).filter((key) => key.endsWith(OBJECT.manifest))).toEqual([]);
  });
});
