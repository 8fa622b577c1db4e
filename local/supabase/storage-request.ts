import type { IncomingMessage } from 'node:http';

/** A request of the S3 protocol, taken apart. */
export interface StorageRequest {
  readonly method: string;
  readonly bucket: string;
  /** Empty for requests about a bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** What Storage answers when it does not do what was asked. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Below which path Storage speaks S3. */
export const S3_PATH = '/storage/v1/s3';

/** Not with `new URL`, which would take `a/../b` for `b`. */
export async function readRequest(incoming: IncomingMessage): Promise<StorageRequest> {
  const [path = '', query = ''] = (incoming.url ?? '').split(/\?(.*)/s);
  if (!path.startsWith(S3_PATH)) throw new Refusal(404, 'NoSuchRoute', `there is nothing at ${path}`);
  const [, bucket = '', ...key] = path.slice(S3_PATH.length).split('/');
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const sent = Buffer.concat(chunks);
  const chunked = (incoming.headers['x-amz-content-sha256'] ?? '').toString().startsWith('STREAMING-');
  return {
    method: incoming.method ?? '',
    bucket: decodeURIComponent(bucket),
    key: key.map(decodeURIComponent).join('/'),
    query: new URLSearchParams(query),
    headers: incoming.headers,
    body: chunked ? unchunked(sent) : sent,
  };
}

/** The encoding aws-chunked: `<size in hex>[;signature]\r\n<bytes>\r\n` and so on, a size of 0 and trailers at the end. */
function unchunked(sent: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = sent.indexOf('\r\n', at);
    const size = Number.parseInt(sent.toString('latin1', at, lineEnd), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(sent.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

const AMPERSANDS: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};
export const escapeXml = (text: string) => text.replace(/[&<>"]/g, (found) => AMPERSANDS[found] ?? found);

/** `<a>text</a>`; an array repeats the element. */
export function xml(name: string, members: Readonly<Record<string, unknown>>): string {
  const inner = (value: unknown): string =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).map(element).join('')
      : escapeXml(String(value));
  const element = ([tag, value]: [string, unknown]): string =>
    [value]
      .flat()
      .map((one) => `<${tag}>${inner(one)}</${tag}>`)
      .join('');
  return `<?xml version="1.0" encoding="UTF-8"?>${element([name, members])}`;
}
