import { connect, createServer, type Socket } from 'node:net';

/** A line to a server on this machine that can break and go silent. */
export interface Line {
  /** The connection string, led over this line. */
  readonly url: string;
  /** Bytes that have come from the server, over all connections. */
  received(): number;
  /** Resets every connection there is; new ones are let through. */
  cutAll(): void;
  /** Resets every connection as soon as so many bytes in all have come from the server, and lets no new one through. */
  cutAfter(bytes: number): void;
  /** The server gets a statement and does it, but its answer never arrives: every connection is reset then. */
  loseAnswerTo(statement: string): void;
  /** From now on nothing moves any more, not even the end of a connection. */
  silence(): void;
  stop(): Promise<void>;
}

export async function startLine(databaseUrl: string): Promise<Line> {
  const url = new URL(databaseUrl);
  const port = Number(url.port);
  const sockets = new Set<Socket>();
  let silent = false;
  let left = Number.POSITIVE_INFINITY;
  let received = 0;
  let fatal: string | undefined;
  const cutAll = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (left <= 0) return void client.resetAndDestroy();
    const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    client.on('data', (chunk: Buffer) => {
      if (fatal === undefined || !chunk.includes(fatal)) return;
      fatal = undefined;
      upstream.unpipe(client).resume();
      upstream.once('data', cutAll);
    });
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      received += chunk.length;
      if (left <= 0) cutAll();
    });
    upstream.pipe(client);
    // the end of one side ends the other, unless the line is silent
    client.on('close', () => silent || upstream.destroy());
    upstream.on('close', () => silent || client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url.port = String((server.address() as { port: number }).port);
  return {
    url: url.href,
    received: () => received,
    cutAll,
    cutAfter: (bytes) => {
      left = bytes;
    },
    loseAnswerTo: (statement) => {
      fatal = statement;
    },
    silence: () => {
      silent = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
