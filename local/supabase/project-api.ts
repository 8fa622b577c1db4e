import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import pg from 'pg';
import { listenHere } from '../listen.ts';
import { type Claims, type KeyKind, makeApiKeys } from './api-keys.ts';
import { answerAuth } from './project-api-auth.ts';
import { ApiStorage } from './project-api-storage.ts';
import type { Project } from './projects.ts';

/** What a test has a request come to. */
export interface ApiFault {
  /** Instead of doing it. */
  readonly status?: number;
  readonly body?: object;
  /**
   * `silent`: no answer ever. `cut`: the connection ends and nothing is done. `done`: it is done, and the connection ends.
   * `truncated`: the connection ends in the middle of the answer. `changed`: another byte in the middle. `short`: half of it.
   */
  readonly how?: 'silent' | 'cut' | 'done' | 'truncated' | 'changed' | 'short';
  /** How often. Default: always. */
  readonly times?: number;
  /** So many requests are answered well before. */
  readonly after?: number;
}

/** The API of a project on this machine: REST, Auth and Storage, as far as a drill asks them. */
export interface ProjectApi {
  /** http://127.0.0.1:12345 */
  readonly url: string;
  readonly anonKey: string;
  readonly serviceRoleKey: string;
  /** Every request so far, such as `GET /rest/v1/users?limit=1`, with its headers. */
  readonly requests: { readonly call: string; readonly headers: IncomingMessage['headers'] }[];
  /** @param call the beginning of a request, such as `GET /rest/v1/` */
  fail(call: string, fault: ApiFault): void;
  stop(): Promise<void>;
}

/** An answer of one of the services. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: object | Buffer;
}

/** A request as a service gets it from the gateway. */
export interface ApiRequest {
  readonly method: string;
  /** Below the service's own, such as `/admin/users`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly claims: Claims;
  readonly type: string;
  readonly body: Buffer;
}

/** Serves a project's database. Rows are real, files are kept in memory. */
export async function startProjectApi(project: Project, kind: KeyKind = 'legacy'): Promise<ProjectApi> {
  const keys = makeApiKeys(kind);
  const pool = new pg.Pool({ connectionString: project.adminUrl, max: 4 });
  pool.on('error', () => undefined);
  const storage = new ApiStorage(pool);
  const requests: ProjectApi['requests'] = [];
  const faults: { call: string; fault: ApiFault; wait: number; left: number }[] = [];
  const services: Readonly<Record<string, (request: ApiRequest) => Promise<ApiAnswer>>> = {
    rest: (request) => answerRest(pool, request),
    auth: (request) => answerAuth(pool, keys, request),
    storage: (request) => storage.answer(request),
  };
  const reply = async (incoming: IncomingMessage, body: Buffer): Promise<ApiAnswer> => {
    const claims = keys.claimsOf(incoming.headers);
    if (claims === undefined) return { status: 401, body: { message: 'Invalid API key' } };
    const { pathname, searchParams } = new URL(incoming.url ?? '', 'http://localhost');
    const [, service = '', path = ''] = /^\/(\w+)\/v1(\/.*)$/.exec(pathname) ?? [];
    const ask = services[service];
    if (ask === undefined) return { status: 404, body: { message: 'no Route matched' } };
    const { method = '', headers } = incoming;
    return await ask({
      ...{ method, path: decodeURIComponent(path), query: searchParams, claims, body },
      type: headers['content-type'] ?? '',
    });
  };
  const server = createServer((incoming, outgoing) => {
    const answered = async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const call = `${incoming.method} ${incoming.url}`;
      requests.push({ call, headers: incoming.headers });
      const trap = faults.find((one) => one.left > 0 && call.startsWith(one.call) && one.wait-- <= 0);
      if (trap !== undefined) trap.left -= 1;
      const { how, status, body = {} } = trap?.fault ?? {};
      if (how === 'silent') return;
      if (how === 'cut') return void incoming.socket.destroy();
      const answer = status === undefined ? await reply(incoming, Buffer.concat(chunks)) : { status, body };
      if (how === 'done') return void incoming.socket.destroy();
      send(outgoing, answer, how);
    };
    answered().catch(() => incoming.socket.destroy());
  });
  const { endpoint, stop } = await listenHere(server);
  return {
    url: endpoint,
    anonKey: keys.anonKey,
    serviceRoleKey: keys.serviceRoleKey,
    requests,
    fail: (call, fault) => {
      const { after: wait = 0, times: left = Number.POSITIVE_INFINITY } = fault;
      faults.push({ call, fault, wait, left });
    },
    async stop() {
      await stop();
      await pool.end();
    },
  };
}

function send(outgoing: ServerResponse, { status, body }: ApiAnswer, how: ApiFault['how']): void {
  const whole = Buffer.isBuffer(body) ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
  const middle = whole.length >> 1;
  if (how === 'changed') whole[middle] = (whole[middle] ?? 0) ^ 1;
  const shown = how === 'short' ? whole.subarray(0, middle) : whole;
  const type = Buffer.isBuffer(body) ? 'application/octet-stream' : 'application/json';
  outgoing.writeHead(status, { 'content-type': type, 'content-length': shown.length });
  if (how === 'truncated') outgoing.write(whole.subarray(0, middle), () => outgoing.destroy());
  else outgoing.end(shown);
}

/** Rows of a table of schema public, as the role of the key gets them. */
async function answerRest(pool: pg.Pool, { path, query, claims }: ApiRequest): Promise<ApiAnswer> {
  const client = await pool.connect();
  try {
    const table = pg.escapeIdentifier(path.slice(1));
    await client.query(`BEGIN READ ONLY; SET LOCAL ROLE ${pg.escapeIdentifier(claims.role)}`);
    await client.query("SELECT set_config('request.jwt.claims', $1, true)", [JSON.stringify(claims)]);
    const limit = Number(query.get('limit') ?? 1000);
    const { rows } = await client.query(`SELECT * FROM public.${table} LIMIT $1`, [limit]);
    return { status: 200, body: rows };
  } catch (error) {
    const code = error instanceof pg.DatabaseError ? error.code : 'XX000';
    const message = String(error);
    if (code === '42P01') return { status: 404, body: { code: 'PGRST205', message } };
    return { status: code === '42501' ? 403 : 500, body: { code, message } };
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
    client.release();
  }
}
