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

/** Only the archive of the structure. */
const onStructure = (body: string) =>
  `case "$*" in *--section=pre-data*) ${body};; *) exec "$REAL" "$@";; esac`;

describe('a pg_dump that says it went well, and has not written its archive, is no backup', () => {
  const noise = 'head -c 20000 /dev/urandom';
  const less = (bytes: number) => `"$REAL" "$@" | head -c -${bytes}`;
  it.each<[string, string, RegExp]>([
    ['nothing at all', 'exit 0', /(schema|rest)\.dump.*pg_restore cannot read it/],
    ['no structure', onStructure('exit 0'), /schema\.dump.*pg_restore cannot read it/],
    ['noise for the structure', onStructure(noise), /schema\.dump.*pg_restore cannot read it/],
    ['half of the structure', onStructure(less(1500)), /schema\.dump.*pg_restore cannot read it/],
    ['the structure without its last byte', onStructure(less(1)), /schema\.dump.*pg_restore cannot read it/],
    ['no rows', onRows('exit 0'), /rest\.dump.*pg_restore cannot read it/],
    ['noise for the rows', onRows(noise), /rest\.dump.*pg_restore cannot read it/],
    ['some of the rows', onRows(less(700)), /rest\.dump.*pg_restore cannot read it/],
    ['the rows without the last byte', onRows(less(1)), /rest\.dump.*pg_restore cannot read it/],
    ['SQL for the rows', onRows('"$REAL" "$@" --format=plain'), /rest\.dump.*pg_restore cannot read it/],
    [
      'a structure that lacks a table',
      onStructure('"$REAL" "$@" --exclude-table=small'),
      /schema\.dump.*no TABLE entry for public\.small;/,
    ],
    [
      'rows that lack a table',
      onRows('"$REAL" "$@" --exclude-table-data=small'),
      /rest\.dump.*no TABLE DATA entry for public\.small;/,
    ],
  ])('when it wrote %s', async (_, body, says) => {
    const run = await prepareRun(source);
    const end = await engine(['backup', '--kind', 'daily'], { ...run.env, ...(await clientsWith(body)) });
    await expectFailedCleanly(run, end, 'ArchiveIncompleteError');
    expect(end.result.error.message).toMatch(says);
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

describe('a zstd that says it went well, and has not compressed what it got, is no backup', () => {
  const packing = (body: string) => `case "$*" in *--test*) exec "$REAL" "$@";; *) ${body};; esac`;
  it.each<[string, string, RegExp]>([
    ['nothing at all', 'cat > /dev/null', /nothing whole comes out again/],
    ['noise', 'cat > /dev/null; head -c 20000 /dev/urandom', /nothing whole comes out again/],
    ['what it got, as it was', 'cat', /nothing whole comes out again/],
    ['half of it', '"$REAL" "$@" | head -c 2000', /nothing whole comes out again/],
    ['all but the last byte', '"$REAL" "$@" | head -c -1', /nothing whole comes out again/],
    ['half of what it got', 'head -c 500 | "$REAL" "$@"', /500 bytes come out again, expected \d+/],
    ['something else', 'cat > /dev/null; echo "SELECT" | "$REAL" "$@"', /7 bytes come out again/],
  ])('when it wrote %s', async (_, body, says) => {
    const run = await prepareRun(source);
    const end = await engine(['backup', '--kind', 'daily'], {
      ...run.env,
      ...(await pathWith('zstd', packing(body))),
    });
    await expectFailedCleanly(run, end, 'CompressionFailedError');
    expect(end.result.error.message).toMatch(says);
  });
});
