import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type Listening, listenHere } from '../listen.ts';

/** An answer: its status and a value that is sent as JSON. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Serves one function to every request; the process may end while it listens. */
export async function serve(
  answer: (body: string, headers: IncomingHttpHeaders) => Answer,
): Promise<Listening> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { status, body } = answer(Buffer.concat(chunks).toString('utf8'), request.headers);
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(body));
  });
  return await listenHere(server);
}
