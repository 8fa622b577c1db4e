import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { listenHere } from '../listen.ts';
import { askOf, needsBody, type S3Ask } from './s3-request.ts';

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
    const forwarded = request({ hostname, port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('error', () => outgoing.destroy());
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    incoming.on('aborted', () => forwarded.destroy());
    if (body === undefined) incoming.pipe(forwarded);
    else forwarded.end(body);
  }

  async function refusalOf(asked: Parameters<typeof askOf>[0]): Promise<string | undefined> {
    const key = keyOf(asked);
    const passport = passports.get(key);
    if (passport === undefined) return `a request with the access key ${key}, which no role has`;
    const ask = askOf(asked);
    if (ask === undefined) return `${passport.roleArn}: ${asked.method} ${asked.url} is not known here`;
    if (await passport.may(ask)) return undefined;
    return `User: ${passport.roleArn} is not authorized to perform: ${ask.action} on resource: ${ask.resource}`;
  }

  async function disturbed(asked: Parameters<typeof askOf>[0]): Promise<number | undefined> {
    const passport = passports.get(keyOf(asked));
    const ask = askOf(asked);
    return passport === undefined || ask === undefined ? undefined : disturbance?.(ask, passport.roleArn);
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

/** The access key a request is signed with. */
function keyOf({ headers }: Parameters<typeof askOf>[0]): string {
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
