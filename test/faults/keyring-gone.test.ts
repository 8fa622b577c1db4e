import { readdir } from 'node:fs/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../support/engine.ts';
import { expectError, expectNothingLeft, runIn, startIn } from '../support/fault-guard.ts';
import { type FaultRun, makeSource, prepareRun } from '../support/fault-run.ts';
import { type S3Asked, type S3Fault, type S3Line, startS3Line } from '../support/fault-s3-proxy.ts';
import { said, until } from '../support/runs.ts';

let source: TestDatabase;
/** With one set. */
let run: FaultRun;
let id: string;
let slots = 0;
beforeAll(async () => {
  source = await makeSource();
  run = await prepareRun(source);
  id = (await runIn(run, ['backup', '--kind', 'daily'])).result.id;
});

let line: S3Line | undefined;
afterEach(() => line?.stop());

/** The verbs that hold keys, and where S3 can hold each: while it works with them. */
const VERBS: [
  string,
  () => Promise<{ args: string[]; env?: Record<string, string> }>,
  (asked: S3Asked) => boolean,
][] = [
  [
    'backup',
    async () => {
      slots += 1;
      return { args: ['backup', '--kind', 'daily', '--slot', `2026-01-01T00:${10 + slots}:00Z`] };
    },
    ({ operation }) => operation === 'UploadPart',
  ],
  ['verify', async () => ({ args: ['verify', id] }), isData],
  [
    'restore',
    async () => ({
      args: ['restore', id, '--mode', 'full'],
      env: { TARGET_DATABASE_URL: (await makeDatabase(15)).url },
    }),
    isData,
  ],
];

function isData({ operation, key }: S3Asked): boolean {
  return operation === 'GetObject' && key.includes('/data/');
}

/** Starts a verb and waits until S3 holds it back; its keyring is there then. */
async function heldAt(
  { args, env = {} }: { args: string[]; env?: Record<string, string> },
  isHit: (asked: S3Asked) => boolean,
  fault: S3Fault = 'hold',
) {
  line = await startS3Line((asked) => (isHit(asked) ? fault : undefined));
  const started = startIn(run, args, { ...line.env, ...env });
  await line.struck;
  return started;
}

async function untilKeyring(): Promise<void> {
  await until(async () => (await readdir(run.tmp)).some((name) => name.startsWith('vpb-gpg-')));
}

describe.each(VERBS)('the keyring of a %s is gone', (_, make, isHit) => {
  it('when it has gone well', async () => {
    const { args, env = {} } = await make();
    const end = await runIn(run, args, env);
    expect(end, said(end)).toMatchObject({ exitCode: 0 });
  });

  it('when it has failed', async () => {
    const { end } = await heldAt(await make(), isHit, { status: 403, code: 'AccessDenied' });
    const ended = await end;
    expectError(ended, 1, 'StorageError', /403 AccessDenied/);
    await expectNothingLeft(run, ended);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'when it was told to end in the middle: %s',
    async (signal) => {
      const { child, end } = await heldAt(await make(), isHit);
      await untilKeyring();
      child.kill(signal);
      const ended = await end;
      expectError(ended, 1, 'InterruptedError', new RegExp(signal));
      await expectNothingLeft(run, ended);
    },
  );

  it('when it was told to end as soon as the keyring was there', async () => {
    const { args, env = {} } = await make();
    const { child, end } = startIn(run, args, env);
    await untilKeyring();
    child.kill('SIGTERM');
    child.kill('SIGHUP');
    const ended = await end;
    expectError(ended, 1, 'InterruptedError', /SIG(TERM|HUP)/);
    await expectNothingLeft(run, ended);
  });
});

describe('the keyring of a run that gives up taking back is gone', () => {
  it.each<[string, () => Promise<string[]>, RegExp]>([
    [
      'a backup that waits for its manifest',
      async () => (await VERBS[0]?.[1]())?.args ?? [],
      /manifest\.json$/,
    ],
    ['a verification that waits for its finding', async () => ['verify', id], /verification\.json$/],
  ])('%s', async (_, args, key) => {
    const held = (asked: S3Asked) => asked.operation === 'PutObject' && key.test(asked.key);
    const { child, end } = await heldAt({ args: await args() }, held);
    await untilKeyring();
    child.kill('SIGTERM');
    const ended = await end;
    expectError(ended, 1, 'InterruptedError', /did not end within 14 s/);
    await expectNothingLeft(run, ended);
  });
});
