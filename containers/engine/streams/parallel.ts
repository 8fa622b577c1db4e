import PQueue from 'p-queue';

/**
 * Does all tasks, so many at once. After a failure no further one is begun, and it is thrown only when those under way
 * have ended: whoever is still at it must take back what it began before the process ends.
 * @param onFailure told of the failure at once, to stop those under way
 */
export async function inParallel<T>(
  concurrency: number,
  tasks: readonly (() => Promise<T>)[],
  onFailure?: (cause: unknown) => void,
): Promise<T[]> {
  const queue = new PQueue({ concurrency });
  try {
    return await queue.addAll(tasks);
  } catch (error) {
    onFailure?.(error);
    throw error;
  } finally {
    queue.clear();
    await queue.onIdle();
  }
}
