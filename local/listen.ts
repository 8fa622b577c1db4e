import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that answers on 127.0.0.1. */
export interface Listening {
  /** http://127.0.0.1:12345 */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Has a server answer on a free port; the process may end while it does. */
export async function listenHere(server: Server): Promise<Listening> {
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
