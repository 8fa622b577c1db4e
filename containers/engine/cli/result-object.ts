import { setTimeout as sleep } from 'node:timers/promises';
import { reason } from '../../../core/errors/index.ts';
import { ENV } from '../../../core/names.ts';
import { openBucket } from '../storage/bucket.ts';

const ATTEMPTS = 3;
/** A task that is being stopped has 120 s for everything; what is not written by then is in the log. */
const PATIENCE_MS = 20_000;

/**
 * Writes the result to the key that BACKUP_RESULT_KEY names, where it names one: a workflow has no other way to read what a
 * task said. Never a reason to fail: the exit code says how the run ended, and the log says the rest.
 * @param line the JSON line of standard output
 */
export async function storeResult(line: string): Promise<void> {
  const key = process.env[ENV.resultKey] ?? '';
  if (key === '') return;
  try {
    const bucket = openBucket(ATTEMPTS);
    const overdue = new AbortController();
    try {
      const written = bucket.putText(key, line, { ifAbsent: true });
      const tooLate = sleep(PATIENCE_MS, undefined, { signal: overdue.signal, ref: false }).then(() => {
        throw new Error(`S3 did not answer within ${PATIENCE_MS / 1000} s`);
      });
      if (!(await Promise.race([written, tooLate]))) warn(key, 'there is one already, and it stays');
    } finally {
      overdue.abort();
      // a request that nobody waits for any more would keep the process
      bucket.client.destroy();
    }
  } catch (error) {
    warn(key, reason(error));
  }
}

/** A line like those of the log; the reporter's own settings may be what could not be read. */
function warn(key: string, because: string): void {
  process.stderr.write(
    `${JSON.stringify({ level: 'warn', msg: 'the result was not written for the workflow', key, because })}\n`,
  );
}
