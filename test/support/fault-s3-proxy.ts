import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';

/** What goes wrong with one request to S3; nothing is `undefined`. */
export type S3Fault =
  /** S3 gets it and does it, but its answer never arrives. */
  | 'lose-answer'
  /** It stays where it is until `release`. */
  | 'hold'
  | { readonly delayMs: number }
  /** S3 does nothing and says so. */
  | { readonly status: number; readonly code: string }
  /** S3 does not get it: something else answers, in its own words. */
  | { readonly answer: { readonly status: number; readonly type: string; readonly body: string } }
  /** S3 does nothing and says that the bucket is in another region. */
  | { readonly status: number; readonly code: string; readonly region: string }
  /** S3 gets it and does it, and its answer says this besides, or instead. */
  | { readonly headers: Readonly<Record<string, string>> }
  /** S3 gets it and does it at once, but its answer takes so long. */
  | { readonly answerAfterMs: number }
  /** The connection is reset when so much of the request's body has come. */
  | { readonly resetAfter: number }
  /** The connection is reset when so much of the answer's body has been sent. */
  | { readonly cutAfter: number }
  /** The answer's body stops coming after so much of it, until `release`; the connection stays. */
  | { readonly silentAfter: number };

export interface S3Asked {
  readonly operation: string;
  readonly key: string;
  /** First byte asked for. */
  readonly from: number;
  /** The request's headers that S3 gives a meaning of its own: `x-amz-…`. */
  readonly headers: readonly string[];
  /** How often the same has been asked, from 1. */
  readonly attempt: number;
}

export interface S3Line {
  readonly env: Readonly<Record<string, string>>;
  /** Resolves when a fault has come about. */
  readonly struck: Promise<void>;
  /** Lets everything through that is held, and whatever comes. */
  release(): void;
  stop(): Promise<void>;
}

/** A line to an S3, the shared one unless said, on which things go wrong as told. */
export async function startS3Line(
  faultOf: (asked: S3Asked) => S3Fault | undefined,
  endpoint = inject('s3').endpoint,
): Promise<S3Line> {
  const target = new URL(endpoint);
  const attempts = new Map<string, number>();
  const struck = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let open = false;
  const server = createServer((incoming, outgoing) => {
    const asked = describe(incoming, attempts);
    const fault = open ? undefined : faultOf(asked);
    if (fault !== undefined) struck.resolve();
    incoming.on('error', () => undefined);
    void serve(incoming, outgoing, fault).catch(() => outgoing.destroy());
  });
  async function serve(incoming: IncomingMessage, outgoing: ServerResponse, fault: S3Fault | undefined) {
    let seen = 0;
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      seen += chunk.length;
      if (typeof fault === 'object' && 'resetAfter' in fault && seen > fault.resetAfter)
        return void incoming.socket.resetAndDestroy();
    }
    if (typeof fault === 'object' && 'status' in fault) return refuse(outgoing, fault);
    if (typeof fault === 'object' && 'answer' in fault) {
      const { status, type, body } = fault.answer;
      return void outgoing.writeHead(status, { 'content-type': type }).end(body);
    }
    if (fault === 'hold') await released.promise;
    if (typeof fault === 'object' && 'delayMs' in fault) await sleep(fault.delayMs);
    const { method, url: path, headers } = incoming;
    const forwarded = request({ hostname: target.hostname, port: target.port, method, path, headers });
    forwarded.on('error', () => outgoing.destroy());
    forwarded.on(
      'response',
      (answer) => void respond(answer, outgoing, fault, released.promise).catch(() => outgoing.destroy()),
    );
    forwarded.end(Buffer.concat(chunks));
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    env: { AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${(server.address() as { port: number }).port}` },
    struck: struck.promise,
    release: () => {
      open = true;
      released.resolve();
    },
    stop: async () => {
      released.resolve();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function refuse(
  outgoing: ServerResponse,
  { status, code, region }: { status: number; code: string; region?: string },
): void {
  const where = region === undefined ? {} : { 'x-amz-bucket-region': region };
  outgoing.writeHead(status, { 'content-type': 'application/xml', ...where });
  outgoing.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>as told</Message></Error>`);
}

async function respond(
  answer: IncomingMessage,
  outgoing: ServerResponse,
  fault: S3Fault | undefined,
  released: Promise<void>,
) {
  if (fault === 'lose-answer') {
    answer.resume();
    answer.on('end', () => outgoing.socket?.resetAndDestroy());
    return;
  }
  if (typeof fault === 'object' && 'answerAfterMs' in fault) await sleep(fault.answerAfterMs);
  const more = typeof fault === 'object' && 'headers' in fault ? fault.headers : {};
  outgoing.writeHead(answer.statusCode ?? 500, { ...answer.headers, ...more }).flushHeaders();
  const cut = typeof fault === 'object' && 'cutAfter' in fault ? fault.cutAfter : undefined;
  const silent = typeof fault === 'object' && 'silentAfter' in fault ? fault.silentAfter : undefined;
  let left = cut ?? silent ?? Number.POSITIVE_INFINITY;
  // the fault comes after these bytes have left, not instead of them
  const send = (bytes: Buffer) => new Promise<void>((resolve) => outgoing.write(bytes, () => resolve()));
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    await send(chunk.subarray(0, left));
    if (chunk.length < left) {
      left -= chunk.length;
      continue;
    }
    if (cut !== undefined) return void outgoing.destroy();
    await released;
    await send(chunk.subarray(left));
    left = Number.POSITIVE_INFINITY;
  }
  outgoing.end();
}

function describe(incoming: IncomingMessage, attempts: Map<string, number>): S3Asked {
  const url = new URL(incoming.url ?? '/', 'http://s3');
  const key = decodeURIComponent(url.pathname.split('/').slice(2).join('/'));
  const copies = incoming.headers['x-amz-copy-source'] !== undefined;
  const operation = operationOf(incoming.method ?? '', url.searchParams, key, copies);
  const from = Number(/^bytes=(\d+)-/.exec(incoming.headers.range ?? '')?.[1] ?? 0);
  const same = `${operation} ${key} ${url.searchParams.get('partNumber')}`;
  const attempt = (attempts.get(same) ?? 0) + 1;
  attempts.set(same, attempt);
  const headers = Object.keys(incoming.headers).filter((name) => name.startsWith('x-amz-'));
  return { operation, key, from, headers, attempt };
}

function operationOf(method: string, query: URLSearchParams, key: string, copies: boolean): string {
  if (key === '') return method === 'HEAD' ? 'HeadBucket' : 'ListObjects';
  if (query.has('uploads')) return 'CreateMultipartUpload';
  if (query.has('partNumber')) return copies ? 'UploadPartCopy' : 'UploadPart';
  if (copies) return 'CopyObject';
  if (query.has('uploadId')) return method === 'POST' ? 'CompleteMultipartUpload' : 'AbortMultipartUpload';
  if (query.has('restore')) return 'RestoreObject';
  return { PUT: 'PutObject', GET: 'GetObject', HEAD: 'HeadObject' }[method] ?? method;
}
