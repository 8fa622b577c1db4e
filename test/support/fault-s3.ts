import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

/** What happens to one request on its way to S3. */
export type Fate =
  | 'pass'
  /** The connection is reset before the request has been read. */
  | 'reset'
  /** The answer's body is cut after half of it. */
  | 'cut-body'
  | { readonly status: number; readonly code: string };

/** One request, as a test chooses its fate. */
export interface S3Request {
  readonly method: string;
  /** Path and query: `/bucket/key?uploadId=…`. */
  readonly url: string;
}

export interface S3Proxy {
  readonly endpoint: string;
  /** Requests whose fate was not `pass`. */
  readonly harmed: () => number;
  close(): Promise<void>;
}

/** An S3 that misbehaves as told, in front of one that does not. */
export async function startS3Proxy(target: string, fateOf: (request: S3Request) => Fate): Promise<S3Proxy> {
  const { hostname, port } = new URL(target);
  let harmed = 0;
  const server = createServer((incoming, outgoing) => {
    const fate = fateOf({ method: incoming.method ?? '', url: incoming.url ?? '' });
    if (fate !== 'pass') harmed += 1;
    if (fate === 'reset') return void incoming.socket.resetAndDestroy();
    if (typeof fate === 'object') return refuse(incoming, outgoing, fate);
    const forwarded = request(
      { hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        if (fate === 'pass') answer.pipe(outgoing);
        else cutInHalf(answer, outgoing);
      },
    );
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    harmed: () => harmed,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function refuse(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  fate: { status: number; code: string },
): void {
  incoming.resume();
  incoming.on('end', () => {
    outgoing.writeHead(fate.status, { 'content-type': 'application/xml' });
    outgoing.end(`<?xml version="1.0"?><Error><Code>${fate.code}</Code><Message>as told</Message></Error>`);
  });
}

function cutInHalf(answer: IncomingMessage, outgoing: ServerResponse): void {
  const half = Number(answer.headers['content-length'] ?? 0) / 2;
  let sent = 0;
  answer.on('data', (chunk: Buffer) => {
    if (sent >= half) return;
    sent += chunk.length;
    const allowed = sent > half ? chunk.subarray(0, chunk.length - Math.ceil(sent - half)) : chunk;
    // the cut comes after these bytes have left, not instead of them
    outgoing.write(allowed, () => {
      if (sent >= half) outgoing.socket?.destroy();
    });
  });
}
