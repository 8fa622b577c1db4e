import { connect, createServer, type Socket } from 'node:net';

/** What happens when a statement comes by. */
export type StatementFault =
  /** The server never gets it: every connection is reset. */
  | 'cut'
  /** The server gets it and answers; the answer is dropped, and every connection reset. */
  | 'lose-answer'
  /** It stays where it is until `release`. */
  | 'hold';

export interface StatementLine {
  /** The connection string, led over this line. */
  readonly url: string;
  /** Resolves when the fault has come about. */
  readonly struck: Promise<void>;
  release(): void;
  stop(): Promise<void>;
}

/**
 * A line to a server on this machine on which one thing goes wrong, when a session has sent this statement; connections
 * after that are let through. Statements are seen as they are sent, so the line must not be encrypted.
 * @param statement tested against all that one session has sent, the newest last
 */
export async function startStatementLine(
  databaseUrl: string,
  statement: RegExp,
  fault: StatementFault,
): Promise<StatementLine> {
  const url = new URL(databaseUrl);
  const port = Number(url.port);
  const sockets = new Set<Socket>();
  const struck = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let over = false;
  const cutAll = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const strike = (chunk: Buffer, upstream: Socket) => {
    over = true;
    if (fault === 'cut') cutAll();
    else if (fault === 'hold') void released.promise.then(() => upstream.write(chunk));
    else {
      upstream.removeAllListeners('data').once('data', cutAll);
      upstream.write(chunk);
    }
    struck.resolve();
  };
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
    }
    let sent = '';
    client.on('data', (chunk: Buffer) => {
      sent += chunk.toString('utf8');
      if (!over && statement.test(sent)) strike(chunk, upstream);
      else upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => client.write(chunk));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url.port = String((server.address() as { port: number }).port);
  return {
    url: url.href,
    struck: struck.promise,
    release: () => released.resolve(),
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
