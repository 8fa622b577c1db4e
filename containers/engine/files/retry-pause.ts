import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_PAUSE_MS = 250;

/** Waits before another attempt, longer each time. @param attempt that has failed, from 1 */
export async function pauseAfter(attempt: number, signal: AbortSignal): Promise<void> {
  await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1), undefined, { signal });
}
