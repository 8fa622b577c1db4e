import { once } from 'node:events';
import type { StreamProgram } from './child.ts';

/**
 * Gives a copy of a stream to a program on the way. A program that stops reading early does not stop the stream; how it
 * ended is for the caller to ask.
 */
export async function* feedCopy(
  source: AsyncIterable<Buffer>,
  program: StreamProgram,
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of source) {
      const full = program.stdin.writable && !program.stdin.write(chunk);
      // first on with it: the program reads its copy while the others do their work
      yield chunk;
      if (full && program.stdin.writableNeedDrain) await drainedOrGone(program);
    }
  } finally {
    // also when the stream broke off: a program that waits for more would keep us from ending
    program.stdin.end();
  }
}

async function drainedOrGone(program: StreamProgram): Promise<void> {
  const waiting = new AbortController();
  const drained = once(program.stdin, 'drain', { signal: waiting.signal });
  await Promise.race([drained, program.done]).catch(() => undefined);
  waiting.abort();
  await drained.catch(() => undefined);
}
