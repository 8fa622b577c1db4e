import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An answer: its status and a value that is sent as JSON. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A little server on 127.0.0.1. */
export interface LocalHttp {
  /** http://127.0.0.1:12345 */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Serves one function to every request; the process may end while it listens. */
export async function serve(
  answer: (body: string, headers: IncomingHttpHeaders) => Answer,
): Promise<LocalHttp> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { status, body } = answer(Buffer.concat(chunks).toString('utf8'), request.headers);
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
