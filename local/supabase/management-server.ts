import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { type Listening, listenHere } from '../listen.ts';
import { OPERATIONS, type Operation, type OperationName } from './management-answers.ts';
import { CALLS, Refusal, type World } from './management-calls.ts';

/** The token that the stand-in knows, and no other. */
export const LOCAL_TOKEN = 'sbp_10ca110ca110ca110ca110ca110ca110ca110ca1';

/** An answer given in place of the real one; nothing is done then. */
export interface Fault {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** How often. Default: once. */
  readonly times?: number;
}

/** Requests that come to something else than they should. */
export interface Trap {
  readonly call: string | RegExp;
  left: number;
  readonly fault: Fault | { readonly done: boolean };
}

interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What happens to requests before their calls. */
export interface Rules {
  readonly traps: readonly Trap[];
  readonly requests: string[];
  /** Counts a request; the headers that tell of the limit, and whether it is over. */
  readonly limit: (endpoint: string) => { readonly over: boolean; readonly headers: Record<string, string> };
}

/** Serves the calls on a free port. */
export async function listen(world: World, rules: Rules): Promise<Listening> {
  const server = createServer((request, response) => {
    answer(world, rules, request, response).catch(() => request.socket.destroy());
  });
  return await listenHere(server);
}

async function answer(
  world: World,
  rules: Rules,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const call = `${request.method} ${request.url}`;
  rules.requests.push(call);
  const trap = rules.traps.find(({ left, call: which }) => left > 0 && matches(which, call));
  if (trap !== undefined) trap.left--;
  const fault = trap?.fault;
  if (fault !== undefined && 'done' in fault) {
    if (fault.done) await reply(world, rules, request, Buffer.concat(chunks).toString('utf8'));
    request.socket.destroy();
    return;
  }
  const { status, body, headers } =
    fault ?? (await reply(world, rules, request, Buffer.concat(chunks).toString('utf8')));
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
}

const matches = (which: string | RegExp, call: string): boolean =>
  typeof which === 'string' ? call.startsWith(which) : which.test(call);

async function reply(world: World, rules: Rules, request: IncomingMessage, text: string): Promise<Reply> {
  if (request.headers.authorization !== `Bearer ${LOCAL_TOKEN}`)
    return { status: 401, body: { message: 'Unauthorized' } };
  const url = new URL(request.url ?? '/', 'http://localhost');
  const found = operationFor(request.method, url.pathname);
  if (found === undefined)
    return { status: 404, body: { message: `Cannot ${request.method} ${url.pathname}` } };
  const { name, id } = found;
  const { over, headers } = rules.limit(`${name} ${id}`);
  if (over) return { status: 429, body: { message: 'ThrottlerException: Too Many Requests' }, headers };
  const operation: Operation = OPERATIONS[name];
  try {
    const query = (operation.query ?? z.unknown()).parse(queryOf(url));
    const body = operation.body?.parse(JSON.parse(text));
    const said = await CALLS[name](world, { id, query, body });
    return { status: operation.status, body: checked(name, operation, said), headers };
  } catch (error) {
    if (error instanceof Refusal) return { status: error.status, body: { message: error.message }, headers };
    if (error instanceof z.ZodError || error instanceof SyntaxError)
      return { status: 400, body: { message: error.message }, headers };
    return { status: 500, body: { message: String(error) }, headers };
  }
}

function operationFor(
  method: string | undefined,
  path: string,
): { name: OperationName; id: string } | undefined {
  for (const name of Object.keys(OPERATIONS) as OperationName[]) {
    const pattern = new RegExp(`^${OPERATIONS[name].path.replace(/\{\w+\}/, '([^/]+)')}$`);
    const found = OPERATIONS[name].method === method ? pattern.exec(path) : null;
    if (found !== null) return { name, id: decodeURIComponent(found[1] ?? '') };
  }
  return undefined;
}

function queryOf({ searchParams }: URL): Record<string, unknown> {
  const services = searchParams.getAll('services').flatMap((text) => text.split(','));
  return { ...Object.fromEntries(searchParams), ...(services.length === 0 ? {} : { services }) };
}

/** No answer goes out that the table does not know: a stand-in that makes things up proves nothing. */
function checked(name: OperationName, { answer: schema }: Operation, said: unknown): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(said);
  if (result.success) return result.data;
  throw new Error(`the stand-in's answer to ${name} is not the platform's: ${result.error.message}`);
}

/** Counts requests in windows of a minute that begin with the first of them. */
export function rateLimiter(limit: number, now: () => number): Rules['limit'] {
  const windows = new Map<string, { start: number; count: number }>();
  return (endpoint) => {
    const last = windows.get(endpoint);
    const window = last === undefined || now() - last.start >= 60_000 ? { start: now(), count: 0 } : last;
    windows.set(endpoint, window);
    window.count++;
    const reset = Math.ceil((window.start + 60_000 - now()) / 1000);
    return {
      over: window.count > limit,
      headers: {
        'x-ratelimit-limit': String(limit),
        'x-ratelimit-remaining': String(Math.max(0, limit - window.count)),
        'x-ratelimit-reset': String(reset),
      },
    };
  };
}
