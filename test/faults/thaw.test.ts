import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { archive, copyFor, ONGOING, restoreHeader, thawByHand } from '../support/archived.ts';
import {
  type EngineEnd,
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  startEngine,
  type TestBucket,
  type TestDatabase,
} from '../support/engine.ts';
import { expectEmpty } from '../support/fault-restore.ts';
import { type S3Asked, type S3Fault, startS3Line } from '../support/fault-s3-proxy.ts';
import { backUp, restore, said, until } from '../support/runs.ts';

const DUMPS = /\.gpg$/;
let source: TestDatabase;
let target: TestDatabase;
let bucket: TestBucket;
let env: Record<string, string>;
let id = '';

beforeAll(async () => {
  source = await makeDatabase(15);
  await source.query('CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users VALUES (1), (2)');
});
beforeEach(async () => {
  [target, bucket] = await Promise.all([makeDatabase(15), makeBucket()]);
  env = {
    ...engineEnv(bucket, source, target),
    BACKUP_CONFIG_JSON: JSON.stringify({ thaw: { pollSeconds: 0.2 } }),
  };
  ({ id } = await backUp(env, '--kind', 'weekly'));
});

/** Runs the engine while S3 answers as told. */
async function during(
  faultOf: (asked: S3Asked) => S3Fault | undefined,
  args: readonly string[],
  more: Record<string, string> = {},
): Promise<EngineEnd> {
  const line = await startS3Line(faultOf);
  try {
    return await engine(args, { ...env, ...line.env, ...more });
  } finally {
    await line.stop();
  }
}

/** S3 is at it for so many looks at each object after it was asked. */
function atItFor(looks: number, asks: string[] = []): (asked: S3Asked) => S3Fault | undefined {
  const seen = new Map<string, number>();
  return ({ operation, key }) => {
    if (operation === 'RestoreObject') {
      asks.push(key);
      seen.set(key, seen.get(key) ?? 0);
    }
    const before = seen.get(key);
    if (operation !== 'HeadObject' || before === undefined || before >= looks) return undefined;
    seen.set(key, before + 1);
    return ONGOING;
  };
}

const atIt = ({ operation, key }: S3Asked) =>
  operation === 'HeadObject' && DUMPS.test(key) ? ONGOING : undefined;

describe('while S3 is at it', () => {
  it('thaw says so, and what to do; asked again, it asks for nothing again', async () => {
    await archive(bucket, DUMPS);
    const asks: string[] = [];
    const line = await startS3Line(atItFor(2, asks));
    const again = () => engine(['thaw', id], { ...env, ...line.env });
    const thawing = {
      outcome: 'thawing',
      readable: 0,
      waitingFor: 3,
      waitHours: 5,
      costUsd: 0.01,
      next: 'run the same again later, or with --wait, and restore when it says readable',
    };
    expect(await again()).toMatchObject({ exitCode: 2, result: { ...thawing, asked: 3 } });
    expect(await again()).toMatchObject({ exitCode: 2, result: { ...thawing, asked: 0 } });
    expect(await again()).toMatchObject({
      exitCode: 0,
      result: { outcome: 'readable', asked: 0, waitingFor: 0 },
    });
    expect(asks).toHaveLength(3);
    await line.stop();
  });

  it('thaw --wait waits', async () => {
    await archive(bucket, DUMPS, 'DEEP_ARCHIVE');
    const asks: string[] = [];
    const end = await during(atItFor(4, asks), ['thaw', id, '--wait', '--tier', 'bulk']);
    expect(end, said(end)).toMatchObject({
      exitCode: 0,
      result: { outcome: 'readable', tier: 'bulk', asked: 3 },
    });
    expect(end.stderr.match(/waiting for S3/g)).toHaveLength(4);
    expect(asks).toHaveLength(3);
    await restore(env, id);
  });

  it('thaw --wait ends before its run does, and says how things stand', async () => {
    await archive(bucket, DUMPS);
    const end = await during(atIt, ['thaw', id, '--wait'], { BACKUP_RUN_MINUTES: '0.05' });
    expect(end, said(end)).toMatchObject({ exitCode: 2, result: { outcome: 'thawing', waitingFor: 3 } });
  });

  it('a restore is refused, and says that it need only wait', async () => {
    await thawByHand(bucket, await archive(bucket, DUMPS));
    const end = await during(atIt, ['restore', id, '--mode', 'full']);
    expect(end, said(end)).toMatchObject({
      exitCode: 3,
      result: {
        error: {
          name: 'SetArchivedError',
          message: expect.stringMatching(/it takes, 3 are being thawed \(/),
        },
      },
    });
    await expectEmpty(target);
  });

  it('thaw --wait is stopped by a signal', async () => {
    await archive(bucket, DUMPS);
    const line = await startS3Line(atIt);
    const run = startEngine(['thaw', id, '--wait'], { ...env, ...line.env });
    let log = '';
    run.child.stderr?.on('data', (text: string) => {
      log += text;
    });
    await until(async () => log.includes('waiting for S3'));
    run.child.kill('SIGTERM');
    expect(await run.end).toMatchObject({ exitCode: 1, result: { error: { name: 'InterruptedError' } } });
    await line.stop();
  });

  it('a request that is under way already counts as made', async () => {
    await archive(bucket, DUMPS);
    const end = await during(
      ({ operation }) =>
        operation === 'RestoreObject' ? { status: 409, code: 'RestoreAlreadyInProgress' } : undefined,
      ['thaw', id],
    );
    expect(end, said(end)).toMatchObject({
      exitCode: 2,
      result: { outcome: 'thawing', asked: 3, waitingFor: 3 },
    });
  });
});

describe('a copy that ends too soon', () => {
  const endsIn = (minutes: number) => {
    let asked = false;
    return ({ operation, key }: S3Asked): S3Fault | undefined => {
      if (operation === 'RestoreObject') asked = true;
      return operation === 'HeadObject' && !asked && /rest\.dump/.test(key) ? copyFor(minutes) : undefined;
    };
  };

  it('is as good as none for a restore, and is asked for again', async () => {
    await thawByHand(bucket, await archive(bucket, DUMPS));
    const soon = endsIn(90);
    const refused = await during(soon, ['restore', id, '--mode', 'full']);
    expect(refused, said(refused)).toMatchObject({
      exitCode: 3,
      result: {
        error: {
          name: 'SetArchivedError',
          message: expect.stringMatching(
            /it takes, 1 are thawed, but only until 20\S+Z, which is too soon \(.* standard: at once, \$0\.00; /,
          ),
        },
      },
    });
    await expectEmpty(target);
    const planned = await during(soon, ['thaw', id, '--plan']);
    expect(planned).toMatchObject({ exitCode: 0, result: { readable: 2, waitingFor: 1, waitHours: 0 } });
    const thawed = await during(soon, ['thaw', id]);
    expect(thawed, said(thawed)).toMatchObject({ exitCode: 0, result: { outcome: 'readable', asked: 1 } });
  });

  it('is long enough for a run that is short', async () => {
    await thawByHand(bucket, await archive(bucket, DUMPS));
    const short = { BACKUP_RUN_MINUTES: '10' };
    const end = await during(endsIn(90), ['restore', id, '--mode', 'full'], short);
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
  });

  it('or has ended when it is read: the restore is taken back, and the set is not called damaged', async () => {
    const gone = ({ operation, key }: S3Asked): S3Fault | undefined =>
      operation === 'GetObject' && /rest\.dump/.test(key)
        ? { status: 403, code: 'InvalidObjectState' }
        : undefined;
    const end = await during(gone, ['restore', id, '--mode', 'full']);
    expect(end, said(end)).toMatchObject({
      exitCode: 1,
      result: {
        error: {
          name: 'ObjectArchivedError',
          message: expect.stringMatching(/rest\.dump.* is not damaged: thaw/),
        },
      },
    });
    await expectEmpty(target);
    expect(await during(gone, ['verify', id])).toMatchObject({
      exitCode: 1,
      result: { error: { name: 'ObjectArchivedError' } },
    });
    expect((await engine(['list'], env)).result.sets).toMatchObject([{ state: 'verified' }]);
  });
});

describe('an object that S3 does not thaw', () => {
  it('is named, and the others are asked for', async () => {
    const [other = ''] = (await archive(bucket, DUMPS)).filter((key) => key.includes('schema'));
    const end = await during(
      ({ operation, key }) =>
        operation === 'RestoreObject' && /rest\.dump/.test(key)
          ? { status: 403, code: 'AccessDenied' }
          : undefined,
      ['thaw', id, '--wait'],
    );
    expect(end, said(end)).toMatchObject({
      exitCode: 1,
      result: {
        outcome: 'failed',
        asked: 2,
        waitingFor: 1,
        error: {
          name: 'ThawRefusedError',
          message: expect.stringMatching(
            /^1 object cannot be thawed: archive\/\S+\/rest\.dump\.zst\.gpg: .*403 AccessDenied.*check the credentials/,
          ),
        },
      },
    });
    expect(await restoreHeader(bucket, other)).toMatch(/^ongoing-request="false"/);
  });

  it('because it is gone is named, too', async () => {
    const end = await during(
      ({ operation, key }) =>
        operation === 'HeadObject' && /roles/.test(key) ? { status: 404, code: 'NoSuchKey' } : undefined,
      ['thaw', id],
    );
    expect(end, said(end)).toMatchObject({
      exitCode: 1,
      result: { error: { message: expect.stringMatching(/roles\.sql\.zst\.gpg: it is not in the bucket/) } },
    });
  });

  it('of which S3 says nothing at all ends the run', async () => {
    const end = await during(
      ({ operation }) => (operation === 'HeadObject' ? { status: 403, code: 'AccessDenied' } : undefined),
      ['restore', id, '--mode', 'full'],
    );
    expect(end, said(end)).toMatchObject({
      exitCode: 1,
      result: { error: { name: 'StorageError', message: expect.stringMatching(/while looking at s3:/) } },
    });
    await expectEmpty(target);
  });
});
