import { CreateMultipartUploadCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createReporter } from '../../../containers/engine/progress/reporter.ts';
import type { OpenApi } from '../../../containers/engine/status/sources.ts';
import { type StatusRequest, statusVerb } from '../../../containers/engine/status/verb.ts';
import { DEFAULT_CONFIG } from '../../../core/config.ts';
import { drillFolder } from '../../../core/drill/keys.ts';
import { ENVIRONMENTS } from '../../../core/environments.ts';
import { SupabaseRefused } from '../../../core/errors/index.ts';
import { type Kind, SCHEDULED_KINDS } from '../../../core/kinds.ts';
import { serializeManifest } from '../../../core/manifest.ts';
import { formatSetId, setFolder } from '../../../core/set-id.ts';
import { serializeVerification, type Verification } from '../../../core/verification.ts';
import { verifiedDrill } from '../../support/drill-reports.ts';
import { engine, engineEnv, makeBucket, makeDatabase, type TestBucket } from '../../support/engine.ts';
import { startS3Line } from '../../support/fault-s3-proxy.ts';
import { manifestAt, type SetFacts } from '../../support/health.ts';
import { makeVerification } from '../../support/manifests.ts';
import { backUp, said } from '../../support/runs.ts';

const minutesAgo = (minutes: number) => new Date(Math.floor(Date.now() / 1000) * 1000 - minutes * 60_000);

const put = (bucket: TestBucket, Key: string, Body: string) =>
  bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body }));

async function putSet(
  bucket: TestBucket,
  kind: Kind,
  minutes: number,
  outcome: Verification['outcome'] = 'verified',
  facts: SetFacts = {},
): Promise<string> {
  const manifest = manifestAt(kind, minutesAgo(minutes), facts);
  const id = { kind, slot: new Date(manifest.slot) };
  await put(bucket, `${setFolder(id)}manifest.json`, serializeManifest(manifest));
  await put(
    bucket,
    `${setFolder(id)}verification.json`,
    serializeVerification(makeVerification(manifest, outcome)),
  );
  return formatSetId(id);
}

/** Everything that production is expected to have. */
async function putAll(bucket: TestBucket): Promise<void> {
  for (const kind of SCHEDULED_KINDS) await putSet(bucket, kind, 5);
  await putDrill(bucket);
}

async function putDrill(bucket: TestBucket): Promise<void> {
  const id = 'drill-20261101T193000Z-0a1b2c';
  const report = {
    ...verifiedDrill(),
    id,
    startedAt: minutesAgo(2 * 1440).toISOString(),
    verdict: 'verified',
  };
  await put(bucket, `${drillFolder(id)}report.json`, JSON.stringify(report));
}

describe('the verb status', () => {
  let bucket: TestBucket;
  beforeEach(async () => {
    bucket = await makeBucket();
  });
  const status = (...args: string[]) => engine(['status', ...args], bucket.env);

  it('is green where everything is as it should be, and only then', async () => {
    await putAll(bucket);
    const end = await status('--env', 'production');
    expect(end, said(end)).toMatchObject({
      exitCode: 0,
      result: {
        verb: 'status',
        outcome: 'green',
        exitCode: 0,
        environment: 'production',
        findings: [],
        kinds: {
          daily: { made: 'yes', sets: 1, verified: 1, newest: { id: expect.stringMatching(/^daily-/) } },
          critical: { rpoMinutes: 15, staleAfterMinutes: 45 },
        },
        uploads: { open: 0 },
        files: null,
        drill: { held: true },
        pitr: null,
      },
    });
  });

  it('says of an empty bucket that there is no backup, and that a kind is not made here', async () => {
    const empty = await status();
    expect(empty, said(empty)).toMatchObject({
      exitCode: 1,
      result: {
        outcome: 'wrong',
        environment: null,
        findings: [
          {
            severity: 'alarm',
            text: 'The bucket holds no set at all: there is no backup.',
            heading: 'Backup/DailyStale',
            runbook: 'docs/runbook.md#backupdailystale',
          },
        ],
      },
    });
    await putSet(bucket, 'daily', 60);
    expect((await status()).result).toMatchObject({
      exitCode: 0,
      outcome: 'warnings',
      kinds: { daily: { made: 'yes' }, critical: { made: 'not-here' } },
      findings: [{ severity: 'warning', heading: 'Drill/Stale' }],
    });
  });

  it('ends with 1 where something is wrong, and says it in the language that is asked for', async () => {
    await putAll(bucket);
    await putSet(bucket, 'daily', 1440);
    const id = await putSet(bucket, 'daily', 2, 'failed');
    const end = await status('--env', 'production', '--language', 'ko');
    expect(end).toMatchObject({ exitCode: 1, result: { outcome: 'wrong' } });
    expect(end.result.findings).toEqual([
      {
        severity: 'alarm',
        heading: 'Backup/Damaged',
        runbook: 'docs/runbook.md#backupdamaged',
        text: expect.stringMatching(new RegExp(`^${id}이\\(가\\) 손상되었습니다`)),
      },
    ]);
  });

  it('misses the kinds that the environment schedules, and no other', async () => {
    for (const kind of ['daily', 'weekly'] as const) await putSet(bucket, kind, 5);
    await putDrill(bucket);
    expect(await status('--env', 'staging')).toMatchObject({ exitCode: 0, result: { outcome: 'green' } });
    const { result, exitCode } = await status('--env', 'production');
    expect(exitCode).toBe(1);
    expect(result.findings.map(({ heading }: { heading: string }) => heading)).toEqual([
      'Backup/ImportantStale',
      'Backup/CriticalStale',
    ]);
  });

  it('sees an upload that was left open', async () => {
    await putAll(bucket);
    const Key = 'daily/20261123T170000Z/rest.dump.zst.gpg';
    await bucket.client.send(new CreateMultipartUploadCommand({ Bucket: bucket.name, Key }));
    // the emulator says of every upload that it was begun in 2010
    const { result } = await status('--env', 'production');
    expect(result.findings).toMatchObject([{ heading: 'Uploads/Stale', text: expect.stringContaining(Key) }]);
  });

  it('ends with 2 where not everything could be looked at, and names it; what is wrong counts for more', async () => {
    await putAll(bucket);
    const line = await startS3Line(({ operation, key }) =>
      operation === 'GetObject' && key.startsWith('critical/')
        ? { status: 403, code: 'AccessDenied' }
        : undefined,
    );
    const env = { ...bucket.env, ...line.env };
    const end = await engine(['status', '--env', 'production'], env);
    expect(end, said(end)).toMatchObject({
      exitCode: 2,
      result: {
        outcome: 'unknown',
        kinds: { daily: { sets: 1 }, critical: { problem: expect.stringContaining('critical/') } },
        findings: [{ severity: 'unknown', heading: 'Monitor/Failing' }],
      },
    });
    await putSet(bucket, 'daily', 2, 'failed');
    expect(await engine(['status', '--env', 'production'], env)).toMatchObject({ exitCode: 1 });
    await line.stop();
  });

  it('ends with 2 where there is no such bucket, or nobody answers: that is not green, and not known', async () => {
    const none = await engine(['status'], { ...bucket.env, BACKUP_BUCKET: 'not-there' });
    expect(none).toMatchObject({ exitCode: 2, result: { outcome: 'unknown' } });
    expect(none.result.findings[0].text).toMatch(/^Could not look at the bucket: bucket not-there/);
    const dead = await engine(['status'], { ...bucket.env, AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' });
    expect(dead).toMatchObject({ exitCode: 2, result: { outcome: 'unknown' } });
  });

  it.each([
    [
      ['--env', 'prod'],
      /there is no environment prod; expected one of core\/environments.ts: staging, production/,
    ],
    [['--env', 'constructor'], /there is no environment constructor/],
    [['--language', 'fr'], /Allowed choices are ko, en/],
    [['daily'], /too many arguments/],
  ])('refuses %j', async (args, message) => {
    const end = await status(...args);
    expect(end).toMatchObject({ exitCode: 3, result: { verb: 'status' } });
    expect(end.result.error.message).toMatch(message);
  });

  it('looks at a real set as it was made', async () => {
    const source = await makeDatabase(17);
    await source.query('CREATE TABLE users AS SELECT n AS id FROM generate_series(1, 1000) n');
    const made = await backUp(engineEnv(bucket, source));
    const { result } = await status();
    expect(result).toMatchObject({
      outcome: 'warnings',
      kinds: {
        daily: { sets: 1, verified: 1, newest: { id: made.id }, unverified: [], damaged: [], stuck: [] },
      },
    });
    expect(result.kinds.daily.size.newest).toBe(made.plainBytes);
  });
});

describe('status of a project', () => {
  let bucket: TestBucket;
  beforeAll(async () => {
    bucket = await makeBucket();
    await putAll(bucket);
  });
  beforeEach(() => {
    for (const [name, value] of Object.entries(bucket.env)) vi.stubEnv(name, value);
  });
  afterEach(() => vi.unstubAllEnvs());

  const request: StatusRequest = { environment: undefined, language: 'en' };
  const run = (asked: StatusRequest, open?: OpenApi) =>
    statusVerb(
      asked,
      open,
    )({
      config: DEFAULT_CONFIG,
      reporter: createReporter('status'),
      signal: new AbortController().signal,
      tell: () => undefined,
    });
  const named = () => {
    vi.stubEnv('SUPABASE_PROJECT_REF', 'abcdefghijklmnopqrst');
    vi.stubEnv('SUPABASE_ACCESS_TOKEN', 'sbp_x');
  };
  const answering =
    (minutes: number): OpenApi =>
    () => ({
      backups: async () => ({
        pitrEnabled: true,
        earliest: minutesAgo(8 * 1440),
        latest: minutesAgo(minutes),
      }),
    });

  it('asks for its point-in-time recovery, where it may', async () => {
    named();
    const { exitCode, result } = await run(request, answering(2));
    expect({ exitCode, pitr: result.pitr }).toMatchObject({ exitCode: 0, pitr: { enabled: true } });
    const old = await run(request, answering(60));
    expect(old).toMatchObject({ exitCode: 1, result: { findings: [{ heading: 'Pitr/Stale' }] } });
  });

  it('does not take silence of Supabase for good news', async () => {
    named();
    const silent: OpenApi = () => ({
      backups: () => Promise.reject(new SupabaseRefused('GET /x', 401, 'Unauthorized')),
    });
    expect(await run(request, silent)).toMatchObject({
      exitCode: 2,
      result: { findings: [{ severity: 'unknown', heading: 'Pitr/NotMeasured' }] },
    });
  });

  it('is not known where the environment has recovery watched, and the shell has no token for it', async () => {
    const { production } = ENVIRONMENTS;
    const supabase = {
      projectRef: 'abcdefghijklmnopqrst',
      pitr: { watch: true, maxAgeMinutes: 15, minDays: 7 },
    };
    vi.spyOn(ENVIRONMENTS, 'production', 'get').mockReturnValue({ ...production, supabase });
    const asked = { environment: 'production', language: 'en' } as const;
    expect(await run(asked, answering(2))).toMatchObject({
      exitCode: 2,
      result: {
        findings: [{ heading: 'Pitr/NotMeasured', text: expect.stringContaining('SUPABASE_ACCESS_TOKEN') }],
      },
    });
    vi.stubEnv('SUPABASE_ACCESS_TOKEN', 'sbp_x');
    expect(await run(asked, answering(2))).toMatchObject({ exitCode: 0, result: { outcome: 'green' } });
    vi.restoreAllMocks();
  });
});
