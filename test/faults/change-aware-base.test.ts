import {
  DeleteObjectCommand,
  GetObjectTaggingCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { manifestSha256 } from '../../core/catalog.ts';
import { type Manifest, serializeManifest } from '../../core/manifest.ts';
import { setFolder } from '../../core/set-id.ts';
import { serializeVerification } from '../../core/verification.ts';
import { configEnv, engine, makeDatabase } from '../support/engine.ts';
import { makeKeyPair } from '../support/keys.ts';
import { makeVerification } from '../support/manifests.ts';
import {
  CRITICAL_TABLES,
  expectRowsOf,
  LARGE,
  type Made,
  NOT_COPIED,
  NOT_REUSED,
  nextSet,
  noticesOf,
  prepareReuse,
  REUSE_CONFIG,
  type Reuse,
} from '../support/reuse.ts';
import { readObject, said } from '../support/runs.ts';

const folderOf = ({ manifest }: Made) => setFolder({ kind: manifest.kind, slot: new Date(manifest.slot) });
const sliceOf = (made: Made, table: string) =>
  folderOf(made) + (made.manifest.objects.find(({ slice }) => slice?.table === table)?.key ?? '');

async function put({ bucket }: Reuse, Key: string, Body: string | Buffer): Promise<void> {
  await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body }));
}

async function remove({ bucket }: Reuse, Key: string): Promise<void> {
  await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key }));
}

/** Replaces a set's manifest by another that is whole in itself, and verified. */
async function rewrite(world: Reuse, made: Made, change: (manifest: Manifest) => Manifest): Promise<void> {
  const text = serializeManifest(change(made.manifest));
  await put(world, `${folderOf(made)}manifest.json`, text);
  const verified = { ...makeVerification(made.manifest, 'verified'), manifestSha256: manifestSha256(text) };
  await put(world, `${folderOf(made)}verification.json`, serializeVerification(verified));
}

/** Sets without anything taken over say why, once. */
function expectAllRead(made: Made, because: string): void {
  expect(made.copied).toEqual([]);
  expect(noticesOf(made, NOT_REUSED).map((notice) => notice.because)).toEqual([
    expect.stringContaining(because),
  ]);
}

describe('a base that', () => {
  it('is not there yet, or is of another kind, gives nothing', async () => {
    const world = await prepareReuse(15);
    expectAllRead(await nextSet(world), 'no verified set of the kind among the newest 0');
    expectAllRead(
      await nextSet(world, { kind: 'important' }),
      'no verified set of the kind among the newest 0',
    );
    expect((await nextSet(world, { kind: 'important' })).copied).toEqual(['prompts']);
    const daily = await nextSet(world, { kind: 'daily' });
    expect([daily.copied, noticesOf(daily, NOT_REUSED)]).toEqual([[], []]);
  });

  it('nobody has verified gives nothing, and one before it does', async () => {
    const world = await prepareReuse(17);
    await nextSet(world, { args: ['--no-verify'] });
    expectAllRead(await nextSet(world), 'no verified set');
    const third = await nextSet(world, { args: ['--no-verify'] });
    expect(third.copied).toEqual([...LARGE]);
    const fourth = await nextSet(world);
    const froms = fourth.manifest.tables.map(({ copied }) => copied?.from);
    expect(new Set(froms)).toEqual(new Set(['critical-20261123T001500Z', undefined]));
    await expectRowsOf(world, fourth, 17);
  });

  it('was found damaged gives nothing', async () => {
    const world = await prepareReuse(15);
    const first = await nextSet(world);
    await put(world, sliceOf(first, 'users'), 'not what was there');
    expect(await engine(['verify', first.id], world.env)).toMatchObject({ exitCode: 1 });
    const next = await nextSet(world);
    expectAllRead(next, 'was found damaged');
    await expectRowsOf(world, next, 15);
  });

  it('came before one that was found damaged gives nothing: the damage may have been copied', async () => {
    const world = await prepareReuse(17);
    await nextSet(world);
    const second = await nextSet(world);
    expect(second.copied).toContain('users');
    await put(world, sliceOf(second, 'users'), 'not what was there');
    expect(await engine(['verify', second.id], world.env)).toMatchObject({ exitCode: 1 });
    expectAllRead(await nextSet(world), 'was found damaged');
  });

  it('is not crowded out by slots that are yet to come', async () => {
    const world = await prepareReuse(15);
    await nextSet(world);
    for (let day = 1; day <= 12; day += 1)
      await put(world, `critical/20990201T0000${String(day).padStart(2, '0')}Z/x`, 'x');
    expect((await nextSet(world)).copied).toEqual(['projects', 'scenarios', 'stories', 'users']);
  });

  it('was damaged since it was verified does not pass the damage on', async () => {
    const world = await prepareReuse(17);
    const first = await nextSet(world);
    const other = await readObject(world.bucket, sliceOf(first, 'stories'));
    await put(world, sliceOf(first, 'users'), other);
    const next = await nextSet(world);
    expect(next.copied).toEqual(['projects', 'scenarios', 'stories']);
    expect(noticesOf(next, NOT_COPIED)).toMatchObject([
      {
        // a warning: the set that is damaged is one that people count on
        level: 40,
        table: 'public.users',
        because: expect.stringMatching(/SHA-256 of its copy is .*, expected/),
      },
    ]);
    const read = await engine(['verify', next.id], world.env);
    expect(read, said(read)).toMatchObject({ exitCode: 0, result: { depth: 'content', problems: [] } });
    await expectRowsOf(world, next, 17);
  });

  it('lost an object gives the others', async () => {
    const world = await prepareReuse(15);
    const first = await nextSet(world);
    await remove(world, sliceOf(first, 'scenarios'));
    const next = await nextSet(world);
    expect(next.copied).toEqual(['projects', 'stories', 'users']);
    expect(noticesOf(next, NOT_COPIED)).toMatchObject([
      { table: 'public.scenarios', because: expect.stringContaining('it is gone from the bucket') },
    ]);
    await expectRowsOf(world, next, 15);
  });

  it('is marked to expire gives copies without the mark', async () => {
    const world = await prepareReuse(17);
    const first = await nextSet(world);
    const TagSet = [{ Key: 'retention', Value: 'expired' }];
    for (const key of await world.bucket.keys(folderOf(first)))
      await world.bucket.client.send(
        new PutObjectTaggingCommand({ Bucket: world.bucket.name, Key: key, Tagging: { TagSet } }),
      );
    const next = await nextSet(world);
    expect(next.copied).toEqual([...LARGE]);
    const keys = await world.bucket.keys(folderOf(next));
    const tags = await Promise.all(
      keys.map((Key) =>
        world.bucket.client.send(new GetObjectTaggingCommand({ Bucket: world.bucket.name, Key })),
      ),
    );
    expect(keys.length).toBeGreaterThan(LARGE.length);
    expect(tags.flatMap((answer) => answer.TagSet)).toEqual([]);
  });

  it.each([
    ['the version of this product', (manifest: Manifest) => ({ ...manifest, productVersion: '0.0.9' })],
    [
      'the version of the server',
      (manifest: Manifest) => ({ ...manifest, source: { ...manifest.source, serverVersionNum: 140012 } }),
    ],
    [
      'the encoding',
      (manifest: Manifest) => ({ ...manifest, source: { ...manifest.source, collate: 'ko_KR.UTF-8' } }),
    ],
  ])('differs in %s gives nothing', async (what, change) => {
    const world = await prepareReuse(15);
    await rewrite(world, await nextSet(world), change);
    expectAllRead(await nextSet(world), `${what} is another`);
  });

  it('is of a time that is yet to come is passed over for an older one', async () => {
    const world = await prepareReuse(17);
    await nextSet(world);
    const second = await nextSet(world);
    const time = new Date(Date.now() + 3_600_000).toISOString();
    await rewrite(world, second, (manifest) => ({ ...manifest, snapshot: { ...manifest.snapshot, time } }));
    const third = await nextSet(world);
    expect(third.copied).toEqual([...LARGE]);
    expect(third.manifest.tables[0]?.copied?.from).toBe('critical-20261123T000000Z');
  });

  it('is of another database of the same tables and rows gives nothing', async () => {
    const world = await prepareReuse(15);
    await nextSet(world);
    const other = await makeDatabase(15);
    await other.query(CRITICAL_TABLES);
    expectAllRead(await nextSet(world, { env: { DATABASE_URL: other.url } }), 'the database is another');
  });

  it('is encrypted to others gives nothing: who may read the new set is for the keys of today to say', async () => {
    const world = await prepareReuse(17);
    await nextSet(world);
    const { publicKey } = await makeKeyPair('another');
    const env = { GPG_PUBLIC_KEY: `${publicKey}\n${world.env.GPG_PUBLIC_KEY}` };
    expectAllRead(await nextSet(world, { env }), 'the key of a recipient is another');
    expect((await nextSet(world, { env })).copied).toEqual([...LARGE]);
  });

  it('has counts and no hashes gives nothing, nor does it take anything', async () => {
    const world = await prepareReuse(15);
    const counts = await configEnv({ ...REUSE_CONFIG, backup: { workers: 2, checksums: 'counts' } });
    const first = await nextSet(world, { env: counts });
    expect((await nextSet(world, { env: counts })).copied).toEqual([]);
    expect(first.manifest.tables.every(({ storedIn }) => storedIn === 'rest')).toBe(true);
    expectAllRead(await nextSet(world), 'rows are counted and not hashed');
    expect((await nextSet(world)).copied).toEqual([...LARGE]);
  });
});

describe('taking over', () => {
  it('can be switched off', async () => {
    const world = await prepareReuse(15);
    const off = { ...REUSE_CONFIG, backup: { workers: 2, reuse: { enabled: false } } };
    await nextSet(world);
    const made = await nextSet(world, { env: await configEnv(off) });
    expect([made.copied, noticesOf(made, NOT_REUSED)]).toEqual([[], []]);
    expect(made.manifest.tables.every(({ storedIn }) => storedIn === 'rest')).toBe(true);
  });

  it('keeps the time at which rows were read, and ends when that is too long ago', async () => {
    const world = await prepareReuse(17);
    const first = await nextSet(world);
    const readAt = first.manifest.snapshot.time;
    await world.query(`UPDATE users SET title = 'x' WHERE id = 1`);
    const second = await nextSet(world);
    const third = await nextSet(world);
    const times = ({ manifest }: Made) => manifest.tables.map(({ name, copied }) => [name, copied?.readAt]);
    expect(times(second)).toEqual([
      ...['projects', 'scenarios', 'stories'].map((name) => [name, readAt]),
      ['tiny', undefined],
      ['users', undefined],
    ]);
    expect(times(third)).toEqual([
      ...['projects', 'scenarios', 'stories'].map((name) => [name, readAt]),
      ['tiny', undefined],
      ['users', second.manifest.snapshot.time],
    ]);
    // the rows of users are younger than this by the time that lies between the two sets, the others are not
    const hours = (Date.now() - Date.parse(second.manifest.snapshot.time) + 60_000) / 3_600_000;
    const dayLater = (manifest: Manifest): Manifest => ({
      ...manifest,
      tables: manifest.tables.map((table) =>
        table.copied === undefined || table.name === 'users'
          ? table
          : { ...table, copied: { ...table.copied, readAt: new Date(Date.now() - 7_200_000).toISOString() } },
      ),
    });
    await rewrite(world, third, dayLater);
    const reuse = { rereadAfterHours: 1 + hours };
    const env = await configEnv({ ...REUSE_CONFIG, backup: { workers: 2, reuse } });
    const fourth = await nextSet(world, { env });
    expect(fourth.copied).toEqual(['users']);
    await expectRowsOf(world, fourth, 17);
  });

  it('leaves a set that stands by itself: its base can go', async () => {
    const world = await prepareReuse(15);
    const first = await nextSet(world);
    const second = await nextSet(world);
    for (const key of await world.bucket.keys(folderOf(first))) await remove(world, key);
    const read = await engine(['verify', second.id], world.env);
    expect(read, said(read)).toMatchObject({
      exitCode: 0,
      result: { outcome: 'verified', depth: 'content' },
    });
    const target = await makeDatabase(17);
    await target.query(CRITICAL_TABLES.replaceAll('400', '5'));
    const args = [
      'restore',
      second.id,
      '--mode',
      'table',
      '--tables',
      LARGE.join(','),
      '--strategy',
      'replace',
    ];
    const confirm = ['--confirm', target.name];
    const restored = await engine([...args, ...confirm], { ...world.env, TARGET_DATABASE_URL: target.url });
    expect(restored, said(restored)).toMatchObject({ exitCode: 0 });
    await expectRowsOf(
      { ...world, url: target.url },
      { ...second, manifest: withoutTiny(second.manifest) },
      17,
    );
  });
});

function withoutTiny(manifest: Manifest): Manifest {
  return { ...manifest, tables: manifest.tables.filter(({ name }) => name !== 'tiny') };
}
