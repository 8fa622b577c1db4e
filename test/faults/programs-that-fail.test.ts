import { beforeAll, describe, expect, it } from 'vitest';
import { engine, type TestDatabase } from '../support/engine.ts';
import { clientsWith, pathWith } from '../support/fault-programs.ts';
import { expectFailedCleanly, makeSource, prepareRun } from '../support/fault-run.ts';

let source: TestDatabase;
beforeAll(async () => {
  source = await makeSource();
});

/** Only the archive of rows: the structure before it goes well, as it does when a dump dies later. */
const onRows = (body: string) => `case "$*" in *--section=data*) ${body};; *) exec "$REAL" "$@";; esac`;

describe('a pg_dump that goes wrong is no backup', () => {
  it.each([
    ['writes nothing and exits 1', 'exit 1'],
    ['writes a part and exits 1', onRows('"$REAL" "$@" | head -c 3000; exit 1')],
    ['writes everything and exits 1', onRows('"$REAL" "$@"; exit 1')],
    ['is killed before its first byte', onRows('kill -9 $$')],
    ['is killed in the middle', onRows('"$REAL" "$@" | head -c 3000; kill -9 $$')],
    ['is killed after its last byte', onRows('"$REAL" "$@"; kill -9 $$')],
  ])('when it %s', async (_, body) => {
    const run = await prepareRun(source);
    const end = await engine(['backup', '--kind', 'daily'], { ...run.env, ...(await clientsWith(body)) });
    await expectFailedCleanly(run, end, 'ProgramFailedError');
    expect(end.result.error.message).toMatch(/^pg_dump (ended with exit code 1|was killed by SIGKILL)/);
  });
});

describe('a gpg or zstd that goes wrong is no backup', () => {
  const encrypting = (body: string) => `case "$*" in *--encrypt*) ${body};; *) exec "$REAL" "$@";; esac`;
  it.each([
    ['gpg', 'ends half way with exit code 2', encrypting('"$REAL" "$@" | head -c 200000; exit 2')],
    ['gpg', 'is killed at the end', encrypting('"$REAL" "$@"; kill -9 $$')],
    ['zstd', 'writes nothing and exits 1', 'cat > /dev/null; exit 1'],
    ['zstd', 'is killed in the middle', '"$REAL" "$@" | head -c 200000; kill -9 $$'],
  ] as const)('when %s %s', async (program, _, body) => {
    const run = await prepareRun(source);
    const end = await engine(['backup', '--kind', 'daily'], {
      ...run.env,
      ...(await pathWith(program, body)),
    });
    await expectFailedCleanly(run, end, 'ProgramFailedError');
    expect(end.result.error.message).toMatch(new RegExp(`^${program} `));
  });
});
