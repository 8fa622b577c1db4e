import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { parseReport } from '../../core/drill/report.ts';
import { clientsEnv, makeDatabase, type TestDatabase } from '../support/engine.ts';
import { startIn } from '../support/fault-guard.ts';
import { type FaultRun, prepareRun } from '../support/fault-run.ts';
import { backUp, readObject, said } from '../support/runs.ts';

const QUICK = { drill: { dataLoss: false, pgbench: { enabled: false } } };
/** A drill that stays for as long as a test needs, with a query in the server it has made. */
const LASTING = {
  drill: { ...QUICK.drill, sqlProbes: [{ name: 'lasts', query: 'SELECT pg_sleep(50)' }] },
};

let source: TestDatabase;
let bucket: FaultRun['bucket'];
beforeAll(async () => {
  source = await makeDatabase(15);
  await source.query('CREATE TABLE films AS SELECT g AS id FROM generate_series(1, 100) g');
  const run = await prepareRun(source, QUICK);
  bucket = run.bucket;
  await backUp(run.env);
});

/** A drill of the set with a TMPDIR of its own, which the server's user can reach. */
async function prepare(config: unknown = LASTING): Promise<FaultRun> {
  const run = await prepareRun(source, config);
  await chmod(run.tmp, 0o1777);
  return { ...run, bucket, env: { ...run.env, ...bucket.env } };
}

/** Processes that work below a directory, as every process of a server works in its data. */
async function working(below: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const folder = await readlink(`/proc/${pid}/cwd`).catch(() => '');
      return folder.startsWith(`${below}/`) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}

/** Waits until a server is there, and one of its processes does something. @returns the process of the whole server */
async function untilAsked(tmp: string): Promise<number> {
  for (;;) {
    const pids = await working(tmp);
    const titles = await Promise.all(
      pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
    );
    const main = titles.findIndex((title) => title.includes('\0-D\0'));
    if (main >= 0 && titles.some((title) => /vpb_drill .* FETCH/.test(title))) return pids[main] ?? 0;
    await sleep(20);
  }
}

async function untilNothing(tmp: string): Promise<void> {
  while ((await working(tmp)).length > 0 || (await serversIn(tmp)).length > 0) await sleep(50);
}

async function serversIn(tmp: string): Promise<string[]> {
  return (await readdir(tmp)).filter((name) => name.startsWith('vpb-sql-'));
}

describe('the server of a drill goes with the engine', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'that %s stops, which says so in a report',
    async (signal) => {
      const run = await prepare();
      const { child, end } = startIn(run, ['drill']);
      await untilAsked(run.tmp);
      child.kill(signal);
      const ended = await end;
      expect(ended, said(ended)).toMatchObject({
        exitCode: 1,
        result: { error: { name: 'InterruptedError' } },
      });
      expect(await working(run.tmp)).toEqual([]);
      expect(await readdir(run.tmp)).toEqual([]);
      const report = await reportOf(ended.result.report);
      expect(report?.checks.find(({ id }) => id === 'clean-up')).toMatchObject({ state: 'verified' });
    },
  );

  it('that is killed, and so does all that it had on the disk', async () => {
    const run = await prepare();
    const { child, end } = startIn(run, ['drill']);
    await untilAsked(run.tmp);
    child.kill('SIGKILL');
    await end;
    await untilNothing(run.tmp);
  });

  it('that is killed before the server is made', async () => {
    const run = await prepare();
    const { child, end } = startIn(run, ['drill']);
    while ((await serversIn(run.tmp)).length === 0) await sleep(1);
    const [name = ''] = await serversIn(run.tmp);
    while ((await stat(join(run.tmp, name, 'd', 'data')).catch(() => undefined)) === undefined)
      await sleep(1);
    child.kill('SIGKILL');
    await end;
    await untilNothing(run.tmp);
  });
});

describe('a server of a drill that ends by itself', () => {
  it('is named as what went wrong, and nothing of it stays', async () => {
    const run = await prepare();
    const { end } = startIn(run, ['drill']);
    process.kill(await untilAsked(run.tmp), 'SIGKILL');
    const ended = await end;
    expect(ended, said(ended)).toMatchObject({ exitCode: 1, result: { verdict: 'failed' } });
    const report = await reportOf(ended.result.report);
    expect(report?.checks.find(({ id }) => id === 'clean-up')).toMatchObject({
      state: 'failed',
      findings: [
        expect.stringMatching(
          /had ended before the drill did; .*; what is known: postgres was killed by SIGKILL \(out of memory\?\)/,
        ),
      ],
    });
    expect(await working(run.tmp)).toEqual([]);
    expect(await readdir(run.tmp)).toEqual([]);
  });
});

describe('a server of a drill that loses one of its processes', () => {
  it('is no restored database any more, and what it was asked is not told', async () => {
    const run = await prepare();
    const { end } = startIn(run, ['drill']);
    await untilAsked(run.tmp);
    for (const pid of await working(run.tmp)) {
      const title = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (/vpb_drill .* FETCH/.test(title)) process.kill(pid, 'SIGKILL');
    }
    const ended = await end;
    expect(ended, said(ended)).toMatchObject({ exitCode: 1, result: { verdict: 'failed' } });
    expect(ended.result.failed).toEqual([
      expect.stringMatching(/^sql-probes: lasts: .*(terminated|crash|shut)/i),
    ]);
    expect(await readdir(run.tmp)).toEqual([]);
  });
});

describe('a drill that can make no server', () => {
  it('of a version as new as the source says which it has found, and what to do', async () => {
    const newer = await makeDatabase(17);
    const run = await prepareRun(newer, QUICK);
    await backUp(run.env);
    // the clients of both, and the server of the older one
    const folder = await mkdtemp(join(tmpdir(), 'vpb-bin-'));
    for (const program of ['pg_dump', 'pg_restore'])
      await symlink(join(inject('servers')[17].binDir, program), join(folder, program));
    const BACKUP_POSTGRES_BINDIRS = `${folder}:${clientsEnv(15).BACKUP_POSTGRES_BINDIRS}`;
    const end = await startIn(run, ['drill'], { BACKUP_POSTGRES_BINDIRS }).end;
    expect(end, said(end)).toMatchObject({
      exitCode: 3,
      result: { error: { name: 'NoServerProgramsError' } },
    });
    expect(end.result.error.message).toMatch(
      /^PostgreSQL 15 was found, and the drill needs one of version 17 or newer .*postgresql-17.*--target database/,
    );
    expect(await readdir(run.tmp)).toEqual([]);
  });

  it('because its TMPDIR is too long a path says so', async () => {
    const run = await prepare(QUICK);
    const TMPDIR = join(run.tmp, 'x'.repeat(90 - run.tmp.length));
    await mkdir(TMPDIR);
    const end = await startIn(run, ['drill'], { TMPDIR }).end;
    expect(end, said(end)).toMatchObject({ exitCode: 3, result: { error: { name: 'EnvironmentError' } } });
    expect(end.result.error.message).toMatch(
      /^TMPDIR is .*too long for the socket of the key agent\); point it at/,
    );
    expect(await readdir(TMPDIR)).toEqual([]);
  });
});

describe('a TMPDIR with too little space for a server', () => {
  it('is what the drill says, with what is left of it', async () => {
    const run = await prepare(QUICK);
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=20m,mode=1777', 'tmpfs', run.tmp]);
    try {
      const end = await startIn(run, ['drill']).end;
      expect(end, said(end)).toMatchObject({ exitCode: 1, result: { error: { name: 'TaskPostgresError' } } });
      expect(end.result.error.message).toMatch(
        /see memory and free space; what is known: initdb .*(No space left|free disk space)/,
      );
      expect(await readdir(run.tmp)).toEqual([]);
    } finally {
      await execa('umount', [run.tmp]);
    }
  });
});

describe.runIf(process.getuid?.() === 0)('a TMPDIR that only root can enter', () => {
  it('keeps the server out, which lies in /tmp then and leaves nothing there', async () => {
    const run = await prepare();
    await chmod(run.tmp, 0o700);
    const before = await serversIn('/tmp');
    const { child, end } = startIn(run, ['drill']);
    const ours = async () => (await serversIn('/tmp')).filter((name) => !before.includes(name));
    while ((await ours()).length === 0) await sleep(5);
    const made = await ours();
    child.kill('SIGTERM');
    const ended = await end;
    expect(ended, said(ended)).toMatchObject({
      exitCode: 1,
      result: { error: { name: 'InterruptedError' } },
    });
    // drills of other tests may lie there too, and go at a time of their own
    while ((await serversIn('/tmp')).some((name) => made.includes(name))) await sleep(50);
    expect(await readdir(run.tmp)).toEqual([]);
  });
});

describe('a set of an older major', () => {
  it('is restored into the newer server where there is no other', async () => {
    const run = await prepare(QUICK);
    const end = await startIn(run, ['drill'], clientsEnv(17)).end;
    expect(end, said(end)).toMatchObject({
      exitCode: 0,
      result: { verdict: 'verified', target: { serverVersion: expect.stringMatching(/^17\./) } },
    });
    expect(await readdir(run.tmp)).toEqual([]);
  });
});

async function reportOf(page: string) {
  return parseReport((await readObject(bucket, page.replace('report.html', 'report.json'))).toString());
}
