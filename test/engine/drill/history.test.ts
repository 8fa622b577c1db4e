import { PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { pastDrills } from '../../../containers/engine/drill/history.ts';
import { type Bucket, openBucket } from '../../../containers/engine/storage/bucket.ts';
import { DRILL_OBJECT, drillFolder, newDrillId } from '../../../core/drill/keys.ts';
import { type DrillReport, serializeReport } from '../../../core/drill/report.ts';
import { archive } from '../../support/archived.ts';
import { failedDrill } from '../../support/drill-reports.ts';
import { makeBucket, type TestBucket } from '../../support/engine.ts';

const day = (n: number) => new Date(Date.UTC(2026, 0, 1 + n, 2));
const idOf = (n: number, random = '9f3a61') => newDrillId(day(n), random);
const LATER = day(1000);

let made: TestBucket;
let bucket: Bucket;
beforeAll(() => {
  for (const [name, value] of Object.entries(inject('s3').env)) vi.stubEnv(name, value);
});

async function open(): Promise<void> {
  made = await makeBucket();
  vi.stubEnv('BACKUP_BUCKET', made.name);
  bucket = openBucket(1);
}

const put = (Key: string, Body: string) =>
  made.client.send(new PutObjectCommand({ Bucket: made.name, Key, Body }));
const putText = (id: string, text: string) => put(drillFolder(id) + DRILL_OBJECT.report, text);
const putReport = (id: string, changes: Partial<DrillReport> = {}) =>
  putText(id, serializeReport({ ...failedDrill(), id, ...changes }));

/** What is read, and the fields of each warning. */
async function read(before = LATER) {
  const warnings: Record<string, unknown>[] = [];
  const past = await pastDrills(bucket, before, { warn: (_, fields = {}) => warnings.push(fields) });
  return { past, warnings, ids: past.map(({ id }) => id) };
}

describe('earlier drills', () => {
  beforeAll(open);

  it('are none in a bucket without any', async () => {
    expect(await read()).toEqual({ past: [], warnings: [], ids: [] });
  });

  it('come oldest first, with what a trend needs of each, of every target', async () => {
    const failed = failedDrill();
    await putReport(idOf(2), { startedAt: day(2).toISOString(), recoverySeconds: null, set: null });
    await putReport(idOf(0), { target: { ...failed.target, kind: 'supabase' } });
    await putReport(idOf(1));
    const { past, warnings } = await read();
    expect(warnings).toEqual([]);
    expect(past).toEqual([
      expect.objectContaining({ id: idOf(0), target: 'supabase', verdict: 'failed' }),
      expect.objectContaining({ id: idOf(1), plainBytes: failed.set?.plainBytes }),
      expect.objectContaining({ id: idOf(2), recoverySeconds: null, plainBytes: null }),
    ]);
  });

  it('are those before this one alone, by their ids', async () => {
    expect((await read(day(1))).ids).toEqual([idOf(0)]);
    expect((await read(new Date(day(1).getTime() + 1))).ids).toEqual([idOf(0), idOf(1)]);
    expect((await read(day(-1))).ids).toEqual([]);
  });
});

describe('a report that cannot be read', () => {
  beforeAll(open);

  it('is left out and named with the reason, and the others are read', async () => {
    await putReport(idOf(0));
    await putText(idOf(1), '');
    await putText(idOf(2), '{"half":');
    await putText(idOf(3), JSON.stringify({ ...failedDrill(), id: idOf(3), formatVersion: 2 }));
    await putText(idOf(4), serializeReport({ ...failedDrill(), id: idOf(9) }));
    await put(`${drillFolder(idOf(5))}${DRILL_OBJECT.page}`, '<html>');
    await putReport(idOf(6));
    await putReport(idOf(7));
    await archive(made, new RegExp(idOf(6)));
    const { ids, warnings } = await read();
    expect(ids).toEqual([idOf(0), idOf(7)]);
    const because = (n: number) => warnings.find(({ id }) => id === idOf(n))?.because;
    for (const n of [1, 2, 3]) expect(because(n)).toMatch(/no report that this version reads/);
    expect(because(4)).toContain(idOf(9));
    expect(because(5)).toMatch(/not there/);
    expect(because(6)).toMatch(/archive class/);
    expect(warnings).toHaveLength(6);
  });

  it('is none where the folder is none of a drill', async () => {
    await open();
    await put('drills/notes/report.json', 'x');
    await put('drills/drill-20260230T020000Z-9f3a61/report.json', 'x');
    await put('drills/report.json', 'x');
    await put('drillsx/y/report.json', 'x');
    expect(await read()).toEqual({ past: [], warnings: [], ids: [] });
  });
});

describe('many drills', () => {
  beforeAll(open);

  it('are read back to the newest 36, a few at once', async () => {
    const all = Array.from({ length: 45 }, (_, n) => idOf(n));
    await Promise.all(all.map((id) => putReport(id)));
    let [now, most] = [0, 0];
    const counted = {
      listFolders: bucket.listFolders,
      getText: async (key: string) => {
        now += 1;
        most = Math.max(most, now);
        return await bucket.getText(key).finally(() => {
          now -= 1;
        });
      },
    };
    const past = await pastDrills(counted, LATER, { warn: () => undefined });
    expect(past.map(({ id }) => id)).toEqual(all.slice(-36));
    expect(most).toBe(8);
  });

  it('are an error where they cannot be listed', async () => {
    vi.stubEnv('BACKUP_BUCKET', 'no-such-bucket-here');
    await expect(pastDrills(openBucket(1), LATER, { warn: () => undefined })).rejects.toThrow(/S3 failed/);
  });
});
