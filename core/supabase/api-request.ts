import { setTimeout as pause } from 'node:timers/promises';
import type { z } from 'zod';
import {
  reason,
  SupabaseAnswerInvalid,
  SupabaseAnswerLost,
  SupabaseForbidden,
  SupabaseNotFound,
  SupabasePlanRefused,
  SupabaseRateLimited,
  SupabaseRefused,
  SupabaseTokenRejected,
  SupabaseUnavailable,
  SupabaseUnreachable,
} from '../errors/index.ts';
import { problemsOf } from '../problems.ts';
import { refusalAnswer } from './api-schemas.ts';

/** One request. `path` begins with a slash, and what is in it is checked and encoded. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** What requests need besides what they ask for. */
export interface Line {
  readonly token: string;
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
  readonly now: () => number;
  /** Waits, and ends early with an error when the signal says so. */
  readonly sleep: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** For one try, from the first byte sent to the last received. */
  readonly timeLimitMs: number;
  readonly signal: AbortSignal | undefined;
}

/** What a try came to when it did not go well. */
interface Failure {
  readonly error: (tries: number) => Error;
  /** How long to wait before the next try; nothing where another one is of no use. */
  readonly waitMs?: ((attempt: number) => number) | undefined;
}

const TRIES = 4;
/** Waits between the tries of one request are no longer than this together: a rate limit ends after 60 s. */
const MAX_WAIT_MS = 70_000;
/** A limit counts per minute, so short waits are of no use where the answer does not say when it ends. */
const RATE_WAITS_MS = [5_000, 20_000, 40_000];
/** Longest piece of an answer that an error shows. */
const SAID_LENGTH = 300;
/** Failures before anything was sent, so that nothing can have been done. */
const NOT_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_\w+|CERT_\w+|SELF_SIGNED_\w+|DEPTH_ZERO_\w+|UNABLE_TO_\w+)$/;

export async function sleepFor(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await pause(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throw signal?.aborted === true ? signal.reason : error;
  }
}

/**
 * Sends it and reads the answer. Reading is tried again after 408, 429, 5xx and lost connections, within `TRIES` and
 * `MAX_WAIT_MS`; a request that changes something is sent once.
 * @returns what the schema makes of the answer; nothing is read where there is none
 */
export async function request<T>(line: Line, call: Call, schema: z.ZodType<T>): Promise<T>;
export async function request(line: Line, call: Call): Promise<void>;
export async function request<T>(line: Line, call: Call, schema?: z.ZodType<T>): Promise<T | undefined> {
  let waited = 0;
  for (let attempt = 1; ; attempt++) {
    line.signal?.throwIfAborted();
    const outcome = await attemptOnce(line, call, schema !== undefined);
    if (typeof outcome === 'string') return schema && parsed(outcome, call, schema);
    const wait = call.method === 'GET' && attempt < TRIES ? outcome.waitMs?.(attempt) : undefined;
    if (wait === undefined || waited + wait > MAX_WAIT_MS) throw outcome.error(attempt);
    waited += wait;
    await line.sleep(wait, line.signal);
  }
}

const nameOf = ({ method, path }: Call): string => `${method} ${path.split('?')[0]}`;

async function attemptOnce(line: Line, call: Call, wanted: boolean): Promise<string | Failure> {
  const limit = new AbortController();
  const timer = setTimeout(
    () => limit.abort(new Error(`no answer within ${line.timeLimitMs / 1000} s`)),
    line.timeLimitMs,
  );
  const stop = () => limit.abort(line.signal?.reason);
  line.signal?.addEventListener('abort', stop, { once: true });
  try {
    const response = await line.fetch(`${line.baseUrl}${call.path}`, {
      method: call.method,
      headers: {
        authorization: `Bearer ${line.token}`,
        accept: 'application/json',
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      // a redirect would take the token or a new password to another host
      redirect: 'manual',
      signal: limit.signal,
    });
    if (response.ok && !wanted) {
      await response.body?.cancel().catch(() => undefined);
      return '';
    }
    const text = await response.text();
    return response.ok ? text : refusal(line, call, response, text);
  } catch (error) {
    return connectionFailure(line, call, limit.signal.aborted ? limit.signal.reason : error);
  } finally {
    clearTimeout(timer);
    line.signal?.removeEventListener('abort', stop);
  }
}

/** The errors of a client are not handed on as a cause: what they hold is not ours to know. */
function connectionFailure(line: Line, call: Call, error: unknown): Failure {
  const why = withoutSecrets(chain(error), line, call);
  if (call.method !== 'GET' && !NOT_SENT.test(codeOf(error)))
    return { error: () => new SupabaseAnswerLost(nameOf(call), why) };
  if (line.signal?.aborted === true) throw line.signal.reason;
  return {
    error: (tries) => new SupabaseUnreachable(nameOf(call), why, tries),
    waitMs: (attempt) => backoff(attempt, line),
  };
}

function refusal(line: Line, call: Call, response: Response, text: string): Failure {
  const { status, headers } = response;
  const name = nameOf(call);
  const answer = refusalIn(text);
  const said = saidBy(answer, text, (shown) => withoutSecrets(shown, line, call));
  if (status === 429) {
    const seconds = secondsToWait(headers, line.now());
    const retryAt = seconds === undefined ? undefined : new Date(line.now() + seconds * 1000);
    return {
      error: () => new SupabaseRateLimited(name, said, retryAt),
      waitMs: (attempt) =>
        (seconds === undefined ? (RATE_WAITS_MS[attempt - 1] ?? 0) : seconds * 1000) + 1000 * line.random(),
    };
  }
  if (status === 408 || status >= 500) {
    const seconds = secondsToWait(headers, line.now());
    if (call.method !== 'GET') return { error: () => new SupabaseAnswerLost(name, `${status}, ${said}`) };
    return {
      error: (tries) => new SupabaseUnavailable(name, status, said, tries),
      waitMs: (attempt) => Math.max((seconds ?? 0) * 1000, backoff(attempt, line)),
    };
  }
  const missing = (answer?.missing_permissions ?? []).map((shown) => withoutSecrets(shown, line, call));
  return { error: () => refusalError(name, status, said, missing) };
}

function refusalError(name: string, status: number, said: string, missing: readonly string[]): Error {
  if (status < 400) return new SupabaseAnswerInvalid(name, `${status}, a redirect to another address`);
  if (status === 401) return new SupabaseTokenRejected(name, said);
  if (status === 402) return new SupabasePlanRefused(name, said);
  if (status === 403) return new SupabaseForbidden(name, said, missing);
  if (status === 404) return new SupabaseNotFound(name, said);
  return new SupabaseRefused(name, status, said);
}

/** One, two, four seconds, up to a half less, so that many who failed at once do not come back at once. */
const backoff = (attempt: number, line: Line): number => 1000 * 2 ** (attempt - 1) * (1 - line.random() / 2);

/** Retry-After in seconds or as a date; X-RateLimit-Reset in seconds from now, or since 1970. */
function secondsToWait(headers: Headers, now: number): number | undefined {
  const after = headers.get('retry-after') ?? headers.get('x-ratelimit-reset');
  if (after === null || after.trim() === '') return undefined;
  const number = Number(after);
  if (Number.isNaN(number)) {
    const date = Date.parse(after);
    return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
  }
  return Math.max(0, number > 1e9 ? number - now / 1000 : number);
}

/** An answer to a change that cannot be read is as good as lost: what it was about may be there all the same. */
function parsed<T>(text: string, call: Call, schema: z.ZodType<T>): T {
  const name = nameOf(call);
  const fail = (problem: string): Error =>
    call.method === 'GET' ? new SupabaseAnswerInvalid(name, problem) : new SupabaseAnswerLost(name, problem);
  const found = json(text);
  if (found === undefined) throw fail('it is no JSON');
  const result = schema.safeParse(found);
  if (result.success) return result.data;
  throw fail(problemsOf(result.error, 'answer').slice(0, 5).join('; '));
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const refusalIn = (text: string): z.infer<typeof refusalAnswer> | undefined =>
  refusalAnswer.safeParse(json(text)).data;

function saidBy(
  answer: z.infer<typeof refusalAnswer> | undefined,
  text: string,
  clean: (text: string) => string,
): string {
  const message = [answer?.message ?? answer?.error ?? text].flat().join('; ');
  // what is cut off must not leave half of a secret, which no search would find
  const said = clean(message).replace(/\s+/g, ' ').trim().slice(0, SAID_LENGTH);
  return said === '' ? 'it gave no reason' : `it said: ${said}`;
}

/** The token, and the password of a new project, in every form in which a server may echo them. */
function withoutSecrets(text: string, { token }: Line, { body }: Call): string {
  const secrets = [token, body?.db_pass].filter((secret) => typeof secret === 'string' && secret !== '');
  const forms = (secrets as string[]).flatMap((secret) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
  ]);
  return forms
    .reduce((clean, form) => clean.replaceAll(form, '(secret)'), text)
    .replace(/\bsbp_\w+/g, '(secret)');
}

function chain(error: unknown): string {
  const inner = error instanceof Error ? error.cause : undefined;
  return inner === undefined ? reason(error) : `${reason(error)}: ${chain(inner)}`;
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  return 'code' in error && typeof error.code === 'string' ? error.code : codeOf(error.cause);
}
