import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { listenHere } from '../listen.ts';
import { asksOf, isCopy, needsBody, type S3Ask, type S3Request } from './s3-request.ts';

/** A role, and what policies let it do. */
export interface Passport {
  readonly roleArn: string;
  may(ask: S3Ask): Promise<boolean>;
}

/** Something goes wrong at S3: a status is answered instead of what was asked for; nothing lets the request through. */
export type Disturbance = (ask: S3Ask, roleArn: string) => Promise<number | undefined>;

/** A way to the emulated S3 on which every request is held against the policies of whoever sends it. */
export interface S3Gate {
  readonly endpoint: string;
  /** What was refused, each as a sentence. */
  readonly refusals: readonly string[];
  /** Credentials as a role has them: it is known by its access key. */
  credentialsOf(passport: Passport): Record<string, string>;
  /** From now on requests that are allowed go through this; undefined ends it. */
  disturb(disturbance: Disturbance | undefined): void;
  stop(): Promise<void>;
}

/**
 * Opens the gate. The emulator asks nobody what they may do, so without this a task whose role lacks a right works here and
 * fails in production.
 * @param endpoint of the emulator
 */
export async function openS3Gate(endpoint: string): Promise<S3Gate> {
  const target = new URL(endpoint);
  const passports = new Map<string, Passport>();
  const refusals: string[] = [];
  let disturbance: Disturbance | undefined;
  const server = createServer((incoming, outgoing) => {
    incoming.on('error', () => outgoing.destroy());
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = incoming;
    const asked = { method, url, headers };
    const body = needsBody(asked) ? await textOf(incoming) : undefined;
    const known = { ...asked, ...(body === undefined ? {} : { body }) };
    const refusal = await refusalOf(known);
    if (refusal !== undefined) {
      refusals.push(refusal);
      return refuse(incoming, outgoing, { status: 403, code: 'AccessDenied', message: refusal });
    }
    const status = await disturbed(known);
    if (status !== undefined) {
      return refuse(incoming, outgoing, {
        status,
        code: 'SlowDown',
        message: 'Please reduce your request rate.',
      });
    }
    const { hostname, port } = target;
    const all = { ...headers, ...headersForEmulator(asked) };
    const forwarded = request({ hostname, port, method, path: url, headers: all }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('error', () => outgoing.destroy());
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    incoming.on('aborted', () => forwarded.destroy());
    if (body === undefined) incoming.pipe(forwarded);
    else forwarded.end(body);
  }

  async function refusalOf(asked: S3Request): Promise<string | undefined> {
    const key = keyOf(asked);
    const passport = passports.get(key);
    if (passport === undefined) return `a request with the access key ${key}, which no role has`;
    const asks = asksOf(asked);
    if (asks === undefined) return `${passport.roleArn}: ${asked.method} ${asked.url} is not known here`;
    for (const ask of asks)
      if (!(await passport.may(ask)))
        return `User: ${passport.roleArn} is not authorized to perform: ${ask.action} on resource: ${ask.resource}`;
    return undefined;
  }

  async function disturbed(asked: S3Request): Promise<number | undefined> {
    const passport = passports.get(keyOf(asked));
    if (passport === undefined) return undefined;
    for (const ask of asksOf(asked) ?? []) {
      const status = await disturbance?.(ask, passport.roleArn);
      if (status !== undefined) return status;
    }
    return undefined;
  }

  return {
    ...(await listenHere(server)),
    refusals,
    disturb: (next) => {
      disturbance = next;
    },
    credentialsOf(passport) {
      const key = `ASIA${String(passports.size).padStart(16, '0')}`;
      passports.set(key, passport);
      return { AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: 'local' };
    },
  };
}

/** In a bucket with a lock the emulator wants the checksum of a body from copies too, which have none; S3 does not. */
function headersForEmulator(asked: S3Request): Record<string, string> {
  return isCopy(asked) ? { 'x-amz-sdk-checksum-algorithm': 'SHA256' } : {};
}

/** The access key a request is signed with. */
function keyOf({ headers }: S3Request): string {
  return /Credential=([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? '';
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** As S3 does: the body is taken in and thrown away, and the answer to HEAD has none. */
function refuse(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { status, code, message }: Refusal,
): void {
  incoming.resume();
  outgoing.writeHead(status, { 'content-type': 'application/xml' });
  const text = message.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  outgoing.end(
    incoming.method === 'HEAD' ? undefined : `<Error><Code>${code}</Code><Message>${text}</Message></Error>`,
  );
}
