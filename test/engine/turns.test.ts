import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inParallel, inTurns } from '../../containers/engine/streams/parallel.ts';

describe('work in turns', () => {
  it('is done so many at once, whoever asks and when', async () => {
    let [running, most] = [0, 0];
    const work = async () => {
      running += 1;
      most = Math.max(most, running);
      await sleep(1);
      running -= 1;
      return 1;
    };
    const sums = await inTurns(3, (turn) =>
      Promise.all(
        Array.from({ length: 500 }, async () => {
          const first = await turn(work);
          return first + (await turn(work)) + (await turn(work));
        }),
      ),
    );
    expect(sums).toEqual(Array(500).fill(3));
    expect(most).toBe(3);
  });

  it('is not begun after a failure, not even by who is in the middle of it, and what is under way is waited for', async () => {
    const begun: string[] = [];
    const failures: unknown[] = [];
    let ended = false;
    const running = inTurns(
      2,
      (turn) =>
        Promise.all([
          turn(async () => {
            begun.push('slow');
            await sleep(50);
            ended = true;
          }).then(() => turn(async () => void begun.push('after it'))),
          turn(async () => {
            begun.push('failing');
            throw new Error('broken');
          }),
          turn(async () => void begun.push('queued')),
        ]),
      (cause) => failures.push(cause),
    );
    await expect(running).rejects.toThrow('broken');
    expect([ended, failures.length]).toEqual([true, 1]);
    await sleep(20);
    // the failure frees a place before anybody has heard of it
    expect(begun.filter((name) => name !== 'queued')).toEqual(['slow', 'failing']);
  });

  it('comes back in the order of the tasks', async () => {
    const tasks = [30, 1, 10].map((ms) => () => sleep(ms, ms));
    expect(await inParallel(2, tasks)).toEqual([30, 1, 10]);
  });
});
