import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { type Check, parseReport } from '../../../core/drill/report.ts';
import { loadSampleData } from '../../../local/sample/load.ts';
import { startSupabase } from '../../../local/supabase/projects.ts';
import { loadSupabaseSample } from '../../../local/supabase/sample.ts';
import {
  configEnv,
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  type TestBucket,
  type TestDatabase,
} from '../../support/engine.ts';
import { backUp, readObject, said } from '../../support/runs.ts';
import { loadZoo } from '../../support/zoo/load.ts';

const FEW = { drill: { pgbench: { clients: 2, transactions: 10 } } };

const states = (checks: readonly Check[], state: Check['state']) =>
  checks.filter((check) => check.state === state).map(({ id }) => id);

async function reportOf(bucket: TestBucket, key: string) {
  const report = parseReport(
    (await readObject(bucket, key.replace('report.html', 'report.json'))).toString(),
  );
  if (report === undefined) throw new Error(`${key} is no report`);
  return report;
}

describe.each([15, 17] as const)('a drill of a database of PostgreSQL %i', (major) => {
  let source: TestDatabase;
  let bucket: TestBucket;
  let env: Record<string, string>;

  beforeAll(async () => {
    [source, bucket] = await Promise.all([makeDatabase(major), makeBucket()]);
    await loadSampleData(source.url, { megabytes: 1 });
    env = { ...engineEnv(bucket, source), ...(await configEnv(FEW)) };
    await backUp(env);
  });

  it('verifies the newest set in a server of its own, and leaves nothing but the evidence', async () => {
    // of its own, for other tests make such directories meanwhile; short, for sockets lie in it
    const TMPDIR = await mkdtemp(join(tmpdir(), 'vpb-t-'));
    const out = join(await mkdtemp(join(tmpdir(), 'vpb-out-')), 'drill');
    const end = await engine(['drill', '--out', out, '--language', 'en'], { ...env, TMPDIR });
    expect(end, said(end)).toMatchObject({
      exitCode: 0,
      result: { verdict: 'verified', signed: true, failed: [], notVerified: [], regression: false },
    });
    const report = await reportOf(bucket, end.result.report);
    expect(states(report.checks, 'failed')).toEqual([]);
    expect(states(report.checks, 'could-not-verify')).toEqual([]);
    expect(states(report.checks, 'not-run').sort()).toEqual(
      ['api', 'file-transfer', 'files', 'http-probes', 'platform', 'sign-in', 'sql-probes'].sort(),
    );
    expect(report.set?.id).toMatch(/^daily-/);
    expect(report.target).toMatchObject({
      kind: 'task',
      serverVersion: expect.stringMatching(`^${major}\\.`),
    });
    expect(report.tables.every(({ state, checksum }) => state === 'verified' && checksum === 'equal')).toBe(
      true,
    );
    expect(report.levels.map(({ level, rto, rpo }) => [level, rto.state, rpo.state])).toEqual([
      ['critical', 'met', 'met'],
      ['important', 'met', 'met'],
      ['normal', 'met', 'met'],
    ]);
    expect(report.dataLoss.tables.every(({ rows, minutes }) => rows === '0' && minutes === 0)).toBe(true);
    expect(report.recoverySeconds).toBeGreaterThan(0);
    expect(await readdir(TMPDIR)).toEqual([]);
    expect((await readdir(out)).sort()).toEqual([
      'report.html',
      'report.html.asc',
      'report.json',
      'report.json.asc',
    ]);
    expect(await bucket.keys(`drills/${end.result.id}/`)).toHaveLength(4);
    const page = await readFile(join(out, 'report.html'), 'utf8');
    expect(page).toContain(report.set?.id);
  });
});

describe('the evidence of drills', () => {
  let bucket: TestBucket;
  let env: Record<string, string>;

  beforeAll(async () => {
    const source = await makeDatabase(17);
    bucket = await makeBucket();
    await source.query('CREATE TABLE users AS SELECT g AS id FROM generate_series(1, 100) g');
    env = {
      ...engineEnv(bucket, source),
      ...(await configEnv({ drill: { pgbench: { enabled: false } } })),
    };
    await backUp(env);
  });

  it('signs what gpg verifies offline with the public key alone, and not once it is changed', async () => {
    const out = await mkdtemp(join(tmpdir(), 'vpb-out-'));
    await engine(['drill', '--out', out], env);
    const home = await mkdtemp(join(tmpdir(), 'vpb-verify-'));
    const gpg = (...args: string[]) =>
      execa('gpg', ['--batch', '--homedir', home, ...args], { reject: false });
    await execa('gpg', ['--batch', '--homedir', home, '--import'], { input: inject('keys').publicKey });
    for (const name of ['report.json', 'report.html']) {
      const file = join(out, name);
      expect((await gpg('--verify', `${file}.asc`, file)).exitCode, name).toBe(0);
    }
    const report = join(out, 'report.json');
    const changed = (await readFile(report, 'utf8')).replace('"verified"', '"failed"');
    const verified = await execa('gpg', ['--batch', '--homedir', home, '--verify', `${report}.asc`, '-'], {
      input: changed,
      reject: false,
    });
    expect(verified.exitCode).not.toBe(0);
    expect(verified.stderr).toMatch(/BAD signature/);
  });

  it('shows how the time to recover has moved', async () => {
    let last = await engine(['drill'], env);
    for (let i = 0; i < 3; i += 1) last = await engine(['drill'], env);
    const { trend } = await reportOf(bucket, last.result.report);
    expect(trend.past.length).toBeGreaterThanOrEqual(3);
    expect(trend.medianSeconds).toBeGreaterThan(0);
    // what a workflow took to prepare the target belongs to the time to recover
    const began = new Date(Date.now() - 3_600_000).toISOString();
    const slow = await engine(['drill', '--began', began], env);
    expect(slow.result).toMatchObject({
      regression: true,
      levels: expect.arrayContaining([expect.anything()]),
    });
    const report = await reportOf(bucket, slow.result.report);
    expect(report.levels.find(({ level }) => level === 'critical')?.rto.state).toBe('missed');
    expect(states(report.checks, 'failed')).toEqual(['rto']);
    expect(slow.exitCode).toBe(1);
  });
});

describe('a drill of every kind of object there is', () => {
  it.each([
    // the others are looked at in inspect.test.ts
    [15, 17],
  ] as const)(
    'from PostgreSQL %i into %i finds what is wrong in the source, and nothing else',
    async (from, into) => {
      const [source, bucket] = await Promise.all([makeDatabase(from), makeBucket()]);
      await loadZoo(source.url);
      const env = { ...engineEnv(bucket, source), ...(await configEnv(FEW)) };
      await backUp(env);
      const end = await engine(['drill'], {
        ...env,
        BACKUP_POSTGRES_BINDIRS: inject('servers')[into].binDir,
      });
      const { checks } = await reportOf(bucket, end.result.report);
      // it has a foreign key that nobody validated, with an orphan behind it, and a sequence that is behind
      expect(states(checks, 'failed'), said(end)).toEqual(['integrity']);
      expect(end.result.failed).toEqual([
        expect.stringContaining('zoo.orphans.unproven'),
        expect.stringContaining('odd identity'),
      ]);
      expect(states(checks, 'could-not-verify'), said(end)).toEqual([]);
    },
  );
});

describe('a drill of a Supabase project', () => {
  it.each([15, 17] as const)(
    'of PostgreSQL %i verifies in a plain server what can be there, and names the rest',
    async (major) => {
      const supabase = await startSupabase({ major });
      try {
        const project = await supabase.makeProject();
        await loadSupabaseSample(project);
        const bucket = await makeBucket();
        const env = { ...engineEnv(bucket, project), ...(await configEnv(FEW)) };
        await backUp(env);
        const end = await engine(['drill'], env);
        expect(end, said(end)).toMatchObject({
          exitCode: 0,
          result: { verdict: 'verified', notVerified: [] },
        });
        expect(end.result.notRun.join('\n')).toMatch(/platform: .*cron job/);
      } finally {
        await supabase.stop();
      }
    },
  );
});

/** Directories of ours that are there now. */
