import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseSetId, setFolder } from '../../core/set-id.ts';
import { engine, startEngine } from '../support/engine.ts';
import { type S3Asked, type S3Fault, type S3Line, startS3Line } from '../support/fault-s3-proxy.ts';
import {
  expectRowsOf,
  LARGE,
  NOT_COPIED,
  NOT_REUSED,
  nextSet,
  noticesOf,
  prepareReuse,
  type Reuse,
} from '../support/reuse.ts';
import { readManifest, said, until } from '../support/runs.ts';

let line: S3Line | undefined;
afterEach(() => line?.stop());

const isCopy = ({ operation }: S3Asked) => operation === 'CopyObject';
const always = (fault: S3Fault) => (asked: S3Asked) => (isCopy(asked) ? fault : undefined);

/** The next set, behind an S3 that does as told; fewer attempts, so that what fails for good does so soon. */
async function behind(world: Reuse, faultOf: (asked: S3Asked) => S3Fault | undefined) {
  line = await startS3Line(faultOf);
  const made = await nextSet(world, { env: { ...line.env } });
  await line.struck;
  return made;
}

describe('an S3 that', () => {
  // whatever happens, the set is whole, and so the base of the one after it
  let world: Reuse;
  beforeAll(async () => {
    world = await prepareReuse(15);
    await nextSet(world);
  });

  it.each([
    ['is out of order', { status: 500, code: 'InternalError' }, '500 InternalError'],
    ['forbids it', { status: 403, code: 'AccessDenied' }, '403 AccessDenied'],
    ['finds no source', { status: 404, code: 'NoSuchKey' }, 'it is gone from the bucket'],
    ['finds the bucket gone', { status: 404, code: 'NoSuchBucket' }, '404 NoSuchBucket'],
    ['knows no copies', { status: 501, code: 'NotImplemented' }, '501 NotImplemented'],
    ['has the source in an archive', { status: 403, code: 'InvalidObjectState' }, 'InvalidObjectState'],
    ['does it and never says so', 'lose-answer', 'ECONNRESET'],
    [
      'says 200 and then that it failed',
      {
        answer: {
          status: 200,
          type: 'application/xml',
          body: '<Error><Code>InternalError</Code><Message>as told</Message></Error>',
        },
      },
      'InternalError',
    ],
    [
      'is no S3',
      { answer: { status: 200, type: 'text/html', body: '<html>sign in</html>' } },
      'no answer of S3',
    ],
  ] as [string, S3Fault, string][])('%s at every copy makes every table read', async (_, fault, because) => {
    const made = await behind(world, always(fault));
    expect(made.copied).toEqual([]);
    expect(made.result).toMatchObject({ outcome: 'verified', tablesRead: 5 });
    const notices = noticesOf(made, NOT_COPIED);
    expect(notices[0]?.because).toContain(because);
    // what keeps S3 from three tables is not tried with all of them
    expect(notices.length).toBeLessThanOrEqual(LARGE.length);
    await expectRowsOf(world, made, 15);
  });

  it('fails each copy once makes none read', async () => {
    const made = await behind(world, (asked) =>
      isCopy(asked) && asked.attempt === 1 ? { status: 503, code: 'SlowDown' } : undefined,
    );
    expect([made.copied, noticesOf(made, NOT_COPIED)]).toEqual([[...LARGE], []]);
    await expectRowsOf(world, made, 15);
  });

  it('copies, loses the answer and then finds the key taken, is understood: it is our own copy', async () => {
    const made = await behind(world, (asked) => {
      if (!isCopy(asked)) return undefined;
      return asked.attempt === 1 ? 'lose-answer' : { status: 412, code: 'PreconditionFailed' };
    });
    expect([made.copied, noticesOf(made, NOT_COPIED)]).toEqual([[...LARGE], []]);
    await expectRowsOf(world, made, 15);
  });

  it('has the key already, with the same content or with another, is not written over', async () => {
    const taken: S3Fault = { status: 412, code: 'PreconditionFailed' };
    const made = await behind(world, always(taken));
    expect(made.copied).toEqual([]);
    expect(noticesOf(made, NOT_COPIED)[0]?.because).toContain('exists already with other content');
    expect(made.manifest.objects.filter(({ slice }) => slice !== undefined).map(({ key }) => key)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^read\/data\//)]),
    );
    await expectRowsOf(world, made, 15);
  });

  it('takes its time over each copy is waited for', async () => {
    const made = await behind(world, always({ delayMs: 1500 }));
    expect(made.copied).toEqual([...LARGE]);
  });

  it('does not list sets makes every table read', async () => {
    const made = await behind(world, ({ operation }) =>
      operation === 'ListObjects' ? { status: 403, code: 'AccessDenied' } : undefined,
    );
    expect(made.copied).toEqual([]);
    expect(noticesOf(made, NOT_REUSED)).toMatchObject([{ because: expect.stringContaining('listing') }]);
  });

  it('does not give the manifest of the newest set makes an older one the base', async () => {
    const [older, newest] = [await nextSet(world), await nextSet(world)];
    const key = `${setFolder(parseSetId(newest.id))}manifest.json`;
    const made = await behind(world, (asked) =>
      asked.operation === 'GetObject' && asked.key === key
        ? { status: 403, code: 'AccessDenied' }
        : undefined,
    );
    expect(made.copied).toEqual([...LARGE]);
    expect(made.manifest.tables[0]?.copied?.from).toBe(older.id);
  });
});

describe('a run that', () => {
  it('is stopped while it copies leaves no manifest, and the next one makes the set', async () => {
    const world = await prepareReuse(17);
    await nextSet(world);
    line = await startS3Line(always('hold'));
    const slot = ['--slot', world.nextSlot()];
    const run = startEngine(['backup', '--kind', 'critical', ...slot], { ...world.env, ...line.env });
    await line.struck;
    run.child.kill('SIGTERM');
    const end = await run.end;
    expect(end, said(end)).toMatchObject({ exitCode: 1, result: { error: { name: 'InterruptedError' } } });
    const keys = await world.bucket.keys('critical/20261123T001500Z/');
    expect(keys.filter((key) => key.endsWith('manifest.json'))).toEqual([]);
    expect(await world.bucket.openUploads()).toBe(0);
    const again = await engine(['backup', '--kind', 'critical', ...slot], world.env);
    expect(again, said(again)).toMatchObject({ exitCode: 0, result: { tablesCopied: 4, existing: false } });
    const manifest = await readManifest(world.bucket, again.result.id);
    await expectRowsOf(world, { ...again, id: again.result.id, manifest, copied: [] }, 17);
  });

  it('comes second to its slot while the first copies ends with the set of the first', async () => {
    const world = await prepareReuse(15);
    await nextSet(world);
    line = await startS3Line(always({ delayMs: 1500 }));
    const args = ['backup', '--kind', 'critical', '--slot', world.nextSlot()];
    const runs = [
      startEngine(args, { ...world.env, ...line.env }),
      startEngine(args, { ...world.env, ...line.env }),
    ];
    const ends = await Promise.all(runs.map(({ end }) => end));
    expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(ends.map(({ result }) => result.existing).sort()).toEqual([false, true]);
    const keys = await world.bucket.keys('critical/20261123T001500Z/');
    expect(keys.filter((key) => key.endsWith('manifest.json'))).toHaveLength(1);
  });

  it('has hundreds of tables to copy asks for no more at once than it has workers', async () => {
    const many = Array.from({ length: 120 }, (_, i) => `t${i}`);
    const sql = many
      .map(
        (name) =>
          `CREATE TABLE ${name} (id int PRIMARY KEY, n int UNIQUE, body text); INSERT INTO ${name} VALUES (1, 1, repeat('x', 2000))`,
      )
      .join(';');
    const config = { levels: { critical: many }, backup: { workers: 3, reuse: { minTableKiB: 4 } } };
    const world = await prepareReuse(15, sql, config);
    await nextSet(world, { args: ['--no-verify'] });
    expect(await engine(['verify', 'critical-20261123T000000Z'], world.env)).toMatchObject({ exitCode: 0 });
    let begun = 0;
    const held = await startS3Line((asked) => {
      if (!isCopy(asked)) return undefined;
      begun += 1;
      return 'hold';
    });
    line = held;
    const making = nextSet(world, { env: { ...held.env }, args: ['--no-verify'] });
    await until(async () => begun >= 3);
    await sleep(1000);
    expect(begun).toBe(3);
    held.release();
    const made = await making;
    expect(made.result).toMatchObject({ tablesCopied: 120, tablesRead: 0 });
  });
});
