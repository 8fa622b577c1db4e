import { createServer } from 'node:http';
import { type Listening, listenHere } from '../../local/listen.ts';

/** An emulator that does one thing after the other. */
export interface OneAtATime extends Listening {
  /** Does what the next requests ask for and does not say so; each is asked again, and that is answered. */
  loseAnswers(count: number): void;
}

/**
 * Stands before the emulator and lets one request through after the other. DynamoDB decides writes to an item one by one; the
 * emulator looks at the condition and writes in two steps, and another of its threads may come between.
 */
export async function oneAtATime(endpoint: string): Promise<OneAtATime> {
  let before: Promise<unknown> = Promise.resolve();
  let toLose = 0;
  let asks = 0;
  const server = await listenHere(
    createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { host: _, connection: __, ...headers } = request.headers as Record<string, string>;
      const asked = before.then(() =>
        fetch(`${endpoint}${request.url}`, { method: 'POST', headers, body: Buffer.concat(chunks) }),
      );
      before = asked.catch(() => undefined);
      const answer = await asked;
      // every second one: it is asked again
      if (toLose > 0 && asks++ % 2 === 0) {
        toLose -= 1;
        response.destroy();
        return;
      }
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
      response.end(Buffer.from(await answer.arrayBuffer()));
    }),
  );
  return {
    ...server,
    loseAnswers(count) {
      toLose = count;
      asks = 0;
    },
  };
}
