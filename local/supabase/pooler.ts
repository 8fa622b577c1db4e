import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Hosted } from './management-projects.ts';

/** A session pooler on 127.0.0.1. */
export interface LocalPooler {
  readonly port: number;
  stop(): Promise<void>;
}

/** Request codes of PostgreSQL's protocol in place of a version. */
const [VERSION_3, CANCEL, SSL, GSS] = [196608, 80877102, 80877103, 80877104];
/** Kinds of authentication in the message R. */
const [DONE, CLEARTEXT, SASL, SASL_CONTINUE, SASL_FINAL] = [0, 3, 10, 11, 12];

/**
 * Stands in for Supavisor in session mode: who signs in as `<role>.<ref>` to the database `postgres` gets a session of
 * the role in the database of that project. `postgres` has the password that the project was made with, other roles
 * have their own. Unlike the platform's it speaks no TLS and takes the password as clear text.
 */
export async function startPooler(find: (ref: string) => Hosted | undefined): Promise<LocalPooler> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // a session that broke off ends at both sides, and that is all there is to it
    socket.on('error', () => undefined);
    return socket.unref();
  };
  const server = createServer((socket) => {
    session(keep(socket), find, keep).catch(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

async function session(
  client: Socket,
  find: (ref: string) => Hosted | undefined,
  keep: (socket: Socket) => Socket,
): Promise<void> {
  const parameters = await startup(client);
  if (parameters === undefined) return;
  const [, role = '', ref = ''] = /^(.+)\.([a-z]+)$/.exec(parameters.get('user') ?? '') ?? [];
  const hosted = find(ref);
  if (hosted === undefined) return refuse(client, 'XX000', 'Tenant or user not found');
  client.write(authentication(CLEARTEXT));
  const given = (await message(client)).body.toString('utf8').replace(/\0$/, '');
  if (hosted.status() !== 'ACTIVE_HEALTHY')
    return refuse(client, '57P03', `the project is ${hosted.status()}`);
  if (role === 'postgres' && given !== hosted.password)
    return refuse(client, '28P01', 'password authentication failed for user "postgres"');
  const url = new URL(hosted.project.url);
  const password = role === 'postgres' ? decodeURIComponent(url.password) : given;
  const upstream = keep(connect(Number(url.port), url.hostname));
  await once(upstream, 'connect');
  parameters.set('user', role);
  if (parameters.get('database') === 'postgres') parameters.set('database', ref);
  upstream.write(startupMessage(parameters));
  await signIn(upstream, client, password);
  client.pipe(upstream).on('close', () => client.destroy());
  upstream.pipe(client).on('close', () => upstream.destroy());
}

/** What a client says of itself; nothing for one that wants something else than a session. */
async function startup(client: Socket): Promise<Map<string, string> | undefined> {
  for (;;) {
    const length = (await take(client, 4)).readInt32BE();
    const body = await take(client, length - 4);
    const code = body.readInt32BE();
    if (code === SSL || code === GSS) client.write('N');
    else if (code === VERSION_3) {
      const words = body.subarray(4).toString('utf8').split('\0');
      const pairs = words.flatMap((word, i) =>
        i % 2 === 0 && word !== '' ? [[word, words[i + 1] ?? '']] : [],
      );
      return new Map(pairs as [string, string][]);
    } else {
      // it does not say whose session it would cancel
      if (code !== CANCEL) refuse(client, '08P01', `unknown request ${code}`);
      client.end();
      return undefined;
    }
  }
}

/** Proves to the server that the password is known (SCRAM-SHA-256, RFC 7677), and tells the client once it believes it. */
async function signIn(upstream: Socket, client: Socket, password: string): Promise<void> {
  const first = `n=,r=${randomBytes(18).toString('base64')}`;
  for (;;) {
    const { type, body, whole } = await message(upstream);
    const kind = type === 'R' ? body.readInt32BE() : undefined;
    if (kind === SASL) upstream.write(saslInitial(`n,,${first}`));
    else if (kind === SASL_CONTINUE)
      upstream.write(packet('p', Buffer.from(proof(password, first, body.subarray(4).toString('utf8')))));
    else if (kind === DONE) return void client.write(whole);
    else if (kind !== SASL_FINAL) {
      client.end(whole);
      throw new Error(`the server refused the session: ${body.toString('utf8')}`);
    }
  }
}

function proof(password: string, first: string, serverFirst: string): string {
  const said = new Map(serverFirst.split(',').map((part) => [part[0], part.slice(2)]));
  const salt = Buffer.from(said.get('s') ?? '', 'base64');
  const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const salted = pbkdf2Sync(password, salt, Number(said.get('i')), 32, 'sha256');
  const key = hmac(salted, 'Client Key');
  const last = `c=biws,r=${said.get('r')}`;
  const signature = hmac(createHash('sha256').update(key).digest(), `${first},${serverFirst},${last}`);
  return `${last},p=${Buffer.from(key.map((byte, i) => byte ^ (signature[i] ?? 0))).toString('base64')}`;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

const packet = (type: string, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);

const authentication = (kind: number): Buffer => packet('R', int32(kind));

const saslInitial = (text: string): Buffer =>
  packet('p', Buffer.concat([Buffer.from('SCRAM-SHA-256\0'), int32(text.length), Buffer.from(text)]));

function startupMessage(parameters: Map<string, string>): Buffer {
  const text = [...parameters].map(([name, value]) => `${name}\0${value}\0`).join('');
  const body = Buffer.concat([int32(VERSION_3), Buffer.from(`${text}\0`)]);
  return Buffer.concat([int32(body.length + 4), body]);
}

function refuse(client: Socket, code: string, text: string): void {
  client.end(packet('E', Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${text}\0\0`)));
}

async function message(socket: Socket): Promise<{ type: string; body: Buffer; whole: Buffer }> {
  const head = await take(socket, 5);
  const length = head.readInt32BE(1) - 4;
  const body = length === 0 ? Buffer.alloc(0) : await take(socket, length);
  return { type: String.fromCharCode(head[0] ?? 0), body, whole: Buffer.concat([head, body]) };
}

async function take(socket: Socket, length: number): Promise<Buffer> {
  for (;;) {
    const bytes: Buffer | null = socket.read(length);
    if (bytes?.length === length) return bytes;
    if (bytes !== null || socket.destroyed)
      throw new Error('the connection ended in the middle of a message');
    const closed = new AbortController();
    const end = (): void => closed.abort();
    socket.once('close', end);
    try {
      await once(socket, 'readable', { signal: closed.signal });
    } finally {
      socket.off('close', end);
    }
  }
}
