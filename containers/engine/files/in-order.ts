import PQueue from 'p-queue';

/** A result that is there, or the work that makes it. */
export type Piece<T> = { readonly ready: T } | { readonly work: () => Promise<T> };

/** Results that wait for one before them: a large file must not stop the small ones behind it. */
const WINDOW = 1000;

/**
 * Does the work of many pieces at once and gives the results in the order of the pieces. Memory holds no more than a window of
 * them, however many there are.
 */
export async function* inOrder<T>(pieces: AsyncIterable<Piece<T>>, workers: number): AsyncGenerator<T> {
  const queue = new PQueue({ concurrency: workers });
  const waiting: (T | Promise<T>)[] = [];
  try {
    for await (const piece of pieces) {
      if ('ready' in piece) waiting.push(piece.ready);
      else {
        const result = queue.add(piece.work);
        // the one who waits for it may be a long way behind
        result.catch(() => undefined);
        waiting.push(result);
      }
      // what is ready at the front goes on at once; a full window waits for its front
      while (waiting.length > 0 && (waiting.length >= WINDOW || !(waiting[0] instanceof Promise)))
        yield await (waiting.shift() as T | Promise<T>);
    }
    for (const result of waiting) yield await result;
  } finally {
    queue.clear();
    await queue.onIdle();
  }
}
