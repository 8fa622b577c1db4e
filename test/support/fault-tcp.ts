import { connect, createServer, type Socket } from 'node:net';

/** A wire that can be cut: forwards to a server on this machine. */
export interface TcpProxy {
  readonly port: number;
  /** Cuts every connection now and refuses new ones. */
  cut(): void;
  /** Cuts as soon as so many bytes in all have come from the server. */
  cutAfter(bytes: number): void;
  close(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let broken = false;
  let limit = Number.POSITIVE_INFINITY;
  let passed = 0;
  const cut = () => {
    broken = true;
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const server = createServer((client) => {
    if (broken) return void client.resetAndDestroy();
    const upstream = connect(targetPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    client.pipe(upstream);
    upstream.on('data', (chunk) => {
      passed += chunk.length;
      if (passed > limit) return cut();
      if (!client.write(chunk)) {
        upstream.pause();
        client.once('drain', () => upstream.resume());
      }
    });
    upstream.on('end', () => client.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    cut,
    cutAfter: (bytes) => {
      limit = bytes;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
