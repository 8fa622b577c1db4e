import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { movableClock } from '../../../local/day/clock.ts';
import { startPostgres } from '../../../local/postgres.ts';
import { startS3 } from '../../../local/s3.ts';

/** A program for clock.test.ts: moves the clock it was given, and says what everything then takes for the time. */
const clock = movableClock();
if (clock === undefined) throw new Error('started without a clock that can be moved');
const [first = 0, second = 0] = process.argv.slice(2).map(Number);

clock.moveTo(first);
const postgres = await startPostgres({ major: 17 });
const s3 = await startS3();
await s3.createBucket('probe');
const client = s3.client();

/** Milliseconds since 1970, by each clock. */
async function times(): Promise<Record<string, number>> {
  await client.send(new PutObjectCommand({ Bucket: 'probe', Key: 'now', Body: 'now' }));
  const { LastModified } = await client.send(new HeadObjectCommand({ Bucket: 'probe', Key: 'now' }));
  const sql = 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint';
  // with nothing but what a task or a function is given
  const env = clock?.environment ?? {};
  return {
    here: Date.now(),
    emulator: LastModified?.getTime() ?? 0,
    database: Number(await postgres.psql('postgres', sql)),
    child: Number(execFileSync(process.execPath, ['-p', 'Date.now()'], { env, encoding: 'utf8' })),
  };
}

try {
  const before = await times();
  clock.moveTo(second);
  const after = await times();
  clock.moveTo(first);
  const stillAfter = Date.now();
  const started = performance.now();
  await sleep(200);
  console.log(JSON.stringify({ before, after, stillAfter, sleptMs: performance.now() - started }));
} finally {
  await s3.stop();
  await postgres.stop();
}
