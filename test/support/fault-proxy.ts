import { connect, createServer, type Socket } from 'node:net';

/** A line to a server on this machine that can break and go silent. */
export interface Line {
  /** The connection string, led over this line. */
  readonly url: string;
  /** Resets every connection there is; new ones are let through. */
  cutAll(): void;
  /** From now on nothing moves any more, not even the end of a connection. */
  silence(): void;
  stop(): Promise<void>;
}

export async function startLine(databaseUrl: string): Promise<Line> {
  const url = new URL(databaseUrl);
  const port = Number(url.port);
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    client.pipe(upstream);
    upstream.pipe(client);
    // the end of one side ends the other, unless the line is silent
    client.on('close', () => silent || upstream.destroy());
    upstream.on('close', () => silent || client.destroy());
  });
  let silent = false;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url.port = String((server.address() as { port: number }).port);
  return {
    url: url.href,
    cutAll: () => {
      for (const socket of sockets) socket.resetAndDestroy();
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
