import PQueue from 'p-queue';

/** Does a piece of work when its turn comes; after a failure of any piece, none is begun any more. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>;

/** Never leaves this file: whoever asks for a turn after the end has failed already. */
class Ended extends Error {
  override readonly name = 'Ended';
}

/**
 * Does what `begin` asks turns for, so many at once. After a failure no further piece is begun, and it is thrown only when
 * those under way have ended: whoever is still at it must take back what it began before the process ends.
 * @param onFailure told of the failure at once, to stop those under way
 */
export async function inTurns<T>(
  concurrency: number,
  begin: (turn: Turn) => Promise<T>,
  onFailure?: (cause: unknown) => void,
): Promise<T> {
  const queue = new PQueue({ concurrency });
  let ended = false;
  const turn: Turn = async (work) => {
    if (ended) throw new Ended('no more turns');
    return await queue.add(work);
  };
  try {
    return await begin(turn);
  } catch (error) {
    onFailure?.(error);
    throw error;
  } finally {
    ended = true;
    queue.clear();
    await queue.onIdle();
  }
}

/** Does all tasks, so many at once, in turns. */
export async function inParallel<T>(
  concurrency: number,
  tasks: readonly (() => Promise<T>)[],
  onFailure?: (cause: unknown) => void,
): Promise<T[]> {
  return await inTurns(concurrency, (turn) => Promise.all(tasks.map(turn)), onFailure);
}
