import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { BucketError, reason, StorageError } from '../../../core/errors/index.ts';
import { OBJECT } from '../../../core/names.ts';
import type { Reporter } from '../progress/reporter.ts';
import { type Bucket, isAccessDenied } from '../storage/bucket.ts';

const schema = z.object({
  runId: z.string(),
  state: z.enum(['running', 'failed']),
  seenAt: z.iso.datetime(),
});
type Claim = z.infer<typeof schema>;

/** How a run may go on with its slot. */
export type ClaimAnswer =
  | { readonly kind: 'committed' }
  /** `namesBelow`: where this run's objects go below the set's folder; empty for the first run of a slot. */
  | {
      readonly kind: 'ours';
      readonly namesBelow: string;
      readonly release: (failed: boolean) => Promise<void>;
    };

const HEARTBEAT_MS = 30_000;
/** A run not heard of for so long is dead: three heartbeats. One from further ahead has a clock that says nothing. */
const DEAD_AFTER_MS = 3 * HEARTBEAT_MS;
const POLL_MS = 1000;

/**
 * Makes sure that several runs of one slot make one backup (spec B8): schedulers deliver at least once, and a run may
 * have crashed before. The first run owns the plain object names. A later one waits while the first is alive, and ends
 * when a manifest appears; where the first is dead or failed, it uses names of its own. So no object is ever written by
 * two runs, not even by one that wakes up late, and the manifest, written if absent, decides which run counts.
 * A run that may not read (a role that can only add) does not wait; it works under names of its own.
 */
export async function claimSlot(
  bucket: Bucket,
  folder: string,
  runId: string,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<ClaimAnswer> {
  const key = folder + OBJECT.claim;
  const own = (state: Claim['state']) =>
    `${JSON.stringify({ runId, state, seenAt: new Date().toISOString() })}\n`;
  if (await committedManifest(bucket, folder)) return { kind: 'committed' };
  let namesBelow = '';
  if (!(await firstWrite(bucket, key, own('running')))) {
    const end = await waitForOther(bucket, folder, runId, reporter, signal);
    if (end === 'committed') return { kind: 'committed' };
    namesBelow = `run-${runId}/`;
    await bucket.putText(key, own('running'));
  }
  const heartbeat = setInterval(() => {
    // only a courtesy to a second run: a heartbeat that fails costs work, not safety
    bucket.putText(key, own('running')).catch(() => undefined);
  }, HEARTBEAT_MS);
  heartbeat.unref();
  const release = async (failed: boolean) => {
    clearInterval(heartbeat);
    if (failed) await bucket.putText(key, own('failed')).catch(() => undefined);
  };
  return { kind: 'ours', namesBelow, release };
}

/** Text of the manifest that makes the folder a backup; nothing where there is none, or where we may not read. */
export function committedManifest(bucket: Bucket, folder: string): Promise<string | undefined> {
  return readable(() => bucket.getText(folder + OBJECT.manifest));
}

/** The first thing a run writes: being forbidden to is a matter of settings, and nothing has been done yet. */
async function firstWrite(bucket: Bucket, key: string, text: string): Promise<boolean> {
  try {
    return await bucket.putText(key, text, { ifAbsent: true });
  } catch (error) {
    if (!(error instanceof StorageError && isAccessDenied(error.cause))) throw error;
    throw new BucketError(bucket.name, `writing is not allowed (${reason(error.cause)})`, error);
  }
}

async function waitForOther(
  bucket: Bucket,
  folder: string,
  runId: string,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<'committed' | 'gone'> {
  for (let told = false; ; told = true) {
    if (await committedManifest(bucket, folder)) return 'committed';
    const claim = await readable(() => bucket.getText(folder + OBJECT.claim));
    const other = claim === undefined ? undefined : schema.safeParse(parse(claim)).data;
    // our own claim, whose answer was lost, is nobody to wait for
    const alive =
      other?.state === 'running' &&
      other.runId !== runId &&
      Math.abs(Date.now() - Date.parse(other.seenAt)) < DEAD_AFTER_MS;
    if (!alive) return 'gone';
    if (!told) reporter.notice('another run of this slot is under way, waiting for it', { run: other.runId });
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** Nothing where reading is forbidden: that is how a role that can only add is told. */
export async function readable(read: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof StorageError && isAccessDenied(error.cause)) return undefined;
    throw error;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
